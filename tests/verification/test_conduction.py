"""Conduction between terminals against closed forms; each test says formula, source, validity and tolerance.

The closed forms, with their sources, are in closed_forms.py. Tolerances are the mesh's discretisation error, known
from the order that the convergence tests assert, or round-off where the exact solution lies in the space.
"""

from __future__ import annotations

from dataclasses import replace

import closed_forms as exact
import numpy as np
import pytest
import shapely
from cells import (
    cell_layout,
    cell_mesh,
    cell_of_blocks,
    disc,
    grid,
    make_layout,
    matter,
    plan_layout,
    record,
    sector_mesh,
    spheroid_mesh,
    trimmed,
)
from scipy.integrate import quad

from microfem.base.errors import MetricRefused, MicrofemError, SolveError
from microfem.fem.potential.terminals import solve_terminals
from microfem.fem.solvers.assembly import scalar_stiffness
from microfem.fem.solvers.solve import solve_given
from microfem.fem.space import Space
from microfem.layout import Region, Sheet
from microfem.mesh import build_mesh
from microfem.metrics.distribution import (
    area_fraction_above,
    area_fraction_below,
    current_deviation,
    current_max_over_mean,
)
from microfem.metrics.electrical import cell_constant, conductance, dissipation, resistance
from microfem.physics.potential.conduction import ConductionCase, solve

DRIVE = {"anode": "1 V", "cathode": "0 V"}
LIQUID = {"electrolyte": matter(1.0)}


def run(mesh, order=2, **drive):
    case = {"physics": "conduction", "dimension": mesh.dimension, "order": order, "terminals": drive or DRIVE}
    return solve(mesh, ConductionCase.model_validate(case))


def unit_conductance(mesh, order=2):
    """Return G at sigma = 1 S/m."""
    return run(mesh, order).totals["current.anode"][0]


def check(found, wanted, tolerance):
    """The one comparison of this file; the negative controls show that it can fail."""
    assert found == pytest.approx(wanted, rel=tolerance, abs=0.0)


def rates(errors, factor=2.0):
    return np.log(np.array(errors[:-1]) / np.array(errors[1:])) / np.log(factor)


# ------------------------------------------------------------------------------------------ closed forms by themselves


@pytest.mark.parametrize(("w", "s"), [(1.0, 1.0), (2.0, 1.0), (160.0, 100.0)])
def test_forms_of_the_interdigital_cell_agree(w, s):
    """Three published forms of one cell, and the integral of the current density; tolerance: quadrature, 1e-9."""
    check(exact.interdigital(w, w, s), exact.interdigital_olthuis(w, s), 1e-12)
    for height in (0.3 * s, s, 3.0 * s):
        check(exact.interdigital(w, w, s, height), exact.interdigital_igreja(w, s, height), 1e-12)
    check(exact.interdigital(w, w, s, 10.0 * (w + s)), exact.interdigital(w, w, s), 1e-9)
    # x = w/2 - s^2 takes the edge's d^-1/2 away
    integral = quad(lambda q: 2 * q * exact.interdigital_current(w, w, s, w / 2 - q * q), 0.0, (w / 2) ** 0.5)[0]
    check(integral, exact.interdigital(w, w, s), 1e-9)


def test_interdigital_values_known_by_hand():
    """Equal widths and gaps give 1/2; 200, 50, 100 gives 1/sqrt 2; a film far thinner than the electrodes
    and the gap gives h / (g + (4 ln 2 / pi) h), each electrode's edge adding (2 ln 2 / pi) h to the gap.

    Tolerance: the two edges feel each other by exp(-pi g / h)."""
    check(exact.interdigital(1, 1, 1), 0.5, 1e-14)
    check(exact.interdigital(200, 100, 50), 0.5**0.5, 1e-14)
    for h in (0.05, 0.2):
        check(exact.interdigital(8, 8, 1, h), h / (1 + 4 * np.log(2) / np.pi * h), max(np.exp(-np.pi / h), 1e-12))


