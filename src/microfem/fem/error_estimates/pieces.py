"""Subdivision of simplices until a function of a linear field is nearly linear in each piece.

A strain is linear in a cell, but its largest principal value has a kink where two principal directions change order,
and an energy density is quadratic: evaluated only at the few quadrature points of a large cell, their mean or their
distribution would have a larger error than the solution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microfem.fem.edges import PAIRS
from microfem.fem.space import Floats, Ints, quadrature

if TYPE_CHECKING:
    from microfem.fem.error_estimates.clip import Parts

BENT = 0.01  # deviation from a linear function that is cut, relative to the mean, for a simplex of the mean measure
DEEPEST = {1: 6, 2: 4, 3: 2}  # most subdivisions, by dimension


@dataclass(frozen=True, kw_only=True)
class FieldPieces:
    """A linear field on pieces of simplices.

    fields: (n, nq, ...) at the quadrature points of the pieces; weights: (n,) measure of each point; parent: (n,)
    simplex of each piece; place: (n, nq, nq) interpolation from the parent's points to the piece's; count: number of
    simplices.
    """

    fields: Floats
    weights: Floats
    parent: Ints
    place: Floats
    count: int

    def spread(self, fields: Floats) -> Floats:
        """Return another linear field (count, nq, ...) of the simplices at the points of the pieces (n, nq, ...)."""
        return np.asarray(np.einsum("npq,nq...->np...", self.place, fields[self.parent]))

    def summed(self, values: Floats) -> Floats:
        """Return the sum (count,) of values (n,) over the pieces of each simplex."""
        return np.bincount(self.parent, weights=values, minlength=self.count).astype(float)

    def gathered(self, slopes: Floats) -> Floats:
        """Return derivatives by values of simplices (count, nq, ...) from those by values of pieces (n, nq, ...)."""
        result = np.zeros((self.count, *slopes.shape[1:]))
        np.add.at(result, self.parent, np.einsum("npq,np...->nq...", self.place, slopes))
        return result


def make_pieces(
    fields: Floats, weights: Floats, function: Callable[[Floats], Floats], parts: Parts | None = None
) -> FieldPieces:
    """Subdivide simplices where a function of the field is not linear.

    fields: (n, nq, ...), linear; weights: (n,) measure of each quadrature point; function: (..., nq, ...) -> (..., nq);
    parts: parts of the simplices to use, all if None.
    """
    n, nq = fields.shape[:2]
    parent, place = np.arange(n), np.broadcast_to(np.eye(nq), (n, nq, nq))
    if parts is not None:
        inner = np.array(quadrature(nq - 1))
        points = np.column_stack([1.0 - inner.sum(axis=1), inner])
        parent, place = parts.parent, points @ parts.corners @ to_corners(nq - 1)
        fields, weights = np.einsum("npq,nq...->np...", place, fields[parent]), weights[parent] * parts.share
    done: list[tuple[NDArray[Any], ...]] = []
    most = BENT * float(weights @ np.abs(function(fields)).mean(axis=1)) / n
    for depth in range(DEEPEST[nq - 1] + 1):
        off = np.abs(function(corner_values(fields)) - corner_values(function(fields))).max(axis=1)
        cut = (off * weights > most) & (depth < DEEPEST[nq - 1])
        done.append((fields[~cut], weights[~cut], parent[~cut], place[~cut]))
        child = _children(nq - 1)
        fields = np.einsum("cpq,nq...->cnp...", child, fields[cut]).reshape(-1, *fields.shape[1:])
        place = np.einsum("cpq,nqr->cnpr", child, place[cut]).reshape(-1, nq, nq)
        weights, parent = np.tile(weights[cut] / len(child), len(child)), np.tile(parent[cut], len(child))
    fields, weights, parent, place = (np.concatenate([arrays[k] for arrays in done]) for k in range(4))
    return FieldPieces(fields=fields, weights=weights, parent=parent, place=place, count=n)


def corner_values(values: Floats) -> Floats:
    """Return a linear field (n, nq, ...) extrapolated to the corners (n, k + 1, ...)."""
    return np.asarray(np.einsum("vq,nq...->nv...", to_corners(values.shape[1] - 1), values))


@cache
def to_corners(k: int) -> Floats:
    """Return the matrix (k + 1, k + 1) from a simplex's quadrature points to its corners."""
    inner = np.array(quadrature(k))
    return np.linalg.inv(np.column_stack([1.0 - inner.sum(axis=1), inner]))


@cache
def _children(k: int) -> Floats:
    """Return the interpolation (2^k, nq, nq) from the points of a simplex to those of its 2^k parts."""
    middle = 0.5 * (np.eye(k + 1)[PAIRS[: k * (k + 1) // 2, 0]] + np.eye(k + 1)[PAIRS[: k * (k + 1) // 2, 1]])
    nodes = np.vstack([np.eye(k + 1), middle])  # barycentric coordinates of vertices and edge midpoints
    parts: dict[int, list[list[int]]] = {
        1: [[0, 2], [2, 1]],
        2: [[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]],
        # edges: 4 = 01, 5 = 12, 6 = 02, 7 = 03, 8 = 13, 9 = 23; the inner octahedron is cut along 6-8
        3: [[0, 4, 6, 7], [4, 1, 5, 8], [6, 5, 2, 9], [7, 8, 9, 3],
            [4, 6, 7, 8], [4, 5, 6, 8], [6, 7, 8, 9], [5, 6, 8, 9]],
    }  # fmt: skip
    inner = np.array(quadrature(k))
    points = np.column_stack([1.0 - inner.sum(axis=1), inner])
    return np.stack([points @ nodes[part] @ to_corners(k) for part in parts[k]])
