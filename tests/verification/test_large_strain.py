"""Bodies and load paths at large strain against closed forms, each cited where it is used. Units: um, MPa, uN."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from shapely import box

from microfem.fem.finite_strain.bodies import make_body, make_solid
from microfem.fem.finite_strain.equilibrium import Balance
from microfem.fem.finite_strain.following_pressure import FollowingPressure
from microfem.fem.linear_elasticity.end_faces import find_ends
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.solvers.newton import follow
from microfem.metrics import mechanical
from support.cells import grid
from support.comparing import rates
from support.large_strain_bodies import brick, faced, layered
from support.materials import matter
from support.solving import solve_hyperelasticity, total

SOFT = matter(neo_hooke_mu=1.0)


def moved(mesh, axis, path):
    """Return a solid in equilibrium, its ends being wholly moved by `path(points, side, load)`, and its balance."""
    body = make_body(mesh, 2, "strain", {})
    continuum, ends = make_solid(body, {}), find_ends(body, axis)
    given, side = body.unknowns(ends.dofs).ravel(), np.sign(ends.offset)
    grip = EndMotion(
        constrained=given, path=lambda load: path(ends.points, side, load).ravel(), free_modes=np.zeros((0, len(given)))
    )
    balance = Balance(continuum=continuum, motion=grip)
    last = follow(balance, np.zeros(continuum.size), [0.5, 1.0]).steps[-1]
    forces = balance.forces(last.x, 1.0)[: continuum.displacements].reshape(-1, body.dim)
    far = ends.dofs[side > 0.0]
    return body, last.x, far, forces[far]


# ---------------------------------------------------------------------------------------------- torsion and bending

C1, C2 = 0.3, 0.1


def cylinder(n, radius, length):
    """Return a round bar along x, 6 n edges around it; its polygon has the polar moment of the disc, pi a^4 / 2."""
    turn = np.pi / (3 * n)
    radius = radius * (np.pi / (n * np.sin(turn) * (2.0 + np.cos(turn)))) ** 0.25
    points, cells, first = [np.zeros(2)], [], [0]
    for ring in range(1, n + 1):
        first.append(len(points))
        angle = 2.0 * np.pi * np.arange(6 * ring) / (6 * ring)
        points += list(radius * ring / n * np.column_stack([np.cos(angle), np.sin(angle)]))
    for ring in range(1, n + 1):

        def inner(k, ring=ring):
            return first[ring - 1] + (k % (6 * (ring - 1)) if ring > 1 else 0)

        def outer(k, ring=ring):
            return first[ring] + k % (6 * ring)

        for sector in range(6):
            for j in range(ring):
                a, b = sector * ring + j, sector * (ring - 1) + j
                cells.append([inner(b), outer(a), outer(a + 1)])
                if j < ring - 1:
                    cells.append([inner(b), outer(a + 1), inner(b + 1)])
    plan, low = np.array(points), np.sort(np.array(cells), axis=1)
    heights = np.linspace(0.0, length, max(2, round(2 * n * length / radius / 2)) + 1)
    solid = np.vstack([np.column_stack([np.full(len(plan), x), plan]) for x in heights])
    cells = [np.hstack(part) for down, up in pairwise(low + k * len(plan) for k in range(len(heights)))
             for part in ((down, up[:, 2:]), (down[:, :2], up[:, 1:]), (down[:, :1], up))]  # fmt: skip
    return faced(solid, np.vstack(cells), laws={"r0": matter(mooney_c10=C1, mooney_c01=C2)})


def turned(psi, length):
    """Return the path that turns the ends of a bar along x against each other and keeps its length."""

    def path(points, side, load):
        angle = 0.5 * load * psi * length * side
        y, z = points[:, 1], points[:, 2]
        c, s = np.cos(angle) - 1.0, np.sin(angle)
        return np.column_stack([np.zeros(len(y)), c * y - s * z, s * y + c * z])

    return path


def test_torsion_of_a_round_bar():
    """R. S. Rivlin, Phil. Trans. R. Soc. A 242 (1949) 173: T = pi psi a^4 (C1 + C2), N = -pi psi^2 a^4 (C1/2 + C2).

    Mooney-Rivlin, length held. Negative control: the force is not the one with C1 and C2 swapped.
    """
    radius, length, psi = 1.0, 1.0, 0.8
    exact = np.pi * psi * radius**4 * np.array([C1 + C2, -psi * (0.5 * C1 + C2)])
    errors = []
    for n in (2, 3):
        body, x, far, forces = moved(cylinder(n, radius, length), "x", turned(psi, length))
        at = body.space.locations[far] + x[: 3 * body.space.ndofs].reshape(-1, 3)[far]
        torque = (at[:, 1] * forces[:, 2] - at[:, 2] * forces[:, 1]).sum()
        errors.append(np.abs(np.array([torque, forces[:, 0].sum()]) / exact - 1.0))
    assert (errors[1] < [6e-4, 7e-3]).all()
    assert min(rates(np.array(errors), 1.5).min(axis=0)) > 3.0
    swapped = (0.5 * C2 + C1) / (0.5 * C1 + C2)
    assert abs(swapped - 1.0) > 20.0 * errors[1][1]


def test_the_twist_of_a_study_is_that_of_a_bar_free_to_lengthen():
    """I1 = l^2 + (2 + k^2) / l, I2 = 2 l + (1 + k^2) / l^2, k = psi R: no force at l, T = pi psi (C1 / l + C2 / l^2).

    Ends that keep their outline hold the bar back near them alone: what they add falls with one over the length.
    """
    psi = 0.8
    stretch = brentq(lambda x: C1 * (2 * x - (2 + psi**2 / 2) / x**2) + C2 * (2 - (2 + psi**2) / x**3), 1.0, 2.0)
    exact = np.pi * psi * (C1 / stretch + C2 / stretch**2)
    load = {"twist": {"rate": f"{psi} 1/um"}}
    bars = [solve_hyperelasticity(cylinder(2, 1.0, length), load, steps=2) for length in (2.0, 4.0, 8.0)]
    off = [total(bar, "torque") / exact - 1.0 for bar in bars]
    assert off[2] < 4e-3
    assert (off[0] - off[1]) / (off[1] - off[2]) == pytest.approx(2.0, rel=0.1)


def bent_block(n, radius, thickness, angle):
    """Return relative errors of the moment and of the axial force on a block bent by its exact end positions."""
    half = radius * thickness
    inner = np.sqrt(-half + np.sqrt(half**2 + radius**4))  # r1 r2 = R^2 and r2^2 - r1^2 = 2 R h
    r = np.array([inner, radius**2 / inner])
    length = radius * angle
    mesh = brick("section", round(n * length / thickness), n, size=(length, thickness), laws={"r0": SOFT})

    def path(points, side, load):
        bend = radius / load
        low = np.sqrt(-bend * thickness + np.sqrt((bend * thickness) ** 2 + bend**4))
        at = np.sqrt((bend**2 / low) ** 2 - 2.0 * bend * points[:, 1])  # top inside: radii fall with height
        half = 0.5 * load * angle * side
        rise = bend - at * np.cos(half)
        return np.column_stack([0.5 * length + at * np.sin(half), rise]) - points

    body, x, far, forces = moved(mesh, "x", path)
    at = body.space.locations[far] + x[: 2 * body.space.ndofs].reshape(-1, 2)[far] - [0.5 * length, radius]
    moment = (at[:, 0] * forces[:, 1] - at[:, 1] * forces[:, 0]).sum()
    exact = (r[1] ** 4 - r[0] ** 4) / (8 * r[0] * r[1]) - 0.5 * r[0] * r[1] * np.log(r[1] / r[0])
    normal = np.array([np.cos(0.5 * angle), np.sin(0.5 * angle)])
    return abs(abs(moment) / exact - 1.0), abs(forces.sum(axis=0) @ normal) * thickness / exact


def test_bending_of_a_block():
    """R. S. Rivlin, Proc. R. Soc. A 195 (1949) 463: r1 r2 = R^2 and r2^2 - r1^2 = 2 R h of the faces' radii.

    M = mu [(r2^4 - r1^4) / (8 r1 r2) - r1 r2 / 2 ln(r2 / r1)]. Neo-Hooke in plane strain, R = 1.5 h, a right angle;
    displacements are smooth: order 4 of the moment, an energy.
    """
    errors = [bent_block(n, 1.5, 1.0, 0.5 * np.pi) for n in (2, 4, 8)]
    assert errors[-1][0] < 2e-5
    assert errors[-1][1] < 3e-5
    assert rates([moment for moment, _ in errors])[-1] > 3.5


def test_the_bend_of_a_study_is_that_of_a_block():
    """Ends that turn rigidly squeeze the block near them alone: the moment's error falls with one over its length."""
    errors = []
    for length in (4.0, 8.0, 16.0):
        radius = 4.0
        found = solve_hyperelasticity(brick("section", round(4 * length), 4, size=(length, 1.0), laws={"r0": SOFT}),
                    {"bend": {"radius": f"{radius} um"}})  # fmt: skip
        inner = np.sqrt(-radius + np.sqrt(radius**2 + radius**4))
        r1, r2 = inner, radius**2 / inner
        exact = (r2**4 - r1**4) / (8 * r1 * r2) - 0.5 * r1 * r2 * np.log(r2 / r1)
        errors.append(abs(total(found, "bending_moment") / exact - 1.0))
        assert total(found, "curvature") == pytest.approx(1.0 / radius)
    assert errors[-1] < 0.01
    assert rates(errors) == pytest.approx([1.0, 1.0], abs=0.05)


