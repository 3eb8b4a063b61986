"""Combs with odd counts of fingers, tapered fingers and busbars of two widths: areas and distances in closed form."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from microfem.families import build_layout
from microfem.layout import Layout

LENGTH, TIP, GAP, ANODE, CATHODE = 3000.0, 250.0, 200.0, 300.0, 180.0
SIZES = {"finger_length": LENGTH, "tip_gap": TIP, "gap": GAP, "anode_width": ANODE, "cathode_width": CATHODE}


def comb(**more: Any) -> Layout:
    return build_layout("interdigital", {**SIZES, **more})


def of(layout: Layout, role: str) -> shapely.Geometry:
    return layout.electrode_outline(role)


@pytest.mark.parametrize(("pairs", "anodes", "cathodes"), [(1.5, 2, 1), (2.5, 3, 2), (3, 3, 3)])
def test_areas_of_straight_fingers_and_two_busbars(pairs: float, anodes: int, cathodes: int) -> None:
    layout = comb(finger_pairs=pairs, anode_busbar_width=150.0, cathode_busbar_width=700.0)
    width = anodes * ANODE + cathodes * CATHODE + (anodes + cathodes - 1) * GAP
    assert layout.params["finger_pairs"] == pairs
    assert of(layout, "anode").area == pytest.approx(anodes * ANODE * LENGTH + 150.0 * width)
    assert of(layout, "cathode").area == pytest.approx(cathodes * CATHODE * LENGTH + 700.0 * width)
    assert layout.footprint_area() == pytest.approx(width * (LENGTH + TIP + 850.0))
    assert of(layout, "anode").distance(of(layout, "cathode")) == pytest.approx(GAP)
    cut = shapely.intersection(layout.electrode_outline(), shapely.LineString([(-1e4, 0.0), (1e4, 0.0)]))
    assert len(cut.geoms) == anodes + cathodes


def test_one_busbar_width_is_that_of_both() -> None:
    both = comb(busbar_width=400.0)
    each = comb(anode_busbar_width=400.0, cathode_busbar_width=400.0)
    assert both.electrode_outline().equals(each.electrode_outline())


@pytest.mark.parametrize("pairs", [1, 2.5, 4])
@pytest.mark.parametrize("taper", [0.05, 0.4, 1.0])
def test_tapered_fingers(pairs: float, taper: float) -> None:
    """The middle fingers' roots and tips have the stated ratio, the gap is uniform, the outline a rectangle."""
    layout = comb(finger_pairs=pairs, finger_taper=taper)
    anode, cathode = of(layout, "anode"), of(layout, "cathode")
    assert anode.distance(cathode) == pytest.approx(GAP)
    # the cathode is the narrower electrode: w(y) is CATHODE at y = 0, and tip / root is the taper
    high, low = 0.5 * (LENGTH + TIP), 0.5 * (LENGTH - TIP)
    fall = CATHODE * (1.0 - taper) / (low + taper * high)  # of the width per length
    if pairs > 1:
        tip, root = (_first(cathode, y) for y in (-low + 1e-6, high - 1e-6))
        assert (tip / root, tip) == pytest.approx((taper, CATHODE - fall * low), rel=1e-6)
    assert _first(anode, 0.0) == pytest.approx(ANODE)
    x0, y0, x1, y1 = shapely.union_all([anode, cathode]).bounds
    assert layout.footprint_area() == pytest.approx((x1 - x0) * (y1 - y0), rel=1e-12)
    sides = [shapely.Point(x, y) for x in (x0, x1) for y in (-high + 1.0, high - 1.0)]
    assert min(layout.device_outline().boundary.distance(one) for one in sides) < 1e-9
    # an inner finger loses what it gains, but for the tip gap: mean width = w(0) + fall TIP / 2
    inner = pairs - 1.0 if pairs % 1.0 == 0.0 else pairs - 0.5
    outer = 1.0 if pairs % 1.0 == 0.0 else 0.0
    mean = CATHODE + 0.5 * fall * TIP
    expected = LENGTH * (inner * mean + outer * 0.5 * (mean + CATHODE)) + 300.0 * (x1 - x0)
    assert cathode.area == pytest.approx(expected, rel=1e-9)


def _first(outline: shapely.Geometry, y: float) -> float:
    """Return the width of the first finger of an outline at a height; the first of the cathodes has neighbours."""
    cut = shapely.intersection(outline, shapely.LineString([(-1e5, y), (1e5, y)]))
    return min(shapely.get_parts(cut), key=lambda piece: piece.bounds[0]).length


def test_a_taper_that_is_not_stated_is_seen() -> None:
    assert comb(finger_taper=0.99).electrode_outline("anode").area != pytest.approx(
        comb().electrode_outline("anode").area, rel=1e-5
    )
