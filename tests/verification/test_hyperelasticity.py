"""Laws of large strain, their tangents and their elements against closed forms, each cited where it is used.

Units: um, MPa, uN. Closed forms are written out for each law and do not pass through fem/large/laws.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.fem.field_set import FieldSet, jumping_field
from microfem.fem.finite_strain.bodies import make_body, make_sheet, make_solid
from microfem.fem.finite_strain.continuum import DISPLACEMENT
from microfem.fem.finite_strain.equilibrium import Balance
from microfem.fem.finite_strain.laws import energy, gent, law_of, mooney_rivlin, neo_hooke, ogden, yeoh
from microfem.fem.finite_strain.principal_stretches import shear_entries
from microfem.fem.finite_strain.solid import PRESSURE, Solid
from microfem.fem.linear_elasticity import end_motions
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.solvers.newton import follow
from microfem.fem.solvers.scatter import make_scatter
from microfem.fem.solvers.settings import NewtonSettings, SolverSettings
from support.large_strain_bodies import brick, case, layered, shaken
from support.materials import matter
from support.solving import solve_hyperelasticity, total

MODES = {"uniaxial": (1.0, -0.5, -0.5), "equibiaxial": (1.0, 1.0, -2.0), "planar": (1.0, 0.0, -1.0)}
TERMS = ((0.4, 1.3), (0.0012, 5.0), (-0.01, -2.0))
YEOH = (0.1659, 0.01273, 0.000971)  # silicone RTV615, fitted to Marechal et al., Soft Robotics 8 (2021) 284
LAWS = {
    "neo-Hooke": {"neo_hooke_mu": 0.8},
    "Mooney-Rivlin": {"mooney_c10": 0.3, "mooney_c01": 0.05},
    "Yeoh": dict(zip(("yeoh_c1", "yeoh_c2", "yeoh_c3"), YEOH, strict=True)),
    "Ogden": {f"ogden_{key}{k}": v for k, term in enumerate(TERMS, 1) for key, v in zip(("mu", "alpha"), term)},  # noqa: B905
    "Gent": {"gent_mu": 0.7, "gent_jm": 97.0},
}


def nominal_stress(law, mode, stretch):
    """Return the stress along the first axis over the undeformed area, of an incompressible law.

    L. R. G. Treloar, The Physics of Rubber Elasticity, 3rd ed., ch. 4, 5, 10, 11; O. H. Yeoh, Rubber Chem. Technol. 66
    (1993) 754; R. W. Ogden, Proc. R. Soc. A 326 (1972) 565; A. N. Gent, Rubber Chem. Technol. 69 (1996) 59.
    """
    x = stretch
    third = {"uniaxial": x**-2, "equibiaxial": x**-5, "planar": x**-3}[mode]
    first = {"uniaxial": x**2 + 2 / x, "equibiaxial": 2 * x**2 + x**-4, "planar": x**2 + 1 + x**-2}[mode] - 3
    if law == "neo-Hooke":
        return 0.8 * (x - third)
    if law == "Mooney-Rivlin":
        return 2.0 * (0.3 + 0.05 * {"uniaxial": 1 / x, "equibiaxial": x**2, "planar": 1.0}[mode]) * (x - third)
    if law == "Yeoh":
        return 2.0 * (x - third) * (YEOH[0] + 2.0 * YEOH[1] * first + 3.0 * YEOH[2] * first**2)
    if law == "Gent":
        return 0.7 * 97.0 / (97.0 - first) * (x - third)
    power = MODES[mode][2]
    return sum(mu * (x ** (alpha - 1.0) - x ** (power * alpha - 1.0)) for mu, alpha in TERMS)


# -------------------------------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize(("dimension", "mode"), [("3d", "uniaxial"), ("3d", "equibiaxial"), ("section", "planar"),
                                                ("plan", "uniaxial"), ("plan", "equibiaxial")])  # fmt: skip
def test_bodies_pull_as_their_law_says(name, dimension, mode):
    """A brick to stretch 4, and pressed to 0.6; exact is homogeneous, so all that is off is where Newton's method ends.

    It ends at 1e-9 of the forces; 1e-12 here.
    """
    settings = SolverSettings(newton=NewtonSettings(residual=1e-12, correction=1e-12))
    mesh = shaken(brick(dimension, *[2] * (3 if dimension == "3d" else 2), laws={"r0": matter(**LAWS[name])}), 0.1)
    axis, key = ("xy", "axial_force.x") if mode == "equibiaxial" else ("x", "axial_force")
    for strain in (3.0, -0.4):
        load = {"stretch": {"strain": strain, "axis": axis}}
        found = solve_hyperelasticity(mesh, load, settings, path=[0.5, 1.0], steps=3)
        for step in found.steps:
            exact = nominal_stress(name, mode, 1.0 + step.at * strain)
            assert step.totals[key][0] == pytest.approx(exact, rel=1e-10)
        assert found.steps[-1].at == 1.0
        stress = found.fields["stress"].values[..., 0, 0]
        assert stress == pytest.approx((1.0 + strain) * exact, rel=1e-9)


@pytest.mark.parametrize("name", LAWS)
def test_sheets_in_pure_shear(name):
    """A plan held in width: Treloar's pure shear, which no load gives alone."""
    _, sheet = make_sheet(brick("plan", 2, 2, laws={"r0": matter(**LAWS[name])}), 2)
    ends = sheet.space.locations[:, 0] == 1.0
    for stretch in (0.5, 2.0, 4.0):
        x = (sheet.space.locations * [stretch - 1.0, 0.0]).ravel()
        forces, _ = sheet.forces(x, 1.0)
        pulled = forces.reshape(-1, 2)[ends, 0].sum()
        assert pulled == pytest.approx(nominal_stress(name, "planar", stretch), rel=1e-10)


