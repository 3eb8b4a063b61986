"""Equilibration vertex by vertex: the residual of each simplex flows through the sides that share a vertex.

D. Braess and J. Schoeberl, Math. Comp. 77 (2008) 651: the residual of a Galerkin solution, weighted with the hat
function of a vertex, sums to zero over the simplices around it, so a local flux can cancel it. The flux of least loss
follows from the potentials of a small resistor network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from microfem.fem.compiled import compiled
from microfem.fem.space import Floats, Ints

NO_PIVOT = 1e-13  # relative to the diagonal: pivot of a network without a terminal


@dataclass(frozen=True)
class Links:
    """Resistors between nodes: ends (n, 2), the second -1 on a terminal; conductance (n,); vertices (n, width)."""

    ends: Ints
    conductance: Floats
    vertices: Ints


def route(npoints: int, node_vertices: list[Ints], lacks: list[Floats], links: list[Links]) -> Floats:
    """Return the total flux (nlinks,), from first to second end, with a prescribed net outflow of each node.

    node_vertices: groups of nodes (n, k + 1), numbered consecutively; lacks: net outflow of each node by vertices, of
    the same shapes.
    """
    node_start, node_rows = _bins([group.ravel() for group in node_vertices], npoints)
    owner = np.concatenate([np.repeat(np.arange(len(group)), group.shape[1]) for group in node_vertices])
    owner += np.repeat(np.cumsum([0, *(len(g) for g in node_vertices[:-1])]), [g.size for g in node_vertices])
    outflow = np.concatenate([group.ravel() for group in lacks])
    link_start, link_rows = _bins([group.vertices.ravel() for group in links], npoints)
    name = np.concatenate([np.repeat(np.arange(len(group.ends)), group.vertices.shape[1]) for group in links])
    name += np.repeat(np.cumsum([0, *(len(o.ends) for o in links[:-1])]), [o.vertices.size for o in links])
    ends = np.vstack([group.ends for group in links])
    flux = np.zeros(len(ends))
    _route(
        node_start,
        owner[node_rows],
        outflow[node_rows],
        link_start,
        name[link_rows],
        ends,
        np.concatenate([group.conductance for group in links]),
        int(owner.max()) + 1,
        flux,
    )
    return flux


def _bins(groups: list[Ints], count: int) -> tuple[Ints, Ints]:
    """Return the start of each vertex's rows, and the rows sorted by vertex."""
    keys = np.concatenate(groups)
    return np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=count))]), np.argsort(keys, kind="stable")


@compiled
def _route(
    node_start: Any,
    nodes: Any,
    outflow: Any,
    link_start: Any,
    links: Any,
    ends: Any,
    conductance: Any,
    count: int,
    flux: Any,
) -> None:
    """Solve the network of each vertex by a Cholesky factorisation and add its currents to the links."""
    place = np.full(count, -1)
    most = 0
    for v in range(len(node_start) - 1):
        most = max(most, node_start[v + 1] - node_start[v])
    matrix, p = np.empty((most, most)), np.empty(most)
    for v in range(len(node_start) - 1):
        first, m = node_start[v], node_start[v + 1] - node_start[v]
        for i in range(m):
            place[nodes[first + i]] = i
            p[i] = outflow[first + i]
            for j in range(m):
                matrix[i, j] = 0.0
        for k in range(link_start[v], link_start[v + 1]):
            a, w = place[ends[links[k], 0]], conductance[links[k]]
            matrix[a, a] += w
            if ends[links[k], 1] >= 0:
                b = place[ends[links[k], 1]]
                matrix[b, b] += w
                matrix[max(a, b), min(a, b)] -= w
        _solve_network(matrix, p, m)
        for k in range(link_start[v], link_start[v + 1]):
            far = ends[links[k], 1]
            drop = p[place[ends[links[k], 0]]] - (p[place[far]] if far >= 0 else 0.0)
            flux[links[k]] += conductance[links[k]] * drop


@compiled
def _solve_network(matrix: Any, p: Any, m: int) -> None:
    """Solve in place with the lower triangle; a node without a resistor has the potential zero."""
    for j in range(m):
        pivot = matrix[j, j]
        for k in range(j):
            pivot -= matrix[j, k] * matrix[j, k]
        inverse = 1.0 / np.sqrt(pivot) if pivot > NO_PIVOT * matrix[j, j] else 0.0
        for i in range(j + 1, m):
            value = matrix[i, j]
            for k in range(j):
                value -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = value * inverse
        matrix[j, j] = inverse
    for i in range(m):
        for k in range(i):
            p[i] -= matrix[i, k] * p[k]
        p[i] *= matrix[i, i]
    for i in range(m - 1, -1, -1):
        for k in range(i + 1, m):
            p[i] -= matrix[k, i] * p[k]
        p[i] *= matrix[i, i]
