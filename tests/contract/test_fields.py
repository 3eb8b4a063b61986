"""Files of fields: they hold all that the elements know, and what reads them gets it back anywhere in a cell."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from microfem.families import build_layout
from microfem.fem.space import quadrature
from microfem.mesh import build_mesh
from microfem.physics import PHYSICS, Field, Solution
from microfem.results.fields import FLOOR, at_corners, save_solution, save_states
from microfem.results.stored import Stored, read_case, read_fields
from microfem.solve.deformed_geometry import path_states

pv = pytest.importorskip("pyvista")
SMALL = {"finger_pairs": 1, "finger_length": 400.0}


def solved(physics: str, **case: Any) -> Solution:
    found = PHYSICS.get(physics)
    stated = found.case(physics=physics, **case)
    return found.solve(build_mesh(build_layout("interdigital", SMALL), stated.mesh), stated)


@pytest.fixture(scope="module")
def flat() -> Solution:
    return solved("conduction", dimension="section", terminals={"anode": "0 V", "cathode": "1 V"})


def saved(solution: Solution, folder: Path) -> Stored:
    save_solution(folder / "case.vtkhdf", solution)
    return read_case(folder, "case")


def within(solution: Solution, count: int = 200) -> tuple[Any, Any]:
    """Return random cells where there is a potential, and weights of their corners."""
    random = np.random.default_rng(3)
    known = np.flatnonzero(np.isfinite(solution.field("potential").values[solution.space.cell_dofs]).all(axis=1))
    return random.choice(known, count), random.dirichlet(np.ones(solution.mesh.dim + 1), count)


def test_a_quadratic_solution_is_kept_anywhere_in_its_cells(flat: Solution, tmp_path: Path) -> None:
    """Against scikit-fem's own shape functions; values at vertices alone are far off, as they were kept before."""
    stored = saved(flat, tmp_path)
    cell, weights = within(flat)
    inside = weights[:, 1:].T
    element = flat.space.basis().elem
    dofs = flat.field("potential").values[flat.space.cell_dofs[cell]]
    wanted = sum(element.lbasis(inside, k)[0] * dofs[:, k] for k in range(dofs.shape[1]))
    assert stored.at("potential", cell, weights) == pytest.approx(wanted, abs=1e-12)
    corners = np.einsum("nk,nk->n", weights, dofs[:, :3])
    assert np.abs(corners - wanted).max() > 0.005
    grid = pv.read(str(tmp_path / "case.vtkhdf"))
    assert grid.n_points == flat.report.ndofs or grid.n_points == flat.space.ndofs
    assert set(grid.cells_dict) == {pv.CellType.QUADRATIC_TRIANGLE}


def test_paraview_sees_the_same_as_the_file_holds(flat: Solution, tmp_path: Path) -> None:
    """VTK's own interpolation of its quadratic cells, which numbers edges by itself."""
    stored = saved(flat, tmp_path)
    cell, weights = within(flat, 50)
    places = np.einsum("nk,nkd->nd", weights, stored.points[stored.corners[cell]])
    seen = pv.PolyData(places).sample(pv.read(str(tmp_path / "case.vtkhdf")))
    hit = np.asarray(seen.point_data["vtkValidPointMask"], dtype=bool)
    assert hit.mean() > 0.9
    assert np.asarray(seen.point_data["potential"])[hit] == pytest.approx(
        stored.at("potential", cell, weights)[hit], abs=1e-5
    )


def test_a_small_case_is_a_small_file(flat: Solution, tmp_path: Path) -> None:
    stored = saved(flat, tmp_path)
    assert (tmp_path / "case.vtkhdf").stat().st_size < 500 * len(stored.nodes) + 200_000  # was 2.7 MB whatever it held


