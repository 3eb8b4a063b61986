"""Study files that are wrong in one way each: the error names the place and says what to do, and nothing else happens.

In the changes below `@` marks where the error must be reported; it is taken out before the file is read.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.base.located_yaml import MOST_BYTES, parse_source
from microfem.metrics import METRICS
from microfem.study.design import load_geometry
from microfem.study.reader import load_study

GOOD = """\
name: sample
source: a sample
designs:
  straight:
    family: interdigital
    params: {finger_pairs: 1, gap: 300 um, anode_width: 300 um}
    materials: {electrolyte: brine}
  rings: rings.yaml
materials:
  brine:
    conductivity: {value: 2, unit: mS/cm, source: a table}
accuracy: 2 %
limits: {unknowns: 20000}
cases:
  field:
    physics: conduction
    dimension: plan
    terminals: {anode: 0 V, cathode: 1 V}
  charge: {physics: electrostatics, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  resistance: resistance(field)
  high_energy: energy_fraction(field, above=0.5)
  size: footprint()
views:
  - {case: field, field: potential, plane: z=mid}
  - {case: charge, field: potential, plane: z=30 um}
expect:
  straight:
    resistance: {value: 12 ohm m, rel: 20 %, why: a guess}
"""
DESIGNS = GOOD[GOOD.index("designs:") : GOOD.index("materials:\n")]
CASES = GOOD[GOOD.index("cases:") : GOOD.index("metrics:")]
PLAN, NEXT = "    dimension: plan\n", "cathode: 1 V}\n  charge:"
END = GOOD[GOOD.index("    terminals:") :]
PULL = "  pull: {physics: elasticity, load: {stretch: {strain: 1 %}}}\n"
RINGS = "family: concentric\nparams:\n  gap: 200 um\n"

# what it is, what stands in the good file, what takes its place, what the error must say
WRONG = [
    # not YAML, or not as YAML should be used
    ("tab", "    family: inter", "@\tfamily: inter", "cannot start any token"),
    ("open bracket", "20000}\ncases:", "20000\ncases@:", "expected ',' or '}'"),
    ("control character", "a sample", "a @\x07 sample", "#x07"),
    ("two documents", "source: a sample", "@---\nname: other", "another document"),
    ("undefined alias", "a sample", "@*nothing", "undefined alias"),
    ("python tag", "a sample", "@!!python/object:os.system x", "tag"),
    ("tag that does not fit", "a sample", "@!!bool maybe", "tag"),
    ("date tag that does not fit", "a sample", "@!!timestamp maybe", "tag"),
    ("binary tag", "a sample", "@!!binary aGVsbG8=", "tag"),
    ("key twice", "source: a sample", "source: a sample\n@name: other", "stands twice"),
    ("key twice inside", "gap: 300 um,", "gap: 300 um, @gap: 200 um,", "stands twice"),
    ("nested deeply", "a sample", "[" * 50 + "@" + "[" * 10 + "]" * 60, "deeper than 50"),
    ("endless alias", "source: a sample", "source: @&a [*a]", "deeper than 50"),
    # top level
    ("no name", "name: sample\n", "@", "missing"),
    ("null name", "name: sample", "@name:", "got None"),
    ("number for a name", "name: sample", "@name: 5", "valid string, got 5"),
    ("path for a name", "name: sample", "@name: ../sample", "not a name"),
    ("long name", "name: sample", "@name: " + "x" * 65, "64 at most"),
    ("unknown key", "accuracy:", "@acuracy:", "did you mean 'accuracy'"),
    ("on as a key", "source:", "@on:", "unknown key"),
    ("no designs", DESIGNS, "@designs: {}\n", "at least 1"),
    ("accuracy of nothing", "accuracy: 2 %", "@accuracy: 0", "below its bound"),
    ("accuracy of 200 %", "accuracy: 2 %", "@accuracy: 200 %", "above its bound"),
    ("accuracy as text", "accuracy: 2 %", "@accuracy: yes", "expected a number such as 0.5 or '50 %', got 'yes'"),
    ("accuracy with a length", "accuracy: 2 %", "@accuracy: 2 um", "not a unit of the same kind"),
    ("accuracy beyond numbers", "accuracy: 2 %", "@accuracy: 1e999", "expected a number"),
    ("limit too low", "unknowns: 20000", "@unknowns: 10", "greater than or equal to 1000"),
    ("limit of 5000 digits", "unknowns: 20000", "@unknowns: " + "9" * 5000, "integer"),
    ("limit written for people", "unknowns: 20000", "@unknowns: 20_000", "valid integer, got '20_000'"),
    ("unknown limit", "unknowns: 20000", "@unknown: 20000", "did you mean 'unknowns'"),
    # designs
    ("path for a design", "  rings: ", "  @../rings: ", "not a name"),
    ("number for a design", "  rings: ", "  @1: ", "not a name"),
    ("umlaut in a design", "  rings: ", "  @größe: ", "not a name"),
    ("null for a design", "  rings: rings.yaml", "  @rings:", "expected a mapping with the keys family, params"),
    ("list for a design", "  rings: rings.yaml", "  @rings: [a]", "expected a mapping"),
    ("no such geometry file", "rings: rings.yaml", "@rings: ring.yaml", "no geometry file 'ring.yaml'"),
    ("file name too long", "rings: rings.yaml", "@rings: " + "x" * 5000, "no geometry file"),
    ("file name with a null", "rings: rings.yaml", '@rings: "a\\0b"', "no geometry file"),
    ("no family", "straight:\n    family: interdigital", "@straight:", "missing"),
    ("unknown family", "family: interdigital", "@family: interdigitl", "did you mean 'interdigital'"),
    ("null parameters", "    params: {finger_pairs: 1, gap: 300 um, anode_width: 300 um}", "    @params:", "got None"),
    ("unknown parameter", "anode_width: 300", "@anod_width: 300", "did you mean 'anode_width'"),
    ("no unit", "gap: 300 um", "@gap: 300", "'300' has no unit; write for example '300 um'"),
    ("wrong unit", "gap: 300 um", "@gap: 300 V", "'V' is not a unit of the same kind as 'um'"),
    ("unknown unit", "gap: 300 um", "@gap: 300 furlong", "unknown unit 'furlong'"),
    ("unit of a senseless power", "gap: 300 um", "@gap: 300 km999", "no power above"),
    ("nan", "gap: 300 um", "@gap: .nan", "expected a quantity"),
    ("infinity", "gap: 300 um", "@gap: .inf", "expected a quantity"),
    ("infinity by its exponent", "gap: 300 um", "@gap: 1e999 um", "not a finite quantity"),
    ("text", "gap: 300 um", "@gap: wide", "expected a quantity such as '1 um', got 'wide'"),
    ("boolean", "gap: 300 um", "@gap: true", "got True"),
    ("null", "gap: 300 um", "@gap: null", "got None"),
    ("list", "gap: 300 um", "@gap: [300 um]", "expected a quantity"),
    ("mapping", "gap: 300 um", "@gap: {value: 300 um}", "expected a quantity"),
    ("no gap", "gap: 300 um", "@gap: 0 um", "0 um is below its bound, 0.5 um"),
    ("negative gap", "gap: 300 um", "@gap: -3 um", "below its bound"),
    ("wide gap", "gap: 300 um", "@gap: 1 m", "1e+06 um is above its bound, 10000 um"),
    ("negative count", "finger_pairs: 1", "@finger_pairs: -1", "greater than or equal to 1"),
    ("huge count", "finger_pairs: 1", "@finger_pairs: 1000000", "less than or equal to 200"),
    ("half a count", "finger_pairs: 1", "@finger_pairs: 1.5", "valid integer, got 1.5"),
    ("text for a count", "finger_pairs: 1", '@finger_pairs: "1"', "valid integer, got '1'"),
    ("true for a count", "finger_pairs: 1", "@finger_pairs: true", "valid integer, got True"),
    ("what cannot be built", "gap: 300 um", "@electrolyte_height: 20 um", "must be above the electrodes' height"),
    ("unknown material", "electrolyte: brine", "@electrolyte: pva_zncl2_gl", "did you mean 'pva_zncl2_gel'"),
    ("path for a material", "electrolyte: brine", "@electrolyte: ../data/gold", "unknown material"),
    ("unknown role", "electrolyte: brine", "@electrolite: brine", "did you mean 'electrolyte'"),
    # placement
    ("no placement", "    materials: {elec", "    @placement: {}\n    materials: {elec", "state one of cylinder"),
    ("two placements", "    materials: {elec", "    @placement: {cylinder: {radius: 1 m}, sphere: {radius: 1 m}}\n"
     "    materials: {elec", "state one of cylinder"),
    ("unknown placement", "    materials: {elec", "    placement: {@cone: {radius: 1 m}}\n    materials: {elec",
     "known: cylinder, sphere, saddle"),
    ("placement too tight", "    materials: {elec", "    @placement: {cylinder: {radius: 10 um}}\n    materials: {elec",
     "above the layout's thickness, 300 um"),
    ("radius without a unit", "    materials: {elec", "    placement: {cylinder: {@radius: 10}}\n    materials: {elec",
     "has no unit"),
    # materials
    ("unknown property", "    conductivity:", "    @conductivty:", "did you mean 'conductivity'"),
    ("property without a source", "    conductivity: {value: 2, unit: mS/cm, source: a table}",
     "    @conductivity: {value: 2, unit: mS/cm}", "missing"),
    ("property in a wrong unit", "    conductivity: {value: 2, unit: mS/cm", "    @conductivity: {value: 2, unit: mS",
     "not a unit of the same kind as 'S/m'"),
    ("impossible property", "    conductivity: {value: 2", "    @conductivity: {value: -2", "must lie in [0, inf)"),
    ("property as a number", "conductivity: {value: 2, unit: mS/cm, source: a table}", "@conductivity: 2",
     "expected a mapping with the keys value, unit, source, note"),
    ("boolean value", "value: 2", "@value: true", "expected a number"),
    ("value as text", "value: 2", "@value: lots", "lots"),
    ("value nan", "value: 2", "@value: .nan", "finite number"),
    # cases
    ("no physics", "field:\n    physics: conduction", "@field:", "missing; known: bridges"),
    ("unknown physics", "physics: conduction", "@physics: conducton", "did you mean 'conduction'"),
    ("list for physics", "physics: conduction", "@physics: [conduction]", "unknown physics"),
    ("unknown key of a case", "dimension:", "@dimention:", "did you mean 'dimension'"),
    ("unknown dimension", "dimension: plan", "@dimension: 4d", "'3d', 'plan' or 'section', got '4d'"),
    ("dimension that a family has not", "dimension: plan", "@dimension: section",
     "'rings' (concentric) has no section view; it has 3d, plan"),
    ("order 3", "dimension: plan", "dimension: plan\n    @order: 3", "should be 1 or 2, got 3"),
    ("unknown terminal", "cathode: 1 V}\n  charge", "@cathod: 1 V}\n  charge", "did you mean 'cathode'"),
    ("one terminal", "terminals: {anode: 0 V, cathode: 1 V}\n  ch", "@terminals: {anode: 0 V}\n  ch", "at least 2"),
    ("terminal without a unit", "cathode: 1 V}\n  charge", "@cathode: 1}\n  charge", "a potential such as '1 V'"),
    ("terminal with a length", "cathode: 1 V}\n  charge", "@cathode: 1 um}\n  charge", "a potential such as '1 V'"),
    ("terminal as a list", "cathode: 1 V}}", "@cathode: [1 V]}}", "expected a quantity such as '1 V'"),
    ("case of no design", PLAN, PLAN + "    @designs: [straigt]\n", "no design 'straigt'; did you mean 'straight'"),
    ("designs as a name", PLAN, PLAN + "    @designs: straight\n", "expected a list, got 'straight'"),
    ("designs of none", PLAN, PLAN + "    @designs: []\n", "name a design at least, or leave it out for all"),
    ("path of plasticity to no length", NEXT, NEXT.replace("\n", "\n  @pull: {physics: plasticity, path: [1, -2], "
     "load: {stretch: {strain: 60 %}}}\n"), "a strain of -120 % leaves no length"),
    ("expectation of a case that is not of the design", PLAN + END,
     PLAN + "    designs: [rings]\n" + END.replace("    resistance: {v", "    @resistance: {v"),
     "is not of the design 'straight'"),
    ("plan of a placed design", "    materials: {electrolyte: brine}\n  rings: rings.yaml\n"
     + GOOD[GOOD.index("materials:\n"):GOOD.index("dimension: plan")] + "dimension: plan",
     "    materials: {electrolyte: brine}\n    placement: {sphere: {radius: 1 m}}\n  rings: rings.yaml\n"
     + GOOD[GOOD.index("materials:\n"):GOOD.index("dimension: plan")] + "@dimension: plan",
     "'straight' is placed on a surface, which only 3d shows"),
    # the geometry that a case stands on
    ("deformed by no case", PLAN, PLAN + "    on: {@deformed_by: pul}\n",
     "no case 'pul'"),
    ("deformed by itself", PLAN, PLAN + "    on: {@deformed_by: field}\n",
     "cannot stand on the geometry that it deforms itself"),
    ("deformed by what deforms nothing", PLAN, PLAN + "    on: {@deformed_by: charge}\n",
     "'charge' is of electrostatics, it deforms nothing; mechanical cases are none here"),
    ("deformed by a case of another view", NEXT,
     NEXT.replace("\n", "\n    on: {@deformed_by: pull}\n" + PULL),
     "'pull' has dimension: 3d, this one plan"),
    ("deformed by a misspelt case", NEXT,
     NEXT.replace("\n", "\n    on: {@deformed_by: pul}\n" + PULL),
     "did you mean 'pull'"),
    ("deformed by a number", PLAN, PLAN + "    on: {@deformed_by: 3}\n", "valid string"),
    ("deformed by nothing", PLAN, PLAN + "    @on: {}\n", "missing"),
    ("step that there is not", PLAN, PLAN + "    on: {deformed_by: x, @step: first}\n",
     "should be 'last' or 'all', got 'first'"),
    ("name for on", PLAN, PLAN + "    @on: pull\n",
     "expected a mapping with the keys deformed_by, step"),
    ("load that stands on a geometry", NEXT,
     NEXT.replace("\n", "\n" + PULL.replace("}}}", "}}, @on: {deformed_by: charge}}")), "unknown key"),
    ("cases as a list", CASES, "@cases: []\n", "valid dictionary"),
    # views
    ("view of no case", "{case: field,", "{@case: feld,", "did you mean 'field'"),
    ("view without a field", "{case: field, field: potential, plane: z=mid}", "@{case: field}", "missing"),
    ("view of an unknown field", "field: potential, plane: z=mid", "@field: potentail, plane: z=mid",
     "did you mean 'potential'"),
    ("unknown plane", "plane: z=mid", "@plane: w=mid", "expected 'z=mid', 'z=30 um'"),
    ("plane without a unit", "plane: z=mid", "@plane: z=30", "has no unit"),
    ("plane at no height", "plane: z=mid", "@plane: z=", "expected 'z=mid', 'z=30 um'"),
    ("plane beyond the layout", "plane: z=30 um", "@plane: z=9 mm", "reaches from z = -100 um to 300 um"),
    ("view as text", "- {case: field, field: potential, plane: z=mid}", "- @potential", "expected a mapping"),
    ("deformed without end", "plane: z=mid", "@deform: .inf", "finite number"),
    ("yes for true", "plane: z=mid", "@log: yes", "valid boolean, got 'yes'"),
    # expectations
    ("expected of no design", "expect:\n  straight:", "expect:\n  @strait:", "did you mean 'straight'"),
    ("expected of no metric", "    resistance: {value", "    @resistanc: {value", "did you mean 'resistance'"),
    ("no tolerance", "resistance: {value: 12 ohm m, rel: 20 %,", "@resistance: {value: 12 ohm m,", "tolerance"),
    ("no bound", "resistance: {value: 12 ohm m, rel: 20 %,", "@resistance: {", "tolerance"),
    ("two tolerances", "resistance: {value: 12", "@resistance: {abs: 1 ohm m, value: 12", "rel or abs"),
    ("value and bound", "resistance: {value: 12", "@resistance: {max: 1 ohm m, value: 12", "or else min, max"),
    ("negative tolerance", "resistance: {value: 12 ohm m, rel: 20 %", "@resistance: {value: 12 ohm m, abs: -1 ohm m",
     "nothing lies between 13 and 11"),
    ("bounds the wrong way", "resistance: {value: 12 ohm m, rel: 20 %",
     "@resistance: {min: 2 ohm m, max: 1 ohm m", "nothing lies between 2 and 1"),
    ("expected in a wrong unit", "resistance: {value: 12 ohm m,", "@resistance: {value: 12 ohm,", "'ohm m'"),
    ("expected for no reason", "resistance: {value: 12 ohm m, rel: 20 %, why: a guess}",
     "@resistance: {value: 12 ohm m, rel: 20 %}", "missing"),
]  # fmt: skip

# what it is, what stands in the place of resistance(field), what the error must say
CALL = "expected a call such as 'resistance(field)'"
CALLS = [
    ("no call", "resistance", CALL),
    ("call of a call", "resistance(field)(field)", CALL),
    ("attribute", "os.system(field)", CALL),
    ("attribute of the case", "resistance(field.x)", CALL),
    ("case as text", "resistance('field')", CALL),
    ("two cases", "resistance(field, charge)", CALL),
    ("starred case", "resistance(*field)", CALL),
    ("starred options", "resistance(field, **field)", CALL),
    ("computed option", "energy_fraction(field, above=f(1))", CALL),
    ("open call", "energy_fraction(field, above=0.5", CALL),
    ("code", "\"__import__('os').system('true')\"", CALL),
    ("nested code", '"' + "(" * 3000 + ")" * 3000 + '"', CALL),
    ("null character in a call", '"resistance(field)\\0"', CALL),
    ("number for a metric", "5", "valid string, got 5"),
    ("null for a metric", "", "got None"),
    ("list for a metric", "[resistance, field]", "valid string"),
    ("unknown metric", "resistence(field)", "did you mean 'resistance'"),
    ("unknown case", "resistance(feld)", "did you mean 'field'"),
    ("no case", "resistance()", "no case ''"),
    ("case for the layout", "footprint(field)", "write footprint()"),
    ("metric of other physics", "resistance(charge)", "not of electrostatics but of conduction"),
    ("unknown option", "energy_fraction(field, abov=0.5)", "did you mean 'above'"),
    ("option of a wrong type", "energy_fraction(field, above=[1])", "valid number, got [1]"),
    ("option twice", "energy_fraction(field, above=0.5, above=0.7)", "above stands twice"),
    ("option nan", "energy_fraction(field, above=nan)", "valid number"),
    ("option that is no choice", "electrode_area(electrode=both2)", "'anode', 'cathode' or 'both'"),
]

# whole files, with the mark
FILES = [
    ("empty", "@", "missing"),
    ("comment alone", "@# nothing yet\n", "missing"),
    ("list", "@- a\n- b\n", "expected a mapping with the keys name, source, designs"),
    ("text", "@hello", "expected a mapping"),
    ("null character", "@\0", "#x00"),
    ("ten thousand brackets", "@" + "[" * 10_000, "nested too deeply"),
]


def read(folder: Path, text: str) -> InputError:
    """Write a study and its geometry file, and return the error of loading it."""
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    (folder / "rings.yaml").write_text(RINGS)
    with pytest.raises(InputError) as caught:
        load_study(path)
    return caught.value


def check(folder: Path, marked: str, phrase: str) -> None:
    """Assert that the only place with an error is the marked one, and what is said of it."""
    before, mark, after = marked.partition("@")
    assert mark
    assert "@" not in after
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    error = read(folder, before + after)
    assert {(one.line, one.column) for one in error.problems} == {(line, column)}
    assert phrase in error.problems[0].message
    told = str(error).split("\n")
    assert told[0].startswith(f"{folder / 'study.yaml'}:{line}:{column}: ")
    assert not error.problems[0].excerpt or told[2] == " " * (4 + column - 1) + "^"


@pytest.mark.parametrize(("old", "new", "phrase"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_points_at_what_is_wrong(tmp_path: Path, old: str, new: str, phrase: str) -> None:
    assert old in GOOD
    check(tmp_path, GOOD.replace(old, new, 1), phrase)


@pytest.mark.parametrize(("call", "phrase"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS])
def test_points_at_a_wrong_metric(tmp_path: Path, call: str, phrase: str) -> None:
    check(tmp_path, GOOD.replace("resistance: resistance(field)", f"@resistance: {call}"), phrase)


@pytest.mark.parametrize(("marked", "phrase"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_points_at_the_start_of_what_is_no_study(tmp_path: Path, marked: str, phrase: str) -> None:
    check(tmp_path, marked, phrase)


def test_the_good_file_is_good(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(GOOD)
    (tmp_path / "rings.yaml").write_text(RINGS)
    study = load_study(path)
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
    error = read(tmp_path, text)
    assert [one.path for one in error.problems] == [
        "designs.straight.params.gap", "materials.brine.conductivity", "cases.field.terminals.cathode",
        "metrics.resistance", "views.0.plane", "views.1.case", "expect.bent",
    ]  # fmt: skip
    assert str(error).count("^") == len(changes)


def test_a_message_shows_the_line_and_a_caret(tmp_path: Path) -> None:
    error = read(tmp_path, GOOD.replace("gap: 300 um", "gap: 300"))
    assert str(error) == (
        f"{tmp_path / 'study.yaml'}:6:31: designs.straight.params.gap: '300' has no unit; write for example '300 um'\n"
        "        params: {finger_pairs: 1, gap: 300, anode_width: 300 um}\n"
        "                                  ^"
    )


def test_an_alias_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    rows = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    rows += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    assert "more than 100000 values" in read(tmp_path, "\n".join(rows)).problems[0].message


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
    (tmp_path / "study.yaml").write_text(GOOD)
    (tmp_path / "rings.yaml").write_text(RINGS.replace("200 um", "200 V"))
    with pytest.raises(InputError) as caught:
        load_study(tmp_path / "study.yaml")
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
    path = tmp_path / "study.yaml"
    path.write_text(GOOD[:start].replace("metrics:", "") + extra + f"metrics: {{{flow}}}\n" + GOOD[end:])
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
    (tmp_path / "study.yaml").write_text(GOOD.replace("  rings: rings.yaml", f"  {name}: rings.yaml"))
    (tmp_path / "rings.yaml").write_text(RINGS)
    assert list(load_study(tmp_path / "study.yaml").designs) == ["straight", name]


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
    (tmp_path / "study.yaml").write_text(GOOD)
    (tmp_path / "rings.yaml").write_text(RINGS)
    with pytest.raises(InputError) as caught:
        load_study(tmp_path / "study.yaml", [change])
    assert phrase in str(caught.value)


def test_changes_reach_into_a_geometry_file(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(GOOD)
    (tmp_path / "rings.yaml").write_text(RINGS)
    study = load_study(tmp_path / "study.yaml", ["designs.rings.params.gap=50um", "accuracy=10 %"])
    assert study.designs["rings"].params["gap"] == 50.0
    assert study.designs["straight"].params["gap"] == 300.0
    assert study.accuracy == 0.1


def test_the_mark_decides(tmp_path: Path) -> None:
    """A control: the check fails where the error is one line from its mark."""
    wrong = GOOD.replace("gap: 300 um", "gap: 300")
    check(tmp_path, wrong.replace("gap: 300", "@gap: 300", 1), "has no unit")
    with pytest.raises(AssertionError):
        check(tmp_path, wrong.replace("    family", "    @family", 1), "has no unit")


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
