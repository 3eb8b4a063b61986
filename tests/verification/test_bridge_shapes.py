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

import microfem
from microfem.base.errors import LayoutError
from microfem.families import build_layout
from microfem.layout import Layout
from microfem.layout.centre_lines import horseshoe, sine
from microfem.mesh import build_mesh
from support.materials import elastic, medium
from support.rods import POISSON, YOUNG, ribbon, stretched
from support.solving import solve_elasticity, total
from support.studies import check_only

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


def device(shape: str, width: float, **more: object) -> Layout:
    """Return two stiff islands that a bridge joins, all of it free."""
    made = build_layout("island_bridge", {"columns": 2, "bridge_shape": shape, "periods": PERIODS, "amplitude": HIGH,
                        "bridge_width": width, "collector_thickness": 10.0, "island_size": 1500.0, **more},
                        {role: elastic(1e5 * YOUNG, POISSON) for role in
                         ("anode_collector", "cathode_collector", "electrolyte", "anode", "cathode", "substrate",
                          "encapsulation")} | {"bridge": elastic(YOUNG, POISSON)})  # fmt: skip
    return made


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
    strain = change / second * max(mean, 2.0 * mean - mean) * 0.5 * width
    plane = stretched(line, 600, change, 1).plane
    assert plane is not None
    assert plane.forces[-1, 0] == pytest.approx(force, rel=3e-3)
    assert plane.largest[-1] == pytest.approx(strain, rel=2e-2)
