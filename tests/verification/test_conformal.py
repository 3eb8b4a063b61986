"""Charts of curved surfaces, and discs and ribbons laid on them, against closed forms, each cited where it is used."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.integrate import quad, solve_bvp

from microfem.fem.error_estimates.pieces import to_corners
from microfem.fem.shells.surface import lay
from microfem.fem.space import quadrature
from microfem.layout import Cylinder, SphericalCap
from microfem.layout.surfaces import Surface
from microfem.mesh import build_mesh
from microfem.metrics import conformal, mechanical
from support.conformal_films import FAR, NU, THICK, YOUNG, A, K, film_layout, on_sphere, round_mesh, solve_conformal


def sampled(solution):
    """Return radius (n, nq) and membrane stress (n, nq, 2, 2) along and across it."""
    mesh, inner = solution.mesh, np.array(quadrature(2))
    weights = np.column_stack([1.0 - inner.sum(axis=1), inner])
    points = np.einsum("qv,nvi->nqi", weights, mesh.points[mesh.cells])
    r = np.linalg.norm(points, axis=2)
    turn = np.stack([points, points[..., ::-1] * [-1.0, 1.0]], axis=2) / r[..., None, None]
    return r, np.einsum("nqai,nqij,nqbj->nqab", turn, solution.field("membrane_stress").values, turn)


# ---------------------------------------------------------------------------------------- charts


PLACES = np.array([[0.3, 0.1], [-0.2, 0.5], [0.4, -0.4], [0.0, 0.7], [-0.6, 0.0]])
SURFACES = {"sphere": (1.0, 1.0, 1.0), "ellipsoid": (0.5, 1.5, 0.75**0.5), "saddle": (-1.0, 1.0, 0.0),
            "cylinder": (1.0, 0.0, 1.0)}  # fmt: skip


def test_the_sphere_is_laid_by_the_azimuthal_equidistant_map():
    """Across, lengths change by sin(s / R) / (s / R); Snyder, Map Projections, USGS 1395 (1987), ch. 25."""
    chart = lay(Surface(SURFACES["sphere"]), PLACES)
    s = np.hypot(*PLACES.T)
    assert np.trace(chart.misfit, axis1=1, axis2=2) == pytest.approx(np.log(np.sin(s) / s), abs=1e-8)
    assert np.linalg.det(chart.misfit) == pytest.approx(0.0, abs=1e-15)
    assert chart.shape == pytest.approx(np.broadcast_to(np.eye(2), (5, 2, 2)), abs=1e-8)
    assert chart.upright == pytest.approx(np.cos(s), abs=1e-8)


@pytest.mark.parametrize("name", SURFACES)
def test_the_metric_is_that_of_the_places_on_the_surface(name):
    """Against g by differences of where points lie in space; they lie on the quadric. Steps of 1e-4."""
    surface, step = Surface(SURFACES[name]), 1e-4
    chart = lay(surface, PLACES)
    x = chart.place
    assert 0.5 * (np.array(surface.curvatures) * x**2).sum(axis=1) + x[:, 2] == pytest.approx(0.0, abs=1e-8)
    slopes = np.stack([(lay(surface, PLACES + d).place - lay(surface, PLACES - d).place) / (2 * step)
                       for d in step * np.eye(2)], axis=2)  # fmt: skip
    sizes, directions = np.linalg.eigh(np.einsum("nia,nib->nab", slopes, slopes))
    logarithm = np.einsum("nai,ni,nbi->nab", directions, 0.5 * np.log(sizes), directions)
    assert chart.misfit == pytest.approx(logarithm, abs=1e-6)


@pytest.mark.parametrize("name", SURFACES)
def test_curvatures_at_the_apex(name):
    k1, k2, _ = SURFACES[name]
    chart = lay(Surface(SURFACES[name]), np.zeros((1, 2)))
    assert chart.gauss[0] == pytest.approx(k1 * k2)
    assert chart.shape[0] == pytest.approx(np.diag([k1, k2]))
    assert not chart.misfit.any()


@pytest.mark.parametrize("placement", [Cylinder(1.0), SphericalCap(1.0)])
def test_a_device_is_placed_where_a_film_is_pressed(placement):
    """Both keep lengths from the apex there; the film's geodesics are integrated, the placement is a formula."""
    flat = np.column_stack([PLACES, np.zeros(len(PLACES))])
    assert lay(placement.surface, PLACES).place == pytest.approx(placement(flat), abs=1e-8)


