"""How layers lie: what they fill, and what is refused with its place."""

from __future__ import annotations

import hashlib
from pathlib import Path

import gdstk
import pytest

from microfem.base.errors import InputError, LayoutError
from microfem.families import build_layout
from microfem.layout import Layout
from microfem.layout.layers import Layer, Layers
from microfem.layout.owned import slabs
from microfem.study.design import load_geometry
from support.studies import study_of
from support.study_files import error_of

CELL = {"length": 400.0, "width": 400.0}
PATCH = "POLYGON ((-100 -100, 100 -100, 100 100, -100 100, -100 -100))"
LEFT = "POLYGON ((-150 -150, -50 -150, -50 150, -150 150, -150 -150))"
RIGHT = "POLYGON ((50 -150, 150 -150, 150 150, 50 150, 50 -150))"
MASK = "POLYGON ((-150 -150, 150 -150, 150 150, -150 150, -150 -150))"


def layer(name: str, thickness: float, role: str = "layer", **more: object) -> Layer:
    return Layer(name=name, material="vacuum", role=role, thickness=thickness, **more)  # type: ignore[arg-type]


def stack(*above: Layer, **params: float) -> Layout:
    return build_layout("layers", {**CELL, **params}, layers=Layers(above=above))


def volumes(layout: Layout) -> dict[str, float]:
    """Return the volume that each region owns, um3."""
    sizes: dict[str, float] = {}
    for region, outline, (low, high) in slabs(layout.regions):
        sizes[region.name] = sizes.get(region.name, 0.0) + outline.area * (high - low)
    return sizes


def test_a_layer_fills_beside_an_electrode_and_in_the_windows_under_it() -> None:
    layout = stack(
        layer("base", 10.0),
        layer("anode", 2.0, "anode", outline=PATCH, fills=False),
        layer("mask", 5.0, windows=PATCH),
        layer("gel", 20.0),
    )
    found, patch, cell = volumes(layout), 200.0**2, 400.0**2
    assert found["anode"] == pytest.approx(2.0 * patch)
    assert found["mask"] == pytest.approx(7.0 * (cell - patch))
    assert found["gel"] == pytest.approx(20.0 * cell + 5.0 * patch)
    assert sum(found.values()) == pytest.approx(37.0 * cell)


def test_a_layer_fills_under_an_overhanging_plate_and_over_the_lower_of_two_electrodes() -> None:
    plate = layer("plate", 3.0, "cathode", outline=MASK, fills=False)
    layout = stack(layer("base", 10.0), layer("mesa", 4.0, outline=PATCH), plate, layer("air", 30.0))
    under = 4.0 * (400.0**2 - 200.0**2) + 3.0 * (400.0**2 - 300.0**2)
    assert volumes(layout)["air"] == pytest.approx(30.0 * 400.0**2 + under)
    low = layer("low", 1.0, "anode", outline=LEFT, fills=False)
    high = layer("high", 6.0, "cathode", outline=RIGHT, fills=False, beside=True)
    both = stack(layer("base", 10.0), low, high, layer("gel", 20.0))
    assert volumes(both)["gel"] == pytest.approx(26.0 * 400.0**2 - 3.0e4 - 6.0 * 3.0e4)


def test_windows_leave_some_of_a_layer() -> None:
    with pytest.raises(LayoutError, match=r"mask.windows .* must leave some of the layer"):
        stack(layer("base", 10.0), layer("mask", 5.0, outline=PATCH, windows=PATCH))


def test_a_hole_is_refused_with_its_place() -> None:
    plate = layer("plate", 3.0, "cathode", fills=False)
    with pytest.raises(LayoutError, match=r"plate.fills.*hole at \(.*12\) um"):
        stack(layer("base", 10.0), layer("mesa", 4.0, outline=PATCH), plate)


def test_parts_on_one_floor_must_not_overlap() -> None:
    with pytest.raises(LayoutError, match=r"second.outline.*overlaps 'first'"):
        stack(layer("base", 9.0), layer("first", 1.0, outline=PATCH), layer("second", 1.0, outline=MASK, beside=True))


def test_windows_and_outlines_stay_inside() -> None:
    with pytest.raises(LayoutError, match=r"a.windows.*within the layer"):
        stack(layer("a", 5.0, outline=PATCH, windows=MASK))
    with pytest.raises(LayoutError, match=r"a.outline.*within the cell"):
        stack(layer("a", 5.0, outline=MASK), length=200.0)


def test_layers_take_the_place_of_substrate_and_cover() -> None:
    layers = Layers(below=(layer("glass", 50.0), layer("air", 500.0)), above=(layer("lid", 10.0),))
    layout = build_layout("interdigital", {"finger_pairs": 1}, layers=layers)
    assert {"substrate", "encapsulation"}.isdisjoint(layout.names())
    assert layout.box()[2] == -550.0
    with pytest.raises(LayoutError, match="first layer of `below`"):
        build_layout("interdigital", {"substrate_thickness": 10.0}, layers=layers)
    with pytest.raises(LayoutError, match="cross-section"):
        build_layout("fiber", {}, layers=layers)


def test_ideal_sheets_have_no_capacity_but_a_footprint(tmp_path: Path) -> None:
    sheets = {"anode_thickness": 0.0, "cathode_thickness": 0.0}
    ideal, thick = build_layout("interdigital", sheets), build_layout("interdigital", {})
    assert ideal.footprint_area() == pytest.approx(thick.footprint_area(), rel=1e-12)
    assert [sheet.name for sheet in ideal.sheets] == ["anode", "cathode"]


