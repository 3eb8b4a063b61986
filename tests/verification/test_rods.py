"""Rods and cross-sections against closed forms.

Torsion: rectangle, S. P. Timoshenko and J. N. Goodier, Theory of Elasticity, 3rd ed., art. 109; ellipse
J = pi a3 b3 / (a2 + b2), art. 107; tubes in one another G J = sum G_i pi (b4 - a4) / 2. Layers: EI = sum E_i (I_i + A_i
d2). Cantilever under a tip load: K. E. Bisshopp and D. C. Drucker, Q. Appl. Math. 3 (1945) 272. Pure bending: M = EI
phi / L.
Twist of a strip with free ends: T = GJ t + E w5 th t3 / 360 for w >> th, H. Wagner, Verdrehung und Knickung von offenen
Profilen, 1929. Clamped column: strain 4 pi2 EI / (EA L2); bent past it: end shortening 2 (1 - E/K) L, rise k L / K,
largest curvature 8 k K / L, S. P. Timoshenko and J. M. Gere, Theory of Elastic Stability, 2nd ed., art. 2.7. Strip
cantilever that tips sideways: P L2 = 2 x sqrt(EI GJ), x the first zero of J_-1/4 (4.013), L. Prandtl 1899, ibid.
art. 6.4. Serpentine of thin legs l and arcs R: strain w R (l/2 + R) / (l3/12 + R (pi l2/4 + 2 l R + pi R2/2)) of that
applied, Y. Zhang et al., Soft Matter 9 (2013) 8062.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import brentq
from scipy.special import ellipe, ellipeinc, ellipk, ellipkinc, jv
from shapely.affinity import scale

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.families import build_layout
from microfem.fem.rods.bridge import make_bridge, walk_bridge
from microfem.fem.rods.buckling import find_buckling, is_stable, settle
from microfem.fem.rods.cross_section import Section, rectangle, torsion_of_rectangle
from microfem.fem.rods.profile import Profile, solve_profile
from microfem.fem.rods.rod import NODE, Rod, rotation, turned
from microfem.fem.rods.rod_problem import RodProblem
from microfem.fem.solvers.newton import follow
from microfem.fem.space import Space
from microfem.layout import Layout, Region
from microfem.layout.ribbon import Ribbon, meander
from microfem.layout.shapes import disc, serpentine
from microfem.layout.shapes import rectangle as box
from microfem.materials import Material
from microfem.materials.material import Property
from microfem.mesh import build_mesh
from microfem.metrics.metric import MetricCall
from microfem.metrics.quantity_of_interest import goal_error
from microfem.metrics.rods import bridge_force, bridge_strain, buckling_strain, stretchability
from microfem.metrics.sections import flexural_rigidity, layer_strain, layer_stress, neutral_place, torsional_rigidity
from microfem.physics.mechanics.rod_bridges import BridgesCase
from microfem.physics.mechanics.rod_bridges import solve as solve_bridges
from microfem.physics.mechanics.rod_cross_section import RodCase
from microfem.physics.mechanics.rod_cross_section import solve as solve_rod

YOUNG, POISSON = 1000.0, 0.3


def multiplied(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the quaternions p q (..., 4): first q, then p."""
    scalar = p[..., :1] * q[..., :1] - (p[..., 1:] * q[..., 1:]).sum(axis=-1, keepdims=True)
    vector = p[..., :1] * q[..., 1:] + q[..., :1] * p[..., 1:] + np.cross(p[..., 1:], q[..., 1:])
    return np.concatenate([scalar, vector], axis=-1)


def rates(errors: list[float]) -> list[float]:
    """Return the orders at which errors fall while elements are halved."""
    return [float(np.log2(a / b)) for a, b in pairwise(errors)]


# ---------------------------------------------------------------------------------------------------- cross-sections


def profile(regions: list[tuple[str, object]], moduli: dict[str, tuple[float, float]], level: int) -> Profile:
    parts = tuple(Region(name=name, role="anode", footprint=outline, z=(0.0, 1.0)) for name, outline in regions)
    mesh = build_mesh(
        Layout(family="test", params={}, regions=parts, terminals={}, feature=10.0, gap=10.0, plane=0.5), "plan", level
    )
    laws = np.array([moduli[name] for name in mesh.regions])[mesh.region_of_cell]
    return solve_profile(Space(mesh, 2), np.arange(len(mesh.cells)), *laws.T)