def test_a_cylinder_is_developable():
    """The misfit strain is zero and the curvature stays 1 / R along x."""
    chart = lay(Surface(SURFACES["cylinder"]), 3.0 * PLACES)
    assert np.abs(chart.misfit).max() < 1e-14
    assert chart.shape == pytest.approx(np.broadcast_to(np.diag([1.0, 0.0]), (5, 2, 2)), abs=1e-6)


# ---------------------------------------------------------------------------------------- discs


def disc_stress(r, gauss):
    """Return sigma_r = E K (a2 - r2) / 16 and sigma_t = E K (a2 - 3 r2) / 16: von Karman's equation for a disc.

    C. Majidi and R. S. Fearing, Proc. R. Soc. A 464 (2008) 1309.
    """
    return YOUNG * gauss * (A**2 - r**2) / 16.0, YOUNG * gauss * (A**2 - 3.0 * r**2) / 16.0


def worst(solution, gauss):
    """Return the largest deviation from the disc's stress, relative to the largest stress."""
    r, stress = sampled(solution)
    radial, hoop = disc_stress(r, gauss)
    off = np.stack([stress[..., 0, 0] - radial, stress[..., 1, 1] - hoop, stress[..., 0, 1]])
    return float(np.abs(off).max() / (YOUNG * abs(gauss) * A**2 / 8.0))


@pytest.mark.parametrize(("surface", "gauss"), [
    ({"sphere": {"radius": FAR}}, K), ({"saddle": {"radius": FAR}}, -K),
    ({"ellipsoid": {"radius_x": FAR, "radius_y": 4.0 * FAR}}, 0.25 * K), ({"cylinder": {"radius": FAR}}, 0.0),
])  # fmt: skip
def test_stress_of_a_disc_is_that_of_the_gauss_curvature(surface, gauss):
    """Everywhere, to 3e-4 of the largest: twice what is left on this mesh; the energy too, pi a2 E t a4 K2 / 384."""
    done = solve_conformal(round_mesh(1), surface, bending=False)
    if gauss == 0.0:
        assert np.abs(sampled(done)[1]).max() < 1e-9 * YOUNG * K * A**2
        return
    assert worst(done, gauss) < 3e-4
    energy = np.pi * A**2 * YOUNG * THICK * A**4 * gauss**2 / 384.0
    assert done.totals["strain_energy"][0] == pytest.approx(energy, rel=3e-4)


def test_stress_of_a_disc_converges():
    """At second order or better, rim and chords included."""
    errors = [worst(on_sphere(level=level), K) for level in (0, 2)]
    assert np.log2(errors[0] / errors[1]) / 2.0 > 1.5


def test_a_surface_that_is_all_but_flat():
    """At R = 1e6 a the misfit strain is 1e-13, and still as exact: it is not the difference of two lengths."""
    assert worst(on_sphere(1e6 * A, level=1), 1e-12 / A**2) < 3e-4


def test_a_wrong_gauss_curvature_is_seen():
    """Negative control: a radius that is 0.1 % off fails the check of the disc."""
    assert worst(on_sphere(FAR, level=1), 1.002 * K) > 3e-4


def test_strains_of_a_disc():
    """(1 - nu) a2 / 16 R2 in the middle, -a2 / 8 R2 along the rim and nu times that across it; peaks at corners."""
    done = on_sphere(level=1)
    r, strain = sampled(done)[0], np.trace(done.pressed.strain, axis1=2, axis2=3)
    middle = (1.0 - NU) * A**2 * K / 16.0
    assert strain == pytest.approx(2.0 * middle * (1.0 - 2.0 * (r / A) ** 2), abs=1e-3 * middle)
    rim = np.linalg.eigvalsh(done.pressed.force_at_corners / THICK)[..., 0].min() / YOUNG
    assert rim == pytest.approx(-(A**2) * K / 8.0, rel=3e-3)  # no stress across it
    assert mechanical.max_strain(done) == pytest.approx(NU * A**2 * K / 8.0, rel=3e-3)
    assert mechanical.max_stress(done) == pytest.approx(YOUNG * K * A**2 / 16.0, rel=3e-3)
    assert conformal.max_compression(done) == pytest.approx(YOUNG * K * A**2 / 8.0, rel=3e-3)
    assert mechanical.max_von_mises(done) == pytest.approx(YOUNG * K * A**2 / 8.0, rel=3e-3)
    quarter = mechanical.stress_percentile(done, percent=75.0)  # sigma_r falls with r: its share above is (r / a)2
    assert quarter == pytest.approx(YOUNG * K * A**2 / 16.0 * 0.75, rel=3e-3)
    assert conformal.conformal_energy(done) == pytest.approx(done.totals["strain_energy"][0] * 1e-12)