def test_a_wrong_closed_form_is_seen():
    """Negative control: Mooney-Rivlin taken for neo-Hooke of the same modulus at rest."""
    mesh = brick("plan", 2, 2, laws={"r0": matter(**LAWS["Mooney-Rivlin"])})
    found = total(solve_hyperelasticity(mesh, {"stretch": {"strain": 1.0}}), "axial_force")
    wrong = 2.0 * (0.3 + 0.05) * (2.0 - 0.25)
    assert abs(found / wrong - 1.0) > 0.05


@pytest.mark.parametrize("nu", [0.3, 0.45])
def test_compressible_bricks_keep_no_stress_across(nu):
    """W = psi(F J^(-1/3)) + kappa/2 (J - 1)^2 pulled along x: the side's stretch follows from one scalar equation."""
    from scipy.optimize import brentq

    mesh = shaken(brick("3d", 2, 2, 2, laws={"r0": matter(youngs_modulus=2.0, poisson_ratio=nu)}), 0.1)
    found = solve_hyperelasticity(mesh, {"stretch": {"strain": 1.0}})
    mu, kappa, stretch = 2.0 / (2.0 * (1.0 + nu)), 2.0 / (3.0 * (1.0 - 2.0 * nu)), 2.0

    def across(side):  # J times the true stress on a side
        j = stretch * side**2
        return mu * j ** (-2 / 3) * (side**2 - stretch**2) / 3.0 + kappa * j * (j - 1.0)

    side = brentq(across, 0.4, 1.0, xtol=1e-15)
    j = stretch * side**2
    exact = (mu * j ** (-2 / 3) * 2.0 * (stretch**2 - side**2) / 3.0 + kappa * j * (j - 1.0)) / stretch
    assert total(found, "axial_force") == pytest.approx(exact, rel=1e-9)


# ------------------------------------------------------------------------------------------------ tangent, energy


def random_state(dimension, bulk, growth):
    """Return a continuum of three laws and a random state of it, about a stretched one."""
    stated = [LAWS["Yeoh"], LAWS["Ogden"], LAWS["Gent"]]
    more = {"poisson_ratio": 0.4} if bulk else {}
    laws = {f"r{i}": matter(**one, **more) for i, one in enumerate(stated)}
    dim = 3 if dimension == "3d" else 2
    ticks = [np.linspace(0.0, 1.0, 2)] * (dim - 1) + [np.linspace(0.0, 1.0, 4)]
    mesh = shaken(layered(dimension, [1 / 3, 2 / 3], *ticks, laws=laws), 0.05)
    if dimension == "plan":
        _, continuum = make_sheet(mesh, 2)
        continuum = replace(continuum, eigenstrain=growth * np.ones((len(mesh.cells), 3)))
    else:
        body = make_body(mesh, 2, "strain", {})
        continuum = make_solid(body, {"r1": growth} if growth else {})
    rng = np.random.default_rng(3)
    f = np.eye(dim) + rng.uniform(-0.4, 0.4, (dim, dim))
    u = continuum.space.locations @ (f - np.eye(dim)).T + rng.uniform(-0.02, 0.02, (continuum.space.ndofs, dim))
    return continuum, np.concatenate([u.ravel(), rng.uniform(-1, 1, continuum.size - u.size)])


