"""Study files that are wrong in one way each: the error names the place and says what to do, and nothing else happens.

In the changes below `@` marks where the error must be reported; it is taken out before the file is read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support.studies import study_of
from support.study_files import GOOD, RINGS, error_of

DESIGNS = GOOD[GOOD.index("designs:") : GOOD.index("materials:\n")]
CASES = GOOD[GOOD.index("cases:") : GOOD.index("metrics:")]
PLAN, NEXT = "    dimension: plan\n", "cathode: 1 V}\n  charge:"
END = GOOD[GOOD.index("    terminals:") :]
PULL = "  pull: {physics: elasticity, load: {stretch: {strain: 1 %}}}\n"


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
    ("key twice", "source: a sample", "source: a sample\n@name: other", "appears twice"),
    ("key twice inside", "gap: 300 um,", "gap: 300 um, @gap: 200 um,", "appears twice"),
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
    ("no family", "straight:\n    family: interdigital", "@straight:", "state a family, or layers"),
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
    ("no gap", "gap: 300 um", "@gap: 0 um", "0 um is below its bound, 0.05 um"),
    ("negative gap", "gap: 300 um", "@gap: -3 um", "below its bound"),
    ("wide gap", "gap: 300 um", "@gap: 1 m", "1e+06 um is above its bound, 10000 um"),
    ("negative count", "finger_pairs: 1", "@finger_pairs: -1", "greater than or equal to 1"),
    ("huge count", "finger_pairs: 1", "@finger_pairs: 1000000", "less than or equal to 200"),
    ("half a count", "finger_pairs: 1", "@finger_pairs: 1.3", "multiple of 0.5, got 1.3"),
    ("text for a count", "finger_pairs: 1", '@finger_pairs: "1"', "valid number, got '1'"),
    ("true for a count", "finger_pairs: 1", "@finger_pairs: true", "valid number, got True"),
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
     "expected a mapping with the keys unit, source, note, grade, value"),
    ("boolean value", "value: 2", "@value: true", "expected a number"),
    ("value as text", "value: 2", "@value: lots", "lots"),
    ("value nan", "value: 2", "@value: .nan", "finite number"),
    # cases
    ("no physics", "field:\n    physics: conduction", "@field:", "missing; known: bridges"),
    ("unknown physics", "physics: conduction", "@physics: conducton", "did you mean 'conduction'"),
    ("list for physics", "physics: conduction", "@physics: [conduction]", "unknown physics"),
    ("unknown key of a case", "dimension:", "@dimention:", "did you mean 'dimension'"),
    ("unknown dimension", "dimension: plan", "@dimension: 4d", "'plan', 'section' or 'axisymmetric', got '4d'"),
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
    ("designs of none", PLAN, PLAN + "    @designs: []\n", "name at least one design, or leave the entry out"),
    ("path of plasticity to no length", NEXT, NEXT.replace("\n", "\n  @pull: {physics: plasticity, path: [1, -2], "
     "load: {stretch: {strain: 60 %}}}\n"), "a strain of -120 % leaves no length"),
    ("expectation of a case that is not of the design", PLAN + END,
     PLAN + "    designs: [rings]\n" + END.replace("    resistance: {v", "    @resistance: {v"),
     "does not include the design 'straight'"),
    ("plan of a placed design", "    materials: {electrolyte: brine}\n  rings: rings.yaml\n"
     + GOOD[GOOD.index("materials:\n"):GOOD.index("dimension: plan")] + "dimension: plan",
     "    materials: {electrolyte: brine}\n    placement: {sphere: {radius: 1 m}}\n  rings: rings.yaml\n"
     + GOOD[GOOD.index("materials:\n"):GOOD.index("dimension: plan")] + "@dimension: plan",
     "'straight' is placed on a surface, which needs dimension: 3d"),
    # the geometry that a case stands on
    ("deformed by no case", PLAN, PLAN + "    on: {@deformed_by: pul}\n",
     "no case 'pul'"),
    ("deformed by itself", PLAN, PLAN + "    on: {@deformed_by: field}\n",
     "cannot use the geometry that it deforms itself"),
    ("deformed by what deforms nothing", PLAN, PLAN + "    on: {@deformed_by: charge}\n",
     "'charge' is of electrostatics and deforms nothing; mechanical cases: none in this study"),
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
     "min must not be above max, got 13 and 11"),
    ("bounds the wrong way", "resistance: {value: 12 ohm m, rel: 20 %",
     "@resistance: {min: 2 ohm m, max: 1 ohm m", "min must not be above max, got 2 and 1"),
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
    ("metric of other physics", "resistance(charge)", "belongs to conduction, not to electrostatics"),
    ("unknown option", "energy_fraction(field, abov=0.5)", "did you mean 'above'"),
    ("option of a wrong type", "energy_fraction(field, above=[1])", "valid number, got [1]"),
    ("option twice", "energy_fraction(field, above=0.5, above=0.7)", "above appears twice"),
    ("option nan", "energy_fraction(field, above=nan)", "valid number"),
    ("option that is no choice", "electrode_area(electrode=both2)", "'anode', 'cathode' or 'both'"),
]

# what stands under `curves:`, and what must be said of it
CURVES = [
    ("curve that is no call", "@mine: mesh field", CALL),
    ("number for a curve", "@mine: 5", "valid string, got 5"),
    ("unknown curve", "@mine: fingr(field)", "unknown curve 'fingr'; did you mean 'finger'?"),
    ("metric for a curve", "@mine: resistance(field)", "unknown curve 'resistance'"),
    ("unknown case of a curve", "@mine: mesh(feld)", "no case 'feld'; did you mean 'field'?"),
    ("no case of a curve", "@mine: mesh()", "no case ''"),
    ("curve of other physics", "@mine: finger(charge)", "finger belongs to conduction, not to electrostatics"),
    ("unknown option of a curve", "@mine: mesh(field, cells=3)", "unknown key"),
    ("option of a curve twice", "@mine: mesh(field, cells=3, cells=4)", "cells appears twice"),
    ("name of another curve", "@path: mesh(field)", "'path' is the name of another curve; choose another name"),
    ("name that plots have taken", "@parameter: mesh(field)", "plotted against 'parameter'; choose another name"),
    ("name that is no name", "@'my curve': mesh(field)", "is not a name: a letter, then letters"),
]

# whole files, with the mark
FILES = [
    ("empty", "@", "missing"),
    ("comment alone", "@# nothing yet\n", "missing"),
    ("list", "@- a\n- b\n", "missing"),
    ("text", "@hello", "missing"),
    ("list under its key", "@- {designs: b}\n", "expected a mapping with the keys name, source, designs"),
    ("null character", "designs: @\0", "#x00"),
    ("ten thousand brackets", "@designs: " + "[" * 10_000, "nested too deeply"),
]


def check(folder: Path, marked: str, phrase: str) -> None:
    """Assert that the only place with an error is the marked one, and what is said of it."""
    before, mark, after = marked.partition("@")
    assert mark
    assert "@" not in after
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    error = error_of(folder, before + after)
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


@pytest.mark.parametrize(("stated", "phrase"), [row[1:] for row in CURVES], ids=[row[0] for row in CURVES])
def test_points_at_a_wrong_curve(tmp_path: Path, stated: str, phrase: str) -> None:
    check(tmp_path, GOOD.replace("views:", f"curves:\n  {stated}\nviews:"), phrase)


def test_a_curve_has_the_name_that_the_study_gives_it(tmp_path: Path) -> None:
    (tmp_path / "rings.yaml").write_text(RINGS)
    study = study_of(tmp_path, GOOD.replace("views:", "curves: {mine: mesh(field), finger: finger(field)}\nviews:"))
    wanted = {"finger": "finger", "mesh": "mesh", "path": "path", "mine": "mesh"}
    assert {name: call.name for name, call in study.curves_of("field").items()} == wanted
    assert {call.case for call in study.curves_of("field").values()} == {"field"}
    assert set(study.curves_of("charge")) == {"mesh", "path"}
    plain = study_of(tmp_path, GOOD)
    assert plain.fingerprint(plain.designs["rings"], "1") != study.fingerprint(study.designs["rings"], "1")


@pytest.mark.parametrize(("marked", "phrase"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_points_at_the_start_of_what_is_no_study(tmp_path: Path, marked: str, phrase: str) -> None:
    check(tmp_path, marked, phrase)


def test_the_mark_decides(tmp_path: Path) -> None:
    """A control: the check fails where the error is one line from its mark."""
    wrong = GOOD.replace("gap: 300 um", "gap: 300")
    check(tmp_path, wrong.replace("gap: 300", "@gap: 300", 1), "has no unit")
    with pytest.raises(AssertionError):
        check(tmp_path, wrong.replace("    family", "    @family", 1), "has no unit")
