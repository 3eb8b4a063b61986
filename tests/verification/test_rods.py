"""Rods at large turns, their buckling and their paths against closed forms.

Cantilever under a tip load: K. E. Bisshopp and D. C. Drucker, Q. Appl. Math. 3 (1945) 272. Pure bending:
M = EI phi / L.
Twist of a strip with free ends: T = GJ t + E w5 th t3 / 360 for w >> th, H. Wagner, Verdrehung und Knickung von offenen
Profilen, 1929. Clamped column: strain 4 pi2 EI / (EA L2); bent past it: end shortening 2 (1 - E/K) L, rise k L / K,
largest curvature 8 k K / L, S. P. Timoshenko and J. M. Gere, Theory of Elastic Stability, 2nd ed., art. 2.7. Strip
cantilever that tips sideways: P L2 = 2 x sqrt(EI GJ), x the first zero of J_-1/4 (4.013), L. Prandtl 1899, ibid.
art. 6.4.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import ellipe, ellipeinc, ellipk, ellipkinc, jv

from microfem.fem.rods.buckling import find_buckling, is_stable, settle
from microfem.fem.rods.cross_section import Section, rectangle
from microfem.fem.rods.rod import NODE, Rod, rotation, turned
from microfem.fem.rods.rod_problem import RodProblem
from microfem.fem.solvers.newton import follow
from support.comparing import rates
from support.rods import POISSON, YOUNG, ribbon, stretched

# --------------------------------------------------------------------------------------------------------- kinematics


def multiplied(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the quaternions p q (..., 4): first q, then p."""
    scalar = p[..., :1] * q[..., :1] - (p[..., 1:] * q[..., 1:]).sum(axis=-1, keepdims=True)
    vector = p[..., :1] * q[..., 1:] + q[..., :1] * p[..., 1:] + np.cross(p[..., 1:], q[..., 1:])
    return np.concatenate([scalar, vector], axis=-1)


def curved(count: int = 6) -> Rod:
    s = np.linspace(0.0, 1000.0, count)
    nodes = np.column_stack([s, 50.0 * np.sin(s / 200.0), 0.0 * s])
    turns = np.array([turned(angle, (0.0, 0.0, 1.0)) for angle in np.linspace(0.0, 0.5, count)])
    return Rod(nodes, turns, np.full(count - 1, 1000.0 / (count - 1)), rectangle(100.0, 20.0, YOUNG, POISSON))


def held(rod: Rod, dead: np.ndarray | None = None) -> RodProblem:
    return RodProblem(rod, np.arange(NODE), lambda load: rod.rest[:NODE], dead)


def test_forces_and_stiffness_are_derivatives_of_the_energy() -> None:
    rod, step = curved(), 1e-6
    problem = held(rod)
    x = rod.rest + 0.05 * np.random.default_rng(0).normal(size=len(rod.rest))
    forces = problem.forces(x, 0.0)
    units = step * np.eye(len(x))
    slope = np.array([problem.energy(x + e, 0.0) - problem.energy(x - e, 0.0) for e in units]) / (2.0 * step)
    assert np.abs(slope - forces).max() < 1e-8 * np.abs(forces).max()
    bends = np.array([problem.forces(x + e, 0.0) - problem.forces(x - e, 0.0) for e in units]) / (2.0 * step)
    linear = problem.linearise(x, 0.0, np.eye(len(x)))
    assert np.abs(linear.products - bends).max() < 1e-8 * np.abs(bends).max()
    assert np.abs(linear.upper_triangle.toarray() - np.triu(bends[NODE:, NODE:])).max() < 1e-8 * np.abs(bends).max()
    assert linear.forces == pytest.approx(forces, abs=1e-12 * np.abs(forces).max())


def test_a_rigid_motion_changes_nothing() -> None:
    rod = curved()
    problem = held(rod)
    x = rod.rest + 0.05 * np.random.default_rng(1).normal(size=len(rod.rest))
    turn = turned(2.5, tuple(np.array([1.0, 2.0, -2.0]) / 3.0))
    moved = x.reshape(-1, NODE).copy()
    moved[:, :3] = moved[:, :3] @ rotation(turn).T + [3.0, -4.0, 5.0]
    moved[:, 3:] = multiplied(turn, moved[:, 3:])
    assert problem.energy(moved.ravel(), 0.0) == pytest.approx(problem.energy(x, 0.0), rel=1e-12)
    before, after = (problem.forces(one, 0.0).reshape(-1, NODE) for one in (x, moved.ravel()))
    assert after[:, :3] == pytest.approx(before[:, :3] @ rotation(turn).T, abs=1e-9 * np.abs(before).max())
    still = rod.rest.reshape(-1, NODE).copy()
    still[:, :3], still[:, 3:] = still[:, :3] @ rotation(turn).T, multiplied(turn, still[:, 3:])
    assert problem.energy(still.ravel(), 0.0) < 1e-25 * problem.energy(x, 0.0)


