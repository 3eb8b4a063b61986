"""Equilibrium of rods: forces and tangent stiffness of elements, as a problem for newton.py and buckling.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from microfem.fem.compiled import compiled
from microfem.fem.rods.rod import NODE, RELATIVE, ROTATION, ElementStrains, Rod, generalised, measure
from microfem.fem.solvers.newton import Linear
from microfem.fem.solvers.scatter import Scatter, add_element, make_scatter
from microfem.fem.space import Floats, Ints

LEAST_WORK = 1e-3  # of the smallest bending stiffness over the length: least reference force of a residual


def _generalise(strains: Floats, inner: Floats) -> tuple[Floats, Floats]:
    """Return the derivatives of g (n, 4, 6), and the sum of the second ones weighted by inner (n, 4), (n, 6, 6)."""
    _, gamma_y, gamma_z, twist, _, _ = strains.T
    slopes, bends = np.zeros((len(strains), 4, 6)), np.zeros((len(strains), 6, 6))
    slopes[:, [0, 1, 2], [0, 5, 4]] = 1.0, -1.0, 1.0
    slopes[:, 0, 1], slopes[:, 0, 2] = gamma_y, gamma_z
    slopes[:, 1, 2], slopes[:, 1, 3], slopes[:, 2, 1], slopes[:, 2, 3] = twist, gamma_z, -twist, -gamma_y
    slopes[:, 3, 3] = twist
    bends[:, [1, 2], [1, 2]] = inner[:, :1]
    bends[:, 3, 3] = inner[:, 3]
    bends[:, 2, 3] = bends[:, 3, 2] = inner[:, 1]
    bends[:, 1, 3] = bends[:, 3, 1] = -inner[:, 2]
    return slopes, bends


def _respond(rod: Rod, strains: Floats) -> tuple[Floats, Floats]:
    """Return forces and moments (n, 6) and their derivatives (n, 6, 6) by the strains, times the element lengths."""
    h, section = rod.lengths[:, None], rod.section
    g = generalised(strains) - generalised(rod.rest_strains)
    inner = (rod.moments @ g[:, :, None])[..., 0]
    slopes, bends = _generalise(strains, inner)
    forces = (inner[:, None] @ slopes)[:, 0]
    tangent = slopes.swapaxes(1, 2) @ rod.moments @ slopes + bends
    tangent[:, 3, 3] += section.torsion
    tangent[:, [1, 2], [1, 2]] += section.shear
    excess = strains - rod.rest_strains
    forces[:, 3] += section.torsion * excess[:, 3]
    forces[:, 1:3] += section.shear * excess[:, 1:3]
    return forces * h, tangent * h[:, :, None]


def _slopes(rod: Rod, now: ElementStrains) -> Floats:
    """Return the derivatives of the strains by (x1, q1, x2, q2) of each element (n, 6, 14), q of unit length."""
    h, n = rod.lengths[:, None, None], len(now.m)
    slopes = np.zeros((n, 6, 2 * NODE))
    frame = (now.turn @ now.m[:, None, :, None])[..., 0].swapaxes(1, 2) * rod.scale / h
    by_m = (now.r[:, None] @ now.turn.reshape(n, 3, 12)).reshape(n, 3, 4)
    by_m = by_m @ _across(now.m) / now.mean[:, None, None]  # twice the derivative by m, which is half that by p and q
    slopes[:, :3, :3], slopes[:, :3, 7:10] = -frame, frame
    slopes[:, :3, 3:7] = slopes[:, :3, 10:] = by_m
    slopes[:, 3:, 3:7] = 2.0 * (now.q @ RELATIVE.reshape(12, 4).T).reshape(n, 3, 4) / h
    slopes[:, 3:, 10:] = 2.0 * (now.p @ RELATIVE.swapaxes(1, 2).reshape(12, 4).T).reshape(n, 3, 4) / h
    return slopes


def _bends(rod: Rod, now: ElementStrains, forces: Floats) -> Floats:
    """Return the sum of the second derivatives of the strains weighted by forces (n, 6), (n, 14, 14)."""
    h, n = rod.lengths[:, None, None], len(forces)
    total = np.zeros((n, 2 * NODE, 2 * NODE))
    across, mean = _across(now.m), now.mean[:, None, None]
    mixed = (forces[:, None, None, :3] @ now.turn)[:, :, 0] * rod.scale / h @ across / mean
    pairs = (now.r[:, :, None] * forces[:, None, :3]).reshape(n, 9)
    by_m = 2.0 * (pairs @ ROTATION.reshape(9, 16)).reshape(n, 4, 4)
    twice = _of_unit(by_m, (by_m @ now.m[:, :, None])[..., 0], now.m, now.mean) / 4.0
    turn = 2.0 * (forces[:, 3:] @ RELATIVE.reshape(3, 16)).reshape(n, 4, 4) / h
    for i in (slice(3, 7), slice(10, 14)):
        for sign, place in ((-1.0, slice(0, 3)), (1.0, slice(7, 10))):
            total[:, place, i] = sign * mixed
            total[:, i, place] = sign * mixed.swapaxes(1, 2)
        for j in (slice(3, 7), slice(10, 14)):
            total[:, i, j] = twice
    total[:, 3:7, 10:] += turn
    total[:, 10:, 3:7] += turn.swapaxes(1, 2)
    return total


def _across(unit: Floats) -> Floats:
    """Return the projector P = 1 - q q^T (n, 4, 4) of unit quaternions."""
    return np.asarray(np.eye(4) - unit[:, :, None] * unit[:, None, :])


def _of_unit(matrix: Floats, slope: Floats, unit: Floats, size: Floats) -> Floats:
    """Return d2 f(q / |q|) / dq2 = (P H P - (q . g) P - q (P g)^T - (P g) q^T) / |q|2 with unit q, (n, 4, 4).

    matrix: H (n, 4, 4), slope: g (n, 4) of f at the unit quaternion; size: |q| (n,).
    """
    across, along = _across(unit), (unit * slope).sum(axis=1)[:, None]
    both = unit[:, :, None] * (slope - along * unit)[:, None, :]
    whole = across @ matrix @ across - along[:, :, None] * across - both - both.swapaxes(1, 2)
    return np.asarray(whole / size[:, None, None] ** 2)


def _normalise(now: ElementStrains, forces: Floats, matrix: Floats | None = None) -> None:
    """Convert derivatives by q / |q| at both ends of elements to derivatives by q, in place."""
    for end, unit in enumerate((now.p, now.q)):
        part, size = slice(7 * end + 3, 7 * end + 7), now.sizes[:, end]
        across = _across(unit)
        if matrix is not None:
            inner = _of_unit(matrix[:, part, part], forces[:, part], unit, size)
            matrix[:, part] = across @ matrix[:, part] / size[:, None, None]
            matrix[:, :, part] = matrix[:, :, part] @ across / size[:, None, None]
            matrix[:, part, part] = inner
        forces[:, part] = (across @ forces[:, part, None])[..., 0] / size[:, None]


@dataclass(frozen=True)
class RodProblem:
    """Equilibrium of a rod with prescribed unknowns; an EquilibriumProblem of newton.py.

    constrained: prescribed unknowns, ascending; motion: load factor -> their values; dead: (7 n,) dead load at load
    factor 1: forces times the length of the rod. Forces are derivatives of the energy, pJ.
    """

    rod: Rod
    constrained: Ints
    motion: Callable[[float], Floats]
    dead: Floats | None = None

    @property
    def free_modes(self) -> Floats:
        """No free modes."""
        return np.zeros((0, len(self.constrained)))

    @cached_property
    def free(self) -> Ints:
        """Free unknowns: all others, ascending."""
        return np.setdiff1d(np.arange(len(self.rod.rest)), self.constrained)

    @cached_property
    def _scatter(self) -> Scatter:
        unknown = np.full(len(self.rod.rest), -1)
        unknown[self.free] = np.arange(len(self.free))
        first = np.arange(len(self.rod.lengths))
        return make_scatter(np.column_stack([first, first + 1]), unknown.reshape(-1, NODE))

    @cached_property
    def _bending(self) -> Floats:
        """Bending stiffness of elements (n - 1, 2), uN um2."""
        return np.asarray(np.diagonal(self.rod.moments, axis1=1, axis2=2)[:, 1:3])

    def values(self, load: float) -> Floats:
        """Return the prescribed values at a load factor."""
        return self.motion(load)

    def forces(self, x: Floats, load: float) -> Floats | None:
        """Return the residual (7 n,), pJ; None if a quaternion nearly vanishes or an element turns by 120 degrees."""
        now = measure(self.rod, x)
        if not np.isfinite(x).all() or now.sizes.min() < 0.1 or (now.p * now.q).sum(axis=1).min() < 0.5:
            return None
        return self._summed(self.elements(x)[0]) - self._dead(load)

    def error(self, x: Floats, forces: Floats, load: float) -> float:  # noqa: ARG002
        """Return the norm of residual forces relative to the element forces."""
        least = LEAST_WORK * float(self._bending.min() / self.rod.scale)
        return float(np.linalg.norm(forces) / max(float(np.linalg.norm(self.elements(x)[0])), least))

    def place(self, forces: Floats) -> str:
        """Return where along the rod forces are largest, for messages."""
        node = int(np.abs(forces.reshape(-1, NODE)).max(axis=1).argmax())
        return f"the rod at {self.rod.lengths[:node].sum() / self.rod.scale:.0%} of its length"

    def linearise(self, x: Floats, load: float, increments: Floats) -> Linear:
        """Return forces, K @ increments and the upper triangle between free unknowns."""
        local, matrix = self.elements(x, stiffness=True)
        at = increments.reshape(len(increments), len(x) // NODE, NODE)
        pairs = np.concatenate([at[:, :-1], at[:, 1:]], axis=2)
        products = [self._summed(np.einsum("eij,ej->ei", matrix, pair)) for pair in pairs]
        blocks = self._scatter.zeros()
        _add(matrix.reshape(-1, 2, NODE, 2, NODE), self._scatter.slots, blocks)
        residual = self._summed(local) - self._dead(load)
        return Linear(residual, np.reshape(products, increments.shape), self._scatter.upper(blocks))

    def commit(self, x: Floats, load: float) -> None:
        """Do nothing: the rod is elastic."""

    def energy(self, x: Floats, load: float) -> float:
        """Return the potential energy, pJ, of which equilibria are stationary points."""
        strains, stiff, shares = measure(self.rod, x).strains, self.rod.section, self._shares
        g, excess = generalised(strains) - generalised(self.rod.rest_strains), strains - self.rod.rest_strains
        density = np.einsum("ei,eij,ej->e", g, self.rod.moments, g) + stiff.torsion * excess[:, 3] ** 2
        density += (stiff.shear * excess[:, 1:3] ** 2).sum(axis=1)
        off = (x.reshape(-1, NODE)[:, 3:] ** 2).sum(axis=1) - 1.0
        hold = self._hold * ((shares * off[:-1] ** 2) + (shares[::-1] * off[1:] ** 2)).sum() / 8.0
        return float(0.5 * density @ self.rod.lengths + hold - self._dead(load) @ x)

    def elements(self, x: Floats, stiffness: bool = False) -> tuple[Floats, Floats]:
        """Return element forces (n, 14) and, if `stiffness`, the element stiffness (n, 14, 14)."""
        now = measure(self.rod, x)
        forces, tangent = _respond(self.rod, now.strains)
        slopes = _slopes(self.rod, now)
        local = (forces[:, None] @ slopes)[:, 0]
        matrix = np.zeros((0, 2 * NODE, 2 * NODE))
        if stiffness:
            matrix = slopes.swapaxes(1, 2) @ tangent @ slopes + _bends(self.rod, now, forces)
        _normalise(now, local, matrix if stiffness else None)
        at = x.reshape(-1, NODE)[:, 3:]
        for q, part, share in ((at[:-1], slice(3, 7), self._shares), (at[1:], slice(10, 14), self._shares[::-1])):
            hold, excess = self._hold * share[:, None], 0.5 * ((q**2).sum(axis=1, keepdims=True) - 1.0)
            local[:, part] += hold * excess * q
            if stiffness:
                both = excess[:, :, None] * np.eye(4) + q[:, :, None] * q[:, None, :]
                matrix[:, part, part] += hold[:, :, None] * both
        return local, matrix

    @property
    def _hold(self) -> float:
        """Coefficient c of the term that keeps quaternions at unit length, pJ."""
        return float(self._bending.max() / self.rod.lengths.min())

    @cached_property
    def _shares(self) -> Floats:
        """Each element's share of that term at its first node (n - 1,); reversed: at its second."""
        shares = np.full(len(self.rod.lengths), 0.5)
        shares[0] = 1.0
        return shares

    def _dead(self, load: float) -> Floats:
        return np.zeros(len(self.rod.rest)) if self.dead is None else load * self.dead

    def _summed(self, local: Floats) -> Floats:
        """Return the assembled vector (7 n,) of element vectors (n - 1, 14)."""
        total = np.zeros((len(local) + 1, NODE))
        total[:-1] += local[:, :NODE]
        total[1:] += local[:, NODE:]
        return total.ravel()


@compiled
def _add(matrices: Any, slots: Any, blocks: Any) -> None:
    for e in range(len(matrices)):
        add_element(matrices[e], slots[e], blocks)
