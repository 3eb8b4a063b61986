"""Conduction in the interdigital cell against conformal maps; each test says formula, source, validity and tolerance.

The closed forms, with their sources, are in support/closed_forms.py. Tolerances are the mesh's discretisation error,
known from the order that the convergence tests assert.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from scipy.integrate import quad

from microfem.base.errors import MetricRefused
from microfem.layout import Region, Sheet
from microfem.mesh import build_mesh
from microfem.metrics.distribution import (
    area_fraction_above,
    area_fraction_below,
    current_deviation,
    current_max_over_mean,
)
from support import closed_forms as exact
from support.cells import cell_layout, cell_mesh, cell_of_blocks, grid, make_layout, trimmed
from support.comparing import check, rates
from support.conductors import LIQUID, unit_conductance
from support.materials import medium
from support.solving import DRIVE, solve_conduction

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
    solution = solve_conduction(mesh)
    for electrode, (own, other) in {"anode": (200, 100), "cathode": (100, 200)}.items():
        wanted = exact.interdigital_share_above(own, other, 50, above)
        found = area_fraction_above(solution, electrode=electrode, above=above)
        check(found, wanted, 0.08)
        assert area_fraction_below(solution, electrode=electrode, below=above) == pytest.approx(1.0 - found)


@pytest.mark.parametrize("metric", [current_max_over_mean, current_deviation])
def test_metrics_that_diverge_are_refused(metric):
    """As j ~ d^-1/2, its maximum is unbounded and the integral of j^2 diverges as log d, so neither may be given."""
    solution = solve_conduction(build_mesh(cell_layout(1.0, 1.0, 1.0, 1.0, LIQUID), "section"))
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


def corner_mesh(n, arms=3):
    """Return an L of unit width with arms of that many squares, terminals being sheets across its ends."""
    ticks = np.linspace(0, arms + 1, n * (arms + 1) + 1)
    points, cells = grid(ticks, ticks)
    kept = points[cells].mean(axis=1).min(axis=1) < 1.0
    line = shapely.box(0, -1, arms + 1, 1)
    layout = make_layout([Region(name="electrolyte", role="electrolyte", footprint=line, z=(0.0, arms + 1.0))],
                         [Sheet(name=name, role=name, footprint=line, z=0.0, thickness=1.0) for name in DRIVE],
                         {"electrolyte": medium(1.0), "anode": medium(1.0), "cathode": medium(1.0)})  # fmt: skip
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
