"""Conduction between terminals against closed forms: films, bars, orders of convergence, drives and what is refused.

Each test says formula, source, validity and tolerance. The closed forms, with their sources, are in
support/closed_forms.py. Tolerances are the mesh's discretisation error, known from the order that the convergence
tests assert, or round-off where the exact solution lies in the space.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from microfem.base.errors import MicrofemError, SolveError
from microfem.fem.potential.terminals import solve_terminals
from microfem.fem.solvers.assembly import scalar_stiffness
from microfem.fem.solvers.solve import solve_constrained
from microfem.fem.space import Space
from microfem.layout import Region, Sheet
from microfem.mesh import build_mesh
from microfem.metrics.electrical import cell_constant, conductance, dissipation, resistance
from support import closed_forms as exact
from support.cells import (
    cell_layout,
    grid,
    make_layout,
    plan_layout,
    record,
)
from support.comparing import check, rates
from support.conductors import LIQUID
from support.materials import medium
from support.solving import solve_conduction

# ------------------------------------------------------------------------------------------------- smooth and cornered


@pytest.mark.parametrize(("order", "wanted"), [(1, 2.0), (2, 4.0)])
@pytest.mark.parametrize("dim", [2, 3])
def test_smooth_problem_converges_at_twice_the_order(dim, order, wanted):
    """Energy of u = e^(k x) cos(y) [cos(z)], k = sqrt(dim - 1), harmonic, on a unit box with its trace given.

    integral |grad u|^2 = k^2 I C^(dim-1) + (dim-1) I S C^(dim-2), with I, C, S the integrals of e^2kx, cos^2, sin^2.
    """
    k = (dim - 1.0) ** 0.5
    ex = (np.exp(2 * k) - 1) / (2 * k)
    c, s = 0.5 + np.sin(2) / 4, 0.5 - np.sin(2) / 4
    energy = k * k * ex * c ** (dim - 1) + (dim - 1) * ex * s * c ** (dim - 2)
    errors = []
    for n in (4, 8, 16) if dim == 2 else (3, 6):
        points, cells = grid(*[np.linspace(0, 1, n + 1)] * dim)
        space = Space(record(points, cells, make_layout([]), "plan" if dim == 2 else "3d"), order)
        at = space.locations
        u = np.exp(k * at[:, 0]) * np.cos(at[:, 1:]).prod(axis=1)
        edge = ((at == 0.0) | (at == 1.0)).any(axis=1)
        a = scalar_stiffness(space, cells, np.ones(len(cells)))
        found = solve_constrained(a, np.flatnonzero(edge), u[None, edge], np.flatnonzero(~edge)).u
        errors.append(abs(a.products(found)[0, 0] - energy))
    assert np.abs(rates(errors) - wanted).max() < (0.2 if dim == 2 else 0.5)


# -------------------------------------------------------------------------------------------------------------- sheets


def two_films(length, counter, r1, r2, width=2.0):
    """Return films of r1, r2 ohm per square, 1 um apart, fed by blocks at an edge of each."""
    far = length if counter else -1.0
    whole = shapely.box(0, -width / 2, length, width / 2)
    ends = {"anode": (-1.0, (-1.0, 0.0)), "cathode": (far, (1.0, 2.0))}
    blocks = [
        Region(name=n, role=n, footprint=shapely.box(x, -width / 2, x + 1, width / 2), z=z)
        for n, (x, z) in ends.items()
    ]
    sheets = [
        Sheet(name="lower", role="anode_collector", footprint=whole, z=0.0, thickness=0.1),
        Sheet(name="upper", role="cathode_collector", footprint=whole, z=1.0, thickness=0.2),
    ]
    laws = {"electrolyte": medium(1.0), "lower": medium(1.0 / (0.1 * r1)), "upper": medium(1.0 / (0.2 * r2))}
    return make_layout(
        [Region(name="electrolyte", role="electrolyte", footprint=whole, z=(0.0, 1.0)), *blocks], sheets, laws
    )


@pytest.mark.parametrize("counter", [True, False])
@pytest.mark.parametrize(("r1", "r2"), [(5e-5, 5e-5), (3e-5, 7e-5)])
def test_films_against_the_transmission_line(counter, r1, r2):
    """Two films with electrolyte between are a line of r = 1 / (sigma t) and g = sigma / d per width.

    V' = -r I, I' = -g dV (closed_forms.py); here gamma L = 2. What the line leaves out, current along and bending of
    the potential across the electrolyte, is of order (gamma d)^2 = 1e-4: tolerance 2e-4.
    """
    length = 200.0
    found = resistance(solve_conduction(build_mesh(two_films(length, counter, r1, r2), "section")))
    line = exact.counter_fed if counter else exact.same_side
    check(found, line(r1, r2, 1.0, length), 2e-4)
    other = exact.same_side if counter else exact.counter_fed
    with pytest.raises(AssertionError):  # negative control: fed at the other end
        check(found, other(r1, r2, 1.0, length), 2e-4)


def test_films_in_three_dimensions_equal_the_section():
    """Nothing varies along y, so R in 3D is R in the section over the width; tolerance: the meshes differ, 1e-3."""
    layout = two_films(20.0, True, 3e-3, 7e-3)
    section, solid = (solve_conduction(build_mesh(layout, view)) for view in ("section", "3d"))
    check(resistance(solid) * 2.0e-6, resistance(section), 1e-3)


def test_films_as_terminals_are_parallel_plates():
    """Films as ideal conductors: G = sigma A / d, linear phi, so round-off."""
    layout = two_films(5.0, True, 1.0, 1.0)
    layout = replace(layout, regions=layout.regions[:1], feature=1.0)
    solution = solve_conduction(build_mesh(layout, "3d"), lower="1 V", upper="0 V")
    check(conductance(solution), 1.0 * 5.0 * 2.0 / 1.0 * 1e-6, 1e-12)


# ---------------------------------------------------------------------------------------------------------------- bars


def bars(along, sigma=(1.0, 1e6)):
    """Return two bars, 1 x 2 x 3 and 2 x 2 x 3 um in series along x, or one beside the other, between end blocks."""
    y, z = (-1.0, 1.0), (0.0, 3.0)
    if along == "series":
        spans, ends = [shapely.box(0, y[0], 1, y[1]), shapely.box(1, y[0], 3, y[1])], (0.0, 3.0)
    else:
        spans, ends = [shapely.box(0, -1, 2, 0), shapely.box(0, 0, 2, 1)], (0.0, 2.0)
    regions = [
        Region(name="electrolyte", role="electrolyte", footprint=spans[0], z=z),
        Region(name="core", role="core", footprint=spans[1], z=z),
        Region(name="anode", role="anode", footprint=shapely.box(ends[0] - 1, *y[:1], ends[0], y[1]), z=z),
        Region(name="cathode", role="cathode", footprint=shapely.box(ends[1], *y[:1], ends[1] + 1, y[1]), z=z),
    ]
    return make_layout(regions, laws={"electrolyte": medium(sigma[0]), "core": medium(sigma[1])})


def bars_law(along, sigma=(1.0, 1e6)):
    area = 6.0
    if along == "series":
        return 1e-6 / (1.0 / (sigma[0] * area) + 2.0 / (sigma[1] * area))
    return 1e-6 * (sigma[0] + sigma[1]) * (area / 2) / 2.0


@pytest.mark.parametrize("along", ["series", "parallel"])
@pytest.mark.parametrize("order", [1, 2])
def test_contrast_of_a_million(along, order):
    """Bars in series and in parallel, sigma 1 and 1e6 S/m: phi is piecewise linear. Tolerance: round-off x contrast.

    The negative control exchanges the conductivities; in series the lengths differ, in parallel a bar is taken away.
    """
    mesh = build_mesh(bars(along), "3d")
    solution = solve_conduction(mesh, order)
    check(conductance(solution), bars_law(along), 1e-9)
    check(dissipation(solution), bars_law(along), 1e-9)
    power = solution.field("energy_density").values * solution.weights[:, None]
    check(np.nansum(power) * 1e-18, bars_law(along), 1e-9)
    assert solution.report.balance_error < 1e-9
    swapped = replace(mesh, layout=bars(along, (1e6, 1.0) if along == "series" else (1.0, 1.0)))
    with pytest.raises(AssertionError):
        check(conductance(solve_conduction(swapped, order)), bars_law(along), 1e-9)


def test_current_density_of_bars_in_series():
    """Both bars carry the same j, E is in the ratio of the conductivities, phi drops by R I."""
    solution = solve_conduction(build_mesh(bars("series", (2.0, 6.0)), "3d"))
    j = 1.0 / (1e-6 / 2.0 + 2e-6 / 6.0)
    field = solution.field("current_density").values
    inside = ~np.isnan(field[:, 0, 0])
    wanted = np.broadcast_to([j, 0.0, 0.0], field[inside].shape)
    assert np.abs(field[inside] - wanted).max() < 1e-9 * j
    e = solution.field("electric_field").values
    for name, sigma in (("electrolyte", 2.0), ("core", 6.0)):
        assert e[solution.mesh.cells_of(name), :, 0] == pytest.approx(j / sigma)


# --------------------------------------------------------------------------------------------------- drives and errors


def test_driving_by_current_is_driving_by_voltage_scaled():
    """The problem is linear: I into the anode gives the potential R I, the same field scaled; round-off."""
    mesh = build_mesh(cell_layout(2.0, 1.0, 1.0, 2.0, {"electrolyte": medium(3.0)}), "section")
    volts, amps = solve_conduction(mesh), solve_conduction(mesh, anode="2.5 A/m", cathode="0.5 V")
    r = resistance(volts)
    check(amps.totals["potential.anode"][0], 0.5 + 2.5 * r, 1e-10)
    check(amps.totals["current.anode"][0], 2.5, 1e-10)
    check(amps.totals["current.cathode"][0], -2.5, 1e-10)
    check(resistance(amps), r, 1e-10)
    check(cell_constant(amps), 3.0 * r, 1e-10)
    scaled = 0.5 + 2.5 * r * volts.field("potential").values
    assert np.nanmax(np.abs(amps.field("potential").values - scaled)) < 1e-10 * 2.5 * r


def test_conductance_matrix_is_symmetric_and_closed():
    """G_ij = G_ji (reciprocity) and rows sum to zero (no current at one potential), off-diagonals negative."""
    shapes = {"electrolyte": shapely.box(0, 0, 8, 4), "anode": shapely.box(1, 1, 2, 3),
              "cathode": shapely.box(4, 2, 5, 3), "core": shapely.box(6, 0, 8, 1)}  # fmt: skip
    mesh = build_mesh(plan_layout(shapes, LIQUID, 1.0), "plan")
    one = np.where(mesh.region_of_cell == mesh.regions.index("electrolyte"), 1.0, 0.0)
    g = solve_terminals(mesh, 2, one, {}, {n: (n,) for n in ("anode", "cathode", "core")}).matrix
    assert np.abs(g - g.T).max() < 1e-12 * g.max()
    assert np.abs(g.sum(axis=1)).max() < 1e-12 * g.max()
    assert (np.diag(g) > 0.0).all()
    assert (g[~np.eye(3, dtype=bool)] < 0.0).all()


def test_terminals_that_touch_are_refused():
    shapes = {
        "electrolyte": shapely.box(0, 0, 4, 2),
        "anode": shapely.box(0, 0, 2, 1),
        "cathode": shapely.box(2, 0, 4, 1),
    }
    with pytest.raises(SolveError, match="touch"):
        solve_conduction(build_mesh(plan_layout(shapes, LIQUID, 1.0), "plan"))


def test_a_part_that_no_terminal_reaches_is_refused():
    shapes = {"electrolyte": shapely.box(0, 0, 4, 1), "anode": shapely.box(0, 0, 1, 1),
              "cathode": shapely.box(3, 0, 4, 1), "core": shapely.box(0, 3, 4, 4)}  # fmt: skip
    mesh = build_mesh(plan_layout(shapes, {**LIQUID, "core": medium(1.0)}, 1.0), "plan")
    with pytest.raises(SolveError, match="no terminal reaches a part of 'core'"):
        solve_conduction(mesh)
    insulating = plan_layout(shapes, {**LIQUID, "core": medium(0.0)}, 1.0)
    check(conductance(solve_conduction(build_mesh(insulating, "plan"))), 0.5, 1e-12)


@pytest.mark.parametrize(
    ("drive", "told"),
    [({"anode": "1 A/m", "cathode": "-1 A/m"}, "needs a potential"), ({"anode": "1 mA", "cathode": "0 V"}, "A/m"),
     ({"anode": "1 V", "cathod": "0 V"}, "no terminal 'cathod'")],
)  # fmt: skip
def test_drives_that_say_nothing_are_refused(drive, told):
    mesh = build_mesh(cell_layout(1.0, 1.0, 1.0, 1.0, LIQUID), "section")
    with pytest.raises((ValueError, MicrofemError), match=told):
        solve_conduction(mesh, **drive)
