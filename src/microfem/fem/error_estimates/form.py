"""An energy form over cells and films, and the energy of gradient errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from microfem.fem.edges import PAIRS
from microfem.fem.error_estimates.recovery import Patches, gradient_error, make_patches, node_mass
from microfem.fem.linear_elasticity.bodies import Body, film_moduli, lame, moduli
from microfem.fem.space import Floats, Ints, Space, gradients, jacobians
from microfem.fem.tensors import conducts, scaled, stretched, times
from microfem.mesh import Mesh
from microfem.mesh.record import facet_keys


@dataclass(frozen=True, kw_only=True)
class Form:
    """a(u, v): the integral over cells and films of c_ikjl d_k u_i d_l v_j, u and v of m components.

    cells: (n,) numbers in the mesh; law: (n,) into moduli (nlaws, m, dim, m, dim), times factor (n,) or (n, dim, dim),
    None for 1;
    films: name -> facets (nf, dim) and moduli times thickness (nf, m, dim, m, dim), which act on gradients along the
    film.
    """

    space: Space
    cells: Ints
    law: Ints
    moduli: Floats
    films: Mapping[str, tuple[Ints, Floats]] = field(default_factory=dict)
    factor: Floats | None = None

    @cached_property
    def simplices(self) -> Ints:
        """Vertices of the cells, (n, dim + 1)."""
        return self.space.mesh.cells[self.cells]

    @cached_property
    def patches(self) -> Patches:
        """Patches of cells in which gradients are recovered."""
        cut = [_keys(facets, self.space) for facets, _ in self.films.values()]
        return make_patches(
            self.space.mesh.points,
            self.simplices,
            self.law,
            np.concatenate([*cut, np.zeros(0, dtype=np.int64)]),
            self.space.order,
        )

    def error(self, values: Floats) -> Floats:
        """Return recovered minus own gradients (n, nnodes, m, dim), at the nodes of P2, of a solution (ndofs, m)."""
        return gradient_error(self.patches, gradients(self.space, values, self.simplices))

    def on_facets(self, error: Floats, beside: Beside) -> Floats:
        """Return errors (n, nnodes, m, dim) of cells on facets, (nf, nnodes, m, dim): the mean of the cells beside.

        Zero on a facet without a cell of the form: a film between a terminal and an insulator.
        """
        mean = np.zeros((beside.count, beside.nodes.shape[1], *error.shape[2:]))
        np.add.at(mean, beside.facets, beside.share[:, None, None, None] * error[beside.cells[:, None], beside.nodes])
        return mean

    def products(self, a: Floats, b: Floats) -> Floats:
        """Return each cell's part (n,) of the form of gradients (n, nnodes, m, dim), with those of films beside it."""
        mesh = self.space.mesh
        of_cell = mesh.volumes[self.cells] * np.einsum(
            "ab,naik,nbik->n", node_mass(mesh.dim), a, self.stresses(b), optimize=True
        )
        for name, beside in self.beside.items():
            facets, moduli = self.films[name]
            part = jacobians(mesh.points, facets)[1] * np.einsum(
                "pq,nikjl,npik,nqjl->n",
                node_mass(mesh.dim - 1),
                moduli,
                self.on_facets(a, beside),
                self.on_facets(b, beside),
                optimize=True,
            )
            of_cell += np.bincount(beside.cells, weights=beside.share * part[beside.facets], minlength=len(of_cell))
        return np.asarray(of_cell)

    def stresses(self, gradient: Floats) -> Floats:
        """Return c_ikjl g_jl in the cells, (n, any, m, dim)."""
        stress = np.empty_like(gradient)
        for law, c in enumerate(self.moduli):
            here = self.law == law
            stress[here] = np.einsum("ikjl,najl->naik", c, gradient[here])
        return stress if self.factor is None else times(self.factor, stress)

    @cached_property
    def beside(self) -> dict[str, Beside]:
        """The cells beside each film."""
        return {name: find_beside(self, facets) for name, (facets, _) in self.films.items()}


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Pairs of a film's facet and a cell beside it.

    facets, cells: (npairs,) numbers; nodes: (npairs, nnodes) positions of the facet's P2 nodes among the cell's;
    share: (npairs,) 1 / number of cells beside the facet; count: number of facets, including those without a cell.
    """

    facets: Ints
    cells: Ints
    nodes: Ints
    share: Floats
    count: int


def find_beside(form: Form, facets: Ints) -> Beside:
    """Return the cells of a form beside facets (nf, dim)."""
    k = form.simplices.shape[1]
    keys = _keys(facets, form.space)
    order = np.argsort(keys)
    pairs = []
    for missing in range(k):
        own = _keys(form.simplices[:, [v for v in range(k) if v != missing]], form.space)
        at = order[np.minimum(np.searchsorted(keys, own, sorter=order), len(keys) - 1)]
        cells = np.flatnonzero(keys[at] == own)
        pairs.append((at[cells], cells))
    at, cells = (np.concatenate(numbers) for numbers in zip(*pairs, strict=True))
    place = (form.simplices[cells][:, None, :] == facets[at][:, :, None]).argmax(axis=2)
    edge = np.zeros((4, 4), dtype=np.int64)
    edge[PAIRS[:, 0], PAIRS[:, 1]] = edge[PAIRS[:, 1], PAIRS[:, 0]] = np.arange(len(PAIRS))
    i, j = PAIRS[: (k - 1) * (k - 2) // 2].T
    nodes = np.hstack([place, k + edge[place[:, i], place[:, j]]])
    return Beside(
        facets=at, cells=cells, nodes=nodes, share=1.0 / np.bincount(at, minlength=len(facets))[at], count=len(facets)
    )


def _keys(facets: Ints, space: Space) -> Ints:
    return facet_keys(np.sort(facets, axis=1), len(space.mesh.points))


def potential_form(space: Space, coefficient: Floats, films: Mapping[str, Floats]) -> Form:
    """Return the form of c grad u . grad v.

    coefficient: (ncells,) or (ncells, dim, dim), zero where nothing is solved; films: name -> coefficient x thickness
    of their facets, likewise. Gradients are recovered among cells of one law; if the coefficient varies within regions,
    each region is one law.
    """
    mesh = space.mesh
    cells = np.flatnonzero(conducts(coefficient))
    stated, law, factor = _laws(mesh, cells, coefficient[cells])
    return Form(
        space=space,
        cells=cells,
        law=law,
        moduli=stated[:, None, None, None, None] * np.eye(mesh.dim)[None, None, :, None, :],
        films=_along(mesh, films),
        factor=factor,
    )


def _laws(mesh: Mesh, cells: Ints, coefficient: Floats) -> tuple[Floats, Ints, Floats | None]:
    """Return the coefficients of laws, the law of each cell, and factors of the cells; see `potential_form`."""
    if coefficient.ndim == 1:
        stated, law = np.unique(coefficient, return_inverse=True)
        if len(stated) <= len(mesh.regions):
            return stated, law.ravel(), None
    regions, law = np.unique(mesh.region_of_cell[cells], return_inverse=True)
    return np.ones(len(regions)), law.ravel(), coefficient


def with_coefficient(form: Form, coefficient: Floats, films: Mapping[str, Floats]) -> Form:
    """Return the form of a potential with other coefficients, as of `potential_form`, in the same cells and laws."""
    mesh = form.space.mesh
    identity = np.broadcast_to(np.eye(mesh.dim)[None, :, None, :], form.moduli.shape)
    return replace(form, moduli=identity, films=_along(mesh, films), factor=coefficient[form.cells])


def _along(mesh: Mesh, films: Mapping[str, Floats]) -> dict[str, tuple[Ints, Floats]]:
    """Return facets and moduli of films, which act on gradients along the film."""
    along = {}
    for name, value in films.items():
        facets = mesh.sheets[name]
        sides = mesh.points[facets[:, 1:]] - mesh.points[facets[:, :1]]
        own = stretched(mesh.points, facets, value)
        inverse = jacobians(own.points, own.simplices)[0]
        tensor = sides.swapaxes(1, 2) @ (inverse @ inverse.swapaxes(1, 2)) @ sides
        along[name] = (facets, scaled(tensor, own.coefficient)[:, None, :, None, :])
    return along


def elastic_form(body: Body) -> Form:
    """Return the form of an elastic body and its films."""
    stated, law = np.unique(np.column_stack([body.young, body.poisson]), axis=0, return_inverse=True)
    young, poisson = stated.T
    c = moduli(*lame(young, poisson, body.dim, body.plane), np.eye(body.dim)[None])
    films = {name: (film.facets, film_moduli(body, film)) for name, film in body.films.items()}
    return Form(space=body.space, cells=body.cells, law=law.ravel(), moduli=c, films=films)


def energy_error(form: Form, error: Floats) -> tuple[Floats, Floats]:
    """Return the squared error in energy of each cell (ncells,), and the anisotropy metric (npoints, dim, dim).

    error: (n, nnodes, m, dim), of a solution's gradient. The metric at a point is the sum over the cells around it of
    the outer product of that error, scaled so that its trace is their squared error: large along directions in which
    the error is large.
    """
    mesh = form.space.mesh
    own = form.products(error, error)
    outer = np.einsum("ab,naij,nbik->njk", node_mass(mesh.dim), error, error, optimize=True)
    outer *= (own / np.maximum(np.trace(outer, axis1=1, axis2=2), 1e-300))[:, None, None]
    of_cell, anisotropy = np.zeros(len(mesh.cells)), np.zeros((len(mesh.points), mesh.dim, mesh.dim))
    of_cell[form.cells] = own
    np.add.at(anisotropy, form.simplices, outer[:, None])
    return of_cell, anisotropy
