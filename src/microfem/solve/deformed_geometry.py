"""Cases that stand on the geometry deformed by another case: their order, their meshes, and histories of load paths."""

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
from microfem.physics.mechanics.load_actions import stated
from microfem.solve.error_series import Measured
from microfem.solve.refinement import measure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = Mapping[str, tuple[float, str]]


def in_order(cases: Mapping[str, Case]) -> list[str]:
    """Return the names of cases such that each comes after the one that deforms its geometry."""
    return sorted(cases, key=lambda name: bool(cases[name].deformed_by))


def steps_of(solution: Solution) -> Sequence[Step]:
    """Return the steps of a mechanical solution; a single solve is one at load 1.

    Raises:
        MicrofemError: there are none.
    """
    if solution.steps:
        return solution.steps
    if "displacement" not in solution.fields or solution.stopped:
        raise MicrofemError(f"no step has converged{': ' * bool(solution.stopped)}{solution.stopped}")
    moved = np.nan_to_num(solution.field("displacement").values)
    return [Step(1.0, moved, solution.totals, solution.out_of_plane_stretch(), lambda: solution.fields)]


def deformed_mesh(solution: Solution, which: str) -> Mesh:
    """Return a mechanical solution's mesh at its last step, knowing `all` its steps or the `last` one alone.

    Regions that carry no load follow the others, and so do points inside a region about which cells would be inside
    out, see fem/linear_elasticity/harmonic_extension.py; their out-of-plane
    stretch keeps their volume. Of a plan of all layers the plan at the layout's height is left.

    Raises:
        MicrofemError: a cell is turned inside out, or no step has converged.
    """
    from microfem.fem.linear_elasticity.harmonic_extension import extended, untangled
    from microfem.mesh.deformed import deform, in_plane, without_steps

    mesh, steps = solution.mesh, steps_of(solution)
    moved = np.stack([one.displacement[: len(mesh.points)] for one in steps])
    follows = _carries_nothing(solution)
    if follows.any():
        moved = extended(mesh, moved, np.flatnonzero(follows))
    seen, inside, cells = in_plane(mesh)
    moved, loose = untangled(seen, moved[:, inside])
    points, follows = seen.points + moved, follows[cells] | loose
    taken = zip(steps, points, strict=True)
    stretch = np.stack([_stretch(seen, one.out_of_plane_stretch, cells, now, follows) for one, now in taken])
    after = deform(seen, np.array([one.at for one in steps]), points, stretch)
    return after if which == "all" else without_steps(after)


def _carries_nothing(solution: Solution) -> NDArray[np.bool_]:
    """Tell which cells carry no load: strains and stresses are not defined in them."""
    inside = next(one for one in solution.fields.values() if one.on == "quadrature")
    return np.asarray(np.isnan(inside.cell_means()).reshape(len(inside.values), -1).any(axis=1))


def _stretch(seen: Mesh, stretch: Floats | None, cells: Ints, points: Floats, follows: NDArray[np.bool_]) -> Floats:
    """Return the out-of-plane stretch of the cells seen; where they follow others, what keeps their volume."""
    if stretch is None:
        return np.ones(len(cells))
    return np.where(follows, seen.volumes / np.maximum(seen.moved(points).volumes, 1e-300), stretch[cells])


def path_states(solution: Solution) -> Iterator[tuple[State, Solution]]:
    """Yield the states of a mechanical case's path, each with its fields; nothing for a single solve."""
    for step in solution.steps:
        yield _state(solution.case, step.at, step.totals, {}), replace(solution, fields=step.fields(), steps=())


def states_on(
    solution: Solution, found: Measured, mechanical: Solution, calls: Mapping[str, Call]
) -> Iterator[tuple[State, Solution]]:
    """Yield the states of a case on a deformed geometry with their fields, from the undeformed one to the last step.

    solution, found: of the last step. All states are solved on its cells, moved; no dual problem is solved for them,
    so a value that has no proven bounds has no error.
    """
    from microfem.mesh.deformed import at_step

    path, solve = solution.mesh.deformed, PHYSICS.get(solution.case.physics).solve
    assert path is not None
    wanted = {name: call for name, call in calls.items() if name in found.values}
    first = _first(solution)
    yield _state(mechanical.case, 0.0, {}, measure(first, wanted).values), first
    totals = [one.totals for one in steps_of(mechanical)[1 - len(path.loads) :]]
    for step, load in enumerate(path.loads[1:-1], 1):
        tell(f"step {step} of {len(path.loads) - 1}, load {load:.4g}")
        one = replace(solve(at_step(solution.mesh, step), solution.case), undeformed=solution.undeformed)
        one.close()
        yield _state(mechanical.case, float(load), totals[step - 1], measure(one, wanted).values), one
    yield _state(mechanical.case, float(path.loads[-1]), totals[-1], found.values), solution


def _first(solution: Solution) -> Solution:
    """Return the undeformed state as a state of the path, whose ratio to itself is one."""
    assert solution.undeformed is not None
    return replace(solution.undeformed, undeformed=solution.undeformed)


def _state(case: Case, at: float, totals: Numbers, values: Mapping[str, Value]) -> State:
    told = stated(case, at)
    return State(at=at, stated=next(iter(told), ""), numbers={**told, **totals, **told}, values=values)
