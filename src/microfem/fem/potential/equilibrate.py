"""Equilibrated flux of a potential: together they bound the energy of the exact solution.

For div(c grad u) = 0 and any divergence-free flux q with zero normal component on insulated boundaries and the same
currents through the terminals,

    integral |q - c grad u_h|^2 / c  =  integral c |grad (u - u_h)|^2 + integral |q - c grad u|^2 / c

(W. Prager and J. L. Synge, Quart. Appl. Math. 5 (1947) 241), so the left side, which is computable, bounds the
energy error of u_h, and the energies of q and u_h bound the exact one from both sides. q starts as the weighted mean of
c grad u_h on both sides of each facet, is equilibrated vertex by vertex (patches.py), and is then improved by conjugate
gradients over divergence-free fields: linear fluxes through single facets, and loops around edges (3D) or vertices
(2D). Films conduct along themselves; the flux that enters them from the cells is the divergence of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from microfem.fem.potential.bodies import bodies_of
from microfem.fem.potential.conductor import Conductor
from microfem.fem.potential.contacts import ContactFacets
from microfem.fem.potential.curved import bent
from microfem.fem.potential.films import Films
from microfem.fem.potential.modes import make_modes
from microfem.fem.potential.patches import Links, route
from microfem.fem.potential.terminals import TerminalSolutions
from microfem.fem.space import Floats, Ints
from microfem.mesh.exact import ExactShape

STEP, WORTH, MOST_STEPS = 8, 0.05, 160  # continue while STEP steps lower the width by this fraction


@dataclass(frozen=True, kw_only=True)
class FluxMismatch:
    """Difference between c grad u_h and the equilibrated flux q.

    energy: integral c |grad u_h|^2 over the mesh, from differences, without round-off of high contrasts; width:
    integral |q - c grad u_h|^2 / c over the mesh; more_of_potential, more_of_flux: integral c |grad u_h|^2 and integral
    |q|^2 / c on the exact layout minus those on the mesh, see curved.py, infinite if the mesh is too coarse; of_cell:
    (ncells,) each cell's part of the difference of both energies, with the parts of films beside it; anisotropy:
    (npoints, dim, dim) anisotropy metric: its outer product, summed around each point; unbalanced: sum of the absolute
    net fluxes of simplices.
    """

    energy: float
    width: float
    more_of_potential: float
    more_of_flux: float
    of_cell: Floats
    anisotropy: Floats
    unbalanced: float


def equilibrate(unit: TerminalSolutions, shape: ExactShape, potential: Floats) -> FluxMismatch:
    """Equilibrate the flux of a Galerkin solution.

    unit: what was solved; shape: map of its cells to the exact layout; potential: (ndofs,).
    """
    space = unit.space
    body, film, contacts = bodies_of(unit)
    galerkin = (body.flux_of(space, potential), film.body.flux_of(space, potential))
    start = _start(body, film, contacts, galerkin, contacts.start(space, potential))
    balanced = _balance(body, film, contacts, galerkin, start)
    surfaces = sp.vstack([film.field, contacts.field(film.size)], format="csr")
    on_surfaces = np.concatenate([film.galerkin(space, potential), contacts.galerkin(space, potential)])
    flux = _improve(body, film, galerkin[0], surfaces, on_surfaces, balanced)
    own = body.at_vertices(body.outward(flux[: film.nvalues].reshape(body.vertices.shape)))
    outer = body.own.of_gradients(_outer(body, own - galerkin[0]))
    off = np.split(surfaces @ flux - on_surfaces, [film.field.shape[0]])
    of_film, of_contact = film.of_facet(off[0]), contacts.of_facet(off[1])
    width = float(np.trace(outer, axis1=1, axis2=2).sum() + of_film.sum() + of_contact.sum())
    energy = (on_surfaces[len(off[0]) :] ** 2).sum() + sum(
        np.trace(_outer(part, flux), axis1=1, axis2=2).sum()
        for part, flux in zip((body, film.body), galerkin, strict=True)
    )
    more, sagging = np.zeros(2), 0.0 * outer
    if not shape.straight:
        cells = bent(shape, space, body, potential, lambda rows, rule: rule.points @ own[rows])
        facets = bent(shape, space, film.body, potential, lambda rows, rule: film.flux_at(flux, rule)[rows])
        at_contacts = contacts.bent(shape, space, potential, flux)
        outer += cells.width[:, None, None] * cells.sag
        of_film, of_contact = of_film + facets.width, of_contact + at_contacts.width
        beside = _shared_out(unit, contacts.facets, at_contacts.width)[unit.active]
        sagging = beside[:, None, None] * cells.sag
        more = sum(
            np.array([part.potential.sum(), part.flux.sum()]) + part.doubt.sum() + (np.inf if part.folded else 0)
            for part in (cells, facets, at_contacts)
        )
    of_cell = _shared_out(unit, film.body.simplices, of_film) + _shared_out(unit, contacts.facets, of_contact)
    of_cell[unit.active] += np.trace(outer, axis1=1, axis2=2)
    anisotropy, unbalanced = _around_points(body, outer + sagging), _unbalanced(body, film, flux)
    return FluxMismatch(
        energy=float(energy),
        width=width,
        more_of_potential=float(more[0]),
        more_of_flux=float(more[1]),
        of_cell=of_cell,
        anisotropy=anisotropy,
        unbalanced=unbalanced,
    )


def _start(
    body: Conductor, film: Films, contacts: ContactFacets, galerkin: tuple[Floats, Floats], driven: Floats
) -> list[Floats]:
    """Return the fluxes of sides of cells and films and from terminals into films, before they are balanced.

    driven: (n, k) the fluxes that jumps drive through contacts. At a contact of a cell the flux is the mean with that
    of the cells: an error adds its square times a resistance, so the mean has the resistances as its weights.
    """
    sides = [_average(part, part.through_sides(flux)) for part, flux in zip((body, film.body), galerkin, strict=True)]
    of_cells = contacts.column < film.nvalues
    at = contacts.column[of_cells] // body.k
    weight = ((contacts.resistance / contacts.area)[of_cells] / body.side_resistance()[at])[:, None]
    sides[0][at] += weight * (driven[of_cells] - sides[0][at])
    return [*sides, driven[~of_cells]]


def _average(body: Conductor, outward: Floats) -> Floats:
    """Return the weighted mean flux (nsides, k) of the two simplices beside each side.

    An error e of the flux adds e^2 / conductance, so the poorer conductor has the larger weight.
    """
    own = outward.reshape(-1, body.k)
    both = body.second >= 0
    conductance = np.repeat(body.conductance, body.k + 1)
    near, far = conductance[body.first], np.where(both, conductance[body.second], 0.0)
    weight = np.where(both, far / (near + far), np.where(body.open | body.filmed, 1.0, 0.0))
    return np.asarray(weight[:, None] * own[body.first] - np.where(both, 1.0 - weight, 0.0)[:, None] * own[body.second])


def _balance(
    body: Conductor, film: Films, contacts: ContactFacets, galerkin: tuple[Floats, Floats], start: list[Floats]
) -> Floats:
    """Return the vector of all fluxes, corrected so that the net flux of every simplex is zero."""
    residual = _residual(body, galerkin[0], start[0])
    film_residual = _residual(film.body, galerkin[1], start[1])
    passed = _weighted(np.vstack([start[0][film.sides], start[2]]))
    for j in range(body.k):
        facet = np.concatenate([film.facet, film.touching])
        film_residual[:, j] -= np.bincount(facet, weights=passed[:, j], minlength=len(film_residual))
    target = np.full(len(body.first), -1)
    target[film.sides] = len(body.simplices) + film.facet
    links, passing = _links(body, target, 0)
    film_links, film_passing = _links(film.body, np.full(len(film.body.first), -1), len(body.simplices))
    of_terminals = _to_terminals(film, contacts, len(body.simplices))
    routed = route(
        len(body.points),
        [body.simplices, film.body.simplices],
        [-residual, -film_residual],
        [links, film_links, of_terminals],
    )
    more = np.split(routed, np.cumsum([len(passing), len(film_passing)]))
    flux, film_flux = start[0].copy(), start[1].copy()
    flux[passing] += more[0][:, None]
    film_flux[film_passing] += more[1][:, None]
    return np.concatenate([flux.ravel(), film_flux.ravel(), (start[2] - more[2][:, None]).ravel()])


def _to_terminals(film: Films, contacts: ContactFacets, shift: int) -> Links:
    """Return the contacts of films with terminals as resistors."""
    conductance = (contacts.area / contacts.resistance)[contacts.column >= film.nvalues]
    ends = np.column_stack([film.touching + shift, np.full(len(film.touching), -1)])
    return Links(ends, conductance, film.body.simplices[film.touching])


def _weighted(side_flux: Floats) -> Floats:
    """Return the integrals over sides of flux density x hat functions (n, k) from fluxes at vertices (n, k)."""
    k = side_flux.shape[1]
    return np.asarray((side_flux.sum(axis=1, keepdims=True) + side_flux) / (k * (k + 1)))


def _residual(body: Conductor, galerkin: Floats, flux: Floats) -> Floats:
    """Return the net outflow minus the Galerkin flux of each simplex, weighted by its hat functions, (n, k + 1)."""
    k = body.k
    outward = body.outward(flux)
    result = -(body.measure / (k + 1))[:, None] * np.einsum("nd,nvd->nv", galerkin.sum(axis=1), body.lambdas)
    for b in range(k + 1):
        result[:, [a for a in range(k + 1) if a != b]] += _weighted(outward[:, b])
    return np.asarray(result)


def _links(body: Conductor, target: Ints, shift: int) -> tuple[Links, Ints]:
    """Return the sides that pass flux as resistors, and their numbers; target: node at the far end, or -1."""
    passing = np.flatnonzero((body.second >= 0) | body.open | (target >= 0))
    far = np.where(body.second >= 0, body.second // (body.k + 1) + shift, target)[passing]
    ends = np.column_stack([body.first[passing] // (body.k + 1) + shift, far])
    return Links(ends, 1.0 / body.side_resistance()[passing], body.vertices[passing]), passing


def _improve(
    body: Conductor, film: Films, galerkin: Floats, surfaces: sp.csr_matrix, on_surfaces: Floats, flux: Floats
) -> Floats:
    """Return the flux that conjugate gradients over the modes bring nearer to the Galerkin flux.

    surfaces: matrix from the vector of all fluxes to the roots of the losses in films and contacts; on_surfaces: those
    of the Galerkin flux.
    """
    modes = make_modes(body, film, surfaces)
    across = surfaces.T.tocsr()
    mismatch = body.at_vertices(body.outward(flux[: film.nvalues].reshape(body.vertices.shape))) - galerkin
    beside = surfaces @ flux - on_surfaces
    slope = across @ beside
    slope[: film.nvalues] += body.slope(mismatch).ravel()
    width = [float(np.trace(_outer(body, mismatch), axis1=1, axis2=2).sum() + (beside**2).sum())]
    step = modes.precondition(slope)
    descent = float(slope @ step)
    while len(width) <= MOST_STEPS and descent > 0.0:
        curved = across @ (surfaces @ step)
        curved[: film.nvalues] += body.curvature(step[: film.nvalues].reshape(body.vertices.shape)).ravel()
        length = descent / float(step @ curved)
        flux = flux - length * step
        width.append(width[-1] - length * descent)
        if len(width) > STEP and width[-1] > (1.0 - WORTH) * width[-1 - STEP]:
            break
        slope -= length * curved
        better = modes.precondition(slope)
        ahead = float(slope @ better)
        step = better + (ahead / descent) * step
        descent = ahead
    return flux


def _outer(body: Conductor, mismatch: Floats) -> Floats:
    """Return the integral of the mismatch's outer product divided by the conductance, (n, dim, dim)."""
    total = mismatch.sum(axis=1)
    outer = np.einsum("ni,nj->nij", total, total) + np.einsum("nai,naj->nij", mismatch, mismatch)
    return np.asarray(body.mass[:, None, None] * outer)


