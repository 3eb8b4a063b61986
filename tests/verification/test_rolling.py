"""Rolling up of strained multilayers against closed forms, each cited where it is used.

Units: um, MPa, uN. Closed forms are evaluated here, by other routes than the code's. Tolerances are round-off unless
the test says otherwise.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize

from microfem.base.errors import SolveError
from microfem.families import build_layout
from microfem.fem.rolling.rollup import Ply, bent, roll_up
from microfem.fem.rolling.winding import wind, wound_shape

PLANES = ("strain", "stress")


def timoshenko(strain, m, n, thickness):
    """Return the curvature of a bimetal, m = t1 / t2, n = E1 / E2 (J. Opt. Soc. Am. 11 (1925) 233, eq. 4)."""
    return 6.0 * strain * (1.0 + m) ** 2 / (thickness * (3.0 * (1.0 + m) ** 2 + (1.0 + m * n) * (m**2 + 1.0 / (m * n))))


SMALL = 1e-6  # mismatch whose square is lost: large strain is then linear in it, to that share


def bimetal(m, n, strain, poisson=0.5, thickness=2.0):
    """Return two layers, the strained one outside."""
    outer = thickness / (1.0 + m)
    return [Ply(m * outer, 100.0 * n, poisson), Ply(outer, 100.0, poisson, strain)]


# ---------------------------------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("m", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("n", [0.1, 1.0, 10.0])
def test_two_layers_are_timoshenkos(plane, m, n):
    curvature = roll_up(bimetal(m, n, SMALL, poisson=0.3), plane).curvature
    assert curvature == pytest.approx(timoshenko(SMALL, m, n, 2.0) * (1.3 if plane == "strain" else 1.0), rel=2e-6)


def test_forgetting_the_strain_across_is_seen():
    """Negative control: a wide strip curls 1 + nu times as much as a narrow one."""
    wide, narrow = (roll_up(bimetal(1.0, 10.0, SMALL, poisson=0.3), plane).curvature for plane in PLANES)
    assert wide / narrow == pytest.approx(1.3, rel=2e-6)
    assert abs(narrow / (1.3 * timoshenko(SMALL, 1.0, 10.0, 2.0)) - 1.0) > 0.2


@pytest.mark.parametrize("plane", PLANES)
def test_many_layers_bend_about_their_neutral_axis(plane):
    """Curvature = sum E' e' t (z - zn) / EI with EI about zn, the parallel-axis way."""
    rng = np.random.default_rng(3)
    drawn = rng.uniform([0.1, 1.0, 0.0, -SMALL], [2.0, 900.0, 0.49, SMALL], (7, 4))
    t, young, nu, strain = drawn.T
    e, free = (young / (1.0 - nu**2), (1.0 + nu) * strain) if plane == "strain" else (young, strain)
    z = np.cumsum(t) - 0.5 * t
    axis = (e * t * z).sum() / (e * t).sum()
    stiffness = (e * (t**3 / 12.0 + t * (z - axis) ** 2)).sum()
    roll = roll_up([Ply(*one) for one in drawn], plane)
    assert roll.curvature == pytest.approx((e * free * t * (z - axis)).sum() / stiffness, rel=1e-5)
    at_axis = (e * t * free).sum() / (e * t).sum()
    assert float(roll.stretch(axis - 0.5 * t.sum())) - 1.0 == pytest.approx(at_axis, rel=1e-5)


def test_a_thin_film_is_stoneys():
    """Curvature = 6 E_f' e' t_f / (E_s' t_s^2) (G. G. Stoney, Proc. R. Soc. A 82 (1909) 172) to order t_f / t_s."""
    off = []
    for film in (0.02, 0.01, 0.005):
        plies = [Ply(1.0, 200.0, 0.3), Ply(film, 200.0, 0.3, SMALL)]
        off.append(roll_up(plies).curvature / (6.0 * 1.3 * SMALL * film) - 1.0)
    assert abs(off[-1]) < 0.02
    assert all(a / b == pytest.approx(2.0, rel=0.05) for a, b in pairwise(off))


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize(("m", "n"), [(0.2, 0.1), (1.0, 1.0), (0.2, 10.0)])
def test_large_strain_tends_to_small_strain_at_first_order(plane, m, n):
    off = [roll_up(bimetal(m, n, e), plane).curvature / timoshenko(1.5 * e if plane == "strain" else e, m, n, 2.0) - 1.0
           for e in (0.004, 0.002, 0.001)]  # fmt: skip
    assert all(a / b == pytest.approx(2.0, rel=0.05) for a, b in pairwise(off))


@pytest.mark.parametrize("k", [-0.7, 0.05, 0.9])
def test_a_bent_block_is_rivlins(k):
    """r1 r2 = alpha^2, r2^2 - r1^2 = 2 alpha h, alpha = 1/k, and its moment (Proc. R. Soc. A 195 (1949) 463)."""
    mu, h = 3.0, 1.2
    roll = bent([Ply(h, 3.0 * mu, 0.5)], k)
    r1, r2 = np.sort(np.abs(roll.radius(roll.edges)))
    alpha = 1.0 / abs(k)
    assert r1 * r2 == pytest.approx(alpha**2, rel=1e-12)
    assert r2**2 - r1**2 == pytest.approx(2.0 * alpha * h, rel=1e-12)
    moment = mu * ((r2**4 - r1**4) / (8.0 * r1 * r2) - 0.5 * r1 * r2 * np.log(r2 / r1))
    force, found = (
        quad(lambda z, by=by: roll.stresses(0, z)[0] * by(z), *roll.edges)[0]
        for by in (lambda z: 1.0 / float(roll.stretch(z)), lambda z: 1.0 / k)  # dr = dz / lambda, r dr = dz / k
    )
    assert abs(force) < 1e-12
    assert found == pytest.approx(np.sign(k) * moment, rel=1e-9)


THICK = [Ply(2.0, 100.0, 0.3), Ply(1.0, 2500.0, 0.34), Ply(2.0, 20.0, 0.49, 0.17)]
THREE = [Ply(0.7, 900.0, 0.5), Ply(1.1, 30.0, 0.5, 0.35), Ply(0.4, 200.0, 0.5, -0.05)]


def test_the_roll_has_the_least_energy_of_isotropic_growth():
    """Energy in three dimensions, Fe = diag(lambda / g, g^2 / lambda, 1 / g) and g = 1 + e, minimised blindly."""
    edges = np.concatenate([[0.0], np.cumsum([p.thickness for p in THREE])]) - 1.1

    def energy(v):
        total = 0.0
        for p, low, high in zip(THREE, edges[:-1], edges[1:], strict=True):
            g, mu = 1.0 + p.strain, p.young / 3.0
            z = low + (high - low) * (0.5 + np.arange(400)) / 400
            square = v[0] + 2.0 * v[1] * z
            total += (0.5 * mu * (square / g**2 + g**4 / square + 1.0 / g**2 - 3.0)).mean() * (high - low)
        return total

    best = minimize(energy, [1.0, 0.1], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 2000})
    roll = roll_up(THREE)
    assert [roll.level, roll.curvature] == pytest.approx(best.x, rel=1e-5)


