"""Statistics of a strain or a stress over parts of a device, and how they change with the displacements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.metrics.quantity_of_interest import QuantityOfInterest

if TYPE_CHECKING:
    from microfem.physics.frame import Floats
    from microfem.physics.mechanics.parts import LinearPart, Part, Quantity
    from microfem.physics.mechanics.solution import LinearSolution

    Blocks = Sequence[Floats]  # values (n, nq) at the quadrature points of cells, then of each film

UNKNOWN = 1e-6  # part of a volume that snapping leaves unknown


class Statistic(Protocol):
    """A number made of values with weights (n,), of each quadrature point, and its derivatives with the values."""

    def value(self, values: Blocks, weights: Blocks) -> float:
        """Return the number."""

    def slopes(self, values: Blocks, weights: Blocks) -> list[Floats]:
        """Return the derivatives, each like its values."""

    def doubt(self, values: Blocks, weights: Blocks, part: float) -> float:
        """Return how far the number may be off where a part of the volume is not known."""


class Mean:
    """Mean over the volume."""

    def value(self, values: Blocks, weights: Blocks) -> float:
        """Return the number."""
        return sum(float((s * v).sum()) for s, v in zip(self.slopes(values, weights), values, strict=True))

    def slopes(self, values: Blocks, weights: Blocks) -> list[Floats]:
        """Return the derivatives."""
        total = sum(float(w.sum()) * v.shape[1] for v, w in zip(values, weights, strict=True))
        return [np.broadcast_to(w[:, None] / total, v.shape) for v, w in zip(values, weights, strict=True)]

    def doubt(self, *_: object) -> float:
        """Return none: no volume decides on it."""
        return 0.0


@dataclass(frozen=True)
class Percentile:
    """Value that `percent` of the volume stays below, values taken linear in each cell.

    Raises:
        MicrofemError: percent is not between 0 and 100.
    """

    percent: float

    def __post_init__(self) -> None:
        """Check the percent."""
        if not 0.0 < self.percent < 100.0:
            raise MicrofemError(f"percent = {self.percent:g} must be above 0 and below 100")

    def value(self, values: Blocks, weights: Blocks) -> float:
        """Return the number."""
        from microfem.fem.level_sets.shares import find_level

        return find_level(values, weights, 1.0 - 0.01 * self.percent)

    def slopes(self, values: Blocks, weights: Blocks) -> list[Floats]:
        """Return the derivatives: where the level lies, the shares' own, scaled so that a common shift shifts it."""
        from microfem.fem.level_sets.shares import share_slopes

        level = self.value(values, weights)
        own = [w[:, None] * v.shape[1] * share_slopes(v, level) for v, w in zip(values, weights, strict=True)]
        total = sum(float(one.sum()) for one in own)
        return [one / max(total, 1e-300) for one in own]

    def doubt(self, values: Blocks, weights: Blocks, part: float) -> float:
        """Return half of what it changes by where a part more or less stays below: it may jump between two regions."""
        from microfem.fem.level_sets.shares import find_level

        high, low = (find_level(values, weights, min(max(1.0 - 0.01 * self.percent + sign * part, 0.0), 1.0))
                     for sign in (-1.0, 1.0))  # fmt: skip
        return 0.5 * (high - low)


def spread_value(parts: Sequence[Part], quantity: Quantity, statistic: Statistic) -> float:
    """Return a statistic of a quantity over parts."""
    values, weights = zip(*(part.sampled(quantity) for part in parts), strict=True)
    return statistic.value(values, weights)


def spread_qoi(
    solution: LinearSolution, parts: Sequence[LinearPart], quantity: Quantity, statistic: Statistic
) -> QuantityOfInterest:
    """Return the qoi of a statistic."""
    from microfem.fem.error_estimates.dual_solution import slope_load
    from microfem.mesh.roundness import roundness

    assert quantity.slopes is not None
    pieces = [part.pieces(quantity) for part in parts]
    values, weights = [quantity.values(one.fields) for one in pieces], [one.weights for one in pieces]
    slopes = statistic.slopes(values, weights)
    load, moved = np.zeros_like(solution.dual.values), []
    of_cell = np.zeros(len(solution.dual.form.cells))
    for part, piece, value, slope in zip(parts, pieces, values, slopes, strict=True):
        gathered = piece.gathered(slope[..., None, None] * quantity.slopes(piece.fields))
        load += slope_load(solution.space, part.simplices, part.pulled(quantity, gathered))
        strain = 0.5 * (part.error + np.swapaxes(part.error, 2, 3))
        moved.append(quantity.values(piece.fields + piece.spread(part.changes(quantity, strain))))
        adds = (slope * (moved[-1] - value)).sum(axis=1)
        part.add_to(of_cell, piece.summed(adds))
    own, areas = statistic.value(values, weights), roundness(solution.mesh).areas
    least = max(statistic.doubt(values, weights, max(UNKNOWN, areas)), 2.0 * areas * abs(own))
    return QuantityOfInterest(load, statistic.value(moved, weights) - own, of_cell, least=least)
