"""The thickness of a film with the least loss, by a primal-dual interior-point method.

    min_t max_u  2 integral q u - integral sigma t |grad u|^2 + integral bubble / t,   mean(t) = 1, least <= t <= cap,

has the optimality conditions, with the multiplier m of the mass and y, z >= 0 of the bounds,

    K(t) u = q,   sigma |grad u|^2 + bubble / t^2 - m + y - z = 0,   y (t - least) = 0,   z (cap - t) = 0.

Newton's method on these, with the products at mu > 0 in place of 0, needs one factorisation an iteration: t, y and z
are eliminated from each triangle, and what is left is the Laplacian of an anisotropic film. Predictor and corrector:
S. Mehrotra, SIAM J. Optim. 2 (1992) 575.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from microfem.base.errors import SolveError
from microfem.fem.solvers.direct import factorise
from microfem.fem.solvers.factors import Factors
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.upper import Plan, plan
from microfem.fem.space import Floats
from microfem.fem.thickness.film import FilmElements
from microfem.fem.thickness.shares import most_heat

REFINED = 2  # solutions of the linear system, each with the residual of the one before
INWARDS = 0.1  # part of the way from another film to the even one at which the iteration starts
FIRST = 0.3  # distance of the first multipliers from their bounds, relative to that of the mass


@dataclass(frozen=True, kw_only=True)
class Iterate:
    """Potential u (ndofs,), thickness t (n,), multipliers m, y (n,) and z (n,); z is 0 without a cap."""

    u: Floats
    t: Floats
    m: float
    y: Floats
    z: Floats

    def moved(self, way: Iterate, length: float) -> Iterate:
        """Return the iterate a part of the way on."""
        return Iterate(
            u=self.u + length * way.u,
            t=self.t + length * way.t,
            m=self.m + length * way.m,
            y=self.y + length * way.y,
            z=self.z + length * way.z,
        )


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """The last iterate; gap: share of the loss that a better film on this mesh may save, and of unbalanced current."""

    u: Floats
    t: Floats
    gap: float


class InteriorPoint:
    """The film of least loss on one kind of elements; least, cap: bounds of the thickness relative to its mean."""

    def __init__(self, elements: FilmElements, least: float, cap: float, settings: SolverSettings) -> None:
        """Analyse the matrix, which all iterations share; there is none where all of a coarse mesh is drained."""
        self.on, self.least, self.cap, self.capped = elements, least, cap, math.isfinite(cap)
        self.settings = settings.interior_point
        form = elements.stiffness(elements.metric)
        self.plan: Plan = plan(form, elements.free)
        self.factors: Factors | None = factorise(self.plan.upper(form), settings) if len(elements.free) else None
        self.even = self._solved(elements.load[None])[0]

    def solve(self, start: Floats | None = None) -> Optimum:
        """Iterate from the even film, or from near another one, (n,), that may reach its bounds.

        Raises:
            SolveError: a factorisation fails, or the iteration diverges.
        """
        if self.factors is None:
            return Optimum(u=self.even, t=np.ones(len(self.on.area)), gap=1.0)
        t = np.ones(len(self.on.area)) if start is None else start + INWARDS * (1.0 - start)
        at, iterations = self._start(t, self.even if start is None else self.potential(t)[0]), 0
        while (gap := self.gap(at)) > self.settings.tolerance and iterations < self.settings.iterations:
            at, iterations = self._next(at), iterations + 1
        if not math.isfinite(gap):
            raise SolveError("the interior-point method for the thickness diverged")
        return Optimum(u=at.u, t=at.t, gap=gap)

    def close(self) -> None:
        """Free the memory of the factors."""
        if self.factors is not None:
            self.factors.close()

    def potential(self, t: Floats) -> tuple[Floats, float]:
        """Return the potential (ndofs,) in a film of thickness t (n,), and the largest unbalanced current, relative."""
        self._renew(t[:, None, None] * self.on.metric)
        u, off = np.zeros(self.on.space.ndofs), self.on.load
        for _ in range(REFINED):
            u = u + self._solved(off[None])[0]
            off = self.on.load - self.on.forces(t[:, None] * self.on.flux(u))
        return u, float(np.abs(off[self.on.free]).sum() / np.abs(self.on.load).sum())

    def heat(self, at: Iterate) -> Floats:
        """Return the loss that thickness saves in each triangle, (n,)."""
        return np.asarray(self.on.heat(at.u) + self.on.bubble / at.t**2)

    def gap(self, at: Iterate) -> float:
        """Return the share of the loss that another film could save, and the unbalanced share of the current."""
        heat, area = self.heat(at), self.on.area
        most, _ = most_heat(heat, area, self.least, self.cap)
        own = float((area * at.t * heat).sum())
        fed = float(self.on.load @ at.u + (area * self.on.bubble / at.t).sum())
        return abs(most - own) / most + abs(own - fed) / own

    def _start(self, t: Floats, u: Floats) -> Iterate:
        """Return the first iterate, whose multipliers are well above 0."""
        heat = self.on.heat(u) + self.on.bubble / t**2
        m = float((self.on.area * t * heat).sum()) if self.capped else float(heat.max())
        z = np.maximum(heat - m, 0.0) + FIRST * m if self.capped else 0.0 * t
        return Iterate(u=u, t=t, m=m, y=np.maximum(m - heat, 0.0) + FIRST * m, z=z)

    def _solved(self, loads: Floats) -> Floats:
        u = np.zeros_like(loads)
        if self.factors is not None:
            u[:, self.on.free] = self.factors.solve(loads[:, self.on.free])
        return u

    def _renew(self, metric: Floats) -> None:
        if self.factors is not None:
            self.factors.renew(self.plan.upper(self.on.stiffness(metric)))

    def _room(self, at: Iterate) -> Floats:
        """Return the distance of the thickness from its cap, 1 without one, where z is 0."""
        return self.cap - at.t if self.capped else np.ones_like(at.t)

    def _complementarity(self, at: Iterate) -> float:
        return float((self.on.area * (at.y * (at.t - self.least) + at.z * self._room(at))).sum())

    def _next(self, at: Iterate) -> Iterate:
        """Return the next iterate: a predictor to mu = 0 tells how far mu can fall, a corrector goes there."""
        flux, room = self.on.flux(at.u), self._room(at)
        weight = at.y / (at.t - self.least) + at.z / room + 2.0 * self.on.bubble / at.t**3
        along = 2.0 / (self.on.area * weight)
        matrix = at.t[:, None, None] * self.on.metric + along[:, None, None] * flux[:, :, None] * flux[:, None, :]
        self._renew(matrix)
        now = self._complementarity(at)
        zero = np.zeros_like(at.t)
        first = self._way(at, flux, weight, zero, zero, zero, np.zeros_like(at.u))
        length = self._length(at, first, 1.0)
        mu = (self._complementarity(at.moved(first, length)) / now) ** 3 * now / (1.0 + self.capped)
        change = self.on.flux(first.u)
        bent = (self.on.differences(first.u) * change).sum(axis=1) / self.on.area
        bent += 3.0 * self.on.bubble * first.t**2 / at.t**4
        trust = length**2
        y, z = mu - trust * first.t * first.y, self.capped * mu + trust * first.t * first.z
        way = self._way(at, flux, weight, y, z, trust * bent, trust * self.on.forces(first.t[:, None] * change))
        return at.moved(way, self._length(at, way, self.settings.to_boundary))

    def _way(
        self, at: Iterate, flux: Floats, weight: Floats, y: Floats, z: Floats, bent: Floats, pull: Floats
    ) -> Iterate:
        """Return a step of Newton's method to products y, z of thicknesses and multipliers, (n,).

        bent: (n,) and pull: (ndofs,) second-order terms of the heat and of the current.
        """
        on, room, thick = self.on, self._room(at), at.t - self.least
        off = at.m - self.heat(at) - bent - y / thick + z / room
        current = on.load - on.forces(at.t[:, None] * flux) - pull
        loads = np.stack([current + on.forces(flux * (off / weight)[:, None]), on.forces(flux / weight[:, None])])
        fixed, by_m = self._solved(loads)
        heats = [2.0 * (flux * on.differences(one)).sum(axis=1) / on.area for one in (fixed, by_m)]
        missing = 1.0 - (on.area * at.t).sum() - (on.area * (heats[0] - off) / weight).sum()
        m = missing / (on.area * (heats[1] - 1.0) / weight).sum()
        t = (heats[0] + m * heats[1] - m - off) / weight
        return Iterate(
            u=fixed + m * by_m,
            t=t,
            m=float(m),
            y=(y - at.y * t) / thick - at.y,
            z=(z + at.z * t) / room - at.z,
        )

    def _length(self, at: Iterate, way: Iterate, share: float) -> float:
        """Return the part of a step, at most 1, that goes a share of the distance to the nearest bound."""
        pairs = [(at.t - self.least, way.t), (at.y, way.y)]
        if self.capped:
            pairs += [(self.cap - at.t, -way.t), (at.z, way.z)]
        return min(1.0, *(share * _until(size, change) for size, change in pairs))


def _until(size: Floats, change: Floats) -> float:
    """Return the part of a change at which the first of sizes (n,) is used up."""
    falls = change < 0.0
    return float((size[falls] / -change[falls]).min(initial=math.inf))
