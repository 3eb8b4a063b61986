"""The pipeline: a design is built, its cases are solved and measured, the fields saved."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell, within
from microfem.layout import Layout
from microfem.metrics import METRICS, Value, warnings
from microfem.metrics.fingers import Shares, finger_shares
from microfem.physics import Report, Solution
from microfem.results.fields import save_solution, save_steps
from microfem.results.store import write_fingers, write_history
from microfem.solve.deformed_geometry import Row, deformed_mesh, in_order, path_rows, rows_on
from microfem.solve.error_series import Measured, OnMesh
from microfem.solve.first_mesh import first_mesh
from microfem.solve.refinement import measure, solve_to_accuracy
from microfem.study.design import Design
from microfem.study.records import Study


@dataclass(frozen=True)
class Result:
    """What a design gave: values, what each mesh gave, refusals by metric; reports, ends of refinement, totals,
    histories and shares along fingers by case; or why not, of the whole or of single cases (failures)."""  # fmt: skip

    design: str
    status: str
    message: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    ended: Mapping[str, str] = field(default_factory=dict)
    totals: Mapping[str, Mapping[str, tuple[float, str]]] = field(default_factory=dict)
    history: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    meshes: Mapping[str, Sequence[OnMesh]] = field(default_factory=dict)
    fingers: Mapping[str, Shares] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Done:
    """A case that was solved: its last solution, metrics, how the refinement ended, and what it did along a path."""

    solution: Solution
    found: Measured
    ended: str
    rows: Sequence[Row]

    @cached_property
    def fingers(self) -> Shares:
        """What of its current leaves electrodes along their fingers."""
        return finger_shares(self.solution)


def run_design(study: Study, design: Design, folder: Path) -> Result:
    """Run every case of a study on one design, saving fields into `folder`; nothing it raises gets out.

    This is the one place where all exceptions are caught: a design that fails is a result too.
    """
    started = time.perf_counter()
    try:
        with within(design=design.name):
            result = _run(study, design, folder)
    except (MicrofemError, OSError) as error:
        result = Result(design.name, "failed", str(error))
    except MemoryError:
        result = Result(design.name, "failed", "out of memory; lower limits.unknowns in the study")
    except Exception as error:
        tell("internal error", design=design.name, detail=traceback.format_exc())
        result = Result(design.name, "failed", f"internal error, please report it: {type(error).__name__}: {error}")
    return replace(result, seconds=time.perf_counter() - started)


def _run(study: Study, design: Design, folder: Path) -> Result:
    layout = design.layout()
    flat = {name: call for name, call in study.metrics.items() if not METRICS.get(call.metric).on}
    first = measure(layout, flat)
    values = dict(first.values)
    refused, reports, ended, totals, history, failures = dict(first.refused), {}, {}, {}, {}, {}
    meshes: dict[str, Sequence[OnMesh]] = {}
    fingers: dict[str, Shares] = {}
    done: dict[str, Solution] = {}
    warned: list[str] = []
    for name in in_order({name: case for name, case in study.cases.items() if case.of(design.name)}):
        with within(case=name):
            try:
                one = _solve(study, layout, name, done)
            except MicrofemError as error:  # the other cases' numbers are worth keeping
                failures[name] = str(error)
                continue
            tell("saving fields")
            _save(folder, name, one)
        values |= one.found.values
        refused |= one.found.refused
        meshes |= one.found.meshes
        warned += warnings(one.solution, study.calls_of(name))
        reports[name], totals[name], ended[name] = one.solution.report, one.solution.totals, one.ended
        if one.rows:
            history[name] = one.rows
        if one.fingers:
            fingers[name] = one.fingers
        if name in (other.deformed_by for other in study.cases.values()):
            done[name] = one.solution
    message = "; ".join(f"case {name}: {why}" for name, why in failures.items())
    return Result(design.name, "failed" if failures else "ok", message, values, refused, reports, ended,
                  totals, history, meshes, fingers, warned, failures)  # fmt: skip


def _solve(study: Study, layout: Layout, name: str, done: Mapping[str, Solution]) -> Done:
    """Solve one case, on the geometry that another one has deformed if it says so."""
    case, other = study.cases[name], study.cases[name].deformed_by
    calls = study.calls_of(name)
    if not other:
        tell("meshing")
        mesh = first_mesh(layout, case, study.limits)
        solution, found, end = solve_to_accuracy(mesh, case, calls, study.wanted(), study.limits)
        return Done(solution, found, end, path_rows(solution))
    if other not in done:
        raise MicrofemError(f"case {other}, which deforms its geometry, failed")
    mesh = deformed_mesh(done[other], case.on.step)  # type: ignore[attr-defined]
    solution, found, end = solve_to_accuracy(mesh, case, calls, study.wanted(), study.limits)
    stopped = f"; on the steps before {other} stopped early: {done[other].stopped}" if done[other].stopped else ""
    return Done(solution, found, end + stopped, rows_on(solution, found, done[other], calls))


def _save(folder: Path, name: str, one: Done) -> None:
    """Write the fields of a case, what it did along a load path, and what left along fingers."""
    save_solution(folder / f"{name}.vtkhdf", one.solution)
    if one.rows:
        write_history(folder / f"{name}.history.csv", one.rows)
        save_steps(folder / f"{name}.steps.npz", one.solution)
    if one.fingers:
        write_fingers(folder / f"{name}.fingers.csv", one.fingers)