def test_rectangle_in_torsion() -> None:
    exact = 0.5 * YOUNG / (1.0 + POISSON) * torsion_of_rectangle(120.0, 40.0)
    found = [profile([("a", box(-60, -20, 60, 20))], {"a": (YOUNG, POISSON)}, level) for level in (-1, 0, 1)]
    errors = [abs(one.torsion / exact - 1.0) for one in found]
    assert errors[-1] < 2e-5
    order = np.log(errors[0] / errors[-1]) / np.log(np.sqrt(len(found[-1].cells) / len(found[0].cells)))
    assert order > 2.5  # r3 log r at the corners leaves less than the 4 of a smooth warping


def test_series_of_a_square_and_of_a_thin_strip() -> None:
    assert torsion_of_rectangle(1.0, 1.0) == pytest.approx(0.1405770, rel=1e-6)  # the book's table: 0.1406
    assert torsion_of_rectangle(1e4, 1.0) == pytest.approx(1e4 / 3.0 * (1.0 - 0.630249e-4), rel=1e-9)
    assert torsion_of_rectangle(2.0, 7.0) == torsion_of_rectangle(7.0, 2.0)


def test_shear_on_a_rectangle_is_that_of_the_mesh() -> None:
    found = profile([("a", box(-60, -20, 60, 20))], {"a": (YOUNG, POISSON)}, 1)
    largest = rectangle(120.0, 40.0, YOUNG, POISSON).shears.max()
    inside = np.linalg.norm(found.shears, axis=2).max()
    assert 0.9 * largest < inside < largest  # quadrature points lie inside


def test_ellipse_in_torsion_up_to_its_chords() -> None:
    a, b = 60.0, 30.0
    exact = np.pi * a**3 * b**3 / (a**2 + b**2)
    errors = []
    for count in (24, 48, 96):
        outline = scale(disc(1.0, count), a, b, origin=(0.0, 0.0))
        found = profile([("a", outline)], {"a": (2.0, 0.0)}, 0)
        errors.append(1.0 - found.torsion / exact)
    assert rates(errors) == pytest.approx([2.0, 2.0], abs=0.1)
    assert errors[-1] < 4.0 * np.pi**2 / 3.0 / 96**2 * 1.1  # the polygon's area is short by 2 pi2 / 3 n2, J by twice


def test_concentric_tubes_add_up() -> None:
    count, radii = 96, (20.0, 35.0, 50.0)
    discs = [disc(r, count) for r in radii]
    regions = [("a", discs[0]), ("b", discs[1] - discs[0]), ("c", discs[2] - discs[1])]
    moduli = {"a": (2000.0, 0.25), "b": (3.0, 0.25), "c": (100.0, 0.25)}
    found = profile(regions, moduli, 0)
    inner = (0.0, *radii[:-1])
    polar = [np.pi * (b**4 - a**4) / 2.0 for a, b in zip(inner, radii, strict=True)]
    exact = sum(moduli[name][0] / 2.5 * one for name, one in zip("abc", polar, strict=True))
    assert found.torsion == pytest.approx(exact, rel=4.0 * np.pi**2 / 3.0 / count**2 * 1.2)
    assert np.allclose(found.bending, np.eye(2) * exact * 1.25, rtol=2e-3, atol=1e-6 * exact)  # EI = GJ (1 + nu)


