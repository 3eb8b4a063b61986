"""Every family keeps the promises of its signature; the registry is walked, nothing is skipped."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

from microfem.base.errors import LayoutError
from microfem.families import FAMILIES, build_layout
from microfem.layout import Cylinder, Layout, Saddle, SphericalCap
from microfem.layout.rings import trace
from microfem.mesh import build_mesh
from microfem.mesh.sizes import sizes_of
from support.sizes import region_sizes

NAMES = FAMILIES.names()
BOUNDS = [
    (name, key, bound)
    for name in NAMES
    for key, (_, param, _) in FAMILIES.get(name).params.items()
    for bound in (param.low, param.high)
    if bound is not None
]
PLANAR = [name for name in NAMES if {"3d", "plan"} <= set(FAMILIES.get(name).dimensions)]


def mesh_sizes(layout: Layout, dimension: str) -> dict[str, float]:
    """Return the volume or area of each region of a mesh before placement."""
    mesh = build_mesh(layout, dimension)
    return {name: size for name, size in sizes_of(mesh).items() if name in mesh.regions}


def worst_size(layout: Layout, dimension: str) -> float:
    """Return the largest relative error of a region's volume or area in the mesh."""
    wanted, found = region_sizes(layout, dimension), mesh_sizes(layout, dimension)
    assert set(found) == set(wanted)
    return max(abs(found[name] / true - 1.0) for name, (_, true) in wanted.items())


def test_a_film_without_electrodes_has_a_section() -> None:
    layout = build_layout("film", {"electrodes": "none", "outline": "rectangle", "length": 5000.0})
    assert mesh_sizes(layout, "section") == {"substrate": pytest.approx(5000.0 * 25.0, rel=1e-9)}


@pytest.mark.parametrize("name", NAMES)
def test_declares_a_summary_and_views(name: str) -> None:
    family = FAMILIES.get(name)
    assert family.summary
    assert family.dimensions
    assert set(family.dimensions) <= {"3d", "plan", "section"}
    assert all(param.doc for _, param, _ in family.params.values())


@pytest.mark.parametrize("name", NAMES)
def test_builds_at_defaults_with_library_materials(name: str) -> None:
    layout = build_layout(name, {})
    assert set(layout.materials) == set(layout.names())
    assert layout.feature > 0.0
    assert layout.gap > 0.0
    assert all(part in layout.names() for parts in layout.terminals.values() for part in parts)
    assert len(set(layout.names())) == len(layout.names())


@pytest.mark.parametrize(("name", "key", "bound"), BOUNDS)
def test_builds_at_each_bound_or_names_a_parameter(name: str, key: str, bound: float) -> None:
    kind = FAMILIES.get(name).params[key][0]
    refused, layout = None, None
    try:
        layout = build_layout(name, {key: kind(bound)})
    except LayoutError as error:
        refused = error
    assert refused is None or refused.parameter in FAMILIES.get(name).params
    assert refused is None or any(digit in refused.bound for digit in "0123456789")
    assert layout is None or layout.feature > 0.0


def exact_distance(layout: Layout) -> float:
    """Return the distance of anode and cathode with arcs of circles (um), from points on the arcs of either."""
    anode, cathode = (trace(layout.electrode_outline(role), layout.drawn_circles) for role in ("anode", "cathode"))
    found = []
    for one, other in ((anode, cathode), (cathode, anode)):
        points = np.vstack([ring.corners(5e-7 * layout.gap) for shape in one for ring in shape])
        lines = [ring.corners(5e-7 * layout.gap) for shape in other for ring in shape]
        pieces = np.vstack([np.stack([line, np.roll(line, -1, axis=0)], axis=1) for line in lines])
        tree = shapely.STRtree(shapely.linestrings(pieces))
        found.append(tree.query_nearest(shapely.points(points), return_distance=True)[1].min())
    return float(min(found))


@pytest.mark.parametrize("name", NAMES)
def test_coplanar_electrodes_keep_the_declared_gap(name: str) -> None:
    layout = build_layout(name, {})
    anode, cathode = layout.electrode_outline("anode"), layout.electrode_outline("cathode")
    if anode.distance(cathode) > 0.0:  # else they face each other across the gap
        chords = 2e-2 if layout.spiral else 1e-6  # the layers of a roll are drawn by chords of unequal angle
        assert exact_distance(layout) == pytest.approx(layout.gap, rel=chords)
    else:
        heights = sorted({region.z for region in layout.with_role("anode", "cathode")})
        between = {upper[0] - lower[1] for lower, upper in itertools.pairwise(heights)}
        assert list(between) == pytest.approx([layout.gap] * len(between), rel=1e-6)
        assert between


@pytest.mark.parametrize("closed", [False, True])
def test_busbars_join_every_ring(closed: bool) -> None:
    layout = build_layout("concentric", {"ring_pairs": 4, "closed": closed, "gap": 70.0})
    pieces = {role: len(shapely.get_parts(layout.electrode_outline(role))) for role in ("anode", "cathode")}
    assert pieces == ({"anode": 4, "cathode": 4} if closed else {"anode": 1, "cathode": 1})
    assert layout.electrode_outline("anode").distance(layout.electrode_outline("cathode")) == pytest.approx(70.0)


