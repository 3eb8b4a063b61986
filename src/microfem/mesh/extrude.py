"""Extrusion of a plan mesh through graded heights; wedges are split into conforming tetrahedra."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from microfem.mesh.plan import PlanMesh

GROWTH = 2.0  # largest ratio of an interval to the one before


@dataclass(frozen=True)
class Steps:
    """Intervals along z, um.

    first: at a break; far: at the distance `reach` from a break, from which intervals grow with the distance; longest:
    upper limit.
    """

    first: float
    far: float
    reach: float
    longest: float

    def after(self, interval: float, covered: float) -> float:
        """Return the interval after one that ends at the distance `covered` from the break, um."""
        return min(interval * GROWTH, self.far * max(1.0, covered / self.reach), self.longest)


def graded_heights(
    breaks: NDArray[np.float64], steps: Steps, plain: tuple[bool, bool] = (False, False)
) -> NDArray[np.float64]:
    """Return heights with all breaks among them; intervals grow from each break towards the middle of a slab, um.

    A slab thinner than two first intervals is one interval: P2 elements resolve its bending and its gradient.
    plain: whether nothing is fine at the lowest and at the highest break; towards such a break that is farther than
    `reach` from the next one intervals grow all the way.
    """
    heights, last = [breaks[:1]], len(breaks) - 2
    for k, (low, high) in enumerate(pairwise(breaks)):
        wide = high - low >= steps.reach and len(breaks) > 2
        if wide and k == last and plain[1]:
            unit = _growing_unit(high - low, steps)
        elif wide and k == 0 and plain[0]:
            unit = 1.0 - _growing_unit(high - low, steps)[::-1]
        else:
            unit = _graded_unit(high - low, steps)
        heights.append(low + (high - low) * unit[1:])
    return np.concatenate(heights)


def _growing_unit(length: float, steps: Steps) -> NDArray[np.float64]:
    """Return heights from 0 to 1 with intervals that grow from 0 on."""
    intervals, covered = [steps.first], steps.first
    while covered + 0.5 * (interval := steps.after(intervals[-1], covered)) < length:
        intervals.append(interval)
        covered += interval
    return np.concatenate([[0.0], np.cumsum(intervals) / covered])


def _graded_unit(length: float, steps: Steps) -> NDArray[np.float64]:
    half: list[float] = []
    interval, covered = steps.first, 0.0
    while covered + 0.5 * interval < 0.5 * length:
        half.append(interval)
        covered += interval
        interval = steps.after(interval, covered)
    if not half:
        return np.array([0.0, 1.0])
    rest = length - 2.0 * covered
    middle = [rest] if rest > 0.3 * half[-1] else []
    intervals = np.array(half + middle + half[::-1])
    return np.concatenate([[0.0], np.cumsum(intervals) / intervals.sum()])


def extrude(
    plan: PlanMesh, owner: NDArray[np.int64], breaks: NDArray[np.float64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the points (n, 3), tetrahedra (m, 4) and owners (m,) of an extruded plan mesh.

    Points are numbered height by height: plan node i at height k is k x nplan + i; nodes without a tetrahedron are
    included.
    """
    n = len(plan.points)
    points = np.vstack([np.column_stack([plan.points, np.full(n, z)]) for z in heights])
    wedges, owners = [], []
    for k, s in enumerate(_slabs(breaks, heights)):
        own = owner[plan.face, s]
        base = plan.triangles[own >= 0] + k * n
        wedges.append(np.hstack([base, base + n]))
        owners.append(own[own >= 0])
    return points, _wedges_to_tets(np.vstack(wedges)), np.repeat(np.concatenate(owners), 3)


def _slabs(breaks: NDArray[np.float64], heights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the slab of each interval between two heights."""
    return np.asarray(np.searchsorted(breaks, 0.5 * (heights[1:] + heights[:-1])) - 1)


def _wedges_to_tets(wedges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return three tetrahedra for each wedge; diagonals follow the global node order, so they conform."""
    order = np.argsort(wedges[:, :3], axis=1)
    low = np.take_along_axis(wedges[:, :3], order, axis=1)
    high = np.take_along_axis(wedges[:, 3:], order, axis=1)
    split = [np.hstack([low, high[:, 2:]]), np.hstack([low[:, :2], high[:, 1:]]), np.hstack([low[:, :1], high])]
    return np.stack(split, axis=1).reshape(-1, 4)
