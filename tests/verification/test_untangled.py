"""Cells that a curved motion turns inside out at their corners: let go inside their region, and nothing else is moved.

The device is an encapsulated island_bridge. Its current flows through a bridge whose volume is kept, so its resistance
goes with the square of the bridge's stretch, which the mechanical case tells by itself.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from microfem.base.errors import MeshError
from microfem.fem.linear_elasticity.harmonic_extension import untangled
from microfem.layout import Region
from microfem.mesh import Mesh
from microfem.solve.deformed_geometry import deformed_mesh, states_on
from microfem.solve.first_mesh import first_mesh
from microfem.solve.refinement import measure, solve_to_accuracy, solved
from support.cells import grid, make_layout, record
from support.studies import study_of

STUDY = """name: pulled
designs:
  one: {family: island_bridge, params: {columns: 2, bridge_length: 2 mm, bridge_width: 100 um, island_size: 2 mm,
    margin: 500 um}, materials: {bridge: silver_ink, cathode_collector: silver_ink, anode_collector: silver_ink}}
cases:
  pull: {physics: hyperelasticity, dimension: plan, load: {stretch: {strain: 50 %}}, steps: 3}
  current: {physics: conduction, dimension: plan, terminals: {cathode_collector_1: 0 V, anode_collector_2: 1 V},
    on: {deformed_by: pull, step: all}}
metrics: {ratio: resistance_ratio(current)}
"""


def two_regions() -> Mesh:
    """Return a square of two halves, side 8, in a grid of 8 x 8."""
    points, cells = grid(np.linspace(0.0, 8.0, 9), np.linspace(0.0, 8.0, 9))
    owner = (points[cells].mean(axis=1)[:, 0] > 4.0).astype(np.int64)
    box = shapely.box(0.0, 0.0, 8.0, 8.0)
    layout = make_layout(
        [Region(name=name, role=name, footprint=box, z=(0.0, 1.0)) for name in ("electrolyte", "substrate")]
    )
    return record(points, cells, layout, "plan", owner, ("electrolyte", "substrate"))


def test_a_point_that_folds_its_cells_is_let_go_and_walls_are_not() -> None:
    mesh = two_regions()
    stretched = mesh.points * [0.5, 0.0]
    folded = stretched.copy()
    inner = np.flatnonzero((mesh.points == [2.0, 4.0]).all(axis=1))[0]
    folded[inner] = [2.5, 0.0]  # beyond its neighbour
    path = np.stack([stretched, folded])
    assert (mesh.moved(mesh.points + folded).signed_volumes * mesh.signed_volumes <= 0.0).any()
    followed, loose = untangled(mesh, path)
    for one in followed:
        assert (mesh.moved(mesh.points + one).signed_volumes * mesh.signed_volumes > 0.0).all()
    assert loose[mesh.cells_of("electrolyte")].any()
    assert not loose[mesh.cells_of("substrate")].any()
    kept = np.setdiff1d(np.arange(len(mesh.points)), mesh.cells[loose])
    walls = np.flatnonzero(np.isin(mesh.points[:, 0], [0.0, 4.0, 8.0]) | np.isin(mesh.points[:, 1], [0.0, 8.0]))
    assert (followed[:, kept] == path[:, kept]).all()
    assert (followed[:, walls] == path[:, walls]).all()


def test_what_is_not_inside_out_is_not_touched() -> None:
    mesh = two_regions()
    path = np.stack([mesh.points * [0.5, -0.2]])
    followed, loose = untangled(mesh, path)
    assert (followed is path, loose.any()) == (True, False)


@pytest.mark.slow
def test_an_encapsulated_device_is_stretched_by_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refined as a run does, cells at the islands' corners are inside out: as the points came, the path ended there."""
    study = study_of(tmp_path, STUDY)
    pull, current = study.cases["pull"], study.cases["current"]
    first = first_mesh(study.designs["one"].layout(), pull, study.limits)
    pulled, _, _ = solve_to_accuracy(first, pull, {}, {}, study.limits)
    assert not pulled.stopped
    with monkeypatch.context() as old:
        old.setattr("microfem.fem.linear_elasticity.harmonic_extension.untangled", as_it_came)
        with pytest.raises(MeshError, match="turned inside out, the first in 'encapsulation'"):
            deformed_mesh(pulled, "all")
    solution = solved(deformed_mesh(pulled, "all"), current)
    states = [one for one, _ in states_on(solution, measure(solution, study.metrics), pulled, study.metrics)]
    points = pulled.mesh.points
    ends = [np.argmin(np.hypot(points[:, 0] - x, points[:, 1])) for x in (-1000.0, 1000.0)]
    for row, step in zip(states[1:], pulled.steps, strict=True):
        u = step.displacement[ends, 0]
        stretch = 1.0 + (u[1] - u[0]) / 2000.0
        assert row.values["ratio"].value == pytest.approx(stretch**2, rel=0.02)
    assert 1.5 < stretch < 2.2  # of the soft part, 3 mm of 7 mm, at a strain of the whole of 0.5: 2.2 if it were even


def as_it_came(mesh: Mesh, displacements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return displacements, np.zeros(len(mesh.cells), dtype=bool)
