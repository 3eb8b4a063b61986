"""Small-strain J2 plasticity with isotropic hardening: return mapping, element loops, history.

    s = 2 mu dev(e - e* - ep),   q = sqrt(3/2 s : s) <= sy(a) = sy0 + H a + Q (1 - exp(-b a)),

by radial return with its consistent tangent: J. C. Simo and T. J. R. Hughes, Computational Inelasticity, Springer 1998,
boxes 3.1 and 3.2; H linear, Q and b Voce's, or sy linear between the points of a curve and constant beyond. In 3D and
in plane strain the pressure p = K tr(e - e*) is an unknown of its own, linear in each cell and continuous within a law
(Taylor and Hood), so that isochoric plastic flow does not lock; in plane stress the out-of-plane strain at each point
follows from zero out-of-plane stress.

Strains and stresses in the loops have six entries: 00, 11, 22, 01, 02, 12, with engineering shear strains.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microfem.fem.compiled import compiled
from microfem.fem.solvers.scatter import add_element

SLACK = 1e-11  # of the yield stress: tolerance within which a state on the yield surface is elastic
ITERATIONS = 50  # most iterations of the return mapping at a point
MOST_STRESS_ACROSS = 1e-8  # relative out-of-plane stress above which a plane-stress point has not converged


@compiled
def segment(law: Any, a: float) -> int:
    """Return the number of the last point of a curve at or before an equivalent plastic strain a."""
    k, count = 0, (len(law) - 6) // 2
    while k < count - 1 and a >= law[7 + k]:
        k += 1
    return k


@compiled
def strength(law: Any, a: float) -> Any:
    """Return the yield stress and its slope at an equivalent plastic strain a, MPa.

    law: mu, K, sy0, H, Q, b, then the plastic strains of a curve from 0 on, then its yield stresses; a first plastic
    strain below 0 means no curve.
    """
    count = (len(law) - 6) // 2
    if count > 0 and law[6] >= 0.0:
        k = segment(law, a)
        if k == count - 1:
            return law[5 + 2 * count], 0.0
        low, high = law[6 + count + k], law[7 + count + k]
        incline = (high - low) / (law[7 + k] - law[6 + k])
        return low + incline * (a - law[6 + k]), incline
    fade = math.exp(-law[5] * a)
    return law[2] + law[3] * a + law[4] * (1.0 - fade), law[3] + law[4] * law[5] * fade


@compiled
def along_curve(q: float, a: float, law: Any) -> float:
    """Return the increment of a at which q - 3 mu more = sy(a + more), one segment of the curve after another."""
    more, count = 0.0, (len(law) - 6) // 2
    for k in range(segment(law, a), count):
        start = max(a, law[6 + k])
        now, slope = strength(law, start)
        more = (q - now + slope * (start - a)) / (3.0 * law[0] + slope)
        if k == count - 1 or a + more <= law[7 + k]:
            break
    return more


@compiled
def return_to_yield(e: Any, plastic: Any, a: float, law: Any, s: Any, d: Any) -> float:
    """Write the deviatoric stress s (6,) and its consistent tangent d (6, 6); return the increment of a.

    Without a curve the residual is convex and decreasing, so Newton's method from 0 converges to its root
    monotonically.
    """
    mu, third = law[0], (e[0] + e[1] + e[2] - plastic[0] - plastic[1] - plastic[2]) / 3.0
    q = 0.0
    for i in range(6):
        s[i] = 2.0 * mu * (e[i] - plastic[i] - third) if i < 3 else mu * (e[i] - plastic[i])
        q += (1.5 if i < 3 else 3.0) * s[i] * s[i]
    q = math.sqrt(q)
    more, keep, drop = 0.0, 1.0, 0.0
    now, slope = strength(law, a)
    if q > now * (1.0 + SLACK):
        if len(law) > 6 and law[6] >= 0.0:
            more = along_curve(q, a, law)
            now, slope = strength(law, a + more)
        else:
            for _ in range(ITERATIONS):
                step = (q - 3.0 * mu * more - now) / (3.0 * mu + slope)
                more += step
                now, slope = strength(law, a + more)
                if step <= 1e-15 * more:
                    break
        keep = 1.0 - 3.0 * mu * more / q
        drop = 3.0 * mu / (3.0 * mu + slope) - (1.0 - keep)
    for i in range(6):
        for j in range(6):
            unit = (1.0 if i < 3 else 0.5) if i == j else 0.0
            if i < 3 and j < 3:
                unit -= 1.0 / 3.0
            d[i, j] = 2.0 * mu * (keep * unit - (drop * 1.5 * s[i] * s[j] / (q * q) if drop != 0.0 else 0.0))
    for i in range(6):
        s[i] *= keep
    return more


@compiled
def return_in_plane(e: Any, plastic: Any, a: float, law: Any, s: Any, d: Any) -> float:
    """Write e[2] such that s[2] = 0, the stress s and the condensed tangent d; return the increment of a."""
    mu, bulk = law[0], law[1]
    e[2] = plastic[2] - (bulk - 2.0 * mu / 3.0) / (bulk + 4.0 * mu / 3.0) * (e[0] + e[1] - plastic[0] - plastic[1])
    more = 0.0
    for _ in range(ITERATIONS):
        more = return_to_yield(e, plastic, a, law, s, d)
        size = bulk * (abs(e[0]) + abs(e[1]) + abs(e[2]) + abs(e[3]))
        out = s[2] + bulk * (e[0] + e[1] + e[2])
        if abs(out) <= 1e-14 * size:
            break
        e[2] -= out / (d[2, 2] + bulk)
    if not abs(out) <= MOST_STRESS_ACROSS * size:
        more = math.nan
    pressure = bulk * (e[0] + e[1] + e[2])
    for i in range(3):
        s[i] += pressure
        for j in range(3):
            d[i, j] += bulk
    s[2] = 0.0
    for i in range(6):
        for j in range(6):
            if i != 2 and j != 2:
                d[i, j] -= d[i, 2] * d[2, j] / d[2, 2]
    for i in range(6):
        d[i, 2] = d[2, i] = 0.0
    return more


@compiled
def _strain(c: int, q: int, x: Any, mesh: Any, g: Any, b: Any, e: Any) -> Any:
    """Write gradients g (nloc, dim), strains b (nloc, dim, 6) of unit displacements and the strain e; return p.

    mesh: nodes, inverse, measure, reference gradients, values of P1, pressure nodes, first pressure, its scale.
    """
    nodes, inverse, _, reference, linear, pressures, first, scale = mesh
    nloc, dim = g.shape
    b[:] = 0.0
    e[:] = 0.0
    for a in range(nloc):
        for i in range(dim):
            total = 0.0
            for k in range(dim):
                total += reference[q, a, k] * inverse[c, k, i]
            g[a, i] = total
        for i in range(dim):
            b[a, i, i] = g[a, i]
            for j in range(dim):
                if i != j:
                    b[a, i, 2 + i + j] = g[a, j]
        for i in range(dim):
            u = x[dim * nodes[c, a] + i]
            for k in range(6):
                e[k] += b[a, i, k] * u
    p = 0.0
    for v in range(pressures.shape[1]):
        p += scale * linear[q, v] * x[first + pressures[c, v]]
    return p


@compiled
def add_cells(
    x: Any,
    mesh: Any,
    laws: Any,
    star: Any,
    history: Any,
    forces: Any,
    size: Any,
    matrix: bool,
    slots: Any,
    blocks: Any,
    increments: Any,
    products: Any,
) -> None:
    """Add internal forces (n,), sums of their absolute values and, if `matrix`, the tangent and its products.

    laws: (ncells, 6) or more, see `strength`; star: (ncells,) eigenstrain; products: (m, n) tangent times increments
    (m, n); history: plastic strain (ncells, nq, 6) and a (ncells, nq).
    """
    nodes, _, measure, reference, linear, pressures, first, scale = mesh
    nq, nloc, dim = reference.shape
    corners = pressures.shape[1]
    count = nloc + corners
    g, b, e = np.zeros((nloc, dim)), np.zeros((nloc, dim, 6)), np.zeros(6)
    s, d, db = np.zeros(6), np.zeros((6, 6)), np.zeros(6)
    f, k = np.zeros((count, dim)), np.zeros((count, dim, count, dim))
    place = np.full((count, dim), -1)
    for c in range(len(nodes)):
        f[:] = 0.0
        k[:] = 0.0
        for a in range(nloc):
            for i in range(dim):
                place[a, i] = dim * nodes[c, a] + i
        for v in range(corners):
            place[nloc + v, 0] = first + pressures[c, v]
        w = measure[c] / nq
        for q in range(nq):
            p = _strain(c, q, x, mesh, g, b, e)
            e[:3] -= star[c]
            if corners:
                return_to_yield(e, history[0][c, q], history[1][c, q], laws[c], s, d)
                s[:3] += p
                out = e[0] + e[1] + e[2] - p / laws[c, 1]
                for v in range(corners):
                    f[nloc + v, 0] += w * scale * linear[q, v] * out
            elif math.isnan(return_in_plane(e, history[0][c, q], history[1][c, q], laws[c], s, d)):
                s[0] = math.nan
            for a in range(nloc):
                for i in range(dim):
                    for m in range(6):
                        f[a, i] += w * b[a, i, m] * s[m]
            if matrix:
                _add_point(w, g, b, d, db, linear[q], scale, laws[c, 1], k)
        for a in range(count):
            for i in range(dim if a < nloc else 1):
                forces[place[a, i]] += f[a, i]
                size[place[a, i]] += abs(f[a, i])
        if matrix:
            add_element(k, slots[c], blocks)
            _add_products(k, place, increments, products)


@compiled
def _add_point(w: float, g: Any, b: Any, d: Any, db: Any, linear: Any, scale: float, bulk: float, k: Any) -> None:
    """Add one quadrature point to an element matrix, for nodes a <= b."""
    nloc, dim = g.shape
    corners = len(k) - nloc
    for a in range(nloc):
        for i in range(dim):
            for m in range(6):
                db[m] = 0.0
                for n in range(6):
                    db[m] += w * b[a, i, n] * d[n, m]
            for c in range(a, nloc):
                for j in range(dim):
                    total = 0.0
                    for m in range(6):
                        total += db[m] * b[c, j, m]
                    k[a, i, c, j] += total
            for v in range(corners):
                k[a, i, nloc + v, 0] += w * scale * linear[v] * g[a, i]
    for v in range(corners):
        for u in range(v, corners):
            k[nloc + v, 0, nloc + u, 0] -= w * scale * scale * linear[v] * linear[u] / bulk


@compiled
def _add_products(k: Any, place: Any, increments: Any, products: Any) -> None:
    """Add an element matrix times increments (m, n); most increments are zero in most cells."""
    count, dim = place.shape
    for m in range(len(increments)):
        for c in range(count):
            for j in range(dim):
                if place[c, j] < 0 or increments[m, place[c, j]] == 0.0:
                    continue
                u = increments[m, place[c, j]]
                for a in range(count):
                    for i in range(dim):
                        if place[a, i] >= 0:
                            products[m, place[a, i]] += (k[a, i, c, j] if a <= c else k[c, j, a, i]) * u


@compiled
def update(x: Any, mesh: Any, laws: Any, star: Any, history: Any, strain: Any, stress: Any, after: Any) -> None:
    """Write strain minus eigenstrain and stress (ncells, nq, 6), and the history at x."""
    nodes, _, _, reference, _, pressures, _, _ = mesh
    nq, nloc, dim = reference.shape
    g, b, e = np.zeros((nloc, dim)), np.zeros((nloc, dim, 6)), np.zeros(6)
    s, d = np.zeros(6), np.zeros((6, 6))
    for c in range(len(nodes)):
        for q in range(nq):
            p = _strain(c, q, x, mesh, g, b, e)
            e[:3] -= star[c]
            plastic, a = history[0][c, q], history[1][c, q]
            if pressures.shape[1]:
                more = return_to_yield(e, plastic, a, laws[c], s, d)
                deviator = s.copy()
                s[:3] += p
            else:
                more = return_in_plane(e, plastic, a, laws[c], s, d)
                deviator = s.copy()
                deviator[:3] -= (s[0] + s[1] + s[2]) / 3.0
            now = strength(laws[c], a + more)[0]
            after[1][c, q] = a + more
            for m in range(6):
                grown = (1.5 if m < 3 else 3.0) * more * deviator[m] / now if more > 0.0 else 0.0
                after[0][c, q, m] = plastic[m] + grown
                strain[c, q, m], stress[c, q, m] = e[m], s[m]