def test_layers_bend_about_their_neutral_axis() -> None:
    layers = {"a": (-30.0, 0.0, 200.0), "b": (0.0, 10.0, 5000.0), "c": (10.0, 40.0, 3.0)}
    width = 80.0
    found = profile([(name, box(0.0, low, width, high)) for name, (low, high, _) in layers.items()],
                    {name: (young, 0.3) for name, (_, _, young) in layers.items()}, -1)  # fmt: skip
    areas = {name: young * width * (high - low) for name, (low, high, young) in layers.items()}
    axial = sum(areas.values())
    axis = sum(areas[n] * 0.5 * (low + high) for n, (low, high, _) in layers.items()) / axial
    bending = sum(areas[n] * ((high - low) ** 2 / 12.0 + (0.5 * (low + high) - axis) ** 2)
                  for n, (low, high, _) in layers.items())  # fmt: skip
    assert found.axial == pytest.approx(axial, rel=1e-12)
    assert found.centre == pytest.approx([0.5 * width, axis], rel=1e-10)
    assert np.diag(found.bending) == pytest.approx([axial * width**2 / 12.0, bending], rel=1e-10)
    assert abs(found.bending[0, 1]) < 1e-9 * bending
    strain = found.strain(np.array([0.0, 1e-3]))
    assert strain == pytest.approx(-1e-3 * (found.places[..., 1] - axis), abs=1e-15)
    force = (found.young[:, None] * found.areas[:, None] * strain).sum()
    assert abs(force) < 1e-12 * axial


# --------------------------------------------------------------------------------------------------------- kinematics


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
    assert np.abs(linear.lifts - bends).max() < 1e-8 * np.abs(bends).max()
    assert np.abs(linear.upper.toarray() - np.triu(bends[NODE:, NODE:])).max() < 1e-8 * np.abs(bends).max()
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


def ribbon(pieces: tuple[tuple[float, float], ...], width: float, thick: float, pitch: float = 6000.0) -> Ribbon:
    return Ribbon(pieces=pieces, width=width, thickness=thick, z=0.0, regions=(), starts=(), pitch=pitch)


def stretched(line: Ribbon, count: int, change: float, steps: int):
    """Move the far end along x by `change`, um."""
    turn = turned(0.0, (1.0, 0.0, 0.0))
    span = line.span
    return walk_bridge(make_bridge(line, YOUNG, POISSON, count),
                       lambda load: (np.array([span + load * change, 0.0, 0.0]), turn),
                       list(np.arange(1, steps + 1) / steps), True, False)  # fmt: skip


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


# ---------------------------------------------------------------------------------------------------------- serpentines


@pytest.mark.parametrize("periods", [1, 3])
def test_the_middle_line_is_that_of_the_outline(periods: int) -> None:
    length, amplitude, width = 3000.0, 1200.0, 60.0
    line = ribbon(meander(length, periods, amplitude), width, 10.0)
    outline = serpentine(length, periods, amplitude, width, width)
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
    line = ribbon(meander(3000.0, 1, 1200.0), 100.0, 10.0)
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


def device(**params: object) -> Layout:
    values: dict[str, object] = {"columns": 2, "rows": 2, "bridge_shape": "serpentine", "bridge_width": 100.0,
                                 "encapsulation_thickness": 0.0, "collector_thickness": 10.0} | params  # fmt: skip
    layout = build_layout("island_bridge", values)
    known = {"youngs_modulus": YOUNG, "poisson_ratio": POISSON, "fracture_strain": 0.01}
    metal = Material("metal", "", {name: Property(value, "", "test") for name, value in known.items()})
    return replace(layout, materials={part.name: metal for part in layout.parts()})


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
    assert solution.steps[-1].load == 1.0
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


def fibre(young: dict[str, float], **params: object) -> Layout:
    """A fibre whose regions have these moduli; others carry no load."""
    layout = build_layout("fiber", dict(params))
    metals = {name: Material(name, "", {"youngs_modulus": Property(value, "MPa", "test"),
                                        "poisson_ratio": Property(POISSON, "1", "test")})
              for name, value in young.items()}  # fmt: skip
    return replace(layout, materials={part.name: metals.get(part.name, Material("none", "", {}))
                                      for part in layout.parts()})  # fmt: skip


