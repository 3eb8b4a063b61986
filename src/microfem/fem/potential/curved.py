"""What potentials and fluxes lose on the layout as stated, where the mesh's straight cells are only near it.

A map takes each cell from its reference onto its true place (mesh/exact.py), with the tangents J there. A potential
keeps its values and a flux its totals through all sides (G. Piola's transformation), so one that is admissible on the
straight cells is admissible on the true ones, and what they lose is

    integral c grad_X u . K grad_X u,   integral Q . K^-1 Q / c,   K = sqrt(det J^T J) (J^T J)^-1,

over the reference simplex, with its gradient and its flux Q. So both energies, and with them the bounds, are those of
the layout as stated; J of the straight cells gives back those of the polygons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import factorial

import numpy as np
from skfem.quadrature import get_quadrature
from skfem.refdom import RefLine, RefTet, RefTri

from microfem.fem.edges import PAIRS
from microfem.fem.potential.conductor import Conductor, edge_slopes
from microfem.fem.space import Floats, Ints, Space
from microfem.mesh.exact import ExactShape

CHUNK = 20_000  # simplices at a time


@dataclass(frozen=True)
class Rule:
    """Points of a quadrature on a simplex of dimension k: barycentric (nq, k + 1), and weights (nq,) of sum 1."""

    points: Floats
    weights: Floats


@dataclass(frozen=True)
class Bent:
    """What simplices lose on the true layout more than on straight cells, (n,) each: potentials, fluxes.

    doubt: (n,) by how much the quadratures of both may be off; sag: (n, dim, dim) along which edges simplices are off
    their curves: unit vectors' outer products, weighed by how far, of trace 1 or 0. folded: whether the map turns a
    simplex inside out, so that no bound follows.
    """

    potential: Floats
    flux: Floats
    doubt: Floats
    sag: Floats
    folded: bool = False

    @property
    def width(self) -> Floats:
        """What the two add to the distance between the energies of potential and flux, at least 0, (n,)."""
        return np.maximum(self.potential + self.flux, 0.0) + 2.0 * self.doubt


@cache
def simplex_rule(k: int, degree: int) -> Rule:
    """Return scikit-fem's rule of that degree on the simplex of dimension k."""
    points, weights = get_quadrature((RefLine, RefTri, RefTet)[k - 1], degree)
    return Rule(np.vstack([1.0 - points.sum(axis=0), points]).T, weights / weights.sum())


def bent(
    shape: ExactShape,
    space: Space,
    body: Conductor,
    potential: Floats,
    flux: Callable[[Ints, Rule], Floats],
    rules: Sequence[Rule],
) -> Bent:
    """Compare energies on the true layout with those on the straight simplices of a body.

    potential: (ndofs,); flux: (simplices (m,), rule) -> (m, nq, dim) vectors at the rule's points; rules: the first
    counts, what a second, coarser one changes is the doubt.
    """
    n, dim = len(body.simplices), body.points.shape[1]
    potentials, fluxes, doubt, sag = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros((n, dim, dim))
    bending = np.flatnonzero(shape.bends(body.simplices))
    for low in range(0, len(bending), CHUNK):
        rows = bending[low : low + CHUNK]
        corners, more = body.points[body.simplices[rows]], []
        straight = (corners[:, 1:] - corners[:, :1])[:, None]
        for rule in rules:
            tangents = shape.tangents(body.simplices[rows], rule.points)
            if not _keeps_sides(straight, tangents):
                return Bent(potentials, fluxes, doubt, sag, folded=True)
            metrics = _metric(straight), _metric(tangents)
            more.append(_more(space, body, rows, potential, flux(rows, rule), metrics, rule))
        potentials[rows], fluxes[rows] = more[0]
        doubt[rows] = np.abs(np.subtract(more[0], more[-1])).max(axis=0)
        sag[rows] = _sag(shape, body.simplices[rows], corners)
    return Bent(potentials, fluxes, doubt, sag)


def _more(
    space: Space,
    body: Conductor,
    rows: Ints,
    potential: Floats,
    flux: Floats,
    metrics: tuple[Floats, Floats],
    rule: Rule,
) -> tuple[Floats, Floats]:
    """Return what a potential and a flux lose more in some simplices (m,); metrics: of straight cells, and true."""
    straight, true = metrics
    slope, weights = edge_slopes(space, potential, body.simplices[rows]), rule.weights / factorial(body.k)
    gradient = rule.points @ (slope[:, :, 1:] - slope[:, :, :1])
    lambdas = factorial(body.k) * body.measure[rows, None, None] * body.lambdas[rows, 1:]
    passed = flux @ lambdas.swapaxes(1, 2)
    conductance = body.conductance[rows]
    return (
        conductance * _integral(gradient, np.linalg.inv(true) - np.linalg.inv(straight), weights),
        _integral(passed, true - straight, weights) / conductance,
    )


def _keeps_sides(straight: Floats, tangents: Floats) -> bool:
    """Tell whether no simplex is turned inside out; sides (n, 1, k, dim), tangents (n, nq, k, dim)."""
    if tangents.shape[2] < tangents.shape[3]:
        return bool((np.linalg.det(tangents @ tangents.swapaxes(2, 3)) > 0.0).all())
    return bool((np.linalg.det(tangents) * np.sign(np.linalg.det(straight)) > 0.0).all())


def _metric(tangents: Floats) -> Floats:
    """Return J^T J / sqrt(det J^T J) of tangents (n, nq, k, dim)."""
    gram = tangents @ tangents.swapaxes(2, 3)
    return np.asarray(gram / np.sqrt(np.linalg.det(gram))[..., None, None])


def _integral(values: Floats, tensor: Floats, weights: Floats) -> Floats:
    """Return the integrals (n,) of v . K v over simplices; values: (n, nq, k), tensor: (n, nq, k, k)."""
    return np.asarray(np.einsum("q,nqi,nqij,nqj->n", weights, values, tensor, values, optimize=True))


def _sag(shape: ExactShape, simplices: Ints, corners: Floats) -> Floats:
    """Return along which edges simplices are off their curves, see `Bent`; corners: (n, k + 1, dim)."""
    result = np.zeros((len(simplices), corners.shape[2], corners.shape[2]))
    for a, b in PAIRS[: simplices.shape[1] * (simplices.shape[1] - 1) // 2]:
        along = corners[:, b] - corners[:, a]
        length = (along**2).sum(axis=1)
        ends = shape.tangents(simplices[:, [a, b]], np.eye(2))[:, :, 0]  # tangents of the curve at either end
        turn = ((ends[:, 1] - ends[:, 0]) ** 2).sum(axis=1)  # 8 times the sag of a parabola
        result += (turn / length)[:, None, None] * along[:, :, None] * along[:, None, :]
    trace = np.trace(result, axis1=1, axis2=2)
    return np.asarray(result / np.where(trace > 0.0, trace, 1.0)[:, None, None])
