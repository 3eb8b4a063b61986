"""Drawings of others become layouts: what is read, what is refused and how that is said."""

from __future__ import annotations

from pathlib import Path

import gdstk
import numpy as np
import pytest
import shapely

from microfem.base.errors import LayoutError, MicrofemError
from microfem.cad import Order, write_layout
from microfem.cad.import_drawing import import_drawing
from microfem.drawings.read import Reading
from microfem.families import build_layout
from microfem.families.drawn import narrowest
from microfem.layout import Layout
from microfem.mesh import build_mesh
from microfem.study.design import load_geometry
from support.cad_files import as_drawn
from support.commands import Command
from support.foreign_drawings import cell_of, corners, dxf_of
from support.solving import solve_conduction, total
from support.studies import study_of

CROSSED = [(0, 0), (3, 3), (3, 0), (0, 2)]
PAIR = {"1/0": "anode", "2/0": "cathode"}
MOVED = "the middle of the outlines, at (400, 1000) um in the drawing, is the origin of the geometry\n"
LEFT, RIGHT = shapely.box(0.0, 0.0, 300.0, 2000.0), shapely.box(500.0, 0.0, 800.0, 2000.0)


def pair(layer: int = 1) -> list[gdstk.Polygon]:
    return [gdstk.Polygon(corners(LEFT), layer), gdstk.Polygon(corners(RIGHT), layer + 1)]


def layout_of(path: Path, layers: dict[str, str], *params: str, **options: object) -> Layout:
    file = path.with_suffix(".yaml")
    file.write_text(import_drawing(path, layers, params, Reading(**options)).text)
    return load_geometry(file).layout()


def conductance(layout: Layout) -> float:
    solution = solve_conduction(build_mesh(layout, "section"), anode="0 V", cathode="1 V")
    return total(solution, "current.cathode")


# there and back


@pytest.mark.parametrize("suffix", [".gds", ".oas", ".dxf"])
def test_a_comb_comes_back_and_conducts_as_before(suffix: str, tmp_path: Path) -> None:
    comb = build_layout("interdigital", {"finger_pairs": 2, "gap": 120.0, "tab_length": 700.0})
    path = tmp_path / f"comb{suffix}"
    write_layout(path, comb, "comb", Order())
    roles = ["anode", "cathode", "anode_tab", "cathode_tab"]
    number = dict(zip(roles, ["11/0", "21/0", "12/0", "22/0"], strict=True))
    back = layout_of(path, {role if suffix == ".dxf" else number[role]: role for role in roles})
    for role in (*roles, "substrate", "electrolyte"):
        assert back.part(role).footprint.equals(comb.part(role).footprint)
        assert back.part(role).z == comb.part(role).z
    assert (back.gap, back.feature) == (comb.gap, comb.feature)
    assert conductance(back) == pytest.approx(conductance(comb), rel=1e-6)


def test_another_gap_is_seen(tmp_path: Path) -> None:
    narrow, wide = (build_layout("interdigital", {"finger_pairs": 2, "gap": gap}) for gap in (120.0, 121.0))
    assert conductance(narrow) != pytest.approx(conductance(wide), rel=1e-4)


@pytest.mark.parametrize("suffix", [".gds", ".dxf"])
def test_rings_come_back_within_the_tolerance(suffix: str, tmp_path: Path) -> None:
    disc = build_layout("circular", {})
    write_layout(tmp_path / f"disc{suffix}", disc, "disc", Order())
    layers = {"anode": "anode", "cathode": "cathode"} if suffix == ".dxf" else {"11/0": "anode", "21/0": "cathode"}
    back = layout_of(tmp_path / f"disc{suffix}", layers)
    assert back.part("anode").footprint.area == pytest.approx(np.pi * 1500.0**2, rel=2e-3)
    assert back.gap == pytest.approx(300.0, abs=2.0)
    assert len(back.part("cathode").footprint.interiors) == 1


def test_an_imported_geometry_needs_no_other_file(tmp_path: Path, microfem: Command) -> None:
    path = cell_of(tmp_path / "my cell.gds", *pair())
    ended = microfem("import", path, "--layers", "1/0=anode,2/0=cathode", "-o", tmp_path / "out/mine.yaml", "--set",
                     "anode_thickness=20um", "--set", "margin=0.1 mm")  # fmt: skip
    assert (ended.status, ended.out, ended.err) == (0, f"{tmp_path / 'out/mine.yaml'}\n", MOVED)
    path.unlink()
    layout = study_of(tmp_path, "name: mine\ndesigns: {mine: out/mine.yaml}\n").designs["mine"].layout()
    assert layout.part("anode").z == (0.0, 20.0)
    assert layout.box()[:2] == (-500.0, -1100.0)  # in the middle, with the margin
    assert "sha256" in load_geometry(tmp_path / "out/mine.yaml").source