@pytest.mark.parametrize("counter", [True, False])
def test_finger_lines_obey_their_equations(counter):
    """Closed forms of the finger pair against Chebyshev collocation of the same two equations; 24 points: 1e-9."""
    line = exact.counter_fed if counter else exact.same_side
    for r1, r2, g, length in ((2.0, 3.0, 0.7, 1.8), (1.0, 1.0, 1.0, 0.1), (0.1, 5.0, 2.0, 1.0)):
        check(line(r1, r2, g, length), exact.line_by_collocation(r1, r2, g, length, counter), 1e-9)
    # both tend to 1 / gL + (2/3) r L for short fingers of equal r: the next term is of order (gamma L)^4 / 45
    check(line(1.0, 1.0, 1.0, 0.1), 10.0 + 2.0 / 30.0, (0.02) ** 2 / 40.0)


# --------------------------------------------------------------------------------------------------- interdigital cell


@pytest.mark.parametrize(
    ("wa", "wc", "g", "height"),
    [(1.0, 1.0, 1.0, None), (200.0, 100.0, 50.0, None), (1.0, 1.0, 1.0, 0.25), (1.0, 1.0, 1.0, 1.0),
     (160.0, 160.0, 100.0, 260.0), (300.0, 60.0, 40.0, 100.0)],
)  # fmt: skip
def test_interdigital_cell(wa, wc, g, height):
    """G of the unit cell by elliptic integrals (Olthuis 1995, Igreja 2004), equal and unequal widths, any height.

    Semi-infinite is a cell four widths tall: what is left out is of order exp(-8 pi). Tolerance: 18 intervals that
    shrink by 0.6 to each edge leave 0.6^18 = 1e-4 of the span to an error of order 1, so about 1e-4.
    """
    tall = 4.0 * (wa / 2 + g + wc / 2)
    found = unit_conductance(cell_mesh(wa, wc, g, height or tall, ticks=18))
    check(found, exact.interdigital(wa, wc, g, height), 2e-4)


@pytest.mark.parametrize("order", [1, 2])
def test_uniform_meshes_of_the_interdigital_cell_converge_at_order_one(order):
    """At the electrodes' edges phi ~ d^1/2, so the energy's order is 2 x 1/2 = 1, for P1 and P2 alike
    (G. Strang, G. Fix, An Analysis of the Finite Element Method, ch. 8)."""
    wanted = exact.interdigital(1, 1, 1, 1)
    errors = [unit_conductance(cell_mesh(1, 1, 1, 1, n=n), order) - wanted for n in (8, 16, 32)]
    assert all(error > 0.0 for error in errors)  # energies come from above
    assert ((rates(errors) > 0.85) & (rates(errors) < 1.15)).all()


def test_interdigital_cell_through_the_mesher():
    """The same cell as boxes through the mesher: order 1, and its Richardson limit within 0.2 %.

    Tolerance: the scatter of an unstructured mesh's constant, a few per cent of the last difference (1 %).
    """
    layout = cell_layout(200.0, 100.0, 50.0, 200.0, LIQUID)
    wanted = exact.interdigital(200, 100, 50, 200)
    found = [unit_conductance(build_mesh(layout, "section", level)) for level in (0, 1, 2)]
    errors = [one / wanted - 1.0 for one in found]
    assert ((rates(errors) > 0.8) & (rates(errors) < 1.2)).all()
    check(2.0 * found[2] - found[1], wanted, 2e-3)


@pytest.mark.parametrize("above", [1.0, 1.5, 2.0])
def test_interdigital_current_distribution(above):
    """Area fractions of the d^-1/2 distribution converge: closed form of j, semi-infinite cell (closed_forms.py).

    Tolerance: the threshold falls in an edge that is 0.4 of its distance to the electrode's edge, and element fluxes
    of a d^-1/2 field are off by some tenths there: 8 % of the share (5 % seen).
    """
    mesh = cell_of_blocks(200.0, 100.0, 50.0, 800.0, 18)
    solution = run(mesh)
    for electrode, (own, other) in {"anode": (200, 100), "cathode": (100, 200)}.items():
        wanted = exact.interdigital_share_above(own, other, 50, above)
        found = area_fraction_above(solution, electrode=electrode, above=above)
        check(found, wanted, 0.08)
        assert area_fraction_below(solution, electrode=electrode, below=above) == pytest.approx(1.0 - found)


