"""Adaptive meshes and effectivities for the tests of error estimates."""

from __future__ import annotations

import numpy as np

from microfem.mesh.bisect import bisect
from microfem.metrics import METRICS, Call
from microfem.solve.dual_estimates import qoi_error
from support.solving import value


def effectivity(solution, exact, metric, **options):
    """Return the estimated over the true error of a metric."""
    wrong = abs(exact - value(solution, metric, **options))
    return qoi_error(solution, Call(metric, "case", options)) / wrong


def goal_of(solution, metric, **options):
    """Return how a metric changes with its solution."""
    kind = METRICS.get(metric)
    return kind.qoi(solution, **kind.model(**options).model_dump())


def refined(mesh, solve, steps, part=0.6):
    """Return the mesh after so many bisections of the cells that hold a part of the error in energy."""
    for _ in range(steps):
        dual = solve(mesh).dual
        own = dual.form.products(dual.error, dual.error)
        order = np.argsort(-own)
        worst = order[: np.searchsorted(np.cumsum(own[order]), part * own.sum()) + 1]
        mesh = bisect(mesh, dual.form.cells[worst]).mesh
    return mesh


def overrefined(mesh, solve, steps=8):
    """Return a solution on a mesh that is much finer where the error is, and finer everywhere."""
    fine = refined(mesh, solve, steps)
    return solve(bisect(fine, np.arange(len(fine.cells))).mesh)
