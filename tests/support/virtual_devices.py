"""Devices seen from above whose displacements are stated in closed form, and maps of points on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from microfem.dic.computed import SurfacePath, path_of, surface_of
from microfem.dic.records import DicMap, DicSettings

Floats = NDArray[np.float64]


def device(
    xs: Sequence[float], ys: Sequence[float], moved: Callable[[Floats, Floats], tuple[Floats, Floats]],
    stiff: tuple[float, float] = (0.0, 0.0),
) -> SurfacePath:  # fmt: skip
    """Return a rectangle of P2 triangles between lines at xs and ys, um, from rest to displacements (u, v) of (x, y).

    stiff: from x to x, um, is the region `strip`, the rest is `film`.
    """
    fine_x, fine_y = (np.sort(np.concatenate([one, 0.5 * (one[1:] + one[:-1])])) for one in map(np.asarray, (xs, ys)))
    x, y = (one.ravel() for one in np.meshgrid(fine_x, fine_y))
    wide = len(fine_x)
    nodes = []
    for row in range(0, len(fine_y) - 1, 2):
        for column in range(0, wide - 1, 2):
            first = row * wide + column
            p = {(i, j): first + j * wide + i for i in range(3) for j in range(3)}
            nodes.append([p[0, 0], p[2, 0], p[0, 2], p[1, 0], p[1, 1], p[0, 1]])
            nodes.append([p[2, 2], p[0, 2], p[2, 0], p[1, 2], p[1, 1], p[2, 1]])
    every = np.array(nodes)
    middle = x[every[:, :3]].mean(axis=1)
    region = ((middle > stiff[0]) & (middle < stiff[1])).astype(np.int64)
    displacement = np.stack(moved(x, y), axis=1)
    surface = surface_of(np.stack([x, y], axis=1), every, region, ("film", "strip"), displacement)
    return path_of(surface, [(1.0, displacement)], "strain")


def settings(pixel: float = 10.0, subset: int = 17, window: int = 5, step: int = 5) -> DicSettings:
    """Return how a map was correlated."""
    return DicSettings(
        program="test", subset=subset, step=step, window=window, shape="affine", measure="nominal", pixel=pixel
    )


def empty_map(wide: float, high: float, known: DicSettings) -> DicMap:
    """Return a map that covers a rectangle about 0, um, with displacements of 0."""
    apart = (known.step or 1) * (known.pixel or 1.0)
    x, y = (apart * np.arange(-int(0.5 * one / apart), int(0.5 * one / apart) + 1) for one in (wide, high))
    columns, rows = np.meshgrid(x, y[::-1])
    points = np.stack([columns, rows], axis=-1).reshape(-1, 2)
    return DicMap(
        points=points,
        displacement=np.zeros_like(points),
        valid=np.ones(len(points), dtype=bool),
        settings=known,
        shape=(len(y), len(x)),
    )
