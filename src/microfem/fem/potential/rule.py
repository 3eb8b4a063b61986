"""Quadrature on simplices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from skfem.quadrature import get_quadrature
from skfem.refdom import RefLine, RefTet, RefTri

from microfem.fem.space import Floats


@dataclass(frozen=True)
class QuadratureRule:
    """A quadrature on a simplex of dimension k: barycentric points (nq, k + 1), and weights (nq,) of sum 1."""

    points: Floats
    weights: Floats


@cache
def simplex_rule(k: int, degree: int) -> QuadratureRule:
    """Return scikit-fem's quadrature of a degree on the simplex of dimension k."""
    points, weights = get_quadrature((RefLine, RefTri, RefTet)[k - 1], degree)
    return QuadratureRule(np.vstack([1.0 - points.sum(axis=0), points]).T, weights / weights.sum())
