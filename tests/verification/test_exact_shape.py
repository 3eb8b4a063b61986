"""Bounds and measures are those of the layout as stated: circles, spirals, helices and bends, not of their chords.

References: areas of rings and spirals, ln(b / a) / (2 pi sigma) of coaxial cylinders, volumes of tori, and a twisted
pair solved as straight cylinders with the twist in an anisotropic conductivity, by elements of third order that follow
circles. Negative control: the same bounds without the map, which enclose the value of straight cells, miss them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from microfem.families.family import build_layout
from microfem.fem.potential import bounds
from microfem.layout import BentAxis, Composed, Cylinder, Flat, Placement, Saddle, SphericalCap, TwistedAxis
from microfem.mesh import Mesh, build_mesh
from microfem.mesh.bisect import bisect
from microfem.mesh.exact import CurvedPieces, ExactShape, exact_shape
from microfem.physics import Solution
from support.materials import medium
from support.solving import solve_conduction
from support.true_sizes import true_sizes

PLACEMENTS = [Flat(), Cylinder(300.0), SphericalCap(300.0), Saddle(300.0), TwistedAxis(700.0), BentAxis(400.0),
              Composed(TwistedAxis(700.0), BentAxis(400.0))]  # fmt: skip


def solved(params: Mapping[str, object], dimension: str, level: int, conductivity: float = 1.0) -> Solution:
    """Return the current between the electrodes of a fibre."""
    layout = build_layout("fiber", params, {"electrolyte": medium(conductivity)})
    return solve_conduction(build_mesh(layout, dimension, level), anode="0 V", cathode="1 V")


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda one: type(one).__name__)
def test_placements_state_their_own_derivatives(placement: Placement) -> None:
    points = np.random.default_rng(1).uniform(-60.0, 60.0, (40, 3))
    points[0, :2] = 0.0
    step = 1e-3 * np.eye(3)
    differences = np.stack([(placement(points + one) - placement(points - one)) / 2e-3 for one in step], axis=2)
    assert np.abs(placement.jacobian(points) - differences).max() < 1e-8


@pytest.mark.parametrize(
    ("dimension", "height", "within"), [("plan", 1.0, 1e-6), pytest.param("3d", 30.0, 2e-6, marks=pytest.mark.slow)]
)
def test_a_disc_and_a_ring_have_the_area_of_circles(dimension: str, height: float, within: float) -> None:
    layout = build_layout("circular", {"disc_radius": 700.0, "gap": 90.0, "ring_width": 210.0})
    mesh = build_mesh(layout, dimension, -2)
    sizes = true_sizes(mesh, 8 if mesh.dim == 2 else 7)
    assert sizes["anode"] == pytest.approx(math.pi * 700.0**2 * height, rel=within)
    assert sizes["cathode"] == pytest.approx(math.pi * (1000.0**2 - 790.0**2) * height, rel=within)
    refined = bisect(mesh, np.arange(0, len(mesh.cells), 3)).mesh  # names of walls go on
    assert true_sizes(refined, 7)["anode"] == pytest.approx(math.pi * 700.0**2 * height, rel=within)
    drawn = mesh.volumes[mesh.cells_of("cathode")].sum()  # negative control: chords
    assert mesh.dim == 3 or abs(drawn / sizes["cathode"] - 1.0) > 1e-9


def test_a_cut_ring_keeps_the_width_of_its_slit() -> None:
    """A ring less a strip of half width h: its edges are r = a, r = b and y = +-h, whatever chords are cut."""
    layout = build_layout("concentric", {"ring_pairs": 1})
    mesh = build_mesh(layout, "plan", -1)
    a, b, h = 900.0, 1200.0, 0.5 * 300.0 + 300.0

    def right_of_strip(r: float) -> float:  # area of the disc's part with |y| < h and x > 0
        return h * math.sqrt(r**2 - h**2) + r**2 * math.asin(h / r)

    whole = math.pi * (b**2 - a**2) - (right_of_strip(b) - right_of_strip(a))
    assert true_sizes(mesh, 12)["cathode"] == pytest.approx(whole, rel=1e-7)


@pytest.mark.parametrize("windings", [2.0, 2.3])
def test_layers_of_a_roll_have_the_area_between_spirals(windings: float) -> None:
    """Of r = a + b theta from 0 to t the area is ((a + b t)^3 - a^3) / 6 b."""
    layout = build_layout("swiss_roll", {"windings": windings})
    sizes, spiral = true_sizes(build_mesh(layout, "plan", -1), 12), layout.spiral
    assert spiral is not None
    b, t = spiral.pitch / (2.0 * math.pi), 2.0 * math.pi * windings

    def below(offset: float) -> float:
        inner = spiral.core_radius + offset
        return ((inner + b * t) ** 3 - inner**3) / (6.0 * b)

    for k, (name, _) in enumerate(spiral.layers):
        assert sizes[name] == pytest.approx(below(spiral.offsets[k + 1]) - below(spiral.offsets[k]), rel=1e-7)


def test_a_bent_fibre_has_the_volume_of_a_torus() -> None:
    layout = build_layout("fiber", {"bend_radius": 2000.0, "length": 1500.0})
    sizes = true_sizes(build_mesh(layout, "3d", -2), 7)
    assert sizes["anode"] == pytest.approx(math.pi * 100.0**2 * 1500.0, rel=2e-6)  # Pappus: the centre's way times area


WALLS = [({}, 100.0, 150.0), ({"anode_diameter": 3000.0, "gap": 3.0, "cathode_thickness": 20.0}, 1500.0, 1503.0),
         ({"anode_diameter": 47.0, "gap": 180.0, "cathode_thickness": 2.0, "jacket_thickness": 3.0}, 23.5, 203.5),
         ]  # fmt: skip


@pytest.mark.parametrize(("params", "a", "b"), WALLS)
def test_coaxial_cylinders_are_enclosed(params: Mapping[str, object], a: float, b: float) -> None:
    found = solved(params, "plan", -1, 0.7).bounds
    exact = math.log(b / a) / (2.0 * math.pi * 0.7)
    assert found is not None
    assert 1.0 / found.upper <= exact <= 1.0 / found.lower
    assert found.upper / found.lower < 1.0 + 1e-3


def test_a_coaxial_fibre_in_3d_is_enclosed() -> None:
    found = solved({"length": 400.0}, "3d", -2).bounds
    exact = math.log(1.5) / (2.0 * math.pi * 400.0)
    assert found is not None
    assert 1.0 / found.upper <= exact <= 1.0 / found.lower
    assert found.upper / found.lower < 1.005


def wrapped() -> Solution:
    """Return the current through a film of electrolyte between plates that are wrapped around a cylinder."""
    params = {"outline": "rectangle", "length": 900.0, "width": 400.0, "margin": 0.0, "gap": 60.0}
    layout = build_layout("film", params, {"electrolyte": medium(0.7)}, Cylinder(300.0))
    return solve_conduction(build_mesh(layout, "3d", -1), anode="0 V", cathode="1 V")


WRAPPED = math.log(380.0 / 320.0) / (0.7 * (900.0 / 300.0) * 400.0)  # ln(b / a) / (sigma angle width), 1/(S/m um)


def test_plates_on_a_cylinder_are_enclosed() -> None:
    found = wrapped().bounds
    assert found is not None
    assert 1.0 / found.upper <= WRAPPED <= 1.0 / found.lower
    assert found.upper / found.lower < 1.01


def without_a_map(mesh: Mesh) -> ExactShape:
    """Stand for `exact_shape` as if straight cells were the layout."""
    none = CurvedPieces(np.empty(0, np.int64), np.empty((0, 2)))
    return ExactShape(replace(mesh, dimension="plan"), mesh.flat, none, none)


def test_bounds_of_straight_cells_miss_the_cylinder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "exact_shape", without_a_map)
    found = wrapped().bounds
    assert found is not None
    assert not 1.0 / found.upper <= WRAPPED <= 1.0 / found.lower


TWISTED = {"arrangement": "twisted", "anode_diameter": 120.0, "cathode_diameter": 90.0, "gap": 30.0, "margin": 40.0,
           "length": 500.0, "pitch": 1200.0}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("level", [-2, -1])
def test_a_twisted_pair_is_enclosed(level: int) -> None:
    """362.652 ohm within 2e-5 of it, see above."""
    found = solved(TWISTED, "3d", level, 1.4).bounds
    assert found is not None
    assert 1e6 / found.upper <= 362.652 * (1.0 + 2e-5)
    assert 1e6 / found.lower >= 362.652 * (1.0 - 2e-5)
    assert found.upper / found.lower < 1.03


def test_where_straight_cells_fold_nothing_is_proven() -> None:
    """A map that turns a cell inside out leaves no upper bound, instead of a wrong one."""
    layout = build_layout("fiber", {})
    mesh = build_mesh(layout, "plan", -1)
    shape = exact_shape(mesh)
    thrown = shape.target.copy()
    thrown[mesh.cells[mesh.cells_of("electrolyte")[0], 0]] += 1e4
    broken = ExactShape(mesh, thrown, shape.edges, shape.facets)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bounds, "exact_shape", lambda _: broken)
        found = solve_conduction(mesh, anode="0 V", cathode="1 V").bounds
    assert found is not None
    assert found.upper == math.inf
    assert found.lower <= 0.0
