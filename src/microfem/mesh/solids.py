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
SAME = 2e-7  # mm: the kernel takes points 1e-7 mm apart for one, and arcs that rise no more for lines


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
    """Add a closed loop without edges that are too short for the kernel."""
    long = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1) >= SAME
    points, bulges = points[long], bulges[long]
    tags = [occ.addPoint(float(x), float(y), z) for x, y in points]
    curves = []
    for k, bulge in enumerate(bulges.tolist()):
        start, end = tags[k], tags[(k + 1) % len(tags)]
        a, b = points[k], points[(k + 1) % len(points)]
        if 0.5 * abs(bulge) * np.linalg.norm(b - a) < SAME:
            curves.append(occ.addLine(start, end))
            continue
        x, y = 0.5 * (a + b) - 0.5 * bulge * np.array([a[1] - b[1], b[0] - a[0]])
        curves.append(occ.addCircleArc(start, occ.addPoint(float(x), float(y), z), end, center=False))
    return int(occ.addCurveLoop(curves))