@pytest.mark.parametrize("metric", [current_max_over_mean, current_deviation])
def test_metrics_that_diverge_are_refused(metric):
    """As j ~ d^-1/2, its maximum is unbounded and the integral of j^2 diverges as log d, so neither may be given."""
    solution = run(build_mesh(cell_layout(1.0, 1.0, 1.0, 1.0, LIQUID), "section"))
    for electrode in DRIVE:
        with pytest.raises(MetricRefused, match=r"area_fraction_above"):
            metric(solution, electrode=electrode)


@pytest.mark.parametrize("wrong", ["modulus", "factor", "lid"])
def test_control_wrong_interdigital_laws_are_caught(wrong):
    """Negative control: half the angle in the modulus, a factor 2, or no lid where there is one."""
    height = 0.5 if wrong == "lid" else 1.0
    found = unit_conductance(cell_mesh(1, 1, 1, height, ticks=18))
    law = {
        "modulus": exact.two_strips(np.tan(np.pi / 16) ** 2),
        "factor": 2.0 * exact.interdigital(1, 1, 1, height),
        "lid": exact.interdigital(1, 1, 1),
    }[wrong]
    check(found, exact.interdigital(1, 1, 1, height), 2e-4)
    with pytest.raises(AssertionError):
        check(found, law, 2e-4)


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
        found = solve_given(a, np.flatnonzero(edge), u[None, edge], np.flatnonzero(~edge)).u
        errors.append(abs(a.products(found)[0, 0] - energy))
    assert np.abs(rates(errors) - wanted).max() < (0.2 if dim == 2 else 0.5)


def corner_mesh(n, arms=3):
    """Return an L of unit width with arms of that many squares, terminals being sheets across its ends."""
    ticks = np.linspace(0, arms + 1, n * (arms + 1) + 1)
    points, cells = grid(ticks, ticks)
    kept = points[cells].mean(axis=1).min(axis=1) < 1.0
    line = shapely.box(0, -1, arms + 1, 1)
    layout = make_layout([Region(name="electrolyte", role="electrolyte", footprint=line, z=(0.0, arms + 1.0))],
                         [Sheet(name=name, role=name, footprint=line, z=0.0, thickness=1.0) for name in DRIVE],
                         {"electrolyte": matter(1.0), "anode": matter(1.0), "cathode": matter(1.0)})  # fmt: skip
    mesh = trimmed(points, cells[kept], layout, "section", np.zeros(kept.sum(), dtype=np.int64), ("electrolyte",))
    facets, _, outside = mesh.facets
    facets = facets[outside < 0]
    ends = {name: facets[(mesh.points[facets, k] == arms + 1.0).all(axis=1)] for k, name in enumerate(DRIVE)}
    return replace(mesh, sheets=ends)


def test_corner_of_a_strip():
    """A right-angled corner counts for 1 - (2/pi) ln 2 = 0.5587 squares (Smythe, section 6; Moore's squares).

    phi ~ r^(2/3) at the reflex corner: uniform meshes converge at order 4/3. Arms of three squares leave out
    exp(-6 pi) = 7e-9. Tolerance of the Richardson limit with that order: 1e-4, a tenth of the last difference.
    """
    wanted = 6.0 + exact.corner_squares()
    found = [1.0 / unit_conductance(corner_mesh(n)) for n in (4, 8, 16)]
    rate = rates([wanted - one for one in found])
    assert (np.abs(rate - 4.0 / 3.0) < 0.1).all()
    limit = found[2] + (found[2] - found[1]) / (2.0 ** (4.0 / 3.0) - 1.0)
    assert limit - 6.0 == pytest.approx(exact.corner_squares(), abs=1e-4)
    with pytest.raises(AssertionError):  # negative control: a corner is not a whole square
        check(limit, 7.0, 1e-4)


# ------------------------------------------------------------------------------------------------------------ cylinders


def ring(a, b, d=0.0, corners=(240, 240)):
    """Return a layout of circle a inside circle b, both as regular polygons, centres d apart."""
    outlines = {"cathode": disc(b + 0.5, corners[1]), "electrolyte": disc(b, corners[1]),
                "anode": disc(a, corners[0], (d, 0.0))}  # fmt: skip
    return plan_layout(outlines, LIQUID, 1.0)


