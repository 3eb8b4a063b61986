"""The layers at each cell of a plan, from the bottom up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from microfem.layout import Layout
from microfem.mesh.record import Mesh

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stacks:
    """The layers of a plan's cells.

    kind: (ncells,) into `layers`; layers: for each kind of stack (part, z0, z1) from the bottom up, um; a film extends
    by its thickness above its height.
    """

    kind: Ints
    layers: tuple[tuple[tuple[str, float, float], ...], ...]


def find_stacks(mesh: Mesh) -> Stacks:
    """Return the layers at each cell of a plan with all outlines, see build_mesh(layout, 'layers')."""
    layout = mesh.layout
    centres = mesh.points[mesh.cells].mean(axis=1)
    owner, heights = _owners(layout, centres)
    films = np.array([_inside(sheet.footprint, centres) for sheet in layout.sheets]).reshape(-1, len(centres)).T
    rows, kind = np.unique(np.hstack([owner, films.astype(np.int64)]), axis=0, return_inverse=True)
    return Stacks(kind.ravel(), tuple(_layers(layout, row, heights) for row in rows))


def _owners(layout: Layout, centres: Floats) -> tuple[Ints, Floats]:
    """Return the region of each point and slab (npoints, nslabs), -1 for none, and the heights of the slabs, um."""
    heights = np.unique([z for region in layout.regions for z in region.z])
    middle = 0.5 * (heights[1:] + heights[:-1])
    owner = np.full((len(centres), len(middle)), -1, dtype=np.int64)
    rank = np.full(owner.shape, np.iinfo(np.int64).min)
    for number, region in enumerate(layout.regions):
        there = _inside(region.footprint, centres)[:, None] & (middle > region.z[0]) & (middle < region.z[1])
        there &= region.priority >= rank
        owner[there], rank[there] = number, region.priority
    return owner, heights


def _inside(outline: object, centres: Floats) -> NDArray[np.bool_]:
    shapely.prepare(outline)
    return np.asarray(shapely.contains_xy(outline, centres[:, 0], centres[:, 1]))


def _layers(layout: Layout, row: Ints, heights: Floats) -> tuple[tuple[str, float, float], ...]:
    """Return the layers of one kind of stack; adjacent slabs of a region are one layer."""
    slabs, films = row[: len(heights) - 1], row[len(heights) - 1 :]
    layers: list[tuple[str, float, float]] = []
    for number, low, high in zip(slabs, heights[:-1].tolist(), heights[1:].tolist(), strict=True):
        if number < 0:
            continue
        name = layout.regions[number].name
        if layers and layers[-1][0] == name and layers[-1][2] == low:
            layers[-1] = (name, layers[-1][1], high)
        else:
            layers.append((name, low, high))
    sheets = [(s.name, s.z, s.z + s.thickness) for s, there in zip(layout.sheets, films, strict=True) if there]
    return tuple(sorted([*layers, *sheets], key=lambda layer: (layer[1], layer[2])))
