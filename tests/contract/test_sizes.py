"""Every region and every film has its size in every mesh, and a terminal holds all of its pieces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from microfem.base.errors import LayoutError, MeshError
from microfem.families import FAMILIES, build_layout
from microfem.layout import Cylinder, Flat, Layout, Region, Sheet, SphericalCap
from microfem.mesh import Mesh, build_mesh
from microfem.mesh.layers import find_stacks
from microfem.mesh.sizes import check_sizes
from support.materials import medium
from support.sizes import film_sizes, region_sizes, spans, true_area
from support.solving import solve_conduction
from support.true_sizes import true_sizes

CONDUCTOR = medium(1.0)
STRAIGHT, ROUND, WOUND = 1e-12, 1e-5, 3e-3  # relative difference of sizes: straight, with circles, between chords
FILM, COVER, TAB = {"collector_thickness": 0.1}, {"encapsulation_thickness": 150.0}, {"tab_length": 700.0}
LAYER = {"collector_thickness": 10.0}
PLANAR = [{}, FILM, {**LAYER, **COVER}, {**FILM, **COVER}]
DRAWN = {
    "anode": "MULTIPOLYGON (((0 -500, 200 -500, 200 500, 0 500, 0 -500)), ((900 -500, 1200 -500, 1200 500, 900 500, "
    "900 -500), (1000 -100, 1000 100, 1100 100, 1100 -100, 1000 -100)))",
    "cathode": "MULTIPOLYGON (((400 -500, 700 -500, 700 500, 400 500, 400 -500)))",
}
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "circular": PLANAR,
    "concentric": [*PLANAR, {**FILM, **TAB, **COVER}, {**LAYER, **TAB}, {**FILM, "closed": True, "ring_pairs": 3}],
    "disc_array": [{}, {**FILM, **COVER}, {"ring_width": 80.0, "arrangement": "square"}],
    "double_spiral": [{}, {**FILM, **COVER}, {"shape": "rectangular", **FILM},
                      {"straight_length": 900.0, "cathode_width": 90.0}],
    "drawn": [*PLANAR, {**DRAWN, **FILM, **COVER}],
    "fiber": [{}, {"collector_diameter": 60.0, "jacket_thickness": 30.0, "offset": 40.0}, {"bend_radius": 5000.0},
              {"arrangement": "parallel", "collector_diameter": 60.0, "jacket_thickness": 30.0},
              {"arrangement": "twisted", "cathode_diameter": 120.0, "bend_radius": 20000.0}],
    "film": [{}, {"outline": "rectangle", "margin": 200.0, **COVER}, {"outline": "disc", "margin": 200.0, **COVER},
             {"electrodes": "none"}, {"electrodes": "none", "outline": "rectangle"}],
    "interdigital": [*PLANAR, {**FILM, **TAB, **COVER, "finger_pairs": 2}, {**LAYER, **TAB}, TAB],
    "interleaved_plates": [{}, {"collector_width": 0.0, "tip_gap": 0.0, "margin": 300.0}],
    "island_bridge": [{}, {"encapsulation_thickness": 0.0, "rows": 2}, {"bridge_shape": "serpentine", "columns": 2},
                      {"bridge_shape": "horseshoe", "columns": 2}],
    "joint": [{}, {"blocks": 3}],
    "layers": [{}, {"shape": "disc"}],
    "meander": [{}, {**FILM, **COVER}, {"legs": 3, "anode_width": 90.0}],
    "multicore_fiber": [{}, {"collector_diameter": 40.0, "jacket_thickness": 30.0, "pitch": 9000.0, "length": 900.0},
                        {"arrangement": "alternating", "cores": 6, "collector_diameter": 40.0}],
    "pillars": [*PLANAR, {"arrangement": "hexagonal", **FILM}, {"shape": "wall"}],
    "radial_fingers": [{}, {**FILM, **COVER}, {"inner_radius": 500.0, "anode_share": 0.3}],
    "space_filling": [{}, {**FILM, **COVER}, {"curve": "moore"}, {"curve": "peano"}],
    "stacked": [{}, FILM, {**FILM, "margin": 900.0}, {"encapsulation_thickness": 0.0, "margin": 900.0},
                {"cathode_length": 8000.0}],
    "swiss_roll": [{}, {"jacket_thickness": 0.0}, {"rolled": False}],
}  # fmt: skip
QUICK = ("interdigital-3d-4", "stacked-3d-2")  # of those in 3D
DEAR = tuple(f"concentric-plan-{number}" for number in range(2, 8))
CASES = [(name, view, options, f"{name}-{view}-{number}") for name, some in OPTIONS.items()
         for view in FAMILIES.get(name).dimensions for number, options in enumerate(some)]  # fmt: skip
LATER = {label for *_, label in CASES if label in DEAR or ("-3d-" in label and label not in QUICK)}
MARKED = [pytest.param(*one, id=label, marks=[pytest.mark.slow] * (label in LATER)) for *one, label in CASES]
PLACED = [name for name in OPTIONS if {"3d", "section"} <= set(FAMILIES.get(name).dimensions)]


def worst(mesh: Mesh) -> float:
    """Return how many times the largest difference of a region's or film's size is beyond what is allowed."""
    flat = replace(mesh, layout=replace(mesh.layout, placement=Flat()), points=mesh.flat)
    found = true_sizes(flat, 7 if mesh.dim == 3 else 8)
    wanted = region_sizes(mesh.layout, mesh.dimension) | film_sizes(mesh.layout, mesh.dimension)
    assert set(found) == set(wanted)
    within = ROUND if mesh.layout.drawn_circles else STRAIGHT
    if mesh.layout.spiral:  # its outlines are chords of its spiral, which meshes follow
        within = WOUND
    return max(abs(found[name] / true - 1.0) for name, (_, true) in wanted.items()) / within


def conducting(name: str, options: dict[str, Any]) -> Layout:
    roles = FAMILIES.get(name).materials
    return build_layout(name, options, dict.fromkeys(roles, CONDUCTOR))


def test_every_family_and_option_is_there() -> None:
    assert set(OPTIONS) == set(FAMILIES.names())
    for name, some in OPTIONS.items():
        params = FAMILIES.get(name).params
        for key in ("tab_length", "encapsulation_thickness", "jacket_thickness"):
            default = params[key][2] if key in params else 0.0
            assert key not in params or {bool(one.get(key, default)) for one in some} >= {True}, (name, key)
        if "collector_thickness" in params and name != "island_bridge":
            assert any(build_layout(name, one).sheets for one in some), name


@pytest.mark.parametrize(("name", "view", "options"), MARKED)
def test_regions_and_films_have_their_size(name: str, view: str, options: dict[str, Any]) -> None:
    coarse = view == "3d" and name != "fiber"  # walls of a fibre are short of their area where edges are so long
    mesh = build_mesh(conducting(name, options), view, -1 if coarse else 0)
    assert worst(mesh) < 1.0
    check_terminals(mesh)


def check_terminals(mesh: Mesh) -> None:
    """Every point inside a part of a terminal has the terminal's potential: electrodes, then films, then tabs."""
    layout = mesh.layout
    for suffix in ("", "_collector", "_tab"):
        pair = {f"anode{suffix}": "1 V", f"cathode{suffix}": "0 V"}
        if not all(_met(mesh, terminal) for terminal in pair):
            continue
        solved = solve_conduction(mesh, 1, **pair)
        potential = solved.fields["potential"].values
        for terminal, stated in pair.items():
            inside = np.zeros(len(mesh.flat), dtype=bool)
            for part in layout.terminal(terminal):
                inside |= points_in(mesh, layout.part(part))
            held = np.abs(potential[inside] - float(stated[0])) < 1e-9
            assert (held | np.isnan(potential[inside])).all(), terminal
            assert held.any()


