"""Horseshoe and sinusoidal bridges against thin beams, a plane solid and bounds of their resistance.

Clamped ends that move apart by d along x, symmetric about the middle, carry M(s) = F (y - Y) with Y the mean of y along
the line, so that the ends do not turn, and E I d = F integral (y - Y)2 ds (Castigliano). A ribbon whose current follows
its line has L / (sigma t w), which bounds the resistance from above (Thomson); cut by ideal conductors where arcs meet,
it has the sum of angle / (sigma t ln(outer radius / inner radius)), which bounds it from below (Rayleigh).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad

from microfem import solve_case
from microfem.base.errors import LayoutError
from microfem.families import build_layout
from microfem.layout import ROLES, Layout
from microfem.layout.centre_lines import Pieces, horseshoe, sine
from microfem.materials import Material
from microfem.mesh import build_mesh
from support.materials import elastic, medium
from support.rods import POISSON, YOUNG, ribbon, stretched
from support.solving import solve_elasticity, total
from support.true_sizes import true_sizes

LENGTH, PERIODS, HIGH, ANGLE = 3000.0, 2, 700.0, math.radians(240.0)
WAVE = 2.0 * math.pi * PERIODS / LENGTH


def along_sine(weight: Callable[[float], float]) -> float:
    """Return the integral of a function of y along the sine y = HIGH (1 - cos(k x))."""

    def rate(x: float) -> float:
        return weight(HIGH * (1.0 - math.cos(WAVE * x))) * math.hypot(1.0, HIGH * WAVE * math.sin(WAVE * x))

    return 2 * PERIODS * quad(rate, 0.0, math.pi / WAVE, epsrel=1e-11)[0]


def along_horseshoe(weight: Callable[[float], float]) -> float:
    """Return the integral of a function of y along arcs that turn by +-ANGLE: y = R (1 - cos t), then its mirror."""
    radius = LENGTH / (4.0 * PERIODS * math.sin(0.5 * ANGLE))
    top = 2.0 * radius * (1.0 - math.cos(0.5 * ANGLE))

    def rate(t: float) -> float:
        y = radius * (1.0 - math.cos(t))
        return radius * (weight(y) + weight(top - y))

    return 2 * PERIODS * quad(rate, 0.0, 0.5 * ANGLE, epsrel=1e-11)[0]


LINES = {
    "horseshoe": (horseshoe(LENGTH, PERIODS, ANGLE), along_horseshoe),
    "sine": (sine(LENGTH, PERIODS, HIGH), along_sine),
}


def device(shape: str, width: float, islands: Material, bridge: Material) -> Layout:
    """Return two islands of one material that a free bridge joins."""
    params = {"columns": 2, "bridge_shape": shape, "periods": PERIODS, "amplitude": HIGH, "bridge_width": width,
              "collector_thickness": 10.0, "island_size": 1500.0, "encapsulation_thickness": 0.0}  # fmt: skip
    return build_layout("island_bridge", params, {**dict.fromkeys(ROLES, islands), "bridge": bridge})


@pytest.mark.parametrize("shape", LINES)
def test_a_thin_bridge_is_as_stiff_and_strains_as_castigliano_says(shape: str) -> None:
    pieces, along = LINES[shape]
    width, thick, change = 2.0, 1.0, 1.0
    line = ribbon(pieces, width, thick)
    length = along(lambda _: 1.0)
    assert line.length == pytest.approx(length, rel=1e-3)
    mean = along(lambda y: y) / length
    second = along(lambda y: (y - mean) ** 2)
    force = YOUNG * thick * width**3 / 12.0 * change / second
    strain = change / second * mean * 0.5 * width  # at the crests, as far from the mean as the troughs
    plane = stretched(line, 600, change, 1).plane
    assert plane is not None
    assert plane.forces[-1, 0] == pytest.approx(force, rel=3e-3)
    assert plane.largest[-1] == pytest.approx(strain, rel=2e-2)


@pytest.mark.slow
@pytest.mark.parametrize("shape", LINES)
def test_a_rod_is_as_stiff_as_the_plane_solid(shape: str) -> None:
    """Islands 100 times as stiff move apart."""
    width, strain = 30.0, 1e-4
    layout = device(shape, width, elastic(100.0 * YOUNG, POISSON), elastic(YOUNG, POISSON))
    solid = solve_elasticity(build_mesh(layout, "plan", 0), {"stretch": {"strain": strain}}, plane="stress")
    line = layout.ribbon
    assert line is not None
    plane = stretched(line, 400, strain * (LENGTH + 2.0 * 1500.0), 1).plane
    assert plane is not None
    assert total(solid, "axial_force") == pytest.approx(plane.forces[-1, 0] / line.thickness, rel=3e-3)
    taut = YOUNG * width * strain * (LENGTH + 2.0 * 1500.0) / line.length  # negative control: no bending
    assert total(solid, "axial_force") < 0.01 * taut


@pytest.mark.parametrize("shape", LINES)
def test_the_resistance_is_that_of_the_line_within_its_bends(shape: str) -> None:
    layout = device(shape, 150.0 if shape == "horseshoe" else 60.0, medium(1e7), medium(1.0))
    line = layout.ribbon
    assert line is not None
    case = {"physics": "conduction", "dimension": "plan",
            "terminals": {"cathode_collector_1": "1 V", "anode_collector_2": "0 V"}}  # fmt: skip
    found = solve_case(layout, case, {"ohms": "resistance"}, accuracy=5e-3).values["ohms"]
    sectors = sum(length * abs(k) / math.log((2.0 + line.width * abs(k)) / (2.0 - line.width * abs(k)))
                  for length, k in line.pieces)  # fmt: skip
    assert found.lower is not None
    assert found.upper is not None
    assert sectors < found.upper
    assert found.lower < line.length / line.width
    assert found.upper - found.lower < 0.5 * (line.length / line.width - sectors)


@pytest.mark.parametrize("shape", LINES)
def test_a_meshed_bridge_has_the_area_of_its_width_times_its_line(shape: str) -> None:
    """Pappus: the same on every arc, whatever chords stand for it."""
    layout = device(shape, 50.0, medium(1.0), medium(1.0))
    line = layout.ribbon
    assert line is not None
    mesh = build_mesh(layout, "plan", -1)
    assert true_sizes(mesh, 8)["bridge_1"] == pytest.approx(50.0 * line.length, rel=1e-6)
    drawn = layout.part("bridge_1").footprint.area  # negative control: chords
    assert abs(drawn / (50.0 * line.length) - 1.0) > 1e-5


@pytest.mark.parametrize("shape", LINES)
def test_places_on_a_bridge_are_found_again(shape: str) -> None:
    line = ribbon(LINES[shape][0], 60.0, 10.0)
    s, offset = np.linspace(0.0, line.length, 501), np.linspace(-0.49, 0.49, 501) * line.width
    places, headings = line.at(s)
    points = places + offset[:, None] * np.column_stack([-np.sin(headings), np.cos(headings)])
    found, beside = line.find(points)
    assert found == pytest.approx(s, abs=1e-7)
    assert beside == pytest.approx(offset, abs=1e-7)
    assert np.isnan(line.find(places + np.array([0.0, LENGTH]))[0]).all()  # negative control: beside the ribbon


def test_the_arcs_of_a_sine_follow_it() -> None:
    """Within 0.2 % of the amplitude, also of the steepest, whose amplitude is the period."""

    def away(pieces: Pieces, amplitude: float) -> float:
        line = ribbon(pieces, 2.0, 1.0)
        assert line.span == pytest.approx(LENGTH, rel=1e-12)
        x, y = line.at(np.linspace(0.0, line.length, 1001))[0].T
        slope = amplitude * WAVE * np.sin(WAVE * x)
        return float(np.abs((y - amplitude * (1.0 - np.cos(WAVE * x))) / np.hypot(1.0, slope)).max()) / amplitude

    assert max(away(sine(LENGTH, PERIODS, high), high) for high in (30.0, 700.0, LENGTH / PERIODS)) < 2e-3
    round_ = horseshoe(LENGTH, PERIODS, math.pi)  # negative control: half circles of the same height
    assert away(round_, LENGTH / (4.0 * PERIODS)) > 0.1


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"bridge_shape": "sine"}, "bridge_width"),
        ({"bridge_shape": "sine", "amplitude": 3100.0, "bridge_width": 20.0}, "amplitude"),
        ({"bridge_shape": "sine", "rows": 2, "amplitude": 2900.0, "bridge_width": 20.0}, "amplitude"),
        ({"bridge_shape": "horseshoe", "arc_angle": 289.0, "periods": 2}, "bridge_width"),
        ({"bridge_shape": "horseshoe", "arc_angle": 280.0, "rows": 2, "bridge_length": 60000.0}, "arc_angle"),
    ],
)
def test_bridges_that_touch_are_refused(params: dict[str, object], parameter: str) -> None:
    with pytest.raises(LayoutError) as caught:
        build_layout("island_bridge", params)
    assert caught.value.parameter == parameter
