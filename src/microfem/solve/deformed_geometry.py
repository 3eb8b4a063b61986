"""Cases on the geometry deformed by another case: their order, their meshes, and the states of load paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.mesh import Mesh
from microfem.metrics import Call, Value
from microfem.metrics.curve import State
from microfem.physics import PHYSICS, Case, Solution, Step
from microfem.solve.error_series import Measured
from microfem.solve.refinement import measure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = Mapping[str, tuple[float, str]]


def in_order(cases: Mapping[str, Case]) -> list[str]:
    """Return the names of cases, each after the case that deforms its geometry."""
    return sorted(cases, key=lambda name: bool(cases[name].deformed_by))


def steps_of(solution: Solution) -> Sequence[Step]:
    """Return the steps of a mechanical solution; a single solve is one step at load factor 1.

    Raises:
        MicrofemError: no step has converged.
    """
    if solution.steps:
        return solution.steps
    if "displacement" not in solution.fields or solution.stopped:
        raise MicrofemError(f"no step has converged{': ' * bool(solution.stopped)}{solution.stopped}")
    moved = np.nan_to_num(solution.field("displacement").values)
    return [
        Step(
            at=1.0,
            displacement=moved,
            totals=solution.totals,
            out_of_plane_stretch=solution.out_of_plane_stretch(),
            fields=lambda: solution.fields,
        )
    ]


def deformed_mesh(solution: Solution, which: str) -> Mesh:
    """Return a mechanical solution's mesh at its last step, with the points of `all` steps or of the `last` step alone.

    Regions that carry no load follow the others, and so do inner points whose cells would otherwise be inverted, see
    fem/linear_elasticity/harmonic_extension.py; the out-of-plane stretch of their cells keeps the volume. A plan of
    all layers becomes the plan at the layout's height.

    Raises:
        MicrofemError: a cell is inverted, or no step has converged.
    """
    from microfem.fem.linear_elasticity.harmonic_extension import extended, untangled
    from microfem.mesh.deformed import deform, in_plane, without_steps

    mesh, steps = solution.mesh, steps_of(solution)
    moved = np.stack([step.displacement[: len(mesh.points)] for step in steps])
    follows = _carries_nothing(solution)
    if follows.any():
        moved = extended(mesh, moved, np.flatnonzero(follows))
    seen, inside, cells = in_plane(mesh)
    moved, untied = untangled(seen, moved[:, inside])
    points, follows = seen.points + moved, follows[cells] | untied
    taken = zip(steps, points, strict=True)
    stretch = np.stack(
        [_stretch(seen, step.out_of_plane_stretch, cells, moved_points, follows) for step, moved_points in taken]
    )
    after = deform(seen, np.array([step.at for step in steps]), points, stretch)
    return after if which == "all" else without_steps(after)


def _carries_nothing(solution: Solution) -> NDArray[np.bool_]:
    """Return a mask (ncells,) of the cells that carry no load: strains and stresses are not defined in them."""
    field = next(one for one in solution.fields.values() if one.on == "quadrature")
    return np.asarray(np.isnan(field.cell_means()).reshape(len(field.values), -1).any(axis=1))


def _stretch(seen: Mesh, stretch: Floats | None, cells: Ints, points: Floats, follows: NDArray[np.bool_]) -> Floats:
    """Return the out-of-plane stretch of the cells in the view; cells that follow others keep their volume."""
    if stretch is None:
        return np.ones(len(cells))
    return np.where(follows, seen.volumes / np.maximum(seen.moved(points).volumes, 1e-300), stretch[cells])


def path_states(solution: Solution) -> Iterator[tuple[State, Solution]]:
    """Yield the states of a mechanical case's load path, each with its fields; none for a single solve."""
    for step in solution.steps:
        yield _state(solution.case, step.at, step.totals, {}), replace(solution, fields=step.fields(), steps=())


def states_on(
    solution: Solution, measured: Measured, mechanical: Solution, calls: Mapping[str, Call]
) -> Iterator[tuple[State, Solution]]:
    """Yield the states of a case on a deformed geometry with their fields, from the undeformed one to the last step.

    solution, measured: of the last step. All states are solved on its cells with moved points, without a dual problem,
    so that a value without proven bounds has no error.
    """
    from microfem.mesh.deformed import at_step

    path, solve = solution.mesh.deformed, PHYSICS.get(solution.case.physics).solve
    assert path is not None
    wanted = {name: call for name, call in calls.items() if name in measured.values}
    first = _first(solution)
    yield _state(mechanical.case, 0.0, {}, measure(first, wanted).values), first
    totals = [one.totals for one in steps_of(mechanical)[1 - len(path.loads) :]]
    for step, load in enumerate(path.loads[1:-1], 1):
        tell(f"step {step} of {len(path.loads) - 1}, load {load:.4g}")
        state = replace(solve(at_step(solution.mesh, step), solution.case), undeformed=solution.undeformed)
        state.close()
        yield _state(mechanical.case, float(load), totals[step - 1], measure(state, wanted).values), state
    yield _state(mechanical.case, float(path.loads[-1]), totals[-1], measured.values), solution


def refused_after(measured: Measured, stopped: str) -> Measured:
    """Return no values of a case on a path that stopped early, which belong to another load than the stated one.

    The curves of its states have them, each at its load. stopped: why, as text.
    """
    why = f"it is solved {stopped}; a smaller load, or more steps; the curve of the path has its values"
    return replace(measured, values={}, refused={**measured.refused, **dict.fromkeys(measured.values, why)})


def _first(solution: Solution) -> Solution:
    """Return the undeformed state as a state of the path; its ratio to itself is 1."""
    assert solution.undeformed is not None
    return replace(solution.undeformed, undeformed=solution.undeformed)


def _state(case: Case, at: float, totals: Numbers, values: Mapping[str, Value]) -> State:
    stated = case.stated(at)
    return State(at=at, stated=next(iter(stated), ""), numbers={**stated, **totals, **stated}, values=values)