def _met(mesh: Mesh, terminal: str) -> bool:
    layout = mesh.layout
    parts = layout.terminal(terminal) if terminal in {*layout.terminals, *layout.names()} else ()
    return bool({*parts} & {*mesh.regions, *mesh.sheets})


def points_in(mesh: Mesh, part: Region | Sheet) -> np.ndarray[Any, Any]:
    """Tell which points lie inside a part, but for a rim as wide as the points of arcs may have moved."""
    x, rest = mesh.flat[:, 0], mesh.flat[:, 1:]
    if part.name not in {*mesh.regions, *mesh.sheets}:
        return np.zeros(len(x), dtype=bool)
    low, high = part.z if isinstance(part, Region) else (part.z, part.z)
    slack = 1e-6 * mesh.layout.feature
    heights = (rest[:, -1] >= low - slack) & (rest[:, -1] <= high + slack)
    if mesh.dimension == "section":
        return heights & np.any([(x >= a) & (x <= b) for a, b in spans(part.footprint)], axis=0)
    outline = part.footprint.buffer(
        slack if mesh.layout.spiral or not mesh.layout.circles else -0.02 * mesh.layout.feature
    )
    inside = np.asarray(shapely.contains_xy(outline, x, rest[:, 0]))
    return inside & (heights | (mesh.dimension == "plan"))


