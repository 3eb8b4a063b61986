"""Swiss rolls and fibres: areas and lengths against closed forms, conformity, and what must be refused."""

import dataclasses
import math

import numpy as np
import pytest
from scipy.integrate import quad

from microfem.base.errors import LayoutError, MeshError
from microfem.families import build_layout
from microfem.layout import ROLES, BentAxis, Composed, Flat, Layout, Spiral, TwistedAxis
from microfem.layout.spiral import archimedean_length
from microfem.materials import Material
from microfem.mesh import Mesh, build_mesh

MATERIALS = {role: Material("any", "any", {}) for role in ROLES}
THIN = {"core_radius": 50.0, "windings": 9.5, "anode_thickness": 1.0, "electrolyte_thickness": 1.0,
        "cathode_thickness": 1.0, "separator_thickness": 1.0, "jacket_thickness": 1.0, "length": 100.0}  # fmt: skip


def layout_of(family: str, **params: object) -> Layout:
    return build_layout(family, params, MATERIALS)


def spiral_of(layout: Layout) -> Spiral:
    assert layout.spiral is not None
    return layout.spiral


def sums(mesh: Mesh) -> dict[str, float]:
    return {name: float(mesh.volumes[mesh.cells_of(name)].sum()) for name in mesh.regions}


def euler(mesh: Mesh) -> int:
    """Points - edges + triangles: 1 for a disc without hanging nodes, cracks or overlaps."""
    return len(mesh.points) - len(mesh.facets[0]) + len(mesh.cells)


# -- Swiss roll -----------------------------------------------------------------------------------------------


def test_spiral_length_matches_numeric_integration_and_the_area_rule() -> None:
    growth, angle = 4.0 / (2.0 * math.pi), 2.0 * math.pi * 9.5
    exact = archimedean_length(50.0, growth, angle)
    numeric = quad(lambda theta: math.hypot(50.0 + growth * theta, growth), 0.0, angle, epsabs=0.0, epsrel=1e-12)[0]
    assert exact == pytest.approx(numeric, rel=1e-11)
    outer = 50.0 + growth * angle
    assert exact == pytest.approx(math.pi * (outer**2 - 50.0**2) / 4.0, rel=2e-4)
    assert archimedean_length(50.0, growth, 1.01 * angle) > 1.01 * exact  # negative control: it grows outwards


@pytest.mark.parametrize("rolled", [True, False])
def test_positions_along_a_winding_are_sums_of_its_steps(rolled: bool) -> None:
    spiral = spiral_of(layout_of("swiss_roll", **{**THIN, "windings": 3.37, "rolled": rolled}))
    faces = spiral.corners()
    for layer, (name, _) in enumerate(spiral.layers):
        middle = 0.5 * (faces[:, layer] + faces[:, layer + 1])
        sums = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(middle, axis=0), axis=1))])
        for points in (middle, faces[:, layer], faces[:, layer + 1]):
            assert spiral.along(name, points) == pytest.approx(sums, rel=1e-3, abs=1e-9)
        assert spiral.along(name, middle[::-1]) != pytest.approx(sums, rel=0.1)


@pytest.mark.parametrize("windings", [1.0, 3.0, 3.37, 9.5])
def test_layers_have_the_area_of_their_thickness_times_their_middle_line(windings: float) -> None:
    layout = layout_of("swiss_roll", **{**THIN, "windings": windings})
    spiral = spiral_of(layout)
    found = sums(build_mesh(layout, "plan"))
    offset = 0.0
    for name, thickness in spiral.layers:
        assert found[name] == pytest.approx(layout.part(name).footprint.area, rel=1e-11)
        assert found[name] == pytest.approx(thickness * spiral.length(offset + 0.5 * thickness), rel=1e-3)
        offset += thickness


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("windings", [1.0, 1.02, 3.37, 9.5])
def test_a_roll_is_a_disc_without_hanging_nodes(windings: float, level: int) -> None:
    layout = layout_of("swiss_roll", **{**THIN, "windings": windings})
    spiral = spiral_of(layout)
    mesh = build_mesh(layout, "plan", level)
    vertices, _, outside = mesh.facets
    rim = vertices[outside < 0]
    corners = len(spiral.turn) - 1
    assert euler(mesh) == 1
    assert len(rim) == corners * 2**level
    assert sum(sums(mesh).values()) == pytest.approx(np.pi * spiral.outer_radius**2, rel=1e-3)
    assert np.hypot(*mesh.points[rim].reshape(-1, 2).T).min() > 0.99 * spiral.outer_radius


