"""Refinement: solve, measure, estimate, refine, until every number is within the accuracy or a limit is met."""

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
from microfem.solve.error_series import Grid, Measured, excess, round_off, with_errors
from microfem.solve.first_mesh import about_unknowns, comparable
from microfem.study.records import Limits

RATE = {2: 2.0, 3: 1.0}  # power of the number of cells with which an adaptive mesh's error falls
COST = 1.2  # power of the number of cells with which the seconds of a solve grow
GROWTH, LEAST_GROWTH = {2: (1.4, 2.0), 3: (1.5, 2.2)}, 1.2  # of the number of cells from mesh to mesh
WITHOUT_METRICS = 3  # meshes of a case that only pictures are wanted of


@dataclass(frozen=True)
class Reached:
    """Where a refinement stands: the last solution, what it gave, seconds so far, whether all errors were sought."""

    solution: Solution
    found: Measured
    elapsed: float
    complete: bool = False


def solve_to_accuracy(
    mesh: Mesh, case: Case, calls: Mapping[str, Call], accuracy: Mapping[str, float], limits: Limits,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Solution, Measured, Ended]:  # fmt: skip
    """Solve a case on finer and finer meshes until all metrics are within the accuracy, or a limit is met.

    mesh: the first; accuracy: wanted relative error of each metric; clock: returns seconds, for `limits`.

    Returns:
        The last solution, its metrics with errors, and how the refinement ended.

    Raises:
        MicrofemError: not even on the first mesh it can be solved.
    """
    started, history, now = clock(), list[Grid](), None
    while True:
        with within(mesh=len(history) + 1):
            begun = clock()
            try:
                tell("solving", unknowns=round(about_unknowns(len(mesh.cells), case)))
                solution = solved(mesh, case)
                if solution.stopped and now is not None:
                    raise SolveError(f"the load path {solution.stopped}")
                grid = Grid(len(mesh.cells) ** (1.0 / mesh.dim), measure(solution, calls), case.order)
                history.append(grid)
                now = Reached(solution, grid.found, clock() - started)
                if solution.stopped:  # a finer mesh would hardly come further
                    return solution, now.found, Ended(Reason.PATH_STOPPED, solution.stopped)
                worst, growth, end = _next(now, calls, len(history), accuracy, case, limits)
                if end or not any(v.error is not None for v in now.found.values.values()):
                    tell("estimating errors")
                    history[-1] = replace(history[-1], found=estimated(solution, history[-1].found, calls))
                    found = with_errors(history, calls, round_off(solution))
                    now = replace(now, found=found, elapsed=clock() - started, complete=True)
                    worst, growth, end = _next(now, calls, len(history), accuracy, case, limits)
                solution.close()
                if end:
                    return solution, _with_meshes(now, history), end
                _tell_refinement(now, worst, comparable(limits.most, case), clock() - begun)
                cells, mesh = len(mesh.cells), _finer(solution, growth)
                if len(mesh.cells) == cells:
                    return solution, _with_meshes(now, history), Ended(Reason.NO_INDICATOR)
            except MicrofemError as error:
                if now is None:
                    raise
                end = Ended(Reason.FAILED, str(error))
                return now.solution, _with_meshes(now, history), end  # the coarser one has given its numbers


def _tell_refinement(now: Reached, worst: tuple[float, str], most: float, seconds: float) -> None:
    """Tell what is to be mended, and how long that may take: seconds of this mesh, times what finer ones cost."""
    dim, ndofs = now.solution.mesh.dim, now.solution.report.ndofs
    whole = min(worst[0] ** (1.0 / RATE[dim]), max(most / ndofs, 1.0))
    left = None
    if math.isfinite(whole):
        step = GROWTH[dim][1] ** COST
        meshes = max(math.ceil(math.log(whole) / math.log(GROWTH[dim][1])), 1)
        left = seconds * sum(min(step**k, whole**COST) for k in range(1, meshes + 1))
    off = f"{worst[1]} is {worst[0]:.3g} times as far off as wanted, " if worst[1] else ""
    tell(f"{off}refining", unknowns=ndofs, left=left)


def solved(mesh: Mesh, case: Case) -> Solution:
    """Solve a case; on a deformed mesh, before it is deformed too."""
    from microfem.mesh.deformed import at_step

    solve = PHYSICS.get(case.physics).solve
    solution = solve(mesh, case)
    return solution if mesh.deformed is None else replace(solution, undeformed=solve(at_step(mesh, 0), case))


