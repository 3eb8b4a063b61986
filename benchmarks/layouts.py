"""Layouts that errors are measured on, electrolyte of 1 S/m, and the conductances that are known of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import shapely

from benchmarks.cell import TALL, WIDTH
from microfem.families import build_layout
from microfem.layout import Layout, Region, Sheet
from microfem.layout.shapes import area_radius, disc, rectangle
from microfem.materials import Material, Property

BLOCK = 0.25 * WIDTH  # depth of the blocks whose tops are the section's electrodes; nothing is solved in them
DISC, WALL, LID = 100.0, 200.0, 200.0  # radius of disc and cylinder, height of the cylinder, um
CHORDS = 48  # of a full circle, where refinement begins
RING = {"disc_radius": 300.0, "gap": 300.0, "ring_width": 100.0}
COMB = {"finger_pairs": 1, "finger_length": 900.0, "anode_width": 300.0, "cathode_width": 300.0, "gap": 300.0,
        "busbar_width": 300.0, "anode_thickness": 20.0, "cathode_thickness": 30.0, "electrolyte_height": 300.0,
        "margin": 300.0}  # fmt: skip
TERMS, MODES = 200_000, 8  # of the series, of the disc's current density


def section() -> Layout:
    """Return the cell of `benchmarks.cell`: half a finger, a gap, half a finger, coplanar on the floor."""
    left, right = 0.5 * WIDTH, 1.5 * WIDTH
    regions = [
        Region(name="electrolyte", role="electrolyte", footprint=rectangle(0.0, -1.0, 2.0 * WIDTH, 1.0), z=(0.0, TALL)),
        Region(name="anode", role="anode", footprint=rectangle(0.0, -1.0, left, 1.0), z=(-BLOCK, 0.0)),
        Region(name="cathode", role="cathode", footprint=rectangle(right, -1.0, 2.0 * WIDTH, 1.0), z=(-BLOCK, 0.0)),
    ]
    return Layout(
        family="section",
        params={},
        regions=tuple(regions),
        terminals={},
        feature=WIDTH,
        gap=WIDTH,
        plane=0.0,
        materials=_liquid(),
    )


def section_exact() -> float:
    """Return the conductance of the section per length, S/m, its lid included: 6e-6 less than without one.

    t = sn^2(K x / W) maps the cell onto a half plane, as W. Olthuis et al., Sens. Actuators B 24 (1995) 252, and
    R. Igreja and C. J. Dias, Sens. Actuators A 112 (2004) 291, have it.
    """
    from scipy.special import ellipj, ellipk

    nome, n = math.exp(-math.pi * TALL / (2.0 * WIDTH)), np.arange(1, 8)
    theta2, theta3 = 2.0 * (nome ** (n - 0.5) ** 2).sum(), 1.0 + 2.0 * (nome**n**2).sum()
    modulus = float(theta2 / theta3) ** 4
    a, c = (ellipj(ellipk(modulus) * share, modulus) for share in (0.25, 0.75))
    m = (a[0] * c[1] / (c[0] * a[1])) ** 2
    return float(ellipk(m) / ellipk(1.0 - m))


def ring() -> Layout:
    """Return a disc in a ring, current through the gap in plan: conductance per height 2 pi / ln(r2 / r1)."""
    return _filled(build_layout("circular", dict(RING)))


def ring_exact() -> float:
    """Return the conductance of the ring per height, S/m."""
    return 2.0 * math.pi / math.log1p(RING["gap"] / RING["disc_radius"])


def tube() -> Layout:
    """Return a quarter of a cylinder: a disc on its floor faces its lid."""
    wall, plate = (_quarter(radius) for radius in (WALL, DISC))
    sheets = (
        Sheet(name="anode", role="anode", footprint=plate, z=0.0, thickness=1.0),
        Sheet(name="cathode", role="cathode", footprint=wall, z=LID, thickness=1.0),
    )
    circles = tuple((0.0, 0.0, radius) for radius in (WALL, DISC))
    inside = Region(name="electrolyte", role="electrolyte", footprint=wall, z=(0.0, LID))
    return Layout(
        family="tube",
        params={},
        regions=(inside,),
        terminals={},
        feature=DISC,
        gap=LID,
        plane=0.0,
        sheets=sheets,
        materials=_liquid(),
        circles=circles,
    )


def tube_exact() -> float:
    """Return the conductance of the quarter cylinder in uA/V, by a series that is summed to seven digits.

    The disc's current density is sum c_n P_2n(s) / s, s^2 = 1 - (r / a)^2, whose Hankel transforms are spherical Bessel
    functions; Galerkin's equations for phi = 1 on the disc converge exponentially with their number. Their sums
    over the zeros of J1 have a rest that is inverse to the number of terms, so the last doubling is extrapolated.
    """
    half, whole = (_tube_by(count) for count in (TERMS // 2, TERMS))
    return (2.0 * whole - half) / 4.0


def comb() -> Layout:
    """Return an interdigital device, two fingers with their bars on an insulating substrate: nothing known of it."""
    return _filled(build_layout("interdigital", dict(COMB)))


def _tube_by(terms: int) -> float:
    from scipy.special import j0, j1, spherical_jn

    zero = (np.arange(1, terms + 1) + 0.25) * np.pi  # of J1, by McMahon's expansion and Newton's steps
    zero -= 3.0 / (8.0 * zero)
    for _ in range(3):
        zero -= j1(zero) / (j0(zero) - j1(zero) / zero)
    rate = zero / WALL
    weight = 2.0 / (WALL * j0(zero)) ** 2 * np.tanh(rate * LID) / rate
    shape = DISC**2 * np.array([spherical_jn(2 * n, rate * DISC) for n in range(MODES)])
    system = 2.0 * np.pi * (shape * weight) @ shape.T
    fed = np.zeros(MODES)
    fed[0] = 2.0 * np.pi * DISC**2
    system[0, 0] += 2.0 * np.pi * 2.0 / WALL**2 * LID * DISC**4
    return float(fed @ np.linalg.solve(system, fed))


def _filled(layout: Layout) -> Layout:
    return replace(layout, materials={**layout.materials, **_liquid()})


def _quarter(radius: float) -> shapely.Polygon:
    corners = shapely.get_coordinates(disc(area_radius(radius, CHORDS), CHORDS))[: CHORDS // 4 + 1]
    return shapely.Polygon(np.vstack([[0.0, 0.0], corners]))


def _liquid() -> dict[str, Material]:
    one = Property(value=1.0, unit="S/m", source="unit conductivity")
    return dict.fromkeys(("electrolyte", "anode", "cathode"), Material("unit", "", {"conductivity": one}))