def slope_along(function, x, direction, h=3e-5):
    """Return the directional derivative by central differences of fourth order."""
    near, far = (function(x + k * h * direction) - function(x - k * h * direction) for k in (1.0, 2.0))
    return (8.0 * near - far) / (12.0 * h)


STATES = [(dimension, bulk, growth) for dimension in ("3d", "section", "plan") for bulk in (False, True)
          for growth in (0.0, 0.3) if not (dimension == "plan" and bulk)]  # fmt: skip


@pytest.mark.parametrize(("dimension", "bulk", "growth"), STATES)
def test_tangent_is_the_slope_of_forces(dimension, bulk, growth):
    """Central differences in random directions; tolerance: their truncation and round-off."""
    continuum, x = random_state(dimension, bulk, growth)
    scatter = make_scatter(continuum.fields.simplices(), continuum.fields.numbers(np.arange(continuum.size)))
    directions = np.random.default_rng(4).normal(size=(3, continuum.size))
    blocks = scatter.zeros()
    forces, products = continuum.linearise(x, 1.0, scatter.slots, blocks, directions)
    assert np.array_equal(forces, continuum.forces(x, 1.0)[0])
    upper = scatter.upper(blocks)
    full = upper + upper.T
    full.setdiag(upper.diagonal())
    for direction, product in zip(directions, products, strict=True):
        slope = slope_along(lambda at: continuum.forces(at, 1.0)[0], x, direction)
        assert np.abs(product - slope).max() < 1e-8 * np.abs(slope).max()
        assert np.abs(full @ direction - slope).max() < 1e-8 * np.abs(slope).max()


@pytest.mark.parametrize(("dimension", "bulk", "growth"), STATES)
def test_forces_are_the_slope_of_energy(dimension, bulk, growth):
    """Pi = integral psi + p (J - 1) - p^2 / (2 kappa), written out from F and p with the energy of each law."""
    continuum, x = random_state(dimension, bulk, growth)

    def potential(x):
        if dimension == "plan":
            return continuum.energy(x, 1.0)
        fe = continuum.gradients(x, 1.0) / continuum.growth(1.0)[:, None, None, :]
        volume, p = np.linalg.det(fe), continuum.pressures(x)
        stretches = np.linalg.svd(fe, compute_uv=False) / np.cbrt(volume)[..., None]
        density = p * (volume - 1.0)
        for k, law in enumerate(continuum.laws):
            here = continuum.law == k
            density[here] += energy(law, stretches[here]) - 0.5 * p[here] ** 2 / law.bulk
        return (continuum.weights * continuum.growth(1.0).prod(axis=1)) @ density.sum(axis=1)

    forces = continuum.forces(x, 1.0)[0]
    for direction in np.random.default_rng(5).normal(size=(3, continuum.size)):
        assert slope_along(potential, x, direction) == pytest.approx(forces @ direction, rel=1e-8)


def test_tangent_is_continuous_where_stretches_are_equal():
    """The quotients (l1 W1 - l2 W2) / (l1^2 - l2^2) and their limits meet; W = sum l^3 / 3, in closed form 1 at l = 1.

    (a^3 - b^3) / (a^2 - b^2) = (a^2 + a b + b^2) / (a + b) and (b a^2 - a b^2) / (a^2 - b^2) = a b / (a + b).
    """
    along, across = np.empty((3, 3)), np.empty((3, 3))
    for gap in (0.0, 1e-12, 1e-9, 3e-8, 1e-7, 3e-7, 1e-5, 1e-2):
        a, b = 1.7, 1.7 * (1.0 + gap)
        stretch = np.array([a, b, 0.3])
        shear_entries(stretch, stretch**2, np.diag(2.0 * stretch), along, across)
        assert along[0, 1] == pytest.approx((a * a + a * b + b * b) / (a + b), rel=1e-7)
        assert across[0, 1] == pytest.approx(a * b / (a + b), rel=1e-7)


