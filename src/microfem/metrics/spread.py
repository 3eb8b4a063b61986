"""Statistics of a strain or a stress over parts of a device, and how they change with the displacements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.metrics.quantity_of_interest import Goal

if TYPE_CHECKING:
    from microfem.fem.error_estimates.form import Beside
    from microfem.fem.error_estimates.pieces import FieldPieces
    from microfem.fem.linear_elasticity.bodies import Response
    from microfem.physics import Solution
    from microfem.physics.frame import Floats

    Blocks = Sequence[Floats]  # values (n, nq) at the quadrature points of cells, then of each film

UNKNOWN = 1e-6  # part of a volume that snapping leaves unknown


@dataclass(frozen=True)
class Quantity:
    """A scalar (..., ) of the elastic strain or of the stress (..., 3, 3), and its derivative with it."""

    tensor: Literal["elastic", "stress"]
    values: Callable[[Floats], Floats]
    slopes: Callable[[Floats], Floats]


def _largest(tensor: Floats) -> Floats:
    return np.asarray(np.linalg.eigvalsh(tensor)[..., -1], dtype=float)


def _direction(tensor: Floats) -> Floats:
    """Return the derivative of the largest eigenvalue: the outer product of its direction."""
    direction = np.linalg.eigh(tensor)[1][..., -1]
    return np.asarray(direction[..., :, None] * direction[..., None, :])


def _deviator(stress: Floats) -> Floats:
    return stress - np.trace(stress, axis1=-2, axis2=-1)[..., None, None] / 3.0 * np.eye(3)


def _mises(stress: Floats) -> Floats:
    s = _deviator(stress)
    return np.sqrt(1.5 * np.einsum("...ij,...ij->...", s, s))


def _mises_slopes(stress: Floats) -> Floats:
    return np.asarray(1.5 * _deviator(stress) / np.maximum(_mises(stress), 1e-300)[..., None, None])


STRAIN = Quantity("elastic", _largest, _direction)
STRESS = Quantity("stress", _largest, _direction)
VON_MISES = Quantity("stress", _mises, _mises_slopes)


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


@dataclass(frozen=True)
class Part:
    """Cells or facets of a film, (n,), with their response and what it would be to another strain.

    rows: of the response; simplices: (n, k + 1); error: (rows of the response, nq, dim, dim) what recovery would add
    to the displacement's gradient, error_at_corners: (n, k + 1, dim, dim) the same at corners; beside: of a film, the
    cells beside its facets. respond and errors are only there for what is linear. flowed: (n,) where metal has flowed.
    """

    response: Response
    rows: slice | NDArray[np.int64]
    simplices: NDArray[np.int64]
    respond: Callable[[Floats], Response] | None = None
    error: Floats | None = None
    error_at_corners: Floats | None = None
    beside: Beside | None = None
    flowed: NDArray[np.bool_] | None = None

    def add_to(self, of_cell: Floats, own: Floats) -> None:
        """Add what each row has (n,) to the body's cells."""
        if self.beside is None:
            of_cell[self.rows] += own
        else:
            np.add.at(of_cell, self.beside.cells, self.beside.share * own[self.beside.facets])

    def tensors(self, quantity: Quantity) -> Floats:
        """Return what the quantity is made of, at the quadrature points, (n, nq, 3, 3)."""
        return np.asarray(getattr(self.response, quantity.tensor)[self.rows])

    def changes(self, quantity: Quantity, strain: Floats) -> Floats:
        """Return how much that changes with the strain, (n, nq, 3, 3); strain: (rows of the response, nq, dim, dim)."""
        assert self.respond is not None
        moved, rest = self.respond(strain), self.respond(np.zeros_like(strain))
        return np.asarray(getattr(moved, quantity.tensor)[self.rows] - getattr(rest, quantity.tensor)[self.rows])

    def corners(self, quantity: Quantity, recovered: bool = False) -> Floats:
        """Return the quantity at corners, (n, k + 1), of the recovered gradient if wanted.

        A cell in which metal has flowed is asked at its quadrature points: beyond them the yield stress may be passed.
        """
        from microfem.fem.error_estimates.pieces import corner_values

        tensor = corner_values(self.tensors(quantity))
        if self.flowed is not None:
            tensor[self.flowed] = self.tensors(quantity)[self.flowed]
        if recovered:
            error = self.error_at_corners
            assert error is not None
            every = np.zeros(self.response.strain.shape)
            every[self.rows] = 0.5 * (error + np.swapaxes(error, 2, 3))
            tensor = tensor + self.changes(quantity, every)
        return quantity.values(tensor)

    def pulled(self, quantity: Quantity, slopes: Floats) -> Floats:
        """Return derivatives with the displacement's gradient (n, nq, dim, dim) of those with the tensor."""
        shape = self.response.strain.shape
        result = np.empty((*slopes.shape[:2], *shape[2:]))
        for i in range(shape[-1]):
            for j in range(i + 1):
                unit = np.zeros(shape[2:])
                unit[i, j] += 0.5
                unit[j, i] += 0.5
                answer = self.changes(quantity, np.broadcast_to(unit, shape))
                result[..., i, j] = result[..., j, i] = (slopes * answer).sum(axis=(2, 3))
        return result


def spread_value(parts: Sequence[Part], quantity: Quantity, statistic: Statistic) -> float:
    """Return a statistic of a quantity over parts."""
    return statistic.value(*_sampled(parts, quantity)[:2])


def _sampled(parts: Sequence[Part], quantity: Quantity) -> tuple[Blocks, Blocks, list[FieldPieces]]:
    from microfem.fem.error_estimates.pieces import make_pieces

    pieces = [make_pieces(part.tensors(quantity), part.response.weight[part.rows], quantity.values) for part in parts]
    return [quantity.values(one.fields) for one in pieces], [one.weights for one in pieces], pieces


def spread_goal(solution: Solution, parts: Sequence[Part], quantity: Quantity, statistic: Statistic) -> Goal:
    """Return the goal of a statistic."""
    from microfem.fem.error_estimates.dual_solution import slope_load
    from microfem.mesh.roundness import roundness

    values, weights, pieces = _sampled(parts, quantity)
    slopes = statistic.slopes(values, weights)
    assert solution.dual is not None
    load, moved = np.zeros_like(solution.dual.values), []
    of_cell = np.zeros(len(solution.state.body.cells))
    for part, piece, value, slope in zip(parts, pieces, values, slopes, strict=True):
        gathered = piece.gathered(slope[..., None, None] * quantity.slopes(piece.fields))
        load += slope_load(solution.space, part.simplices, part.pulled(quantity, gathered))
        assert part.error is not None
        strain = 0.5 * (part.error + np.swapaxes(part.error, 2, 3))
        moved.append(quantity.values(piece.fields + piece.spread(part.changes(quantity, strain))))
        adds = (slope * (moved[-1] - value)).sum(axis=1)
        part.add_to(of_cell, piece.summed(adds))
    own, areas = statistic.value(values, weights), roundness(solution.mesh).areas
    least = max(statistic.doubt(values, weights, max(UNKNOWN, areas)), 2.0 * areas * abs(own))
    return Goal(load, statistic.value(moved, weights) - own, of_cell, least=least)