STUDY = """
name: s
designs:
  d:
    params: {length: 400 um, width: 400 um}
    layers:
      - {material: pet, thickness: 10 um}
      - {material: gold, thickness: 1 um, role: anode, outline: OUTLINE}
      - {material: air, thickness: 10 um}
cases: {c: {physics: electrostatics, dimension: section, terminals: {anode: 0 V, gold: 1 V}}}
"""


def test_an_outline_comes_from_a_layer_of_a_drawing(tmp_path: Path) -> None:
    library = gdstk.Library()
    library.new_cell("TOP").add(gdstk.rectangle((-20, -30), (20, 30), layer=3))
    library.write_gds(tmp_path / "mask.gds")
    digest = hashlib.sha256((tmp_path / "mask.gds").read_bytes()).hexdigest()
    text = STUDY.replace("gold: 1 V", "air: 1 V")
    study = study_of(tmp_path, text.replace("OUTLINE", f"{{file: mask.gds, layer: 3/0, sha256: {digest[:12]}}}"))
    anode = study.designs["d"].layout().part("anode")
    assert anode.footprint.area == pytest.approx(40.0 * 60.0)
    wrong = {
        "{file: mask.gds, layer: 3/0, sha256: 0123456789ab}": "has changed",
        "{file: mask.gds, layer: 4/0}": "no outlines on a layer '4/0'",
        "{file: none.gds, layer: 3/0}": "there is no such file",
        "{file: mask.gds}": "state the layer of the file",
        "{circle: {diameter: 3}}": "no unit",
        "{rectangle: [0 um, 0 um, 0 um, 5 um]}": "must have an area",
        '{wkt: "GEOMETRYCOLLECTION (POLYGON ((0 0, 9 9, 9 0, 0 0)))"}': "it is a GeometryCollection",
        "{polygon: [[0 um, 0 um], [9 um, 9 um], [9 um, 0 um], [0 um, 5 um]]}": "do not cross themselves",
    }
    for outline, message in wrong.items():
        error = error_of(tmp_path, text.replace("OUTLINE", outline))
        assert message in str(error), outline
        assert "study.yaml:8" in str(error), outline


def test_a_design_is_a_family_or_layers(tmp_path: Path) -> None:
    text = STUDY.replace("OUTLINE", f'{{wkt: "{PATCH}"}}')
    both = text.replace("    params:", "    family: interdigital\n    params:")
    assert "state a family, or layers" in str(error_of(tmp_path, both))


def test_a_geometry_file_of_layers_needs_no_family(tmp_path: Path) -> None:
    (tmp_path / "plates.yaml").write_text("layers:\n  - {material: pet, thickness: 10 um}\n")
    assert load_geometry(tmp_path / "plates.yaml").layout().names() == ["pet"]


def test_a_change_reaches_a_layer_by_its_number(tmp_path: Path) -> None:
    text = STUDY.replace("OUTLINE", f'{{wkt: "{PATCH}"}}').replace("gold: 1 V", "air: 1 V")
    study = study_of(tmp_path, text, "designs.d.layers.1.thickness=3 um")
    assert study.designs["d"].layout().part("anode").z == (10.0, 13.0)
    with pytest.raises(InputError, match="expected designs"):
        study_of(tmp_path, text, "designs.d.layers.3.thickness=3 um")


def test_layers_inside_take_space_from_the_electrolyte_alone() -> None:
    opening = "POLYGON ((-200 -400, 200 -400, 200 400, -200 400, -200 -400))"
    cover, second = layer("cover", 50.0, windows=opening), layer("second", 20.0, outline=PATCH)
    bare = build_layout("interdigital", {"finger_pairs": 1})
    layout = build_layout("interdigital", {"finger_pairs": 1}, layers=Layers(inside=(cover, second)))
    before, found = volumes(bare), volumes(layout)
    assert {name: found[name] for name in ("anode", "cathode")} == {name: before[name] for name in ("anode", "cathode")}
    assert found["second"] > 20.0 * 200.0**2  # it fills the window under it
    assert sum(found.values()) == pytest.approx(sum(before.values()))
    with pytest.raises(LayoutError, match=r"cover.thickness.*must end below z = 300 um"):
        build_layout("interdigital", {}, layers=Layers(inside=(layer("cover", 400.0),)))


def test_a_layer_that_a_plate_would_swallow_is_refused() -> None:
    with pytest.raises(LayoutError, match=r"cover.z = 0 to 10 um is impossible: other parts take all"):
        build_layout("stacked", {}, layers=Layers(inside=(layer("cover", 10.0),)))


def test_a_layer_of_a_role_joins_the_terminal_of_that_name() -> None:
    shield = layer("shield", 1.0, "anode", fills=False)
    assert build_layout("interdigital", {}, layers=Layers(above=(shield,))).terminal("anode") == ("anode", "shield")


def test_wrong_layers_are_named_by_their_place_in_the_file(tmp_path: Path) -> None:
    text = STUDY.replace("OUTLINE", f'{{wkt: "{PATCH}"}}')
    wrong = {
        "role: collector": "study.yaml:8:43: designs.d.layers.1.role: input should be",
        "rolle: anode": "study.yaml:8:43: designs.d.layers.1.rolle: unknown key",
        "role: anode, name: cathode": "study.yaml:8:9: designs.d.layers.1: cathode.name = cathode is impossible",
        "role: anode, name: xmin": "study.yaml:8:9: designs.d.layers.1: xmin.name = xmin is impossible",
    }
    wrong["role: anode}\n      - {material: golld, thickness: 1 um"] = (
        "study.yaml:9:10: designs.d.layers.2.material: unknown material 'golld'"
    )
    for stated, message in wrong.items():
        told = str(error_of(tmp_path, text.replace("role: anode", stated)))
        assert message in told, told
        assert "LayerModel" not in told
