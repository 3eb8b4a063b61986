"""Drawings for machines, read back: what is in them is the layout. The registry is walked, nothing is skipped."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from xml.etree import ElementTree as Xml

import ezdxf
import gdstk
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon

from microfem.base.errors import MicrofemError
from microfem.cad import Order, write_layout
from microfem.cad.gds import keyholed, on_grid
from microfem.cad.pattern import LAYERS, PatternLayer, make_pattern
from microfem.families import build_layout
from microfem.layout import ROLES, Layout, Region
from microfem.layout.layers import Layer, Layers
from microfem.layout.rings import Ring
from support.cad_files import ALL, EXACT, FINE, GRID, READERS, TOLERANCE, dxf, layout_of, off, wanted

# what the files hold


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("key", ALL)
def test_a_file_read_back_is_the_pattern(key: str, suffix: str, tmp_path: Path) -> None:
    layout = layout_of(key)
    path = tmp_path / f"one{suffix}"
    assert write_layout(path, layout, key, Order()) == [path, tmp_path / f"one{suffix}.json"]
    found, pattern = READERS[suffix](path), wanted(make_pattern(layout, key), suffix)
    assert set(found) == set(pattern)
    assert max(off(found[name], pattern[name]) for name in found) < EXACT


@pytest.mark.parametrize("key", ALL)
def test_polygons_leave_arcs_by_less_than_the_tolerance(key: str) -> None:
    """Corners and middles of all edges, against the same outlines with chords that are a hundred times finer."""
    for layer in make_pattern(layout_of(key), key).device:
        coarse, fine = MultiPolygon(on_grid(layer, TOLERANCE, GRID)), layer.outline(0.01 * TOLERANCE)
        rings = [shapely.get_coordinates(one) for one in shapely.get_parts(shapely.get_parts(coarse.boundary))]
        places = np.vstack([*rings, *(0.5 * (ring[1:] + ring[:-1]) for ring in rings)])
        edges = [LineString(pair) for ring in shapely.get_parts(fine.boundary)
                 for pair in itertools.pairwise(ring.coords)]  # fmt: skip
        _, away = shapely.STRtree(edges).query_nearest(shapely.points(places), return_distance=True, all_matches=False)
        assert away.max() < TOLERANCE + GRID
        assert coarse.symmetric_difference(fine).area <= (TOLERANCE + GRID) * fine.length


@pytest.mark.parametrize("key", ALL)
def test_a_layer_is_what_its_regions_own(key: str) -> None:
    """Points drawn at random: in the layer where one of its regions is the uppermost at some height."""
    layout = layout_of(key)
    if layout.spiral is not None:
        layout = sheet(layout)
    rng = np.random.default_rng(1)
    x0, y0, _, x1, y1, _ = layout.box()
    chord = 6e-3 * layout.feature if layout.drawn_circles else 0.0
    edges = shapely.union_all([part.footprint.boundary for part in layout.parts()]).buffer(chord + 1e-6)
    points = [Point(*one) for one in rng.uniform((x0, y0), (x1, y1), (400, 2))]
    points = [one for one in points if not edges.contains(one)]
    assert len(points) > 200
    for layer in make_pattern(layout_of(key), key).device:
        outline = layer.outline(TOLERANCE)
        for point in points:
            assert outline.contains(point) == any(seen(layout, name, point) for name in layer.parts)


def sheet(layout: Layout) -> Layout:
    """Return a roll's layers as rectangles on one another: as long as the middle line, as wide as the roll is long."""
    from dataclasses import replace

    length, width = layout.spiral.length(), layout.params["length"]
    box = shapely.box(-0.5 * length, -0.5 * width, 0.5 * length, 0.5 * width)
    layers = [name for name, _ in layout.spiral.layers]
    regions = tuple(Region(name=name, role=name, footprint=box, z=(k, k + 1.0)) for k, name in enumerate(layers))
    return replace(layout, regions=regions, spiral=None)


def seen(layout: Layout, name: str, point: Point) -> bool:
    part = layout.part(name)
    if not part.footprint.contains(point):
        return False
    if not isinstance(part, Region):
        return True
    here = [(one.priority, k, one) for k, one in enumerate(layout.regions) if one.footprint.contains(point)]
    heights = sorted({z for _, _, one in here for z in one.z})
    middles = [0.5 * (low + high) for low, high in itertools.pairwise(heights)]
    owners = [max((one for one in here if one[2].z[0] < z < one[2].z[1]), default=None, key=lambda one: one[:2])
              for z in middles]  # fmt: skip
    return any(one is not None and one[2].name == name for one in owners)


def test_circles_are_as_declared() -> None:
    """A layout's chords stand outside its circles; the file has the circles themselves."""
    radius, gap, width = 1500.0, 300.0, 900.0
    layers = {one.name: one for one in make_pattern(build_layout("circular", {}), "c").device}
    assert layers["anode"].outline(FINE).area == pytest.approx(math.pi * radius**2, rel=1e-6)
    ring = math.pi * ((radius + gap + width) ** 2 - (radius + gap) ** 2)
    assert layers["cathode"].outline(FINE).area == pytest.approx(ring, rel=1e-6)
    assert layers["anode"].outline(FINE).distance(layers["cathode"].outline(FINE)) == pytest.approx(gap, abs=1e-3)