@pytest.mark.parametrize("name", PLACED)
def test_sizes_stay_on_a_curved_surface(name: str) -> None:
    layout = conducting(name, OPTIONS[name][-1])
    x0, y0, _, x1, y1, _ = layout.box()
    kind = SphericalCap if name == "circular" else Cylinder
    mesh = build_mesh(layout.placed(kind(2.0 * max(x1 - x0, y1 - y0))), "3d", -1)
    assert worst(mesh) < 1.0
    assert not np.allclose(mesh.points, mesh.flat)


@pytest.mark.parametrize("name", ["circular", "interdigital", "island_bridge", "stacked"])
def test_layers_of_a_plan_have_the_volumes_of_the_solid(name: str) -> None:
    """A plan of all outlines knows what lies above and below each cell: the same volumes, films by their thickness."""
    layout = conducting(name, OPTIONS[name][1])
    mesh = build_mesh(layout, "layers", 0)
    stacks, found = find_stacks(mesh), dict.fromkeys(layout.names(), 0.0)
    area = np.bincount(stacks.kind, mesh.volumes)
    for size, layers in zip(area, stacks.layers, strict=True):
        for part, low, high in layers:
            found[part] += size * (high - low)
    wanted = {part: size for part, (_, size) in region_sizes(layout, "3d").items()}
    wanted |= {one.name: one.thickness * film_sizes(layout, "3d")[one.name][1] for one in layout.sheets}
    assert found == pytest.approx(wanted, rel=ROUND if layout.circles else STRAIGHT)


# ------------------------------------------------------------------------------------------------ negative controls


def test_a_wrong_mesh_is_seen() -> None:
    comb = build_mesh(build_layout("interdigital", FILM), "section")
    lost = {name: facets[len(facets) // 2 :] for name, facets in comb.sheets.items()}  # what the last piece would be
    halved = Mesh(
        points=comb.points,
        cells=comb.cells,
        region_of_cell=comb.region_of_cell,
        regions=comb.regions,
        dimension="section",
        layout=comb.layout,
        sheets=lost,
        faces={},
        flat=comb.flat,
    )
    assert worst(comb) < 1.0
    assert worst(halved) > 1000.0
    wanted = {name: size for name, (_, size) in (region_sizes(comb.layout, "section")
                                                 | film_sizes(comb.layout, "section")).items()}  # fmt: skip
    check_sizes(comb, wanted)
    with pytest.raises(MeshError, match="'anode_collector' has"):
        check_sizes(halved, wanted)
    with pytest.raises(MeshError, match="'anode' has"):
        check_sizes(comb, {**wanted, "anode": 1.01 * wanted["anode"]})


def test_the_area_within_arcs_is_that_of_the_circle() -> None:
    angle = 2.0 * np.pi * np.arange(24) / 24
    outer = shapely.Polygon(np.column_stack([3.0 + 2.0 * np.cos(angle), 2.0 * np.sin(angle)]))
    inner = shapely.Polygon(np.column_stack([3.0 + np.cos(angle), np.sin(angle)]))
    circles = ((3.0, 0.0, 2.0), (3.0, 0.0, 1.0))
    assert true_area(outer, circles) == pytest.approx(np.pi * 4.0)
    assert true_area(outer - inner, circles) == pytest.approx(np.pi * 3.0)
    assert true_area(outer, ()) == outer.area
    assert outer.area < 0.99 * np.pi * 4.0


def test_two_parts_of_one_name_are_refused() -> None:
    layout = build_layout("interdigital", {})
    twice = (*layout.regions, layout.regions[0])
    with pytest.raises(LayoutError, match="substrate"):
        Layout(family="made", params={}, regions=twice, terminals={}, feature=1.0, gap=1.0, plane=0.5)
