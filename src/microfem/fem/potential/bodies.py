"""What carries flux in a solution: cells, films beside them, and contacts between all."""

from __future__ import annotations

import numpy as np

from microfem.fem.potential.conductor import Conductor, contains, make_conductor, side_keys
from microfem.fem.potential.contacts import ContactFacets, barriers, find_contacts, touching
from microfem.fem.potential.films import Films, make_films
from microfem.fem.potential.terminals import TerminalSolutions
from microfem.fem.space import Ints
from microfem.fem.tensors import joined
from microfem.mesh import Mesh
from microfem.mesh.named import simplices_of
from microfem.mesh.record import facet_keys


def bodies_of(unit: TerminalSolutions) -> tuple[Conductor, Films, ContactFacets]:
    """Return the cells that conduct, the films beside them, and the contacts between all.

    Their vertices are those of the mesh before it was cut along contacts, so that neighbours share their sides.
    """
    mesh, cut, count = unit.mesh, unit.space.mesh, len(unit.mesh.points)
    number = np.full(len(mesh.cells), -1)
    number[unit.active] = np.arange(np.count_nonzero(unit.active))
    empty = np.empty((0, mesh.dim), dtype=np.int64)
    films, film_nodes = (np.vstack([empty, *(one.sheets[name] for name in unit.films)]) for one in (mesh, cut))
    held, edges = _surface(unit, cut)
    touched = touching(unit.interface, number, count)
    conductance = joined(list(unit.films.values()), mesh.dim)
    body = _cells(unit, number, films, held)
    film = make_films(films, film_nodes, conductance, held, edges, touched, body)
    return body, film, find_contacts(unit.interface, body, film, number)


def _cells(unit: TerminalSolutions, number: Ints, films: Ints, held: Ints) -> Conductor:
    """Return the cells that conduct.

    number: (ncells,) of each among them; films: (m, dim) facets; held: (l, dim) facets of terminals, after the cut. A
    side is on a terminal if the cut has left it there, or if a contact leads from it to one.
    """
    mesh, cut, count, most = unit.mesh, unit.space.mesh, len(unit.mesh.points), len(unit.space.mesh.points)
    simplices, nodes = (np.sort(one.cells[unit.active], axis=1) for one in (mesh, cut))
    terminals = np.unique(facet_keys(np.sort(held, axis=1), most))
    opened = contains(terminals, side_keys(nodes, most))
    filmed = contains(np.unique(facet_keys(np.sort(films, axis=1), count)), side_keys(simplices, count))
    barrier = np.zeros(simplices.shape)
    side, opposite, resistance = barriers(unit.interface, simplices, number, count)
    barrier.ravel()[side] = resistance
    opened.ravel()[side] |= contains(terminals, facet_keys(opposite, most))
    return make_conductor(mesh.points, simplices, nodes, unit.coefficient[unit.active], opened, filmed, barrier)


def _surface(unit: TerminalSolutions, mesh: Mesh) -> tuple[Ints, Ints]:
    """Return the facets (n, dim) of all terminals in a mesh, and edges of films (m, dim - 1) that are terminals."""
    held = np.isin(mesh.region_of_cell, [k for k, name in enumerate(mesh.regions) if name in unit.ideal])
    vertices, a, b = mesh.facets
    named = [one for name in unit.ideal.difference(mesh.regions) for one in simplices_of(mesh, name)]
    facets = [vertices[held[a] | ((b >= 0) & held[b])], *(one for one in named if one.shape[1] == mesh.dim)]
    edges = [one for one in named if one.shape[1] < mesh.dim]
    return np.vstack(facets), np.vstack([np.empty((0, mesh.dim - 1), dtype=np.int64), *edges])
