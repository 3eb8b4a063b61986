"""Conjugate gradients with a multigrid preconditioner, stopped by the energy norm of the error.

With contrasts of 1e6 the right-hand side does not tell the size of the solution; its energy does. With the
preconditioner M, r . M r estimates the squared energy norm of the error, and a step lowers that by alpha r . M r
(M. R. Hestenes, E. Stiefel, 1952).
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
    """The iteration did not reach its accuracy; the message has the history of the residuals."""


class ConjugateRun:
    """State of conjugate gradients, one row per load: x, residual r, direction p, q = A p; energy: a(u, u) so far."""

    def __init__(self, r: Floats, energy: Floats) -> None:
        """Start at x = 0, where the residuals are the loads."""
        self.load, self.energy, self.curvature = np.arange(len(r)), energy, np.ones(len(r))
        self.r, self.x, self.p, self.q = r, np.zeros_like(r), np.zeros_like(r), np.zeros_like(r)

    def step(self, matrix: Blocks, z: Floats, power: Floats) -> bool:
        """Take one step; z: preconditioned residuals, power: r . z; False if the curvature is not positive."""
        self.p *= -(dots(z, self.q) / self.curvature)[:, None]  # this formula tolerates rounding in the preconditioner
        self.p += z
        self.q = matrix.multiply(self.p)
        self.curvature = dots(self.p, self.q)
        alpha = power / self.curvature
        self.x += alpha[:, None] * self.p
        self.r -= alpha[:, None] * self.q
        self.energy = self.energy - alpha * power
        return bool((alpha > 0.0).all())

    def keep(self, some: NDArray[np.bool_]) -> None:
        """Discard the other rows."""
        for name, value in vars(self).items():
            setattr(self, name, value[some])


class Conjugate:
    """A matrix and its multigrid preconditioner, until it is closed."""

    def __init__(self, form: Stiffness, free: Ints, matrix: Blocks, settings: SolverSettings) -> None:
        """Build the multigrid levels."""
        self._matrix, self._multigrid = matrix, Multigrid(form, free, matrix, settings)
        self._linear = settings.linear
        self.steps = 0

    @property
    def name(self) -> str:
        """Name of the method, with the steps of the longest solve."""
        return f"{self._multigrid.name} CG, {self.steps} steps"

    def renew(self, form: Stiffness, matrix: Blocks) -> None:
        """Replace the matrix by one with other coefficients on the same simplices."""
        self._matrix, self.steps = matrix, 0
        self._multigrid.renew(form, matrix)

    def solve(self, right: Floats, energy: Floats) -> Floats:
        """Return x (nloads, n) of A x = b for each row of b, with separate iterations that run together.

        energy: a(u, u) (nloads,) of the vector that each x corrects, for the stopping test.

        Raises:
            Stalled: too many steps.
        """
        x, history = np.zeros_like(right), list[float]()
        run = ConjugateRun(np.zeros((len(right), self._matrix.size)), energy)
        run.r[:, self._matrix.free] = right
        for step in range(self._linear.iterations):
            z = self._precondition(run.r)
            power = dots(run.r, z)
            history.append(float(np.abs(power).max()))
            going = power > self._linear.accuracy**2 * np.maximum(np.abs(run.energy), 1e-15 * energy[run.load])
            if not going.all():
                self.steps = max(self.steps, step)
                x[run.load[~going]] = run.x[~going][:, self._matrix.free]
                run.keep(going)
                z, power = z[going], power[going]
            if not len(run.load):
                return x
            if not run.step(self._matrix, z, power):
                break
        trail = ", ".join(f"{(h / history[0]) ** 0.5:.0e}" for h in history[:: max(1, len(history) // 8)])
        raise Stalled(f"multigrid CG stalled after {len(history)} steps; residuals {trail}")

    def _precondition(self, r: Floats) -> Floats:
        size = np.abs(r).max(axis=1, keepdims=True, initial=0.0)  # keeps single precision within its range
        size[size == 0.0] = 1.0
        return size * self._multigrid.cycle((r / size).astype(np.float32)).astype(np.float64)

    def close(self) -> None:
        """Free the memory."""
        self._multigrid.close()


def dots(a: Floats, b: Floats) -> Floats:
    """Return the scalar product of each row of a with the same row of b."""
    return np.array([x @ y for x, y in zip(a, b, strict=True)])