@pytest.mark.parametrize("arrangement", ["square", "hexagonal"])
@pytest.mark.parametrize("shape", ["post", "wall"])
def test_posts_stand_on_their_strips(arrangement: str, shape: str) -> None:
    layout = build_layout("pillars", {"arrangement": arrangement, "shape": shape})
    for role in ("anode", "cathode"):
        strip, posts = layout.part(role).footprint, layout.part(f"{role}_posts").footprint
        assert strip.contains(posts)
        assert len(shapely.get_parts(posts)) == (2 if shape == "wall" else 8)
    assert worst_size(layout, "3d") < 1e-3


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("shape", ["straight", "serpentine"])
def test_bridges_join_islands_in_series(shape: str, rows: int) -> None:
    params = {"bridge_shape": shape, "rows": rows, "periods": 2, "bridge_width": 200.0, "collector_thickness": 50.0}
    layout = build_layout("island_bridge", params)
    for number in (1, 2):
        chain = [layout.part(f"{name}").footprint for name in
                 (f"cathode_collector_{number}", f"bridge_{number}", f"anode_collector_{number + 1}")]  # fmt: skip
        assert len(shapely.get_parts(shapely.union_all(chain))) == rows
        assert len(shapely.get_parts(chain[1])) == rows
    ribbon = layout.part("bridge_1").footprint.area / rows / 200.0
    radius = 300.0
    legs = 4 * (1200.0 - radius) * 2 - 2 * radius  # of the middle line, without its arcs
    wanted = 3000.0 if shape == "straight" else legs + np.pi * radius * 5
    assert ribbon == pytest.approx(wanted, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "params", "parameter"),
    [
        ("island_bridge", {"bridge_width": 10.0}, "bridge_width"),
        ("island_bridge", {"bridge_width": 2900.0}, "bridge_width"),
        ("island_bridge", {"bridge_shape": "serpentine", "periods": 6}, "bridge_width"),
        ("island_bridge", {"bridge_shape": "serpentine", "amplitude": 900.0}, "amplitude"),
        ("island_bridge", {"bridge_shape": "serpentine", "amplitude": 3000.0, "rows": 2}, "amplitude"),
        ("interdigital", {"finger_length": 250.0}, "finger_length"),
        ("concentric", {"busbar_width": 2000.0}, "busbar_width"),
        ("concentric", {"closed": True, "tab_length": 500.0}, "tab_length"),
        ("pillars", {"post_diameter": 120.0}, "post_diameter"),
        ("pillars", {"post_height": 290.0}, "electrolyte_height"),
        ("circular", {"electrolyte_height": 20.0}, "electrolyte_height"),
        ("stacked", {"margin": 1.0}, "margin"),
        ("double_spiral", {"core_width": 200.0}, "core_width"),
        ("meander", {"leg_length": 800.0}, "leg_length"),
        ("disc_array", {"pitch": 1000.0}, "pitch"),
        ("disc_array", {"ring_width": 150.0}, "pitch"),
        ("radial_fingers", {"finger_pairs": 100}, "hub_radius"),
        ("radial_fingers", {"finger_length": 350.0}, "finger_length"),
        ("radial_fingers", {"inner_radius": 900.0}, "inner_radius"),
    ],
)
def test_refuses_what_cannot_be_made(name: str, params: dict[str, object], parameter: str) -> None:
    with pytest.raises(LayoutError) as refused:
        build_layout(name, params)
    assert refused.value.parameter == parameter
    assert "um" in refused.value.bound


@pytest.mark.parametrize(
    "placement", [Cylinder, *(pytest.param(one, marks=pytest.mark.slow) for one in (SphericalCap, Saddle))]
)
@pytest.mark.parametrize("name", ["circular", "concentric", "interdigital", "island_bridge", "pillars"])
@pytest.mark.slow
def test_planar_families_follow_a_curved_surface(name: str, placement: type) -> None:
    flat = build_layout(name, {})
    x0, y0, z0, x1, y1, z1 = flat.box()
    radius = 1.5 * max(x1 - x0, y1 - y0)
    curved, plain = (build_mesh(one, "3d") for one in (flat.placed(placement(radius)), flat))
    tilt = 1.0 + max(z1, -z0) / radius + (max(x1, y1) / radius) ** 2
    assert curved.volumes.min() > 0.0
    assert 1.0 / tilt**2 < curved.volumes.sum() / plain.volumes.sum() < tilt**2
    with pytest.raises(LayoutError, match=r"placement\.radius"):
        flat.placed(placement(0.1 * (x1 - x0)))


@pytest.mark.slow
def test_random_layouts_mesh_or_are_refused_by_name() -> None:
    command = [
        sys.executable,
        "-m",
        "support.draws",
        "--count",
        "12",
        "--seed",
        "1",
        "--near",
        "1.0",
        "--spread",
        "1.7",
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert run.returncode == 0, run.stdout + run.stderr
