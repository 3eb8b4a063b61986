"""Local divergence-free fields, by which an equilibrated flux is improved and stays equilibrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from microfem.fem.potential.conductor import Conductor, contains
from microfem.fem.potential.films import Films
from microfem.fem.space import Floats, Ints
from microfem.fem.tensors import Bools
from microfem.mesh.record import facet_keys

# Linear fluxes through a side of zero, one or two dimensions with a total of zero, by the dimension of the simplex.
_LINEAR = {1: np.zeros((1, 0)), 2: np.array([[1.0], [-1.0]]), 3: np.array([[1.0, 1.0], [-1.0, 1.0], [0.0, -2.0]])}


@dataclass(frozen=True, kw_only=True)
class Modes:
    """Linear modes of sides, as inverse blocks, and loops.

    cells: (nsides, k, k) blocks of cells' sides; films: (nsides, k - 1, k - 1) blocks of films' sides; touching: (p, k,
    k) of facets of films in contact with terminals; loops: (ntotals, nloops) total flux of a unit loop through all of
    these, in their order; loops_across: its transpose; loss: (nloops,) energy of each unit loop.
    """

    cells: Floats
    films: Floats
    touching: Floats
    loops: sp.csr_matrix
    loops_across: sp.csr_matrix
    loss: Floats

    def precondition(self, slope: Floats) -> Floats:
        """Return the sum of the optimal steps in each single mode, flat like the slope."""
        blocks = (self.cells, self.films, self.touching)
        parts = np.split(slope, np.cumsum([block[..., 0].size for block in blocks[:2]]))
        own = [part.reshape(block.shape[:2]) for part, block in zip(parts, blocks, strict=True)]
        strength = (self.loops_across @ np.concatenate([part.sum(axis=1) for part in own])) / self.loss
        totals = np.split(self.loops @ strength, np.cumsum([len(block) for block in blocks[:2]]))
        steps = [
            np.einsum("nij,nj->ni", block, part) + total[:, None]
            for block, part, total in zip(blocks, own, totals, strict=True)
        ]
        return np.concatenate([step.ravel() for step in steps])


def make_modes(body: Conductor, films: Films, surfaces: sp.csr_matrix) -> Modes:
    """Return all modes of cells and films.

    surfaces: matrix from the vector of all fluxes to the roots of the losses in films and contacts.
    """
    added = np.asarray(surfaces.multiply(surfaces).sum(axis=0)).ravel()
    passing = (body.second >= 0) | body.open | body.filmed
    own = _linear_modes(body, passing, added[: films.nvalues])
    film = _linear_modes(films.body, (films.body.second >= 0) | films.body.open, 0.0 * added[slice(*films.parts)])
    touching = _reduced(added[films.parts[1] :].reshape(-1, body.k, 1) * np.eye(body.k))
    loops, loss = _loops(body, films, surfaces)
    return Modes(cells=own, films=film, touching=touching, loops=loops, loops_across=loops.T.tocsr(), loss=loss)


def _linear_modes(body: Conductor, passing: Bools, added: Floats) -> Floats:
    """Return Z (Z^T H Z)^-1 Z^T of each side, zero if no flux passes.

    added: part of films and contacts on the diagonal of H.
    """
    k = body.k
    blocks = np.zeros((len(body.first), k, k))
    weight = body.mass / (k * body.measure) ** 2
    own = np.empty((*body.sides.shape, k, k))
    for b in range(k + 1):
        legs = body.legs(b)
        own[:, b] = weight[:, None, None] * (legs @ legs.transpose(0, 2, 1)) * (1.0 + np.eye(k))
    own = own.reshape(-1, k, k)
    blocks = own[body.first] + np.where((body.second >= 0)[:, None, None], own[body.second], 0.0)
    blocks[:, np.arange(k), np.arange(k)] += added.reshape(-1, k)
    return _reduced(blocks) * passing[:, None, None]


def _reduced(blocks: Floats) -> Floats:
    """Return Z (Z^T H Z)^-1 Z^T of blocks H (n, k, k)."""
    z = _LINEAR[blocks.shape[1]]
    return np.asarray(z @ np.linalg.inv(z.T @ blocks @ z) @ z.T)


def _loops(body: Conductor, films: Films, surfaces: sp.csr_matrix) -> tuple[sp.csr_matrix, Floats]:
    """Return the loops of flux around edges (3D) or vertices (2D), closed through cells or along a film, and losses."""
    k, nsides = body.k, len(body.first)
    side = np.tile(np.arange(nsides), k)
    ridge = np.vstack([body.vertices[:, [i for i in range(k) if i != j]] for j in range(k)])
    keys = facet_keys(ridge, len(body.points))
    sense = np.concatenate([_sense(body, j) for j in range(k)])
    on_film = contains(np.unique(facet_keys(films.body.vertices, len(body.points))), keys)
    loop = np.unique(keys, return_inverse=True)[1]
    loop = _part_at_films(body, side, keys, loop, on_film)
    shut = (body.second < 0) & ~body.open & ~body.filmed
    good = np.bincount(loop, weights=shut[side]) == 0.0
    number = np.where(good, np.cumsum(good) - 1, -1)[loop]
    rows, columns, values = _along_films(body, films, side, sense, number)
    rows, columns, values = np.append(side, rows), np.append(number, columns), np.append(sense, values)
    kept = columns >= 0
    shape = (nsides + len(films.body.first) + len(films.touching), int(good.sum()))
    loops = sp.csr_matrix((values[kept], (rows[kept], columns[kept])), shape=shape)
    loops = sp.hstack([loops, _through_terminals(films, nsides)], format="csr")
    return loops, _loss(body, films, surfaces, number.reshape(k, nsides), loops)


def _sense(body: Conductor, j: int) -> Floats:
    """Return 1 if a flux through a side is positive about the ridge opposite its vertex j, else -1, (nsides,)."""
    k, points, vertices = body.k, body.points, body.vertices
    out = points[vertices[:, 0]] - points[body.simplices.ravel()[body.first]]
    ridge = [i for i in range(k) if i != j]
    arm = points[vertices[:, j]] - points[vertices[:, ridge[0]]]
    if k == 2:
        turned = np.column_stack([-arm[:, 1], arm[:, 0]])
    else:
        turned = np.cross(points[vertices[:, ridge[1]]] - points[vertices[:, ridge[0]]], arm)
    return np.where(np.einsum("nd,nd->n", turned, out) > 0.0, 1.0, -1.0)


def _part_at_films(body: Conductor, side: Ints, keys: Ints, loop: Ints, on_film: Bools) -> Ints:
    """Return loop numbers with a separate loop for each fan of cells around an edge of a film, from film to film."""
    here = np.flatnonzero(on_film)
    if not len(here):
        return loop
    ncells = len(body.simplices)
    base = np.unique(keys[here], return_inverse=True)[1] * ncells
    a = base + body.first[side[here]] // (body.k + 1)
    both = body.second[side[here]] >= 0
    b = np.where(both, base + body.second[side[here]] // (body.k + 1), a)
    nodes, number = np.unique(np.concatenate([a, b]), return_inverse=True)
    first, second = np.split(number, 2)
    graph = sp.coo_matrix((np.ones(len(first)), (first, second)), shape=(len(nodes), len(nodes)))
    fan = connected_components(graph, directed=False)[1]
    loop = loop.copy()
    loop[here] = loop.max() + 1 + fan[first]
    return np.asarray(np.unique(loop, return_inverse=True)[1])


def _along_films(body: Conductor, films: Films, side: Ints, sense: Floats, loop: Ints) -> tuple[Ints, Ints, Floats]:
    """Return rows, loops and values of the films' sides that close the loops that end on films."""
    nsides = len(body.first)
    facet_of = np.full(nsides, -1)
    facet_of[films.sides] = films.facet
    here = np.flatnonzero(facet_of[side] >= 0)
    facet, place = facet_of[side[here]], here // nsides
    across = films.body.sides[facet, place]
    value = sense[here] * films.body.sign[facet, place]
    # Both ends of a fan contribute the side between their facets; at a film's rim they cancel.
    _, pair, count = np.unique(loop[here] * len(films.body.first) + across, return_inverse=True, return_counts=True)
    return nsides + across, loop[here], value / count[pair]


