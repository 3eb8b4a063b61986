"""Techniques of fabrication: sourced limits, every family against them, a study that names one, the drawing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.fabrication import (
    LIMITS,
    RULES,
    load_technique,
    margins,
    technique_names,
    unchecked,
    violations,
)
from microfem.fabrication.check import CHORDS, CLEAR
from microfem.fabrication.technique import read_technique
from microfem.families import FAMILIES, build_layout
from microfem.layout import Cylinder
from microfem.study.catalogue import study_schema
from microfem.study.reader import load_study
from support.fabrication import COMB, broken, technique
from support.studies import study_of, write_study

BY_MEMORY = "from the literature by memory"
READ = ("abstract read", "excerpt read", "computed")  # the note of a value that somebody has looked up
REVIEWS = ("Batteries 2025, 11, 57", "Natl Sci Open 2024, 3, 20230078", "Batteries\n      2025, 11, 57")
PAGES = ("doe.carleton.ca", "technoboards-kc.com", "layerx3d.in")
TECHNIQUES = {"photolithography", "laser_scribing", "screen_printing", "direct_ink_writing", "inkjet", "spray",
              "photopolymerisation", "stamping", "electrodeposition", "vacuum_filtration", "fibre_coating"}  # fmt: skip


# ------------------------------------------------------------------------------------------------------ the library


def test_every_technique_is_there() -> None:
    assert set(technique_names()) == TECHNIQUES


@pytest.mark.parametrize("name", sorted(TECHNIQUES))
def test_every_limit_says_where_it_is_from(name: str) -> None:
    for key, limit in load_technique(name).limits.items():
        assert limit.unit == LIMITS[key]
        assert len(limit.source) >= 15
        told = f"{limit.source} {limit.note}"
        assert BY_MEMORY in told or any(mark in told for mark in (*READ, *REVIEWS, *PAGES)), f"{name}.{key}"


def test_editors_know_the_techniques() -> None:
    named, file, own = study_schema()["properties"]["fabrication"]["anyOf"]
    assert named == {"enum": technique_names()}
    assert (file["type"], own["type"]) == ("string", "object")


def test_the_figures_of_the_reviews() -> None:
    assert load_technique("laser_scribing").limits["minimum_width"].value == 160.0
    assert load_technique("laser_scribing").limits["minimum_gap"].value == 100.0
    assert load_technique("direct_ink_writing").limits["minimum_gap"].value == 100.0
    assert load_technique("photopolymerisation").limits["minimum_gap"].value == 300.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("description: x y z\nlimits: {minimum_gap: {value: 1, unit: um}}", "source"),
        ("description: x y z\nlimits: {minimum_gap: {value: 1, unit: kg, source: a book}}", "kg"),
        ("description: x y z\nlimits: {minimum_gap: {value: 0, unit: um, source: a book}}", "above 0"),
        ("description: x y z\nlimits: {minimum_gpa: {value: 1, unit: um, source: a book}}", "minimum_gap"),
        ("description: x y z\nlimits: {}", "at least 1"),
    ],
)
def test_a_limit_that_is_wrong_is_refused(text: str, said: str) -> None:
    with pytest.raises(MicrofemError, match=said):
        read_technique("own", text)


def test_every_limit_has_its_rule() -> None:
    assert list(RULES) == list(LIMITS)
    assert all(len(rule.summary) > 20 for rule in RULES.values())


# -------------------------------------------------------------------------------------------------------- all families


@pytest.mark.parametrize("family", FAMILIES.names())
def test_every_family_against_every_technique(family: str) -> None:
    layout = build_layout(family, {})
    for name in technique_names():
        held = load_technique(name)
        found, margin, silent = violations(layout, held), margins(layout, held), unchecked(layout, held)
        assert set(margin) == {rule for rule in held.limits if rule not in silent and not RULES[rule].warning}
        assert {one.rule for one in found if not one.warning} == {rule for rule in margin if margin[rule] > CHORDS}
        assert all(one.part in layout.names() and np.isfinite(one.place).all() for one in found)
        assert set(silent) | set(held.limits) == set(LIMITS)


@pytest.mark.parametrize("family", ["interdigital", "concentric", "circular", "pillars", "island_bridge"])
def test_the_measured_gap_is_the_declared_one(family: str) -> None:
    """Asked for just above the declared gap, the one between an anode and a cathode is found at it."""
    layout = build_layout(family, {})
    found = violations(layout, technique(minimum_gap=1.2 * layout.gap))
    assert min(one.value for one in found) == pytest.approx(layout.gap, rel=1e-6)
    assert broken(layout, minimum_gap=layout.gap) == []


@pytest.mark.parametrize("family", ["interdigital", "circular", "concentric"])
def test_declared_widths_are_measured(family: str) -> None:
    declared = {"interdigital": ("anode_width", "cathode_width", "busbar_width"),
                "concentric": ("anode_width", "cathode_width"), "circular": ("ring_width",)}[family]  # fmt: skip
    layout = build_layout(family, {})
    least = min(float(str(layout.params[key])) for key in declared)
    assert broken(layout, minimum_width=least) == []
    assert set(broken(layout, minimum_width=1.02 * least)) == {"minimum_width"}


def test_cross_sections_have_their_own_meaning() -> None:
    fibre = build_layout("fiber", {"collector_diameter": 120.0})
    (wall,) = [one for one in violations(fibre, technique(maximum_thickness=39.0)) if one.part == "anode"]
    assert wall.value == pytest.approx(40.0, rel=2e-3)  # 200 um around 120 um, drawn by chords
    assert broken(fibre, maximum_thickness=51.0) == []
    roll = build_layout("swiss_roll", {"anode_thickness": 8.0, "length": 900.0})
    thin = violations(roll, technique(minimum_thickness=9.0, minimum_width=1000.0))
    ribbon = {("minimum_width", part, 900.0) for part in ("anode", "cathode")}
    assert {(one.rule, one.part, one.value) for one in thin} == {("minimum_thickness", "anode", 8.0), *ribbon}
    for layout in (fibre, roll):
        silent = unchecked(layout, load_technique("photolithography"))
        assert {"minimum_gap", "aspect_ratio", "registration"} <= set(silent)
        assert silent["minimum_gap"] == "the plan is a cross-section"
    assert "minimum_width" in unchecked(fibre, load_technique("photolithography"))


def test_what_is_not_checked_is_named() -> None:
    bare = unchecked(build_layout("film", {"electrodes": "none"}), load_technique("inkjet"))
    assert bare["minimum_gap"] == "the layout has no conductor"
    curved = build_layout("interdigital", {}).placed(Cylinder(1e5))
    assert "flat" in unchecked(curved, load_technique("inkjet"))["placement"]


def test_margins_follow_a_parameter_without_jumps() -> None:
    """Below 1.5 times the bound the margin is 1 - gap/bound, above it stays at its least."""
    held = technique(minimum_gap=100.0)
    values = np.array([60.0, 99.999, 100.0, 100.001, 149.999, 150.001, 200.0])
    found = [margins(build_layout("interdigital", {**COMB, "gap": gap}), held)["minimum_gap"] for gap in values]
    assert found == pytest.approx(np.maximum(1.0 - values / 100.0, CLEAR), abs=1e-9)


# --------------------------------------------------------------------------------------------------------------- study


STUDY = """\
name: laser
fabrication: laser_scribing
designs:
  thin: {family: interdigital, params: {finger_pairs: 1, anode_width: 120 um, gap: 100 um}}
  good: {family: interdigital, params: {finger_pairs: 1, anode_width: 400 um, gap: 300 um}}
