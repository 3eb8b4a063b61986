"""Current lines in the gaps: equal currents flow between neighbours, so lines are dense where current is dense."""

from __future__ import annotations

import numpy as np

from microfem.results.stored import Bools, Floats, Ints

NEAREST, FARTHEST = 0.02, 0.1  # of the picture's width: least and largest distance of lines
DENSE = 90.0  # percentile of the current density at which lines are NEAREST
TALL = 2.0  # height over width, from which a picture counts as this share of its height wide
STEP = 1.0  # pixels
LONGEST = 3.0  # of the picture's perimeter: largest length of a line
SHORTEST = 6  # pixels: shorter lines are omitted
MOST_LINES = 250  # lines; beyond it the current between lines is doubled

Line = Floats  # (n, 2) columns and rows of pixels, in the direction of the current


def stream_lines(vectors: Floats, inside: Bools) -> list[Line]:
    """Return the field lines of vectors (height, width, 2) on pixels, within `inside` (height, width).

    Lines start where the current density is largest and no other line is near. The distance of lines is inversely
    proportional to the current density, so that equal currents flow between lines.
    """
    spacing = NEAREST
    while len(lines := _spaced(vectors, inside, spacing)) > MOST_LINES:
        spacing *= 2.0
    return lines


def _spaced(vectors: Floats, inside: Bools, spacing: float) -> list[Line]:
    """Return lines at a distance of `spacing` x width where the current is dense; MOST_LINES + 1 at most."""
    size = np.linalg.norm(np.nan_to_num(vectors), axis=2) * inside
    strong = size[size > 0.0]
    if not len(strong):
        return []
    width = max(inside.shape[1], inside.shape[0] / TALL)
    unit = np.where(size[..., None] > 0.0, np.nan_to_num(vectors) / np.maximum(size, 1e-300)[..., None], 0.0)
    near = width * spacing * np.maximum(np.percentile(strong, DENSE) / np.maximum(size, 1e-300), 1.0)
    free = near < width * FARTHEST * spacing / NEAREST
    near = np.minimum(near, width * FARTHEST * spacing / NEAREST)
    rows, columns = np.nonzero(free)
    starts = np.argsort(-size[rows, columns], kind="stable")
    lines: list[Line] = []
    for k in starts:
        row, column = rows[k], columns[k]
        if not free[row, column]:
            continue
        line = np.vstack([_along(unit, inside, column, row, -1.0)[:0:-1], _along(unit, inside, column, row, 1.0)])
        _take(free, near, line)
        free[row, column] = False
        if len(line) * STEP >= SHORTEST:
            lines.append(line)
        if len(lines) > MOST_LINES:
            break
    return lines


def _along(unit: Floats, inside: Bools, column: int, row: int, way: float) -> Line:
    """Follow unit vectors from a pixel, by the midpoint rule, until the line leaves `inside` or closes."""
    high, wide = inside.shape
    place = np.array([float(column), float(row)])
    line = [place]
    for _ in range(int(LONGEST * (high + wide) / STEP)):
        half = place + 0.5 * STEP * way * _at(unit, place)
        place = place + STEP * way * _at(unit, half)
        x, y = round(float(place[0])), round(float(place[1]))
        if not (0 <= x < wide and 0 <= y < high and inside[y, x]):
            break
        if np.abs(place - line[-1]).max() < 0.1 * STEP or (len(line) > 40 and np.abs(place - line[0]).max() < STEP):
            break
        line.append(place)
    return np.array(line)


def _at(unit: Floats, place: Floats) -> Floats:
    """Return the vector of the nearest pixel."""
    x = min(max(round(float(place[0])), 0), unit.shape[1] - 1)
    y = min(max(round(float(place[1])), 0), unit.shape[0] - 1)
    return unit[y, x]


def _take(free: Bools, near: Floats, line: Line) -> None:
    """Mark the pixels near a line, where no other line may start."""
    high, wide = free.shape
    spots: Ints = np.rint(line[:: max(1, round(1.0 / STEP))]).astype(int)
    for x, y in spots:
        reach = float(near[y, x])
        k = int(reach)
        rows, columns = slice(max(y - k, 0), min(y + k + 1, high)), slice(max(x - k, 0), min(x + k + 1, wide))
        gap = np.hypot(np.arange(high)[rows, None] - y, np.arange(wide)[None, columns] - x)
        free[rows, columns] &= gap > np.minimum(reach, near[rows, columns])