def _through_terminals(films: Films, nsides: int) -> sp.csr_matrix:
    """Return the loops, by total fluxes, from a terminal into a facet of a film, across a side and back from the next.

    nsides: number of the cells' sides, before those of the films.
    """
    body, count = films.body, len(films.touching)
    entry = np.full(len(body.simplices), -1)
    entry[films.touching] = np.arange(count)
    ends = [np.where(place >= 0, entry[place // (body.k + 1)], -1) for place in (body.first, body.second)]
    side = np.flatnonzero((ends[0] >= 0) & (ends[1] >= 0))
    first = nsides + len(body.first)
    rows = np.concatenate([nsides + side, first + ends[0][side], first + ends[1][side]])
    values = np.repeat([1.0, 1.0, -1.0], len(side))
    columns = np.tile(np.arange(len(side)), 3)
    return sp.csr_matrix((values, (rows, columns)), shape=(first + count, len(side)))


def _loss(body: Conductor, films: Films, surfaces: sp.csr_matrix, loop_of: Ints, loops: sp.csr_matrix) -> Floats:
    """Return the loss of each loop; loop_of: (k, nsides) loop at the ridge opposite a vertex of a side, -1 for none."""
    k, corners = body.k, body.own.corners
    weight = 1.0 / (body.conductance * body.measure * k**2)
    loss = np.zeros(loops.shape[1] + 1)  # the last entry collects sides without a loop
    for c in range(k + 1):
        for e in range(c):
            across = ((corners[:, c] - corners[:, e]) ** 2).sum(axis=1)
            loop = loop_of[e, body.sides[:, c]]
            loss += np.bincount(loop % len(loss), weights=weight * across, minlength=len(loss))
    nvalues = surfaces.shape[1]
    total = np.concatenate(
        [
            np.repeat(np.arange(len(body.first)), k),
            np.repeat(len(body.first) + np.arange(len(films.body.first)), max(k - 1, 1)),
            np.repeat(len(body.first) + len(films.body.first) + np.arange(len(films.touching)), k),
        ]
    )
    extend = sp.csr_matrix((np.ones(nvalues), (np.arange(nvalues), total)), shape=(nvalues, loops.shape[0]))
    field = surfaces @ extend @ loops
    return loss[:-1] + np.asarray(field.multiply(field).sum(axis=0)).ravel()
