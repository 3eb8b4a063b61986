"""The pipeline: a design is built, meshed, solved, measured, refined until its numbers are good enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from microfem.design import Design
from microfem.errors import MetricRefused, MicrofemError
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
    refused, reports, totals = dict(first.refused), {}, {}
    for name, case in study.cases.items():
        calls = {key: call for key, call in study.metrics.items() if call.case == name}
        solution, found = solve_to_accuracy(study, layout, case, calls, prefixed(say, name))
        say(f"{name}: saving fields")
        save_solution(folder / f"{name}.vtkhdf", solution)
        values |= found.values
        refused |= found.refused
        reports[name], totals[name] = solution.report, solution.totals
    return Result(design.name, "ok", "", values, refused, reports, totals)


def prefixed(say: Say, name: str) -> Say:
    """Return a `say` that puts a name before what it is told."""
    return lambda text: say(f"{name}: {text}")


def solve_to_accuracy(
    study: Study, layout: Layout, case: Case, calls: Mapping[str, MetricCall], say: Say
) -> tuple[Solution, Measured]:
    """Solve a case on finer and finer meshes until all metrics are within the accuracy, or unknowns run out.

    A value's error is its change from the level before. Each level halves every length of the mesh, so for
    quantities that converge at least linearly, which edge singularities of potential leave them to do, the
    change bounds the error that remains asymptotically.
    """
    kind = PHYSICS.get(case.physics)
    solution, now, before = None, None, None
    for mesh in levels(layout, case, say):
        if solution is not None and _too_large(solution, mesh, study.most_unknowns, first=before is None):
            break
        say(f"solving, {len(mesh.cells):,} cells")
        solution = kind.solve(mesh, case)
        before, now = now, measure(solution, calls)
        if before is not None and within(with_errors(now, before, calls), study.accuracy):
            break
    assert solution is not None
    assert now is not None
    return solution, with_errors(now, before, calls)


def _too_large(solution: Solution, finer: Mesh, most: int, first: bool) -> bool:
    """Tell whether a finer mesh needs too many unknowns; the first refinement, which gives the errors, may have twice.

    A factorisation costs about (nodes x components^1.5)^2 in 3D, so vector problems may have fewer unknowns.
    """
    per_node = PHYSICS.get(solution.case.physics).dofs_per_node or finer.dim
    expected = solution.report.ndofs * len(finer.cells) / len(solution.mesh.cells)
    return expected > (2.0 if first else 1.0) * most / per_node**0.5


def levels(layout: Layout, case: Case, say: Say) -> Iterator[Mesh]:
    """Yield the layout's mesh at one level after the other."""
    for level in range(FIRST_LEVEL[case.dimension], LAST_LEVEL + 1):
        say(f"meshing, level {level}")
        yield build_mesh(layout, case.dimension, level)


def measure(what: Solution | Layout, calls: Mapping[str, MetricCall]) -> Measured:
    """Evaluate metrics of a solution or a layout; what cannot be told is refused with its reason."""
    values, refused = {}, {}
    depth = isinstance(what, Solution) and what.mesh.dim == 2
    for name, call in calls.items():
        kind = METRICS.get(call.metric)
        try:
            number = kind.function(what, **call.options)
        except MicrofemError as error:
            refused[name] = str(error)
        else:
            values[name] = Value(float(number), kind.depth_unit if depth else kind.unit, None)
    return Measured(values, refused)


def with_errors(now: Measured, before: Measured | None, calls: Mapping[str, MetricCall]) -> Measured:
    """Give each value the change from the level before as its error; refuse peaks that do not settle."""
    if before is None:
        return now
    values, refused = {}, dict(now.refused)
    for name, value in now.values.items():
        kind = METRICS.get(calls[name].metric)
        error = abs(value.value - before.values[name].value) if name in before.values else None
        if kind.pointwise and error is not None and error > NOT_CONVERGED * abs(value.value):
            was = f"{before.values[name].value:.4g} to {format_quantity(value.value, value.unit)}"
            reason = f"it went from {was} from one mesh to the next, as at a singular corner"
            refused[name] = str(MetricRefused(kind.name, reason, "a percentile or a mean of the same field"))
        else:
            values[name] = replace(value, error=error)
    return Measured(values, refused)


def within(found: Measured, accuracy: float) -> bool:
    """Tell whether every value's error is known and within the wanted relative accuracy."""
    return all(v.error is not None and v.error <= accuracy * abs(v.value) for v in found.values.values())
