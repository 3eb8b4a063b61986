"""The pipeline: a design is built, its cases are solved and measured, the fields saved."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from microfem.base.errors import MicrofemError, WriteError
from microfem.base.extensions import code_version
from microfem.base.progress import tell, within
from microfem.layout import Layout
from microfem.metrics import METRICS, Value, warnings
from microfem.metrics.curve import CURVES, SolvedCase, State
from microfem.physics import Solution
from microfem.results.fields import save_solution, save_states
from microfem.results.files import ABOUT, GRID
from microfem.results.summary import CaseResult, CurveResult, DesignResult, MetricResult, StoredState
from microfem.results.tables import write_curve
from microfem.solve.deformed_geometry import deformed_mesh, in_order, path_states, states_on
from microfem.solve.ending import Ended
from microfem.solve.error_series import Measured
from microfem.solve.first_mesh import first_mesh
from microfem.solve.refinement import measure, solve_to_accuracy
from microfem.study.design import Design
from microfem.study.records import Study


@dataclass(frozen=True, kw_only=True)
class Solved:
    """A case that was solved: its last solution, metrics, why the refinement ended, the states of its path.

    stopped: why the path of its load ended early, "" if it did not.
    """

    solution: Solution
    found: Measured
    ended: Ended
    states: Iterator[tuple[State, Solution]]
    stopped: str


@dataclass
class _Gathered:
    """What the cases of a design have given so far; solutions: those on whose geometry other cases stand."""

    values: dict[str, Value] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    cases: dict[str, CaseResult] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    solutions: dict[str, Solution] = field(default_factory=dict)


def run_design(study: Study, design: Design, folder: Path) -> DesignResult:
    """Run every case of a study on one design, saving fields into `folder`; nothing it raises gets out.

    This is the one place where all exceptions are caught: a design that fails is a result too.
    """
    started = time.perf_counter()
    try:
        with within(design=design.name):
            result = _run(study, design, folder)
    except (MicrofemError, OSError) as error:
        result = failed(study, design, str(error))
    except MemoryError:
        result = failed(study, design, "out of memory; lower limits.unknowns in the study")
    except Exception as error:
        tell("internal error", design=design.name, detail=traceback.format_exc())
        told = f"internal error, please report it: {type(error).__name__}: {error}"
        result = failed(study, design, told)
    return replace(result, seconds=time.perf_counter() - started)


def failed(study: Study, design: Design, message: str) -> DesignResult:
    """Return the result of a design of which nothing is known but why it failed, and what it is made of."""
    surface = design.placement
    return DesignResult(
        fingerprint=study.fingerprint(design, code_version()),
        family=design.family,
        source=design.source,
        params=design.params,
        placement={"surface": type(surface).__name__, **vars(surface)} if surface else None,
        materials=design.layout().materials,
        status="failed",
        message=message,
        seconds=0.0,
    )


def _run(study: Study, design: Design, folder: Path) -> DesignResult:
    layout, got = design.layout(), _Gathered()
    _measured(got, measure(layout, {n: call for n, call in study.metrics.items() if not METRICS.get(call.name).on}))
    for name in in_order({name: case for name, case in study.cases.items() if case.of(design.name)}):
        with within(case=name):
            try:
                one = _solve(study, layout, name, got.solutions)
                tell("saving fields")
                got.cases[name] = _save(study, folder, name, one)
            except WriteError:
                raise
            except MicrofemError as error:  # the other cases' numbers are worth keeping
                got.failures[name] = str(error)
                continue
        _measured(got, one.found)
        got.warnings += warnings(one.solution, study.calls_of(name))
        if name in (other.deformed_by for other in study.cases.values()):
            got.solutions[name] = one.solution
    message = "; ".join(f"case {name}: {why}" for name, why in got.failures.items())
    return replace(
        failed(study, design, message),
        status="failed" if got.failures else "ok",
        metrics=_metrics(study, got),
        cases=got.cases,
        failures=got.failures,
        warnings=tuple(got.warnings),
    )


def _measured(got: _Gathered, found: Measured) -> None:
    got.values |= found.values
    got.refused |= found.refused


def _metrics(study: Study, got: _Gathered) -> dict[str, MetricResult]:
    """Return the metrics of a design in the order of the study: values, refusals, and those whose case failed."""
    results = {}
    for name, call in study.metrics.items():
        value = got.values.get(name)
        unit = value.unit if value else ""
        if name in got.refused:
            results[name] = MetricResult(value=None, unit=unit, error=None, refused=got.refused[name])
        elif call.case in got.failures:
            results[name] = MetricResult(value=None, unit=unit, error=None, failed=f"its case {call.case} failed")
        elif value:
            results[name] = MetricResult(**asdict(value))
    return results


def _solve(study: Study, layout: Layout, name: str, done: Mapping[str, Solution]) -> Solved:
    """Solve one case, on the geometry that another one has deformed if it says so."""
    case, other = study.cases[name], study.cases[name].deformed_by
    calls = study.calls_of(name)
    if not other:
        tell("meshing")
        mesh = first_mesh(layout, case, study.limits)
        solution, found, end = solve_to_accuracy(mesh, case, calls, study.wanted(), study.limits)
        states, stopped = path_states(solution), solution.stopped
        return Solved(solution=solution, found=found, ended=end, states=states, stopped=stopped)
    if other not in done:
        raise MicrofemError(f"case {other}, which deforms its geometry, failed")
    mesh = deformed_mesh(done[other], case.on.step)  # type: ignore[attr-defined]
    solution, found, end = solve_to_accuracy(mesh, case, calls, study.wanted(), study.limits)
    stopped = f"on the steps before {other} stopped early: {done[other].stopped}" if done[other].stopped else ""
    states = states_on(solution, found, done[other], calls)
    return Solved(solution=solution, found=found, ended=end, states=states, stopped=stopped)


def _save(study: Study, folder: Path, name: str, one: Solved) -> CaseResult:
    """Write the fields of a case, those of each state of its path, and its curves."""
    solution, files = one.solution, [f"{name}{GRID}", f"{name}{ABOUT}"]
    save_solution(folder / files[0], solution)
    written = save_states(folder, name, one.states)
    states = tuple(StoredState(at=state.at, numbers=_numbers(state), file=file) for state, file in written)
    stored = [state.file for state in states]
    files += [name for file in stored if file not in files for name in (file, file.removesuffix(GRID) + ABOUT)]
    path = [state for state, _ in written if state.numbers or state.values]
    curves = _curves(study, name, SolvedCase(solution=solution, meshes=one.found.meshes, states=path))
    for curve, result in curves.items():
        files.append(f"{name}.{curve}.csv")
        write_curve(folder / files[-1], result.lines)
    return CaseResult(
        report=solution.report, ended=one.ended, stopped=one.stopped, totals=solution.totals, curves=curves,
        states=states, files=tuple(files),
    )  # fmt: skip


def _numbers(state: State) -> dict[str, tuple[float, str]]:
    """Return the numbers that go with a state, and the metrics that were measured of it."""
    return {**state.numbers, **{name: (one.value, one.unit) for name, one in state.values.items()}}


def _curves(study: Study, case: str, solved: SolvedCase) -> dict[str, CurveResult]:
    """Return the curves of a case that have lines."""
    found = {}
    for name, call in study.curves_of(case).items():
        kind = CURVES.get(call.name)
        if lines := tuple(kind.function(solved, **call.options)):
            found[name] = CurveResult(look=kind.look, lines=lines)
    return found
