"""Problems in time with dense matrices, given to the time steps and to other solvers alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from microfem.fem.solvers.time_steps import TimeProblem

Floats = NDArray[np.float64]


def problem_of(
    right: Callable[[float, Floats], Floats],
    slope: Callable[[float, Floats], Floats],
    rtol: float,
    atol: float | Floats,
    mass: Floats | None = None,
    **more: Any,
) -> TimeProblem:
    """Return M dy/dt = right(t, y) with the error norm of scipy: root of the mean square of error / (atol + rtol y)."""

    def residual(t: float, y: Floats, rate: Floats) -> Floats:
        return (rate if mass is None else mass @ rate) - right(t, y)

    def factorise(t: float, y: Floats, rate: Floats, of_rate: float) -> Callable[[Floats], Floats]:
        storage = np.eye(len(y)) if mass is None else mass
        factors = scipy.linalg.lu_factor(of_rate * storage - slope(t, y))
        return lambda b: np.asarray(scipy.linalg.lu_solve(factors, b))

    def norm(error: Floats, y: Floats) -> float:
        return float(np.sqrt(np.mean((error / (atol + rtol * np.abs(y))) ** 2)))

    return TimeProblem(residual=residual, factorise=factorise, norm=norm, **more)


def robertson(_: float, y: Floats) -> Floats:
    """Return the rates of H. H. Robertson's three reactions (1966): slow, very fast and fast."""
    slow, fast, faster = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
    return np.array([fast - slow, slow - fast - faster, faster])


def robertson_slope(_: float, y: Floats) -> Floats:
    """Return the derivatives of the rates."""
    fast = np.array([0.0, 1e4 * y[2], 1e4 * y[1]])
    slow, faster = np.array([0.04, 0.0, 0.0]), np.array([0.0, 6e7 * y[1], 0.0])
    return np.vstack([fast - slow, slow - fast - faster, faster])


class Front:
    """du/dt = d2u/dx2 + u (1 - u) (u - a) by differences on a line: 1 / (1 + exp((x - c t) / sqrt 2)) far from ends.

    The front moves with c = (1 - 2 a) / sqrt 2 (J. Nagumo, S. Arimoto and S. Yoshizawa, Proc. IRE 50 (1962) 2061).
    """

    def __init__(self, a: float = 0.25, half: float = 25.0, points: int = 401) -> None:
        self.a, self.x = a, np.linspace(-half, half, points)
        self.speed = (1.0 - 2.0 * a) / np.sqrt(2.0)
        second = np.diag(np.full(points - 1, 1.0), 1) + np.diag(np.full(points - 1, 1.0), -1) - 2.0 * np.eye(points)
        second[0, 1] = second[-1, -2] = 2.0  # no flux through the ends
        self.second = second / (self.x[1] - self.x[0]) ** 2

    def exact(self, t: float) -> Floats:
        """Return the front at a time."""
        return np.asarray(1.0 / (1.0 + np.exp((self.x - self.speed * t) / np.sqrt(2.0))))

    def right(self, _: float, u: Floats) -> Floats:
        """Return du/dt."""
        return np.asarray(self.second @ u + u * (1.0 - u) * (u - self.a))

    def slope(self, _: float, u: Floats) -> Floats:
        """Return the derivatives of du/dt."""
        return self.second + np.diag((1.0 - 2.0 * u) * (u - self.a) + u * (1.0 - u))
