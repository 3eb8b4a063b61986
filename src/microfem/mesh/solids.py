"""STEP files of prisms as solids with true arcs, by the OpenCASCADE kernel in gmsh."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import ChildError, MeshError
from microfem.mesh.plan import started_gmsh, with_gmsh

Floats = NDArray[np.float64]
Loop = tuple[Floats, Floats]  # corners (n, 2), mm, and the bulge tan(sweep / 4) of the segment after each
Body = tuple[Sequence[Loop], tuple[float, float]]  # outer loop and holes, and interval along z, mm
MOST_FACES = 20_000  # the kernel takes some minutes


def write_step(path: Path, bodies: Sequence[Body]) -> None:
    """Write prisms as a STEP file in mm, in their order, without names, which the kernel does not keep.

    Raises:
        MeshError: there are too many faces, or the kernel failed.
        OSError: the file could not be written.
    """
    faces = sum(len(points) for loops, _ in bodies for points, _ in loops)
    if faces > MOST_FACES:
        raise MeshError(f"{faces} faces are more than the {MOST_FACES} that STEP is written with; write STL")
    try:
        complete = with_gmsh(_write, str(path.absolute()), bodies)
    except ChildError as error:
        raise MeshError(f"the kernel failed to write {path}: {error}") from error
    if not complete:
        raise OSError(errno.EIO, "the file is incomplete; is the disk full?")


def _write(path: str, bodies: Sequence[Body]) -> bool:
    """Write prisms in the child process; return False if the file is incomplete."""
    with started_gmsh() as gmsh:
        occ = gmsh.model.occ
        for loops, (low, high) in bodies:
            surface = occ.addPlaneSurface([_loop(occ, *loop, low) for loop in loops])
            occ.extrude([(2, surface)], 0.0, 0.0, high - low)
            occ.remove([(2, surface)])
        occ.synchronize()
        try:
            gmsh.write(path)
        except Exception:  # gmsh has no exception of its own
            return False
    return True


def _loop(occ: Any, points: Floats, bulges: Floats, z: float) -> int:
    tags = [occ.addPoint(float(x), float(y), z) for x, y in points]
    curves = []
    for k, bulge in enumerate(bulges.tolist()):
        start, end = tags[k], tags[(k + 1) % len(tags)]
        if bulge == 0.0:
            curves.append(occ.addLine(start, end))
            continue
        a, b = points[k], points[(k + 1) % len(points)]
        x, y = 0.5 * (a + b) - 0.5 * bulge * np.array([a[1] - b[1], b[0] - a[0]])
        curves.append(occ.addCircleArc(start, occ.addPoint(float(x), float(y), z), end, center=False))
    return int(occ.addCurveLoop(curves))