def _with_meshes(now: Reached, history: Sequence[Grid]) -> Measured:
    """Return what was found with what each mesh gave; the last value has the error that the others tell of it."""
    dim, names = now.solution.mesh.dim, dict.fromkeys(name for grid in history for name in grid.found.values)
    found = [(round(grid.fineness**dim), {**grid.found.values, **(now.found.values if grid is history[-1] else {})})
             for grid in history]  # fmt: skip
    meshes = {name: [OnMesh(cells, values[name]) for cells, values in found if name in values] for name in names}
    return replace(now.found, meshes=meshes)


def _next(
    now: Reached,
    calls: Mapping[str, Call],
    meshes: int,
    accuracy: Mapping[str, float],
    case: Case,
    limits: Limits,
) -> tuple[tuple[float, str], float, Ended | None]:
    """Return the largest known error relative to the wanted one, by how much to grow, and the end if it is one."""
    if calls:
        early = {name for name, call in calls.items() if METRICS.get(call.name).meshes > meshes and now.complete}
        worst = excess(now.found, accuracy, math.inf if now.complete else 0.0, early)
    else:
        worst = (0.0 if meshes >= WITHOUT_METRICS else math.inf, "the mesh")
    return worst, *_growth(now, worst[0], comparable(limits.most, case), limits)


def _growth(now: Reached, worst: float, most: float, limits: Limits) -> tuple[float, Ended | None]:
    """Return by how much the mesh is to grow; if it is not, why."""
    if worst <= 1.0:
        return 1.0, Ended(Reason.ACCURATE)
    mesh = now.solution.mesh
    least, largest = GROWTH[mesh.dim]
    wanted = min(max(worst ** (1.0 / RATE[mesh.dim]), least), largest)
    if now.solution.indicator is None:
        return 0.0, Ended(Reason.NO_INDICATOR)
    room = {
        Ended(Reason.UNKNOWNS, f"{limits.most:,}"): most / now.solution.report.ndofs,
        Ended(Reason.TIME, f"{limits.seconds:.4g} s"): (limits.seconds - now.elapsed)
        / max(now.solution.report.seconds, 1e-3),
        Ended(Reason.MEMORY, f"{limits.megabytes:.4g} MB"): limits.megabytes / max(resident_megabytes(), 1.0),
    }
    tightest = min(room, key=lambda end: room[end])
    return min(wanted, room[tightest]), tightest if room[tightest] < LEAST_GROWTH else None


def _finer(solution: Solution, growth: float) -> Mesh:
    from microfem.fem.error_estimates.refinement import refined

    assert solution.indicator is not None
    return refined(solution.mesh, solution.indicator.of_cell, solution.indicator.anisotropy, growth)


def resident_megabytes() -> float:
    """Return the most memory that this process has held; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


def measure(what: Solution | Layout, calls: Mapping[str, Call]) -> Measured:
    """Evaluate metrics of a solution or a layout; what cannot be told is refused with its reason."""
    values, refused = {}, {}
    for name, call in calls.items():
        try:
            value = _measured(what, call)
        except MicrofemError as error:
            refused[name] = str(error)
            continue
        if math.isfinite(value.value):
            values[name] = value
        else:
            refused[name] = f"{call.name} has no finite value here"
    return Measured(values, refused)


def _measured(what: Solution | Layout, call: Call) -> Value:
    """Evaluate one metric; where the energy is enclosed and tells it, its interval's middle and half its width.

    The interval is one of the layout as stated; on a geometry that a load has deformed it is an estimate.
    """
    kind = METRICS.get(call.name)
    if isinstance(what, Solution) and what.stopped:
        raise MetricRefused(kind.name, f"the load path ended early: {what.stopped}", "a smaller load, or more steps")
    unit = kind.depth_unit if isinstance(what, Solution) and what.case.per_depth else kind.unit
    value = float(kind.function(what, **call.options))
    if not isinstance(what, Solution):
        return Value(value, unit, 0.0)
    ends = [float(kind.function(one, **call.options)) for one in what.ends_of_energy()] if kind.of_energy else []
    if not ends:
        return Value(value, unit, None)
    low, high = min(ends), max(ends)
    middle = Value(0.5 * (low + high), unit, 0.5 * (high - low))
    if what.mesh.deformed:  # nothing encloses the deformation that the mesh has been given
        return middle
    return replace(middle, lower=low, upper=high)


def estimated(solution: Solution, found: Measured, calls: Mapping[str, Call]) -> Measured:
    """Give the values that have no error yet that of a dual solution, where there is one."""
    values = {name: value if value.error is not None else replace(value, error=qoi_error(solution, calls[name]))
              for name, value in found.values.items()}  # fmt: skip
    return replace(found, values=values)
