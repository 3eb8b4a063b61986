"""Sections of rings, of which a half section r, z stands for the whole device, against closed forms and 3D.

Coaxial cylinders of height h: R = ln(b / a) / (2 pi sigma h). A disc of radius a on an insulating plane, under a half
space: R = 1 / (4 sigma a), and the share of its area with more than x times the mean current density is 1 / (4 x2).
(J. Newman, J. Electrochem. Soc. 113 (1966) 501.) A hemisphere of radius b that is the other electrode takes
1 / (2 pi sigma b) (1 - O(a2 / b2)) off, and an electrode between two hemispheres lies between theirs, since the energy
grows with the electrodes.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from microfem.families import build_layout
from microfem.fem.error_estimates.refinement import refined
from microfem.fem.potential.rings import resistance_products, resistivity
from microfem.fem.solvers.assembly import scalar_stiffness
from microfem.fem.solvers.upper import plan
from microfem.fem.space import Space
from microfem.layout import Layout, Region, Sheet
from microfem.layout.shapes import corner_radius, disc, ring
from microfem.mesh import build_mesh
from microfem.metrics import Call
from microfem.solve.dual_estimates import qoi_error
from support.materials import matter
from support.solving import solve_conduction, solve_electrostatics, total, value

A, B, HEIGHT = 100.0, 150.0, 40.0
CHORDS = 96
ELECTRODE, GEL = matter(conductivity=1e6), matter(conductivity=2.0)


def outline(inner, outer):
    """Return a ring whose chords touch its circles."""
    corner = corner_radius(outer, CHORDS)
    return ring(corner_radius(inner, CHORDS), corner, CHORDS) if inner else disc(corner, CHORDS)


def region(name, role, inner, outer, z, priority=0):
    return Region(name=name, role=role, footprint=outline(inner, outer), z=z, priority=priority)


def sheet(name, role, inner, outer, z=0.0, thickness=0.01):
    return Sheet(name=name, role=role, footprint=outline(inner, outer), z=z, thickness=thickness)


def device(regions, sheets=(), feature=1.0, materials=None, **terminals):
    """Return a layout of rings; terminals: name -> parts."""
    parts = [*regions, *sheets]
    radii = {round(math.cos(math.pi / CHORDS) * np.abs(x.coords[0][0]), 9) for part in parts for x in _lines(part)}
    by_role = {"anode": ELECTRODE, "cathode": ELECTRODE, "electrolyte": GEL, **(materials or {})}
    return Layout(
        regions=tuple(regions),
        sheets=tuple(sheets),
        terminals=terminals or {"anode": ("anode",), "cathode": ("cathode",)},
        feature=feature,
        gap=feature,
        plane=0.0,
        circles=tuple((0.0, 0.0, radius) for radius in sorted(radii)),
        materials={part.name: by_role.get(part.name, by_role.get(part.role)) for part in parts},
    )


def _lines(part):
    return [part.footprint.exterior, *part.footprint.interiors]


def coaxial():
    parts = [("anode", 0.0, A), ("electrolyte", A, B), ("cathode", B, 1.2 * B)]
    return device([region(name, name, *radii, (0.0, HEIGHT)) for name, *radii in parts], feature=HEIGHT)


@pytest.mark.parametrize("order", [1, 2])
def test_form_of_a_parabola_is_exact(order):
    """U = r2 + z (order 1: r + z): integral 2 pi r |grad u|^2 over r < R, z < H is 2 pi H (R^4 + R2 / 2), 2 pi R2 H."""
    mesh = build_mesh(coaxial(), "axisymmetric", -1)
    space, reach = Space(mesh, order), 1.2 * B
    r, z = space.locations.T
    u = r**order + z
    exact = 2.0 * math.pi * HEIGHT * (reach**4 + 0.5 * reach**2 if order == 2 else reach**2)
    form = scalar_stiffness(space, mesh.cells, np.ones(len(mesh.cells)))
    upper = plan(form, np.arange(form.size)).upper(form)
    matrix = upper + upper.T
    matrix.setdiag(upper.diagonal())
    assert form.apply(u[None])[1][0] == pytest.approx(exact, rel=1e-13)
    assert u @ (matrix @ u) == pytest.approx(exact, rel=1e-12)
    assert mesh.volumes.sum() == pytest.approx(math.pi * reach**2 * HEIGHT, rel=1e-13)


def test_resistivity_is_bounded_from_above():
    """The polynomial is at least 1 / s, and (s / low - 1) / T4(5 / 3)^2 above it at the end of a factor of 4.

    T4 is Chebyshev's polynomial, whose roots are the double nodes. Products are compared with sampled ones.
    """
    s = np.linspace(1.0, 4.0, 301)[None] * np.array([[0.3], [7.0]])
    above = resistivity(s, s[:, 0], s[:, -1]) * s - 1.0
    assert above.min() >= -1e-14
    assert above.max() == pytest.approx(3.0 / (8.0 * (5.0 / 3.0) ** 4 - 8.0 * (5.0 / 3.0) ** 2 + 1.0) ** 2, rel=1e-9)
    thirds = np.array([[1.0, 1.5, 3.9], [1.0, 2.0, 9.0], [0.0, 1.0, 2.0]])
    fluxes = np.random.default_rng(0).normal(size=(200, 3))
    products = resistance_products(np.ones(3), thirds)
    draws = np.random.default_rng(1).dirichlet(np.ones(3), 20_000)  # uniform over the triangle
    for one, product in zip(thirds, products, strict=True):
        q = fluxes * (one > 0.0)
        sampled = ((draws @ q.T) ** 2 / (draws @ one)[:, None]).mean(axis=0)
        assert (np.einsum("na,ab,nb->n", q, product, q) >= sampled * (1.0 - 0.03)).all()


@pytest.mark.parametrize("order", [1, 2])
def test_coaxial_cylinders(order):
    """The bounds hold ln(b / a) / (2 pi sigma h); a section without the weight, at the mean radius, is not in them."""
    exact = 2.0 * math.pi * 2.0 * HEIGHT / math.log(B / A)
    widths = []
    for level in (-1, 1):
        mesh = build_mesh(coaxial(), "axisymmetric", level)
        solution = solve_conduction(mesh, order, anode="1 V", cathode="0 V")
        bounds = solution.bounds
        widths.append((bounds.upper - bounds.lower) / exact)
        assert bounds.lower <= exact * (1.0 + 1e-9)
        assert exact <= bounds.upper * (1.0 + 1e-9)
    assert widths[1] < 0.3 * widths[0] < 1e-3
    assert total(solution, "current.anode") == pytest.approx(exact, rel=widths[1])
    assert value(solution, "conductance") == pytest.approx(1e-6 * exact, rel=widths[1])  # of the whole device, S
    assert value(solution, "current_deviation") < (1e-3 if order == 2 else 1e-2)  # the walls are alike all round
    unweighted = 2.0 * HEIGHT / (B - A) * math.pi * (A + B)
    assert not bounds.lower <= unweighted <= bounds.upper


def test_capacitance_of_a_cylinder_with_a_mantle():
    """Two dielectrics in series, 2 pi h / sum of ln(b / a) / eps, and a floating metal between them."""
    from scipy.constants import epsilon_0

    radii = [
        ("anode", 0.0, A),
        ("inner", A, B),
        ("metal", B, 160.0),
        ("outer", 160.0, 240.0),
        ("cathode", 240.0, 250.0),
    ]
    roles = {"inner": "separator", "metal": "core", "outer": "electrolyte"}
    layout = device(
        [region(name, roles.get(name, name), *rs, (0.0, HEIGHT)) for name, *rs in radii],
        feature=HEIGHT,
        materials={"inner": matter(relative_permittivity=5.0), "outer": matter(relative_permittivity=2.0),
                   "metal": ELECTRODE},
    )  # fmt: skip
    solution = solve_electrostatics(build_mesh(layout, "axisymmetric", 0), anode="0 V", cathode="1 V")
    series = math.log(B / A) / 5.0 + math.log(240.0 / 160.0) / 2.0
    assert value(solution, "capacitance") == pytest.approx(2e-6 * math.pi * HEIGHT * epsilon_0 / series, rel=1e-5)


def test_film_that_spreads_from_a_disc():
    """A film alone between a disc and a ring: R = ln(b / a) / (2 pi sigma t), in the bounds."""
    base = region("substrate", "substrate", 0.0, 1.2 * B, (-50.0, 0.0))
    films = [sheet("hub", "anode", 0.0, A), sheet("rim", "cathode", B, 1.2 * B), sheet("film", "bridge", A, B)]
    layout = device([base, region("tip", "anode", 0.0, 20.0, (0.0, 10.0))], films, 50.0,
                    {"substrate": matter(conductivity=0.0), "film": GEL}, anode=("hub",), cathode=("rim",))  # fmt: skip
    layout = replace(layout, materials={**layout.materials, "tip": matter(conductivity=0.0)})
    bounds = solve_conduction(build_mesh(layout, "axisymmetric", 0), anode="1 V", cathode="0 V").bounds
    exact = 2.0 * math.pi * 2.0 * 0.01 / math.log(B / A)
    assert bounds.lower <= exact * (1.0 + 1e-9)
    assert exact <= bounds.upper * (1.0 + 1e-9)
    assert bounds.upper - bounds.lower < 1e-4 * exact


def plate(reach):
    """Return a disc of radius 1 under a cylinder of gel, whose other walls are the other electrode."""
    return device(
        [region("electrolyte", "electrolyte", 0.0, reach, (0.0, reach)),
         region("cathode", "cathode", 0.0, 1.1 * reach, (reach, 1.1 * reach)),
         region("wall", "cathode", reach, 1.1 * reach, (0.0, reach))],
        [sheet("disc", "anode", 0.0, 1.0)], anode=("disc",), cathode=("cathode", "wall"),
    )  # fmt: skip


@pytest.mark.slow
def test_disc_in_a_wide_bath():
    """Bounds at the axis and at the singular edge narrow as the mesh grows, and meet the closed form."""
    reach = 100.0
    low, high = (2.0 / (0.25 - 0.5 / (math.pi * far)) for far in (1.01 * math.sqrt(2.0) * reach, 0.99 * reach))
    mesh, widths = build_mesh(plate(reach), "axisymmetric", -1), []
    for _ in range(5):
        bounds = solve_conduction(mesh, anode="1 V", cathode="0 V").bounds
        assert bounds.lower <= high
        assert low <= bounds.upper
        widths.append((bounds.upper - bounds.lower) / high)
        mesh = refined(mesh, bounds.of_cell, bounds.anisotropy, 2.0)
    assert widths[-1] < 1e-3
    assert all(later < 0.5 * former for former, later in pairwise(widths[1:]))


@pytest.mark.slow
def test_six_alternating_rings():
    """Rings with w = g = 1 from r = 1 to 12 on a half space: G / sigma = 110.41, by axisymmetric boundary elements."""
    names = [f"ring{k}" for k in range(6)]
    films = [sheet(name, "anode", 2.0 * k + 1.0, 2.0 * k + 2.0) for k, name in enumerate(names)]
    layout = device([region("electrolyte", "electrolyte", 0.0, 300.0, (0.0, 300.0))], films,
                    anode=tuple(names[::2]), cathode=tuple(names[1::2]))  # fmt: skip
    mesh = build_mesh(layout, "axisymmetric", -1)
    for _ in range(5):
        bounds = solve_conduction(mesh, anode="1 V", cathode="0 V").bounds
        mesh = refined(mesh, bounds.of_cell, bounds.anisotropy, 2.0)
    assert (bounds.upper - bounds.lower) / bounds.upper < 2e-3
    assert 0.5 * (bounds.lower + bounds.upper) / 2.0 == pytest.approx(110.41, rel=1e-3)


@pytest.mark.slow
def test_rings_as_in_three_dimensions():
    """Closed rings in a round bath: bounds of both views hold one value; means agree within thrice 3D's estimate."""
    params = {"ring_pairs": 1, "closed": True, "bath": "disc", "collector_thickness": 0.2}
    layout = build_layout("concentric", params, {"electrolyte": GEL, "anode_collector": ELECTRODE})
    flat = solve_conduction(build_mesh(layout, "axisymmetric", 2), anode_collector="1 V", cathode="0 V")
    solid = solve_conduction(build_mesh(layout, "3d", -2), anode_collector="1 V", cathode="0 V")
    assert solid.bounds.lower <= flat.bounds.lower <= flat.bounds.upper <= solid.bounds.upper
    for name in ("potential_homogeneity", "energy_fraction", "area_fraction_above"):
        estimate = qoi_error(solid, Call(name, "", {}))
        assert abs(value(flat, name) - value(solid, name)) < min(3.0 * estimate, 0.35 * value(flat, name))
    assert value(flat, "dissipation") == pytest.approx(value(solid, "dissipation"), rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_bounds_of_random_rings(seed):
    """Bounds on coarse meshes hold those of finer ones, with films on the axis, any contrast, given V and given I."""
    rng = np.random.default_rng(seed)
    r = np.cumsum(rng.uniform(0.3, 1.0, 4))
    shape = [region("substrate", "substrate", 0.0, r[3], (-1.0, 0.0)),
             region("anode", "anode", 0.0, r[0], (0.0, 0.3), 2),
             region("electrolyte", "electrolyte", 0.0, r[3], (0.0, 1.5), 1),
             region("cathode", "cathode", r[1], r[2], (0.0, 0.3), 2)]  # fmt: skip
    films = [sheet("floor", "bridge", 0.0, rng.uniform(0.3, 1.0) * r[3]), sheet("lid", "bridge", 0.0, r[2], 1.5)]
    parts = ("substrate", "anode", "cathode", "floor", "lid")
    laws = {name: matter(conductivity=10.0 ** rng.uniform(-4.0, 6.0)) for name in parts}
    mesh = build_mesh(device(shape, films, 0.3, laws), "axisymmetric", -1)
    low, high = 0.0, np.inf
    for _ in range(4):
        held = solve_conduction(mesh, anode="0 V", cathode="1 V").bounds
        fed = solve_conduction(mesh, anode="0 V", cathode="1 uA").bounds
        low, high = max(low, held.lower, 1.0 / fed.upper), min(high, held.upper, 1.0 / fed.lower)
        assert low <= high * (1.0 + 1e-12)
        mesh = refined(mesh, held.of_cell, held.anisotropy, 2.5)
    assert high - low < 0.05 * high
