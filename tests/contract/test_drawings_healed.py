"""Drawings as people leave them: gaps, slits, doubled lines, slivers; each is healed and told, or has a place."""

from __future__ import annotations

from pathlib import Path

import gdstk
import numpy as np
import pytest
import shapely

from microfem.base.errors import MicrofemError
from microfem.cad.import_drawing import Imported, import_drawing
from microfem.drawings.read import Reading
from microfem.study.design import load_geometry
from support.cad_files import as_drawn
from support.foreign_drawings import cell_of, corners, dxf_of

LEFT, RIGHT = shapely.box(0.0, 0.0, 1.0, 5.0), shapely.box(2.0, 0.0, 3.0, 5.0)  # mm
AREA, ROUND = 5e6, 12e3  # of each, um2 and um
ROLES = {"A": "anode", "C": "cathode"}


def imported(path: Path, layers: dict[str, str] = ROLES, **options: object) -> tuple[dict[str, float], str]:
    """Return the area of each role of an imported drawing, and what was told."""
    found: Imported = import_drawing(path, layers, reading=Reading(**options))
    file = path.with_suffix(".yaml")
    file.write_text(found.text)
    layout = load_geometry(file).layout()
    return {role: layout.part(role).footprint.area for role in layers.values()}, "\n".join(found.told)


def closed(space, outline: shapely.Polygon, layer: str) -> None:
    space.add_lwpolyline(corners(outline), close=True, dxfattribs={"layer": layer})


def strokes(space, gap: float, layer: str = "A", box: shapely.Polygon = LEFT) -> None:
    """Draw a box as four lines, of which three begin or end a gap away from the next."""
    x0, y0, x1, y1 = box.bounds
    ends = [((x0 + gap, y0), (x1, y0)), ((x1, y0 + gap), (x1, y1)), ((x1 - gap, y1), (x0, y1)), ((x0, y1), (x0, y0))]
    for start, end in ends:
        space.add_line(start, end, dxfattribs={"layer": layer})


def with_gaps(path: Path, gap_mm: float) -> Path:
    def draw(_, space):
        strokes(space, gap_mm)
        closed(space, RIGHT, "C")

    return dxf_of(path / "a.dxf", draw)


def test_small_gaps_between_lines_are_joined_and_told(tmp_path: Path) -> None:
    areas, told = imported(with_gaps(tmp_path, 1e-5))
    assert areas["anode"] == pytest.approx(AREA, abs=0.01 * ROUND)
    assert "healed within 0.1 um (--join): corners put onto others: 3, at (0.01, 0), " in told


def test_a_larger_gap_has_a_place_and_a_remedy(tmp_path: Path) -> None:
    path = with_gaps(tmp_path, 1e-3)
    with pytest.raises(MicrofemError, match=r"layer A: a line is open, from \(999, 5000\) to \(0, 0\) um; the next end "
                                            r"is 1 um away, and --join is 0.1 um"):  # fmt: skip
        imported(path)
    areas, told = imported(path, join=1.0)
    assert areas["anode"] == pytest.approx(AREA, abs=1.0 * ROUND)
    assert "healed within 1 um" in told
    with pytest.raises(MicrofemError, match="the next end is 200 um away"):
        imported(with_gaps(tmp_path, 0.2), join=1.0)


def test_lines_drawn_twice_count_once(tmp_path: Path) -> None:
    def draw(_, space):
        for _ in range(2):
            strokes(space, 0.0)
            closed(space, RIGHT, "C")

    areas, told = imported(dxf_of(tmp_path / "a.dxf", draw))
    assert areas == pytest.approx({"anode": AREA, "cathode": AREA}, rel=1e-12)
    assert "lines drawn twice: 4, at (500, 0), (1000, 2500), (500, 5000), (0, 2500) um" in told


def test_an_outline_drawn_twice_beside_itself_is_not_hollow(tmp_path: Path) -> None:
    def draw(_, space):
        closed(space, LEFT, "A")
        closed(space, LEFT.buffer(-1e-5, join_style="mitre"), "A")
        closed(space, RIGHT, "C")

    assert imported(dxf_of(tmp_path / "a.dxf", draw))[0]["anode"] == pytest.approx(AREA, abs=0.01 * ROUND)


