"""Bending of layers, films and mismatch against closed forms, each cited where it is used.

Units: um, MPa, uN. Tolerances are round-off where the exact solution is quadratic, hence in the P2 space, and the
observed error of the mesh used where it is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from microfem.base.errors import SolveError
from microfem.layout import Sheet
from support.cells import grid
from support.elastic_bodies import LAYERS, NU, STIFF, body_mesh, composite, filmed, strip
from support.materials import elastic
from support.solving import solve_elasticity, total

# ---------------------------------------------------------------------------------------- bending


@pytest.mark.parametrize(("plane", "depth"), [("strain", None), ("stress", None), ("strain", 5.0)])
def test_multilayer_bending_has_its_neutral_axis_and_strain(plane, depth):
    """Beam theory: zn = ES/EA, EI = sum E (I + A d2), e = -(z - zn)/R; plane strain takes E/(1 - nu2).

    Timoshenko, Strength of Materials, part I, ch. 7. With one Poisson's ratio for all layers the exact solution
    is quadratic (s_xx only), hence in the P2 space: round-off, amplified by the contrast of 5000.
    """
    mesh = strip(LAYERS, [(e, NU) for e in STIFF], depth=depth)
    done = solve_elasticity(mesh, {"bend": {"radius": "200 um"}}, **({} if depth else {"plane": plane}))
    width, rise = depth or 1.0, 1.0 / (1 - NU**2) if plane == "strain" and not depth else 1.0
    _, zn, ei = composite(LAYERS, STIFF * rise)
    assert total(done, "neutral_axis") == pytest.approx(zn, rel=1e-7)
    assert total(done, "bending_stiffness") == pytest.approx(ei * width, rel=1e-7)
    space = done.space
    z = np.einsum("qa,nak->nqk", _values(space), space.locations[space.cell_dofs])[..., -1]
    assert np.abs(done.field("strain").values[..., 0, 0] + (z - zn) / 200.0).max() < 1e-8
    energy = 0.5 * total(done, "bending_moment") * total(done, "curvature") * 40.0
    assert total(done, "strain_energy") == pytest.approx(energy, rel=1e-8)
    assert done.report.balance_error < 1e-9


def _values(space):
    from microfem.fem.space import quadrature, shape_values

    return shape_values(space.mesh.dim, space.order, quadrature(space.mesh.dim))


def test_bending_about_the_mid_height_is_told_apart():
    """Negative control: without the neutral axis (zn at mid-height) the stiffness above would be 47 % too high."""
    _, zn, ei = composite(LAYERS, STIFF)
    ea = STIFF @ np.array(LAYERS)
    wrong = ei + ea * (0.5 * sum(LAYERS) - zn) ** 2
    mesh = strip(LAYERS, [(e, NU) for e in STIFF])
    done = solve_elasticity(mesh, {"bend": {"radius": "200 um"}}, plane="stress")
    assert total(done, "bending_stiffness") != pytest.approx(wrong, rel=0.1)
    assert total(done, "neutral_axis") != pytest.approx(0.5 * sum(LAYERS), rel=0.1)


def test_film_on_a_substrate_follows_suo():
    """Top strain (tf + ts)/2R (1 + 2 eta + chi eta2)/((1 + eta)(1 + chi eta)), eta = tf/ts, chi = Ef/Es.

    Z. Suo et al., Appl. Phys. Lett. 74 (1999) 1177. Radius below 0 puts the film outside, in tension.
    """
    ts, tf, es, ef, radius = 10.0, 2.0, 5.0, 100.0, 500.0
    done = solve_elasticity(
        strip((ts, tf), [(es, NU), (ef, NU)]), {"bend": {"radius": f"-{radius} um"}}, plane="stress"
    )
    eta, chi = tf / ts, ef / es
    top = (tf + ts) / (2 * radius) * (1 + 2 * eta + chi * eta**2) / ((1 + eta) * (1 + chi * eta))
    mesh, strain = done.mesh, done.field("strain").values[..., 0, 0]
    middle = mesh.points[mesh.cells, 1].mean(axis=1)
    slope, level = np.polyfit(middle, strain.mean(axis=1), 1)
    assert slope * (ts + tf) + level == pytest.approx(top, rel=1e-8)


# ---------------------------------------------------------------------------------------- films


@pytest.mark.parametrize(("plane", "depth"), [("strain", None), ("stress", None), ("strain", 5.0)])
def test_a_film_stiffens_like_a_layer_without_height(plane, depth):
    """EA, zn, EI of a beam with a membrane of stiffness E t (plane strain: E t/(1 - nu2)) on its top."""
    mesh = filmed(depth=depth)
    done = solve_elasticity(mesh, {"bend": {"radius": "-200 um"}}, **({} if depth else {"plane": plane}))
    rise = 1.0 / (1 - NU**2) if plane == "strain" and not depth else 1.0
    ea, n = 4000.0 * rise, 2e5 * 0.01 * rise
    zn = (ea * 2.0 + n * 4.0) / (ea + n)
    ei = rise * 1000.0 * 4.0**3 / 12 + ea * (2 - zn) ** 2 + n * (4 - zn) ** 2
    assert total(done, "neutral_axis") == pytest.approx(zn, rel=1e-9)
    assert total(done, "bending_stiffness") == pytest.approx(ei * (depth or 1.0), rel=1e-9)
    assert total(done, "largest_strain.film") == pytest.approx((4 - zn) / 200.0, rel=1e-8)
    energy = 0.5 * ei * (depth or 1.0) / 200.0**2 * 40.0
    assert total(done, "strain_energy") == pytest.approx(energy, rel=1e-8)


def test_a_film_on_nothing_solid_is_refused():
    mesh = strip((4.0, 1.0), [(1000.0, NU), None], roles={"r1": "electrolyte"})
    film = Sheet(name="film", role="anode_collector", footprint=shapely.box(0, 0, 1, 1), z=5.0, thickness=0.01)
    layout = replace(mesh.layout, sheets=(film,), materials={**mesh.layout.materials, "film": elastic(2e5, NU)})
    with pytest.raises(SolveError, match="film"):
        solve_elasticity(
            replace(mesh, layout=layout, sheets={"film": mesh.faces["zmax"]}), {"bend": {"radius": "200 um"}}
        )


# ---------------------------------------------------------------------------------------- mismatch


def central_curvature(done, reach):
    """Return the curvature of the cells within `reach` of the middle, away from the free edges."""
    mesh = done.mesh
    middle = mesh.points[mesh.cells].mean(axis=1)
    near = np.abs(middle[:, 0]) < reach
    strain = done.field("strain").values[near, :, 0, 0].mean(axis=1)
    return -np.polyfit(middle[near, 1], strain, 1)[0]


@pytest.mark.parametrize("plane", ["strain", "stress"])
def test_a_swelling_bilayer_curls_as_timoshenko_says(plane):
    """Timoshenko: k = 6 e (1 + m)2 / (h (3 (1 + m)2 + (1 + m n)(m2 + 1/(m n)))), m = t1/t2, n = E1/E2, h = t1 + t2.

    S. Timoshenko, J. Opt. Soc. Am. 11 (1925) 233; in plane strain with one Poisson's ratio E/(1 - nu2) and
    e (1 + nu) take the places of E and e. Free edges disturb a length of the order of the thickness: the middle
    third of a strip of 13 thicknesses is left, where the exact solution is quadratic; 1e-5 is what the edges leave.
    """
    t1, t2, e1, e2, strain = 2.0, 1.0, 100.0, 400.0, 1e-3
    mesh = strip((t1, t2), [(e1, NU), (e2, NU)], across=40, each=4)
    done = solve_elasticity(mesh, {"mismatch": {"strain": {"r0": strain}}}, plane=plane)
    m, n, h = t1 / t2, e1 / e2, t1 + t2
    k = 6 * strain * (1 + m) ** 2 / (h * (3 * (1 + m) ** 2 + (1 + m * n) * (m**2 + 1 / (m * n))))
    k *= 1 + NU if plane == "strain" else 1.0
    assert central_curvature(done, 6.0) == pytest.approx(k, rel=1e-5)
    assert total(done, "curvature.x") == pytest.approx(k, rel=0.1)  # of the whole strip, its ends included


def test_a_swelling_film_bends_its_substrate():
    """Stoney's balance with the film's own stiffness kept: k = N h/2 / (EI + ...), solved from force and moment.

    G. G. Stoney, Proc. R. Soc. A 82 (1909) 172. Plane stress; middle of the strip, as above.
    """
    strain, n, ea, ei = 1e-3, 2e5 * 0.01, 4000.0, 1000.0 * 4.0**3 / 12
    done = solve_elasticity(filmed(), {"mismatch": {"strain": {"film": strain}}}, plane="stress")
    balance = np.array([[ea + n, -n * 2.0], [-n * 2.0, ei + n * 4.0]])  # strain at mid-height, curvature
    _, k = np.linalg.solve(balance, n * strain * np.array([1.0, -2.0]))
    assert central_curvature(done, 6.0) == pytest.approx(k, rel=1e-4)


@pytest.mark.parametrize("dimension", ["3d", "plan"])
def test_free_uniform_swelling_is_without_stress(dimension):
    """No stress and e = e* 1 in a free uniform body; plane stress in 2D. Round-off."""
    mesh = body_mesh(*grid(*[np.linspace(0, 1, 4)] * (3 if dimension == "3d" else 2)), dimension)
    done = solve_elasticity(
        mesh, {"mismatch": {"strain": {"substrate": "1 %"}}}, **({} if mesh.dim == 3 else {"plane": "stress"})
    )
    assert np.abs(done.field("strain").values - 0.01 * np.eye(mesh.dim)).max() < 1e-12
    assert done.field("von_mises").values.max() < 1e-12
    assert total(done, "strain_energy") == pytest.approx(0.0, abs=1e-14)


def test_swelling_held_in_plane_strain_keeps_its_stress_across():
    """Free in the plane, held across it: s_yy = -E e*, the only stress, hence von Mises E e*."""
    done = solve_elasticity(strip((2.0,), [(70.0, 0.25)]), {"mismatch": {"strain": {"r0": "1 %"}}})
    assert done.field("von_mises").values == pytest.approx(0.7, rel=1e-9)
