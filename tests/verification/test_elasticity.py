"""Linear elasticity against closed forms and NAFEMS benchmarks, each cited where it is used.

Units: um, MPa, uN. Tolerances say where they come from: round-off where the exact solution is quadratic, hence in
the P2 space; the observed error of the mesh used where it is not.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from cells import grid
from pydantic import ValidationError
from skfem import Basis, ElementVector, LinearForm

from microfem.base.errors import MetricRefused, MicrofemError, SolveError
from microfem.fem.linear_elasticity.bodies import Body, respond
from microfem.fem.linear_elasticity.body_forces import outward_normals, traction_load
from microfem.fem.linear_elasticity.rigid_body_constraints import hold
from microfem.fem.space import Space, element, jacobians, shape_gradients
from microfem.layout import Layout, Region, Sheet
from microfem.materials import Material, Property
from microfem.mesh import Mesh
from microfem.metrics import mechanical, stiffness
from microfem.physics.mechanics.elasticity import ElasticityCase, solve

AXES = {"3d": "xyz", "section": "xz", "plan": "xy"}


def elastic(young, poisson):
    made = {"youngs_modulus": (young, "MPa"), "poisson_ratio": (poisson, "1")}
    return Material("made", "", {k: Property(v, u, "made for a test") for k, (v, u) in made.items()})


def record(points, cells, dimension="3d", owner=None, laws=None, sheets=None, films=(), roles=None):
    """Return a Mesh of regions r0, r1, ... with laws (E, nu); films: Sheet records, sheets: their facets."""
    owner = np.zeros(len(cells), dtype=np.int64) if owner is None else owner
    names = tuple(f"r{i}" for i in range(owner.max() + 1))
    box = shapely.box(0, 0, 1, 1)
    regions = tuple(Region(name=n, role=(roles or {}).get(n, "substrate"), footprint=box, z=(0.0, 1.0)) for n in names)
    laws = laws or {n: (1.0, 0.3) for n in names}
    materials = {n: elastic(*law) if law else Material("liquid", "", {}) for n, law in laws.items()}
    layout = Layout(
        family="test",
        params={},
        regions=regions,
        terminals={},
        feature=1.0,
        gap=1.0,
        plane=0.5,
        sheets=tuple(films),
        materials=materials,
    )
    mesh = Mesh(
        points=points,
        cells=cells,
        region_of_cell=owner,
        regions=names,
        dimension=dimension,
        layout=layout,
        sheets=sheets or {},
        faces={},
        flat=points,
    )
    facets, _, outside = mesh.facets
    facets, faces = facets[outside < 0], {}
    for k, axis in enumerate(AXES[dimension]):
        for end, value in (("min", points[:, k].min()), ("max", points[:, k].max())):
            faces[axis + end] = facets[(np.abs(points[facets, k] - value) < 1e-9).all(axis=1)]
    return replace(mesh, faces=faces)


def layered(mesh_points, cells, heights):
    """Return the layer of each cell from interfaces along the last axis."""
    return np.searchsorted(heights, mesh_points[cells, -1].mean(axis=1))


def body_of(mesh, order=2, young=1.0, poisson=0.3, plane="strain"):
    cells = np.arange(len(mesh.cells))
    ones = np.ones(len(cells))
    return Body(
        space=Space(mesh, order),
        cells=cells,
        young=young * ones,
        poisson=poisson * ones,
        eigenstrain=0.0 * ones,
        plane=plane,
    )


def boundary_dofs(space):
    facets, _, outside = space.mesh.facets
    return np.unique(space.dofs(facets[outside < 0]))


def run(mesh, load, **more):
    case = {"physics": "elasticity", "dimension": mesh.dimension, "load": load} | more
    return solve(mesh, ElasticityCase.model_validate(case))


def total(solution, name):
    return solution.totals[name][0]


def stress_at(body, u, point):
    """Return the stress (3, 3) at a vertex, the mean over the cells that share it."""
    mesh = body.space.mesh
    vertex = np.argmin(np.linalg.norm(mesh.points - point, axis=1))
    own, local = np.nonzero(mesh.cells == vertex)
    corners = tuple(map(tuple, np.vstack([np.zeros(mesh.dim), np.eye(mesh.dim)]).tolist()))
    d = shape_gradients(mesh.dim, body.space.order, corners)[local]
    inverse, _ = jacobians(mesh.points, mesh.cells[own])
    grad = np.einsum("nak,nai,nkj->nij", d, u.reshape(-1, mesh.dim)[body.space.cell_dofs[own]], inverse)
    e = 0.5 * (grad + np.swapaxes(grad, 1, 2)).mean(axis=0)
    full = np.zeros((3, 3))
    full[: mesh.dim, : mesh.dim] = e
    young, nu = body.young[own[0]], body.poisson[own[0]]
    if mesh.dim == 2 and body.plane == "stress":
        full[2, 2] = -nu / (1 - nu) * np.trace(e)
    return young / (1 + nu) * (full + nu / (1 - 2 * nu) * np.trace(full) * np.eye(3))


# ---------------------------------------------------------------------------------------- patch and convergence


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("order", [1, 2])
def test_patch_reproduces_constant_strain(dim, order):
    """Irons: u = G x on the boundary gives e = sym G everywhere; tolerance: round-off."""
    rng = np.random.default_rng(1)
    points, cells = grid(*[np.linspace(0, 1, 5)] * dim)
    inner = ((points > 0) & (points < 1)).all(axis=1)
    points[inner] += rng.uniform(-0.05, 0.05, (inner.sum(), dim))
    body = body_of(record(points, cells, "3d" if dim == 3 else "plan"), order)
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
    body = body_of(record(points, cells, "3d" if dim == 3 else "plan"), order, 1.0, nu)
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


# ---------------------------------------------------------------------------------------- bending


def strip(layers, laws, length=40.0, across=8, each=2, dimension="section", depth=None, **more):
    """Return a layered strip from z = 0 up; layers: thicknesses."""
    heights = np.concatenate([[0.0], np.cumsum(layers)])
    z = np.unique(np.concatenate([np.linspace(a, b, each + 1) for a, b in pairwise(heights)]))
    ticks = [np.linspace(-length / 2, length / 2, across + 1)]
    ticks += [np.linspace(-depth / 2, depth / 2, 3)] if depth else []
    points, cells = grid(*ticks, z)
    owner = layered(points, cells, heights[1:-1])
    return record(points, cells, "3d" if depth else dimension, owner,
                  {f"r{i}": law for i, law in enumerate(laws)}, **more)  # fmt: skip


def composite(layers, moduli):
    """Return EA, neutral height ES/EA and EI about it of a layered beam of unit width (facts of any beam theory)."""
    top = np.cumsum(layers)
    middle = top - 0.5 * np.array(layers)
    ea, es = moduli @ np.array(layers), moduli @ (np.array(layers) * middle)
    zn = es / ea
    return ea, zn, float(moduli @ (np.array(layers) ** 3 / 12 + np.array(layers) * (middle - zn) ** 2))


LAYERS, STIFF, NU = (3.0, 0.5, 1.0), np.array([1000.0, 50000.0, 10.0]), 0.3


@pytest.mark.parametrize(("plane", "depth"), [("strain", None), ("stress", None), ("strain", 5.0)])
def test_multilayer_bending_has_its_neutral_axis_and_strain(plane, depth):
    """Beam theory: zn = ES/EA, EI = sum E (I + A d2), e = -(z - zn)/R; plane strain takes E/(1 - nu2).

    Timoshenko, Strength of Materials, part I, ch. 7. With one Poisson's ratio for all layers the exact solution
    is quadratic (s_xx only), hence in the P2 space: round-off, amplified by the contrast of 5000.
    """
    mesh = strip(LAYERS, [(e, NU) for e in STIFF], depth=depth)
    done = run(mesh, {"bend": {"radius": "200 um"}}, **({} if depth else {"plane": plane}))
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
    done = run(mesh, {"bend": {"radius": "200 um"}}, plane="stress")
    assert total(done, "bending_stiffness") != pytest.approx(wrong, rel=0.1)
    assert total(done, "neutral_axis") != pytest.approx(0.5 * sum(LAYERS), rel=0.1)


def test_film_on_a_substrate_follows_suo():
    """Top strain (tf + ts)/2R (1 + 2 eta + chi eta2)/((1 + eta)(1 + chi eta)), eta = tf/ts, chi = Ef/Es.

    Z. Suo et al., Appl. Phys. Lett. 74 (1999) 1177. Radius below 0 puts the film outside, in tension.
    """
    ts, tf, es, ef, radius = 10.0, 2.0, 5.0, 100.0, 500.0
    done = run(strip((ts, tf), [(es, NU), (ef, NU)]), {"bend": {"radius": f"-{radius} um"}}, plane="stress")
    eta, chi = tf / ts, ef / es
    top = (tf + ts) / (2 * radius) * (1 + 2 * eta + chi * eta**2) / ((1 + eta) * (1 + chi * eta))
    mesh, strain = done.mesh, done.field("strain").values[..., 0, 0]
    middle = mesh.points[mesh.cells, 1].mean(axis=1)
    slope, level = np.polyfit(middle, strain.mean(axis=1), 1)
    assert slope * (ts + tf) + level == pytest.approx(top, rel=1e-8)


# ---------------------------------------------------------------------------------------- films


def filmed(depth=None):
    mesh = strip((4.0,), [(1000.0, NU)], across=40 if not depth else 8, depth=depth)
    film = Sheet(name="film", role="anode_collector", footprint=shapely.box(0, 0, 1, 1), z=4.0, thickness=0.01)
    layout = replace(mesh.layout, sheets=(film,), materials={**mesh.layout.materials, "film": elastic(2e5, NU)})
    return replace(mesh, sheets={"film": mesh.faces["zmax"]}, layout=layout)


@pytest.mark.parametrize(("plane", "depth"), [("strain", None), ("stress", None), ("strain", 5.0)])
def test_a_film_stiffens_like_a_layer_without_height(plane, depth):
    """EA, zn, EI of a beam with a membrane of stiffness E t (plane strain: E t/(1 - nu2)) on its top."""
    mesh = filmed(depth=depth)
    done = run(mesh, {"bend": {"radius": "-200 um"}}, **({} if depth else {"plane": plane}))
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
        run(replace(mesh, layout=layout, sheets={"film": mesh.faces["zmax"]}), {"bend": {"radius": "200 um"}})


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
    done = run(mesh, {"mismatch": {"strain": {"r0": strain}}}, plane=plane)
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
    done = run(filmed(), {"mismatch": {"strain": {"film": strain}}}, plane="stress")
    balance = np.array([[ea + n, -n * 2.0], [-n * 2.0, ei + n * 4.0]])  # strain at mid-height, curvature
    _, k = np.linalg.solve(balance, n * strain * np.array([1.0, -2.0]))
    assert central_curvature(done, 6.0) == pytest.approx(k, rel=1e-4)


@pytest.mark.parametrize("dimension", ["3d", "plan"])
def test_free_uniform_swelling_is_without_stress(dimension):
    """No stress and e = e* 1 in a free uniform body; plane stress in 2D. Round-off."""
    mesh = record(*grid(*[np.linspace(0, 1, 4)] * (3 if dimension == "3d" else 2)), dimension)
    done = run(mesh, {"mismatch": {"strain": {"substrate": "1 %"}}}, **({} if mesh.dim == 3 else {"plane": "stress"}))
    assert np.abs(done.field("strain").values - 0.01 * np.eye(mesh.dim)).max() < 1e-12
    assert done.field("von_mises").values.max() < 1e-12
    assert total(done, "strain_energy") == pytest.approx(0.0, abs=1e-14)


def test_swelling_held_in_plane_strain_keeps_its_stress_across():
    """Free in the plane, held across it: s_yy = -E e*, the only stress, hence von Mises E e*."""
    done = run(strip((2.0,), [(70.0, 0.25)]), {"mismatch": {"strain": {"r0": "1 %"}}})
    assert done.field("von_mises").values == pytest.approx(0.7, rel=1e-9)


# ---------------------------------------------------------------------------------------- stretch, pressure, twist


def test_a_bar_stretches_and_narrows():
    """F = E A e and transverse strain -nu e; exact in the space, round-off."""
    done = run(strip((2.0,), [(70.0, 0.25)], depth=3.0), {"stretch": {"strain": "1 %", "axis": "x"}})
    assert total(done, "axial_force") == pytest.approx(70.0 * 6.0 * 0.01, rel=1e-10)
    assert np.abs(done.field("strain").values - np.diag([0.01, -0.0025, -0.0025])).max() < 1e-11


def test_clamped_ends_stiffen_a_bar():
    """Clamping adds constraints: by the minimum principle the force grows, by less than to E/((1+nu)(1-2nu))(1-nu)."""
    mesh = strip((2.0,), [(70.0, 0.4)], depth=3.0, length=6.0)
    free, held = (run(mesh, {"stretch": {"strain": "1 %", "clamped": c}}) for c in (False, True))
    confined = (1 - 0.4) / (1.4 * 0.2)
    assert 1.02 < total(held, "axial_force") / total(free, "axial_force") < confined


@pytest.mark.parametrize("side", ["zmax", None])
def test_pressure_on_a_column_without_poissons_ratio(side):
    """u_z = -p h/E, reaction p A, with nu = 0 and sides that push against each other; round-off."""
    done = run(strip((2.0,), [(70.0, 0.0)], depth=3.0, length=6.0), {"pressure": {"value": "10 kPa", "on": "r0",
               "side": side}})  # fmt: skip
    assert total(done, "reaction.z") == pytest.approx(0.01 * 18.0, rel=1e-10)
    if side:
        top = np.unique(done.mesh.faces["zmax"])
        assert done.field("displacement").values[top, 2] == pytest.approx(-0.01 * 2.0 / 70.0, rel=1e-10)


def rectangle_constant(a, b, terms=60):
    """Return J of a rectangle a >= b: Timoshenko and Goodier, Theory of Elasticity, art. 109 (series in tanh)."""
    odd = np.arange(1, 2 * terms, 2)
    return a * b**3 / 3 * (1 - 192 / np.pi**5 * b / a * (np.tanh(odd * np.pi * a / (2 * b)) / odd**5).sum())


def twisted(across, a, b, mapped=lambda p: p, order=2):
    points, cells = grid(np.linspace(0, 2, 3), np.linspace(-a / 2, a / 2, across + 1),
                         np.linspace(-b / 2, b / 2, across + 1), mapped=mapped)  # fmt: skip
    done = run(record(points, cells, laws={"r0": (2.6, 0.3)}), {"twist": {"rate": "1 deg/mm"}}, order=order)
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


# ---------------------------------------------------------------------------------------- holes and benchmarks


def kirsch(points, a, young, nu, plane):
    """Return u around a hole of radius a under unit tension along x.

    G. Kirsch, Z. VDI 42 (1898) 797; displacements in Timoshenko and Goodier, art. 35, with k = 3 - 4 nu
    (plane strain) or (3 - nu)/(1 + nu).
    """
    mu, k = young / (2 * (1 + nu)), 3 - 4 * nu if plane == "strain" else (3 - nu) / (1 + nu)
    r, t = np.hypot(*points.T) / a, np.arctan2(points[:, 1], points[:, 0])
    x = r * (k + 1) * np.cos(t) + 2 / r * ((1 + k) * np.cos(t) + np.cos(3 * t)) - 2 / r**3 * np.cos(3 * t)
    y = r * (k - 3) * np.sin(t) + 2 / r * ((1 - k) * np.sin(t) + np.sin(3 * t)) - 2 / r**3 * np.sin(3 * t)
    return a / (8 * mu) * np.column_stack([x, y])


def hole_stress(n, plane):
    def quarter(p):
        t, s = 0.5 * np.pi * p[:, 0], np.expm1(1.5 * p[:, 1]) / np.expm1(1.5)
        ray = np.column_stack([np.cos(t), np.sin(t)])
        return ray * (1 + s * (4 / np.abs(ray).max(axis=1) - 1))[:, None]

    points, cells = grid(np.linspace(0, 1, n + 1), np.linspace(0, 1, n + 1), mapped=quarter)
    body = body_of(record(points, cells, "plan"), 2, 10.0, 0.3, plane)
    every = boundary_dofs(body.space)
    at = body.space.locations[every]
    given = every[np.hypot(*at.T) > 1 + 1e-9]  # all but the hole's edge (whose chords lie within the circle)
    ends = every[(at[:, 0] < 1e-9) | (at[:, 1] < 1e-9)]
    given = np.union1d(given, ends)
    wanted = kirsch(body.space.locations[given], 1.0, 10.0, 0.3, plane)
    held = hold(body, body.unknowns(given).ravel(), wanted.reshape(1, -1))
    return stress_at(body, held.u[0], (0.0, 1.0))[0, 0]


@pytest.mark.parametrize("plane", ["strain", "stress"])
def test_a_round_hole_triples_the_stress(plane):
    """s_max = 3 s at the hole's edge across the load, with Kirsch's displacements on the square's border.

    Straight-sided cells cut the circle by h2/8, and vertex stresses of P2 converge at order 2.
    """
    errors = [abs(hole_stress(n, plane) / 3 - 1) for n in (12, 24)]
    assert errors[1] < 0.01
    assert errors[0] / errors[1] > 3


def ellipses(p):
    """Map (t, s) in the unit square to between the quarter ellipses 2 x 1 and 3.25 x 2.75 of LE1 and LE10."""
    t, s = 0.5 * np.pi * p[:, 0], p[:, 1]
    x, y = (2 + 1.25 * s) * np.cos(t), (1 + 1.75 * s) * np.sin(t)
    return np.column_stack([x, y, p[:, 2:]])


def membrane(n):
    """Return s_yy at D = (2, 0) of NAFEMS LE1: an elliptic membrane under an outward pressure of 10 MPa outside."""
    t, s = np.linspace(0, 1, n + 1) ** 1.3, np.expm1(2 * np.linspace(0, 1, n + 1)) / np.expm1(2)
    body = body_of(record(*grid(t, s, mapped=ellipses), "plan"), 2, 210e3, 0.3, "stress")
    mesh, space = body.space.mesh, body.space
    facets, cells, other = mesh.facets
    outer = (other < 0) & np.isclose((mesh.points[facets] / [3.25, 2.75])[..., 0] ** 2
                                     + (mesh.points[facets] / [3.25, 2.75])[..., 1] ** 2, 1.0).all(axis=1)  # fmt: skip
    pull = traction_load(space, facets[outer], 10 * outward_normals(mesh, facets[outer], cells[outer]))
    at = space.locations
    given = np.concatenate(
        [2 * np.flatnonzero(np.abs(at[:, 0]) < 1e-9), 2 * np.flatnonzero(np.abs(at[:, 1]) < 1e-9) + 1]
    )
    held = hold(body, given, np.zeros((1, len(given))), pull[None])
    return stress_at(body, held.u[0], (2.0, 0.0))[1, 1]


def test_nafems_le1():
    """Stress s_yy(D) = 92.7 MPa: The Standard NAFEMS Benchmarks, TNSB rev. 3 (1990), LE1.

    Straight sides turn the edge at D by an angle of order h, so the vertex stress is of first order: the values
    at two sizes are extrapolated. 0.2 %: half the last digit of the reference and the second order left.
    """
    coarse, fine = membrane(20), membrane(40)
    assert fine == pytest.approx(92.7, rel=0.01)
    assert 2 * fine - coarse == pytest.approx(92.7, rel=2e-3)


def plate(n, layers):
    """Return s_yy at D = (2, 0, 0.6) of NAFEMS LE10: a thick elliptic plate under a pressure of 1 MPa on top."""
    t, s = np.linspace(0, 1, n + 1) ** 1.3, np.expm1(np.linspace(0, 1, n + 1)) / np.expm1(1)
    body = body_of(
        record(*grid(t, s, 0.3 - 0.3 * np.cos(np.linspace(0, np.pi, layers + 1)), mapped=ellipses)), 2, 210e3, 0.3
    )
    mesh, space, at = body.space.mesh, body.space, body.space.locations
    push = traction_load(space, mesh.faces["zmax"], np.tile([0.0, 0.0, -1.0], (len(mesh.faces["zmax"]), 1)))
    facets, _, other = mesh.facets
    rim = ((mesh.points[facets, :2] / [3.25, 2.75]) ** 2).sum(axis=2)
    outer = np.unique(space.dofs(facets[(other < 0) & np.isclose(rim, 1.0).all(axis=1)]))
    middle = outer[np.abs(at[outer, 2] - 0.3) < 1e-9]
    given = np.unique(np.concatenate([3 * np.flatnonzero(np.abs(at[:, 0]) < 1e-9), 3 * outer, 3 * outer + 1,
                                      3 * np.flatnonzero(np.abs(at[:, 1]) < 1e-9) + 1, 3 * middle + 2]))  # fmt: skip
    held = hold(body, given, np.zeros((1, len(given))), push[None])
    return stress_at(body, held.u[0], (2.0, 0.0, 0.6))[1, 1]


def test_nafems_le10():
    """Stress s_yy(D) = -5.38 MPa: The Standard NAFEMS Benchmarks, TNSB rev. 3 (1990), LE10.

    1 %: meshes of 8 to 16 cells along each edge gave -5.38 to -5.41, D lying on an edge made of straight pieces.
    """
    assert plate(8, 8) == pytest.approx(-5.38, rel=0.01)


# ---------------------------------------------------------------------------------------- metrics


def test_metrics_of_a_bent_strip():
    """Peak, mean and percentiles of |z - zn|/R over layers, EI and safety, all from the beam's closed form.

    The top layer strains from (3.5 - zn)/R to (4.5 - zn)/R, uniformly over its volume; the inside of the bend is
    in tension across it by nu times less, so the largest principal strain is the axial one where it is positive.
    """
    radius = 200.0
    done = run(strip(LAYERS, [(e, NU) for e in STIFF], each=8, roles={"r2": "electrolyte"}),
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
    weak = {"r0": 2.0, "r1": 4.0}
    materials = {name: replace(one, properties={**one.properties, "yield_stress": Property(weak[name], "MPa", "made")})
                 if name in weak else one for name, one in mesh.layout.materials.items()}  # fmt: skip
    mesh = replace(mesh, layout=replace(mesh.layout, materials=materials))
    done = run(mesh, {"stretch": {"strain": "1 %"}}, plane="stress")
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
        run(mesh, {"pressure": {"value": "1 kPa", "on": "r0", "side": "xmax", "fixed": "zmin"}})


def test_liquid_regions_are_left_out():
    """The stiffness of the layer under a liquid alone, and NaN in the liquid."""
    mesh = strip((2.0, 1.0), [(70.0, 0.3), None], roles={"r1": "electrolyte"})
    done = run(mesh, {"bend": {"radius": "200 um"}}, plane="stress")
    assert total(done, "bending_stiffness") == pytest.approx(70.0 * 8.0 / 12, rel=1e-9)
    assert np.isnan(done.field("stress").values[mesh.cells_of("r1")]).all()


def test_an_electrode_without_modulus_is_refused():
    with pytest.raises(MicrofemError, match="youngs_modulus"):
        run(strip((2.0, 1.0), [(70.0, 0.3), None]), {"bend": {"radius": "200 um"}})


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
        run(strip((2.0,), [(1.0, 0.3)]), {"mismatch": {"strain": {"substrat": "1 %"}}})
