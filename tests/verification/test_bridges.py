"""Serpentine bridges, and devices on bridges, against closed forms.

Serpentine of thin legs l and arcs R: strain w R (l/2 + R) / (l3/12 + R (pi l2/4 + 2 l R + pi R2/2)) of that applied,
Y. Zhang et al., Soft Matter 9 (2013) 8062.
"""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.fem.rods.bridge import make_bridge
from microfem.fem.rods.buckling import is_stable
from microfem.fem.rods.rod import NODE, rotation, turned
from microfem.fem.rods.rod_problem import RodProblem
from microfem.fem.solvers.newton import follow
from microfem.layout.centre_lines import serpentine
from microfem.layout.shapes import ribbon_outline
from microfem.mesh import build_mesh
from microfem.metrics.rods import bridge_force, bridge_strain, buckling_strain, stretchability
from microfem.physics.mechanics.rod_bridges import BridgesCase
from microfem.physics.mechanics.rod_bridges import solve as solve_bridges
from support.rods import POISSON, YOUNG, device, ribbon, stretched

# ---------------------------------------------------------------------------------------------------------- serpentines


@pytest.mark.parametrize("periods", [1, 3])
def test_the_middle_line_is_that_of_the_outline(periods: int) -> None:
    length, amplitude, width = 3000.0, 1200.0, 60.0
    line = ribbon(serpentine(length, periods, amplitude), width, 10.0)
    outline = ribbon_outline(line, width)
    places, headings = line.at(np.linspace(0.0, line.length, 400))
    assert places[-1] == pytest.approx([length, 0.0], abs=1e-8)
    assert headings[-1] == pytest.approx(0.0, abs=1e-12)
    assert np.abs(places[:, 1]).max() == pytest.approx(amplitude, rel=1e-3)
    assert outline.area == pytest.approx(width * line.length, rel=1e-3)
    offset = np.linspace(-0.49, 0.49, 400) * width
    points = places + offset[:, None] * np.column_stack([-np.sin(headings), np.cos(headings)])
    s, y = line.find(points)
    assert s == pytest.approx(np.linspace(0.0, line.length, 400), abs=1e-8)
    assert y == pytest.approx(offset, abs=1e-8)
    assert np.isnan(line.find(places + np.array([0.0, 3.0 * amplitude]))[0]).all()


@pytest.mark.parametrize("leg", [500.0, 2000.0])
def test_a_thin_serpentine_strains_as_zhang_says(leg: float) -> None:
    radius, width, applied = 500.0, 2.0, 1e-3
    line = ribbon(((0.5 * np.pi * radius, -1.0 / radius), (leg, 0.0), (0.5 * np.pi * radius, 1.0 / radius)), width, 1.0)
    bridge = make_bridge(line, YOUNG, POISSON, 120)
    rest = bridge.rod.rest
    flat = (NODE * np.arange(1, len(bridge.s) - 1)[:, None] + [2, 4, 5]).ravel()
    last = len(rest) - NODE
    given = np.sort(np.concatenate([np.arange(NODE), flat, last + np.array([0, 2, 3, 4, 5, 6])]))  # free along y

    def motion(load: float) -> np.ndarray:
        x = rest.copy()
        x[last] += load * applied * 2.0 * radius / bridge.rod.scale
        return x[given]

    path = follow(RodProblem(bridge.rod, given, motion), rest, [1.0])
    below = leg**3 / 12.0 + radius * (np.pi * leg**2 / 4.0 + 2.0 * leg * radius + np.pi * radius**2 / 2.0)
    exact = (0.5 * leg + radius) * width * radius / below
    assert bridge.surface_strains(path.steps[-1].x).max() / applied == pytest.approx(exact, rel=2.0 * width / radius)


def test_a_serpentine_leaves_its_plane_and_is_spared() -> None:
    line = ribbon(serpentine(3000.0, 1, 1200.0), 100.0, 10.0)
    found = {}
    for count in (60, 120):
        outcome = stretched(line, count, 3000.0, 10)
        assert outcome.buckling is not None
        assert outcome.plane is not None
        walk = outcome.stable
        assert (np.diff(walk.forces[:, 0]) > 0.0).all()
        assert walk.largest[-1] < 0.7 * outcome.plane.largest[-1]
        assert walk.heights[-1] > 100.0
        problem = walk.bridge.problem(lambda load: (np.zeros(3), np.zeros(4)), plane=False)
        assert all(is_stable(problem, step.x, step.load) for step in walk.path.steps)
        found[count] = np.array([outcome.buckling[0], walk.largest[-1], walk.forces[-1, 0]])
    assert found[60] == pytest.approx(found[120], rel=0.03)


