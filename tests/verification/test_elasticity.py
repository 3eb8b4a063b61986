"""Linear elasticity against closed forms: patches, convergence, stretch, pressure, twist, metrics and what is refused.

Units: um, MPa, uN. Tolerances say where they come from: round-off where the exact solution is quadratic, hence in
the P2 space; the observed error of the mesh used where it is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError
from skfem import Basis, ElementVector, LinearForm

from microfem.base.errors import MetricRefused, MicrofemError, SolveError
from microfem.fem.linear_elasticity.bodies import respond
from microfem.fem.linear_elasticity.rigid_body_constraints import hold
from microfem.fem.space import element
from microfem.metrics import mechanical, stiffness
from microfem.physics.mechanics.elasticity import ElasticityCase
from support.cells import grid
from support.elastic_bodies import (
    LAYERS,
    NU,
    STIFF,
    body_mesh,
    body_of,
    boundary_dofs,
    composite,
    rectangle_constant,
    strip,
)
from support.materials import matter
from support.solving import solve_elasticity, total

# ---------------------------------------------------------------------------------------- patch and convergence


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("order", [1, 2])
def test_patch_reproduces_constant_strain(dim, order):
    """Irons: u = G x on the boundary gives e = sym G everywhere; tolerance: round-off."""
    rng = np.random.default_rng(1)
    points, cells = grid(*[np.linspace(0, 1, 5)] * dim)
    inner = ((points > 0) & (points < 1)).all(axis=1)
    points[inner] += rng.uniform(-0.05, 0.05, (inner.sum(), dim))
    body = body_of(body_mesh(points, cells, "3d" if dim == 3 else "plan"), order)
    g = rng.normal(size=(dim, dim)) * 1e-2
    given = boundary_dofs(body.space)
    held = hold(body, body.unknowns(given).ravel(), (body.space.locations[given] @ g.T).reshape(1, -1))
    u = held.u[0].reshape(-1, dim)
    assert np.abs(u - body.space.locations @ g.T).max() < 1e-10 * np.abs(g).max()
    e = 0.5 * (g + g.T)
    assert np.abs(respond(body, u).strain - e).max() < 1e-10 * np.abs(e).max()


def manufactured(dim, young, nu):
    """Return u and f = -div sigma for u = grad phi + curl psi, both eigenfunctions of the Laplacian.

    div grad phi = -k2 phi, so f = (lambda + 2 mu) k2 grad phi + mu k2 curl psi (Navier's equations).
    """
    k = np.array([2.0, 1.5, 1.0])[:dim]
    k2, mu = k @ k, young / (2 * (1 + nu))
    lam = young * nu / ((1 + nu) * (1 - 2 * nu))

    def trig(x, lift):
        s, c = np.sin, np.cos
        out = np.ones_like(x[0])
        for i in range(dim):
            out = out * ((k[i] * c(k[i] * x[i] + 0.3 * i)) if i == lift else s(k[i] * x[i] + 0.3 * i))
        return out

    def grad(x):
        return np.stack([trig(x, i) for i in range(dim)])

    def curl(x):
        return np.stack([trig(x, 1), -trig(x, 0), *([0.0 * x[0]] * (dim - 2))])

    return lambda x: grad(x) + curl(x), lambda x: (lam + 2 * mu) * k2 * grad(x) + mu * k2 * curl(x)


def energy_error(dim, order, n, nu=0.3, wrong=None):
    points, cells = grid(*[np.linspace(0, 1, n + 1)] * dim)
    body = body_of(body_mesh(points, cells, "3d" if dim == 3 else "plan"), order, 1.0, nu)
    exact, force = manufactured(dim, 1.0, nu)
    body = replace(body, **(wrong(body) if wrong else {}))
    basis = Basis(body.space.skfem_mesh, ElementVector(element(dim, order)), intorder=6)
    scalar = body.space.basis(intorder=6)
    load = np.zeros((body.space.ndofs, dim))
    for i in range(dim):
        load[:, i] = LinearForm(lambda v, w, i=i: force(w.x)[i] * v).assemble(scalar)
    given = boundary_dofs(body.space)
    held = hold(body, body.unknowns(given).ravel(), exact(body.space.locations[given].T).T.reshape(1, -1),
                load.reshape(1, -1))  # fmt: skip
    step, error = 1e-5, 0.0
    x = basis.global_coordinates()
    for i in range(dim):
        found = scalar.interpolate(held.u[0].reshape(-1, dim)[:, i]).grad
        for j in range(dim):
            shift = step * np.eye(dim)[j][:, None, None]
            slope = (exact(x + shift)[i] - exact(x - shift)[i]) / (2 * step)
            error += float(((found[j] - slope) ** 2 * basis.dx).sum())
    return error**0.5


@pytest.mark.parametrize(("dim", "order", "nu"), [(2, 1, 0.3), (2, 2, 0.3), (2, 2, 0.49), (3, 1, 0.3), (3, 2, 0.3)])
def test_manufactured_solution_converges_at_the_polynomial_order(dim, order, nu):
    """The H1 error falls as h^order for a smooth solution (Cea and interpolation); 0.1 off for finite h."""
    sizes = (8, 16) if dim == 2 or order == 1 else (4, 8)
    coarse, fine = (energy_error(dim, order, n, nu) for n in sizes)
    assert np.log2(coarse / fine) > order - 0.1


@pytest.mark.parametrize("wrong", [lambda b: {"poisson": -b.poisson}, lambda b: {"plane": "stress"}])
def test_a_wrong_law_does_not_converge(wrong):
    """Negative control of the test above: Poisson's ratio with its sign turned, or plane stress for strain."""
    coarse, fine = (energy_error(2, 2, n, 0.3, wrong) for n in (8, 16))
    assert np.log2(coarse / fine) < 0.1


# ---------------------------------------------------------------------------------------- stretch, pressure, twist


def test_a_bar_stretches_and_narrows():
    """F = E A e and transverse strain -nu e; exact in the space, round-off."""
    done = solve_elasticity(strip((2.0,), [(70.0, 0.25)], depth=3.0), {"stretch": {"strain": "1 %", "axis": "x"}})
    assert total(done, "axial_force") == pytest.approx(70.0 * 6.0 * 0.01, rel=1e-10)
    assert np.abs(done.field("strain").values - np.diag([0.01, -0.0025, -0.0025])).max() < 1e-11


def test_clamped_ends_stiffen_a_bar():
    """Clamping adds constraints: by the minimum principle the force grows, by less than to E/((1+nu)(1-2nu))(1-nu)."""
    mesh = strip((2.0,), [(70.0, 0.4)], depth=3.0, length=6.0)
    free, held = (solve_elasticity(mesh, {"stretch": {"strain": "1 %", "clamped": c}}) for c in (False, True))
    confined = (1 - 0.4) / (1.4 * 0.2)
    assert 1.02 < total(held, "axial_force") / total(free, "axial_force") < confined


@pytest.mark.parametrize("side", ["zmax", None])
def test_pressure_on_a_column_without_poissons_ratio(side):
    """u_z = -p h/E, reaction p A, with nu = 0 and sides that push against each other; round-off."""
    column = strip((2.0,), [(70.0, 0.0)], depth=3.0, length=6.0)
    done = solve_elasticity(column, {"pressure": {"value": "10 kPa", "on": "r0", "side": side}})
    assert total(done, "reaction.z") == pytest.approx(0.01 * 18.0, rel=1e-10)
    if side:
        top = np.unique(done.mesh.faces["zmax"])
        assert done.field("displacement").values[top, 2] == pytest.approx(-0.01 * 2.0 / 70.0, rel=1e-10)


def twisted(across, a, b, mapped=lambda p: p, order=2):
    points, cells = grid(np.linspace(0, 2, 3), np.linspace(-a / 2, a / 2, across + 1),
                         np.linspace(-b / 2, b / 2, across + 1), mapped=mapped)  # fmt: skip
    done = solve_elasticity(
        body_mesh(points, cells, laws={"r0": (2.6, 0.3)}), {"twist": {"rate": "1 deg/mm"}}, order=order
    )
    return total(done, "torsional_stiffness")  # with G = 1


def test_a_rectangular_bar_twists_as_saint_venant_says():
    """T / rate = G J. P2 bounds the stiffness from above, and its error falls as h^4 in the energy, or nearly."""
    exact = rectangle_constant(2.0, 1.0)
    errors = [twisted(n, 2.0, 1.0) / exact - 1 for n in (3, 6)]
    assert 0 < errors[1] < 3e-3
    assert errors[0] / errors[1] > 8


def test_a_round_bar_twists_as_coulomb_says():
    """J = pi r4/2 of a circle, here of a regular polygon of 24 sides.

    Its J lies between that of the circle inside it, cos(pi/n)4, and that of a circle of its area, the stiffest of
    all outlines of one area (Polya, Quart. Appl. Math. 6 (1948) 267): 0.966 to 0.977 of pi r4/2.
    """

    def disc(p):
        wide = np.abs(p[:, 1]) >= np.abs(p[:, 2])
        major, minor = np.where(wide, p[:, 1:].T, p[:, :0:-1].T)
        angle = 0.25 * np.pi * minor / np.where(major == 0.0, 1.0, major)
        near, far = major * np.cos(angle), major * np.sin(angle)
        return np.column_stack([p[:, 0], np.where(wide, near, far), np.where(wide, far, near)])

    sides = 24
    inside, same = np.cos(np.pi / sides) ** 4, (sides / (2 * np.pi) * np.sin(2 * np.pi / sides)) ** 2
    assert inside < twisted(sides // 4, 2.0, 2.0, disc) / (np.pi / 2) < same


def test_wrong_shear_modulus_fails_the_torsion_check():
    """Negative control: G = E/2 instead of E/(2 (1 + nu)) is 30 % off, far outside the 0.3 % of the check."""
    assert 1.3 * twisted(3, 2.0, 1.0) / rectangle_constant(2.0, 1.0) - 1 > 3e-3


# ---------------------------------------------------------------------------------------- metrics


def test_metrics_of_a_bent_strip():
    """Peak, mean and percentiles of |z - zn|/R over layers, EI and safety, all from the beam's closed form.

    The top layer strains from (3.5 - zn)/R to (4.5 - zn)/R, uniformly over its volume; the inside of the bend is
    in tension across it by nu times less, so the largest principal strain is the axial one where it is positive.
    """
    radius = 200.0
    done = solve_elasticity(strip(LAYERS, [(e, NU) for e in STIFF], each=8, roles={"r2": "electrolyte"}),
               {"bend": {"radius": f"-{radius} um"}}, plane="stress")  # fmt: skip
    _, zn, ei = composite(LAYERS, STIFF)
    low, high = (3.5 - zn) / radius, (4.5 - zn) / radius
    assert mechanical.max_strain(done, region="r2") == pytest.approx(high, rel=1e-8)
    assert mechanical.max_strain(done, region="electrolyte") == pytest.approx(high, rel=1e-8)
    assert mechanical.max_strain(done) == pytest.approx(max(low, NU * zn / radius), rel=1e-8)
    assert mechanical.mean_strain(done, region="r2") == pytest.approx(0.5 * (low + high), rel=1e-8)
    quarter = mechanical.strain_percentile(done, percent=25, region="r2")  # points stand for slices of a cell's height
    assert quarter == pytest.approx(low + 0.25 * (high - low), rel=0.005)
    assert stiffness.bending_stiffness(done) == pytest.approx(ei * 1e-9, rel=1e-7)
    assert mechanical.max_von_mises(done) == pytest.approx(5e4 * low, rel=1e-7)
    assert mechanical.max_stress(done) == pytest.approx(5e4 * low, rel=1e-7)
    assert stiffness.strain_energy(done) == pytest.approx(0.5 * ei * 40.0 / radius**2 * 1e-6, rel=1e-7)


def test_safety_is_that_of_the_weakest_part():
    """Yield stress over E e of each layer under uniform stretch; layers without a yield stress do not count."""
    mesh = strip((1.0, 1.0, 1.0), [(100.0, NU), (300.0, NU), (900.0, NU)])
    weak = {"r0": matter(youngs_modulus=100.0, poisson_ratio=NU, yield_stress=2.0),
            "r1": matter(youngs_modulus=300.0, poisson_ratio=NU, yield_stress=4.0)}  # fmt: skip
    mesh = replace(mesh, layout=replace(mesh.layout, materials={**mesh.layout.materials, **weak}))
    done = solve_elasticity(mesh, {"stretch": {"strain": "1 %"}}, plane="stress")
    assert mechanical.safety(done) == pytest.approx(4.0 / 3.0, rel=1e-8)
    assert mechanical.safety(done, region="r0") == pytest.approx(2.0, rel=1e-8)
    with pytest.raises(MetricRefused, match="yield_stress"):
        mechanical.safety(done, region="r2")
    with pytest.raises(MetricRefused, match="bend"):
        stiffness.bending_stiffness(done)
    with pytest.raises(MicrofemError, match="did you mean 'substrate'"):
        mechanical.max_strain(done, region="substrat")


# ---------------------------------------------------------------------------------------- what is refused


def test_a_floating_island_is_named():
    """A layer beyond a liquid has no stiffness path to the rest."""
    mesh = strip((2.0, 1.0, 0.5), [(70.0, 0.3), None, (70.0, 0.3)], roles={"r1": "electrolyte"})
    with pytest.raises(SolveError, match="r2"):
        solve_elasticity(mesh, {"pressure": {"value": "1 kPa", "on": "r0", "side": "xmax", "fixed": "zmin"}})


def test_liquid_regions_are_left_out():
    """The stiffness of the layer under a liquid alone, and NaN in the liquid."""
    mesh = strip((2.0, 1.0), [(70.0, 0.3), None], roles={"r1": "electrolyte"})
    done = solve_elasticity(mesh, {"bend": {"radius": "200 um"}}, plane="stress")
    assert total(done, "bending_stiffness") == pytest.approx(70.0 * 8.0 / 12, rel=1e-9)
    assert np.isnan(done.field("stress").values[mesh.cells_of("r1")]).all()


def test_an_electrode_without_modulus_is_refused():
    with pytest.raises(MicrofemError, match="youngs_modulus"):
        solve_elasticity(strip((2.0, 1.0), [(70.0, 0.3), None]), {"bend": {"radius": "200 um"}})


@pytest.mark.parametrize(("load", "told"), [
    ({}, "exactly one"), ({"bend": {"radius": "5 mm"}, "stretch": {"strain": "1 %"}}, "exactly one"),
    ({"bend": {"radius": "5"}}, "unit"), ({"bend": {"radius": "0 mm"}}, "zero"),
    ({"bend": {"radius": "5 MPa"}}, "kind"), ({"twist": {"rate": "1 deg/mm"}}, "3d"),
    ({"stretch": {"strain": "1 %", "axis": "y"}}, "axis"),
    ({"mismatch": {"strain": {}}}, "at least 1"),
])  # fmt: skip
def test_impossible_loads_are_refused(load, told):
    case = {"physics": "elasticity", "dimension": "section", "load": load}
    with pytest.raises(ValidationError, match=told):
        ElasticityCase.model_validate(case)


def test_unknown_regions_are_named():
    with pytest.raises(MicrofemError, match="did you mean 'substrate'"):
        solve_elasticity(strip((2.0,), [(1.0, 0.3)]), {"mismatch": {"strain": {"substrat": "1 %"}}})
