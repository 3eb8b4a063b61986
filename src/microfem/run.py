"""The pipeline: a design is built, meshed, solved, measured, refined until its numbers are good enough."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from microfem.design import Design
from microfem.errors import MeshError, MetricRefused, MicrofemError
from microfem.layout import Layout
from microfem.mesh import Mesh, build_mesh
from microfem.metrics import METRICS, MetricCall, Value
from microfem.physics import PHYSICS, Case, Report, Solution
from microfem.store import save_solution
from microfem.study import Study
from microfem.units import format_quantity

Say = Callable[[str], None]

FIRST_LEVEL = {"3d": -2, "plan": 0, "section": 0}
LAST_LEVEL = 8
NODES_PER_CELL = {2: 2.1, 3: 1.5}  # of P2 meshes
TWO_MESHES, THREE_MESHES = 3.0, 1.25  # Roache's factors of safety
SLOWEST, LEAST_REFINEMENT = 0.85, 0.1  # limits of the observed ratio of changes, and of a refinement that counts
NOT_CONVERGED = 0.1  # relative change at which a value at one place counts as not converging


@dataclass(frozen=True)
class Result:
    """What a design gave: values and refusals by metric name, solve reports by case, or why it failed."""

    design: str
    status: str
    message: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    totals: Mapping[str, Mapping[str, tuple[float, str]]] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Measured:
    """Values and refusals of one case, or of the layout."""

    values: Mapping[str, Value]
    refused: Mapping[str, str]


@dataclass(frozen=True)
class Grid:
    """What one mesh gave: its fineness, cells^(1/dim), and the values found on it."""

    fineness: float
    found: Measured


def run_design(study: Study, design: Design, folder: Path, say: Say = lambda _: None) -> Result:
    """Run every case of a study on one design, saving fields into `folder`; nothing it raises gets out.

    This is the one place where all exceptions are caught: a design that fails is a result too.
    """
    started = time.perf_counter()
    try:
        result = _run(study, design, folder, say)
    except (MicrofemError, OSError) as error:
        result = Result(design.name, "failed", str(error))
    except MemoryError:
        result = Result(design.name, "failed", "out of memory; lower limits.unknowns in the study")
    except Exception as error:
        result = Result(design.name, "failed", f"internal error, please report it: {type(error).__name__}: {error}")
    return replace(result, seconds=time.perf_counter() - started)


def _run(study: Study, design: Design, folder: Path, say: Say) -> Result:
    layout = design.layout()
    flat = {name: call for name, call in study.metrics.items() if not METRICS.get(call.metric).on}
    first = measure(layout, flat)
    values = {name: replace(value, error=0.0) for name, value in first.values.items()}
    refused, reports, totals, failed = dict(first.refused), {}, {}, []
    for name, case in study.cases.items():
        calls = {key: call for key, call in study.metrics.items() if call.case == name}
        try:
            solution, found = solve_to_accuracy(study, layout, case, calls, prefixed(say, name))
        except MicrofemError as error:  # the other cases' numbers are worth keeping
            failed.append(f"case {name}: {error}")
            refused |= dict.fromkeys(calls, f"its case {name} failed")
            continue
        say(f"{name}: saving fields")
        save_solution(folder / f"{name}.vtkhdf", solution)
        values |= found.values
        refused |= found.refused
        reports[name], totals[name] = solution.report, solution.totals
    return Result(design.name, "failed" if failed else "ok", "; ".join(failed), values, refused, reports, totals)


def prefixed(say: Say, name: str) -> Say:
    """Return a `say` that puts a name before what it is told."""
    return lambda text: say(f"{name}: {text}")


def solve_to_accuracy(
    study: Study, layout: Layout, case: Case, calls: Mapping[str, MetricCall], say: Say
) -> tuple[Solution, Measured]:
    """Solve a case on finer and finer meshes until all metrics are within the accuracy, or unknowns run out.

    Accuracy counts as reached only from the third mesh on, when the rate of convergence has been seen.

    Raises:
        MicrofemError: not even the coarsest mesh can be made or solved within the limit.
    """
    kind = PHYSICS.get(case.physics)
    # A factorisation costs about (nodes x components^1.5)^2 in 3D, so vector problems may have fewer unknowns.
    most = study.most_unknowns / (kind.dofs_per_node or (3 if case.dimension == "3d" else 2)) ** 0.5
    solution, history = None, list[Grid]()
    for mesh in levels(layout, case, say):
        if solution is None:
            _refuse_too_large(mesh, case, 2.0 * most)
        elif expected_unknowns(solution, mesh) > (2.0 if len(history) == 1 else 1.0) * most:
            break
        say(f"solving, {len(mesh.cells):,} cells")
        solution = kind.solve(mesh, case)
        history.append(Grid(len(mesh.cells) ** (1.0 / mesh.dim), measure(solution, calls)))
        if len(history) > 2 and within(with_errors(history, calls), study.accuracy):
            break
    if solution is None:
        raise MicrofemError("no mesh was made")
    return solution, with_errors(history, calls)


def expected_unknowns(solution: Solution, finer: Mesh) -> float:
    """Return about how many unknowns a finer mesh will need."""
    return solution.report.ndofs * len(finer.cells) / len(solution.mesh.cells)


def _refuse_too_large(mesh: Mesh, case: Case, most: float) -> None:
    """Refuse a first mesh that is beyond what a first mesh may have."""
    per_node = PHYSICS.get(case.physics).dofs_per_node or mesh.dim
    unknowns = per_node * (len(mesh.points) if case.order == 1 else NODES_PER_CELL[mesh.dim] * len(mesh.cells))
    if unknowns > most:
        raise MicrofemError(
            f"the coarsest mesh needs about {unknowns:,.0f} unknowns, more than the {most:,.0f} that "
            f"limits.unknowns lets a first mesh have here; raise it, use fewer repeats, or a view in two dimensions"
        )


def levels(layout: Layout, case: Case, say: Say) -> Iterator[Mesh]:
    """Yield the layout's mesh at one level after the other, until one cannot be made; equal ones once only."""
    before = 0
    for level in range(FIRST_LEVEL[case.dimension], LAST_LEVEL + 1):
        say(f"meshing, level {level}")
        try:
            mesh = build_mesh(layout, case.dimension, level)
        except MeshError:
            if before:
                return  # the coarser ones have given their numbers
            raise
        if len(mesh.cells) != before:
            before = len(mesh.cells)
            yield mesh


