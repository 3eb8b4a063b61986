"""STEP files of prisms as solids with true arcs, by the OpenCASCADE kernel in gmsh."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gmsh
import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MeshError
from microfem.mesh.plan import gmsh_model

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
    with gmsh_model() as model:
        for loops, (low, high) in bodies:
            surface = model.occ.addPlaneSurface([_loop(model, *loop, low) for loop in loops])
            model.occ.extrude([(2, surface)], 0.0, 0.0, high - low)
            model.occ.remove([(2, surface)])
        model.occ.synchronize()
        with _silent():
            try:
                gmsh.write(str(path))
            except Exception as error:  # gmsh has no exception of its own
                raise OSError(errno.EIO, "the file is incomplete; is the disk full?") from error


@contextmanager
def _silent() -> Iterator[None]:
    """Discard the statistics that the kernel writes directly to the standard output."""
    sys.stdout.flush()
    output, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    try:
        yield
    finally:
        os.dup2(output, 1)
        os.close(output)
        os.close(null)


def _loop(model: Any, points: Floats, bulges: Floats, z: float) -> int:
    tags = [model.occ.addPoint(float(x), float(y), z) for x, y in points]
    curves = []
    for k, bulge in enumerate(bulges.tolist()):
        start, end = tags[k], tags[(k + 1) % len(tags)]
        if bulge == 0.0:
            curves.append(model.occ.addLine(start, end))
            continue
        a, b = points[k], points[(k + 1) % len(points)]
        x, y = 0.5 * (a + b) - 0.5 * bulge * np.array([a[1] - b[1], b[0] - a[0]])
        curves.append(model.occ.addCircleArc(start, model.occ.addPoint(float(x), float(y), z), end, center=False))
    return int(model.occ.addCurveLoop(curves))
