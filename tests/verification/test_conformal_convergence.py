"""Films on curved surfaces against a solid in 3D and a manufactured solution; their errors, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from pydantic import ValidationError
from scipy.integrate import quad

from microfem.base.errors import MicrofemError, SolveError
from microfem.families import build_layout
from microfem.fem.finite_strain.equilibrium import Balance
from microfem.fem.finite_strain.laws import law_of
from microfem.fem.finite_strain.solid import Solid
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.shells.conformal import FilmLayer, ImposedStrain, LayeredFilm, PressedFilm, press
from microfem.fem.solvers.newton import follow
from microfem.fem.space import Space, quadrature
from microfem.materials import Material
from microfem.mesh import build_mesh
from microfem.metrics import conformal
from microfem.metrics.metric import parse_call
from microfem.physics.mechanics.conformal import ConformalCase
from microfem.solve.dual_estimates import qoi_error
from microfem.solve.ending import Reason
from microfem.solve.refinement import solve_to_accuracy
from microfem.study.records import Limits
from support.cells import grid, record
from support.conformal_films import FAR, NU, THICK, YOUNG, A, film_layout, round_mesh, solve_conformal
from support.materials import elastic

# ---------------------------------------------------------------------------------------- the solid in 3D


HEIGHTS = {"sphere": lambda x, y, r: np.sqrt(r**2 - x**2 - y**2) - r, "saddle": lambda x, y, r: (x**2 - y**2) / (2 * r)}


def pressed_solid(n, height):
    """Return energy and mean stress (sx, sy) in the middle and at the middle of a side of a square pressed in 3D.

    A quarter of 2A x 2A x THICK at finite strain; its lower face lies at height(x, y) of where its points have slid to.
    """
    points, cells = grid(np.linspace(0, A, n + 1), np.linspace(0, A, n + 1), np.array([0.0, THICK]))
    mesh = record(points, cells, film_layout(shapely.box(0, 0, A, A)), "3d", names=("r0",))
    every, none = np.arange(len(cells)), np.zeros((len(cells), 3))
    laws = (law_of(elastic(YOUNG, NU)),)
    solid = Solid(space=Space(mesh, 2), cells=every, law=0 * every, laws=laws, eigenstrain=none)
    at = solid.space.locations
    low = np.flatnonzero(at[:, 2] == 0.0)
    sides = [3 * np.flatnonzero(at[:, k] == 0.0) + k for k in (0, 1)]
    given, x = np.concatenate([3 * low + 2, *sides]), np.zeros(solid.size)
    for again in range(4):
        moved = (at + x[: solid.displacements].reshape(-1, 3))[low]
        values = np.zeros(len(given))
        values[: len(low)] = height(moved[:, 0], moved[:, 1])
        grip = EndMotion(
            constrained=given,
            path=lambda load, v=values, k=again: v * (1.0 if k else load),
            free_modes=np.zeros((0, len(given))),
        )
        x = follow(Balance(continuum=solid, motion=grip), x, [1.0]).steps[-1].x
    stress = solid.stresses(x, 1.0).mean(axis=1)[:, [0, 1], [0, 1]]
    return 4.0 * solid.energy(x, 1.0), *_two_places(points[cells].mean(axis=1), stress, n)


def _two_places(centres, stress, n):
    x, y = np.abs(centres[:, :2].T) * n / A
    return stress[(x < 1) & (y < 1)].mean(axis=0), stress[(x > n - 1) & (y < 1) & (centres[:, 0] > 0)].mean(axis=0)


def pressed_film(n, surface):
    """Return the same of the film, with the same cells in the plan."""
    points, cells = grid(np.linspace(-A, A, 2 * n + 1), np.linspace(-A, A, 2 * n + 1))
    done = solve_conformal(
        record(points, cells, film_layout(shapely.box(-A, -A, A, A)), "plan", names=("r0",)), surface
    )
    stress = done.pressed.force.mean(axis=1)[:, [0, 1], [0, 1]] / THICK
    return done.totals["strain_energy"][0], *_two_places(points[cells].mean(axis=1), stress, n)


@pytest.mark.slow
@pytest.mark.parametrize("name", HEIGHTS)
def test_a_solid_pressed_in_three_dimensions(name):
    """At finite strain, P2, corners at 0.28 R: within 1 %, the second order there, 0.11 x 0.28 x 0.28."""
    radius, n = 5.0 * A, 8
    energy, middle, side = pressed_solid(n, lambda x, y: HEIGHTS[name](x, y, radius))
    own_energy, own_middle, own_side = pressed_film(n, {name: {"radius": radius}})
    assert own_energy == pytest.approx(energy, rel=0.01)
    largest = np.abs(side).max()
    assert own_middle == pytest.approx(middle, abs=0.01 * largest)
    assert own_side == pytest.approx(side, abs=0.01 * largest)


# ---------------------------------------------------------------------------------------- convergence


def manufactured(n, order):
    """Return the error in energy norm of the stress of chi = (1 - x2)2 (1 - y2)2, free at the rim of a square.

    The misfit is what is left of the law's strain without the strain of a slide u.
    """
    points, cells = grid(np.linspace(-1, 1, n + 1), np.linspace(-1, 1, n + 1))
    layout = film_layout(shapely.box(-1, -1, 1, 1), ((YOUNG, 1.0),), feature=1.0)
    mesh = record(points, cells, layout, "plan", names=("r0",))
    film = LayeredFilm(
        Space(mesh, order),
        np.arange(len(cells)),
        [FilmLayer(name="r0", low=0.0, high=1.0, rows=np.arange(len(cells)), young=YOUNG, poisson=NU)],
    )
    inner = np.array(quadrature(2))
    weights = np.column_stack([1.0 - inner.sum(axis=1), inner])

    def strains(at):
        x, y = at[..., 0], at[..., 1]
        p, q = 1 - x**2, 1 - y**2
        sx, sy, sxy = p**2 * (12 * y**2 - 4), q**2 * (12 * x**2 - 4), -16 * x * y * p * q
        law = np.stack([sx - NU * sy, (1 + NU) * sxy, (1 + NU) * sxy, sy - NU * sx], axis=-1) / YOUNG
        ux, uy, vx, vy = np.cos(x) * np.cosh(y), np.sin(x) * np.sinh(y), 2 * x * y, x**2 + np.exp(y)
        slide = np.stack([ux, 0.5 * (uy + vx), 0.5 * (uy + vx), vy], axis=-1) * 1e-3
        return law.reshape(*x.shape, 2, 2), slide.reshape(*x.shape, 2, 2)

    law, slide = strains(np.einsum("qv,nvi->nqi", weights, points[cells]))
    none = np.zeros_like(slide)
    pressed, _ = press(PressedFilm(film, ImposedStrain(law - slide, none), ImposedStrain(none, none), none))
    off = pressed.slide - slide
    return float(np.sqrt((film.space.mesh.volumes[:, None] * np.einsum("nqij,nqij->nq", off, off)).sum()))


@pytest.mark.parametrize("order", [1, 2])
def test_strain_converges_at_the_order_of_the_elements(order):
    errors = [manufactured(n, order) for n in (8, 16, 32)]
    rate = np.log2(errors[1] / errors[2])
    assert abs(rate - order) < (0.25 if order == 1 else 0.6)  # superconvergent points of a regular grid do better
    assert rate > order - 0.1


def test_the_estimate_of_the_energy_error_is_of_its_size():
    """On a square, which has no chords, against a mesh with 60 times as many cells: within a factor of 2."""
    layout = film_layout(shapely.box(-A, -A, A, A))
    coarse, fine = (solve_conformal(build_mesh(layout, "layers", level), {"sphere": {"radius": FAR}}, bending=False)
                    for level in (-1, 2))  # fmt: skip
    error = abs(conformal.conformal_energy(coarse) - conformal.conformal_energy(fine))
    assert 0.5 < qoi_error(coarse, parse_call("conformal_energy(a)")) / error < 2.0
    assert coarse.indicator.of_cell.min() >= 0.0


# ---------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(("surface", "told"), [
    ({"sphere": {"radius": 9.0}}, "thickness"), ({"sphere": {"radius": 600.0}}, "equator"),
    ({"sphere": {"radius": 20.0}}, "equator"),
    ({"ellipsoid": {"radius_x": 100.0, "radius_y": 5000.0}}, "equator"), ({"saddle": {"radius": 900.0}}, "reach"),
    ({"cylinder": {"radius": 300.0}}, "laps over itself"), ({"ellipsoid": {"radius_x": 9.0, "radius_y": 5e4}}, "thick"),
])  # fmt: skip
def test_surfaces_that_are_too_small_are_refused(surface, told):
    with pytest.raises(MicrofemError, match=told):
        solve_conformal(round_mesh(), surface)


@pytest.mark.parametrize(("case", "told"), [
    ({"surface": {}}, "exactly one"), ({"surface": {"torus": {"radius": "1 mm"}}}, "torus"), ({}, "surface"),
    ({"surface": {"sphere": {"radius": "1 mm"}, "saddle": {"radius": "1 mm"}}}, "exactly one"),
    ({"surface": {"sphere": {"radius": "0 mm"}}}, "radius"), ({"surface": {"sphere": {"radius": "-1 mm"}}}, "radius"),
    ({"surface": {"sphere": {"radius": "1"}}}, "unit"), ({"surface": {"ellipsoid": {"radius_x": "1 mm"}}}, "radius_y"),
    ({"surface": {"sphere": {"radius": "1 mm"}}, "dimension": "3d"}, "plan"),
    ({"surface": {"sphere": {"radius": "1 mm"}}, "made": "glued"}, "printed"),
    ({"surface": {"sphere": {"radius": "1 mm"}}, "foundation": {"youngs_modulus": "0 MPa"}}, "youngs_modulus"),
])  # fmt: skip
def test_impossible_cases_are_refused(case, told):
    with pytest.raises(ValidationError, match=told):
        ConformalCase.model_validate({"physics": "conformal"} | case)


def test_pieces_and_cross_sections_are_refused():
    apart = shapely.union(shapely.box(-500, -100, -100, 100), shapely.box(100, -100, 500, 100))
    with pytest.raises(SolveError, match="float"):
        solve_conformal(build_mesh(film_layout(apart), "layers"), {"sphere": {"radius": 1e5}})
    fibre = build_layout("fiber", {})
    with pytest.raises(MicrofemError, match="cross-section"):
        solve_conformal(build_mesh(fibre, "layers"), {"sphere": {"radius": 1e5}})
    mesh = round_mesh()
    liquid = replace(mesh, layout=replace(mesh.layout, materials={"r0": Material("liquid", "", {})}))
    with pytest.raises(MicrofemError, match="youngs_modulus"):
        solve_conformal(liquid, {"sphere": {"radius": 1e5}})


def test_the_compression_of_a_disc_is_within_its_error():
    """At a / R = 1/40: the corners of chords lie beyond the circle, by 3e-4 of it, and stresses there are too high.

    r3 s' = E int r d(r m), the hoop stress at the rim is a s', with the metric m = ln(sin x / x), x = r / R.
    """
    a, far = A, 40.0 * A
    case = ConformalCase.model_validate({"physics": "conformal", "bending": False,
                                         "surface": {"sphere": {"radius": f"{far} um"}}})  # fmt: skip
    calls = {"most": parse_call("max_compression(cap)")}
    _, found, _ = solve_to_accuracy(round_mesh(), case, calls, {"most": 0.01}, Limits())
    slope = quad(lambda r: r * (np.log(np.sin(r / far) / (r / far)) + r / (far * np.tan(r / far)) - 1.0), 1e-9, a)[0]
    exact, most = -YOUNG * slope / a**2, found.values["most"]
    assert abs(most.value - exact) <= 1.5 * most.error
    assert most.error <= 0.01 * exact


def test_a_film_without_errors_ends_its_refinement():
    """On a cylinder all strain is bending, exact on any mesh: nothing tells where to refine, and nothing is left."""
    case = ConformalCase.model_validate({"physics": "conformal", "surface": {"cylinder": {"radius": f"{FAR} um"}}})
    calls = {text: parse_call(text) for text in ("max_compression(c)", "wrinkling(c)", "max_stress(c)")}
    solution, found, end = solve_to_accuracy(round_mesh(), case, calls, dict.fromkeys(calls, 0.01), Limits(10**5))
    assert end.reason in (Reason.ACCURATE, Reason.NO_INDICATOR)
    assert solution.report.ncells < 10 * len(round_mesh().cells)
    assert 0.0 < found.values["max_stress(c)"].error < 0.01 * found.values["max_stress(c)"].value
    assert found.values["max_compression(c)"].value == 0.0