def measure(what: Solution | Layout, calls: Mapping[str, MetricCall]) -> Measured:
    """Evaluate metrics of a solution or a layout; what cannot be told is refused with its reason."""
    values, refused = {}, {}
    depth = isinstance(what, Solution) and what.mesh.dim == 2
    for name, call in calls.items():
        kind = METRICS.get(call.metric)
        try:
            number = float(kind.function(what, **call.options))
        except MicrofemError as error:
            refused[name] = str(error)
            continue
        if math.isfinite(number):
            values[name] = Value(number, kind.depth_unit if depth else kind.unit, None)
        else:
            refused[name] = f"{call.metric} has no finite value here"
    return Measured(values, refused)


def with_errors(history: Sequence[Grid], calls: Mapping[str, MetricCall]) -> Measured:
    """Give each value of the last mesh its error; refuse peaks that do not settle.

    error = F max(1 / (r - 1), q / (1 - q)) |v2 - v1|: the rest of a geometric series of changes, after the grid
    convergence index of P. J. Roache, J. Fluids Eng. 116 (1994) 405. r is the ratio of mesh fineness (cells^(1/dim)),
    so that first order at least is assumed, as edge singularities of potential leave it; q = |v2 - v1| / |v1 - v0|
    is what was seen. F is his: 1.25 with three meshes, 3 with two. It is an estimate, not a bound.
    """
    if len(history) < 2:
        return history[-1].found
    fineness = history[-1].fineness / history[-2].fineness
    values, refused = {}, dict(history[-1].found.refused)
    for name, value in history[-1].found.values.items():
        kind = METRICS.get(calls[name].metric)
        trail = [grid.found.values[name].value for grid in history if name in grid.found.values]
        change = abs(trail[-1] - trail[-2]) if len(trail) > 1 else None
        if kind.pointwise and change is not None and change > NOT_CONVERGED * abs(value.value):
            was = f"{trail[-2]:.4g} to {format_quantity(value.value, value.unit)}"
            reason = f"it went from {was} from one mesh to the next, as at a singular corner"
            refused[name] = str(MetricRefused(kind.name, reason, "a percentile or a mean of the same field"))
        else:
            values[name] = replace(value, error=None if change is None else change * _rest(trail, fineness))
    return Measured(values, refused)


def _rest(trail: Sequence[float], fineness: float) -> float:
    """Return how many times the last change still is to come; see with_errors."""
    rest = 1.0 / max(fineness - 1.0, LEAST_REFINEMENT)
    if len(trail) < 3:
        return TWO_MESHES * rest
    last, before = abs(trail[-1] - trail[-2]), abs(trail[-2] - trail[-3])
    seen = min(last / before, SLOWEST) if before > 0.0 else 0.0
    return THREE_MESHES * max(rest, seen / (1.0 - seen))


def within(found: Measured, accuracy: float) -> bool:
    """Tell whether every value's error is known and within the wanted relative accuracy."""
    return all(v.error is not None and v.error <= accuracy * abs(v.value) for v in found.values.values())
