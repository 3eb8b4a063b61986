"""Searches by gradient: against optima in closed form, on meshes that follow, within design rules, gone on with."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from microfem.base.errors import MicrofemError
from microfem.mesh import build_mesh
from microfem.optimise import gradient
from microfem.optimise.following import Follower, Point
from microfem.optimise.gradient import descend, descended
from microfem.optimise.local_sensitivity import local
from microfem.solve.first_mesh import first_mesh
from microfem.solve.followed import followed
from microfem.solve.refinement import solve_to_accuracy
from microfem.study.reader import load_study
from microfem.study.records import Choice, Constraint, Range, SearchSpace
from support.commands import Command
from support.studies import write_study

STUDY = """\
name: search
designs:
  comb:
    family: interdigital
    params: {finger_pairs: 2, gap: 150 um, anode_width: 200 um, cathode_width: 200 um, busbar_width: 300 um}
accuracy: 2 %
cases:
  field: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  resistance: resistance(field)
  footprint: footprint()
space:
  comb: {gap: {low: 40 um, high: 300 um}, anode_width: {low: 100 um, high: 600 um}, cathode_width: anode_width}
objectives: {resistance: minimise}
constraints: {footprint: {max: 8 mm2}}
budget: {trials: 15}
sampler: gradient
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_study(tmp_path, STUDY)


def product(chosen: dict[str, float], sign: float = 1.0) -> Point:
    """Return x + y and x y, with their derivatives."""
    x, y = chosen["x"], chosen["y"]
    return Point({"sum": x + y, "area": x * y}, {"sum": {"x": sign, "y": sign}, "area": {"x": sign * y, "y": sign * x}})


@pytest.mark.parametrize("log", [False, True])
def test_the_least_sum_at_a_given_product_is_found(log: bool) -> None:
    """By Lagrange x + y is least at x y >= 4 where x = y = 2."""
    space = SearchSpace({name: Range(0.5, 10.0, log) for name in "xy"}, {})
    start = {"x": 5.0, "y": 1.0}
    found = descend(space, start, product, "sum", False, {"area": Constraint(4.0, float("inf"))}, 40)
    best = found.chosen[found.best]
    assert [best["x"], best["y"]] == pytest.approx([2.0, 2.0], rel=1e-3)
    assert found.points[found.best].values["area"] >= 4.0
    assert found.chosen[0] == pytest.approx(start)
    assert len(found.points) <= 15


def test_with_derivatives_of_the_wrong_sign_it_is_not_found() -> None:
    """Negative control."""
    space = SearchSpace({name: Range(0.5, 10.0) for name in "xy"}, {})
    found = descend(space, {"x": 5.0, "y": 1.0}, lambda chosen: product(chosen, -1.0), "sum", False,
                    {"area": Constraint(4.0, float("inf"))}, 40)  # fmt: skip
    assert found.points[found.best].values["sum"] > 4.1


def test_the_budget_ends_it_and_the_best_so_far_stands() -> None:
    space = SearchSpace({name: Range(0.5, 10.0) for name in "xy"}, {})
    found = descend(space, {"x": 5.0, "y": 1.0}, product, "sum", False, {"area": Constraint(4.0, float("inf"))}, 2)
    assert found.ended == "the budget of 2 evaluations is used up"
    assert len(found.points) == 2


def test_a_mesh_that_follows_gives_the_value_of_a_fresh_one(path: Path) -> None:
    study = load_study(path)
    follower = Follower(study=study, names=["gap"], wanted=["resistance"])
    design = study.designs["comb"]
    follower.at(design)
    wider = replace(design, params={**design.params, "gap": 160.0})
    before = follower.solves
    moved = follower.at(wider).values["resistance"]
    assert follower.solves == before + 1  # on the same cells
    case = study.cases["field"]
    mesh = first_mesh(wider.layout(), case, study.limits)
    _, found, _ = solve_to_accuracy(
        mesh, case, dict(list(study.metrics.items())[:1]), {"resistance": 2e-3}, study.limits
    )
    assert moved == pytest.approx(found.values["resistance"].value, rel=0.02)