# ------------------------------------------------------------------------------------------- straight rods, large turns


def straight(count: int, length: float, section: Section) -> Rod:
    s = np.linspace(0.0, length, count + 1)
    turns = np.tile([1.0, 0.0, 0.0, 0.0], (count + 1, 1))
    return Rod(np.column_stack([s, 0.0 * s, 0.0 * s]), turns, np.diff(s), section)


LENGTH, WIDTH, THICK = 1000.0, 10.0, 1.0
BENDING = YOUNG * WIDTH * THICK**3 / 12.0  # about y, out of the ribbon's plane


def tip_of_elastica(count: int, section: Section, pull: float) -> np.ndarray:
    """Return x and z of the tip over the length, under pull = P L2 / EI along z."""
    rod = straight(count, LENGTH, section)
    dead = np.zeros(len(rod.rest))
    dead[-NODE + 2] = pull * BENDING / LENGTH**2 * rod.scale
    path = follow(held(rod, dead), rod.rest, [1.0], first=0.2)
    return path.steps[-1].x[[-NODE, -NODE + 2]]


def exact_elastica(pull: float) -> np.ndarray:
    def modulus(angle: float) -> tuple[float, float]:
        k = 0.5 * (1.0 + np.sin(angle))
        return k, float(np.arcsin(1.0 / np.sqrt(2.0 * k)))

    def missing(angle: float) -> float:
        k, phi = modulus(angle)
        return float(ellipk(k) - ellipkinc(phi, k) - np.sqrt(pull))

    angle = brentq(missing, 1e-6, 0.5 * np.pi - 1e-9, xtol=1e-14)
    k, phi = modulus(angle)
    rise = 1.0 - 2.0 * (ellipe(k) - ellipeinc(phi, k)) / np.sqrt(pull)
    return np.array([np.sqrt(2.0 * np.sin(angle) / pull), rise])


def test_cantilever_bends_as_the_elastica() -> None:
    section, exact = rectangle(WIDTH, THICK, YOUNG, POISSON), exact_elastica(5.0)
    assert exact[1] == pytest.approx(0.714, abs=5e-4)  # the table of Bisshopp and Drucker's curve, P L2 / EI = 5
    errors = [float(np.abs(tip_of_elastica(count, section, 5.0) - exact).max()) for count in (10, 20, 40)]
    assert rates(errors) == pytest.approx([2.0, 2.0], abs=0.1)
    assert errors[-1] < 5e-4


def test_a_wrong_bending_law_is_seen() -> None:
    right = rectangle(WIDTH, THICK, YOUNG, POISSON)
    wrong = replace(right, weights=1.02 * right.weights)
    off = np.abs(tip_of_elastica(40, wrong, 5.0) - exact_elastica(5.0)).max()
    assert off > 5 * 5e-4


def test_a_moment_bends_a_rod_into_a_circle() -> None:
    errors = []
    for count in (10, 20, 40):
        rod = straight(count, LENGTH, rectangle(WIDTH, THICK, YOUNG, POISSON))
        ends = np.concatenate([np.arange(NODE), np.arange(len(rod.rest) - 4, len(rod.rest))])

        def motion(load: float, rod: Rod = rod) -> np.ndarray:
            return np.concatenate([rod.rest[:NODE], turned(2.0 * np.pi * load, (0.0, 1.0, 0.0))])

        problem = RodProblem(rod, ends, motion)
        path = follow(problem, rod.rest, list(np.linspace(0.125, 1.0, 8)))
        x = path.steps[-1].x
        assert np.abs(x[-NODE : -NODE + 3]).max() < 1e-9  # it closes
        moment = 0.5 * problem.forces(x, 1.0)[-2] * -1.0  # of the turn about y, at the quaternion -1
        errors.append(abs(moment / (BENDING * 2.0 * np.pi / LENGTH) - 1.0))
    assert rates(errors) == pytest.approx([2.0, 2.0], abs=0.05)
    assert errors[-1] == pytest.approx((2.0 * np.pi / 40) ** 2 / 6.0, rel=0.01)  # sin(a) / a for what an element turns


def test_a_strip_stiffens_in_twist() -> None:
    width, thick, rate = 50.0, 1.0, 0.004
    section = rectangle(width, thick, YOUNG, POISSON)
    rod = straight(20, LENGTH, section)
    given = np.concatenate([np.arange(NODE), np.arange(len(rod.rest) - 4, len(rod.rest))])
    problem = RodProblem(rod, given, lambda load: np.concatenate(
        [rod.rest[:NODE], turned(load * rate * LENGTH, (1.0, 0.0, 0.0))]))  # fmt: skip
    path = follow(problem, rod.rest, list(np.linspace(0.125, 1.0, 8)))
    energy = problem.energy(path.steps[-1].x, 1.0) / LENGTH
    area, polar = width * thick, width * thick * (width**2 + thick**2) / 12.0
    fourth = width * thick * (width**4 / 80.0 + thick**4 / 80.0 + width**2 * thick**2 / 72.0)
    excess = 0.5 * YOUNG * (fourth - polar**2 / area)  # of the torque over the rate cubed
    sine = 2.0 * np.sin(0.5 * rate * LENGTH / 20) / (LENGTH / 20)  # what an element sees of the rate
    assert energy == pytest.approx(0.5 * section.torsion * sine**2 + 0.25 * excess * sine**4, rel=1e-9)
    assert excess == pytest.approx(YOUNG * width**5 * thick / 360.0, rel=2e-3)
    assert 0.25 * excess * rate**4 > 0.1 * section.torsion * rate**2  # it counts here


