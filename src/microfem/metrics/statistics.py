"""Statistics of a strain or a stress over parts of a device, and their derivatives."""

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

UNKNOWN = 1e-6  # share of a volume that snapping of outlines to a grid leaves uncertain


class Statistic(Protocol):
    """A statistic of values with weights (n,) per quadrature point, and its derivatives with respect to the values."""

    def value(self, values: Blocks, weights: Blocks) -> float:
        """Return the statistic."""

    def slopes(self, values: Blocks, weights: Blocks) -> list[Floats]:
        """Return the derivatives, in the shape of the values."""

    def uncertainty(self, values: Blocks, weights: Blocks, part: float) -> float:
        """Return the uncertainty of the statistic if a part of the volume is unknown."""


class Mean:
    """Mean over the volume."""

    def value(self, values: Blocks, weights: Blocks) -> float:
        """Return the mean."""
        return sum(float((s * v).sum()) for s, v in zip(self.slopes(values, weights), values, strict=True))

    def slopes(self, values: Blocks, weights: Blocks) -> list[Floats]:
        """Return the derivatives."""
        total = sum(float(w.sum()) * v.shape[1] for v, w in zip(values, weights, strict=True))
        return [np.broadcast_to(w[:, None] / total, v.shape) for v, w in zip(values, weights, strict=True)]

    def uncertainty(self, *_: object) -> float:
        """Return 0, since a small part of the volume hardly changes a mean."""
        return 0.0


@dataclass(frozen=True)
class Percentile:
    """Value below which `percent` of the volume lies, with values linear in each cell.

    Raises:
        MicrofemError: percent is not between 0 and 100.
    """

    percent: float

    def __post_init__(self) -> None:
        """Check the percent."""
        if not 0.0 < self.percent < 100.0:
            raise MicrofemError(f"percent = {self.percent:g} must be above 0 and below 100")

    def value(self, values: Blocks, weights: Blocks) -> float:
        """Return the percentile."""
        from microfem.fem.level_sets.shares import find_level

        return find_level(values, weights, 1.0 - 0.01 * self.percent)

    def slopes(self, values: Blocks, weights: Blocks) -> list[Floats]:
        """Return the derivatives: those of the share at the level, scaled so that they sum to 1."""
        from microfem.fem.level_sets.shares import share_slopes

        level = self.value(values, weights)
        own = [w[:, None] * v.shape[1] * share_slopes(v, level) for v, w in zip(values, weights, strict=True)]
        total = sum(float(block.sum()) for block in own)
        return [block / max(total, 1e-300) for block in own]

    def uncertainty(self, values: Blocks, weights: Blocks, part: float) -> float:
        """Return half the change if the share below is larger or smaller by `part`: it may jump between two regions."""
        from microfem.fem.level_sets.shares import find_level

        high, low = (
            find_level(values, weights, min(max(1.0 - 0.01 * self.percent + sign * part, 0.0), 1.0))
            for sign in (-1.0, 1.0)
        )
        return 0.5 * (high - low)


def statistic_value(parts: Sequence[Part], quantity: Quantity, statistic: Statistic) -> float:
    """Return a statistic of a quantity over parts."""
    values, weights = zip(*(part.sampled(quantity) for part in parts), strict=True)
    return statistic.value(values, weights)


def statistic_qoi(
    solution: LinearSolution, parts: Sequence[LinearPart], quantity: Quantity, statistic: Statistic
) -> QuantityOfInterest:
    """Return a statistic of a quantity over parts as quantity of interest."""
    from microfem.fem.error_estimates.dual_solution import slope_load
    from microfem.mesh.roundness import roundness

    assert quantity.slopes is not None
    pieces = [part.pieces(quantity) for part in parts]
    values, weights = [quantity.values(piece.fields) for piece in pieces], [piece.weights for piece in pieces]
    slopes = statistic.slopes(values, weights)
    load, moved = np.zeros_like(solution.dual.values), []
    of_cell = np.zeros(len(solution.dual.form.cells))
    for part, piece, value, slope in zip(parts, pieces, values, slopes, strict=True):
        gathered = piece.gathered(slope[..., None, None] * quantity.slopes(piece.fields))
        load += slope_load(solution.space, part.simplices, part.pulled(quantity, gathered))
        strain = 0.5 * (part.error + np.swapaxes(part.error, 2, 3))
        moved.append(quantity.values(piece.fields + piece.spread(part.changes(quantity, strain))))
        contributions = (slope * (moved[-1] - value)).sum(axis=1)
        part.add_to(of_cell, piece.summed(contributions))
    computed, areas = statistic.value(values, weights), roundness(solution.mesh).areas
    least = max(statistic.uncertainty(values, weights, max(UNKNOWN, areas)), 2.0 * areas * abs(computed))
    return QuantityOfInterest(
        load=load, change=statistic.value(moved, weights) - computed, of_cell=of_cell, least=least
    )