def test_a_mesh_follows_until_its_cells_get_too_slim(path: Path) -> None:
    design = load_study(path).designs["comb"]
    mesh = build_mesh(design.layout(), "section", -1)
    near, far = (replace(design, params={**design.params, "gap": gap}) for gap in (140.0, 6.0))
    moved = followed(mesh, near.layout())
    assert moved is not None
    assert moved.layout.gap == 140.0
    assert followed(mesh, far.layout()) is None


def test_tied_parameters_go_together_and_rules_are_kept(path: Path) -> None:
    path.write_text(STUDY + "fabrication: laser_scribing\n")
    study = load_study(path)
    start, best = descended(study, "comb", path.parent)
    assert start == {"gap": 150.0, "anode_width": 200.0}
    assert best["gap"] == pytest.approx(100.0, abs=0.1)  # the least that the laser leaves
    assert best["gap"] >= 99.5
    design = study.designs["comb"]
    wide = replace(design, params={**design.params, **best, "cathode_width": best["anode_width"]}).layout()
    assert wide.footprint_area() * 1e-6 == pytest.approx(8.0, rel=1e-3)  # both widths until the footprint is used up


def test_a_search_that_was_killed_walks_the_same_way_again_without_solving(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = load_study(path)
    first = descended(study, "comb", path.parent)
    kept = path.parent / gradient.DESCENTS / "comb.jsonl"
    with open(kept, "a") as file:
        file.write('{"chosen": {"gap"')  # a line half written
    monkeypatch.setattr(Follower, "at", lambda *_: pytest.fail("solved again"))
    assert descended(study, "comb", path.parent) == first


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"free": {"gap": Choice((100.0, 200.0))}}, "gap is a count or a choice"),
        ({"free": {"finger_pairs": Range(1, 4, whole=True)}}, "finger_pairs is a count or a choice"),
        ({"free": {"gap": Range(20.0, 50.0)}}, "outside its space"),
        ({"objectives": {"resistance": "minimise", "footprint": "minimise"}}, "one objective, not 2"),
    ],
)
def test_what_has_no_gradient_is_refused(path: Path, change: dict, told: str) -> None:
    study = load_study(path)
    assert study.search is not None
    if "free" in change:
        search = replace(study.search, spaces={"comb": SearchSpace(change["free"], {})})
    else:
        search = replace(study.search, **change)
    with pytest.raises(MicrofemError, match=told):
        descended(replace(study, search=search), "comb", path.parent)


def test_the_command_tells_what_one_more_micrometre_does(path: Path, microfem: Command) -> None:
    ended = microfem("sensitivity", path, "--local", "-q", "-o", path.parent / "out")
    assert ended.status == 0
    assert "gap = 150 µm" in ended.out
    rows = list(csv.DictReader((path.parent / "out/local.csv").open()))
    [found] = [row for row in rows if (row["metric"], row["parameter"]) == ("footprint", "gap")]
    study = load_study(path)
    design = study.designs["comb"]
    ends = [replace(design, params={**design.params, "gap": gap}).layout().footprint_area() for gap in (149.0, 151.0)]
    assert float(found["derivative"]) == pytest.approx((ends[1] - ends[0]) * 1e-6 / 2.0, rel=1e-6)
    signs = {row["parameter"]: float(row["derivative"]) for row in rows if row["metric"] == "resistance"}
    assert signs["gap"] > 0.0 > signs["electrolyte_height"]


def test_a_metric_of_the_layout_that_is_refused_says_why(path: Path) -> None:
    path.write_text("name: roll\ndesigns: {fibre: {family: fiber}}\nmetrics: {use: fill_factor(), size: footprint()}\n")
    study = load_study(path)
    found = local(study, study.designs["fibre"])
    assert "cross-section" in found.refused["use"]
    assert set(found.slopes) == {"size"}