# ----------------------------------------------------------------------------------------------------- inner pressure


def inflated(n, pressure):
    """Return the inner radius of a quarter of a tube, 1 to 2, neo-Hooke, plane strain, under a pressure inside."""
    points, cells = grid(np.linspace(1.0, 2.0, n + 1), np.linspace(0.0, 0.5 * np.pi, 2 * n + 1))
    r, angle = points.T
    mesh = faced(np.column_stack([r * np.cos(angle), r * np.sin(angle)]), cells, "section", laws={"r0": SOFT})
    mesh.points[np.abs(mesh.points) < 1e-12] = 0.0
    body = make_body(mesh, 2, "strain", {})
    solid, at = make_solid(body, {}), body.space.locations
    given = np.concatenate([2 * np.flatnonzero(at[:, 0] == 0.0), 2 * np.flatnonzero(at[:, 1] == 0.0) + 1])
    facets, cell, outside = mesh.facets
    inner = (outside < 0) & (r[facets] == 1.0).all(axis=1)
    push = FollowingPressure(body.space, facets[inner], cell[inner], pressure)
    none = np.zeros(len(given))
    balance = Balance(
        continuum=solid,
        motion=EndMotion(constrained=given, path=lambda _: none, free_modes=np.zeros((0, len(given)))),
        follower=push,
    )
    last = follow(balance, np.zeros(solid.size), np.linspace(0.25, 1.0, 4)).steps[-1]
    corners = np.unique(facets[inner])
    return np.hypot(*(mesh.points + last.x[: solid.displacements].reshape(-1, 2)[: len(mesh.points)])[corners].T).mean()


