"""A mesh cut along contacts: each side of a contact has vertices of its own.

A vertex on a contact has one number for each group of simplices around it that conduct and are connected there through
facets which are no contact. So the sides stay joined at the rim of a contact only where another conductor joins them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from microfem.base.errors import SolveError
from microfem.layout.contacts import PartContact
from microfem.layout.touching import touch
from microfem.mesh.record import Mesh, facet_keys

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

OHM_M2 = 1e6  # in um per S/m, the unit of an interface's resistance where lengths are in um and conductivities in S/m


@dataclass(frozen=True, kw_only=True)
class Interface:
    """Facets between two sides of contacts, both of which conduct or are terminals.

    facets: (n, dim) sorted vertices of the mesh before it was cut; near, far: (n, dim) the same vertices of both sides
    in the mesh that is cut; cells: (n, 2) cells on both sides, -1 for a film; resistance: (n,) um per S/m, infinite
    where the interface insulates.
    """

    facets: Ints
    near: Ints
    far: Ints
    cells: Ints
    resistance: Floats

    @property
    def passing(self) -> Interface:
        """The part of it that does not insulate."""
        return self.part(np.isfinite(self.resistance))

    def part(self, here: Bools) -> Interface:
        """Return some of its facets, here: (n,)."""
        return Interface(**{name: values[here] for name, values in vars(self).items()})


@dataclass(frozen=True)
class _Sides:
    """Facets (n, dim) of contacts, and the simplices (n, 2) on both sides: cells, then facets of films."""

    facets: Ints
    simplices: Ints
    resistance: Floats


def cut_along(
    mesh: Mesh, contacts: Sequence[PartContact], conducting: Bools, films: Collection[str]
) -> tuple[Mesh, Interface]:
    """Return a mesh cut along contacts, with sorted numbers: those of a vertex follow those of the one before it.

    conducting: (ncells,) cells that conduct or belong to a terminal; films: names of such films.

    Raises:
        SolveError: parts of a contact do not touch, a film lies between them, or conducts nothing where it has one.
    """
    simplices = [mesh.cells, *(mesh.sheets[name] for name in films)]
    sides = _sides(mesh, contacts, conducting, films)
    if not len(sides.facets):
        return mesh, _interface(mesh, sides, sides.facets, sides.facets)
    start, corners = _numbered(mesh, simplices, sides, conducting)
    cells, *sheets = corners
    origin = np.repeat(np.arange(len(mesh.points)), np.diff(start))
    near, far = (_beside(corners, simplices, sides.facets, side) for side in sides.simplices.T)
    passive = {name: start[facets] for name, facets in mesh.sheets.items() if name not in films}
    after = replace(
        mesh,
        points=mesh.points[origin],
        flat=mesh.flat[origin],
        cells=cells,
        sheets={**passive, **dict(zip(films, sheets, strict=True))},
        faces={name: _at_end(mesh, cells, facets) for name, facets in mesh.faces.items()},
    )
    return after, _interface(mesh, sides, near, far)


def _interface(mesh: Mesh, sides: _Sides, near: Ints, far: Ints) -> Interface:
    own = np.where(sides.simplices < len(mesh.cells), sides.simplices, -1)
    return Interface(facets=sides.facets, near=near, far=far, cells=own, resistance=sides.resistance)


def _at_end(mesh: Mesh, cells: Ints, facets: Ints) -> Ints:
    """Return facets (n, dim) of the mesh's boundary with the numbers that its cells have after the cut."""
    facets = np.sort(facets, axis=1)
    return _beside([cells], [mesh.cells], facets, mesh.beside(facets)[:, 0])


def numbered(facets: Ints, cells: Ints, before: Mesh, after: Mesh) -> Ints:
    """Return facets (n, dim) of cells (n,) with the numbers of their vertices after a mesh was cut."""
    return _beside([after.cells], [before.cells], facets, cells)