@pytest.mark.parametrize("broken", [False, True])
def test_a_line_across_an_area_divides_nothing(broken: bool, tmp_path: Path) -> None:
    """Its ends lie on the edges of the outline, or are corners of it."""

    def draw(_, space):
        if broken:
            for y0, y1 in ((0.0, 2.0), (2.0, 5.0)):
                for x in (0.0, 1.0):
                    space.add_line((x, y0), (x, y1), dxfattribs={"layer": "A"})
            for y in (0.0, 5.0):
                space.add_line((0.0, y), (1.0, y), dxfattribs={"layer": "A"})
        else:
            strokes(space, 0.0)
        space.add_line((0.0, 2.0), (1.0, 2.0), dxfattribs={"layer": "A"})
        closed(space, RIGHT, "C")

    areas, told = imported(dxf_of(tmp_path / "a.dxf", draw))
    assert areas["anode"] == pytest.approx(AREA, rel=1e-12)
    assert broken or "lines that divide an area left out: 1, at (500, 2000) um" in told


def test_a_line_that_ends_inside_an_area_is_refused(tmp_path: Path) -> None:
    def draw(_, space):
        closed(space, LEFT, "A")
        space.add_line((0.0, 2.0), (0.5, 2.0), dxfattribs={"layer": "A"})
        closed(space, RIGHT, "C")

    with pytest.raises(MicrofemError, match=r"layer A: a line is open, from \(0, 2000\) to \(500, 2000\) um"):
        imported(dxf_of(tmp_path / "a.dxf", draw))


def boxes(*bounds: tuple[float, ...], layer: int = 1) -> list[gdstk.Polygon]:
    return [gdstk.rectangle(one[:2], one[2:], layer=layer) for one in bounds]


def test_a_slit_between_abutting_parts_is_closed_and_told(tmp_path: Path) -> None:
    """One nanometre between two halves, which meet along different lengths."""
    halves = boxes((0.0, 0.0, 100.0, 500.0), (20.0, 500.001, 80.0, 1000.0))
    path = cell_of(tmp_path / "a.gds", *halves, *boxes((300.0, 0.0, 400.0, 1000.0), layer=2))
    areas, told = imported(path, {"1/0": "anode", "2/0": "cathode"})
    assert areas["anode"] == pytest.approx(5e4 + 3e4, abs=1e-3 * 60.0)
    assert "edges led through corners beside them: 2, at (20, 500.001), (80, 500.001) um" in told
    assert "anode: 2 pieces" not in told
    assert len(shapely.get_parts(as_drawn(path)["1/0"])) == 2  # negative control: they are apart


def test_short_edges_slivers_and_slits_vanish(tmp_path: Path) -> None:
    """What boolean operations leave: an edge of 10 nm, a strip of 2 nm, a slit of 4 nm inside."""
    stepped = gdstk.Polygon([(0, 0), (100, 0), (100, 499.99), (99.99, 500), (0, 500)], 1)
    sliver = boxes((150.0, 0.0, 150.002, 300.0))
    ring = gdstk.boolean(boxes((0, 600, 100, 900))[0], boxes((20, 700, 80, 700.004))[0], "not", layer=1)
    other = boxes((300.0, 0.0, 400.0, 1000.0), layer=2)
    path = cell_of(tmp_path / "a.gds", stepped, *sliver, *ring, *other)
    areas, told = imported(path, {"1/0": "anode", "2/0": "cathode"}, join=0.02)
    assert areas["anode"] == pytest.approx(5e4 + 3e4, abs=0.02 * 1000.0)
    assert "corners put onto others" in told
    outline = load_geometry(path.with_suffix(".yaml")).layout().part("anode").footprint
    assert len(shapely.get_parts(outline)) == 2
    assert not any(len(part.interiors) for part in shapely.get_parts(outline))
    edges = np.hypot(*np.diff(shapely.get_coordinates(shapely.get_parts(outline)[0].exterior), axis=0).T)
    assert edges.min() > 0.02


