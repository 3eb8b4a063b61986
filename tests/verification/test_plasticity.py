"""J2 plasticity against closed forms, each cited where it is used.

Units: um, MPa, uN. Tolerances say where they come from: the controller's residual (1e-9) where the solution is in the
space of the elements, the observed error of the mesh used where it is not.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from microfem.fem.linear_elasticity.bodies import Body
from microfem.fem.linear_elasticity.body_forces import outward_normals, traction_load
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.plasticity.bodies import return_to_yield
from microfem.fem.plasticity.flow import make_flow, response
from microfem.fem.solvers.newton import follow
from microfem.fem.space import Space
from support.cells import grid
from support.elastic_bodies import body_mesh, boundary_dofs
from support.plastic_bodies import NU, SY, VOCE, B, E, H, Q, block, strength, totals
from support.solving import solve_plasticity

# ------------------------------------------------------------------------------------------- one stress, closed form


def uniaxial(turns):
    """Return stress at each turning point of a strain path: E (e - ep) = +-sy(a), d ep = +-da, isotropic hardening."""
    plastic, a, found = 0.0, 0.0, []
    for strain in turns:
        trial = E * (strain - plastic)
        if abs(trial) > strength(a):
            more = brentq(
                lambda d, t=trial, a=a: abs(t) - E * d - strength(a + d), 0.0, abs(strain - plastic), xtol=1e-18
            )
            plastic, a = plastic + np.sign(trial) * more, a + more
        found.append(E * (strain - plastic))
    return np.array(found)


@pytest.mark.parametrize(("dim", "plane"), [(3, "strain"), (2, "stress")])
def test_a_bar_is_loaded_unloaded_and_cycled(dim, plane):
    path = [1.0, 0.0, -1.0, 0.5]
    solution = solve_plasticity(block(dim, **VOCE), {"stretch": {"strain": 0.01}}, path=path, plane=plane, steps=2)
    force = totals(solution, "axial_force")[1::2]
    exact = uniaxial(0.01 * np.array(path))
    assert np.abs(force / exact - 1.0).max() < 1e-9
    assert np.abs(solution.fields["von_mises"].values / abs(exact[-1]) - 1.0).max() < 1e-9
    assert solution.stopped == ""


def shear(law, gamma):
    s, d, still = np.zeros(6), np.zeros((6, 6)), np.zeros(6)
    more = return_to_yield(np.array([0.0, 0.0, 0.0, gamma, 0.0, 0.0]), still, 0.0, law, s, d)
    return s, more


def test_pure_shear():
    """With q = sqrt(3) tau: sqrt(3) mu gamma - 3 mu a = sy(a)."""
    mu = E / (2.0 + 2.0 * NU)
    law = np.array([mu, 1.0, SY, H, Q, B])
    for gamma in (1e-3, 3e-3, 0.05, 1.0):
        trial = np.sqrt(3.0) * mu * gamma
        a = brentq(lambda a, t=trial: t - 3.0 * mu * a - strength(a), 0.0, gamma, xtol=1e-18) if trial > SY else 0.0
        s, more = shear(law, gamma)
        tau = strength(a) / np.sqrt(3.0) if a else mu * gamma
        assert s == pytest.approx([0.0, 0.0, 0.0, tau, 0.0, 0.0], rel=1e-12)
        assert more == pytest.approx(a, rel=1e-10)
    wrong = shear(np.array([mu, 1.0, SY, H, 0.0, 0.0]), 0.05)[0]  # negative control: Voce's part left out
    assert abs(wrong[3] / tau - 1.0) > 1e-2


# ------------------------------------------------------------------------------------------------ tangent and patch


def bare(dim, plane="strain", sy=SY, n=2, seed=0, nu=NU, hardening=(H, Q, B)):
    """Return the problem of a distorted block with its boundary given, u = G x under a unit of load."""
    rng = np.random.default_rng(seed)
    points, cells = grid(*[np.linspace(0.0, 1.0, n + 1)] * dim)
    inner = ((points > 0.0) & (points < 1.0)).all(axis=1)
    points[inner] += rng.uniform(-0.1, 0.1, (inner.sum(), dim))
    mesh = body_mesh(points, cells, "3d" if dim == 3 else "plan")
    ones = np.ones(len(cells))
    body = Body(
        space=Space(mesh, 2),
        cells=np.arange(len(cells)),
        young=E * ones,
        poisson=nu * ones,
        eigenstrain=0.0 * ones,
        plane=plane,
    )
    given = boundary_dofs(body.space)
    gradient = rng.normal(size=(dim, dim))
    moved = 5e-3 * (body.space.locations[given] @ gradient.T).ravel()
    motion = EndMotion(
        constrained=body.unknowns(given).ravel(), path=lambda load: load * moved, free_modes=np.zeros((0, len(moved)))
    )
    return make_flow(body, np.outer(ones, [sy, *hardening]), motion), gradient


def tangent_error(flow, other=None):
    """Return how far K v of `other` is from differences of the forces of `flow`, relative."""
    rng = np.random.default_rng(1)
    flow.commit(np.where(np.arange(flow.count) < flow.first, 1.0, 0.0) * rng.normal(size=flow.count) * 5e-4, 0.0)
    x, v = flow.reached[-1].x + 1e-4 * rng.normal(size=flow.count), rng.normal(size=flow.count)
    step = 1e-8
    ahead, behind = flow.forces(x + step * v, 0.0), flow.forces(x - step * v, 0.0)
    linear = (other or flow).linearise(x, 0.0, v[None])
    return np.abs(linear.products[0] - (ahead - behind) / (2.0 * step)).max() / np.abs(linear.products).max()


@pytest.mark.parametrize(("dim", "plane"), [(3, "strain"), (2, "strain"), (2, "stress")])
def test_tangent_is_that_of_the_forces(dim, plane):
    """Against central differences, 1e-8 apart: their round-off is about 1e-7. Negative control: the elastic tangent."""
    flow, _ = bare(dim, plane)
    assert tangent_error(flow) < 1e-6
    assert (flow.reached[0].history.equivalent > 0.0).mean() > 0.5
    elastic, _ = bare(dim, plane, sy=np.inf)
    assert tangent_error(flow, elastic) > 1e-2


@pytest.mark.parametrize(("dim", "plane"), [(3, "strain"), (2, "strain"), (2, "stress")])
def test_upper_triangle_is_that_of_the_products(dim, plane):
    flow, _ = bare(dim, plane)
    x, v = 1e-3 * np.random.default_rng(2).normal(size=(2, flow.count))
    v[flow.constrained] = 0.0
    linear = flow.linearise(x, 0.0, v[None])
    whole = linear.upper_triangle + linear.upper_triangle.T
    whole.setdiag(linear.upper_triangle.diagonal())
    product = whole @ v[flow.free]
    assert np.abs(product - linear.products[0, flow.free]).max() < 1e-12 * np.abs(product).max()


@pytest.mark.parametrize(("dim", "plane"), [(3, "strain"), (2, "strain"), (2, "stress")])
def test_patch_of_uniform_flow(dim, plane):
    """Irons: u = G x on the boundary of a distorted mesh flows in the same way everywhere, in two steps."""
    flow, gradient = bare(dim, plane)
    path = follow(flow, np.zeros(flow.count), [0.5, 1.0])
    assert len(path.steps) == 2
    stress = response(flow.body, flow.reached[-1]).stress
    assert np.abs(stress - stress[0, 0]).max() < 1e-8 * np.abs(stress).max()
    u = path.steps[-1].x[: flow.first].reshape(-1, dim)
    assert np.abs(u - 5e-3 * flow.body.space.locations @ gradient.T).max() < 1e-10
    assert flow.history.equivalent.min() > 1e-3


# ----------------------------------------------------------------------------------------------------- thick cylinder


INNER, OUTER, RIGID = 1.0, 2.0, 0.4999
LIMIT = 2.0 * SY / np.sqrt(3.0)  # of the difference of principal stresses in plane strain


def cylinder(n, dim=2, nu=RIGID, hardening=(0.0, 0.0, 0.0), pressure=1.0):
    """Return a quarter of a cylinder under inner pressure in plane strain, n cells across; in 3D a slice of it."""
    ticks = (np.linspace(INNER, OUTER, n + 1), np.linspace(0.0, 0.5 * np.pi, 2 * n + 1), np.array([0.0, 0.5]))[:dim]

    def bent(p):
        return np.column_stack([p[:, 0] * np.cos(p[:, 1]), p[:, 0] * np.sin(p[:, 1]), p[:, 2:]])

    points, cells = grid(*ticks, mapped=bent)
    mesh = body_mesh(points, cells, "3d" if dim == 3 else "plan")
    ones = np.ones(len(cells))
    space = Space(mesh, 2)
    body = Body(space=space, cells=np.arange(len(cells)), young=E * ones, poisson=nu * ones, eigenstrain=0.0 * ones)
    at = space.locations
    held = [dim * np.flatnonzero(np.abs(at[:, i]) < 1e-9) + i for i in range(min(dim, 2))]
    if dim == 3:
        held.append(3 * np.flatnonzero((at[:, 2] < 1e-9) | (at[:, 2] > 0.5 - 1e-9)) + 2)
    given = np.unique(np.concatenate(held))
    facets, a, outside = mesh.facets
    rim = (outside < 0) & (np.linalg.norm(points[facets][..., :2], axis=2) < INNER + 1e-9).all(axis=1)
    push = traction_load(space, facets[rim], -pressure * outward_normals(mesh, facets[rim], a[rim]))
    still = np.zeros(len(given))
    motion = EndMotion(constrained=given, path=lambda _: still, free_modes=np.zeros((0, len(given))), push=push)
    return make_flow(body, np.outer(ones, [SY, *hardening]), motion)


def interface_pressure(c):
    """Pressure at which r < c has yielded: sy' [ln(c / a) + (1 - c2 / b2) / 2]; R. Hill, Plasticity, 1950, ch. 5."""
    return LIMIT * (np.log(c / INNER) + 0.5 * (1.0 - (c / OUTER) ** 2))


