"""Conjugate gradients with a multigrid cycle, stopped by the energy that is still missing.

With contrasts of 1e6 the right-hand side says nothing about the solution's size; energies do. r . M r is about the
squared energy norm of the error, and alpha r . M r is what a step gains (M. R. Hestenes, E. Stiefel, 1952).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.solvers.assembly import Stiffness
from microfem.fem.solvers.blocks import Blocks
from microfem.fem.solvers.multigrid import Multigrid
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.space import Floats, Ints


class Stalled(SolveError):
    """The iteration did not reach its accuracy; the message has the history of its residuals."""


class ConjugateRun:
    """What conjugate gradients remember, by rows: x, residual r, direction p, q = A p; energy: that of the sum left."""

    def __init__(self, r: Floats, energy: Floats) -> None:
        """Start at zero, where the residuals are the loads."""
        self.load, self.energy, self.curvature = np.arange(len(r)), energy, np.ones(len(r))
        self.r, self.x, self.p, self.q = r, np.zeros_like(r), np.zeros_like(r), np.zeros_like(r)

    def step(self, matrix: Blocks, z: Floats, power: Floats) -> bool:
        """Go on along z, the preconditioned residuals, power being r . z; False if the curvature is not positive."""
        self.p *= -(dots(z, self.q) / self.curvature)[:, None]  # this form forgives rounding in the preconditioner
        self.p += z
        self.q = matrix.multiply(self.p)
        self.curvature = dots(self.p, self.q)
        alpha = power / self.curvature
        self.x += alpha[:, None] * self.p
        self.r -= alpha[:, None] * self.q
        self.energy = self.energy - alpha * power
        return bool((alpha > 0.0).all())

    def keep(self, some: NDArray[np.bool_]) -> None:
        """Forget the other rows."""
        for name, value in vars(self).items():
            setattr(self, name, value[some])


class Conjugate:
    """A matrix and its multigrid hierarchy, kept until they are closed."""

    def __init__(self, form: Stiffness, free: Ints, matrix: Blocks, settings: SolverSettings) -> None:
        """Build the hierarchy."""
        self._matrix, self._multigrid = matrix, Multigrid(form, free, matrix, settings)
        self._linear = settings.linear
        self.steps = 0

    @property
    def name(self) -> str:
        """The levels and how many steps the longest solve took."""
        return f"{self._multigrid.name} CG, {self.steps} steps"

    def renew(self, form: Stiffness, matrix: Blocks) -> None:
        """Take other coefficients on the same simplices."""
        self._matrix, self.steps = matrix, 0
        self._multigrid.renew(form, matrix)

    def solve(self, right: Floats, energy: Floats) -> Floats:
        """Return x (nloads, n) of A x = b for rows of b: iterations of their own, side by side.

        energy: a(u, u) of what each x is to be added to; the stopping test wants it.

        Raises:
            Stalled: too many steps.
        """
        found, history = np.zeros_like(right), list[float]()
        run = ConjugateRun(np.zeros((len(right), self._matrix.size)), energy)
        run.r[:, self._matrix.free] = right
        for step in range(self._linear.iterations):
            z = self._precondition(run.r)
            power = dots(run.r, z)
            history.append(float(np.abs(power).max()))
            going = power > self._linear.accuracy**2 * np.maximum(np.abs(run.energy), 1e-15 * energy[run.load])
            if not going.all():
                self.steps = max(self.steps, step)
                found[run.load[~going]] = run.x[~going][:, self._matrix.free]
                run.keep(going)
                z, power = z[going], power[going]
            if not len(run.load):
                return found
            if not run.step(self._matrix, z, power):
                break
        trail = ", ".join(f"{(h / history[0]) ** 0.5:.0e}" for h in history[:: max(1, len(history) // 8)])
        raise Stalled(f"multigrid CG stalled after {len(history)} steps; its residuals went {trail}")

    def _precondition(self, r: Floats) -> Floats:
        size = np.abs(r).max(axis=1, keepdims=True, initial=0.0)  # keeps single precision in its range
        size[size == 0.0] = 1.0
        return size * self._multigrid.cycle((r / size).astype(np.float32)).astype(np.float64)

    def close(self) -> None:
        """Give the memory back."""
        self._multigrid.close()


def dots(a: Floats, b: Floats) -> Floats:
    """Return the scalar product of each row of a with that of b."""
    return np.array([x @ y for x, y in zip(a, b, strict=True)])