def test_stresses_of_the_roll_balance():
    """No traction on the faces, none left between layers; force and moment of the Cauchy stress vanish."""
    roll = roll_up(THREE)
    assert roll.stresses(0, roll.edges[0])[1] == 0.0
    assert abs(roll.stresses(2, roll.edges[3])[1]) < 1e-10
    assert all(roll.stresses(i, roll.edges[i + 1])[1] == pytest.approx(roll.stresses(i + 1, roll.edges[i + 1])[1])
               for i in range(2))  # fmt: skip

    def over_thickness(weight):
        def density(z, i):
            return roll.stresses(i, z)[0] * weight(float(roll.radius(z))) / float(roll.stretch(z))  # dr = dz / lambda

        return sum(quad(density, roll.edges[i], roll.edges[i + 1], (i,))[0] for i in range(3))

    size = abs(roll.stresses(1, 0.0)[0]) * 2.2
    assert abs(over_thickness(lambda _: 1.0)) < 1e-9 * size
    assert abs(over_thickness(lambda r: r)) < 1e-9 * size * float(roll.radius(0.0))


def test_equal_growth_of_all_layers_does_not_curl():
    plies = [Ply(p.thickness, p.young, p.poisson, 0.2) for p in THREE]
    roll = roll_up(plies)
    assert abs(roll.curvature) < 1e-12
    assert roll.stretch(0.3) == pytest.approx(1.2**1.5, rel=1e-12)


