"""An energy form over cells and films, and what errors of gradients are worth in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from microfem.fem.edges import PAIRS
from microfem.fem.elastic import Body, film_moduli, lame, moduli
from microfem.fem.recovery import Patches, gradient_error, make_patches, node_mass
from microfem.fem.space import Floats, Ints, Space, gradients, jacobians
from microfem.mesh.record import facet_keys


@dataclass(frozen=True)
class Form:
    """a(u, v): the integral over cells and films of c_ikjl d_k u_i d_l v_j, u and v of m components.

    cells: (n,) numbers in the mesh; law: (n,) into moduli (nlaws, m, dim, m, dim); films: name -> facets (nf, dim)
    and moduli times thickness, (nf, m, dim, m, dim), which take gradients along the film only.
    """

    space: Space
    cells: Ints
    law: Ints
    moduli: Floats
    films: Mapping[str, tuple[Ints, Floats]] = field(default_factory=dict)

    @cached_property
    def simplices(self) -> Ints:
        """Vertices of the cells, (n, dim + 1)."""
        return self.space.mesh.cells[self.cells]

    @cached_property
    def patches(self) -> Patches:
        """Where gradients are fitted."""
        cut = [_keys(facets, self.space) for facets, _ in self.films.values()]
        return make_patches(self.space.mesh.points, self.simplices, self.law,
                            np.concatenate([*cut, np.zeros(0, dtype=np.int64)]), self.space.order)  # fmt: skip

    def error(self, values: Floats) -> Floats:
        """Return recovered less own gradients (n, nnodes, m, dim), at the nodes of P2, of a solution (ndofs, m)."""
        return gradient_error(self.patches, gradients(self.space, values, self.cells))

    def products(self, a: Floats, b: Floats) -> Floats:
        """Return each cell's part (n,) of the form, of gradients (n, nnodes, m, dim); a film's in the cells beside it."""
        mesh = self.space.mesh
        stress = np.empty_like(b)
        for law, moduli in enumerate(self.moduli):
            here = self.law == law
            stress[here] = np.einsum("ikjl,najl->naik", moduli, b[here])
        total = mesh.volumes[self.cells] * np.einsum("ab,naik,nbik->n", node_mass(mesh.dim), a, stress, optimize=True)
        for name, (facets, moduli) in self.films.items():
            measure = jacobians(mesh.points, facets)[1]
            for side in self._beside[name]:
                along = moduli[side.facets] * (side.share * measure[side.facets])[:, None, None, None, None]
                part = np.einsum("pq,nikjl,npik,nqjl->n", node_mass(mesh.dim - 1), along,
                                 a[side.cells][:, side.nodes], b[side.cells][:, side.nodes], optimize=True)  # fmt: skip
                total += np.bincount(side.cells, weights=part, minlength=len(total))
        return np.asarray(total)

    @cached_property
    def _beside(self) -> dict[str, list[_Side]]:
        return {name: _sides(self, facets) for name, (facets, _) in self.films.items()}


@dataclass(frozen=True)
class _Side:
    """Facets of a film, the cells on one side, where their nodes are among the cell's, and the share of that side."""

    facets: Ints
    cells: Ints
    nodes: list[int]
    share: Floats


def _sides(form: Form, facets: Ints) -> list[_Side]:
    """Find the cells beside a film, one record for each place of the vertex opposite."""
    k = form.simplices.shape[1]
    keys = _keys(facets, form.space)
    order = np.argsort(keys)
    number = {(i, j): p for p, (i, j) in enumerate(PAIRS.tolist())}
    found = []
    for missing in range(k):
        kept = [v for v in range(k) if v != missing]
        own = _keys(form.simplices[:, kept], form.space)
        at = order[np.minimum(np.searchsorted(keys, own, sorter=order), len(keys) - 1)]
        cells = np.flatnonzero(keys[at] == own)
        edges = [k + number[kept[i], kept[j]] for i, j in PAIRS[: (k - 1) * (k - 2) // 2].tolist()]
        found.append((at[cells], cells, [*kept, *edges]))
    beside = np.bincount(np.concatenate([at for at, _, _ in found]), minlength=len(facets))
    return [_Side(at, cells, nodes, 1.0 / beside[at]) for at, cells, nodes in found]


def _keys(facets: Ints, space: Space) -> Ints:
    return facet_keys(np.sort(facets, axis=1), len(space.mesh.points))


def elastic_form(body: Body) -> Form:
    """Return the form of an elastic body and its films."""
    stated, law = np.unique(np.column_stack([body.young, body.poisson]), axis=0, return_inverse=True)
    c = moduli(*lame(*stated.T, body.dim, body.plane), np.eye(body.dim)[None])
    films = {name: (film.facets, film_moduli(body, film)) for name, film in body.films.items()}
    return Form(body.space, body.cells, law.ravel(), c, films)


def energy_error(form: Form, error: Floats) -> tuple[Floats, Floats]:
    """Return the squared error in energy that each cell of the mesh adds (ncells,), and where it points.

    error: (n, nnodes, m, dim), of a solution's gradient. The second, (npoints, dim, dim), is the sum around each point of the outer product
    of the gradient's error, its trace what the cells add: large along directions in which the gradient is wrong.
    """
    mesh = form.space.mesh
    own = form.products(error, error)
    outer = np.einsum("ab,naij,nbik->njk", node_mass(mesh.dim), error, error, optimize=True)
    outer *= (own / np.maximum(np.trace(outer, axis1=1, axis2=2), 1e-300))[:, None, None]
    of_cell, spread = np.zeros(len(mesh.cells)), np.zeros((len(mesh.points), mesh.dim, mesh.dim))
    of_cell[form.cells] = own
    np.add.at(spread, form.simplices, outer[:, None])
    return of_cell, spread