"""


def test_a_study_names_its_technique(tmp_path: Path) -> None:
    path = write_study(tmp_path, STUDY)
    study = load_study(path)
    assert [(one.rule, one.part) for one in study.violations()["thin"] if not one.warning] == [
        ("minimum_width", "anode")
    ]
    assert [one for one in study.violations()["good"] if not one.warning] == []
    path.write_text(STUDY.replace("laser_scribing", "laser_scribin"))
    with pytest.raises(MicrofemError, match=r"fabrication: unknown technique .* did you mean 'laser_scribing'"):
        load_study(path)
    path.write_text(STUDY.replace("fabrication: laser_scribing\n", ""))
    plain = load_study(path)
    assert plain.violations() == {}
    assert plain.fingerprint(plain.designs["thin"], "1") == study.fingerprint(study.designs["thin"], "1")


OWN = "{kerf: 40 um, minimum_width: 60 um, minimum_gap: 50 um, source: log book of our laser}"


def test_a_study_states_a_process_of_its_own(tmp_path: Path) -> None:
    """The same record and the same checks as for one of the library, in the study or in a file beside it."""
    text = STUDY.replace("fabrication: laser_scribing", f"fabrication: {{my_laser: {OWN}}}")
    inside = study_of(tmp_path, text.replace("gap: 100 um", "gap: 30 um"))
    (tmp_path / "my_laser.yaml").write_text(OWN)
    beside = load_study(write_study(tmp_path, text.replace(f"{{my_laser: {OWN}}}", "my_laser.yaml")))
    assert inside.fabrication is not None
    assert inside.fabrication == beside.fabrication
    assert {key: one.value for key, one in inside.fabrication.limits.items()} == {
        "kerf": 40.0, "minimum_width": 60.0, "minimum_gap": 50.0}  # fmt: skip
    assert all(one.source == "log book of our laser" for one in inside.fabrication.limits.values())
    found = inside.violations()["thin"]
    assert {(one.rule, one.bound) for one in found} == {("minimum_gap", 50.0), ("kerf", 40.0)}
    assert all(one.value == pytest.approx(30.0) for one in found)
    assert beside.violations() == {"thin": (), "good": ()}


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("{my_laser: {kerf: 40 um}}", "fabrication: technique 'my_laser': limits.kerf.source: Field required"),
        ("{my_laser: {kerf: 40, source: log book}}", "technique 'my_laser': .*kerf: '40' has no unit; write for"),
        ("{my_laser: {kerf: 0 um, source: log book}}", "kerf = 0 um is impossible: it must be above 0"),
        ("{my_laser: {krf: 40 um, source: log book}}", "unknown key 'krf'; did you mean 'kerf'"),
        ("{my_laser: {kerf: 4 kg, source: log book}}", "kerf: 'kg' is not a unit of the same kind as 'um'"),
        (
            "{one: {kerf: 4 um, source: log}, two: {kerf: 4 um, source: log}}",
            "fabrication: a study has one process, this one states 2: one, two",
        ),
        ("my_lasr.yaml", "fabrication: no file 'my_lasr.yaml' in the study's folder"),
    ],
)
def test_a_process_of_ones_own_that_is_wrong_is_refused(stated: str, told: str, tmp_path: Path) -> None:
    path = write_study(tmp_path, STUDY.replace("laser_scribing", stated))
    with pytest.raises(MicrofemError, match=told):
        load_study(path)


def test_the_drawing_marks_each_violation(tmp_path: Path) -> None:
    from microfem.render.fabrication import draw_study

    study, picture = study_of(tmp_path, STUDY), tmp_path / "laser.svg"
    draw_study(study, picture)
    texts = re.findall(r">([^<]+)</text>", picture.read_text(encoding="utf-8"))
    assert [text for text in texts if text[0] in "✓✗"] == ["✗ thin", "✓ good"]
    numbers = [text for text in texts if re.fullmatch(r"\d+(, \d+)*", text)]
    assert sorted(", ".join(numbers).split(", ")) == [str(k + 1) for k in range(len(study.beyond()))]
    with pytest.raises(MicrofemError, match=r"\.svg"):
        draw_study(study, tmp_path / "laser.gif")
    with pytest.raises(MicrofemError, match="no violations to draw without a technique"):
        draw_study(replace(study, fabrication=None), picture)