# ------------------------------------------------------------------------------------------------------ wound rolls


def test_slipping_windings_have_the_least_energy():
    """The integral of (1/r - k)^2 along the spiral, summed winding angle by winding angle, is least at that core."""
    k, t, length = 0.0125, 2.0, 4800.0
    roll = wind(k, t, length)

    def energy(r0):
        r = np.sqrt(r0**2 + t / np.pi * length * (0.5 + np.arange(20000)) / 20000)  # area: r dr = t ds / 2 pi
        return ((1.0 / r - k) ** 2).mean()

    start = roll.core_radius + 0.5 * t
    trial = start * np.linspace(0.98, 1.02, 401)
    assert trial[np.argmin([energy(r) for r in trial])] == pytest.approx(start, rel=2e-4)
    assert wind(k, t, length, "stick").core_radius + 0.5 * t == pytest.approx(1.0 / k, rel=1e-12)


@pytest.mark.parametrize("contact", ["slip", "stick"])
def test_the_wound_roll_is_a_layout_of_the_same_length_and_area(contact):
    roll = wind(1.0 / 72.0, 9.2, 1410.0, contact)
    layout = build_layout("swiss_roll", {
        "windings": roll.windings, "core_radius": roll.core_radius, "anode_thickness": 1.6, "cathode_thickness": 2.1,
        "electrolyte_thickness": 1.5, "separator_thickness": 4.0, "jacket_thickness": 0.0})  # fmt: skip
    assert layout.spiral.pitch == pytest.approx(roll.pitch)
    assert layout.spiral.length() == pytest.approx(roll.length, rel=1e-9)
    area = sum(region.footprint.area for region in layout.regions)
    assert area == pytest.approx(0.25 * np.pi * roll.diameter**2, rel=1e-3)  # chords: 0.07 %
    r = roll.core_radius
    core = np.pi * (r**2 + r * roll.pitch + roll.pitch**2 / 3.0)
    assert 0.25 * np.pi * roll.diameter**2 - core == pytest.approx(roll.length * roll.pitch, rel=1e-12)


def test_strips_lie_on_one_another_in_the_wound_shape():
    """The last layer's face is where the first one's is a turn later, to the bending strain of the pitch."""
    section, length = roll_up(THICK), 1400.0
    faces = section.radius(section.edges[[0, -1]])
    roll = wind(1.0 / faces.mean(), section.thickness, section.curvature * faces.mean() * length)
    share = np.linspace(0.0, 1.0, 4001)
    inner, low = wound_shape(section, roll, length, share, np.full(4001, section.edges[0]))
    outer, high = wound_shape(section, roll, length, share, np.full(4001, section.edges[-1]))

    def turned(points):
        return np.unwrap(np.arctan2(points[:, 1], points[:, 0])), np.linalg.norm(points, axis=1)

    (a, r), (b, s) = turned(inner), turned(outer)
    later = b + 2.0 * np.pi
    there = later < a[-1]
    assert there.sum() > 1000
    assert np.interp(later[there], a, r) == pytest.approx(s[there], abs=0.03 * roll.pitch)
    middle, stretch = wound_shape(section, roll, length, share, np.zeros(4001))
    assert np.linalg.norm(np.diff(middle, axis=0), axis=1).sum() == pytest.approx(roll.length, rel=1e-3)
    free = np.argmin(np.abs(np.linalg.norm(middle, axis=1) - float(faces.mean())))
    assert [low[free], stretch[free], high[free]] == pytest.approx(
        section.stretch(section.edges[[0, 0, -1]] * [1.0, 0.0, 1.0]), rel=1e-3
    )
    assert low[0] < low[-1] < 1.0  # the first winding is bent most


def test_friction_makes_a_wider_roll():
    assert wind(0.0125, 2.0, 4800.0, "stick").diameter > wind(0.0125, 2.0, 4800.0).diameter


def test_what_cannot_be_wound_is_refused():
    with pytest.raises(SolveError, match=r"0\.796 of a turn"):
        wind(0.0125, 2.0, 400.0)
    with pytest.raises(SolveError, match="less than the thickness"):
        wind(0.2, 4.0, 1e5)
