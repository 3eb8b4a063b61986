"""Lines, arcs and splines of DXF as corners of chords."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.drawings.library import library
from microfem.drawings.record import FARTHEST, MOST_CHORDS, at

Floats: TypeAlias = NDArray[np.float64]

# The cubic of ezdxf over a sixteenth of a circle deviates from it by 7e-8 of the radius, that over a quarter by 2.7e-4.
ARC_PIECES = 16


def corners(entity: Any, unit: float, tolerance: float, where: str) -> Iterator[Floats]:
    """Yield the corners (n, 2) of the parts of an entity, um; those of a closed part end where they begin.

    Raises:
        MicrofemError: a curve needs too many chords, or a coordinate is no number or too large.
    """
    paths = library("ezdxf.path")

    for part in paths.make_path(entity, segments=ARC_PIECES).sub_paths():
        points = unit * _control_points(part.start)
        pieces = [points]
        for command in part.commands():
            control = np.vstack([points, unit * _control_points(*_controls(command))])
            if not (np.abs(control) < FARTHEST).all():
                raise MicrofemError(
                    f"{where}: a coordinate is no number below {FARTHEST:g} um, {at(map(tuple, control.tolist()))}; "
                    "move the drawing to its origin, or state its unit with --unit"
                )
            pieces.append(_chords(control, tolerance, where))
            points = control[-1:]
        found = np.vstack(pieces)
        if len(found) > 1 and part.is_closed:
            found[-1] = found[0]
        yield found[np.append(True, (np.diff(found, axis=0) != 0.0).any(axis=1))]


def _controls(command: Any) -> list[Any]:
    """Return the control points of a piece after its start, in their order."""
    inner = [getattr(command, name) for name in ("ctrl", "ctrl1", "ctrl2") if hasattr(command, name)]
    return [*inner, command.end]


def _control_points(*points: Any) -> Floats:
    return np.array([(one.x, one.y) for one in points], dtype=float)


def _chords(control: Floats, tolerance: float, where: str) -> Floats:
    """Return the corners of a Bezier curve after its first point, at equal steps of its parameter.

    A curve of degree d deviates from n chords by at most d (d - 1) / (8 n2) times its largest second difference of
    control points (Wang's formula; Goldman, Pyramid Algorithms, 2003, ch. 5).
    """
    degree = len(control) - 1
    if degree == 1:
        return control[1:]
    bend = float(np.hypot(*np.diff(control, n=2, axis=0).T).max())
    count = max(1, math.ceil(math.sqrt(degree * (degree - 1) / 8.0 * bend / tolerance)))
    if count > MOST_CHORDS:
        raise MicrofemError(
            f"{where}: a curve {at([tuple(control[0])])} needs more than {MOST_CHORDS} chords "
            f"to be within {tolerance:g} um; use a coarser --tolerance"
        )
    t = np.arange(1, count + 1)[:, None] / count
    weights = [math.comb(degree, k) * t**k * (1.0 - t) ** (degree - k) for k in range(degree + 1)]
    found = sum(weight * point for weight, point in zip(weights, control, strict=True))
    found[-1] = control[-1]
    return found