def _sides(mesh: Mesh, contacts: Sequence[PartContact], conducting: Bools, films: Collection[str]) -> _Sides:
    """Return the facets of all contacts whose two sides conduct."""
    ncells, dim = len(mesh.cells), mesh.dim
    found = [_Sides(np.empty((0, dim), np.int64), np.empty((0, 2), np.int64), np.empty(0))]
    for contact in contacts:
        first, second = contact.sides(mesh.layout.parts())
        pairs = [_between_regions(mesh, contact, first, second, films)]
        for own, other in ((first, second), (second, first)):
            pairs += [_on_film(mesh, contact, name, other, films) for name in own if name in mesh.sheets]
        facets, simplices = (np.vstack(rows) for rows in zip(*pairs, strict=True))
        if not len(facets) and not touch(mesh.layout, first, second):  # a view need not meet every contact
            raise SolveError(f"{contact.label} do not touch: they share no face that could be a contact")
        kept = (conducting[np.minimum(simplices, ncells - 1)] | (simplices >= ncells)).all(axis=1)
        resistance = np.full(int(kept.sum()), np.inf if contact.insulating else contact.resistance * OHM_M2)
        found.append(_Sides(facets[kept], simplices[kept], resistance))
    return _Sides(*(np.concatenate([getattr(one, name) for one in found]) for name in vars(found[0])))


def _between_regions(
    mesh: Mesh, contact: PartContact, first: Collection[str], second: Collection[str], films: Collection[str]
) -> tuple[Ints, Ints]:
    """Return the facets (n, dim) between two sets of regions, and the cells (n, 2) on both sides."""
    vertices, a, b = mesh.facets
    in_first, in_second = (
        np.isin(mesh.region_of_cell, [k for k, name in enumerate(mesh.regions) if name in names])
        for names in (first, second)
    )
    here = (b >= 0) & ((in_first[a] & in_second[b]) | (in_second[a] & in_first[b]))
    keys = facet_keys(vertices[here], len(mesh.points))
    for name in films:
        if np.isin(facet_keys(np.sort(mesh.sheets[name], axis=1), len(mesh.points)), keys).any():
            raise SolveError(
                f"film '{name}' lies between {contact.label}, so they do not touch there; state the contact of the film"
            )
    return vertices[here], np.column_stack([a[here], b[here]])


def _on_film(
    mesh: Mesh, contact: PartContact, film: str, regions: Collection[str], films: Collection[str]
) -> tuple[Ints, Ints]:
    """Return the facets (n, dim) of a film beside regions, and the simplices (n, 2): its facet and the cell."""
    if film not in films:
        raise SolveError(
            f"the contact between {contact.label} is that of film '{film}', which neither conducts nor is a terminal; "
            "give it a conductivity and a thickness, or leave out the contact"
        )
    facets = np.sort(mesh.sheets[film], axis=1)
    first = len(mesh.cells) + sum(len(mesh.sheets[name]) for name in list(films)[: list(films).index(film)])
    cells = mesh.beside(facets)
    inside = np.isin(mesh.region_of_cell, [k for k, name in enumerate(mesh.regions) if name in regions])
    facet, side = np.nonzero((cells >= 0) & inside[cells])
    return facets[facet], np.column_stack([first + facet, cells[facet, side]])


def _numbered(mesh: Mesh, simplices: list[Ints], sides: _Sides, conducting: Bools) -> tuple[Ints, list[Ints]]:
    """Return the first number of each vertex (npoints + 1,), and the numbers of the vertices of all simplices."""
    count = len(mesh.points)
    on = np.zeros(count, dtype=bool)
    on[sides.facets] = True
    first = np.concatenate([[0], np.cumsum([len(rows) for rows in simplices])])
    active = [on[rows] & (conducting[:, None] if k == 0 else True) for k, rows in enumerate(simplices)]
    corners = [
        (first[k] + np.nonzero(here)[0]) * count + rows[here]
        for k, (here, rows) in enumerate(zip(active, simplices, strict=True))
    ]
    known = np.unique(np.concatenate(corners))
    groups, group = np.unique(
        known % count * max(len(known), 1) + _joined(known, _links(mesh, simplices, sides)), return_inverse=True
    )
    owner = groups // max(len(known), 1)
    start = np.concatenate([[0], np.cumsum(np.maximum(np.bincount(owner, minlength=count), 1))])
    number = (start[owner] + np.arange(len(groups)) - np.searchsorted(owner, owner))[group.ravel()]
    numbers = [start[rows] for rows in simplices]
    for own, here, corner in zip(numbers, active, corners, strict=True):
        own[here] = number[np.searchsorted(known, corner)]
    return start, numbers


