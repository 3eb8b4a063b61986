"""A symmetric matrix as blocks of its upper triangle, one row of blocks per node, and its products with vectors.

Vectors are (nvectors, nnodes x ncomp). Components that are not free have a unit diagonal and no coupling: where they
are zero, they stay zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.fem.compiled import at_once, compiled
from microfem.fem.solvers.pattern import BlockPattern

Ints = NDArray[np.int64]
Reals = NDArray[Any]


@dataclass(frozen=True)
class Blocks:
    """A symmetric block matrix; data: (nblocks, ncomp, ncomp), both triangles in diagonal blocks."""

    pattern: BlockPattern
    data: Reals

    @property
    def components(self) -> int:
        """Unknowns per node."""
        return self.data.shape[1]

    @property
    def size(self) -> int:
        """Length of a vector."""
        return self.pattern.unknown.size

    @cached_property
    def free(self) -> Ints:
        """Positions of the free degrees of freedom in a vector, in ascending order."""
        return np.flatnonzero(self.pattern.unknown.ravel() >= 0)

    @property
    def diagonal(self) -> Reals:
        """The diagonal of the matrix (size,)."""
        return np.diagonal(self.data[self.pattern.start[:-1]], axis1=1, axis2=2).ravel()

    def upper(self) -> sp.csr_matrix:
        """Return the upper triangle between the free degrees of freedom, columns sorted."""
        p, size = self.pattern, len(self.free)
        if self.components == 1:
            return sp.csr_matrix((self.data.ravel(), p.columns, p.start), shape=(size, size))
        pointer, indices, data = _expand(p.start, p.columns, p.unknown, self.data, size)
        return sp.csr_matrix((data, indices, pointer), shape=(size, size))

    def decouple(self) -> None:
        """Set couplings with components that are not free to zero, in place."""
        if len(self.free) < self.size:
            _decouple(self.pattern.start, self.pattern.columns, self.pattern.unknown, self.data)

    def scaled(self, scale: Reals) -> Blocks:
        """Return S A S for a diagonal S (size,) in single precision."""
        data = np.empty(self.data.shape, dtype=np.float32)
        _scale(self.pattern.start, self.pattern.columns, self.data, scale.reshape(-1, self.components), data)
        return Blocks(self.pattern, data)

    def multiply(self, x: Reals) -> Reals:
        """Return A x for rows of x."""
        y = np.zeros_like(x)
        self.run(_multiply_points, _multiply_blocks, x, y)
        return y

    def run(self, points: Callable[..., Any], blocks: Callable[..., Any], *vectors: Reals) -> None:
        """Call the compiled loop over scalars, or the one over blocks of three, for each row of vectors."""
        p = self.pattern
        if self.components == 1:
            at_once(points, [(p.start, p.columns, self.data.reshape(-1), *rows) for rows in zip(*vectors, strict=True)])
        else:
            nodes = [v.reshape(len(v), -1, 3) for v in vectors]
            at_once(blocks, [(p.start, p.columns, self.data, *rows) for rows in zip(*nodes, strict=True)])


def single(upper: sp.csr_matrix) -> Blocks:
    """Return an upper triangle (columns sorted, diagonal stored) as blocks of size 1."""
    unknown = np.arange(upper.shape[0], dtype=np.int32)[:, None]
    return Blocks(BlockPattern(unknown, upper.indptr, upper.indices), upper.data[:, None, None])


@compiled
def _expand(start: Any, columns: Any, unknown: Any, blocks: Any, count: int) -> Any:
    """Return pointer, indices and data of the scalar upper triangle of blocks."""
    c = unknown.shape[1]
    pointer = np.zeros(count + 1, np.int32)
    indices, data = np.empty(len(columns) * c * c, np.int32), np.empty(len(columns) * c * c, blocks.dtype)
    at = 0
    for node in range(len(unknown)):
        for i in range(c):
            row = unknown[node, i]
            if row < 0:
                continue
            for p in range(start[node], start[node + 1]):
                for j in range(c):
                    column = unknown[columns[p], j]
                    if column >= row:
                        indices[at], data[at] = column, blocks[p, i, j]
                        at += 1
            pointer[row + 1] = at
    return pointer, indices[:at].copy(), data[:at].copy()


@compiled
def _decouple(start: Any, columns: Any, unknown: Any, data: Any) -> None:
    c = unknown.shape[1]
    for node in range(len(unknown)):
        for p in range(start[node], start[node + 1]):
            for i in range(c):
                for j in range(c):
                    if unknown[node, i] < 0 or unknown[columns[p], j] < 0:
                        data[p, i, j] = 1.0 if columns[p] == node and i == j else 0.0


@compiled
def _scale(start: Any, columns: Any, data: Any, scale: Any, scaled: Any) -> None:
    c = scale.shape[1]
    for node in range(len(scale)):
        for p in range(start[node], start[node + 1]):
            for i in range(c):
                for j in range(c):
                    scaled[p, i, j] = data[p, i, j] * scale[node, i] * scale[columns[p], j]


@compiled
def _multiply_points(start: Any, columns: Any, a: Any, x: Any, y: Any) -> None:
    for i in range(len(x)):
        value = x[i]
        total = a[start[i]] * value
        for p in range(start[i] + 1, start[i + 1]):
            total += a[p] * x[columns[p]]
            y[columns[p]] += a[p] * value
        y[i] += total


@compiled
def _multiply_blocks(start: Any, columns: Any, a: Any, x: Any, y: Any) -> None:
    for i in range(len(x)):
        u, v, w = x[i, 0], x[i, 1], x[i, 2]
        d = a[start[i]]
        r = d[0, 0] * u + d[0, 1] * v + d[0, 2] * w
        s = d[1, 0] * u + d[1, 1] * v + d[1, 2] * w
        t = d[2, 0] * u + d[2, 1] * v + d[2, 2] * w
        for p in range(start[i] + 1, start[i + 1]):
            j, b = columns[p], a[p]
            f, g, h = x[j, 0], x[j, 1], x[j, 2]
            r += b[0, 0] * f + b[0, 1] * g + b[0, 2] * h
            s += b[1, 0] * f + b[1, 1] * g + b[1, 2] * h
            t += b[2, 0] * f + b[2, 1] * g + b[2, 2] * h
            y[j, 0] += b[0, 0] * u + b[1, 0] * v + b[2, 0] * w
            y[j, 1] += b[0, 1] * u + b[1, 1] * v + b[2, 1] * w
            y[j, 2] += b[0, 2] * u + b[1, 2] * v + b[2, 2] * w
        y[i, 0] += r
        y[i, 1] += s
        y[i, 2] += t
