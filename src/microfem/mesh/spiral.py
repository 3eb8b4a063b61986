"""Structured triangles for a wound multilayer: windings share nodes by number, not by coordinates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.base.child import CallLimits
from microfem.base.errors import MeshError
from microfem.layout import Layout, Spiral
from microfem.mesh.arrangement import Arrangement
from microfem.mesh.plan import PlanMesh, fill_faces

SLIM = 4.0  # thickest row of a layer, relative to the steps along it
PER_EDGE = 4.0  # triangles in the core or the jacket per edge of it

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Strip:
    """The layers as a grid in (angle, layer).

    points: (npoints, 2) um; node: (nsteps + 1, nrows + 1) number of each grid point, equal where windings meet;
    layer: (nrows,) layer of each row; turn: steps in a full turn;
    rim: numbers of the points on the jacket's outer face, in order, none without a jacket.
    """

    points: Floats
    node: Ints
    layer: Ints
    turn: int
    rim: Ints


def mesh_spiral(layout: Layout, level: int, limits: CallLimits) -> tuple[PlanMesh, Arrangement]:
    """Return the plan mesh of a layout with a spiral, and its arrangement, with the regions as faces in their order.

    level: each level halves the steps along the layers and the rows across them.

    Raises:
        MeshError: gmsh failed to fill the core or the jacket.
        ChildError: gmsh met a limit or died.
    """
    spiral = layout.spiral
    if spiral is None:
        raise MeshError("mesh_spiral needs a layout with a spiral")
    strip = _strip(spiral, level)
    index = {region.name: k for k, region in enumerate(layout.regions)}
    of_layer = np.array([index[name] for name, _ in spiral.layers])
    points, cells, face = strip.points, *_triangles(strip, of_layer)
    if spiral.rolled:
        gaps = _gaps(spiral, strip)
        fillings = fill_faces([[points[loop] for loop in loops] for _, loops in gaps], limits)
        for (name, loops), (inside, filled) in zip(gaps, fillings, strict=True):
            number = np.concatenate([*loops, len(points) + np.arange(len(inside))])
            points, cells = np.vstack([points, inside]), np.vstack([cells, number[filled]])
            face = np.concatenate([face, np.full(len(filled), index[name])])
    outlines = dict(spiral.outlines())
    faces = tuple(outlines[region.name] for region in layout.regions)
    owner = np.arange(len(faces))[:, None]
    return PlanMesh(points, cells, face), Arrangement(faces, np.array(layout.regions[0].z), owner)


def count_spiral(spiral: Spiral, level: int) -> float:
    """Return the approximate number of triangles of a wound multilayer: those of layers, core and jacket."""
    parts, rows = _rows(spiral, level)
    filled = spiral.rolled * (len(spiral.turn) - 1) * (1 + 2 * bool(spiral.jacket))
    return float(parts * (2 * spiral.steps * rows.sum() + PER_EDGE * filled))


def _rows(spiral: Spiral, level: int) -> tuple[int, Ints]:
    """Return the number of parts of each step of the spiral, and the rows of triangles (nlayers,) of each layer."""
    parts = 2 ** max(level, 0)
    longest = float(np.linalg.norm(np.diff(spiral.corners()[:, -1], axis=0), axis=-1).max())
    return parts, np.array([parts * math.ceil(thickness / (SLIM * longest)) for _, thickness in spiral.layers])


def _strip(spiral: Spiral, level: int) -> Strip:
    parts, rows = _rows(spiral, level)
    corners = spiral.corners()
    nsteps, nrows = spiral.steps * parts, int(rows.sum())
    across = np.concatenate([[0.0], *(k + np.arange(1, n + 1) / n for k, n in enumerate(rows))])
    grid = _between(_between(corners, np.arange(nsteps + 1) / parts).swapaxes(0, 1), across).swapaxes(0, 1)
    turn = (len(spiral.turn) - 1) * parts if spiral.rolled else nsteps + 1
    node = _numbers(nsteps, nrows, turn)
    points = np.empty((int(node.max()) + 1, 2))
    points[node] = grid
    rim = _rim(spiral, parts)
    number = len(points) + np.arange(len(rim))
    return Strip(
        points=np.vstack([points, rim]), node=node, layer=np.repeat(np.arange(len(rows)), rows), turn=turn, rim=number
    )


def _rim(spiral: Spiral, parts: int) -> Floats:
    """Return the points (n, 2) on the jacket's outer face, its straight steps divided into `parts`."""
    if not (spiral.rolled and spiral.jacket):
        return np.empty((0, 2))
    corners = spiral.rim()
    closed = np.vstack([corners, corners[:1]])[:, None]
    return _between(closed, np.arange(len(corners) * parts) / parts)[:, 0]


def _between(at: Floats, where: Floats) -> Floats:
    """Return points on the polyline `at` (n + 1, ...) at positions from 0 to n, exact at its corners."""
    low = np.minimum(where.astype(np.int64), len(at) - 2)
    part = (where - low)[:, None, None]
    return at[low] * (1.0 - part) + at[low + 1] * part


def _numbers(nsteps: int, nrows: int, turn: int) -> Ints:
    """Return the numbers of grid points; outer point i is inner point i + turn of the next winding, if there is one."""
    node = np.empty((nsteps + 1, nrows + 1), dtype=np.int64)
    node[:, :-1] = np.arange((nsteps + 1) * nrows).reshape(nsteps + 1, nrows)
    covered = max(0, nsteps + 1 - turn)
    node[:covered, -1] = node[turn:, 0]
    node[covered:, -1] = (nsteps + 1) * nrows + np.arange(nsteps + 1 - covered)
    return node


def _triangles(strip: Strip, of_layer: Ints) -> tuple[Ints, Ints]:
    """Return two triangles for each quadrilateral of the strip, and the face of each."""
    a, b, c, d = strip.node[:-1, :-1], strip.node[1:, :-1], strip.node[1:, 1:], strip.node[:-1, 1:]
    cells = np.stack([np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)], axis=2)
    face = np.broadcast_to(of_layer[strip.layer][None, :, None], cells.shape[:3])
    return cells.reshape(-1, 3), face.reshape(-1)


def _gaps(spiral: Spiral, strip: Strip) -> list[tuple[str, list[Ints]]]:
    """Return core and jacket: region, and the loops of node numbers around it, the outer one first."""
    node, turn = strip.node, strip.turn
    gaps = [(spiral.core, [np.concatenate([node[: turn + 1, 0], node[0, -2:0:-1]])])]
    if spiral.jacket:
        gaps.append((spiral.jacket, [strip.rim, np.concatenate([node[-turn - 1 :, -1], node[-1, -2:0:-1]])]))
    return gaps
