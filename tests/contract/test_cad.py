"""Files for machines, read back: what is in them is the layout. The registry is walked, nothing is skipped."""

from __future__ import annotations

import itertools
import json
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Xml

import ezdxf
import gdstk
import gmsh
import meshio
import numpy as np
import pytest
import shapely
from conftest import Command
from shapely import LineString, MultiPolygon, Point, Polygon

from microfem.base.errors import MicrofemError
from microfem.cad import Order, module, write_layout
from microfem.cad.gds import keyholed, on_grid
from microfem.cad.module import nets
from microfem.cad.pattern import LAYERS, LayerPattern, PatternLayer, make_pattern
from microfem.cad.read import read_gds
from microfem.families import FAMILIES, build_layout
from microfem.layout import ROLES, Cylinder, Flat, Layout, Region
from microfem.layout.rings import Ring

NAMES = FAMILIES.names()
MORE = {
    "curved bridges": ("island_bridge", {"bridge_shape": "serpentine", "bridge_width": 200.0}),
    "closed rings": ("concentric", {"closed": True}),
    "rings with tabs": ("concentric", {"tab_length": 800.0}),
    "comb with tabs": ("interdigital", {"tab_length": 800.0, "collector_thickness": 0.1}),
    "two strands": ("fiber", {"arrangement": "twisted", "collector_diameter": 60.0, "jacket_thickness": 20.0}),
    "hexagonal posts": ("pillars", {"arrangement": "hexagonal"}),
}
ALL = {**{name: (name, {}) for name in NAMES}, **MORE}
EXACT = 1e-9  # of the footprint
TOLERANCE, GRID = 0.1, 1e-3  # um
FINE = 1e-3  # um: chords by which two files with arcs are compared


def layout_of(key: str) -> Layout:
    name, params = ALL[key]
    return build_layout(name, params)


def tabbed(family: str) -> Layout:
    return build_layout(family, {"tab_length": 800.0})