def test_fluxes_are_linear_in_cells_and_means_stay(flat: Solution, tmp_path: Path) -> None:
    """At its quadrature points a flux is what the solution has there; the mean of its corners is the cell's mean."""
    stored, flux = saved(flat, tmp_path), flat.field("current_density")
    rule = np.array([[1.0 - sum(one), *one] for one in quadrature(2)])
    cells = np.flatnonzero(np.isfinite(flux.values).all(axis=(1, 2)))
    for k, weights in enumerate(rule):
        found = stored.at("current_density", cells, np.tile(weights, (len(cells), 1)))[:, [0, 2]]
        assert found == pytest.approx(flux.values[cells, k], rel=1e-5, abs=1e-5 * np.nanmax(np.abs(flux.values)))
    corners = stored.at_corners["current_density"].mean(axis=1)[cells]
    scale = np.abs(corners).max()
    assert corners == pytest.approx(np.asarray(stored.grid.cell_data["current_density"])[cells], abs=1e-6 * scale)


def test_what_is_positive_all_around_is_so_at_corners() -> None:
    """A steep positive field: the linear one through its points would be below zero; its mean stays."""
    values = np.array([[0.1, 0.1, 9.0], [2.0, 3.0, 4.0]])
    mesh: Any = SimpleNamespace(dim=2, dimension="plan", points=np.zeros((6, 2)), cells=np.arange(6).reshape(2, 3))
    corners = at_corners(Field("power", "power", "W/m3", "quadrature", values), mesh)[..., 0]
    assert corners.mean(axis=1) == pytest.approx(values.mean(axis=1))
    assert corners[0].min() == pytest.approx(FLOOR * 0.1)
    assert corners[1] == pytest.approx([1.0, 3.0, 5.0])
    mesh.cells = np.array([[0, 1, 2], [0, 1, 3]])  # a neighbour below zero at the corners that are steep
    signed = at_corners(Field("strain", "strain", "1", "quadrature", values * [[1.0], [-1.0]]), mesh)[..., 0]
    assert signed[0] == pytest.approx(2.0 * values[0] - values[0].mean())  # a field of both signs stays linear


LOADS = [0.0, 0.5, 1.0, 0.5, 0.0]  # of a path that comes back: first at rest, then its states


def test_each_state_of_a_path_is_kept_with_all_its_fields(tmp_path: Path) -> None:
    """The states at one load have files of their own; the last one is the case's own file."""
    solution = solved("hyperelasticity", dimension="plan", order=1, path=(1.0, 0.0), steps=2,
                      load={"stretch": {"strain": "5 %"}})  # fmt: skip
    end, steps = saved(solution, tmp_path), solution.steps
    written = save_states(tmp_path, "case", path_states(solution))
    assert [state.at for state, _ in written] == pytest.approx(LOADS)
    assert [name for _, name in written] == [*(f"case.states/{k:03d}.vtkhdf" for k in range(4)), "case.vtkhdf"]
    states = [read_fields(tmp_path / name) for _, name in written]
    assert len(steps) == 4
    for state, step in zip(states[1:], steps, strict=True):
        assert set(state.about["fields"]) == set(end.about["fields"])
        moved = np.nan_to_num(state.at_nodes["displacement"])[:, :2]
        assert moved == pytest.approx(step.displacement, abs=1e-9)
        strain = step.fields()["max_principal_strain"].cell_means().ravel()
        assert np.asarray(state.grid.cell_data["max_principal_strain"]) == pytest.approx(strain, nan_ok=True)
    for name in end.about["fields"]:
        at_rest, at_end = (state.everywhere(name) for state in (states[0], end))
        assert (np.isnan(at_rest) == np.isnan(at_end)).all()
        assert np.nan_to_num(at_rest).any() == 0


def test_a_single_solve_has_no_states(tmp_path: Path) -> None:
    solution = solved("elasticity", dimension="section", load={"stretch": {"strain": "1 %"}})
    stored = saved(solution, tmp_path)
    assert save_states(tmp_path, "case", path_states(solution)) == []
    assert stored.points[:, [0, 2]] == pytest.approx(solution.space.locations)
    moved = solution.field("displacement").values
    assert stored.at_nodes["displacement"][:, [0, 2]] == pytest.approx(moved, nan_ok=True)
