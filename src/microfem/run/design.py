"""The pipeline of one design: build the layout, solve its cases, compute metrics, save fields."""

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
from microfem.run.measured_maps import write_maps
from microfem.solve.deformed_geometry import deformed_mesh, in_order, path_states, refused_after, states_on
from microfem.solve.ending import Ended
from microfem.solve.error_series import Measured
from microfem.solve.first_mesh import graded
from microfem.solve.refinement import measure, solve_to_accuracy
from microfem.solve.repetition import solve_device
from microfem.study.design import Design
from microfem.study.records import Study


@dataclass(frozen=True, kw_only=True)
class Solved:
    """A solved case: the last solution, its metrics, why the refinement ended, the states of its load path.

    stopped: why the load path ended early, "" if it did not.
    """

    solution: Solution
    measured: Measured
    ended: Ended
    states: Iterator[tuple[State, Solution]]
    stopped: str


@dataclass(kw_only=True)
class _Gathered:
    """Results of a design so far; solutions: those whose deformed geometry other cases use."""

    values: dict[str, Value] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    cases: dict[str, CaseResult] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    solutions: dict[str, Solution] = field(default_factory=dict)


def run_design(study: Study, design: Design, folder: str | Path) -> DesignResult:
    """Run every case of a study on one design and save fields into `folder`.

    Only this function catches all exceptions: a failed design is a result too, and the other designs must run. What
    cannot be written is no result: with a full disk no design can end well.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    started = time.perf_counter()
    try:
        with within(design=design.name):
            result = _run(study, design, Path(folder))
    except WriteError:
        raise
    except OSError as error:
        raise WriteError.of(error, error.filename or folder) from error
    except MicrofemError as error:
        result = failed(study, design, str(error))
    except MemoryError:
        result = failed(study, design, "out of memory; lower limits.unknowns in the study")
    except Exception as error:
        tell("internal error", design=design.name, detail=traceback.format_exc())
        result = failed(study, design, f"internal error, please report it: {type(error).__name__}: {error}")
    return replace(result, seconds=time.perf_counter() - started)


def failed(study: Study, design: Design, message: str) -> DesignResult:
    """Return the result of a failed design: its inputs and the message."""
    surface = design.placement
    return DesignResult(
        fingerprint=study.fingerprint(design, code_version()),
        family=design.family,
        source=design.source,
        params=design.params,
        follows=design.dependents.told,
        placement={"surface": type(surface).__name__, **vars(surface)} if surface else None,
        materials=design.layout().materials,
        layers=design.layers,
        contacts=design.contacts,
        status="failed",
        message=message,
        seconds=0.0,
    )


def _run(study: Study, design: Design, folder: Path) -> DesignResult:
    layout, gathered = design.layout(), _Gathered()
    of_layout = {name: call for name, call in study.metrics.items() if not METRICS.get(call.name).on}
    _measured(gathered, measure(layout, of_layout))
    for name in in_order({name: case for name, case in study.cases.items() if case.covers(design.name)}):
        with within(case=name):
            try:
                solved = _solve(study, layout, name, gathered.solutions)
                tell("saving fields")
                gathered.cases[name] = _save(study, folder, name, solved, gathered.warnings)
            except WriteError:
                raise
            except MicrofemError as error:  # the results of the other cases stay valid
                gathered.failures[name] = str(error)
                continue
        _measured(gathered, solved.measured)
        gathered.warnings += warnings(solved.solution, study.calls_of(name))
        if name in (other.deformed_by for other in study.cases.values()):
            gathered.solutions[name] = solved.solution
    message = "; ".join(f"case {name}: {why}" for name, why in gathered.failures.items())
    return replace(
        failed(study, design, message),
        status="failed" if gathered.failures else "ok",
        metrics=_metrics(study, gathered),
        cases=gathered.cases,
        failures=gathered.failures,
        warnings=tuple(gathered.warnings),
    )


def _measured(gathered: _Gathered, measured: Measured) -> None:
    gathered.values |= measured.values
    gathered.refused |= measured.refused


def _metrics(study: Study, gathered: _Gathered) -> dict[str, MetricResult]:
    """Return the metrics of a design in the order of the study: values, refused metrics, metrics of failed cases."""
    results = {}
    for name, call in study.metrics.items():
        value = gathered.values.get(name)
        unit = value.unit if value else ""
        if name in gathered.refused:
            results[name] = MetricResult(value=None, unit=unit, error=None, refused=gathered.refused[name])
        elif call.case in gathered.failures:
            results[name] = MetricResult(value=None, unit=unit, error=None, failed=f"its case {call.case} failed")
        elif value:
            results[name] = MetricResult(**asdict(value))
    return results


def _solve(study: Study, layout: Layout, name: str, done: Mapping[str, Solution]) -> Solved:
    """Solve one case, on the deformed geometry of another case where it names one."""
    case, other = study.cases[name], study.cases[name].deformed_by
    calls = study.calls_of(name)
    if not other:
        solution, measured, end = solve_device(layout, case, calls, study.wanted(), study.limits)
        states, stopped = path_states(solution), solution.stopped
        return Solved(solution=solution, measured=measured, ended=end, states=states, stopped=stopped)
    if other not in done:
        raise MicrofemError(f"case {other}, whose deformed geometry this case uses, failed")
    mesh = graded(deformed_mesh(done[other], case.on.step), case, study.limits)  # type: ignore[attr-defined]
    solution, measured, end = solve_to_accuracy(mesh, case, calls, study.wanted(), study.limits)
    stopped = f"on the steps before {other} stopped early: {done[other].stopped}" if done[other].stopped else ""
    states = states_on(solution, measured, done[other], calls)
    kept = refused_after(measured, stopped) if stopped else measured
    return Solved(solution=solution, measured=kept, ended=end, states=states, stopped=stopped)


def _save(study: Study, folder: Path, name: str, solved: Solved, remarks: list[str]) -> CaseResult:
    """Write the fields of a case, of each state of its load path, maps and curves; what fails becomes a remark."""
    solution, files = solved.solution, [f"{name}{GRID}", f"{name}{ABOUT}"]
    save_solution(folder / files[0], solution)
    saved = save_states(folder, name, solved.states)
    states = tuple(StoredState(at=state.at, numbers=_numbers(state), file=file) for state, file in saved)
    stored = [state.file for state in states]
    files += [name for file in stored if file not in files for name in (file, file.removesuffix(GRID) + ABOUT)]
    path = [state for state, _ in saved if state.numbers or state.values]
    maps = tuple(write_maps(study, folder, name, solution, remarks))
    files += [one.file for one in maps]
    curves = _curves(study, name, SolvedCase(solution=solution, meshes=solved.measured.meshes, states=path), remarks)
    for curve, result in curves.items():
        files.append(f"{name}.{curve}.csv")
        write_curve(folder / files[-1], result.lines)
    return CaseResult(
        report=solution.report,
        ended=solved.ended,
        stopped=solved.stopped,
        totals=solution.totals,
        curves=curves,
        states=states,
        files=tuple(files),
        remarks=tuple(solution.remarks),
        maps=maps,
    )


def _numbers(state: State) -> dict[str, tuple[float, str]]:
    """Return the numbers of a state and the metrics computed from it."""
    return {**state.numbers, **{name: (value.value, value.unit) for name, value in state.values.items()}}


def _curves(study: Study, case: str, solved: SolvedCase, remarks: list[str]) -> dict[str, CurveResult]:
    """Return the curves of a case that have lines; the results of the case stay valid without a curve that fails."""
    curves = {}
    for name, call in study.curves_of(case).items():
        kind = CURVES.get(call.name)
        try:
            lines = tuple(kind.function(solved, **call.options))
        except MicrofemError as error:
            remarks.append(f"{case}: no curve '{name}': {error}")
            continue
        if lines:
            curves[name] = CurveResult(look=kind.look, lines=lines)
    return curves
