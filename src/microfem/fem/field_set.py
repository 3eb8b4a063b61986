"""Several fields on one mesh, each on its own simplices, with one numbering of all unknowns.

A field has its own nodes, so that it may live on some regions or facets alone, and may jump between groups of cells.
The unknowns of a set are ordered by field, then by node, then by component.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Numbers = NDArray[Any]  # real or complex


@dataclass(frozen=True, kw_only=True)
class NodalField:
    """One field: its nodes on its simplices, and its place in a set.

    nodes: (n, nloc) node of the field at each node of its simplices, from 0; count: number of its nodes, also of those
    that no simplex uses; at: (count,) their numbers in the space, None if both are numbered alike or a node of the
    space has several; components: unknowns of each node; first, first_node: numbers of its first unknown and of its
    first node in the set.
    """

    name: str
    nodes: Ints
    count: int
    at: Ints | None = None
    components: int = 1
    first: int = 0
    first_node: int = 0

    @property
    def part(self) -> slice:
        """The unknowns of the field among those of the set."""
        return slice(self.first, self.first + self.count * self.components)

    @cached_property
    def unknowns(self) -> Ints:
        """Numbers (n, nloc x components) in the set of the unknowns of each simplex."""
        numbers = self.first + self.components * self.nodes[..., None] + np.arange(self.components)
        return np.asarray(numbers.reshape(len(self.nodes), -1))

    def values(self, x: Floats) -> Floats:
        """Return the field (count, components) from the unknowns of the set, as a view."""
        return x[self.part].reshape(self.count, self.components)

    def everywhere(self, x: Floats, count: int) -> Floats:
        """Return a scalar field at all nodes (count,) of the space, NaN where it does not exist."""
        values = np.full(count, np.nan)
        values[slice(None) if self.at is None else self.at] = self.values(x)[:, 0]
        return values


def field_on(name: str, nodes: Ints, count: int, components: int = 1) -> NodalField:
    """Return a field on all nodes of a space; nodes: (n, nloc) of its simplices, count: of the space."""
    return NodalField(name=name, nodes=nodes, count=count, components=components)


def compact_field(name: str, nodes: Ints, components: int = 1) -> NodalField:
    """Return a field on those nodes of a space that simplices (n, nloc) use."""
    used, own = np.unique(nodes, return_inverse=True)
    return NodalField(name=name, nodes=own.reshape(nodes.shape), count=len(used), at=used, components=components)


def jumping_field(name: str, nodes: Ints, group: Ints) -> NodalField:
    """Return a field that is continuous within groups of simplices and jumps between them; group: (n,) from 0."""
    keys = nodes * (int(group.max(initial=0)) + 1) + group[:, None]
    own = np.unique(keys, return_inverse=True)[1].reshape(nodes.shape)
    return NodalField(name=name, nodes=own, count=int(own.max(initial=-1)) + 1)


class FieldSet(Mapping[str, NodalField]):
    """Fields by name, in the order of their unknowns."""

    def __init__(self, *fields: NodalField) -> None:
        self._fields: dict[str, NodalField] = {}
        self.size = self.nodes = 0
        for field in fields:
            self._fields[field.name] = replace(field, first=self.size, first_node=self.nodes)
            self.size += field.count * field.components
            self.nodes += field.count

    def __getitem__(self, name: str) -> NodalField:
        """Return a field."""
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the fields."""
        return iter(self._fields)

    def __len__(self) -> int:
        """Return the number of fields."""
        return len(self._fields)

    def simplices(self) -> Ints:
        """Return the nodes (n, sum of nloc) of simplices on which all fields live, numbered through the set."""
        return np.hstack([field.first_node + field.nodes for field in self.values()])

    def numbers(self, free: Ints) -> Ints:
        """Return the numbers (nodes, most components) of each node's unknowns among the free ones, -1 for none."""
        number = np.full(self.size, -1, dtype=np.int64)
        number[free] = np.arange(len(free))
        table = np.full((self.nodes, max(field.components for field in self.values())), -1, dtype=np.int64)
        for field in self.values():
            rows = slice(field.first_node, field.first_node + field.count)
            table[rows, : field.components] = number[field.part].reshape(field.count, -1)
        return table


class CoupledMatrix:
    """The sparsity of a matrix that is assembled again and again from element matrices of pairs of fields.

    pairs: rows (n, a) and columns (n, b) of each kind of element matrix (n, a, b), such as `unknowns` of two fields.
    """

    def __init__(self, size: int, pairs: Sequence[tuple[Ints, Ints]]) -> None:
        diagonal = np.arange(size)
        keys = [(rows[:, :, None] * size + columns[:, None, :]).ravel() for rows, columns in pairs]
        found, slots = np.unique(np.concatenate([*keys, diagonal * (size + 1)]), return_inverse=True)
        self.size, self._count = size, len(found)
        self._slots = np.split(slots[: len(slots) - size], np.cumsum([len(one) for one in keys])[:-1])
        self._columns = (found % size).astype(np.int32)
        self._start = np.searchsorted(found // size, np.arange(size + 1)).astype(np.int32)

    def matrix(self, elements: Sequence[Numbers]) -> sp.csr_matrix:
        """Return the matrix (size, size), columns sorted, diagonal stored; elements: (n, a, b) of each pair."""
        data: Numbers = np.zeros(self._count)
        for slots, values in zip(self._slots, elements, strict=True):
            if np.iscomplexobj(values):
                data = data + 1j * np.bincount(slots, values.imag.ravel(), self._count)
            data = data + np.bincount(slots, values.real.ravel(), self._count)
        return sp.csr_matrix((data, self._columns, self._start), shape=(self.size, self.size))


def assembled(size: int, unknowns: Ints, elements: Floats) -> Floats:
    """Return the vector (size,) of element vectors (n, a) with the unknowns (n, a)."""
    return np.asarray(np.bincount(unknowns.ravel(), elements.ravel(), size), dtype=np.float64)
