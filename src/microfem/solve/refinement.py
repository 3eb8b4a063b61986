"""Refinement: solve, measure, estimate, refine, until every number is within the accuracy or a limit is reached."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from microfem.base.errors import MetricRefused, MicrofemError, SolveError
from microfem.base.progress import tell, within
from microfem.layout import Layout
from microfem.mesh import Mesh
from microfem.metrics import METRICS, Call, Value
from microfem.metrics.curve import OnMesh
from microfem.physics import PHYSICS, Case, Solution
from microfem.solve.dual_estimates import qoi_error
from microfem.solve.ending import Ended, Reason
from microfem.solve.error_series import Grid, Measured, excess, of_time_steps, round_off, with_errors
from microfem.solve.first_mesh import about_unknowns, comparable, first_mesh
from microfem.study.records import Limits

RATE = {2: 2.0, 3: 1.0}  # error of an adaptive mesh ~ cells^-RATE
COST = 1.2  # seconds of a solve ~ cells^COST
GROWTH, LEAST_GROWTH = {2: (1.4, 2.0), 3: (1.5, 2.2)}, 1.2  # factor of the number of cells from mesh to mesh
WITHOUT_METRICS = 3  # number of meshes of a case without metrics, which serves for pictures alone


@dataclass(frozen=True)
class Reached:
    """The state of a refinement: last solution, its values, seconds so far; complete: all errors are estimated."""

    solution: Solution
    measured: Measured
    elapsed: float
    complete: bool = False


def solve_layout(
    layout: Layout,
    case: Case,
    calls: Mapping[str, Call],
    accuracy: Mapping[str, float],
    limits: Limits,
    spent: float = 0.0,
) -> tuple[Solution, Measured, Ended]:
    """Mesh a layout and solve a case on it, see `solve_to_accuracy`; `limits.time` counts the meshing too."""
    started = time.perf_counter() - spent
    tell("meshing")
    mesh = first_mesh(layout, case, limits)
    return solve_to_accuracy(mesh, case, calls, accuracy, limits, spent=time.perf_counter() - started)


def solve_to_accuracy(
    mesh: Mesh,
    case: Case,
    calls: Mapping[str, Call],
    accuracy: Mapping[str, float],
    limits: Limits,
    clock: Callable[[], float] = time.perf_counter,
    spent: float = 0.0,
) -> tuple[Solution, Measured, Ended]:
    """Solve a case on finer and finer meshes until all metrics are within the accuracy, or a limit is reached.

    mesh: the first mesh; accuracy: target relative error of each metric; clock: returns seconds, for `limits`; spent:
    seconds that the case took before, such as for meshing.

    Returns:
        The last solution, its metrics with errors, and how the refinement ended.

    Raises:
        MicrofemError: the case cannot be solved on the first mesh.
    """
    started, history, reached = clock() - spent, list[Grid](), None
    while True:
        with within(mesh=len(history) + 1):
            mesh_started = clock()
            try:
                tell("solving", unknowns=round(about_unknowns(len(mesh.cells), case)))
                solution = solved(mesh, case)
                if solution.stopped and reached is not None:
                    raise SolveError(f"the load path {solution.stopped}")
                grid = _grid(solution, calls)
                history.append(grid)
                reached = Reached(solution, grid.measured, clock() - started)
                if solution.stopped:  # a finer mesh would hardly get further
                    return solution, reached.measured, Ended(Reason.PATH_STOPPED, solution.stopped)
                worst, growth, end = _next(reached, calls, len(history), accuracy, case, limits)
                if end or not any(v.error is not None for v in reached.measured.values.values()):
                    tell("estimating errors")
                    history[-1] = replace(history[-1], measured=estimated(solution, history[-1].measured, calls))
                    measured = with_errors(history, calls, round_off(solution))
                    reached = replace(reached, measured=measured, elapsed=clock() - started, complete=True)
                    worst, growth, end = _next(reached, calls, len(history), accuracy, case, limits)
                solution.close()
                if end:
                    return solution, _with_meshes(reached, history, calls), end
                _tell_refinement(reached, worst, comparable(limits.most, case), clock() - mesh_started)
                cells, mesh = len(mesh.cells), _finer(solution, growth)
                if len(mesh.cells) == cells:
                    return solution, _with_meshes(reached, history, calls), Ended(Reason.NO_INDICATOR)
            except MicrofemError as error:
                if reached is None:
                    raise
                end = Ended(Reason.FAILED, str(error))
                return (
                    reached.solution,
                    _with_meshes(reached, history, calls),
                    end,
                )  # the numbers of the coarser mesh stay


def _grid(solution: Solution, calls: Mapping[str, Call]) -> Grid:
    """Return the results of a mesh."""
    mesh, indicator = solution.mesh, solution.indicator
    indicated = float(indicator.of_cell.sum()) if indicator else 0.0
    return Grid(len(mesh.cells) ** (1.0 / mesh.dim), measure(solution, calls), solution.case.order, indicated)


def _tell_refinement(reached: Reached, worst: tuple[float, str], most: float, seconds: float) -> None:
    """Report the worst error as progress, and the estimated seconds until it is small enough.

    seconds: of the last mesh; finer meshes cost more by the power COST.
    """
    dim, ndofs = reached.solution.mesh.dim, reached.solution.report.ndofs
    growth = min(worst[0] ** (1.0 / RATE[dim]), max(most / ndofs, 1.0))
    remaining = None
    if math.isfinite(growth):
        step = GROWTH[dim][1] ** COST
        meshes = max(math.ceil(math.log(growth) / math.log(GROWTH[dim][1])), 1)
        remaining = seconds * sum(min(step**k, growth**COST) for k in range(1, meshes + 1))
    error = f"{worst[1]}: error is {worst[0]:.3g} x the target, " if worst[1] else ""
    tell(f"{error}refining", unknowns=ndofs, left=remaining)


def solved(mesh: Mesh, case: Case) -> Solution:
    """Solve a case; on a deformed mesh also on the undeformed one."""
    from microfem.mesh.deformed import at_step

    solve = PHYSICS.get(case.physics).solve
    solution = solve(mesh, case)
    return solution if mesh.deformed is None else replace(solution, undeformed=solve(at_step(mesh, 0), case))


def _with_meshes(reached: Reached, history: Sequence[Grid], calls: Mapping[str, Call]) -> Measured:
    """Return the last values with the values of each mesh; the last mesh has its final errors, of all causes."""
    reached = replace(reached, measured=_with_added(reached, calls))
    dim, names = reached.solution.mesh.dim, dict.fromkeys(name for grid in history for name in grid.measured.values)
    final = reached.measured.values
    of_meshes = [
        (round(grid.fineness**dim), {**grid.measured.values, **(final if grid is history[-1] else {})})
        for grid in history
    ]
    meshes = {name: [OnMesh(cells, values[name]) for cells, values in of_meshes if name in values] for name in names}
    return replace(reached.measured, meshes=meshes)


def _with_added(reached: Reached, calls: Mapping[str, Call]) -> Measured:
    """Return final values, with the errors that no mesh lowers, such as the noise of a measurement, added to theirs."""
    values, refused = dict(reached.measured.values), dict(reached.measured.refused)
    for name, value in reached.measured.values.items():
        kind, options = METRICS.get(calls[name].name), calls[name].options
        if kind.added is None:
            continue
        try:
            parts = kind.added(reached.solution, **options)
            final = kind.final(reached.solution, **options) if kind.final else value.value
        except MicrofemError as error:
            refused[name] = str(error)
            del values[name]
            continue
        whole = None if value.error is None else value.error + sum(parts.values())
        values[name] = replace(value, value=float(final), error=whole, added=parts)
    return replace(reached.measured, values=values, refused=refused)


def _next(
    reached: Reached,
    calls: Mapping[str, Call],
    meshes: int,
    accuracy: Mapping[str, float],
    case: Case,
    limits: Limits,
) -> tuple[tuple[float, str], float, Ended | None]:
    """Return the largest known error over its target with its metric, the growth of the mesh, and the end if any."""
    if calls:
        unconfirmed = {
            name for name, call in calls.items() if METRICS.get(call.name).meshes > meshes and reached.complete
        } | reached.measured.unconfirmed
        worst = excess(reached.measured, accuracy, math.inf if reached.complete else 0.0, unconfirmed)
    else:
        worst = (0.0 if meshes >= WITHOUT_METRICS else math.inf, "the mesh")
    if worst[0] <= 1.0:
        late = of_time_steps(reached.measured, accuracy)
        return worst, 1.0, Ended(Reason.TIME_STEPS, ", ".join(late)) if late else Ended(Reason.ACCURATE)
    return worst, *_growth(reached, worst[0], comparable(limits.most, case), limits)


def _growth(reached: Reached, worst: float, most: float, limits: Limits) -> tuple[float, Ended | None]:
    """Return the factor by which the number of cells grows, and the end if it cannot grow."""
    mesh = reached.solution.mesh
    least, largest = GROWTH[mesh.dim]
    desired = min(max(worst ** (1.0 / RATE[mesh.dim]), least), largest)
    if reached.solution.indicator is None:
        return 0.0, Ended(Reason.NO_INDICATOR)
    room = {
        Ended(Reason.UNKNOWNS, f"{limits.most:,}"): most / reached.solution.report.ndofs,
        Ended(Reason.TIME, f"{limits.seconds:.4g} s"): (limits.seconds - reached.elapsed)
        / max(reached.solution.report.seconds, 1e-3),
        Ended(Reason.MEMORY, f"{limits.megabytes:.4g} MB"): limits.megabytes / max(resident_megabytes(), 1.0),
    }
    tightest = min(room, key=lambda end: room[end])
    return min(desired, room[tightest]), tightest if room[tightest] < LEAST_GROWTH else None


def _finer(solution: Solution, growth: float) -> Mesh:
    from microfem.fem.error_estimates.refinement import refined

    assert solution.indicator is not None
    return refined(solution.mesh, solution.indicator.of_cell, solution.indicator.anisotropy, growth)


def resident_megabytes() -> float:
    """Return the peak memory of this process, MB; 0 on systems without that number."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def measure(source: Solution | Layout, calls: Mapping[str, Call]) -> Measured:
    """Evaluate metrics of a solution or a layout; a metric without a value is refused with its reason."""
    values, refused = {}, {}
    for name, call in calls.items():
        try:
            value = _measured(source, call)
        except MicrofemError as error:
            refused[name] = str(error)
            continue
        if math.isfinite(value.value):
            values[name] = value
        else:
            refused[name] = f"{call.name} has no finite value here"
    return Measured(values, refused)


