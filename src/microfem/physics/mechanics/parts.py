"""Parts of a device: groups of cells, or of a film's facets, whose strains and stresses metrics evaluate together.

Small strain is linear in each cell, so that values at corners, between quadrature points and of a recovered gradient
are known; other kinds of mechanics define parts of their own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from microfem.fem.error_estimates.form import Beside
    from microfem.fem.error_estimates.pieces import FieldPieces
    from microfem.fem.linear_elasticity.bodies import Response
    from microfem.physics.frame import Floats, Ints


@dataclass(frozen=True)
class Quantity:
    """A scalar (...) computed from a tensor (..., 3, 3) that parts have by name: elastic strain, stress, ...

    slopes: its derivative with respect to that tensor, which error estimates at small strain need; None otherwise.
    """

    tensor: str
    values: Callable[[Floats], Floats]
    slopes: Callable[[Floats], Floats] | None = None


def _largest(tensor: Floats) -> Floats:
    return np.asarray(np.linalg.eigvalsh(tensor)[..., -1], dtype=float)


def _direction(tensor: Floats) -> Floats:
    """Return the derivative of the largest eigenvalue: the outer product of its eigenvector."""
    direction = np.linalg.eigh(tensor)[1][..., -1]
    return np.asarray(direction[..., :, None] * direction[..., None, :])


def _deviator(stress: Floats) -> Floats:
    return stress - np.trace(stress, axis1=-2, axis2=-1)[..., None, None] / 3.0 * np.eye(3)


def _mises(stress: Floats) -> Floats:
    s = _deviator(stress)
    return np.sqrt(1.5 * np.einsum("...ij,...ij->...", s, s))


def _mises_slopes(stress: Floats) -> Floats:
    return np.asarray(1.5 * _deviator(stress) / np.maximum(_mises(stress), 1e-300)[..., None, None])


STRAIN = Quantity("elastic", _largest, _direction)  # the largest principal small strain
STRESS = Quantity("stress", _largest, _direction)
VON_MISES = Quantity("stress", _mises, _mises_slopes)


@dataclass(frozen=True)
class Part(ABC):
    """Cells or facets of a film, (n,), that carry load."""

    @property
    @abstractmethod
    def weight(self) -> Floats:
        """The volume (n,) per quadrature point, um3; in 2D um2."""

    @abstractmethod
    def tensors(self, quantity: Quantity) -> Floats:
        """Return the tensor of a quantity at the quadrature points, (n, nq, 3, 3)."""

    @abstractmethod
    def corners(self, quantity: Quantity) -> Floats:
        """Return a quantity at the points where it is largest, (n, number of points)."""

    def sampled(self, quantity: Quantity) -> tuple[Floats, Floats]:
        """Return values (m, nq) of a quantity and the volume (m,) per value, for statistics."""
        return quantity.values(self.tensors(quantity)), self.weight


@dataclass(frozen=True)
class SmallStrainPart(Part):
    """A part at small strain, with its response; rows: its rows of the response.

    flowed: (n,) cells that have yielded, whose stress is known at the quadrature points alone; None where none has.
    """

    response: Response
    rows: slice | Ints
    flowed: NDArray[np.bool_] | None = None

    @property
    def weight(self) -> Floats:
        """The volume (n,) per quadrature point."""
        return self.response.weight[self.rows]

    def tensors(self, quantity: Quantity) -> Floats:
        """Return strain or stress at the quadrature points."""
        return np.asarray(getattr(self.response, quantity.tensor)[self.rows])

    def corners(self, quantity: Quantity) -> Floats:
        """Return the quantity at corners, (n, k + 1)."""
        return quantity.values(self.corner_tensors(quantity))

    def corner_tensors(self, quantity: Quantity) -> Floats:
        """Return strain or stress at corners, where those of a P2 solution are largest.

        A cell that has yielded keeps the values of its quadrature points, since extrapolation may exceed the yield
        stress.
        """
        from microfem.fem.error_estimates.pieces import corner_values

        tensor = corner_values(self.tensors(quantity))
        if self.flowed is not None:
            tensor[self.flowed] = self.tensors(quantity)[self.flowed]
        return tensor

    def sampled(self, quantity: Quantity) -> tuple[Floats, Floats]:
        """Return values and volumes of pieces of cells, since principal values are not linear in a cell."""
        pieces = self.pieces(quantity)
        return quantity.values(pieces.fields), pieces.weights

    def pieces(self, quantity: Quantity) -> FieldPieces:
        """Return the cells cut until the quantity is nearly linear in each piece."""
        from microfem.fem.error_estimates.pieces import make_pieces

        return make_pieces(self.tensors(quantity), self.weight, quantity.values)


@dataclass(frozen=True, kw_only=True)
class LinearPart(SmallStrainPart, ABC):
    """A part whose response is linear, with the error of its strain.

    simplices: (n, k + 1); respond: strain (rows of the response, nq, dim, dim) -> response; error: (rows of the
    response, nq, dim, dim) recovered minus computed gradient of displacement; error_at_corners: (n, k + 1, dim, dim)
    the same at corners.
    """

    simplices: Ints
    respond: Callable[[Floats], Response]
    error: Floats
    error_at_corners: Floats

    @abstractmethod
    def add_to(self, of_cell: Floats, own: Floats) -> None:
        """Add the value of each row (n,) to the body's cells."""

    def changes(self, quantity: Quantity, strain: Floats) -> Floats:
        """Return the change of strain or stress (n, nq, 3, 3) for a strain (rows of the response, nq, dim, dim)."""
        strained, rest = self.respond(strain), self.respond(np.zeros_like(strain))
        return np.asarray(getattr(strained, quantity.tensor)[self.rows] - getattr(rest, quantity.tensor)[self.rows])

    def highest(self, quantity: Quantity) -> float:
        """Return the largest sum of value and recovered error at the corners."""
        strain, error = np.zeros(self.response.strain.shape), self.error_at_corners
        strain[self.rows] = 0.5 * (error + np.swapaxes(error, 2, 3))
        tensors = self.corner_tensors(quantity)
        own, recovered = quantity.values(tensors), quantity.values(tensors + self.changes(quantity, strain))
        return float((own + np.abs(recovered - own)).max())

    def pulled(self, quantity: Quantity, slopes: Floats) -> Floats:
        """Return derivatives with respect to the gradient of displacement (n, nq, dim, dim).

        slopes: (n, nq, 3, 3) derivatives with respect to the quantity's tensor.
        """
        shape = self.response.strain.shape
        result = np.empty((*slopes.shape[:2], *shape[2:]))
        for i in range(shape[-1]):
            for j in range(i + 1):
                unit = np.zeros(shape[2:])
                unit[i, j] += 0.5
                unit[j, i] += 0.5
                response = self.changes(quantity, np.broadcast_to(unit, shape))
                result[..., i, j] = result[..., j, i] = (slopes * response).sum(axis=(2, 3))
        return result


@dataclass(frozen=True, kw_only=True)
class CellPart(LinearPart):
    """A part made of cells; cells: (n,) their rows in the body."""

    cells: Ints

    def add_to(self, of_cell: Floats, own: Floats) -> None:
        """Add the value of each row (n,) to its cell."""
        of_cell[self.cells] += own


@dataclass(frozen=True, kw_only=True)
class FilmPart(LinearPart):
    """A film on facets; beside: the cells beside its facets."""

    beside: Beside

    def add_to(self, of_cell: Floats, own: Floats) -> None:
        """Add the value of each facet (n,) to the body's cells beside it."""
        np.add.at(of_cell, self.beside.cells, self.beside.share * own[self.beside.facets])
