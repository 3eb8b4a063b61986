"""Small parts of mechanics at large strain: layers of plans, who is of which case, what is told of numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microfem.families import build_layout
from microfem.fem.finite_strain.bodies import make_body, make_solid
from microfem.fem.space import quadrature
from microfem.mesh import build_mesh
from microfem.mesh.layers import find_stacks
from microfem.metrics import mechanical
from microfem.results.comparison import number
from microfem.run.design import run_design
from support.large_strain_bodies import brick, layered
from support.materials import matter
from support.records import metric
from support.solving import solve_hyperelasticity
from support.studies import study_of

STUDY = """
name: some
designs:
  one: {family: stacked, params: {length: 1 mm}}
  two: {family: stacked, params: {length: 2 mm}}
accuracy: 20 %
cases:
  shared: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
  alone: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}, designs: [two]}
metrics: {r: resistance(shared), s: resistance(alone)}
"""


def test_where_outlines_overlap_a_layer_is_of_the_higher_priority() -> None:
    layout = build_layout("interdigital", {"electrolyte_height": 300.0, "anode_thickness": 30.0}, {}, None)
    layout = replace(layout, regions=layout.regions[::-1])  # the order they stand in does not count
    stacks = find_stacks(build_mesh(layout, "layers", -1))
    base = ("substrate", -100.0, 0.0)
    assert set(stacks.layers) == {
        (base, ("electrolyte", 0.0, 300.0)),
        (base, ("anode", 0.0, 30.0), ("electrolyte", 30.0, 300.0)),
        (base, ("cathode", 0.0, 30.0), ("electrolyte", 30.0, 300.0)),
    }
    assert sorted(np.unique(stacks.kind)) == [0, 1, 2]


def test_a_case_is_solved_for_its_designs_alone(tmp_path: Path) -> None:
    study = study_of(tmp_path, STUDY)
    found = {name: run_design(study, one, tmp_path / name) for name, one in study.designs.items()}
    assert {name: set(one.cases) for name, one in found.items()} == {"one": {"shared"}, "two": {"shared", "alone"}}
    assert {name: set(one.metrics) for name, one in found.items()} == {"one": {"r"}, "two": {"r", "s"}}


@pytest.mark.parametrize(
    ("error", "told"), [(4e-22, "26.51 µm"), (0.0, "26.51 µm"), (0.04, "26.51 ± 0.04 µm"), (None, "no error estimate")]
)
def test_errors_below_round_off_are_not_told(error: float | None, told: str) -> None:
    assert told in number(metric(26.508, "um", error))
    assert ("±" in told) == ("±" in number(metric(26.508, "um", error)))


@pytest.mark.parametrize(("strains", "kinds"), [({"r0": 0.1}, 2), ({"r0": 0.1, "r1": 0.1}, 1)])
def test_pressures_jump_where_only_the_eigenstrain_does(strains: dict[str, float], kinds: int) -> None:
    soft = matter(neo_hooke_mu=1.0)
    mesh = layered("section", [0.5], np.linspace(0, 1, 3), np.linspace(0, 1, 3), laws={"r0": soft, "r1": soft})
    solid = make_solid(make_body(mesh, 2, "strain", {}), strains)
    interface = 3 * (kinds - 1)
    assert len(np.unique(solid.fields["pressure"].nodes)) == len(mesh.points) + interface


def test_what_only_pins_hold_is_shown_about_its_middle() -> None:
    solution = solve_hyperelasticity(brick("plan", 4, 3), {"stretch": {"strain": 1.0, "axis": "x"}})
    across = solution.steps[-1].displacement[:, 1]
    assert across.max() > 0.1
    assert across.max() == pytest.approx(-across.min(), rel=1e-9)


def test_peaks_of_strain_are_sought_at_corners() -> None:
    """A strain that grows from 0 to 1 across a block is 1 at its surface, less at all points inside cells."""
    solution = solve_hyperelasticity(brick("section", 2, 2), {"stretch": {"strain": 0.1}})
    mesh = solution.mesh
    rule = np.array(quadrature(2))
    weights = np.column_stack([1.0 - rule.sum(axis=1), rule])
    height = np.einsum("qv,nv->nq", weights, mesh.points[mesh.cells[solution.body.cells], 1])
    f = np.broadcast_to(np.eye(3), (*height.shape, 3, 3)).copy()
    f[..., 0, 0] += height
    assert height.max() < 0.95
    assert mechanical.max_strain(replace(solution, elastic=f)) == pytest.approx(1.0, rel=1e-12)
