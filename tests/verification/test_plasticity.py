"""J2 plasticity against closed forms, each cited where it is used.

Units: um, MPa, uN. Tolerances say where they come from: the controller's residual (1e-9) where the solution is in the
space of the elements, the observed error of the mesh used where it is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cells import grid
from pydantic import ValidationError
from scipy.optimize import brentq
from test_elasticity import boundary_dofs, record

from microfem.base.errors import MetricRefused, MicrofemError, SolveError
from microfem.fem.linear_elasticity.bodies import Body
from microfem.fem.linear_elasticity.body_forces import outward_normals, traction_load
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.plasticity.bodies import return_to_yield
from microfem.fem.plasticity.flow import make_flow, response
from microfem.fem.solvers.newton import follow
from microfem.fem.space import Space
from microfem.layout import Sheet
from microfem.materials import Material, Property
from microfem.metrics import MetricCall, mechanical, plastic, stiffness
from microfem.physics.mechanics.plasticity import PlasticityCase, solve
from microfem.solve.refinement import measure

E, NU, SY, H, Q, B = 100e3, 0.3, 100.0, 2000.0, 50.0, 100.0
UNITS = {"voce_rate": "1", "poisson_ratio": "1"}
VOCE = {"youngs_modulus": E, "poisson_ratio": NU, "yield_stress": SY, "hardening_modulus": H, "voce_stress": Q,
        "voce_rate": B}  # fmt: skip
PERFECT = {name: VOCE[name] for name in ("youngs_modulus", "poisson_ratio", "yield_stress")}


def metal(**stated):
    return Material("metal", "", {k: Property(v, UNITS.get(k, "MPa"), "made for a test") for k, v in stated.items()})


def made(mesh, **stated):
    """Return the mesh, all of one metal."""
    return replace(mesh, layout=replace(mesh.layout, materials={name: metal(**stated) for name in mesh.layout.names()}))


def block(dim, n=2, sides=(1.0, 1.0, 1.0), dimension=None, **stated):
    points, cells = grid(*[np.linspace(0.0, side, n + 1) for side in sides[:dim]])
    return made(record(points, cells, dimension or ("3d" if dim == 3 else "plan")), **stated)


def bend(k):
    return {"bend": {"radius": f"{float(1.0 / k)!r} um"}}


def run(mesh, load, **more):
    case = {"physics": "plasticity", "dimension": mesh.dimension, "load": load} | more
    return solve(mesh, PlasticityCase.model_validate(case))


def totals(solution, name):
    return np.array([step.totals[name][0] for step in solution.steps])


def strength(a):
    return SY + H * a + Q * (1.0 - np.exp(-B * a))


def test_a_radius_counts_the_factors_of_the_path():
    with pytest.raises(MicrofemError, match=r"radius of 0\.5 um is not above the thickness, 1 um"):
        run(block(2, dimension="section", **VOCE), bend(0.5), path=[1.0, -4.0])


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
    solution = run(block(dim, **VOCE), {"stretch": {"strain": 0.01}}, path=path, plane=plane, steps=2)
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
    mesh = record(points, cells, "3d" if dim == 3 else "plan")
    ones = np.ones(len(cells))
    body = Body(Space(mesh, 2), np.arange(len(cells)), E * ones, nu * ones, 0.0 * ones, plane)
    given = boundary_dofs(body.space)
    gradient = rng.normal(size=(dim, dim))
    moved = 5e-3 * (body.space.locations[given] @ gradient.T).ravel()
    motion = EndMotion(body.unknowns(given).ravel(), lambda load: load * moved, np.zeros((0, len(moved))))
    return make_flow(body, np.outer(ones, [sy, *hardening]), motion), gradient


def tangent_error(flow, other=None):
    """Return how far K v of `other` is from differences of the forces of `flow`, relative."""
    rng = np.random.default_rng(1)
    flow.commit(np.where(np.arange(flow.count) < flow.first, 1.0, 0.0) * rng.normal(size=flow.count) * 5e-4, 0.0)
    x, v = flow.reached[-1].x + 1e-4 * rng.normal(size=flow.count), rng.normal(size=flow.count)
    step = 1e-8
    ahead, behind = flow.forces(x + step * v, 0.0), flow.forces(x - step * v, 0.0)
    linear = (other or flow).linearise(x, 0.0, v[None])
    return np.abs(linear.lifts[0] - (ahead - behind) / (2.0 * step)).max() / np.abs(linear.lifts).max()


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
    v[flow.given] = 0.0
    linear = flow.linearise(x, 0.0, v[None])
    whole = linear.upper + linear.upper.T
    whole.setdiag(linear.upper.diagonal())
    product = whole @ v[flow.free]
    assert np.abs(product - linear.lifts[0, flow.free]).max() < 1e-12 * np.abs(product).max()


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
    mesh = record(points, cells, "3d" if dim == 3 else "plan")
    ones = np.ones(len(cells))
    space = Space(mesh, 2)
    body = Body(space, np.arange(len(cells)), E * ones, nu * ones, 0.0 * ones)
    at = space.locations
    held = [dim * np.flatnonzero(np.abs(at[:, i]) < 1e-9) + i for i in range(min(dim, 2))]
    if dim == 3:
        held.append(3 * np.flatnonzero((at[:, 2] < 1e-9) | (at[:, 2] > 0.5 - 1e-9)) + 2)
    given = np.unique(np.concatenate(held))
    facets, a, outside = mesh.facets
    rim = (outside < 0) & (np.linalg.norm(points[facets][..., :2], axis=2) < INNER + 1e-9).all(axis=1)
    push = traction_load(space, facets[rim], -pressure * outward_normals(mesh, facets[rim], a[rim]))
    still = np.zeros(len(given))
    motion = EndMotion(given, lambda _: still, np.zeros((0, len(given))), push=push)
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


# --------------------------------------------------------------------------------------------------- beam, springback

LENGTH, HEIGHT = 4.0, 2.0
FIRST = SY / E / (0.5 * HEIGHT)  # curvature at which the outer fibres yield


def beam(n, **stated):
    """Return a strip in section, n cells high on each side of the middle."""
    points, cells = grid(np.linspace(0.0, LENGTH, 3), np.linspace(0.0, HEIGHT, 2 * n + 1))
    return made(record(points, cells, "section"), **(stated or PERFECT))


def moment(k):
    """M of a perfectly plastic rectangle per depth: M_y (3/2 - (k_y / k)2 / 2), M_y = sy h2 / 6."""
    yielding = SY * HEIGHT**2 / 6.0
    return yielding * (1.5 - 0.5 * (FIRST / k) ** 2) if k > FIRST else yielding * k / FIRST


def test_beam_bends_elastic_plastic_and_springs_back():
    """Prager and Hodge, Theory of Perfectly Plastic Solids, 1951. The kink of the stress lies inside a cell."""
    k = 2.5 * FIRST
    errors = []
    for n in (4, 8):
        solution = run(beam(n), bend(k), plane="stress", release=True, steps=3)
        exact = [moment(k * part / 3.0) for part in (1, 2, 3)]
        errors.append(np.abs(totals(solution, "bending_moment")[:3] / exact - 1.0).max())
        left = k - moment(k) / (E * HEIGHT**3 / 12.0)
        assert plastic.residual_curvature(solution) == pytest.approx(1e3 * left, rel=5.0 * errors[-1])
        assert plastic.bending_moment(solution) == pytest.approx(0.0, abs=1e-12 * moment(k))
        assert solution.totals["neutral_axis"][0] == pytest.approx(0.5 * HEIGHT, abs=1e-6)
    assert errors[1] < 1e-3
    assert np.log2(errors[0] / errors[1]) > 1.7
    assert plastic.yielded_share(solution) == pytest.approx(1.0 - FIRST / k, abs=0.05)
    flowed = 0.5 * k * (0.5 * HEIGHT) ** 2 * (1.0 - FIRST / k) ** 2 / (0.5 * HEIGHT)  # mean of k z - sy / E
    assert plastic.mean_plastic_strain(solution) == pytest.approx(flowed, rel=0.01)
    assert plastic.max_plastic_strain(solution) == pytest.approx(0.5 * HEIGHT * (k - FIRST), rel=0.05)
    wrong = moment(k) * 1.5 / (1.5 - 0.5 * (FIRST / k) ** 2)  # negative control: the limit moment at this curvature
    assert abs(wrong / moment(k) - 1.0) > 10.0 * errors[1]


def test_below_yield_it_is_elasticity():
    """Nothing flows; moment, safety and strain are those of beam theory, and release leaves nothing."""
    k = 0.5 * FIRST
    held = run(beam(2), bend(k), plane="stress")
    assert held.totals["bending_moment"][0] == pytest.approx(moment(k), rel=1e-9)
    assert mechanical.safety(held) == pytest.approx(2.0, rel=1e-9)
    assert mechanical.max_strain(held) == pytest.approx(0.5 * HEIGHT * k, rel=1e-9)
    assert plastic.plastic_strain_percentile(held) == 0.0
    free = run(beam(2), bend(k), plane="stress", release=True)
    assert plastic.residual_curvature(free) == pytest.approx(0.0, abs=1e-9 * k)
    assert plastic.yielded_share(free) == 0.0


def test_one_yielding_side_moves_the_neutral_axis():
    """Lower half twice as strong, both faces flowing: forces balance three eighths of the height above the lower face.

    Fully plastic limit, approached as (k_y / k)2; the remaining difference at 40 k_y is below the tolerance.
    """
    n = 8
    points, cells = grid(np.linspace(0.0, LENGTH, 3), np.linspace(0.0, HEIGHT, 2 * n + 1))
    owner = (points[cells, 1].mean(axis=1) > 0.5 * HEIGHT).astype(np.int64)
    mesh = record(points, cells, "section", owner, {"r0": (E, NU), "r1": (E, NU)})
    strong, weak = metal(**(PERFECT | {"yield_stress": 2.0 * SY})), metal(**PERFECT)
    mesh = replace(mesh, layout=replace(mesh.layout, materials={"r0": strong, "r1": weak}))
    solution = run(mesh, bend(40.0 * FIRST), plane="stress", steps=6)
    # strengths 2 below and 1 above: 2 zn = 2 (h / 2 - zn) + h / 2, so zn = 3 h / 8 above the lower face
    assert solution.totals["neutral_axis"][0] == pytest.approx(0.375 * HEIGHT, rel=2e-2)
    assert solution.report.balance_error < 1e-9


def test_twist_of_a_bar_is_released():
    """A twisted square bar keeps a twist without torque; one that stayed elastic keeps none."""
    twisted = [run(block(3, 2, (2.0, 1.0, 1.0), **PERFECT), {"twist": {"rate": f"{rate} 1/um"}}, release=True, steps=2)
               for rate in (1e-3, 8e-3)]  # fmt: skip
    assert plastic.residual_twist(twisted[0]) == pytest.approx(0.0, abs=1e-9)
    torque = totals(twisted[1], "torque")
    assert 0.0 < plastic.residual_twist(twisted[1]) < 8.0 * 180.0 / np.pi
    assert abs(torque[-1]) < 1e-8 * torque[1]
    # sy a3 / (3 sqrt(3)), the sand hill of a square of side a, is never passed: Nadai 1923
    assert torque.max() < SY / np.sqrt(3.0) / 3.0 * 1.02


# ---------------------------------------------------------------------------------------------------- ends, refusals


def test_a_path_that_stops_keeps_its_steps_and_refuses_its_metrics():
    """A rod under more tension than it can bear: swollen by more than its clamps let it is fine, pressed out is not."""
    mesh = block(2, 2, **PERFECT)
    load = {"pressure": {"value": "-150 MPa", "on": "r0", "side": "xmax", "fixed": "xmin"}}
    solution = run(mesh, load, plane="stress")
    assert "load" in solution.stopped
    assert 0.6 < solution.steps[-1].load < 0.85  # the clamp holds the ends across, by up to 2 / sqrt(3)
    assert solution.totals == solution.steps[-1].totals
    found = measure(solution, {"share": MetricCall("yielded_share", "case", {})})
    assert "ended early" in found.refused["share"]
    with pytest.raises(SolveError, match="stopped at 0 "):
        run(mesh, {"pressure": load["pressure"] | {"value": "-1e9 MPa"}}, plane="stress", steps=1)


def test_a_clamped_face_bears_the_pressure_while_metal_flows():
    """Force balance: pressure times the width of the face, none along x. Negative control: it is no multiple of SY."""
    press = {"pressure": {"value": f"{1.2 * SY} MPa", "on": "r0", "side": "zmax"}}
    found = run(block(2, dimension="section", **VOCE), press)
    assert plastic.yielded_share(found) > 0.5
    assert stiffness.reaction(found, axis="z") == pytest.approx(1.2 * SY, rel=1e-6)
    assert stiffness.reaction(found, axis="x") == 0.0
    assert stiffness.reaction(found, axis="z") != pytest.approx(SY, rel=0.1)


def test_plastic_strain_in_plan_is_of_the_regions_that_the_plan_meets():
    """A base below is in the layout and not in the view: it is no part, and changes nothing."""
    pull = {"stretch": {"strain": 0.01}}
    alone = block(2, **VOCE)
    below = replace(alone.layout.regions[0], name="base", z=(-1.0, 0.0))
    layout = replace(alone.layout, regions=(*alone.layout.regions, below))
    both = made(replace(alone, layout=layout), **VOCE)
    found, known = (run(mesh, pull, plane="stress") for mesh in (both, alone))
    assert plastic.mean_plastic_strain(found) == plastic.mean_plastic_strain(known) > 1e-3
    with pytest.raises(MicrofemError, match="no solid region or role 'base'"):
        plastic.mean_plastic_strain(found, region="base")


def test_a_held_device_has_nothing_left():
    held = run(beam(1), bend(FIRST), plane="stress")
    with pytest.raises(MetricRefused, match="release: true"):
        plastic.residual_curvature(held)
    with pytest.raises(MetricRefused, match="twist"):
        plastic.residual_twist(held)


def test_bad_input_is_refused_with_its_reason():
    with pytest.raises(ValidationError, match="order: 2"):
        run(beam(1), bend(FIRST), order=1)
    with pytest.raises(MicrofemError, match="thickness"):
        run(beam(1), bend(2.0 / HEIGHT))
    with pytest.raises(MicrofemError, match="no yield_stress"):
        run(beam(1, youngs_modulus=E, poisson_ratio=NU, hardening_modulus=1.0), {"stretch": {"strain": 0.01}})
    with pytest.raises(MicrofemError, match="needs both"):
        run(beam(1, **PERFECT, voce_stress=1.0), {"stretch": {"strain": 0.01}})
    points, cells = grid(np.linspace(0.0, LENGTH, 3), np.linspace(0.0, HEIGHT, 3))
    film = Sheet("film", "bridge", beam(1).layout.regions[0].footprint, 0.0, 0.01)
    bottom = np.flatnonzero(points[:, 1] == 0.0)
    edges = np.column_stack([bottom[:-1], bottom[1:]])
    laws = {"r0": (E, NU), "film": (E, NU)}
    mesh = record(points, cells, "section", laws=laws, sheets={"film": edges}, films=(film,))
    with pytest.raises(MicrofemError, match="make it thicker"):
        run(mesh, {"stretch": {"strain": 0.01}})