def test_other_outlines_are_another_design(tmp_path: Path) -> None:
    one = layout_of(cell_of(tmp_path / "a.gds", *pair()), PAIR).params
    wide = [pair()[0], gdstk.Polygon(corners(RIGHT) * (1.01, 1.0), 2)]
    assert layout_of(cell_of(tmp_path / "b.gds", *wide), PAIR).params != one


# GDSII and OASIS


def test_references_arrays_paths_and_units_are_resolved(tmp_path: Path) -> None:
    """A finger as a path, in an array, in a turned cell, in a file in millimetres."""
    library = gdstk.Library("test", unit=1e-3, precision=1e-9)
    finger, half = library.new_cell("FINGER"), library.new_cell("HALF")
    finger.add(gdstk.FlexPath([(0.0, 0.0), (0.0, 1.0)], 0.2, layer=1))
    half.add(gdstk.Reference(finger, columns=3, rows=1, spacing=(0.6, 0.0)))
    library.new_cell("TOP").add(gdstk.Reference(half, (1.0, 2.0), rotation=np.pi / 2))
    library.write_gds(tmp_path / "a.gds")
    found = as_drawn(tmp_path / "a.gds")["1/0"]
    wanted = shapely.union_all([shapely.box(0.0, 1900.0 + 600.0 * k, 1000.0, 2100.0 + 600.0 * k) for k in range(3)])
    assert found.symmetric_difference(wanted).area < 1e-6


def test_a_hole_behind_a_cut_is_a_hole(tmp_path: Path) -> None:
    ring = gdstk.boolean(gdstk.rectangle((0, 0), (9, 9)), gdstk.rectangle((3, 3), (6, 6)), "not")
    found = as_drawn(cell_of(tmp_path / "a.gds", *ring))["0/0"]
    assert found.equals(shapely.box(0, 0, 9, 9) - shapely.box(3, 3, 6, 6))


def nested(path: Path, depth: int) -> Path:
    library = gdstk.Library("test", unit=1e-6, precision=1e-9)
    below = library.new_cell("C0").add(*pair())
    for k in range(1, depth):
        below = library.new_cell(f"C{k}").add(gdstk.Reference(below, columns=1000, rows=1000, spacing=(1.0, 1.0)))
    library.write_gds(path)
    return path


def lost(path: Path) -> Path:
    library = gdstk.Library("test", unit=1e-6, precision=1e-9)
    library.new_cell("TOP").add(gdstk.Reference("GONE"))
    library.write_gds(path)
    return path


def several(path: Path) -> Path:
    library = gdstk.Library("test", unit=1e-6, precision=1e-9)
    for name in ("ONE", "TWO"):
        library.new_cell(name).add(*pair())
    library.write_gds(path)
    return path


def text_file(path: Path) -> Path:
    path.write_text("family: interdigital\n")
    return path


