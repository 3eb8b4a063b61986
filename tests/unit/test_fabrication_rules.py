"""Rules of fabrication on shapes whose widths and gaps are known, and against an independent opening."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.affinity import rotate, translate
from shapely.geometry.base import BaseGeometry

from microfem.fabrication import RULES, margins, violations
from microfem.fabrication.minimum_width import gaps, widths
from microfem.families import build_layout
from microfem.layout import Layout, Region, Sheet
from microfem.layout.centre_lines import serpentine
from microfem.layout.shapes import disc, rectangle, ribbon_outline, ring
from support.fabrication import COMB, broken, technique
from support.rods import ribbon


def plate(*outlines: BaseGeometry, z: tuple[float, float] = (0.0, 10.0)) -> Layout:
    """Return a layout of conductors: the first an anode, the others cathodes."""
    names = ["anode", *(f"cathode_{k}" for k in range(1, len(outlines)))]
    regions = tuple(
        Region(name=name, role=name.split("_")[0], footprint=one, z=z)
        for name, one in zip(names, outlines, strict=True)
    )
    return Layout(family="test", params={}, regions=regions, terminals={}, feature=1.0, gap=1.0, plane=5.0)


def opened_width(outline: BaseGeometry) -> float:
    """Return the diameter above which an opening by mitred offsets loses part of an outline: another way to its width.

    Mitres give corners back, so only what no disc fits into is lost; what chords of arcs lose is let pass.
    """

    def lost(diameter: float) -> bool:
        inner = outline.buffer(-0.5 * diameter, join_style="mitre")
        back = inner.buffer(0.5 * diameter, join_style="mitre", mitre_limit=1.6)
        return outline.difference(back.buffer(2e-3 * diameter)).area > 2e-4 * outline.area

    low, high = 0.0, 2.0 * math.sqrt(outline.area)
    while high - low > 1e-5 * high:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if lost(middle) else (middle, high)
    return 0.5 * (low + high)


BAR = rectangle(0.0, 0.0, 99.0, 1000.0)
DUMBBELL = shapely.union_all([rectangle(-500, -200, -100, 200), rectangle(100, -200, 500, 200),
                              rectangle(-100, -30, 100, 30)])  # fmt: skip
SHAPES = {
    "bar": (BAR, 99.0),
    "turned": (rotate(BAR, 33.0), 99.0),
    "ring": (ring(200.0, 250.0, 90), 50.0 * math.cos(math.pi / 90)),
    "eccentric": (disc(300.0, 200).difference(disc(200.0, 200, (60.0, 0.0))), 40.0),
    "neck": (DUMBBELL, 60.0),
    "notched": (rectangle(0, 0, 1000, 300).difference(shapely.Polygon([(450, 0), (500, 220), (550, 0)])), 80.0),
    "disc": (disc(40.0, 64), 80.0 * math.cos(math.pi / 64)),
    "L": (shapely.union_all([rectangle(0, 0, 500, 70), rectangle(0, 0, 90, 500)]), 70.0),
    "serpentine": (ribbon_outline(ribbon(serpentine(3000.0, 2, 1200.0), 200.0, 10.0), 50.0), 200.0),
}


@pytest.mark.parametrize("name", SHAPES)
def test_widths_of_shapes(name: str) -> None:
    outline, wanted = SHAPES[name]
    found = widths(outline, math.inf)
    rel = 3e-3 if name in ("serpentine", "eccentric") else 1e-9  # chords of arcs
    assert min(one.width for one in found) == pytest.approx(wanted, rel=rel)
    assert widths(outline, 0.98 * wanted) == []


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "notched"])  # mitres reach across a notch
def test_widths_are_those_of_an_opening(name: str) -> None:
    outline, _ = SHAPES[name]
    found = min(one.width for one in widths(outline, math.inf))
    assert found == pytest.approx(opened_width(outline), rel=1e-2)


def test_the_narrow_place_is_where_it_is() -> None:
    (neck,) = widths(DUMBBELL, 100.0)
    assert abs(neck.at[0]) <= 100.0
    assert neck.at[1] == pytest.approx(0.0, abs=1e-9)


def test_a_taper_counts_by_its_end_and_a_tip_by_nothing() -> None:
    taper = shapely.Polygon([(-100, 0), (100, 0), (30, 800), (-30, 800)])
    assert min(one.width for one in widths(taper, math.inf)) == pytest.approx(60.0)
    (tip,) = [one for one in widths(shapely.Polygon([(-100, 0), (100, 0), (0, 800)]), math.inf) if one.width == 0.0]
    assert tip.at == (0.0, 800.0)
    square = rectangle(0, 0, 100, 100)
    assert min(one.width for one in widths(square, math.inf)) == pytest.approx(100.0)


@pytest.mark.parametrize(("end", "wanted"), [(150.0, ["minimum_width"]), (159.0, ["minimum_width"]), (160.0, [])])
def test_a_taper_with_a_round_end_counts_by_it(end: float, wanted: list[str]) -> None:
    finger = shapely.union_all(
        [shapely.Point(0, 0).buffer(100.0), shapely.Point(0, 1000).buffer(0.5 * end)]
    ).convex_hull
    assert broken(plate(finger), minimum_width=160.0) == wanted
    narrowest = min(widths(finger, math.inf), key=lambda one: one.width)
    assert narrowest.width == pytest.approx(end, rel=5e-3)
    assert narrowest.at[1] == pytest.approx(1000.0, abs=0.1 * end)


def test_a_tip_cut_twice_is_as_wide_as_its_cuts() -> None:
    tip = shapely.Polygon([(0, 0), (200, 0), (101, 270), (100, 271), (99, 270)])
    assert min(one.width for one in widths(tip, math.inf)) == pytest.approx(2.0)


@pytest.mark.parametrize("corners", [8, 16, 62, 256])
def test_a_disc_has_no_end(corners: int) -> None:
    angles = 2.0 * math.pi * np.arange(corners) / corners
    outline = shapely.Polygon(100.0 * np.column_stack([np.cos(angles), np.sin(angles)]))
    assert min(one.width for one in widths(outline, math.inf)) >= 200.0 * math.cos(math.pi / corners) * (1.0 - 1e-9)


def test_a_corner_of_60_degrees_on_a_grid_is_no_tip() -> None:
    assert widths(shapely.Polygon([(0, 0), (100, 0), (50, 86.602)]), 50.0) == []


@pytest.mark.parametrize(("width", "wanted"), [(100.0, []), (99.0, ["minimum_width"]), (101.0, [])])
def test_a_rectangle_at_the_least_width(width: float, wanted: list[str]) -> None:
    assert broken(plate(rectangle(0, 0, width, 1000)), minimum_width=100.0) == wanted


@pytest.mark.parametrize(("gap", "wanted"), [(100.0, []), (99.0, ["minimum_gap"]), (140.0, [])])
def test_a_comb_at_the_least_gap(gap: float, wanted: list[str]) -> None:
    layout = build_layout("interdigital", {**COMB, "gap": gap})
    assert broken(layout, minimum_gap=100.0, minimum_width=160.0) == wanted


def test_a_violation_tells_all() -> None:
    layout = build_layout("interdigital", {**COMB, "gap": 90.0})
    (one,) = violations(layout, technique(minimum_gap=100.0))
    assert (one.rule, one.bound, one.unit, one.source) == ("minimum_gap", 100.0, "um", "this test")
    assert one.value == pytest.approx(90.0)
    assert one.part in ("anode", "cathode")
    point = shapely.Point(one.place)
    assert [layout.part(name).footprint.distance(point) for name in ("anode", "cathode")] == pytest.approx([45.0, 45.0])
    assert all(text in one.message() for text in ("minimum_gap", one.part, "90 um", "at least 100 um", "this test"))


def test_gaps_between_corners_and_in_notches() -> None:
    a, b = rectangle(0, 0, 100, 100), rectangle(130, 140, 200, 200)
    (one,) = gaps(shapely.union_all([a, b]), math.inf)
    assert one.width == pytest.approx(50.0)
    assert one.at == pytest.approx((115.0, 120.0))
    fork = rectangle(0, 0, 300, 300).difference(rectangle(120, 100, 160, 300))
    assert min(g.width for g in gaps(fork, math.inf)) == pytest.approx(40.0)
    diamond = shapely.Polygon([(0, 0), (40, 30), (0, 60), (-40, 30)])
    (one,) = gaps(shapely.union_all([diamond, rectangle(55, -100, 100, 100)]), 20.0)
    assert (one.width, one.at) == (pytest.approx(15.0), pytest.approx((47.5, 30.0)))
    touching = shapely.union_all([a, rectangle(100, 100, 200, 200)])
    assert gaps(touching, 10.0)[0].width == 0.0


def test_the_gap_between_any_two_outlines_is_their_distance() -> None:
    """Of 300 random pairs of stars: a notch of one may be narrower, nothing else."""
    draw, seen = np.random.default_rng(7), 0

    def star() -> BaseGeometry:
        angle = np.sort(draw.uniform(0.0, 2.0 * np.pi, draw.integers(5, 14)))
        radius = draw.uniform(20.0, 100.0, len(angle))
        return shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))

    for _ in range(300):
        one, other = star(), translate(star(), *draw.uniform(-220.0, 220.0, 2))
        if not one.is_valid or not other.is_valid or one.intersects(other):
            continue
        found = gaps(shapely.union_all([one, other]), math.inf)
        between = min((place.width for place in found if place.pieces == (0, 1)), default=math.inf)
        within = min((place.width for place in found if place.pieces != (0, 1)), default=math.inf)
        assert between == pytest.approx(one.distance(other), rel=1e-9) or within < one.distance(other)
        seen += between < math.inf
    assert seen > 50


def test_touching_conductors_are_one() -> None:
    """A tab on its collector, a bridge on its island: no gap, and the seam is no narrow place."""
    a, b = rectangle(0, 0, 200, 200), rectangle(200, 50, 400, 150)
    layout = plate(a, rectangle(1000, 0, 1200, 200))
    layout = replace(
        layout, regions=(*layout.regions, Region(name="bridge", role="bridge", footprint=b, z=(0.0, 10.0)))
    )
    assert broken(layout, minimum_gap=50.0, minimum_width=100.0) == []
    assert broken(layout, minimum_width=101.0) == ["minimum_width"]


def test_layers_are_held_apart() -> None:
    """A collector far below does not meet the electrode above a gap that only the plan shows."""
    low, high = plate(rectangle(0, 0, 200, 200)).regions[0], rectangle(210, 0, 400, 200)
    above = Region(name="cathode", role="cathode", footprint=high, z=(20.0, 30.0))
    layout = replace(plate(rectangle(0, 0, 200, 200)), regions=(low, above))
    assert broken(layout, minimum_gap=50.0) == []
    assert broken(plate(rectangle(0, 0, 200, 200), high), minimum_gap=50.0) == ["minimum_gap"]


def test_an_electrode_hides_no_collector_below_it() -> None:
    below = Region(name="anode_collector", role="anode_collector", footprint=rectangle(80, 0, 110, 1000), z=(-5.0, 0.0))
    layout = plate(rectangle(0, 0, 200, 1000))
    found = violations(replace(layout, regions=(*layout.regions, below)), technique(minimum_width=100.0))
    assert [(one.part, one.value) for one in found] == [("anode_collector", pytest.approx(30.0))]


def test_thickness_aspect_and_sheets() -> None:
    layout = plate(rectangle(0, 0, 20, 1000), z=(0.0, 50.0))
    assert broken(layout, maximum_thickness=50.0, minimum_thickness=50.0, aspect_ratio=2.5) == []
    assert broken(layout, maximum_thickness=49.0) == ["maximum_thickness"]
    assert broken(layout, minimum_thickness=51.0) == ["minimum_thickness"]
    assert broken(layout, aspect_ratio=2.4) == ["aspect_ratio"]
    film = Sheet(
        name="anode_collector", role="anode_collector", footprint=rectangle(0, 0, 20, 1000), z=0.0, thickness=0.05
    )
    thin = violations(replace(layout, sheets=(film,)), technique(minimum_thickness=0.1))
    assert [(one.part, one.value) for one in thin] == [("anode_collector", 0.05)]


@pytest.mark.parametrize(
    ("shift", "wanted"), [(0.0, []), (60.0, []), (85.0, ["registration"]), (150.0, ["registration"])]
)
def test_an_electrode_overlaps_its_collector(shift: float, wanted: list[str]) -> None:
    """Strips of 100 um: what is left of the overlap after a shift is 100 um less the shift, 20 um are asked for."""
    strip = rectangle(0, 0, 100, 1000)
    layout = plate(strip)
    collector = Region(name="anode_collector", role="anode_collector", footprint=translate(strip, shift), z=(-5.0, 0.0))
    assert broken(replace(layout, regions=(*layout.regions, collector)), registration=20.0) == wanted


def test_a_collector_elsewhere_is_not_asked_to_overlap() -> None:
    layout = plate(rectangle(0, 0, 100, 1000))
    far = Region(name="anode_collector", role="anode_collector", footprint=rectangle(150, 0, 250, 1000), z=(40.0, 50.0))
    assert broken(replace(layout, regions=(*layout.regions, far)), registration=20.0) == []


def test_deposits_that_grow_together_bridge_the_gap() -> None:
    """Each side grows by its thickness: 100 um of gap carry 50 + 49 um, and not 50 + 50 um."""

    def comb(anode: float, cathode: float) -> Layout:
        height = {"electrolyte_height": 300.0, "anode_thickness": anode, "cathode_thickness": cathode}
        return build_layout("interdigital", {**COMB, **height})

    assert broken(comb(50.0, 49.0), lateral_growth=1.0) == []
    (one,) = violations(comb(60.0, 50.0), technique(lateral_growth=1.0))
    assert (one.rule, one.bound) == ("lateral_growth", 0.0)
    assert one.value == pytest.approx(100.0 - 110.0)
    assert margins(comb(60.0, 50.0), technique(lateral_growth=1.0))["lateral_growth"] == pytest.approx(0.1)
    assert broken(comb(60.0, 50.0), lateral_growth=0.5) == []


def test_rounded_corners_are_a_warning() -> None:
    """Four corners of a square of 100 um, rounded by 20 um, take (4 - pi) 20^2 um2 from it."""
    (one,) = violations(plate(rectangle(0, 0, 100, 100)), technique(corner_radius=20.0))
    assert one.warning
    assert one.value == pytest.approx((4.0 - math.pi) * 20.0**2 / 100.0)  # % of 100^2 um2
    assert violations(plate(disc(50.0, 90)), technique(corner_radius=20.0)) == ()
    assert margins(plate(rectangle(0, 0, 100, 100)), technique(corner_radius=20.0)) == {}


def test_a_rule_with_its_sign_turned_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = RULES["minimum_gap"]
    turned = replace(
        rule, measure=lambda layout, bound: (replace(one, excess=-one.excess) for one in rule.measure(layout, bound))
    )
    monkeypatch.setitem(RULES, "minimum_gap", turned)
    comb = [build_layout("interdigital", {**COMB, "gap": gap}) for gap in (90.0, 110.0)]
    assert [broken(one, minimum_gap=100.0) for one in comb] == [[], ["minimum_gap"]]  # the wrong way round