def _shared_out(unit: TerminalSolutions, facets: Ints, parts: Floats) -> Floats:
    """Return the parts (n,) of facets shared out to the cells beside them (ncells,), first to those that conduct."""
    beside = unit.mesh.beside(np.sort(facets, axis=1))
    near = beside >= 0
    conducting = near & unit.active[beside]
    there = np.asarray(np.where(conducting.any(axis=1, keepdims=True), conducting, near))
    facet, side = np.nonzero(there)
    share = parts / np.maximum(there.sum(axis=1), 1)
    result = np.zeros(len(unit.mesh.cells))
    np.add.at(result, beside[facet, side], share[facet])
    return result


def _around_points(body: Conductor, outer: Floats) -> Floats:
    """Return the sum of the outer products of the simplices around each point, (npoints, dim, dim)."""
    dim = outer.shape[1]
    around = np.zeros((len(body.points), dim, dim))
    corner = body.simplices.ravel()
    for i in range(dim):
        for j in range(i + 1):
            weights = np.repeat(outer[:, i, j], body.k + 1)
            around[:, i, j] = around[:, j, i] = np.bincount(corner, weights=weights, minlength=len(around))
    return around


def _unbalanced(body: Conductor, film: Films, flux: Floats) -> float:
    """Return the sum of the absolute net fluxes of all simplices."""
    own = flux[: film.nvalues].reshape(body.vertices.shape)
    along = flux[slice(*film.parts)].reshape(film.body.vertices.shape)
    into = flux[film.parts[1] :].reshape(-1, body.k).mean(axis=1)
    net = body.outward(own).mean(axis=2).sum(axis=1)
    film_net = film.body.outward(along).mean(axis=2).sum(axis=1)
    film_net -= np.bincount(film.facet, weights=own[film.sides].mean(axis=1), minlength=len(film_net))
    film_net -= np.bincount(film.touching, weights=into, minlength=len(film_net))
    return float(np.abs(net).sum() + np.abs(film_net).sum())