def test_a_slit_keeps_its_width_between_arcs() -> None:
    """Where a ring ends at a slit its corners lie on its circle and on the slit's edge."""
    layout = build_layout("concentric", {})
    cathode = next(one for one in make_pattern(layout, "c").device if one.role == "cathode")
    points = np.vstack([ring.points for shape in cathode.shapes for ring in shape])
    radii = np.array([radius for _, _, radius in layout.circles])
    away = np.abs(np.hypot(*points.T)[:, None] - radii).min(axis=1)
    slit = np.abs(np.abs(points[:, 1]) - (150.0 + 300.0)) < 1e-9
    assert slit.sum() >= 10
    assert away[slit].max() < 1e-9 * radii.max()


def test_holes_are_reached_without_moving_a_corner() -> None:
    """The first hole lies between two others, which hide all corners of the outer line from it."""
    boxes = [(50.0, 48.0, 52.0, 52.0), (40.0, 2.0, 45.0, 98.0), (58.0, 2.0, 62.0, 98.0)]
    whole = Polygon(shapely.box(0.0, 0.0, 100.0, 100.0).exterior, [shapely.box(*one).exterior for one in boxes])
    line = keyholed(whole)
    corners = {tuple(one) for one in shapely.get_coordinates(whole).tolist()}
    assert {tuple(one) for one in line.tolist()} == corners
    assert Polygon(line).area == pytest.approx(whole.area, rel=1e-15)
    cuts = [LineString(pair) for pair in itertools.pairwise([*line, line[0]])]
    assert all(whole.covers(cut) for cut in cuts)


def test_every_role_has_a_layer_of_its_own() -> None:
    assert set(LAYERS) == {*ROLES, "interconnect", "step", "mark", "label", "cut"}
    assert len({number for number, _ in LAYERS.values()}) == len(LAYERS)
    assert len({colour for _, colour in LAYERS.values()}) == len(LAYERS)


# units and sizes


def test_the_medium_around_a_device_is_not_made(tmp_path: Path) -> None:
    air = Layer(name="air", material="air", role="medium", thickness=300.0)
    layout = build_layout("interdigital", {}, layers=Layers(below=(air,), surroundings="air"))
    for suffix, parts in ((".gds", "layers"), (".step", "bodies")):
        write_layout(tmp_path / f"one{suffix}", layout, "one", Order())
        found = json.loads((tmp_path / f"one{suffix}.json").read_text())[parts]
        assert {one["role"] for one in found} == {"anode", "cathode", "electrolyte"}


def test_units_are_stated(tmp_path: Path) -> None:
    layout = build_layout("interdigital", {})
    for suffix in READERS:
        write_layout(tmp_path / f"one{suffix}", layout, "comb", Order())
    read = gdstk.read_gds(tmp_path / "one.gds")
    assert (read.unit, read.precision) == (1e-6, 1e-9)
    assert read.top_level()[0].bounding_box() == ((-2550.0, -2250.0), (2550.0, 2250.0))
    assert gdstk.read_oas(tmp_path / "one.oas").unit == pytest.approx(1e-6, rel=1e-12)
    assert ezdxf.readfile(tmp_path / "one.dxf").header["$INSUNITS"] == 4
    root = Xml.parse(tmp_path / "one.svg").getroot()
    x, _, width, height = (float(one) for one in root.get("viewBox").split())
    assert (root.get("width"), root.get("height")) == (f"{width:.6f}mm", f"{height:.6f}mm")
    assert x < -2.55 < 2.55 < x + width < 3.0
    told = json.loads((tmp_path / "one.gds.json").read_text())
    assert (told["unit"], told["grid_um"], told["tolerance_um"]) == ("um", 1e-3, 0.1)
    anode = next(one for one in told["layers"] if one["role"] == "anode")
    assert (anode["layer"], anode["datatype"], anode["z_um"]) == (11, 0, [0.0, 30.0])
    assert anode["materials"] == {"anode": "zinc"}


def test_gdsii_refuses_what_its_integers_cannot_hold(tmp_path: Path) -> None:
    wide = build_layout("film", {"outline": "rectangle", "length": 1e6, "width": 1e5})
    with pytest.raises(MicrofemError, match="more than GDSII holds"):
        write_layout(tmp_path / "wide.gds", wide, "wide", Order(grid=1e-4))
    assert write_layout(tmp_path / "wide.oas", wide, "wide", Order(grid=1e-4))


def test_layers_are_chosen_by_role(tmp_path: Path) -> None:
    write_layout(tmp_path / "one.dxf", build_layout("pillars", {}), "one", Order(roles=("anode",)))
    assert set(dxf(tmp_path / "one.dxf")) == {"anode", "anode_1"}
    with pytest.raises(MicrofemError, match=r"no layer 'anod'; did you mean 'anode'\?"):
        write_layout(tmp_path / "two.dxf", build_layout("pillars", {}), "two", Order(roles=("anod",)))


def test_a_layer_outline_is_made_of_its_shapes() -> None:
    square = Ring(np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]), np.zeros(4))
    layer = PatternLayer(role="anode", datatype=1, z=(0.0, 1.0), parts=("anode",), shapes=((square,),))
    assert (layer.name, layer.number, layer.outline(0.1).area) == ("anode_1", 11, 4.0)