# ---------------------------------------------------------------------------------------------------- patch tests


def held_outside(continuum, body, f):
    """Return the equilibrium of a body whose whole surface is moved by a gradient f."""
    facets, _, outside = body.space.mesh.facets
    dofs = np.unique(body.space.dofs(facets[outside < 0]))
    given = body.unknowns(dofs).ravel()
    values = (body.space.locations[dofs] @ (f - np.eye(body.dim)).T).ravel()
    balance = Balance(
        continuum=continuum,
        motion=EndMotion(constrained=given, path=lambda load: load * values, free_modes=np.zeros((0, len(given)))),
    )
    return follow(balance, np.zeros(continuum.size), np.linspace(0.25, 1.0, 4)).steps[-1].x


@pytest.mark.parametrize("dimension", ["3d", "section", "plan"])
@pytest.mark.parametrize("order", [1, 2])
def test_distorted_patch_deforms_evenly(dimension, order):
    """A gradient on the surface is the gradient everywhere (Irons); tolerance: that of Newton's method."""
    dim = 3 if dimension == "3d" else 2
    law = matter(yeoh_c1=YEOH[0], yeoh_c2=YEOH[1], **({} if dimension == "plan" else {"poisson_ratio": 0.4}))
    mesh = shaken(brick(dimension, *[3] * dim, laws={"r0": law}), 0.08)
    f = np.eye(dim) + np.random.default_rng(6).uniform(-0.5, 0.5, (dim, dim))
    if dimension == "plan":
        body, continuum = make_sheet(mesh, order)
    elif order == 2:
        body = make_body(mesh, order, "strain", {})
        continuum = make_solid(body, {})
    else:
        with pytest.raises(ValueError, match="order: 1 locks"):
            case(dimension, {"stretch": {"strain": 1.0}}, order=1)
        return
    x = held_outside(continuum, body, f)
    exact = body.space.locations @ (f - np.eye(dim)).T
    assert np.abs(x[: continuum.displacements].reshape(-1, dim) - exact).max() < 1e-9
    assert np.abs(continuum.gradients(x, 1.0)[..., :dim, :dim] - f).max() < 1e-8


class OnePressure(Solid):
    """The wrong element: pressures that are continuous across materials."""

    @property
    def fields(self):
        pressure = jumping_field(PRESSURE, self.space.mesh.cells[self.cells], np.zeros_like(self.law))
        return FieldSet(super().fields[DISPLACEMENT], pressure)


@pytest.mark.parametrize("dimension", ["3d", "section"])
@pytest.mark.parametrize("kind", [Solid, OnePressure])
def test_stiff_film_in_a_soft_block_is_stretched_as_the_block(dimension, kind):
    """Layers in parallel, 1000 : 1, stretched to 1.5: all alike, force sum h mu (l - l^-2), planar (l - l^-3).

    Negative control: with a continuous pressure the film's mean stretch is off by more than one in a hundred.
    """
    counts = [np.linspace(0, 1, 3)] * (2 if dimension == "3d" else 1)
    heights = np.array([0.0, 0.25, 0.5, 0.55, 0.8, 1.05])
    laws = {"r0": matter(neo_hooke_mu=1.0), "r1": matter(neo_hooke_mu=1000.0), "r2": matter(neo_hooke_mu=1.0)}
    mesh = shaken(layered(dimension, [0.5, 0.55], *counts, heights, laws=laws), 0.0)
    body = make_body(mesh, 2, "strain", {})
    continuum = make_solid(body, {})
    continuum = kind(**{k: getattr(continuum, k) for k in ("space", "cells", "law", "laws", "eigenstrain")})
    balance = Balance(continuum=continuum, motion=end_motions.stretch(body, "x", 0.5, False))
    last = follow(balance, np.zeros(continuum.size), [0.5, 1.0]).steps[-1]
    film = mesh.region_of_cell == 1
    mean = continuum.gradients(last.x, 1.0)[film][..., 0, 0].mean()
    pull = balance.forces(last.x, 1.0)[balance.motion.faces["x"]].sum()
    exact = (1.0 + 1000.0 * 0.05) * (1.5 - 1.5 ** (-2 if dimension == "3d" else -3))
    if kind is Solid:
        assert mean == pytest.approx(1.5, rel=1e-8)
        assert pull == pytest.approx(exact, rel=1e-8)
    else:
        assert abs(mean / 1.5 - 1.0) > 0.01 or abs(pull / exact - 1.0) > 0.01