def swelling(flow, load):
    """Return the outer radius' displacement at a load, the mean of two symmetry planes."""
    x = follow(flow, np.zeros(flow.count), [load]).steps[-1].x[: flow.first].reshape(-1, flow.body.dim)
    at = flow.body.space.locations
    ends = [np.flatnonzero((np.abs(at[:, 1 - i]) < 1e-9) & (at[:, i] > OUTER - 1e-9)) for i in range(2)]
    return float(np.mean([x[ends[i], i].mean() for i in range(2)]))


def outer_displacement(c):
    """(1 - nu2) / E times the hoop stress sy' c2 / b2 at the outer face of what is still elastic, times b."""
    return OUTER * (1.0 - RIGID**2) / E * LIMIT * (c / OUTER) ** 2


def test_cylinder_converges_to_lame_and_to_the_plastic_interface():
    """Chords stand for arcs: second order. Negative control: von Mises' stress taken for the difference itself."""
    for c, reached in ((1.0, "first yield"), (1.5, "half way")):
        errors = [abs(swelling(cylinder(n), interface_pressure(c)) / outer_displacement(c) - 1.0) for n in (4, 8)]
        assert errors[1] < 5e-3, reached
        assert np.log2(errors[0] / errors[1]) > 1.7, reached
    tresca = swelling(cylinder(8), interface_pressure(1.5) * np.sqrt(3.0) / 2.0)
    assert abs(tresca / outer_displacement(1.5) - 1.0) > 0.1


