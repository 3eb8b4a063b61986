"""Sides of simplices, and keys that tell which are the same."""

from __future__ import annotations

import numpy as np

from microfem.fem.space import Ints
from microfem.fem.tensors import Bools
from microfem.mesh.record import facet_keys


def all_but(k: int, b: int) -> list[int]:
    """Return the places of the vertices of a side: all of a simplex of dimension k but the one opposite."""
    return [a for a in range(k + 1) if a != b]


def side_keys(simplices: Ints, count: int) -> Ints:
    """Return the `facet_keys` (n, k + 1) of the sides opposite the vertices of sorted simplices (n, k + 1)."""
    k = simplices.shape[1] - 1
    return facet_keys(faces(simplices).reshape(-1, k), count).reshape(-1, k + 1)


def faces(simplices: Ints) -> Ints:
    """Return the vertices (n, k + 1, k) of the sides opposite each vertex."""
    k = simplices.shape[1] - 1
    return np.stack([simplices[:, all_but(k, b)] for b in range(k + 1)], axis=1)


def contains(keys: Ints, others: Ints) -> Bools:
    """Return which of `others` are among sorted keys."""
    if not len(keys):
        return np.zeros(others.shape, dtype=bool)
    return np.asarray(keys[np.minimum(np.searchsorted(keys, others), len(keys) - 1)] == others)
