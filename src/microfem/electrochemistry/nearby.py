"""Steady states of a cell on meshes close to the one on which it was solved, for derivatives with respect to a layout.

A parameter p that moves the mesh and changes the layout changes the steady state y, where F(y, p) = 0, by

    K dy/dp = -dF/dp,    K = dF/dy.

A step of Newton's method at p + h and one at p - h with the factors of K at p give both ends of a central difference,
which serve for every metric: the direct method. A parameter costs a few residuals, and solutions with factors that
exist. The adjoint method, K^T z = dJ/dy for each metric J, would save the latter, which cost less than the residuals,
and would need the derivative of each metric with all unknowns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.electrochemistry.kept import Moment
from microfem.electrochemistry.model import CellModel, model_of
from microfem.electrochemistry.path import Followed
from microfem.electrochemistry.problems import Problems
from microfem.electrochemistry.steady import frozen, long_step
from microfem.fem.cell.control import Control, held
from microfem.fem.solvers.time_steps import TimeProblem

if TYPE_CHECKING:
    from microfem.electrochemistry.statement import CellStatement
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]

SMALL = 1e-7  # last correction relative to the first: a step of Newton's method leaves the length of the step, squared
NOISE = 1e-14  # the same in the scales of the norm, where the layout changes nothing
MOST = 12  # corrections: two, but for large systems, which are solved by iteration


@dataclass(frozen=True, kw_only=True)
class NearbyState:
    """A cell on a mesh, and the unknowns of its steady state."""

    model: CellModel
    y: Floats

    @property
    def path(self) -> Followed:
        """The state as a path of one step."""
        return Followed(steps=[Moment(t=0.0, line=0, y=self.y)])


def nearby_states(mesh: Mesh, stated: CellStatement, y: Floats, others: Sequence[Mesh]) -> Iterator[NearbyState]:
    """Yield the steady states on meshes close to one on which the unknowns are y.

    Raises:
        SolveError: a state is not close by.
    """
    here = _Steady.on(mesh, stated)
    solve = here.linearised(y)
    for other in others:
        there = _Steady.on(other, stated)
        yield NearbyState(model=there.model, y=_followed(there, solve, y))


def _followed(there: _Steady, solve: Callable[[Floats], Floats], y: Floats) -> Floats:
    """Return the unknowns on a mesh close by; solve: with the factors of the equations here."""
    equations, sizes = there.model.equations, list[float]()
    y = y.copy()
    if equations.moving:  # the liquid has moved, and no reaction makes salt
        volume, salt = equations.electrolyte.volume, y[: equations.electrolyte.count]
        salt += equations.electrolyte.salt.initial - volume @ salt / volume.sum()
    for _ in range(MOST):
        change = solve(-there.residual(y))
        change[equations.fields :] = 0.0  # fillings stay as they are, charges do not count
        y += change
        sizes.append(there.problem.norm(change, y))
        if sizes[-1] <= SMALL * sizes[0] + NOISE:
            return y
    raise SolveError("the steady state does not follow the layout")


@dataclass(frozen=True)
class _Steady:
    """The equations of a steady state on one mesh."""

    model: CellModel
    control: Control
    problem: TimeProblem

    @classmethod
    def on(cls, mesh: Mesh, stated: CellStatement) -> _Steady:
        model, [line] = frozen(model_of(mesh, stated)), stated.protocol
        problems = Problems(model, 1.0)
        assert line.amount is not None
        control = held(line.amount.holds, problems.amount(line.amount))
        return cls(model, control, problems.problem(control, (), None))

    def residual(self, y: Floats) -> Floats:
        """Return F(y)."""
        return self.model.equations.residual(self.control, 0.0, y, np.zeros_like(y))

    def linearised(self, y: Floats) -> Callable[[Floats], Floats]:
        """Return the solution of K x = b, K with storage over a long step, which keeps the salt."""
        return self.problem.factorise(0.0, y, np.zeros_like(y), 1.0 / long_step(self.model))