def test_tube_under_inner_pressure():
    """Rivlin 1949: r^2 = R^2 + a^2 - A^2, p = mu integral of (l^2 - l^-2) / r from a to b, l = r / R.

    A pressure that follows the surface; chords stand for arcs, so order 2. Negative control: Lame's small strain,
    u = p A B^2 / (2 mu (B^2 - A^2)), is off by 14 %.
    """
    a = 1.5

    def slope(r):
        squared = r**2 / (r**2 - a**2 + 1.0)
        return (squared - 1.0 / squared) / r

    exact = quad(slope, a, np.sqrt(3.0 + a**2), epsabs=1e-13)[0]
    errors = [abs(inflated(n, exact) - a) for n in (2, 4, 8)]
    assert errors[-1] < 2e-3
    assert rates(errors) == pytest.approx([2.0, 2.0], abs=0.3)
    assert abs(1.0 + exact * 4.0 / 6.0 - a) > 50.0 * errors[-1]


# ---------------------------------------------------------------------------------------------------- shear lag, growth


def test_film_on_a_stretched_substrate():
    """Shear lag: e(x) = e0 [1 - cosh(b x) / cosh(b l)], b^2 = G / (t_a t_f E_f), E_f = 4 mu in plane strain.

    H. L. Cox, Br. J. Appl. Phys. 3 (1952) 72, with the film's one bonded face; thin layers, so off by a few per cent.
    """
    half, adhesive, film, mu, soft = 20.0, 0.5, 0.1, 1e4, 1.0
    x = np.linspace(-half, half, 81)
    points, cells = grid(x, np.array([0.0, 0.5, 1.0, 1.25, 1.5, 1.55, 1.6]))
    owner = np.searchsorted([1.0, 1.0 + adhesive], points[cells, 1].mean(axis=1))
    laws = {"r0": matter(neo_hooke_mu=1e6), "r1": matter(neo_hooke_mu=soft), "r2": matter(neo_hooke_mu=mu)}
    points = np.vstack([points, *([[side * (half + 4.0), z]] for side in (-1, 1) for z in (0.0, 0.5, 1.0))])
    n = len(points)
    for k, side in enumerate((-1, 1)):
        edge = [np.flatnonzero((points[: n - 6, 0] == side * half) & (points[: n - 6, 1] == z))[0]
                for z in (0.0, 0.5, 1.0)]  # fmt: skip
        new = [n - 6 + 3 * k + i for i in range(3)]
        for i in range(2):
            cells = np.vstack([cells, [[edge[i], new[i], new[i + 1]], [edge[i], edge[i + 1], new[i + 1]]]])
    mesh = faced(points, cells, "section", np.concatenate([owner, np.zeros(8, dtype=int)]), laws)
    strain = 0.01
    found = solve_hyperelasticity(mesh, {"stretch": {"strain": strain}}, steps=1)
    rows = mesh.region_of_cell == 2
    at = mesh.points[mesh.cells[rows]].mean(axis=1)[:, 0]
    stretched = found.gradient[rows][..., 0, 0].mean(axis=1) - 1.0
    beta = np.sqrt(soft / (adhesive * film * 4.0 * mu))
    middle = np.abs(at) < 1.0
    exact = strain * (1.0 - 1.0 / np.cosh(beta * half))
    assert stretched[middle].mean() == pytest.approx(exact, rel=0.03)
    assert abs(stretched[middle].mean() / strain - 1.0) > 0.3, "negative control: not bonded without shear"