@pytest.mark.parametrize(("corners", "tolerance"), [((64, 64), 5e-4), ((128, 64), 2e-4), ((240, 240), 6e-5)])
def test_coaxial_cylinders(corners, tolerance):
    """G = 2 pi / ln(b/a), which bounds that of the polygons from both sides by their in- and circumcircles.

    A regular N-gon of corner radius r acts as a circle of radius r (1 - pi^2 / 3N^2), its mean radius, to first order:
    equal N cancel, unequal N do not. Tolerance: twice the mesh's own error (edges shrink with the inner chords).
    """
    a, b = 1.0, 3.0
    n, m = corners
    found = unit_conductance(build_mesh(ring(a, b, corners=corners), "plan"))
    assert exact.coaxial(a * np.cos(np.pi / n), b) < found < exact.coaxial(a, b * np.cos(np.pi / m)) * (1 + tolerance)
    wanted = exact.coaxial(a * (1 - np.pi**2 / 3 / n**2), b * (1 - np.pi**2 / 3 / m**2))
    check(found, wanted, tolerance)
    if n != m:  # negative control: the circles themselves are missed
        with pytest.raises(AssertionError):
            check(found, exact.coaxial(a, b), tolerance)


@pytest.mark.parametrize(("a", "b", "d"), [(1.0, 3.0, 1.0), (1.0, 4.0, 2.0), (2.0, 3.0, 0.5)])
def test_eccentric_cylinders(a, b, d):
    """G = 2 pi / acosh((a^2 + b^2 - d^2) / 2ab) (Smythe, section 4). Tolerance: polygons of 240 corners, 2e-4.

    Extremes of j on the inner circle are a (cosh tau +- 1) / c x mean. At a polygon's corners j ~ s^-0.008, 2 % over
    the length of an edge: tolerance 3 %.
    """
    solution = run(build_mesh(ring(a, b, d), "plan"))
    check(conductance(solution), exact.eccentric(a, b, d), 2e-4)
    low, high = exact.eccentric_extremes(a, b, d)
    check(current_max_over_mean(solution, electrode="anode"), high, 0.03)
    assert area_fraction_below(solution, electrode="anode", below=0.97 * low) == 0.0
    assert area_fraction_above(solution, electrode="anode", above=1.03 * high) == 0.0
    with pytest.raises(AssertionError):  # negative control: one centre
        check(conductance(solution), exact.coaxial(a, b), 2e-4)


@pytest.mark.parametrize(("a", "b", "d"), [(1.0, 1.0, 3.0), (1.0, 0.5, 3.0)])
def test_parallel_cylinders(a, b, d):
    """G = 2 pi / acosh((d^2 - a^2 - b^2) / 2ab), whole plane (Smythe, section 4).

    A circle R around both bounds it: insulated it lowers G, as an ideal conductor that takes no net current it raises
    it (Rayleigh), by opposite amounts of order (c/R)^2. Tolerance of the mean: (c/R)^4 and polygons of 240 corners.
    """
    big = 12.0 * d
    shapes = {"rim": disc(big + d, 120), "electrolyte": disc(big, 120), "anode": disc(a, 240, (-d / 2, 0)),
              "cathode": disc(b, 240, (d / 2, 0))}  # fmt: skip
    layout = plan_layout(shapes, LIQUID, 1.0, roles={"rim": "core"})
    layout = replace(layout, materials={**layout.materials, "rim": matter(0.0)})
    mesh = build_mesh(layout, "plan")
    cut = run(mesh).totals["current.anode"][0]
    short = run(mesh, **DRIVE, rim="0 A/m").totals["current.anode"][0]
    wanted = exact.parallel_cylinders(a, b, d)
    assert cut < wanted < short
    check(0.5 * (cut + short), wanted, 3e-4)