def test_cylinder_yields_first_at_the_inner_face():
    """Below Lame's p = sy' (1 - a2 / b2) / 2 nothing flows; above it the innermost cells do. Chords: 1 %."""
    first = interface_pressure(INNER)
    for factor, flows in ((0.98, False), (1.1, True)):
        flow = cylinder(8)
        follow(flow, np.zeros(flow.count), [factor * first])
        radius = np.linalg.norm(flow.body.space.mesh.points[flow.body.space.mesh.cells].mean(axis=1), axis=1)
        yielded = (flow.history.equivalent > 0.0).any(axis=1)
        assert yielded.any() == flows
        assert not yielded[radius > 1.2].any()


@pytest.mark.parametrize(("dim", "n"), [(2, 4), (3, 3)])
def test_limit_load_is_not_stiffened(dim, n):
    """Flow at constant volume ends at p = sy' ln(b / a). Steps up to there are kept, and the end says where it is."""
    flow = cylinder(n, dim)
    exact = LIMIT * np.log(OUTER / INNER)
    path = follow(flow, np.zeros(flow.count), [0.7 * exact, 1.05 * exact])
    assert path.stopped.startswith("stopped at")
    assert "r0" in path.stopped or "singular" in path.stopped
    assert len(path.steps) >= 2
    assert len(flow.reached) == len(path.steps)
    assert path.steps[-1].load == pytest.approx(exact, rel=2e-3)