def test_windings_meet_face_to_face() -> None:
    layout = layout_of("swiss_roll", **THIN)
    spiral = spiral_of(layout)
    facets, _ = build_mesh(layout, "plan").interface(("separator",), ("anode",))
    assert len(facets) == spiral.steps - (len(spiral.turn) - 1)
    assert len(build_mesh(layout, "plan").interface(("anode",), ("cathode",))[0]) == 0


def test_corners_of_windings_are_equal_to_the_last_bit() -> None:
    spiral = spiral_of(layout_of("swiss_roll", windings=3.37, cathode_thickness=1.0 / 3.0))
    corners, turn = spiral.corners(), len(spiral.turn) - 1
    assert np.array_equal(corners[:-turn, -1], corners[turn:, 0])


def test_a_roll_without_a_jacket_ends_at_its_last_winding() -> None:
    layout = layout_of("swiss_roll", jacket_thickness=0.0, windings=2.25)
    mesh = build_mesh(layout, "plan")
    assert euler(mesh) == 1
    assert "encapsulation" not in mesh.regions


def test_a_roll_in_3d_keeps_its_volumes_and_is_closed() -> None:
    layout = layout_of("swiss_roll", windings=2.5, length=500.0)
    mesh = build_mesh(layout, "3d")
    for name, volume in sums(mesh).items():  # the jacket's outer face follows its circle
        within = 2e-3 if name == "encapsulation" else 1e-11
        assert volume == pytest.approx(500.0 * layout.part(name).footprint.area, rel=within)
    vertices, _, outside = mesh.facets
    shell = vertices[outside < 0]
    edges = np.sort(np.vstack([shell[:, [0, 1]], shell[:, [1, 2]], shell[:, [0, 2]]]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()


def test_the_flat_ribbon_has_the_same_layers_and_the_length_of_the_middle_line() -> None:
    roll, ribbon = layout_of("swiss_roll", **THIN), layout_of("swiss_roll", **THIN, rolled=False)
    spiral = spiral_of(roll)
    found = sums(build_mesh(ribbon, "plan"))
    assert set(found) == {name for name, _ in spiral.layers}
    for name, thickness in spiral.layers:
        assert found[name] == pytest.approx(thickness * spiral.length(), rel=1e-12)
    wound = sum(roll.part(name).footprint.area for name, _ in spiral.layers)
    assert sum(found.values()) == pytest.approx(wound, rel=2e-3)


@pytest.mark.parametrize(("core_radius", "windings"), [(23.0, 2.3), (100.0, 4.0), (1000.0, 1.0)])
def test_the_gap_is_the_shortest_distance_between_the_electrodes(core_radius: float, windings: float) -> None:
    layout = layout_of("swiss_roll", core_radius=core_radius, windings=windings)
    anode, cathode = (layout.part(name).footprint for name in ("anode", "cathode"))
    assert layout.gap == pytest.approx(anode.distance(cathode), rel=1e-12)
    assert 0.94 * 10.0 < layout.gap < 10.0
    assert layout_of("swiss_roll", rolled=False).gap == pytest.approx(10.0, rel=1e-12)


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"anode_thickness": 0.0}, "anode_thickness"),
        ({"electrolyte_thickness": 0.0}, "electrolyte_thickness"),
        ({"separator_thickness": 0.0}, "separator_thickness"),
        ({"anode_collector_thickness": -1.0}, "anode_collector_thickness"),
        ({"windings": 0.9}, "windings"),
        ({"core_radius": 0.0}, "core_radius"),
        ({"core_radius": 20.0}, "core_radius"),
    ],
)
def test_rolls_that_cannot_be_wound_are_refused(params: dict[str, float], parameter: str) -> None:
    with pytest.raises(LayoutError) as caught:
        layout_of("swiss_roll", **params)
    assert caught.value.parameter == parameter


