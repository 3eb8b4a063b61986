"""Parameters that follow from others: by an expression, or from the area that a design must have."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from microfem.base.errors import InputError, LayoutError
from microfem.families import FAMILIES
from microfem.metrics import METRICS
from microfem.optimise.designs_of_experiments import sample_space
from microfem.optimise.space import stated, varied
from microfem.solve.shape_sensitivity import of_layout, variations
from microfem.study.catalogue import study_schema
from microfem.study.design import Design
from microfem.study.records import Study
from support.studies import results_of, study_of, summary_of

AREA = "family: interdigital, area: 1 cm2"
PARAMS = "finger_pairs: 12, anode_width: 360 um, cathode_width: anode_width, gap: 40 um, busbar_width: 300 um"
TEXT = """\
name: laser
designs:
  comb: {AREA, params: {PARAMS}}
metrics: {footprint: footprint(), n_to_p: np_ratio()}
space:
  comb:
    gap: {low: 40 um, high: 300 um, log: true}
    anode_width: {low: 100 um, high: 500 um}
    finger_pairs: {low: 4, high: 8}
    electrolyte_height: 10 um + 3 * anode_thickness
objectives: {n_to_p: minimise}
"""


def written(area: str = AREA, params: str = PARAMS) -> str:
    return TEXT.replace("AREA", area).replace("PARAMS", params)


def design(folder: Path, area: str = AREA, params: str = PARAMS) -> Design:
    return study_of(folder, written(area, params).split("space:")[0]).designs["comb"]


def footprint(one: Design) -> float:
    return float(METRICS.get("footprint").function(one.layout()))


def test_expressions_use_each_other_in_any_order(tmp_path: Path) -> None:
    params = (
        "finger_length: 3 * anode_width + 2 * gap, anode_width: cathode_width / 2, cathode_width: 0.4 mm, gap: 60um"
    )
    params += ", finger_pairs: floor(1 cm / (anode_width + cathode_width + 2 * gap)), tip_gap: 'min(gap, 50 um)'"
    made = design(tmp_path, "family: interdigital", params).params
    assert {name: made[name] for name in ("anode_width", "finger_length", "finger_pairs", "tip_gap")} == {
        "anode_width": 200.0, "finger_length": 720.0, "finger_pairs": 13, "tip_gap": 50.0,
    }  # fmt: skip


WIDTH = 12 * 2 * (360 + 40) - 40
OF_AREA = [
    (AREA, PARAMS, "finger_length", 1e8 / WIDTH - 40 - 2 * 300),
    ("family: stacked, area: 1 cm2", "length: 2 * width", "width", math.sqrt(0.5e8)),
    ("family: stacked, area: 1 cm2", "length: 5 mm", "width", 2e4),
    ("family: circular, area: 1 cm2", "disc_radius: 1 mm, gap: 300 um", "ring_width", 1e4 / math.sqrt(math.pi) - 1300),
    ("family: fiber, area: 2 mm2", "gap: 50 um", "length", 2e6 / 400),  # 200 um, two gaps and two walls of 50 um
]


@pytest.mark.parametrize(("area", "params", "size", "value"), OF_AREA, ids=[row[0] + row[1] for row in OF_AREA])
def test_an_area_fixes_the_size_that_is_left_out(
    tmp_path: Path, area: str, params: str, size: str, value: float
) -> None:
    made = design(tmp_path, area, params)
    assert made.params[size] == pytest.approx(value, rel=1e-9)
    assert footprint(made) == pytest.approx(2.0 if "2 mm2" in area else 100.0, rel=1e-12)


def test_rings_that_busbars_split_have_their_area_as_far_as_chords_tell(tmp_path: Path) -> None:
    made = design(
        tmp_path, "family: concentric, area: 20 mm2", "ring_pairs: 1, cathode_width: 300 um, inner_radius: 0 um"
    )
    assert footprint(made) == pytest.approx(20.0, rel=1e-4)


WRONG = [
    ("gap: 2 * anode_widht", "params.gap", "interdigital has no parameter 'anode_widht'; did you mean 'anode_width'?"),
    ("gap: anode_widht", "params.gap", "got 'anode_widht'; did you mean 'anode_width'?"),
    ("gap: anode_width, anode_width: 2 * gap", "params.anode_width", "it depends on itself, gap -> anode_width -> gap"),
    ("gap: anode_width / 3 + 2", "params.gap", "adds a number without a unit to a length; give each number its unit"),
    ("gap: anode_width * 3 um", "params.gap", "it is an area, and must be a length"),
    ("gap: 2 * 300", "params.gap", "give its numbers a unit, such as um"),
    (
        "gap: 90 * anode_width",
        "params.gap",
        "gap = 90 * anode_width is impossible: 27000 um is above its bound, 10000 um",
    ),
    ("gap: 1 mm2 / (anode_width - 300 um)", "params.gap", "it divides by zero"),
    ("finger_pairs: 1 cm / anode_width", "params.finger_pairs", "must be a multiple of 0.5; floor() rounds down"),
]


@pytest.mark.parametrize(("params", "where", "told"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong_with_an_expression_is_told_with_its_place(
    tmp_path: Path, params: str, where: str, told: str
) -> None:
    with pytest.raises(InputError) as caught:
        design(tmp_path, "family: interdigital", params)
    [problem] = caught.value.problems
    assert (problem.path, problem.line) == (f"designs.comb.{where}", 3)
    assert told in problem.message


WRONG_AREAS = [
    (AREA, f"{PARAMS}, finger_length: 2 mm", "it fixes finger_length; leave that out"),
    ("family: stacked, area: 1 cm2", "gap: 20 um", "it would fix both length and width; state one of them"),
    ("family: stacked, area: 1 cm2", "length: 1 mm, width: 1 mm", "fixes length or width; leave one of them out"),
    ("family: joint, area: 1 cm2", "gap: 20 um", "no size of joint follows from it; a size of circular,"),
    ("family: interdigital, area: 1 mm2", PARAMS, "it fixes finger_length, and finger_length would be -535"),
    ("family: interdigital, area: 1 m2", PARAMS, "is too small at 192000 um, above the bound 100000 um"),
    ("family: interdigital, area: 30 um", PARAMS, "'um' is not a unit of the same kind as 'um2'"),
    ("family: interdigital, area: -1 cm2", PARAMS, "below its bound"),
]


@pytest.mark.parametrize(("area", "params", "told"), WRONG_AREAS, ids=[row[2] for row in WRONG_AREAS])
def test_what_is_wrong_with_an_area_is_told_with_its_place(tmp_path: Path, area: str, params: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        design(tmp_path, area, params)
    [problem] = caught.value.problems
    assert (problem.path, problem.line) == ("designs.comb.area", 3)
    assert told in problem.message


def areas(study: Study) -> list[float]:
    """Return the footprints of designs all over the space, mm2."""
    assert study.search is not None
    base, space = study.designs["comb"], study.search.spaces["comb"]
    return [footprint(varied(base, space, chosen)) for chosen in sample_space(space, "lhs", 3, 1)]


def test_no_trial_of_a_search_misses_a_given_area(tmp_path: Path) -> None:
    held = lambda study: all(abs(one - 100.0) < 1e-9 for one in areas(study))  # noqa: E731
    assert held(study_of(tmp_path, written()))
    assert not held(study_of(tmp_path, written("family: interdigital", f"{PARAMS}, finger_length: 9820.251 um")))


def test_expressions_of_a_space_and_of_its_design_are_evaluated_for_each_trial(tmp_path: Path) -> None:
    study = study_of(tmp_path, written(params=PARAMS + ", anode_thickness: gap / 4"))
    assert study.search is not None
    base, space = study.designs["comb"], study.search.spaces["comb"]
    made = varied(base, space, {"gap": 80.0, "anode_width": 120.0, "finger_pairs": 5})
    assert (made.params["cathode_width"], made.params["anode_thickness"]) == (120.0, 20.0)
    assert made.params["electrolyte_height"] == 70.0
    assert study.fingerprint(made, "") != study.fingerprint(base, "")
    assert stated(base, space) is None  # the space has another height than the design
    with pytest.raises(LayoutError, match=r"fixes finger_length, and finger_length would be -"):
        varied(study_of(tmp_path, written("family: interdigital, area: 9 mm2", "finger_pairs: 3")).designs["comb"],
               space, {"gap": 300.0, "anode_width": 500.0, "finger_pairs": 8})  # fmt: skip


def test_a_search_cannot_vary_the_size_that_an_area_fixes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"space.comb.finger_length: the area of the design fixes this parameter"):
        study_of(tmp_path, written().replace("    gap: {", "    finger_length: {low: 1 mm, high: 2 mm}\n    gap: {"))


def test_derivatives_are_those_of_the_whole_dependence(tmp_path: Path) -> None:
    """The anode's area A of a comb of given footprint: dA / dg from its closed form, with the length that follows."""

    def anode(gap: float) -> float:
        length = 1e8 / (12 * 2 * (360 + gap) - gap) - gap - 600
        return 1e-6 * (12 * 360 * length + 300 * (24 * (360 + gap) - gap))

    made, call = (
        design(tmp_path),
        study_of(tmp_path, written().replace("np_ratio()", "electrode_area(electrode=anode)")),
    )
    [slope] = of_layout(call.metrics["n_to_p"], variations(made, ["gap"]))
    exact = (anode(40.001) - anode(39.999)) / 0.002
    assert slope == pytest.approx(exact, rel=1e-5)
    assert slope != pytest.approx(24 * 300e-6, rel=0.5)  # that of the gap alone


def test_results_and_reports_tell_what_values_follow_from(tmp_path: Path) -> None:
    out = results_of(tmp_path, written().split("space:")[0])
    one = summary_of(out).designs["comb"]
    assert one.params["finger_length"] == pytest.approx(1e8 / WIDTH - 640)
    assert one.follows == {"cathode_width": "anode_width", "finger_length": "area 100 mm2"}


def test_editors_accept_expressions_and_areas() -> None:
    designs = study_schema()["properties"]["designs"]["additionalProperties"]["anyOf"][1:]
    for one in designs:
        family = FAMILIES.get(one["properties"]["family"]["const"])
        assert one["properties"]["area"]["anyOf"][0]["type"] == "string"
        for name, (kind, _, _) in family.params.items():
            if kind in (int, float):
                assert "string" in one["properties"]["params"]["properties"][name]["type"], (family.name, name)
