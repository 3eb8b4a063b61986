"""3D scenes for a page: the packed surface for the script, a still picture without it, the colour bar."""

from __future__ import annotations

import base64
import io
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from microfem.render.colours import Scale
from microfem.render.scene import DrawnSurface, draw_scenes, prepare
from microfem.render.sheet import SheetRow, add_bar

GRID = 32767  # integer steps of half the largest extent, and of the colour range
BAR = 1.1, 2.6  # inches
HALF = 2  # reduction of the still picture


@dataclass(frozen=True)
class EmbeddedScene:
    """One design: base64 data for scene.js, a PNG, the magnification of the displacement (0 for none)."""

    packed: str
    still: bytes
    factor: float


def make_scene(row: SheetRow, k: int) -> EmbeddedScene:
    """Return the scene of design k of a row."""
    from PIL import Image

    surface = prepare(row.stored[k], row.view, row.scale)
    (image,), _ = draw_scenes([surface], row.scale)
    buffer = io.BytesIO()
    Image.fromarray(image).reduce(HALF).save(buffer, "png", optimize=True)
    return EmbeddedScene(pack(surface, row.scale), buffer.getvalue(), surface.factor)


def pack(surface: DrawnSurface, scale: Scale) -> str:
    """Return a surface as base64 of deflated bytes, all little-endian.

    Header: numbers of points, of corners of triangles with values and without, of ends of lines (4 uint32); 256
    colours (r, g, b, a); points (x, y, z, share of the bar), int16, centred: GRID is half the longest extent, and the
    whole bar; corners and ends, uint32. Equal points are stored once.
    """
    known = surface.known
    lines = surface.lines if surface.factor else surface.lines[:, [0, -1]]
    ends = np.stack([lines[:, :-1], lines[:, 1:]], axis=2).reshape(-1, 3)
    parts = [surface.corners[known].reshape(-1, 3), surface.corners[~known].reshape(-1, 3), ends]
    points = np.vstack(parts)
    low, high = points.min(axis=0), points.max(axis=0)
    placed = (points - 0.5 * (low + high)) * GRID / max(float((high - low).max() / 2.0), 1e-30)
    shares = np.concatenate([surface.shares[known].ravel(), np.zeros(len(points) - 3 * int(known.sum()))])
    rows = np.rint(np.column_stack([placed, GRID * shares])).astype("<i2")
    _, first, same = np.unique(rows.view("<i8").ravel(), return_index=True, return_inverse=True)
    kept = np.sort(first)  # in the order of the surface, which compresses better
    corners = np.searchsorted(kept, first)[same].astype("<u4")
    counts = np.array([len(kept), *(len(one) for one in parts)], dtype="<u4")
    colours = scale.mappable().cmap(np.arange(256), bytes=True)
    data = b"".join(one.tobytes() for one in (counts, colours, rows[kept], corners))
    return base64.b64encode(zlib.compress(data, 9)).decode()


def draw_bar(row: SheetRow) -> Any:
    """Return a figure of the colour bar alone."""
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=BAR, layout="constrained")
    add_bar(figure, row, BAR[1], cax=axis)
    return figure
