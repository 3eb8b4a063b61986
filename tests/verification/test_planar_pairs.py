"""Conductance of planar pairs in plan against closed forms; proven bounds must hold the value and be narrow.

A gap of width g between two lines of one potential each conducts, per unit height and conductivity:

* L / g along straight sides of length L;
* K = 1 - (2 / pi) ln 2 at a right-angled corner, beside its sides from the inner corner on (the dual of the corner of a
  strip: W. R. Smythe, Static and Dynamic Electricity, section 6), so that a line of length L along its middle with n
  corners gives L / g - (1 - K) n. Corners feel each other by exp(-pi L / g), 2e-3 of one at L = 2 g;
* t / ln(b / a) between concentric arcs of angle t.
"""

from __future__ import annotations

import math

import pytest

from microfem.families import build_layout
from microfem.mesh import build_mesh
from support import closed_forms as exact
from support.materials import medium
from support.solving import solve_conduction

CORNER = exact.corner_squares()


def bounds_of(family: str, **params: object) -> tuple[float, float]:
    """Return the bounds of the conductance in plan, per unit height and conductivity."""
    layout = build_layout(family, params, {"electrolyte": medium(1.0)})
    found = solve_conduction(build_mesh(layout, "plan")).bounds
    assert found is not None
    return float(found.lower), float(found.upper)


def along(length: float, gap: float, corners: int, corner: float = CORNER) -> float:
    """Return the conductance of a gap whose middle has this length and number of right-angled corners."""
    return length / gap - (1.0 - corner) * corners


def check_within(bounds: tuple[float, float], wanted: float, within: float) -> None:
    """Assert that a value lies in bounds that are no further apart than a share of it."""
    assert bounds[0] <= wanted <= bounds[1]
    assert bounds[1] - bounds[0] < within * wanted


# Squares of 300 um: 15 steps of a Hilbert curve and two ends, 64 of a Moore curve, 80 of a Peano curve and two ends;
# corners counted by hand in drawings of the curves (A. K. Peano 1890, D. Hilbert 1891, E. H. Moore 1900).
CURVES = {
    "hilbert": (2, 15 * 300.0 + 2 * 250.0, 14),
    "moore": (2, 16 * 300.0, 12),
    "peano": (1, 8 * 300.0 + 2 * 250.0, 4),
}


@pytest.mark.parametrize("curve", CURVES)
def test_gap_along_a_space_filling_curve(curve: str) -> None:
    order, length, corners = CURVES[curve]
    bounds = bounds_of("space_filling", curve=curve, order=order, electrode_width=200.0, gap=100.0, margin=0.0)
    check_within(bounds, along(length, 100.0, corners), 0.02)
    assert (
        along(length, 100.0, corners, 0.5) < bounds[0]
    )  # negative controls: Moore's squares rounded, corners left out
    assert along(length, 100.0, corners, 1.0) > bounds[1]


def test_gap_of_a_meander() -> None:
    """Two legs from an end to a bend, two between bends, three ways across: a gap, two lines and a spacing each."""
    bounds = bounds_of("meander", legs=4, leg_length=1500.0, anode_width=200.0, cathode_width=160.0, gap=100.0,
                       spacing=150.0, margin=0.0)  # fmt: skip
    high, low = 750.0 - 50.0 - 200.0, -750.0 + 50.0 + 160.0
    length = 2 * (high + 750.0) + 2 * (high - low) + (100.0 + 2 * 160.0 + 150.0) * 2 + (100.0 + 2 * 200.0 + 150.0)
    check_within(bounds, along(length, 100.0, 6), 0.01)


@pytest.mark.parametrize("params", [{}, {"ring_width": 80.0, "arrangement": "square"}])
def test_gaps_of_a_disc_array(params: dict[str, object]) -> None:
    """Every disc faces a circle of one potential, whether of the common cathode or of its own ring."""
    bounds = bounds_of("disc_array", columns=2, rows=2, disc_radius=200.0, gap=100.0, pitch=800.0, **params)
    check_within(bounds, 4 * 2.0 * math.pi / math.log(300.0 / 200.0), 1e-3)


def test_gap_of_a_star() -> None:
    """Sides between tips, arcs at the tips, right-angled corners; arcs are straight at a corner to g / r = 0.1."""
    n, g, hub, tip = 3, 50.0, 500.0, 1100.0
    bounds = bounds_of("radial_fingers", finger_pairs=n, hub_radius=hub, finger_length=tip - hub, gap=g)
    half = 0.5 * math.pi / n
    outer, inner = half - math.asin(0.5 * g / tip), half - math.asin(0.5 * g / (hub + g))
    side = math.sqrt(tip**2 - 0.25 * g**2) - math.sqrt((hub + g) ** 2 - 0.25 * g**2)
    arcs = 2.0 * n * (outer / math.log((tip + g) / tip) + inner / math.log((hub + g) / hub))
    check_within(bounds, arcs + 2 * n * side / g + 4 * n * CORNER, 0.01)


def test_footprint_of_a_double_spiral() -> None:
    """Two half discs of the outermost radius, less the two half discs of the core, which meet along its width."""
    layout = build_layout("double_spiral", {"turns": 2, "anode_width": 200.0, "cathode_width": 200.0, "gap": 150.0})
    assert layout.footprint_area() == pytest.approx(math.pi * (1500.0**2 - 250.0**2), rel=1e-3)


@pytest.mark.parametrize("shape", ["round", "rectangular"])
def test_one_more_turn_of_a_double_spiral(shape: str) -> None:
    """A second turn adds four gaps beside half turns: those of radius r, from the anode and from the cathode.

    Ends and the outside are the same but for their curvature: tolerance 0.4 % of the difference.
    """
    params = {"shape": shape, "anode_width": 100.0, "cathode_width": 100.0, "gap": 100.0, "margin": 100.0}
    one, two = (bounds_of("double_spiral", turns=turns, **params) for turns in (1, 2))

    def half_turn(inside: float) -> float:
        straight = 4.0 * inside / 100.0 + 2.0 * CORNER
        return straight if shape == "rectangular" else math.pi / math.log((inside + 100.0) / inside)

    added = 2.0 * sum(half_turn(250.0 + 200.0 * k) for k in (1, 2))
    assert two[0] - one[1] <= added * 1.004
    assert two[1] - one[0] >= added * 0.996
    assert 0.5 * (sum(two) - sum(one)) == pytest.approx(added, rel=4e-3)
    assert 0.5 * (sum(two) - sum(one)) > 1.1 * (added - half_turn(650.0))  # negative control: three of four half turns
