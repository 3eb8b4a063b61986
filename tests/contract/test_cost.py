"""The estimated cost of a study: its cells against meshes, its growth with the accuracy, what `check` prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from microfem.mesh import build_mesh
from microfem.run.cost import Cost, costs_of
from microfem.solve.first_mesh import FIRST_LEVEL
from microfem.study.reader import load_study
from support.commands import Command
from support.studies import write_study

STUDY = """\
name: cost
designs:
  few: {family: interdigital, params: {finger_pairs: 1, gap: 200 um}}
  many: {family: interdigital, params: {finger_pairs: 6, gap: 50 um}}
accuracy: 2 %
cases:
  field: {physics: conduction, dimension: VIEW, terminals: {anode: 0 V, cathode: 1 V}}
metrics: {resistance: resistance(field)}
"""


def costs(folder: Path, view: str = "plan", *changes: str) -> dict[str, Cost]:
    return costs_of(load_study(write_study(folder, STUDY.replace("VIEW", view)), changes))


@pytest.mark.parametrize("view", ["plan", "3d"])
def test_cells_are_those_of_the_first_mesh(tmp_path: Path, view: str) -> None:
    """Counted in the plan, within the factor of two that is promised; not the same for all designs."""
    found = costs(tmp_path, view)
    study = load_study(tmp_path / "study.yaml")
    for name, design in study.designs.items():
        cells = len(build_mesh(design.layout(), view, FIRST_LEVEL[view]).cells)
        assert 0.5 * cells <= found[name].first <= 2.0 * cells
    assert found["many"].first > 2.0 * found["few"].first


def test_a_smaller_error_costs_more(tmp_path: Path) -> None:
    """In 2D the error falls with the square of the cells: a hundredth of it takes ten times as many."""
    rough, fine = costs(tmp_path)["few"], costs(tmp_path, "plan", "accuracy=0.02 %")["few"]
    assert rough.first == fine.first
    assert fine.last == pytest.approx(10.0 * rough.last)
    assert fine.seconds > rough.seconds
    assert fine.memory > rough.memory


def test_a_limit_bounds_the_last_mesh(tmp_path: Path) -> None:
    limited = costs(tmp_path, "3d", "accuracy=0.01 %", "limits.unknowns=50000")["few"]
    assert limited.last < costs(tmp_path, "3d", "accuracy=0.01 %")["few"].last


def test_a_path_of_many_steps_takes_longer(tmp_path: Path) -> None:
    text = """\
name: path
designs: {strip: {family: film, params: {electrodes: none}}}
cases: {pulled: {physics: hyperelasticity, dimension: plan, load: {stretch: {strain: 10 %}}, steps: STEPS}}
metrics: {force: axial_force(pulled)}
"""
    few, many = (costs_of(load_study(write_study(tmp_path, text.replace("STEPS", n))))["strip"] for n in ("1", "100"))
    assert many.first == few.first
    assert many.seconds > few.seconds


def test_check_prints_the_cost_of_each_design(tmp_path: Path, microfem: Command) -> None:
    ended = microfem("check", write_study(tmp_path, STUDY.replace("VIEW", "plan")))
    head, few, many, verdict = ended.out.splitlines()
    assert re.match(r"estimated cost, about [\d.]+ (s|min|h) in all", head)
    form = r"  (few |many)  [\d,]+ cells that grow to [\d,]+, [\d.]+ (s|min|h), [\d.]+ GB of memory"
    assert re.fullmatch(form, few)
    assert re.fullmatch(form, many)
    assert verdict.endswith("no problem found")
