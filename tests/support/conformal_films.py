"""Flat films that are laid on curved surfaces. Units: um, MPa, uN.

Shallow closed forms hold to first order in a2 / R2, so they are compared at R = 1000 a, where what is left out is 1e-6.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from microfem.layout import Layout, Region
from microfem.mesh import build_mesh
from support.cells import disc
from support.materials import elastic
from support.solving import solve

YOUNG, NU, THICK, A = 5e3, 0.35, 10.0, 1000.0
FAR = 1e3 * A  # radius of a surface on which a disc of radius A is shallow to 1e-6
K = 1.0 / FAR**2
LAYERS = ((100e3, 5.0), (3e3, 25.0), (2.0, 40.0))  # E and t from the bottom up


def film_layout(outline, layers=((YOUNG, THICK),), feature=200.0, circles=(), poisson=NU):
    """Return a film of layers (E, t) from the bottom up, all of one outline."""
    heights = np.cumsum([0.0, *(t for _, t in layers)]).tolist()
    regions = [
        Region(name=f"r{i}", role="substrate", footprint=outline, z=(heights[i], heights[i + 1]))
        for i in range(len(layers))
    ]
    materials = {f"r{i}": elastic(e, poisson) for i, (e, _) in enumerate(layers)}
    return Layout(
        family="test",
        params={},
        regions=tuple(regions),
        terminals={},
        feature=feature,
        gap=1.0,
        plane=0.5 * heights[1],
        materials=materials,
        circles=circles,
    )


@cache
def round_mesh(level=0, layers=((YOUNG, THICK),)):
    """Return the mesh of a disc of radius A."""
    return build_mesh(film_layout(disc(A, 96), layers, circles=((0.0, 0.0, A),)), "layers", level)


def solve_conformal(mesh, surface, **more):
    """Lay a film on a surface; surface: its kind -> name of each radius -> um."""
    stated = {kind: {name: f"{radius} um" for name, radius in radii.items()} for kind, radii in surface.items()}
    return solve(mesh, {"physics": "conformal", "surface": stated, **more})


def on_sphere(radius=FAR, level=0, **more):
    """Lay the disc on a sphere, without its bending if nothing else is stated."""
    return solve_conformal(round_mesh(level), {"sphere": {"radius": radius}}, **({"bending": False} | more))


def neutral(layers):
    """Return the height of the neutral plane of layers (E, t)."""
    young, thick = np.array(layers).T
    middle = np.cumsum(thick) - 0.5 * thick
    return float((young * thick * middle).sum() / (young * thick).sum())