def test_a_coaxial_fibre_strains_with_its_radius() -> None:
    radius, rate = 5000.0, 1e-4
    young = {"anode_collector": 500.0, "anode": 2000.0, "electrolyte": 0.1, "cathode": 300.0}
    layout = fibre(young, collector_diameter=80.0)  # anode to 100, electrolyte to 150, cathode to 200 um
    mesh = build_mesh(layout, "plan", -1)
    outer = {"anode": 100.0, "electrolyte": 150.0, "cathode": 200.0}
    bent = solve_rod(mesh, RodCase(physics="rod", load={"bend": {"radius": "5 mm"}}))
    for region, r in outer.items():
        assert layer_strain(bent, region=region) == pytest.approx(r / radius, rel=2e-3)  # corners are 0.12 % outside
        assert layer_stress(bent, region=region) == pytest.approx(young[region] * r / radius, rel=2e-3)
    assert neutral_place(bent) == pytest.approx(0.0, abs=1e-9)
    inner = {"anode": 40.0, "electrolyte": 100.0, "cathode": 150.0}
    fourth = {"anode_collector": 40.0**4} | {name: outer[name] ** 4 - inner[name] ** 4 for name in outer}
    bending = sum(young[name] * np.pi / 4.0 * one for name, one in fourth.items())
    assert flexural_rigidity(bent) == pytest.approx(1e-12 * bending, rel=5e-3)
    assert torsional_rigidity(bent) == pytest.approx(1e-12 * bending / (1.0 + POISSON), rel=5e-3)
    both = solve_rod(mesh, RodCase(physics="rod", load={"bend": {"radius": "5 mm"}, "twist": {"rate": "100 rad/m"}}))
    polar = {"anode_collector": 40.0**2} | {name: outer[name] ** 2 - inner[name] ** 2 for name in outer}
    mean = sum(young[name] * np.pi / 2.0 * one for name, one in fourth.items()) / sum(
        young[name] * np.pi * one for name, one in polar.items())  # fmt: skip
    along, shear = 200.0 / radius + 0.5 * rate**2 * (200.0**2 - mean), rate * 200.0
    exact = 0.5 * (1.0 - POISSON) * along + np.hypot(0.5 * (1.0 + POISSON) * along, 0.5 * shear)
    assert layer_strain(both, region="cathode") == pytest.approx(exact, rel=2e-3)
    assert both.totals["torque"][0] == pytest.approx(rate * both.totals["torsional_stiffness"][0], rel=1e-12)


def test_strands_share_a_neutral_axis() -> None:
    layout = fibre({"anode": 4000.0, "cathode": 1000.0, "electrolyte": 1e-3}, arrangement="parallel")
    solution = solve_rod(build_mesh(layout, "plan", -1), RodCase(physics="rod", load={"twist": {"rate": "10 deg/mm"}}))
    strands = {name: layout.part(name).footprint for name in ("anode", "cathode", "electrolyte")}
    young = {"anode": 4000.0, "cathode": 1000.0}
    weights = {name: young[name] * strands[name].area for name in young}
    exact = sum(w * strands[name].centroid.x for name, w in weights.items()) / sum(weights.values())
    assert neutral_place(solution) == pytest.approx(exact, rel=1e-4)  # the gel weighs 1e-6
    # Strands that only gel joins: each resists alone, less than if they were one solid.
    alone = sum(young[name] / 2.0 / (1.0 + POISSON) * np.pi * 100.0**4 / 2.0 for name in young)
    found = torsional_rigidity(solution) * 1e12
    assert found == pytest.approx(alone, rel=5e-3)
    error = goal_error(solution, MetricCall("torsional_rigidity", "", {}))
    assert error is not None
    assert 0.0 <= error < 1e-2 * torsional_rigidity(solution)


def test_what_is_no_rod_is_refused() -> None:
    case = RodCase(physics="rod", load={"bend": {"radius": "5 mm"}})
    with pytest.raises(MicrofemError, match="no cross-section"):
        solve_rod(build_mesh(device(), "plan", -1), case)
    mesh = build_mesh(fibre({"anode": 1.0, "cathode": 1.0}), "plan", -1)
    with pytest.raises(MicrofemError, match="above the thickness"):
        solve_rod(mesh, RodCase(physics="rod", load={"bend": {"radius": "0.3 mm"}}))
    twisted = build_mesh(fibre({"anode": 1.0, "cathode": 1.0}, arrangement="twisted"), "plan", -1)
    with pytest.raises(MicrofemError, match="straight"):
        solve_rod(twisted, case)
    for load in ({}, {"twist": {"angle": "90 deg"}}):
        with pytest.raises(ValidationError, match="state a"):
            RodCase(physics="rod", load=load)