@pytest.mark.parametrize(
    ("make", "layers", "told"),
    [
        (lambda p: cell_of(p, *pair()), {"1/0": "anode", "7/0": "cathode"}, "on a layer '7/0'; there are 1/0, 2/0"),
        (lambda p: cell_of(p, *pair()), {"1/0": "anode"}, "no layer is the cathode; write --layers LAYER=cathode"),
        (lambda p: cell_of(p, *pair()), {}, "no layer is the anode"),
        (lambda p: cell_of(p, *pair()), {"1/0": "anod"}, "no role 'anod' for the layer '1/0'; did you mean 'anode'"),
        (lambda p: cell_of(p, gdstk.Polygon(CROSSED, 1)), PAIR, "layer 1/0: a polygon crosses itself"),
        (lambda p: cell_of(p, *pair(), gdstk.rectangle((200, 0), (600, 9), layer=1)), PAIR, "more than 0 um away"),
        (lambda p: nested(p, 4), PAIR, "2000000000000000000 shapes, more than 100000"),
        (lost, PAIR, "refers to the cell 'GONE', which is not in the file"),
        (several, PAIR, "has 2 top-level cells (ONE, TWO); name one with --cell"),
        (text_file, PAIR, "is damaged or no GDSII file"),
        (lambda p: p, PAIR, "there is no such file"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_gds_file_is_said(make, layers: dict[str, str], told: str, tmp_path: Path) -> None:
    with pytest.raises(MicrofemError) as refused:
        import_drawing(make(tmp_path / "a.gds"), layers)
    assert told in str(refused.value)


def test_a_cell_is_chosen_by_name(tmp_path: Path) -> None:
    path = several(tmp_path / "a.gds")
    assert set(as_drawn(path, Reading(cell="TWO"))) == {"1/0", "2/0"}
    with pytest.raises(MicrofemError, match="has no cell 'TWOO'; did you mean 'TWO'"):
        as_drawn(path, Reading(cell="TWOO"))


# DXF


def test_lines_arcs_splines_and_blocks_become_outlines(tmp_path: Path) -> None:
    """A stadium of lines and arcs, a circle in a block on another layer, a spline; in millimetres."""

    def draw(drawing, space):
        for y, start in ((0.0, 180.0), (2.0, 0.0)):
            space.add_arc((0.5, y), 0.5, start, start + 180.0, dxfattribs={"layer": "left"})
        for x in (0.0, 1.0):
            space.add_line((x, 0.0), (x, 2.0), dxfattribs={"layer": "left"})
        drawing.blocks.new("DISC").add_circle((0.0, 0.0), 1.0)
        insert = space.add_blockref("DISC", (4.0, 1.0), dxfattribs={"layer": "right"})
        insert.dxf.column_count, insert.dxf.column_spacing = 2, 5.0
        space.add_spline([(0, 8), (2, 9), (0, 10), (-2, 9), (0, 8)], dxfattribs={"layer": "curve"}).closed = False
        space.add_text("no outline", dxfattribs={"layer": "left"})

    found = as_drawn(dxf_of(tmp_path / "a.dxf", draw), Reading(tolerance=0.1), join=1e-3)
    assert set(found) == {"left", "right", "curve"}
    assert found["left"].area == pytest.approx(2e6 + np.pi * 0.25e6, rel=1e-3)
    assert found["right"].area == pytest.approx(2.0 * np.pi * 1e6, rel=1e-3)
    assert found["right"].bounds == pytest.approx((3000.0, 0.0, 10000.0, 2000.0), abs=0.2)


def test_lines_in_lines_are_holes_and_crossing_lines_add(tmp_path: Path) -> None:
    def draw(_, space):
        for box in ((0, 0, 9, 9), (2, 2, 7, 7), (3, 3, 6, 6), (8, 4, 12, 5), (0, 0, 9, 9)):
            space.add_lwpolyline(corners(shapely.box(*box)), close=True)

    found = as_drawn(dxf_of(tmp_path / "a.dxf", draw, units=13), Reading(tolerance=0.1))["0"]
    assert found.area == pytest.approx(81.0 - 25.0 + 9.0 + 3.0, rel=1e-12)


def test_the_unit_is_the_drawing_s_or_must_be_given(tmp_path: Path, microfem: Command) -> None:
    def draw(_, space):
        space.add_lwpolyline(corners(LEFT), close=True, dxfattribs={"layer": "a"})
        space.add_lwpolyline(corners(RIGHT), close=True, dxfattribs={"layer": "b"})

    assert as_drawn(dxf_of(tmp_path / "um.dxf", draw, units=13), Reading(tolerance=0.1))["a"].area == pytest.approx(6e5)
    with pytest.raises(MicrofemError, match=r"\$INSUNITS = 21; state it with --unit"):  # survey feet
        as_drawn(dxf_of(tmp_path / "feet.dxf", draw, units=21), Reading(tolerance=0.1))
    path = dxf_of(tmp_path / "none.dxf", draw, units=0)
    command = ["import", path, "--layers", "a=anode,b=cathode", "-o", tmp_path / "a.yaml"]
    ended = microfem(*command)
    assert ended.status == 2
    assert "states no unit; state it with --unit, such as --unit mm" in ended.err
    assert microfem(*command, "--unit", "um").status == 0
    assert load_geometry(tmp_path / "a.yaml").layout().gap == pytest.approx(200.0)


def open_line(_, space) -> None:
    space.add_lwpolyline([(0, 0), (1, 0), (1, 1)], dxfattribs={"layer": "a"})


def crossed(_, space) -> None:
    space.add_lwpolyline([(0, 0), (1, 1), (1, 0), (0, 1)], close=True, dxfattribs={"layer": "a"})


def endless(drawing, space) -> None:
    block = drawing.blocks.new("B0")
    block.add_circle((0, 0), 1.0)
    for k in range(1, 25):
        drawing.blocks.new(f"B{k}").add_blockref(f"B{k - 1}", (0, 0))
    space.add_blockref("B24", (0, 0))


def nowhere(_, space) -> None:
    space.add_blockref("NONE", (0, 0))


def tapered(_, space) -> None:
    space.add_lwpolyline([(0, 0, 0.1, 0.2), (1, 0, 0.2, 0.2)], format="xyse", dxfattribs={"layer": "a"})


def no_number(_, space) -> None:
    space.add_lwpolyline([(0, 0), (float("nan"), 0), (1, 1)], close=True, dxfattribs={"layer": "a"})


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        (nowhere, "refers to the block 'NONE', which is not in the file"),
        (tapered, "layer a: a LWPOLYLINE at (0, 0) um has a width from 0.1 to 0.2; draw its edges as lines"),
        (no_number, "layer a: a coordinate is no number"),
        (open_line, "layer a: a line is open, from (0, 0) to (1000, 1000) um"),
        (crossed, "layer a: a line crosses itself, um: Self-intersection[500 500]"),
        (endless, "blocks are nested more than 20 deep"),
        (lambda *_: None, "has no outlines on a layer 'a'; there are none"),
    ],
)
def test_what_is_wrong_with_a_dxf_file_is_said(draw, told: str, tmp_path: Path) -> None:
    with pytest.raises(MicrofemError) as refused:
        import_drawing(dxf_of(tmp_path / "a.dxf", draw), {"a": "anode", "b": "cathode"})
    assert told in str(refused.value)


def test_a_file_of_another_kind_is_refused(tmp_path: Path, microfem: Command) -> None:
    (tmp_path / "a.dxf").write_bytes(b"\x00\x01 no drawing")
    ended = microfem("import", tmp_path / "a.dxf", "--layers", "a=anode")
    assert ended.status == 2
    assert "is damaged or no DXF file" in ended.err
    ended = microfem("import", tmp_path / "a.png", "--layers", "a=anode")
    assert "'.png' is no supported format of drawings; use .gds, .oas, .dxf" in ended.err
    ended = microfem("import", tmp_path / "a.dxf", "--layers", "a")
    assert "--layers: 'a' is impossible: write LAYER=ROLE" in ended.err


# the family


@pytest.mark.parametrize(
    ("params", "parameter", "told"),
    [
        ({"anode": "no outline"}, "anode", "must be WKT"),
        ({"anode": "LINESTRING (0 0, 1 1)"}, "anode", "must be a POLYGON or MULTIPOLYGON"),
        ({"anode": "POLYGON ((0 0, 9 9, 9 0, 0 9, 0 0))"}, "anode", "must not cross itself"),
        ({"anode": "POLYGON EMPTY"}, "anode", "must have an area"),
        ({"cathode": "POLYGON ((-200 0, 0 0, 0 10, -200 0))"}, "cathode", "more than 0 um away from the anode"),
        ({"anode_tab": "POLYGON ((0 1000, 140 1000, 140 1100, 0 1000))"}, "anode_tab", "must be at least the gap"),
    ],
)
def test_outlines_that_cannot_be_are_refused(params: dict[str, str], parameter: str, told: str) -> None:
    with pytest.raises(LayoutError) as refused:
        build_layout("drawn", params)
    assert refused.value.parameter == parameter
    assert told in str(refused.value)


def test_long_outlines_are_shortened_in_messages() -> None:
    coordinates = ", ".join(f"{k} {k % 7}" for k in range(3000))
    with pytest.raises(LayoutError) as refused:
        build_layout("drawn", {"anode": f"POLYGON (({coordinates}, 0 0))"})
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("width", [7.0, 40.0, 99.0])
def test_the_narrowest_place_is_found(width: float) -> None:
    comb = shapely.union_all([shapely.box(0.0, 0.0, 500.0, 100.0), shapely.box(0.0, 0.0, width, 3000.0)])
    assert narrowest(comb, 300.0) == pytest.approx(width, rel=0.05)
    assert narrowest(comb, 0.5 * width) == 0.5 * width
