"""Flexible GMRES with any preconditioner, real or complex (Y. Saad, SIAM J. Sci. Comput. 14 (1993) 461)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from microfem.fem.solvers.factors import Numbers


def gmres(
    multiply: Callable[[Numbers], Numbers],
    precondition: Callable[[Numbers], Numbers],
    right: Numbers,
    tolerance: float,
    most: int,
) -> Numbers | None:
    """Return x (n,) of A x = b; None as soon as the rate of convergence predicts more than `most` steps.

    multiply: A x; precondition: about A^-1 b, which may change from step to step; right: b (n,); tolerance: residual
    relative to b. Without restarts: each step keeps two vectors.
    """
    size = float(np.linalg.norm(right))
    if size == 0.0:
        return np.zeros_like(right)
    basis, tried = [right / size], list[Numbers]()
    h = np.zeros((most + 1, most), dtype=right.dtype)
    for k in range(most):
        tried.append(precondition(basis[k]))
        image = multiply(tried[k])
        h = h.astype(np.result_type(h, image), copy=False)
        for j, vector in enumerate(basis):
            h[j, k] = np.vdot(vector, image)
            image = image - h[j, k] * vector
        h[k + 1, k] = np.linalg.norm(image)
        if not np.isfinite(h[k + 1, k]):
            return None
        first = np.eye(1, k + 2)[0]
        weights = np.linalg.lstsq(h[: k + 2, : k + 1], first, rcond=None)[0]
        left = float(np.linalg.norm(first - h[: k + 2, : k + 1] @ weights))
        if left <= tolerance:
            return np.asarray(size * (weights @ np.array(tried)))
        if k > 0 and left ** (most / (k + 1)) > tolerance:
            return None
        basis.append(image / h[k + 1, k])
    return None