# ------------------------------------------------------------------------------------------------------------ buckling


def test_a_clamped_column_buckles_at_eulers_strain() -> None:
    length, thick = 3000.0, 3.0
    line = ribbon(((length, 0.0),), 100.0, thick)
    exact = np.pi**2 / 3.0 * (thick / length) ** 2
    errors = []
    for count in (12, 24, 48):
        outcome = stretched(line, count, -4.0 * exact * length, 4)
        assert outcome.buckling is not None
        errors.append(abs(4.0 * outcome.buckling[0] - 1.0))
        mode = outcome.buckling[1][:, 2]
        assert np.abs(mode).argmax() == len(mode) // 2
    assert rates(errors) == pytest.approx([2.0, 2.0], abs=0.15)
    assert errors[-1] == pytest.approx((2.0 * np.pi / 48) ** 2 / 6.0, rel=0.02)  # (2 / kh tan(kh / 2))2 of midpoints


def test_a_column_past_buckling_is_an_elastica() -> None:
    length, thick, k = 3000.0, 3.0, 0.6
    parameter = k**2
    shortening = 2.0 * (1.0 - ellipe(parameter) / ellipk(parameter)) * length
    outcome = stretched(ribbon(((length, 0.0),), 100.0, thick), 96, -shortening, 6)
    walk = outcome.stable
    assert walk.heights[-1] == pytest.approx(k / ellipk(parameter) * length, rel=1e-3)
    assert walk.largest[-1] == pytest.approx(4.0 * k * ellipk(parameter) * thick / length, rel=3e-3)
    force = (4.0 * ellipk(parameter) / length) ** 2 * YOUNG * 100.0 * thick**3 / 12.0
    assert walk.forces[-1, 0] == pytest.approx(-force, rel=3e-3)
    assert outcome.plane is not None
    assert outcome.plane.forces[-1, 0] == pytest.approx(-YOUNG * 300.0 * shortening / length, rel=1e-6)


def test_a_cantilever_strip_tips_sideways_at_prandtls_load() -> None:
    width, thick, length = 100.0, 2.0, 2000.0
    section = rectangle(width, thick, YOUNG, POISSON)
    weak = YOUNG * width * thick**3 / 12.0
    zero = brentq(lambda x: jv(-0.25, x), 1.5, 2.5)
    exact = 2.0 * zero * np.sqrt(weak * section.torsion) / length**2
    assert 2.0 * zero == pytest.approx(4.013, abs=5e-4)
    errors = []
    for count in (12, 24, 48):
        rod = straight(count, length, section)
        dead = np.zeros(len(rod.rest))
        dead[-NODE + 1] = -2.0 * exact * rod.scale  # in the plane of the strip
        free = held(rod, dead)
        flat = np.concatenate([np.arange(NODE), (NODE * np.arange(1, count + 1)[:, None] + [2, 4, 5]).ravel()])
        flat.sort()
        inside = RodProblem(rod, flat, lambda load, rod=rod, flat=flat: rod.rest[flat], dead)
        found = find_buckling(inside, rod.rest, follow(inside, rod.rest, [0.25, 0.5, 0.75, 1.0]), free)
        assert found is not None
        errors.append(abs(2.0 * found[0] - 1.0))
    assert errors[-1] < 5e-3
    assert errors[0] > 2.0 * errors[1] > 2.0 * errors[2]


def test_an_unstable_equilibrium_is_left_for_a_stable_one() -> None:
    outcome = stretched(ribbon(((3000.0, 0.0),), 100.0, 3.0), 48, -30.0, 4)
    assert outcome.plane is not None
    bridge, flat = outcome.plane.bridge, outcome.plane.path.steps[-1]
    problem = bridge.problem(lambda load: (np.array([3000.0 - 30.0 * load, 0.0, 0.0]), turned(0.0, (1.0, 0.0, 0.0))),
                             plane=False)  # fmt: skip
    assert not is_stable(problem, flat.x, 1.0)
    found = settle(problem, flat.x, 1.0)
    assert is_stable(problem, found.x, 1.0)
    assert problem.energy(found.x, 1.0) < 0.1 * problem.energy(flat.x, 1.0)
