"""Study files: how they are read, which changes they take, and how errors in them are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.base.located_yaml import MOST_BYTES, parse_source
from microfem.metrics import METRICS
from microfem.study.design import load_geometry
from microfem.study.reader import load_study
from microfem.study.records import Limits
from support.studies import study_of, write_study
from support.study_files import GOOD, RINGS, error_of


def test_the_good_file_is_good(tmp_path: Path) -> None:
    (tmp_path / "rings.yaml").write_text(RINGS)
    study = study_of(tmp_path, GOOD)
    assert list(study.designs) == ["straight", "rings"]
    assert study.designs["straight"].layout().material("electrolyte").value("conductivity") == pytest.approx(0.2)
    assert study.designs["rings"].params["gap"] == 200.0
    assert (study.accuracy, study.limits.unknowns) == (0.02, 20000)
    assert study.expect[0].low == pytest.approx(9.6)
    assert study.metrics["high_energy"].options == {"above": 0.5, "region": "electrolyte"}


def test_all_errors_are_told_at_once_in_order(tmp_path: Path) -> None:
    text = GOOD
    changes = [("gap: 300 um", "gap: 300"), ("unit: mS/cm", "unit: mm"), ("cathode: 1 V}\n", "cathode: 1}\n"),
               ("resistance(field)", "resistence(field)"), ("case: charge", "case: chrge"),
               ("plane: z=mid", "plane: up"), ("  straight:\n    res", "  bent:\n    res")]  # fmt: skip
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    error = error_of(tmp_path, text)
    assert [one.path for one in error.problems] == [
        "designs.straight.params.gap", "materials.brine.conductivity", "cases.field.terminals.cathode",
        "metrics.resistance", "views.0.plane", "views.1.case", "expect.bent",
    ]  # fmt: skip
    assert str(error).count("^") == len(changes)


def test_a_message_shows_the_line_and_a_caret(tmp_path: Path) -> None:
    error = error_of(tmp_path, GOOD.replace("gap: 300 um", "gap: 300"))
    assert str(error) == (
        f"{tmp_path / 'study.yaml'}:6:31: designs.straight.params.gap: '300' has no unit; write for example '300 um'\n"
        "        params: {finger_pairs: 1, gap: 300, anode_width: 300 um}\n"
        "                                  ^"
    )


def test_an_alias_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    rows = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    rows += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    assert "more than 100000 values" in error_of(tmp_path, "\n".join([*rows, "designs: {}"])).problems[0].message


@pytest.mark.parametrize(
    ("content", "phrase"),
    [
        (b"name: caf\xe9", "cannot be read"),
        (GOOD.encode("utf-16"), "cannot be read"),
        (b"# " + b"x" * MOST_BYTES, "larger than"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, phrase: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=phrase):
        load_study(path)


def test_no_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        load_study(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="not a file"):
        load_study(tmp_path)


def test_an_error_inside_a_geometry_file_names_both_places(tmp_path: Path) -> None:
    (tmp_path / "rings.yaml").write_text(RINGS.replace("200 um", "200 V"))
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, GOOD)
    assert [(one.line, one.path) for one in caught.value.problems] == [(8, "designs.rings")]
    assert f"{tmp_path / 'rings.yaml'}:3:3: params.gap: 'V' is not a unit" in str(caught.value)
    with pytest.raises(InputError, match="'V' is not a unit"):
        load_geometry(tmp_path / "rings.yaml")


def test_geometry_files_stand_beside_the_study_or_one_folder_up(tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    (tmp_path / "geometries").mkdir()
    (tmp_path / "geometries/rings.yaml").write_text(RINGS)
    path = tmp_path / "studies/study.yaml"
    path.write_text(GOOD.replace("rings: rings.yaml", "rings: geometries/rings.yaml"))
    assert load_study(path).designs["rings"].family == "concentric"


def test_calls_in_flow_style_stay_whole(tmp_path: Path) -> None:
    """YAML ends a plain scalar of a flow mapping at a comma; the study of the documents is written so."""
    metrics = {"resistance": "resistance(field)", "high_energy": "energy_fraction(field, above=0.5)"}
    extra = ""
    if "max_strain" in METRICS.names():
        metrics["peak"] = "max_strain(bent)"
        extra = "  bent: {physics: elasticity, load: {bend: {radius: 5 mm}}}\n"
    flow = ", ".join(f"{name}: {call}" for name, call in metrics.items())
    start, end = GOOD.index("metrics:"), GOOD.index("views:")
    path = write_study(tmp_path, GOOD[:start].replace("metrics:", "") + extra + f"metrics: {{{flow}}}\n" + GOOD[end:])
    (tmp_path / "rings.yaml").write_text(RINGS)
    calls = load_study(path).metrics
    assert list(calls) == list(metrics)
    assert calls["high_energy"].options["above"] == 0.5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3), (".5", 0.5), ("010", 10), ("-7", -7), ("0o10", "0o10"), ("1_000", "1_000"), ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"), ("no", "no"), ("on", "on"), ("True", True), ("~", None), ("300 um", "300 um"),
        ("'5'", "5"), ("=", "="), ("0x1F", "0x1F"),
    ],
)  # fmt: skip
def test_scalars_are_read_as_they_look(text: str, value: object) -> None:
    assert parse_source(f"a: {text}", "text", Path()).data == {"a": value}


@pytest.mark.parametrize("name", ["on", "no", "yes", "y", "off"])
def test_names_that_old_yaml_took_for_booleans(tmp_path: Path, name: str) -> None:
    (tmp_path / "rings.yaml").write_text(RINGS)
    text = GOOD.replace("  rings: rings.yaml", f"  {name}: rings.yaml")
    assert list(study_of(tmp_path, text).designs) == ["straight", name]


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ("designs.straight.params.gap=0 um", "below its bound"),
        ("designs.rings.params.gp=50 um", "did you mean 'gap'"),
        ("accuracy", "expected designs.NAME.params.PARAMETER=VALUE"),
        ("name.first=a", "expected designs.NAME.params.PARAMETER=VALUE"),
        ("accuracy=[1", "not YAML"),
        ("accuracy=\x07", "#x07"),
        ("acuracy=1 %", "did you mean 'accuracy'"),
    ],
)
def test_wrong_changes_are_refused(tmp_path: Path, change: str, phrase: str) -> None:
    (tmp_path / "rings.yaml").write_text(RINGS)
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, GOOD, change)
    assert phrase in str(caught.value)


def test_changes_reach_into_a_geometry_file(tmp_path: Path) -> None:
    (tmp_path / "rings.yaml").write_text(RINGS)
    study = study_of(tmp_path, GOOD, "designs.rings.params.gap=50um", "accuracy=10 %")
    assert study.designs["rings"].params["gap"] == 50.0
    assert study.designs["straight"].params["gap"] == 300.0
    assert study.accuracy == 0.1


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("energy_fraction(field, region=elektrolyte)", "no region 'elektrolyte'; did you mean 'electrolyte'?"),
        ("area_fraction_below(field, electrode=kathode)", "no electrode 'kathode'; did you mean 'cathode'?"),
    ],
)
def test_regions_that_metrics_name_must_exist(call: str, told: str) -> None:
    study = Path(__file__).parents[2] / "studies" / "swiss_roll_fields.yaml"
    assert load_study(study, ["metrics.q=energy_fraction(field, region=electrolyte)"]).metrics["q"]
    with pytest.raises(InputError, match=re.escape(told)):
        load_study(study, [f"metrics.q={call}"])


def test_an_option_without_a_default_must_be_given(tmp_path: Path) -> None:
    path = tmp_path / "roll.yaml"
    text = (
        "name: roll\ndesigns: {roll: {family: swiss_roll, params: {rolled: false}}}\n"
        "cases: {rolled: {physics: rolling, dimension: plan, mismatch: {substrate: 1 %}}}\n"
        "metrics: {strain: roll_strain(rolled)}\n"
    )
    path.write_text(text)
    with pytest.raises(InputError, match=r"metrics\.strain\.region: this key is missing"):
        load_study(path)
    path.write_text(text.replace("(rolled)}", "(rolled, region=anode)}"))
    assert load_study(path).metrics["strain"].options == {"region": "anode"}


def test_a_limit_of_null_is_no_limit(tmp_path: Path) -> None:
    text = "name: small\ndesigns: {comb: {family: interdigital}}\nlimits: {unknowns: null}\n"
    assert study_of(tmp_path, text).limits == Limits()
