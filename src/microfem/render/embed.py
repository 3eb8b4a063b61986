"""3D scenes for a page: the surface packed for its script, a still picture for readers without it, the colour bar."""

from __future__ import annotations

import base64
import io
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from microfem.render.scene import draw_scene, prepare, sharp_edges
from microfem.render.sheet import Row, add_bar, scale

GRID = 32767  # steps that half the largest extent, and the colour range, are divided into
BAR = 0.85, 2.6  # inches


@dataclass(frozen=True)
class Scene:
    """One design: base64 of what scene.js unpacks, a PNG, by how much the displacement is enlarged (0: it has none)."""

    packed: str
    still: bytes
    factor: float


def make_scene(row: Row, k: int) -> Scene:
    """Return the scene of design k of a row."""
    from matplotlib import pyplot as plt

    mappable = scale(row)
    surface, factor = prepare(row.stored[k], row.view)
    buffer = io.BytesIO()
    plt.imsave(buffer, draw_scene(row.stored[k], row.view, mappable), format="png")
    return Scene(pack(surface, mappable), buffer.getvalue(), factor)


def pack(surface: Any, mappable: Any) -> str:
    """Return a surface with `_shown` at its points as base64 of deflated bytes, all little-endian.

    Numbers of points, of corners of triangles with values, of those without and of ends of lines (4 uint32); 256
    colours (r, g, b, a); points (x, y, z, value), int16, centred, half the longest extent being GRID, as is the colour
    range; corners and ends, uint32.
    """
    surface = surface.triangulate()
    lines = sharp_edges(surface)
    points = np.vstack([surface.points, lines.points]).astype(float)
    low, high = points.min(axis=0), points.max(axis=0)
    norm, shown = mappable.norm, np.asarray(surface.point_data["_shown"], dtype=float)
    values, known = np.zeros((len(points), 1)), np.flatnonzero(np.isfinite(shown))
    values[known, 0] = GRID * np.asarray(norm(np.clip(shown[known], norm.vmin, norm.vmax)))
    placed = (points - 0.5 * (low + high)) * GRID / max(float((high - low).max() / 2.0), 1e-30)
    triangles = np.asarray(surface.regular_faces)
    bare = np.isnan(shown)[triangles].any(axis=1)
    pairs = np.asarray(lines.lines).reshape(-1, 3)[:, 1:] + surface.n_points
    corners = [triangles[~bare], triangles[bare], pairs]
    parts = [np.array([len(points), *(one.size for one in corners)], dtype="<u4"),
             mappable.cmap(np.arange(256), bytes=True), np.rint(np.hstack([placed, values])).astype("<i2"),
             *(one.astype("<u4") for one in corners)]  # fmt: skip
    return base64.b64encode(zlib.compress(b"".join(one.tobytes() for one in parts), 9)).decode()


def draw_bar(row: Row) -> Any:
    """Return a figure of the colour bar alone."""
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=BAR, layout="constrained")
    add_bar(figure, row, BAR[1], cax=axis)
    return figure