@pytest.mark.parametrize("strain", [1.0, 0.01, -0.5])
def test_free_growth_is_without_stress(strain):
    """F = Fg: a free body of one strain e becomes 1 + e times as large, in plane strain (1 + e)^(3/2), volumes kept."""
    for dimension, power in (("3d", 1.0), ("section", 1.5)):
        found = solve_hyperelasticity(
            brick(dimension, *[2] * (3 if dimension == "3d" else 2)), {"mismatch": {"strain": {"r0": strain}}}
        )
        f = found.gradient
        assert not found.stopped
        grown = (1.0 + strain) ** power
        assert (
            np.abs(np.swapaxes(f, -1, -2) @ f - np.diag([grown**2] * 2 + [grown**2 if power == 1.0 else 1.0])).max()
            < 1e-8
        )
        assert np.abs(found.fields["stress"].values).max() < 1e-9


def rolled(strain):
    """Return the curvature in the middle of a free bilayer of unit height, moduli 1 : 3, the top longer by `strain`."""
    ticks = np.linspace(0.0, 20.0, 41), np.linspace(0.0, 1.0, 5)
    laws = {"r0": matter(neo_hooke_mu=1.0), "r1": matter(neo_hooke_mu=3.0)}
    found = solve_hyperelasticity(
        layered("section", [0.5], *ticks, laws=laws), {"mismatch": {"strain": {"r1": strain}}}, steps=1
    )
    x = found.body.space.locations
    line = np.flatnonzero((np.abs(x[:, 1] - 0.5) < 1e-9) & (np.abs(x[:, 0] - 10.0) < 4.0))
    p = (x + found.steps[-1].displacement)[line]
    a, b, c = np.linalg.lstsq(np.column_stack([2.0 * p, np.ones(len(p))]), (p**2).sum(axis=1), rcond=None)[0]
    return 1.0 / np.sqrt(c + a * a + b * b)


