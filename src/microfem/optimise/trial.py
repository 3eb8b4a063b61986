"""A trial: one design of a space, which a worker runs into a folder of its own, and its outcome."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.base.extensions import code_version
from microfem.fabrication import margins, violations
from microfem.results.summary import read_result
from microfem.results.trials import TrialOutcome
from microfem.run.study import run_into
from microfem.study.design import Design
from microfem.study.records import Search, Study

MOST_KILLED = 3  # workers that die with a design before it counts as failed


def evaluate(study: Study, design: Design, folder: Path) -> TrialOutcome:
    """Run a design into its folder, in a worker; after MOST_KILLED dead workers it does not run again.

    A file beside the folder counts the tries from before the run, so that a dead worker counts against the design that
    ran, not against designs that waited. A finished result that was not handed over is re-used.
    """
    if (outcome := kept(study, design, folder)) is not None:
        return outcome
    tries = folder.with_name(f".{folder.name}.tries")
    tries.parent.mkdir(parents=True, exist_ok=True)
    if tried(folder) >= MOST_KILLED:
        return TrialOutcome(status="failed", message=f"killed {MOST_KILLED} workers")
    with open(tries, "a", encoding="utf-8") as file:
        file.write("x")
    try:
        run_into(study, design, folder)
    finally:  # an error is no dead worker
        tries.unlink(missing_ok=True)
    outcome = kept(study, design, folder)
    assert outcome is not None
    return outcome


def tried(folder: Path) -> int:
    """Return the number of workers that started a design and did not finish it."""
    tries = folder.with_name(f".{folder.name}.tries")
    return tries.stat().st_size if tries.is_file() else 0


def kept(study: Study, design: Design, folder: Path) -> TrialOutcome | None:
    """Return the outcome of a design in a folder; None if there is none, or its inputs differ."""
    result = read_result(folder)
    if result is None or result.fingerprint != study.fingerprint(design, code_version()):
        return None
    values = {name: one for name, one in result.metrics.items() if one.value is not None}
    refused = {name: one.refused for name, one in result.metrics.items() if one.refused}
    return TrialOutcome(
        status=result.status,
        message=result.message,
        values=values,
        refused=refused,
        seconds=result.seconds,
        dependent={name: result.params[name] for name in design.dependents.told},
    )


@dataclass(frozen=True)
class Refusal:
    """Why a layout is refused without a run, and its relative excess over each violated bound."""

    message: str
    excess: Mapping[str, float]


def refusal(study: Study, make: Callable[[], Design]) -> Refusal | None:
    """Return why a design needs no run: an impossible layout or a violated design rule; None if it may run."""
    try:
        layout = make().layout()
    except MicrofemError as error:
        return Refusal(str(error), {"layout": 1.0})
    if study.fabrication is None:
        return None
    hard = [one.message() for one in violations(layout, study.fabrication) if not one.warning]
    return Refusal("; ".join(hard), margins(layout, study.fabrication)) if hard else None


def judged(outcome: TrialOutcome, search: Search) -> TrialOutcome:
    """Return an outcome as failed if the value of an objective or a constraint is missing."""
    lacking = [name for name in (*search.objectives, *search.constraints) if name not in outcome.values]
    if outcome.status != "ok" or not lacking:
        return outcome
    message = "; ".join(f"{name}: {outcome.refused.get(name, 'no value')}" for name in dict.fromkeys(lacking))
    return replace(outcome, status="failed", message=message)


def tidy(folder: Path) -> None:
    """Remove the partial results of killed workers."""
    for left in folder.glob(".*.partial"):
        shutil.rmtree(left, ignore_errors=True)
    for left in folder.glob(".*.tries"):
        left.unlink(missing_ok=True)