@pytest.mark.parametrize("corners", [32, 240])
def test_current_is_even_on_coaxial_cylinders(corners):
    """Current is even on circles of one centre: max / mean is 1 and no area is far from the mean.

    A polygon's corner that turns by 360/N degrees makes j ~ s^-(2/N) there, which is not refused as an edge would be;
    tolerance: that power over three edges' lengths, 4/N, and 2 % of the element fluxes.
    """
    solution = run(build_mesh(ring(1.0, 3.0, corners=(corners, corners)), "plan"))
    within = 0.02 + 4.0 / corners
    for electrode in DRIVE:
        assert 1.0 <= current_max_over_mean(solution, electrode=electrode) < 1.0 + within
        assert area_fraction_above(solution, electrode=electrode, above=1.0 + within) == 0.0
        assert area_fraction_below(solution, electrode=electrode, below=1.0 - within) == 0.0


# -------------------------------------------------------------------------------------------------------------- sector


def test_sector_cell():
    """Electrodes on two rays: phi is linear in the angle, j = sigma V / (beta r) (Hull cell by sector).

    G = ln(r2/r1) / beta. Inner and outer arcs of equal chords scale into each other, so their error cancels and P2
    converges at order 4. j has no singularity, so every metric of uniformity has an exact value. Tolerances: the
    largest j is seen at a quadrature point, 0.21 of an edge h from the corner; the others are of order h^2.
    """
    r1, r2, beta = 1.0, 3.0, np.pi / 2
    g, high, low, deviation = exact.sector(r1, r2, beta)
    errors = []
    for n in (16, 32, 64):
        solution = run(sector_mesh(r1, r2, beta, n, n))
        errors.append(abs(conductance(solution) / g - 1.0))
    assert errors[-1] < 1e-7
    assert (np.abs(rates(errors) - 4.0) < 0.2).all()
    h = (r2 - r1) / n
    mean = g * beta / (r2 - r1)
    for electrode in DRIVE:
        found = current_max_over_mean(solution, electrode=electrode)
        assert high * (1.0 - 0.25 * h / r1) < found < high * (1.0 + 1e-3)
        check(current_deviation(solution, electrode=electrode), deviation, h * h)
        for times in (0.8, 1.0, 1.5):
            above = (1.0 / (times * mean) - r1) / (r2 - r1)
            check(area_fraction_above(solution, electrode=electrode, above=times), above, 2.0 * h * h)
            check(area_fraction_below(solution, electrode=electrode, below=times), 1.0 - above, 2.0 * h * h)
        assert area_fraction_below(solution, electrode=electrode, below=0.99 * low) == 0.0
    with pytest.raises(AssertionError):  # negative control: plates at the mean distance
        check(conductance(solution), (r2 - r1) / (beta * (r1 + r2) / 2), 1e-3)


# ---------------------------------------------------------------------------------------------------------------- disc


def test_disc_on_a_half_space():
    """R = arctan(xi) / (2 pi sigma a) from a disc to the confocal half spheroid; xi -> infinity gives 1 / (4 sigma a)
    (Newman 1966). Share of area with j above x times its mean: 1 / (4 x^2).

    Tolerance: straight edges on a curved far terminal, order 2 in their number (8, 16, 32 around); 4.3, 1.1, 0.29 %
    seen, and 0.1 % for the limit by that order.
    """
    a, xi = 2.0, 3.0
    wanted = exact.disc_to_spheroid(a, xi) * 1e6  # of 1 S/m, in um
    meshes = [spheroid_mesh(a, xi, *size) for size in ((1, 4), (2, 8), (3, 12))]
    solutions = [run(mesh) for mesh in meshes]
    found = [resistance(one) for one in solutions]
    rate = rates([abs(one / wanted - 1.0) for one in found])
    assert ((rate > 1.6) & (rate < 2.4)).all()
    check(found[-1], wanted, 4e-3)
    check((4.0 * found[-1] - found[-2]) / 3.0, wanted, 1e-3)
    check(exact.disc_to_spheroid(a, 1e9), 1.0 / (4.0 * a), 1e-8)
    for times in (1.0, 1.5):  # a ring of the mesh is 0.17 of the area at j = mean: half of one
        share = area_fraction_above(solutions[-1], electrode="anode", above=times)
        assert share == pytest.approx(exact.disc_share_above(times), abs=0.08)
    for metric in (current_max_over_mean, current_deviation):
        with pytest.raises(MetricRefused):
            metric(solutions[-1], electrode="anode")
    with pytest.raises(AssertionError):  # negative control: half spheres of these radii
        check(found[-1], (1.0 - 1.0 / np.hypot(1.0, xi)) / (2.0 * np.pi * a) * 1e6, 4e-3)


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
    laws = {"electrolyte": matter(1.0), "lower": matter(1.0 / (0.1 * r1)), "upper": matter(1.0 / (0.2 * r2))}
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
    found = resistance(run(build_mesh(two_films(length, counter, r1, r2), "section")))
    line = exact.counter_fed if counter else exact.same_side
    check(found, line(r1, r2, 1.0, length), 2e-4)
    other = exact.same_side if counter else exact.counter_fed
    with pytest.raises(AssertionError):  # negative control: fed at the other end
        check(found, other(r1, r2, 1.0, length), 2e-4)