def test_a_sound_drawing_is_left_as_it_is(tmp_path: Path) -> None:
    """Negative control: nothing is healed, and nothing but the origin is told."""
    areas, told = imported(dxf_of(tmp_path / "a.dxf", lambda _, space: [
        closed(space, LEFT, "A"), closed(space, RIGHT, "C")]))  # fmt: skip
    assert areas == pytest.approx({"anode": AREA, "cathode": AREA}, rel=1e-12)
    assert told == "the middle of the outlines, at (1500, 2500) um in the drawing, is the origin of the geometry"


def test_corners_closer_than_the_tolerance_do_not_collapse_in_a_chain(tmp_path: Path) -> None:
    """A disc of 20 um with corners each 63 nm apart, healed within 100 nm."""
    disc = shapely.Point(0.0, 0.0).buffer(0.02, quad_segs=500)

    def draw(_, space):
        closed(space, disc, "A")
        closed(space, RIGHT, "C")

    area = imported(dxf_of(tmp_path / "a.dxf", draw))[0]["anode"]
    assert area == pytest.approx(np.pi * 400.0, abs=0.1 * 2.0 * np.pi * 20.0)


def test_fillings_faces_and_lines_with_a_width_are_areas(tmp_path: Path) -> None:
    def draw(_, space):
        hatch = space.add_hatch(dxfattribs={"layer": "A"})
        for outline in (LEFT, shapely.box(0.2, 1.0, 0.8, 4.0)):
            hatch.paths.add_polyline_path(corners(outline), is_closed=True)
        space.add_3dface([(2, 0, 0), (3, 0, 0), (3, 5, 0), (2, 5, 0)], dxfattribs={"layer": "C"})
        space.add_lwpolyline([(4, 0), (4, 2), (6, 2)], dxfattribs={"layer": "open", "const_width": 0.2})
        width = {"default_start_width": 0.2, "default_end_width": 0.2}
        space.add_polyline2d(corners(shapely.box(8, 0, 10, 2)), close=True, dxfattribs={"layer": "ring", **width})
        space.add_text("anode", dxfattribs={"layer": "A"})

    path = dxf_of(tmp_path / "a.dxf", draw)
    areas, told = imported(path)
    assert areas == pytest.approx({"anode": AREA - 1.8e6, "cathode": AREA}, rel=1e-12)
    assert "ignored: 1 TEXT on layer A" in told
    drawn = as_drawn(path)
    assert drawn["open"].area == pytest.approx((2.0 * 0.2 + 2.0 * 0.2) * 1e6, rel=1e-9)  # mitred: as long as its line
    assert drawn["ring"].area == pytest.approx((2.2**2 - 1.8**2) * 1e6, rel=1e-9)


def test_chords_stay_within_the_tolerance_of_large_circles(tmp_path: Path) -> None:
    """A radius of 10 mm, where the Bezier curve over a quarter of the circle is 2.7 um off."""
    path = dxf_of(tmp_path / "a.dxf", lambda _, space: space.add_circle((0, 0), 10.0))
    points = shapely.get_coordinates(as_drawn(path, Reading(tolerance=0.5))["0"])
    middles = 0.5 * (points[1:] + points[:-1])
    assert np.abs(np.hypot(*np.vstack([points, middles]).T) - 1e4).max() < 0.5
    assert len(points) < 1.2 * np.pi * np.sqrt(1e4 / (2.0 * 0.5))  # chords of the sagitta 0.5 um: pi sqrt(r / 2 s)


def test_many_rings_in_each_other_are_alternating(tmp_path: Path) -> None:
    """Squares of the half sides 1 to n: the sum of 4 (2 k - 1) over every second."""
    sides = range(1, 201)

    def draw(_, space):
        for k in sides:
            closed(space, shapely.box(-k, -k, k, k), "0")

    area = as_drawn(dxf_of(tmp_path / "a.dxf", draw, units=13))["0"].area
    assert area == pytest.approx(sum(4.0 * (2 * k - 1) for k in sides if k % 2 == 0), rel=1e-12)
