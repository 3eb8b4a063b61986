"""Conjugate gradients with a multigrid cycle, stopped by the energy that is still missing.

With contrasts of 1e6 the right-hand side says nothing about the solution's size; energies do. r . M r is about the
squared energy norm of the error, and alpha r . M r is what a step gains (M. R. Hestenes, E. Stiefel, 1952).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from microfem.errors import SolveError
from microfem.fem.assembly import Stiffness
from microfem.fem.compiled import compiled
from microfem.fem.multigrid import build_multigrid
from microfem.fem.space import Floats, Ints

ACCURACY = 1e-9  # energy norm of the error, relative to that of the solution
MOST_STEPS = 200  # about what a direct solve of 300,000 unknowns costs


class Stalled(SolveError):
    """The iteration did not reach its accuracy; the message has the history of its residuals."""


class Conjugate:
    """A multigrid hierarchy that is kept until it is closed."""

    def __init__(self, form: Stiffness, free: Ints, upper: sp.csr_matrix) -> None:
        """Build the hierarchy."""
        self._upper, self._multigrid = upper, build_multigrid(form, free, upper)
        self.steps = 0

    @property
    def name(self) -> str:
        """The levels and how many steps the longest solve took."""
        return f"{self._multigrid.name} CG, {self.steps} steps"

    def solve(self, right: Floats, energy: Floats) -> Floats:
        """Return x (nloads, n) of A x = b for rows of b.

        energy: a(u, u) of what each x is to be added to; the stopping test wants it.

        Raises:
            Stalled: too many steps.
        """
        return np.stack([self._iterate(b, float(e)) for b, e in zip(right, energy, strict=True)])

    def _iterate(self, r: Floats, energy: float) -> Floats:
        x, p, q = np.zeros_like(r), np.zeros_like(r), np.zeros_like(r)
        history, gained, curvature = list[float](), 0.0, 1.0
        for step in range(MOST_STEPS):
            z = self._precondition(r)
            history.append(float(r @ z))
            if history[-1] <= ACCURACY**2 * max(abs(energy - gained), 1e-15 * energy):
                self.steps = max(self.steps, step)
                return x
            p *= -float(z @ q) / curvature  # this form of it forgives rounding in the preconditioner
            p += z
            q = multiply_upper(self._upper, p)
            curvature = float(p @ q)
            alpha = history[-1] / curvature
            if not alpha > 0.0:
                break
            x += alpha * p
            r = r - alpha * q
            gained += alpha * history[-1]
        trail = ", ".join(f"{(max(h, 0.0) / history[0]) ** 0.5:.0e}" for h in history[:: max(1, len(history) // 8)])
        raise Stalled(f"multigrid CG stalled after {len(history)} steps; its residuals went {trail}")

    def _precondition(self, r: Floats) -> Floats:
        size = float(np.abs(r).max(initial=0.0)) or 1.0  # keeps single precision in its range
        return size * self._multigrid.cycle((r / size).astype(np.float32)).astype(np.float64)

    def close(self) -> None:
        """Give the memory back."""
        self._multigrid.close()


def multiply_upper(upper: sp.csr_matrix, x: Floats) -> Floats:
    """Return A x of the symmetric matrix with an upper triangle, diagonal first in each row."""
    y = np.zeros_like(x)
    _multiply(upper.indptr, upper.indices, upper.data, x, y)
    return y


@compiled
def _multiply(pointer: Any, indices: Any, a: Any, x: Any, y: Any) -> None:
    for i in range(len(x)):
        value = x[i]
        total = a[pointer[i]] * value
        for p in range(pointer[i] + 1, pointer[i + 1]):
            total += a[p] * x[indices[p]]
            y[indices[p]] += a[p] * value
        y[i] += total
