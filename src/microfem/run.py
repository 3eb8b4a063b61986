"""The pipeline: a design is built, its cases are solved and measured, the fields saved."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from microfem.adapt import Say, measure, prefixed, solve_to_accuracy
from microfem.design import Design
from microfem.errors import MicrofemError
from microfem.metrics import METRICS, Value
from microfem.physics import Report
from microfem.store import save_solution
from microfem.study import Study


@dataclass(frozen=True)
class Result:
    """What a design gave: values and refusals by metric; reports, ends of refinement, totals by case; or why not."""

    design: str
    status: str
    message: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    ended: Mapping[str, str] = field(default_factory=dict)
    totals: Mapping[str, Mapping[str, tuple[float, str]]] = field(default_factory=dict)
    seconds: float = 0.0


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
    values = dict(first.values)
    refused, reports, ended, totals, failed = dict(first.refused), {}, {}, {}, []
    for name, case in study.cases.items():
        calls = {key: call for key, call in study.metrics.items() if call.case == name}
        try:
            solution, found, ended[name] = solve_to_accuracy(
                layout, case, calls, study.wanted(), study.limits, prefixed(say, name)
            )
        except MicrofemError as error:  # the other cases' numbers are worth keeping
            failed.append(f"case {name}: {error}")
            refused |= dict.fromkeys(calls, f"its case {name} failed")
            continue
        say(f"{name}: saving fields")
        save_solution(folder / f"{name}.vtkhdf", solution)
        values |= found.values
        refused |= found.refused
        reports[name], totals[name] = solution.report, solution.totals
    return Result(design.name, "failed" if failed else "ok", "; ".join(failed), values, refused, reports, ended,
                  totals)  # fmt: skip
