"""Conductors that are sections of rings: conductances that grow with the distance from the axis.

In a section r, z the conductance of a ring is 2 pi r c, linear in each simplex, and all integrals are

    integral 2 pi r c |grad u|^2,   integral |Q|^2 / (2 pi r c),   Q = 2 pi r q,

where Q is divergence-free in the plane. The first is a polynomial. Of the second an upper bound is enough, since it
bounds energies from above: 1 / s, of the conductance s, is replaced by a polynomial p >= 1 / s. With nodes s_i,

    1 / s - p(s) = prod_i (1 - s / s_i) / s,

which is at most 0 if the least s of the simplex is one node and all others are double. At the axis, where Q vanishes,
and near it, |Q|^2 / s is bounded by its linear interpolation from the vertices, since it is convex in Q and s together.
"""

from __future__ import annotations

from functools import cache
from math import factorial

import numpy as np

from microfem.fem.space import Floats, QuadratureRule, simplex_rule

DOUBLE = 4  # double nodes of the polynomial, whose degree is twice that
STEEP = 4.0  # ratio of the conductances at the vertices of a simplex, above which the interpolation is used


def rule_for(dim: int, degree: int) -> QuadratureRule:
    """Return the rule for a polynomial of a degree times `resistivity`."""
    return simplex_rule(dim, degree + 2 * DOUBLE)


def resistivity(conductance: Floats, low: Floats, high: Floats) -> Floats:
    """Return the polynomial p >= 1 / s (n, nq) at conductances s (n, nq), of simplices with s from low to high (n,).

    From an axis on, where low is 0, it is 1 / s.
    """
    nodes = np.cos(np.pi * (np.arange(DOUBLE) + 0.5) / DOUBLE)
    away = low[:, None] > 0.0
    first = np.where(away, low[:, None], np.inf)
    product = 1.0 - conductance / first
    for node in nodes:
        product *= (1.0 - conductance / (0.5 * (low + high) + 0.5 * node * (high - low))[:, None]) ** 2
    return np.asarray((1.0 - np.where(away, product, 0.0)) / conductance)


def resistance_products(measure: Floats, conductance: Floats) -> Floats:
    """Return upper bounds (n, k + 1, k + 1) of the integrals of lambda_a lambda_b / s, as quadratic forms.

    measure: (n,); conductance: (n, k + 1) s at the vertices. Rows of vertices on the axis, where fluxes vanish, are 0.
    """
    low, high, k = conductance.min(axis=1), conductance.max(axis=1), conductance.shape[1] - 1
    each = np.divide(1.0, conductance, out=np.zeros_like(conductance), where=conductance > 0.0)
    products = each[:, :, None] * np.eye(k + 1) / (k + 1)
    gentle, rule = np.flatnonzero(high <= STEEP * low), rule_for(k, 2)
    inverse = resistivity(conductance[gentle] @ rule.points.T, low[gentle], high[gentle])
    products[gentle] = np.einsum("q,nq,qa,qb->nab", rule.weights, inverse, rule.points, rule.points, optimize=True)
    return np.asarray(measure[:, None, None] * products)


def conductance_products(measure: Floats, conductance: Floats) -> Floats:
    """Return the integrals of s lambda_a lambda_b, (n, k + 1, k + 1); arguments as of `resistance_products`."""
    return np.asarray(np.einsum("n,ni,iab->nab", measure, conductance, _cubes(conductance.shape[1] - 1)))


@cache
def _cubes(k: int) -> Floats:
    """Return the means of lambda_a lambda_b lambda_c over a simplex of dimension k."""
    number = np.indices((k + 1,) * 3)
    powers = [(number == vertex).sum(axis=0) for vertex in range(k + 1)]
    faculties = np.array([factorial(power) for power in range(4)])
    return np.asarray(np.prod([faculties[power] for power in powers], axis=0) * factorial(k) / factorial(k + 3))