def test_films_in_three_dimensions_equal_the_section():
    """Nothing varies along y, so R in 3D is R in the section over the width; tolerance: the meshes differ, 1e-3."""
    layout = two_films(20.0, True, 3e-3, 7e-3)
    section, solid = (run(build_mesh(layout, view)) for view in ("section", "3d"))
    check(resistance(solid) * 2.0e-6, resistance(section), 1e-3)


def test_films_as_terminals_are_parallel_plates():
    """Films as ideal conductors: G = sigma A / d, linear phi, so round-off."""
    layout = two_films(5.0, True, 1.0, 1.0)
    layout = replace(layout, regions=layout.regions[:1], feature=1.0)
    solution = run(build_mesh(layout, "3d"), lower="1 V", upper="0 V")
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
    return make_layout(regions, laws={"electrolyte": matter(sigma[0]), "core": matter(sigma[1])})


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
    solution = run(mesh, order)
    check(conductance(solution), bars_law(along), 1e-9)
    check(dissipation(solution), bars_law(along), 1e-9)
    power = solution.field("energy_density").values * solution.weights[:, None]
    check(np.nansum(power) * 1e-18, bars_law(along), 1e-9)
    assert solution.report.balance_error < 1e-9
    swapped = replace(mesh, layout=bars(along, (1e6, 1.0) if along == "series" else (1.0, 1.0)))
    with pytest.raises(AssertionError):
        check(conductance(run(swapped, order)), bars_law(along), 1e-9)


def test_current_density_of_bars_in_series():
    """Both bars carry the same j, E is in the ratio of the conductivities, phi drops by R I."""
    solution = run(build_mesh(bars("series", (2.0, 6.0)), "3d"))
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
    mesh = build_mesh(cell_layout(2.0, 1.0, 1.0, 2.0, {"electrolyte": matter(3.0)}), "section")
    volts, amps = run(mesh), run(mesh, anode="2.5 A/m", cathode="0.5 V")
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
        run(build_mesh(plan_layout(shapes, LIQUID, 1.0), "plan"))


def test_a_part_that_no_terminal_reaches_is_refused():
    shapes = {"electrolyte": shapely.box(0, 0, 4, 1), "anode": shapely.box(0, 0, 1, 1),
              "cathode": shapely.box(3, 0, 4, 1), "core": shapely.box(0, 3, 4, 4)}  # fmt: skip
    mesh = build_mesh(plan_layout(shapes, {**LIQUID, "core": matter(1.0)}, 1.0), "plan")
    with pytest.raises(SolveError, match="no terminal reaches a part of 'core'"):
        run(mesh)
    insulating = plan_layout(shapes, {**LIQUID, "core": matter(0.0)}, 1.0)
    check(conductance(run(build_mesh(insulating, "plan"))), 0.5, 1e-12)


@pytest.mark.parametrize(
    ("drive", "told"),
    [({"anode": "1 A/m", "cathode": "-1 A/m"}, "needs a potential"), ({"anode": "1 mA", "cathode": "0 V"}, "A/m"),
     ({"anode": "1 V", "cathod": "0 V"}, "no terminal 'cathod'")],
)  # fmt: skip
def test_drives_that_say_nothing_are_refused(drive, told):
    mesh = build_mesh(cell_layout(1.0, 1.0, 1.0, 1.0, LIQUID), "section")
    with pytest.raises((ValueError, MicrofemError), match=told):
        run(mesh, **drive)
