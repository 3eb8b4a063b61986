"""Conduction between cylinders, rays and a disc against closed forms, with formula, source, validity and tolerance.

The closed forms, with their sources, are in support/closed_forms.py. Tolerances are the error of polygons and meshes,
or the order that is asserted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microfem.base.errors import MetricRefused
from microfem.mesh import build_mesh
from microfem.metrics.distribution import (
    area_fraction_above,
    area_fraction_below,
    current_deviation,
    current_max_over_mean,
)
from microfem.metrics.electrical import conductance, resistance
from support import closed_forms as exact
from support.cells import disc, plan_layout, sector_mesh, spheroid_mesh
from support.comparing import check, rates
from support.conductors import LIQUID, unit_conductance
from support.materials import medium
from support.solving import DRIVE, solve_conduction

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
    solution = solve_conduction(build_mesh(ring(a, b, d), "plan"))
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
    layout = replace(layout, materials={**layout.materials, "rim": medium(0.0)})
    mesh = build_mesh(layout, "plan")
    cut = solve_conduction(mesh).totals["current.anode"][0]
    short = solve_conduction(mesh, **DRIVE, rim="0 A/m").totals["current.anode"][0]
    wanted = exact.parallel_cylinders(a, b, d)
    assert cut < wanted < short
    check(0.5 * (cut + short), wanted, 3e-4)


@pytest.mark.parametrize("corners", [32, 240])
def test_current_is_even_on_coaxial_cylinders(corners):
    """Current is even on circles of one centre: max / mean is 1 and no area is far from the mean.

    A polygon's corner that turns by 360/N degrees makes j ~ s^-(2/N) there, which is not refused as an edge would be;
    tolerance: that power over three edges' lengths, 4/N, and 2 % of the element fluxes.
    """
    solution = solve_conduction(build_mesh(ring(1.0, 3.0, corners=(corners, corners)), "plan"))
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
        solution = solve_conduction(sector_mesh(r1, r2, beta, n, n))
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
    solutions = [solve_conduction(mesh) for mesh in meshes]
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
