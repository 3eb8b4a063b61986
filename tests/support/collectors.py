"""Current collectors of variable thickness: meshes made by hand, closed forms, and a solver of finite differences."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from microfem.mesh import Mesh
from microfem.physics.potential.thickness import ThicknessSolution
from support.cells import grid, plan_layout, record
from support.materials import medium
from support.solving import solve

SIGMA = 5e7  # S/m
FEED = 100.0  # A/m2, 10 mA/cm2
MEAN = 10.0  # um


def collector(points, cells, outline, tab=None, sigma=SIGMA) -> Mesh:
    """Return the plan of a foil; tab: (ncells,) where a tab is."""
    names = ("foil",) if tab is None else ("foil", "tab")
    laws = {name: medium(sigma) for name in names}
    layout = plan_layout(dict.fromkeys(names, outline), laws, feature=float(np.sqrt(outline.area)))
    return record(points, cells, layout, "plan", None if tab is None else tab.astype(np.int64), names)


def best(mesh: Mesh, drained="foil.xmin", **more: str) -> ThicknessSolution:
    """Return the best film of the foil, for the feed and the mean of this module."""
    stated = {"physics": "thickness", "feed": {"foil": f"{FEED} A/m2"}, "mean_thickness": f"{MEAN} um"}
    return solve(mesh, {**stated, "drained_at": [drained], **more})


def quadrilateral(corners, count: int):
    """Return points and cells of a quadrilateral (4, 2), its corners in turn, count x count cells in pairs."""
    a, b, c, d = np.asarray(corners, dtype=float)

    def mapped(points):
        x, y = points.T[..., None]
        return (1 - x) * (1 - y) * a + x * (1 - y) * b + x * y * c + (1 - x) * y * d

    ticks = np.linspace(0.0, 1.0, count + 1)
    return grid(ticks, ticks, mapped=mapped)


def unit_loss(area: float) -> float:
    """Return q^2 A / (sigma t), uW/um2, for an area, um2: the loss over the mean of a squared distance."""
    return (1e-6 * FEED) ** 2 * area / (SIGMA * MEAN)


def strip_with_bounds(least: float, cap: float) -> float:
    """Return the loss of the best strip over q^2 L^3 W / (sigma t), bounds relative to the mean.

    The current through a cross-section at the distance s from the far end is q s, and t is clip(k s, least, cap), with
    the mean (least^2 - cap^2) / (2 k) + cap = 1; the loss is the integral of s^2 / t.
    """
    k = (cap**2 - least**2) / (2.0 * (cap - 1.0))
    s, c = least / k, cap / k
    return (s**3 / (3.0 * least) if least else 0.0) + (c**2 - s**2) / (2.0 * k) + (1.0 - c**3) / (3.0 * cap)


def drained_square(count: int, tab: float, least: float, cap: float, sweeps: int) -> tuple[float, float]:
    """Return the losses of the best and of the even unit square over q^2 L^4 / (sigma t), by finite differences.

    Each of count x count cells has a thickness, and half the resistance of each flow to its neighbours; the middle of
    one edge, a share `tab` of it, drains. Thickness in proportion to the flow, and flow for that thickness, in turn.
    """
    number = np.arange(count * count).reshape(count, count)
    pairs = np.vstack([np.column_stack([number[1:].ravel(), number[:-1].ravel()]),
                       np.column_stack([number[:, 1:].ravel(), number[:, :-1].ravel()])])  # fmt: skip
    middles = (np.arange(count) + 0.5) / count
    out = number[0, np.abs(middles - 0.5) < 0.5 * tab]

    def flow(t):
        between = 2.0 / (1.0 / t[pairs[:, 0]] + 1.0 / t[pairs[:, 1]])
        ends = sp.csr_matrix((np.tile([1.0, -1.0], len(pairs)), pairs.ravel(), np.arange(0, 2 * len(pairs) + 1, 2)))
        matrix = ends.T @ sp.diags(between) @ ends
        drains = np.zeros(count * count)
        drains[out] = 2.0 * t[out]
        u = spsolve((matrix + sp.diags(drains)).tocsc(), np.full(count * count, 1.0 / count**2))
        squares = np.bincount(pairs.ravel(), np.repeat(0.5 * (between * (ends @ u)) ** 2, 2), count * count)
        squares += 0.5 * (drains * u) ** 2
        return u.mean(), squares

    t = np.ones(count * count)
    even, squares = flow(t)
    for _ in range(sweeps):
        low, high = 0.0, 1e9
        for _ in range(100):
            k = 0.5 * (low + high) if low else np.sqrt(1e-9 * high)
            low, high = (k, high) if np.clip(k * np.sqrt(squares), least, cap).mean() < 1.0 else (low, k)
        t = np.clip(high * np.sqrt(squares), max(least, 1e-9), cap)
        loss, squares = flow(t)
    return loss, even
