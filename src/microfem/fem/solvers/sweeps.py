"""Gauss-Seidel sweeps (I + U)^-1 and (I + U^T)^-1 on a matrix with unit diagonal and strict upper triangle U.

Each sweep updates the residual in the same loop, so that it reads the matrix once.
"""

from __future__ import annotations

from typing import Any

from microfem.fem.compiled import compiled
from microfem.fem.solvers.blocks import Blocks, Reals


def sweep_down(a: Blocks, left: Reals, x: Reals) -> None:
    """Solve (I + U) x = b from the last row up; `left` is b on entry and the residual b - A x = -U^T x on return."""
    a.run(_points_down, _blocks_down, left, x)


def sweep_up(a: Blocks, left: Reals, step: Reals, x: Reals) -> None:
    """Add to x the step e and d with (I + U^T) d = r - A e; `left` is the residual r on entry and is overwritten."""
    a.run(_points_up, _blocks_up, left, step, x)


@compiled
def _points_down(start: Any, columns: Any, a: Any, left: Any, x: Any) -> None:
    for i in range(len(x) - 1, -1, -1):
        value = left[i]
        for p in range(start[i + 1] - 1, start[i], -1):  # downwards: the newest value comes last
            value -= a[p] * x[columns[p]]
        x[i] = value
        left[i] = 0.0
        for p in range(start[i] + 1, start[i + 1]):
            left[columns[p]] -= a[p] * value


@compiled
def _points_up(start: Any, columns: Any, a: Any, left: Any, step: Any, x: Any) -> None:
    for i in range(len(x)):
        value = left[i]
        for p in range(start[i] + 1, start[i + 1]):
            value -= a[p] * step[columns[p]]
        x[i] += value  # d = value - e
        for p in range(start[i] + 1, start[i + 1]):
            left[columns[p]] -= a[p] * value


@compiled
def _blocks_down(start: Any, columns: Any, a: Any, left: Any, x: Any) -> None:
    for i in range(len(x) - 1, -1, -1):
        d = a[start[i]]
        u, v, w = left[i, 0], left[i, 1], left[i, 2]
        for p in range(start[i + 1] - 1, start[i], -1):
            j, b = columns[p], a[p]
            f, g, h = x[j, 0], x[j, 1], x[j, 2]
            u -= b[0, 0] * f + b[0, 1] * g + b[0, 2] * h
            v -= b[1, 0] * f + b[1, 1] * g + b[1, 2] * h
            w -= b[2, 0] * f + b[2, 1] * g + b[2, 2] * h
        v -= d[1, 2] * w
        u -= d[0, 1] * v + d[0, 2] * w
        x[i, 0], x[i, 1], x[i, 2] = u, v, w
        left[i, 0], left[i, 1], left[i, 2] = 0.0, -d[0, 1] * u, -d[0, 2] * u - d[1, 2] * v
        _scatter(start, columns, a, i, u, v, w, left)


@compiled
def _blocks_up(start: Any, columns: Any, a: Any, left: Any, step: Any, x: Any) -> None:
    for i in range(len(x)):
        d = a[start[i]]
        u, v, w = left[i, 0], left[i, 1], left[i, 2]
        for p in range(start[i] + 1, start[i + 1]):
            j, b = columns[p], a[p]
            f, g, h = step[j, 0], step[j, 1], step[j, 2]
            u -= b[0, 0] * f + b[0, 1] * g + b[0, 2] * h
            v -= b[1, 0] * f + b[1, 1] * g + b[1, 2] * h
            w -= b[2, 0] * f + b[2, 1] * g + b[2, 2] * h
        u -= d[0, 1] * step[i, 1] + d[0, 2] * step[i, 2]
        v -= d[0, 1] * u + d[1, 2] * step[i, 2]
        w -= d[0, 2] * u + d[1, 2] * v
        x[i, 0] += u
        x[i, 1] += v
        x[i, 2] += w
        _scatter(start, columns, a, i, u, v, w, left)


@compiled
def _scatter(start: Any, columns: Any, a: Any, i: int, u: float, v: float, w: float, left: Any) -> None:
    """Subtract the transposed blocks of row i times (u, v, w) from the residual."""
    for p in range(start[i] + 1, start[i + 1]):
        j, b = columns[p], a[p]
        left[j, 0] -= b[0, 0] * u + b[1, 0] * v + b[2, 0] * w
        left[j, 1] -= b[0, 1] * u + b[1, 1] * v + b[2, 1] * w
        left[j, 2] -= b[0, 2] * u + b[1, 2] * v + b[2, 2] * w