def test_a_jacket_must_hold_the_roll() -> None:
    with pytest.raises(LayoutError, match="outer_radius"):
        Spiral(
            layers=(("anode", 1.0), ("cathode", 1.0)),
            core_radius=50.0,
            windings=3.0,
            jacket="jacket",
            outer_radius=55.0,
        )


def test_too_many_triangles_are_refused_before_meshing() -> None:
    with pytest.raises(MeshError, match=r"cells, more than .* the thinnest layer, .* fewer windings"):
        build_mesh(layout_of("swiss_roll", windings=60.0), "plan", 2, most=200_000)
    with pytest.raises(LayoutError, match="steps"):
        layout_of("swiss_roll", windings=150.0, core_radius=5000.0, anode_thickness=0.1)


# -- fibres ---------------------------------------------------------------------------------------------------


def test_coaxial_tubes_have_their_closed_form_areas_and_walls() -> None:
    layout = layout_of("fiber", anode_diameter=200.0, collector_diameter=80.0, gap=30.0, cathode_thickness=20.0)
    found = sums(build_mesh(layout, "plan"))
    radii = {"anode_collector": (0.0, 40.0), "anode": (40.0, 100.0), "electrolyte": (100.0, 130.0),
             "cathode": (130.0, 150.0)}  # fmt: skip
    for name, (inner, outer) in radii.items():
        assert found[name] == pytest.approx(math.pi * (outer**2 - inner**2), rel=1e-3)
    anode, cathode = (layout.part(name).footprint for name in ("anode", "cathode"))
    assert anode.distance(cathode) == pytest.approx(30.0, rel=1e-9)


@pytest.mark.parametrize("gap", [1.0, 50.0])
def test_parallel_strands_keep_their_gap_margin_and_areas(gap: float) -> None:
    layout = layout_of("fiber", arrangement="parallel", anode_diameter=120.0, gap=gap, margin=10.0)
    anode, cathode, gel = (layout.part(name).footprint for name in ("anode", "cathode", "electrolyte"))
    assert anode.distance(cathode) == pytest.approx(gap, rel=1e-9)
    assert gel.exterior.distance(anode) == pytest.approx(10.0, rel=0.02)
    found = sums(build_mesh(layout, "plan"))
    assert found["anode"] == pytest.approx(math.pi * 60.0**2, rel=2e-3)
    assert sum(found.values()) == pytest.approx(math.pi * (0.5 * (120.0 + gap + 200.0) + 10.0) ** 2, rel=2e-3)


@pytest.mark.parametrize("arrangement", ["coaxial", "parallel", "twisted"])
def test_a_jacket_closes_every_arrangement(arrangement: str) -> None:
    layout = layout_of("fiber", arrangement=arrangement, jacket_thickness=25.0, collector_diameter=50.0)
    mesh = build_mesh(layout, "plan")
    assert euler(mesh) == 1
    assert len(mesh.boundary("encapsulation")[0]) > 0


@pytest.mark.parametrize(("level", "bound"), [(0, 1e-2), (1, 4e-3)])
def test_a_twist_keeps_volumes_in_the_limit(level: int, bound: float) -> None:
    layout = layout_of("fiber", arrangement="twisted", length=1500.0)
    mesh = build_mesh(layout, "3d", level)
    off = [abs(mesh.volumes[mesh.cells_of(name)].sum() / mesh.moved(mesh.flat).volumes[mesh.cells_of(name)].sum() - 1)
           for name in mesh.regions]  # fmt: skip
    assert max(off) < bound
    assert max(off) > 1e-6  # negative control: it is a polyhedron, not the helix


