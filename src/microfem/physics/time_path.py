"""A path in time: the steps of a transient case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.progress import tell
from microfem.physics.frame import Field, Step, Totals

if TYPE_CHECKING:
    from microfem.fem.solvers.settings import TimeSettings
    from microfem.fem.solvers.time_steps import TimeProblem
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]


def solve_in_time(
    mesh: Mesh,
    problem: TimeProblem,
    y: Floats,
    until: float,
    totals: Callable[[float, Floats], Totals],
    fields: Callable[[Floats], Mapping[str, Field]],
    milestones: Sequence[float] = (),
    settings: TimeSettings | None = None,
) -> tuple[Step, ...]:
    """Return the steps of a transient problem from the unknowns y at the time 0 to `until`, s, or to an event.

    totals: of a time and the unknowns; fields: of the unknowns, computed on demand.

    Raises:
        SolveError: there is no consistent start, or a step had to be cut below the smallest one.
    """
    from microfem.fem.solvers.settings import TimeSettings
    from microfem.fem.solvers.time_steps import TimeStepper

    def step(t: float, unknowns: Floats) -> Step:
        return Step(
            at=t,
            displacement=np.zeros_like(mesh.points),
            totals=totals(t, unknowns),
            out_of_plane_stretch=None,
            fields=lambda: fields(unknowns),
        )

    stepper = TimeStepper(problem=problem, settings=settings or TimeSettings())
    state = stepper.begin(0.0, y, until)
    path = [step(0.0, state.y)]
    for taken in stepper.steps(state, until, milestones):
        tell(f"time {taken.state.t:.4g} of {until:.4g} s")
        path.append(step(taken.state.t, taken.state.y))
    return tuple(path)