# ---------------------------------------------------------------------------------------------------------- refusals

ECOFLEX = {"ogden_mu1": -0.0142909, "ogden_alpha1": -5.22444, "ogden_mu2": -3.65e-6, "ogden_alpha2": -0.162804,
           "ogden_mu3": 9.6e-8, "ogden_alpha3": 11.3772}  # fmt: skip


def test_a_published_set_is_read_in_its_own_convention():
    """Ecoflex 00-30 by psi = sum mu / alpha (...): the modulus at rest is 1/2 sum mu alpha = 0.0373 MPa.

    Taken for ABAQUS' form, sum 2 mu / alpha^2 (...), it would be sum mu < 0; 2 / alpha turns that form into ours.
    """
    terms = [(ECOFLEX[f"ogden_mu{k}"], ECOFLEX[f"ogden_alpha{k}"]) for k in (1, 2, 3)]
    assert law_of(matter(**ECOFLEX)).shear == pytest.approx(0.0373, rel=2e-3)
    turned = {f"ogden_mu{k}": 2.0 * mu / alpha for k, (mu, alpha) in enumerate(terms, 1)}
    with pytest.raises(
        MicrofemError, match=r"shear modulus of -0.01429 MPa.* multiply coefficients for psi.* by 2 / alpha"
    ):
        law_of(matter(**{**ECOFLEX, **turned}))
    same = ogden(tuple((2.0 * mu / alpha, alpha) for mu, alpha in terms))
    assert same.shear == pytest.approx(sum(mu for mu, _ in terms), rel=1e-12)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"ogden_mu1": -0.0142909, "ogden_alpha1": 5.22444}, "shear modulus of -0.0373.*ABAQUS"),
        ({"yeoh_c1": -0.1, "yeoh_c2": 1.0}, "shear modulus"),
        ({"mooney_c10": 0.3, "mooney_c01": -0.05}, "C01 = -0.05"),
        ({"mooney_c10": 0.3}, "no mooney_c01"),
        ({"ogden_mu1": 0.3}, "no ogden_alpha1"),
        ({"yeoh_c2": 0.3}, "no yeoh_c1"),
        ({"gent_mu": 0.3}, "no gent_jm"),
        ({"gent_mu": 0.3, "gent_jm": 50.0, "neo_hooke_mu": 0.2}, "neo-Hooke and Gent; keep one law"),
        ({"youngs_modulus": 0.3}, "no poisson_ratio"),
    ],
)
def test_laws_that_cannot_be_are_refused(stated, told):
    with pytest.raises(MicrofemError, match=told):
        law_of(matter(**stated))


def test_laws_at_rest():
    """Moduli at rest: mu, 2 (C10 + C01), 2 C1, 1/2 sum mu alpha, mu; E = 3 mu where volumes are kept."""
    for law, mu in ((neo_hooke(0.8), 0.8), (mooney_rivlin(0.3, 0.05), 0.7), (yeoh(*YEOH), 2 * YEOH[0]),
                    (ogden(TERMS), 0.5 * sum(m * a for m, a in TERMS)), (gent(0.7, 97.0), 0.7)):  # fmt: skip
        assert law.shear == pytest.approx(mu, rel=1e-12)
        assert law.young == pytest.approx(3.0 * mu, rel=1e-12)
    steel = law_of(matter(youngs_modulus=200e3, poisson_ratio=0.3))
    assert (steel.young, steel.poisson) == pytest.approx((200e3, 0.3), rel=1e-12)
    assert steel.keeping_volume().young == pytest.approx(200e3, rel=1e-12)