def ribbon_errors(level):
    """Return the largest deviations of s_x from E K (b2 / 24 - y2 / 2) in the middle third, over E K b2 / 12.

    Inside cells, and at their corners.
    """
    b, length = 400.0, 2400.0
    mesh = build_mesh(film_layout(shapely.box(-length / 2, -b / 2, length / 2, b / 2), feature=100.0), "layers", level)
    pressed = solve_conformal(mesh, {"sphere": {"radius": 1e3 * length}}, bending=False).pressed
    scale = YOUNG * THICK * b**2 / 12.0 / (1e3 * length) ** 2
    at = mesh.points[mesh.cells]
    middle = np.abs(at[..., 0]).max(axis=1) < length / 6.0
    weights = np.linalg.inv(to_corners(2))
    found = []
    for force, y in ((pressed.force, at[..., 1] @ weights.T), (pressed.force_at_corners, at[..., 1])):
        found.append(np.abs(force[middle][..., 0, 0] / scale - (0.5 - 6.0 * (y[middle] / b) ** 2)).max())
    return found


def test_a_long_ribbon_on_a_sphere():
    """E K b2 / 24 in the middle and -E K b2 / 12 at its sides, far from its ends, at second order."""
    errors = np.array([ribbon_errors(level) for level in (0, 1, 2)])
    assert errors[2, 0] < 3e-3
    assert (np.log2(errors[0] / errors[2]) / 2.0 > 1.75).all()


# ---------------------------------------------------------------------------------------- beyond the shallow limit


def linear_rim(reach):
    """Return the hoop stress over E at the rim of a disc of radius `reach` on the unit sphere, linear in the slide.

    e_r = u', e_t = u / r + m with m = ln(sin r / r) give r3 s' = E times the integral of r d(r m), s(reach) = 0, and
    s_t = (r s)'.
    """

    def slope(r):  # of r m
        return np.log(np.sin(r) / r) + r / np.tan(r) - 1.0

    return quad(lambda r: r * slope(r), 1e-9, reach)[0] / reach**2


def exact_rim(reach):
    """Return the logarithmic hoop strain at the rim of a disc on the unit sphere that slides by any amount.

    Least energy of Hencky's law in e_r = ln theta' and e_t = ln(sin theta / r): with p = r s_r / theta',
    p' = r s_t cot theta, p(reach) = 0, and theta' = theta / r in the middle.
    """

    def rise(r, theta, p):  # theta' of p: ln theta' + nu e_t = (1 - nu2) p theta' / r, by Newton
        across, x = np.log(np.sin(theta) / r), np.ones_like(r)
        for _ in range(6):
            x = x - (np.log(x) + NU * across - (1 - NU**2) * p * x / r) / (1.0 / x - (1 - NU**2) * p / r)
        return x, across

    def slopes(r, state):
        x, across = rise(r, *state)
        return np.vstack([x, r * (across + NU * np.log(x)) / (1 - NU**2) / np.tan(state[0])])

    def ends(first, last):
        return np.array([first[0] / r[0] - rise(r[:1], first[:1], first[1:])[0][0], last[1]])

    r = np.linspace(1e-3 * reach, reach, 200)
    found = solve_bvp(slopes, ends, r, np.vstack([r, 0.0 * r]), tol=1e-8)
    assert found.success
    return float(np.log(np.sin(found.y[0, -1]) / reach))


@pytest.mark.parametrize("reach", [0.2, 0.4, 0.6, 0.89])
def test_a_steep_sphere(reach):
    """The linear problem's own closed form.

    The exact slide leaves more compression at the rim by 0.11 to 0.13 (a / R)2 of it: what a linear solve leaves out.
    """
    done = on_sphere(A / reach, level=1)
    assert -conformal.max_compression(done) / YOUNG == pytest.approx(linear_rim(reach), rel=1e-3)
    assert 0.10 < (exact_rim(reach) / linear_rim(reach) - 1.0) / reach**2 < 0.13