def _measured(source: Solution | Layout, call: Call) -> Value:
    """Evaluate one metric; if proven bounds hold for it, its value is their middle and its error half their distance.

    The bounds hold for the stated layout; on a geometry deformed by a load they are an estimate.
    """
    kind = METRICS.get(call.name)
    if isinstance(source, Solution) and source.stopped:
        raise MetricRefused(kind.name, f"the load path ended early: {source.stopped}", "a smaller load, or more steps")
    unit = kind.unit_in(isinstance(source, Solution) and source.case.per_depth, call.options)
    value = float(kind.function(source, **call.options))
    if not isinstance(source, Solution) or kind.of_solve:
        return Value(value=value, unit=unit, error=0.0)
    scale = kind.scale(source, **call.options) if kind.scale else 0.0
    ends = [float(kind.function(end, **call.options)) for end in source.ends_of_energy()] if kind.of_energy else []
    if kind.interval is not None:
        ends = [float(end) for end in kind.interval(source, **call.options)]
    if not ends:
        return Value(value=value, unit=unit, error=None, scale=scale)
    low, high = min(ends), max(ends)
    middle = Value(value=0.5 * (low + high), unit=unit, error=0.5 * (high - low), scale=scale)
    if source.mesh.deformed:  # the error of the deformation itself has no bounds
        return middle
    return replace(middle, lower=low, upper=high)


def estimated(solution: Solution, measured: Measured, calls: Mapping[str, Call]) -> Measured:
    """Return the values, those without an error with an estimate by a dual solution where one exists."""
    values = {
        name: value if value.error is not None else _estimated(solution, value, calls[name])
        for name, value in measured.values.items()
    }
    return replace(measured, values=values)


def _estimated(solution: Solution, value: Value, call: Call) -> Value:
    error = qoi_error(solution, call)
    return replace(value, error=error, floor=(error or 0.0) if METRICS.get(call.name).floor else 0.0)
