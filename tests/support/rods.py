"""Rods, the ribbons that are walked along their paths, and devices whose bridges are rods. Units: um, MPa, uN."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from microfem.families import build_layout
from microfem.fem.rods.bridge import follow_bridge, make_bridge
from microfem.fem.rods.rod import turned
from microfem.layout import Layout
from microfem.layout.ribbon import Ribbon
from support.materials import matter

YOUNG, POISSON = 1000.0, 0.3


def ribbon(pieces: tuple[tuple[float, float], ...], width: float, thick: float, pitch: float = 6000.0) -> Ribbon:
    """Return a ribbon of pieces (length, curvature)."""
    return Ribbon(pieces=pieces, width=width, thickness=thick, z=0.0, regions=(), starts=(), pitch=pitch)


def stretched(line: Ribbon, count: int, change: float, steps: int):
    """Move the far end along x by `change`, um."""
    turn = turned(0.0, (1.0, 0.0, 0.0))
    span = line.span
    return follow_bridge(make_bridge(line, YOUNG, POISSON, count),
                       lambda load: (np.array([span + load * change, 0.0, 0.0]), turn),
                       list(np.arange(1, steps + 1) / steps), True, False)  # fmt: skip


def device(**params: object) -> Layout:
    """Return a device of islands that are joined by serpentine bridges, all of one metal."""
    values: dict[str, object] = {"columns": 2, "rows": 2, "bridge_shape": "serpentine", "bridge_width": 100.0,
                                 "encapsulation_thickness": 0.0, "collector_thickness": 10.0} | params  # fmt: skip
    layout = build_layout("island_bridge", values)
    metal = matter(youngs_modulus=YOUNG, poisson_ratio=POISSON, fracture_strain=0.01)
    return replace(layout, materials={part.name: metal for part in layout.parts()})