def test_bilayer_that_swells_a_little():
    """S. Timoshenko, J. Opt. Soc. Am. 11 (1925) 233, times 1 + nu = 3/2 in plane strain; the rest is of the strain."""
    m, n = 1.0, 1.0 / 3.0
    unit = 1.5 * 6.0 * (1 + m) ** 2 / (3.0 * (1 + m) ** 2 + (1 + m * n) * (m * m + 1 / (m * n)))
    off = [rolled(e) / (unit * e) - 1.0 for e in (1e-2, 1e-3)]
    assert abs(off[1]) < 2e-3
    assert off[0] / off[1] == pytest.approx(10.0, rel=0.02)


# ------------------------------------------------------------------------------------------------------- convergence


def test_reaction_of_a_clamped_block_settles():
    """At 100 %, singular corners: each halving of the edges changes the force less than half as much as the last."""
    load = {"stretch": {"strain": 1.0, "clamped": True}}
    blocks = [solve_hyperelasticity(brick("section", n, n), load, steps=2) for n in (2, 4, 8, 16)]
    forces = [total(block, "axial_force") for block in blocks]
    changes = np.abs(np.diff(forces))
    assert (changes[1:] < 0.5 * changes[:-1]).all()
    assert changes[-1] < 5e-3 * forces[-1]


# ------------------------------------------------------------------------------------------------------- statistics


def covered(cover, heights):
    """Return a soft sheet of two by one under a stiff cover, stretched by half; heights: of their upper faces."""
    layers = [("soft", box(-9.0, -9.0, 9.0, 9.0), 0.0, heights[0]), ("stiff", cover, *heights)]
    laws = {"soft": SOFT, "stiff": matter(neo_hooke_mu=10.0)}
    return solve_hyperelasticity(
        brick("plan", 8, 4, size=(2.0, 1.0), laws=laws, layers=layers), {"stretch": {"strain": 0.5}}
    )


def test_layers_of_a_plan_count_by_their_volume():
    """Each layer has mu (l^2 - 1 / l): 60 % of the volume, of which three quarters are soft, stays below mu = 1's."""
    done, size = covered(box(-9.0, -9.0, 9.0, 9.0), (3.0, 4.0)), 1.5**2 - 1.0 / 1.5
    assert mechanical.von_mises_percentile(done, percent=60.0) == pytest.approx(size, rel=1e-8)
    assert mechanical.von_mises_percentile(done, percent=90.0) == pytest.approx(10.0 * size, rel=1e-8)


def test_a_mean_over_a_plan_is_of_volume():
    """A cover three times as thick, on half of the sheet: volumes of 2 and 3."""
    done = covered(box(-9.0, -9.0, 1.0, 9.0), (1.0, 4.0))
    soft, stiff, every = (mechanical.mean_strain(done, region=one, axis="x") for one in ("soft", "stiff", ""))
    assert stiff < 0.2 < soft
    assert every == pytest.approx((2.0 * soft + 3.0 * stiff) / 5.0, rel=1e-9)