def _joined(known: Ints, links: tuple[Ints, Ints]) -> Ints:
    """Return the number of the connected component of each known corner, where links between them join corners."""
    ends = [np.minimum(np.searchsorted(known, one), len(known) - 1) for one in links]
    real = np.ones(len(links[0]), dtype=bool)
    for end, one in zip(ends, links, strict=True):
        real &= known[end] == one if len(known) else False
    first, second = (end[real] for end in ends)
    graph = sp.coo_matrix((np.ones(len(first)), (first, second)), shape=(len(known), len(known)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _links(mesh: Mesh, simplices: list[Ints], sides: _Sides) -> tuple[Ints, Ints]:
    """Return pairs of corners, simplex x npoints + vertex, which facets join that are no contacts."""
    vertices, a, b = mesh.facets
    ncells, films = len(mesh.cells), np.sort(np.vstack([vertices[:0], *simplices[1:]]), axis=1)
    keys, film_keys = (facet_keys(rows, len(mesh.points)) for rows in (vertices, films))
    through = np.flatnonzero((b >= 0) & ~np.isin(keys, film_keys))
    beside = mesh.beside(films)
    facet, side = np.nonzero(beside >= 0)
    pairs = np.vstack(
        [np.column_stack([a[through], b[through]]), np.column_stack([ncells + facet, beside[facet, side]])]
    )
    shared = np.vstack([vertices[through], films[facet]])
    total = ncells + len(films)
    every, contacts = (np.sort(rows, axis=1) @ [total, 1] for rows in (pairs, sides.simplices))
    apart = np.isin(every, contacts)
    ridges, along = _along_films(films, ncells, len(mesh.points))
    first, second = zip(_corners(mesh, pairs[~apart], shared[~apart]), _corners(mesh, along, ridges), strict=True)
    return np.concatenate(first), np.concatenate(second)


def _along_films(films: Ints, ncells: int, count: int) -> tuple[Ints, Ints]:
    """Return the sides (n, dim - 1) that facets of films share, and pairs (n, 2) of such facets."""
    dim = films.shape[1]
    ridges = np.vstack([films[:, [j for j in range(dim) if j != k]] for k in range(dim)])
    key = facet_keys(ridges, count)
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(np.diff(key[order]) == 0)
    facet = ncells + np.tile(np.arange(len(films)), dim)[order]
    return ridges[order][same], np.column_stack([facet[same], facet[same + 1]])


def _corners(mesh: Mesh, pairs: Ints, shared: Ints) -> tuple[Ints, Ints]:
    """Return the corners of pairs of simplices (n, 2) at the vertices (n, m) that they share."""
    first, second = ((side[:, None] * len(mesh.points) + shared).ravel() for side in pairs.T)
    return first, second


def _beside(after: list[Ints], before: list[Ints], facets: Ints, simplices: Ints) -> Ints:
    """Return the numbers of the vertices of facets (n, dim), sorted before the cut, as simplices (n,) have them."""
    result = np.empty(facets.shape, np.int64)
    first = 0
    for new, old in zip(after, before, strict=True):
        here = np.flatnonzero((simplices >= first) & (simplices < first + len(old)))
        own = simplices[here] - first
        place = (old[own][:, None, :] == facets[here][:, :, None]).argmax(axis=2)
        result[here] = np.take_along_axis(new[own], place, axis=1)
        first += len(old)
    return result