# -------------------------------------------------------------------------------------------------------------- physics


@pytest.mark.slow
def test_bridges_stretch_by_what_the_device_does() -> None:
    layout, strain = device(), 0.4
    case = BridgesCase(physics="bridges", load={"stretch": {"strain": strain}}, steps=8)
    solution = solve_bridges(build_mesh(layout, "3d", -2), case)
    mesh = solution.mesh
    moved = solution.fields["displacement"].values
    far = np.unique(mesh.cells[mesh.cells_of("anode_2")])
    near = np.unique(mesh.cells[mesh.cells_of("anode_1")])
    assert moved[far] == pytest.approx(np.tile([strain * 6000.0, 0.0, 0.0], (len(far), 1)), abs=1e-9)
    assert moved[near] == pytest.approx(0.0, abs=1e-9)
    deep = mesh.points[:, 2] < -1.0
    assert np.isnan(moved[deep]).all()
    assert len(solution.steps) == 8
    assert solution.steps[-1].at == 1.0
    rise = np.nanmax(np.abs(moved[:, 2]))
    assert rise == pytest.approx(solution.totals["out_of_plane"][0], abs=55.0)  # edges of a ribbon 100 wide that turns
    assert buckling_strain(solution) < strain
    assert bridge_strain(solution) == solution.totals["max_strain"][0] <= bridge_strain(solution, in_plane=True)
    assert bridge_strain(solution, percent=50.0) < bridge_strain(solution)
    broken = stretchability(solution)
    assert 0.0 < broken < strain
    assert stretchability(solution, in_plane=True) < broken
    with pytest.raises(MetricRefused, match="larger stretch"):
        stretchability(solution, limit=0.9)


def test_a_plan_keeps_its_bridges_flat() -> None:
    case = {"physics": "bridges", "load": {"stretch": {"strain": 0.2}}, "steps": 4}
    plan = solve_bridges(build_mesh(device(), "plan", -1), BridgesCase(**case, dimension="plan"))
    space = solve_bridges(build_mesh(device(), "3d", -2), BridgesCase(**case))
    assert bridge_strain(plan) == pytest.approx(bridge_strain(space, in_plane=True), rel=1e-9)
    assert bridge_force(plan) == pytest.approx(1e6 * bridge_force(space, in_plane=True) / 10.0, rel=1e-9)
    with pytest.raises(MetricRefused, match="3d"):
        buckling_strain(plan)


def test_a_bent_device_lies_on_its_arc() -> None:
    radius = 8000.0
    layout = device(rows=1, columns=3, bridge_shape="straight")
    case = BridgesCase(physics="bridges", load={"bend": {"radius": "8 mm"}}, steps=6)
    solution = solve_bridges(build_mesh(layout, "3d", -2), case)
    mesh, moved = solution.mesh, solution.fields["displacement"].values
    for column, centre in ((2, 0.0), (3, 6000.0)):
        nodes = np.unique(mesh.cells[mesh.cells_of(f"cathode_collector_{column}", f"anode_collector_{column}")])
        flat = mesh.points[nodes] - [centre, 0.0, 5.0]
        angle = 6000.0 * (column - 1) / radius
        turn = rotation(turned(-angle, (0.0, 1.0, 0.0)))
        there = [radius * np.sin(angle) - 6000.0, 0.0, radius * (1.0 - np.cos(angle)) + 5.0]
        assert mesh.points[nodes] + moved[nodes] == pytest.approx(flat @ turn.T + there, abs=1e-6)


def test_what_is_no_free_bridge_is_refused() -> None:
    case = BridgesCase(physics="bridges", load={"stretch": {"strain": 0.1}}, steps=4)
    with pytest.raises(MicrofemError, match="no bridges"):
        solve_bridges(build_mesh(device(columns=1), "plan", -1), case)
    closed = BridgesCase(physics="bridges", load={"stretch": {"strain": -0.6}}, steps=4)
    with pytest.raises(MicrofemError, match="islands meet"):
        solve_bridges(build_mesh(device(), "plan", -1), closed)
    for load in ({"stretch": {"strain": 0.1, "axis": "y"}}, {"bend": {"radius": "9 mm", "axis": "x"}}):
        with pytest.raises(ValidationError, match="along x"):
            BridgesCase(physics="bridges", load=load)