def test_a_twist_makes_a_double_helix() -> None:
    layout = layout_of("fiber", arrangement="twisted", length=3000.0, pitch=3000.0)
    mesh = build_mesh(layout, "3d")
    anode = np.unique(mesh.cells[mesh.cells_of("anode")])
    for z, side in ((0.0, -1.0), (1500.0, 1.0)):
        level = anode[np.abs(mesh.points[anode, 2] - z) < 40.0]
        assert np.sign(mesh.points[level, 0].mean()) == side
    cathode = np.unique(mesh.cells[mesh.cells_of("cathode")])
    assert np.intersect1d(anode, cathode).size == 0


def test_a_long_straight_fibre_needs_few_levels() -> None:
    mesh = build_mesh(layout_of("fiber", length=1e4), "3d")
    assert len(np.unique(mesh.points[:, 2])) < 30
    assert len(mesh.cells) < 100_000


def test_a_bent_fibre_keeps_lengths_on_its_axis() -> None:
    layout = layout_of("fiber", length=3000.0, bend_radius=1500.0)
    mesh = build_mesh(layout, "3d")
    whole = float(mesh.volumes.sum())
    assert whole == pytest.approx(sum(part.footprint.area for part in layout.regions) * 3000.0, rel=5e-3)
    axis = mesh.flat[:, 2] == mesh.flat[:, 2].max()
    tip = mesh.points[axis].mean(axis=0)
    assert tip == pytest.approx([1500.0 * (1.0 - math.cos(1.0)), 0.0, 1500.0 * math.sin(1.0)], abs=3.0)


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"bend_radius": 150.0}, "bend_radius"),
        ({"bend_radius": 300.0, "length": 3000.0}, "bend_radius"),
        ({"arrangement": "twisted", "pitch": 1000.0}, "pitch"),
        ({"arrangement": "twisted", "bend_radius": 240.0, "length": 500.0}, "bend_radius"),
        ({"collector_diameter": 200.0}, "collector_diameter"),
        ({"gap": 0.0}, "gap"),
        ({"arrangement": "parallel", "margin": 0.0}, "margin"),
    ],
)
def test_fibres_that_cannot_be_made_are_refused(params: dict[str, object], parameter: str) -> None:
    with pytest.raises(LayoutError) as caught:
        layout_of("fiber", **params)
    assert caught.value.parameter == parameter


def test_a_mesh_too_coarse_for_its_twist_is_refused() -> None:
    layout = layout_of("fiber", arrangement="parallel", length=3000.0)

    @dataclasses.dataclass(frozen=True)
    class Careless(TwistedAxis):
        @property
        def longest_step(self) -> float:
            return math.inf

    with pytest.raises(MeshError, match="folds"):
        build_mesh(dataclasses.replace(layout, placement=Careless(500.0)), "3d")


def test_a_layout_is_placed_once() -> None:
    with pytest.raises(LayoutError, match="placed it already"):
        layout_of("fiber", arrangement="twisted").placed(BentAxis(1e4))
    assert layout_of("fiber").placed(BentAxis(1e4)).placement == BentAxis(1e4)


def test_longest_steps_follow_the_curved_placements() -> None:
    twisted = layout_of("fiber", arrangement="twisted", pitch=4800.0, bend_radius=1e5).placement
    assert twisted == Composed(TwistedAxis(4800.0), BentAxis(1e5))
    assert twisted.longest_step == pytest.approx(100.0)
    assert Flat().longest_step == math.inf


def test_twist_then_bend_is_the_composition() -> None:
    points = np.array([[30.0, 10.0, 400.0], [-20.0, 5.0, -250.0]])
    both = Composed(TwistedAxis(2000.0), BentAxis(5000.0))
    assert both(points) == pytest.approx(BentAxis(5000.0)(TwistedAxis(2000.0)(points)))
    assert np.linalg.norm(TwistedAxis(2000.0)(points)[:, :2], axis=1) == pytest.approx(
        np.linalg.norm(points[:, :2], axis=1)
    )