def off(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Return the area that two outlines do not share, of their footprint."""
    return one.symmetric_difference(other).area / max(one.area, other.area)


def even_odd(rings: list[Polygon]) -> shapely.Geometry:
    outline: shapely.Geometry = MultiPolygon()
    for ring in rings:
        outline = outline ^ ring
    return outline


# what the files hold


def gds(path: Path) -> dict[str, shapely.Geometry]:
    return read_gds(path)


def dxf(path: Path) -> dict[str, shapely.Geometry]:
    """Return each layer's outline from the corners and bulges of its lines, in um."""
    model = ezdxf.readfile(path).modelspace()
    found: dict[str, list[Polygon]] = {}
    lines = [*model, *(one for insert in model.query("INSERT") for one in insert.virtual_entities())]
    for line in lines:
        if line.dxftype() == "LWPOLYLINE":
            assert line.closed
            x, y, bulge = np.array(line.get_points("xyb")).T
            corners = Ring(1e3 * np.column_stack([x, y]), bulge).corners(FINE)
            found.setdefault(line.dxf.layer, []).append(Polygon(corners))
    return {name: even_odd(rings) for name, rings in found.items()}


def svg(path: Path) -> dict[str, shapely.Geometry]:
    """Return each layer's outline: paths by even-odd, moved as each `use` says, y upwards again, in um."""
    root, space = Xml.parse(path).getroot(), "{http://www.w3.org/2000/svg}"
    named = {one.get("id"): one for one in root.iter() if one.get("id")}
    found = {}
    for group in (one for one in root.findall(f"{space}g")):
        shapes = [outline_of(one) for one in group.findall(f"{space}path")]
        for use in group.findall(f"{space}use"):
            device = shapely.union_all([outline_of(one) for one in named[use.get("href")[1:]].findall(f"{space}path")])
            x, y = 1e3 * float(use.get("x")), -1e3 * float(use.get("y"))
            shapes.append(shapely.affinity.translate(device, x, y))
        found[group.get("id")] = shapely.union_all(shapes)
    return found


def outline_of(path: Xml.Element) -> shapely.Geometry:
    rings = []
    for line in path.get("d").split("Z"):
        points, bulges = [], []
        for numbers in re.findall(r"[MLA]([^MLA]*)", re.sub(r"A([^A]*)A", r"A\1", line)):
            *arcs, x, y = (float(one) for one in numbers.split())
            if points:
                bulges.append(bulge_of(points[-1], (x, y), arcs))
            points.append((x, y))
        if points:
            assert points[0] == points[-1]
            place = 1e3 * np.array(points[:-1]) * (1.0, -1.0)
            rings.append(Polygon(Ring(place, np.array(bulges)).corners(FINE)))
    return even_odd(rings)


def bulge_of(a: tuple[float, float], b: tuple[float, float], told: list[float]) -> float:
    """Return the bulge of two arcs in line, told as SVG does: radii, rotation, flags, end; y downwards."""
    if not told:
        return 0.0
    *first, x, y = told[:7]
    assert told[7:] == first
    radius, other, _, large, sweep = first
    assert (radius, large) == (other, 0.0)
    angle = 2.0 * sum(math.asin(0.5 * math.dist(p, q) / radius) for p, q in ((a, (x, y)), ((x, y), b)))
    return math.tan(0.25 * angle) * (-1.0 if sweep else 1.0)


READERS: dict[str, Callable[[Path], dict[str, shapely.Geometry]]] = {
    ".gds": gds, ".oas": gds, ".dxf": dxf, ".svg": svg}  # fmt: skip


def wanted(pattern: LayerPattern, suffix: str) -> dict[str, shapely.Geometry]:
    """Return what a file of a format must hold: outlines on the grid, or with their arcs."""
    if suffix in (".dxf", ".svg"):
        return {one.name: one.outline(FINE) for one in pattern.layers()}
    return {f"{one.number}/{one.datatype}": MultiPolygon(on_grid(one, TOLERANCE, GRID)) for one in pattern.layers()}


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
    assert set(LAYERS) == {*ROLES, "interconnect"}
    assert len({number for number, _ in LAYERS.values()}) == len(LAYERS)
    assert len({colour for _, colour in LAYERS.values()}) == len(LAYERS)


# units and sizes


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


# arrays and modules


@pytest.mark.parametrize("suffix", READERS)
def test_an_array_has_sixteen_devices_at_the_pitch(suffix: str, tmp_path: Path) -> None:
    layout = build_layout("fiber", {"arrangement": "parallel"})
    path = tmp_path / f"sheet{suffix}"
    write_layout(path, layout, "disc", Order(repeat=(4, 4), pitch=(1e3, 800.0)))
    found, one = READERS[suffix](path), wanted(make_pattern(layout, "disc"), suffix)
    for name, outline in one.items():
        every = [shapely.affinity.translate(outline, 1e3 * i, 800.0 * j) for i in range(4) for j in range(4)]
        assert off(found[name], shapely.union_all(every)) < EXACT


def test_an_array_is_one_reference(tmp_path: Path) -> None:
    write_layout(tmp_path / "a.gds", build_layout("interdigital", {}), "comb/../1", Order(repeat=(4, 4)))
    library = gdstk.read_gds(tmp_path / "a.gds")
    assert sorted(cell.name for cell in library.cells) == ["TOP", "comb____1"]
    (top,) = library.top_level()
    assert (len(top.references), len(top.polygons)) == (1, 0)
    assert top.references[0].repetition.columns * top.references[0].repetition.rows == 16


def test_devices_that_overlap_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MicrofemError, match=r"pitch = 5000 um along x is impossible: devices are 5100 um wide there"):
        write_layout(tmp_path / "a.gds", build_layout("interdigital", {}), "a", Order(repeat=(2, 1), pitch=(5e3, 9e3)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("family", ["interdigital", pytest.param("concentric", marks=pytest.mark.slow)])
def test_a_module_has_its_nets(family: str, suffix: str, tmp_path: Path) -> None:
    """Six nets in 5S3P, counted in the file: each anode and each cathode lies in one, and no device has both in one."""
    layout, path = tabbed(family), tmp_path / f"module{suffix}"
    write_layout(path, layout, family, Order(repeat=(5, 3), joined=True))
    found = READERS[suffix](path)
    names = {role: role if suffix in (".dxf", ".svg") else f"{LAYERS[role][0]}/0" for role in LAYERS}
    metal = ("anode", "cathode", "anode_tab", "cathode_tab", "interconnect")
    whole = shapely.union_all([found[names[role]].buffer(0.2) for role in metal])  # more than chords leave of arcs
    joined = list(shapely.get_parts(whole))
    assert len(joined) == 6
    members = {role: [[k for k, net in enumerate(joined) if net.contains(one)]
                      for one in shapely.get_parts(found[names[role]])] for role in ("anode", "cathode")}  # fmt: skip
    assert all(len(nets_of) == 1 for own in members.values() for nets_of in own)
    count = {role: sorted(sum(k == net for (net,) in own) for k in range(6)) for role, own in members.items()}
    pieces = len(members["anode"]) // 15
    assert count == {role: [0, *[3 * pieces] * 5] for role in ("anode", "cathode")}
    away = found[names["interconnect"]].intersection(found[names["electrolyte"]])
    assert away.area == 0.0


def test_a_short_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips as wide as a device join two nets."""
    from microfem.cad import module as made

    pattern, drawn = make_pattern(tabbed("interdigital"), "comb"), made._strip
    monkeypatch.setattr(made, "_strip", lambda grid, left, right, column, width: drawn(
        grid, left, right, column, 12.0 * width))  # fmt: skip
    with pytest.raises(MicrofemError, match="nets in place of 6"):
        made.module(pattern, 5, 3, None, 300.0, 0.0)


def test_an_open_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from microfem.cad import module as made

    pattern, drawn = make_pattern(tabbed("interdigital"), "comb"), made._strip
    short = shapely.box(-1e9, -1e9, 1e9, 7e3)
    monkeypatch.setattr(made, "_strip", lambda *a: shapely.intersection(drawn(*a), short))
    with pytest.raises(MicrofemError, match="no module of comb"):
        made.module(pattern, 5, 3, None, 300.0, 0.0)


@pytest.mark.parametrize(
    ("family", "params"),
    [
        ("interdigital", {}),
        ("interdigital", {"tab_length": 200.0}),
        ("concentric", {"closed": True}),
        ("circular", {}),
        ("stacked", {}),
        ("island_bridge", {}),
        ("fiber", {}),
        ("swiss_roll", {}),
    ],
)
def test_a_device_that_cannot_be_reached_makes_no_module(family: str, params: dict[str, object]) -> None:
    with pytest.raises(MicrofemError, match=r"no module of it: (at the left neither polarity|only its cathode)"):
        module.module(make_pattern(build_layout(family, params), "it"), 2, 1, None, 100.0, 0.0)


def test_nets_are_told_from_left_to_right() -> None:
    made = module.module(make_pattern(tabbed("interdigital"), "comb"), 2, 1, None, 300.0, 0.0)
    left = [one.bounds[0] for one in nets(made)]
    assert len(left) == 3
    assert left == sorted(left)


# solids


def check_stl(layout: Layout, folder: Path) -> None:
    """Closed surfaces that turn outwards, and the volume of the regions' own space."""
    from sizes import region_sizes

    *files, _ = write_layout(folder / "one.stl", layout, "one", Order())
    roles = list(dict.fromkeys(region.role for region in layout.regions))
    assert len(files) == len(roles)
    sizes = region_sizes(layout, "3d")
    for role, path in zip(roles, files, strict=True):
        surface = meshio.read(path)
        corners = surface.points.astype(np.float64)[surface.cells_dict["triangle"]]
        _, number = np.unique(np.round(surface.points, 7), axis=0, return_inverse=True)
        tri = number[surface.cells_dict["triangle"]]
        edges = np.vstack([tri[:, [0, 1]], tri[:, [1, 2]], tri[:, [2, 0]]])
        forth, back = ({}, {})
        for a, b in edges.tolist():
            forth[a, b] = forth.get((a, b), 0) + 1
            back[b, a] = back.get((b, a), 0) + 1
        assert forth == back
        volume = np.linalg.det(corners).sum() / 6.0
        wanted = 1e-9 * sum(sizes[one.name][1] for one in layout.regions if one.role == role)
        assert volume == pytest.approx(wanted, rel=2e-3)


@pytest.mark.parametrize("name", ["interdigital", "fiber"])
def test_stl_is_closed_and_full(name: str, tmp_path: Path) -> None:
    check_stl(build_layout(name, {}), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_stl_of_every_family_is_closed_and_full(name: str, tmp_path: Path) -> None:
    check_stl(build_layout(name, {}), tmp_path)


def test_stl_follows_the_surface(tmp_path: Path) -> None:
    layout = build_layout("interdigital", {"finger_pairs": 1}).placed(Cylinder(3000.0))
    write_layout(tmp_path / "one.stl", layout, "one", Order(roles=("substrate",)))
    points = 1e3 * meshio.read(tmp_path / "one.stl").points
    radius = np.hypot(points[:, 0], points[:, 2] + 3000.0)
    assert (radius.min(), radius.max()) == (pytest.approx(2900.0, rel=1e-6), pytest.approx(3000.0, rel=1e-6))
    with pytest.raises(MicrofemError, match=r"STEP holds prisms, and this layout is on a surface \(Cylinder\)"):
        write_layout(tmp_path / "one.step", layout, "one", Order())


def check_step(layout: Layout, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As many bodies as told, each of the volume of its outline, in a file in mm."""
    from microfem.layout.owned import slabs
    from microfem.layout.rings import trace

    path, beside = write_layout(folder / "one.step", layout, "one", Order())
    assert capfd.readouterr().out == ""
    told = json.loads(beside.read_text())["bodies"]
    circles = layout.drawn_circles
    prisms = [(region, shape, z) for region, outline, z in slabs(layout.regions) for shape in trace(outline, circles)]
    assert [one["region"] for one in told] == [region.name for region, _, _ in prisms]
    assert "SI_UNIT(.MILLI.,.METRE.)" in path.read_text()
    gmsh.initialize()
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.model.occ.importShapes(str(path))
        masses = [gmsh.model.occ.getMass(3, tag) for _, tag in gmsh.model.occ.getEntities(3)]
    finally:
        gmsh.finalize()
    capfd.readouterr()
    wanted = [1e-9 * sum(abs(area(ring)) * (1 if k == 0 else -1) for k, ring in enumerate(shape)) * (z[1] - z[0])
              for _, shape, z in prisms]  # fmt: skip
    assert sorted(masses) == pytest.approx(sorted(wanted), rel=1e-6)


def area(ring: Ring) -> float:
    """Return the area inside a line of straight pieces and arcs, um2: its corners' and that of circular segments."""
    ends = np.roll(ring.points, -1, axis=0)
    corners = 0.5 * (ring.points[:, 0] * ends[:, 1] - ring.points[:, 1] * ends[:, 0]).sum()
    sweep = 4.0 * np.arctan(ring.bulges)
    radius = np.hypot(*(ends - ring.points).T) / np.where(sweep == 0.0, 1.0, 2.0 * np.sin(0.5 * np.abs(sweep)))
    return float(corners + (0.5 * radius**2 * (sweep - np.sin(sweep))).sum())


QUICK = ("circular", "curved bridges", "two strands")


@pytest.mark.parametrize("key", [key if key in QUICK else pytest.param(key, marks=pytest.mark.slow) for key in ALL])
def test_step_read_back_has_the_volumes(key: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    layout = layout_of(key)
    if layout.placement == Flat():
        check_step(layout, tmp_path, capfd)
    else:
        with pytest.raises(MicrofemError, match="STEP holds prisms"):
            write_layout(tmp_path / "one.step", layout, "one", Order())


# the command


def test_export_writes_a_design_of_a_file_or_a_study(tmp_path: Path, microfem: Command) -> None:
    (tmp_path / "comb.yaml").write_text("family: interdigital\nparams: {finger_pairs: 2, tab_length: 800 um}\n")
    text = "name: two\ndesigns: {a: comb.yaml, b: {family: circular}}\n"
    (tmp_path / "study.yaml").write_text(text)
    ended = microfem("export", tmp_path / "comb.yaml", "-o", tmp_path / "out/a.gds", "--module", "5S3P")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"{tmp_path / 'out/a.gds'}\n{tmp_path / 'out/a.gds.json'}\n"
    told = json.loads((tmp_path / "out/a.gds.json").read_text())["grid"]
    assert (told["columns"], told["rows"]) == (5, 3)
    assert microfem("export", f"{tmp_path / 'study.yaml'}:b", "-o", tmp_path / "b.svg", "--array", "4x4", "--pitch",
                    "10 mm").status == 0  # fmt: skip
    assert svg(tmp_path / "b.svg")["anode"].area == pytest.approx(16.0 * math.pi * 1500.0**2, rel=1e-5)


@pytest.mark.parametrize(("ending", "begins"), [("OAS", b"%SEMI-OASIS"), ("Step", b"ISO-10303-21")])
def test_the_format_is_that_of_the_ending_in_capitals_too(
    ending: str, begins: bytes, tmp_path: Path, microfem: Command
) -> None:
    (tmp_path / "comb.yaml").write_text("family: interdigital\n")
    assert microfem("export", tmp_path / "comb.yaml", "-o", tmp_path / f"a.{ending}").status == 0
    assert (tmp_path / f"a.{ending.lower()}").read_bytes().startswith(begins)


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path, microfem: Command) -> None:
    (tmp_path / "comb.yaml").write_text("family: interdigital\n")
    (tmp_path / "a.gds").mkdir()
    ended = microfem("export", tmp_path / "comb.yaml", "-o", tmp_path / "a.gds")
    assert ended.status == 2
    assert "a.gds'" in ended.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-o", "a.pdf"], "'.pdf' is no format for layouts; use .gds, .oas, .dxf, .svg, .stl, .step"),
        (["-o", "a.gds", "--array", "4"], "'4' is impossible: write --array 4x4, each number from 1 to 100"),
        (["-o", "a.gds", "--array", "4x999"], "each number from 1 to 100"),
        (["-o", "a.gds", "--module", "5x3"], "write --module 5S3P"),
        (["-o", "a.gds", "--module", "5S3P"], "at the left neither polarity alone reaches out of the electrolyte"),
        (["-o", "a.gds", "--module", "5S3P", "--array", "4x4"], "--array and --module do not go together"),
        (["-o", "a.gds", "--pitch", "10 mm"], "--pitch is the distance of devices; it needs --array or --module"),
        (["-o", "a.gds", "--array", "2x2", "--pitch", "10"], "--pitch: '10' has no unit; write for example '10 um'"),
        (["-o", "a.gds", "--array", "2x2", "--pitch", "1 mm,1 mm,1 mm"], "one length, or one along x and one along y"),
        (["-o", "a.gds", "--tolerance", "1 m"], "--tolerance: 1e+06 um is above its bound, 100 um"),
        (["-o", "a.stl", "--array", "2x2"], "arrays and modules are written as .gds, .oas, .dxf, .svg"),
        (["-o", "a.step", "--layers", "anod"], "no solid 'anod'; did you mean 'anode'?"),
    ],
)
def test_wrong_orders_end_with_2_and_leave_nothing(
    options: list[str], told: str, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "comb.yaml").write_text("family: interdigital\n")
    ended = microfem("export", "comb.yaml", *options)
    assert (ended.status, ended.out) == (2, "")
    assert told in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["comb.yaml"]


@pytest.mark.parametrize(("suffix", "missing"), [(".gds", "gdstk"), (".dxf", "ezdxf")])
def test_a_missing_library_is_named(
    suffix: str, missing: str, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "comb.yaml").write_text("family: interdigital\n")
    monkeypatch.setitem(sys.modules, missing, None)
    ended = microfem("export", tmp_path / "comb.yaml", "-o", tmp_path / f"a{suffix}")
    assert (ended.status, ended.err) == (
        2, f"error: {missing} is not installed; get it with: pip install 'microfem[fab]'\n")  # fmt: skip


def test_a_layer_outline_is_made_of_its_shapes() -> None:
    square = Ring(np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]), np.zeros(4))
    layer = PatternLayer(role="anode", datatype=1, z=(0.0, 1.0), parts=("anode",), shapes=((square,),))
    assert (layer.name, layer.number, layer.outline(0.1).area) == ("anode_1", 11, 4.0)
