"""A trial: one design of a space, run into a folder of its own by a worker; what came of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.base.extensions import code_version
from microfem.fabrication import margins, violations
from microfem.optimise.space import Value
from microfem.results.summary import MetricResult, read_result
from microfem.run.study import run_into
from microfem.study.design import Design
from microfem.study.records import Search, Study

MOST_KILLED = 3  # workers that a design may kill


@dataclass(frozen=True, kw_only=True)
class TrialOutcome:
    """What came of a trial: values by metric with unit and errors, refusals, seconds; or why there are none."""

    status: str
    message: str = ""
    values: Mapping[str, MetricResult] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial that has ended: which one, the values chosen of the free parameters, what came of it.

    excess: of each constraint, how far it is broken as part of its bound; 0 or less where it is kept.
    """

    design: str
    number: int
    chosen: Mapping[str, Value]
    outcome: TrialOutcome
    excess: Mapping[str, float]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return folder_name(self.design, self.number)

    @property
    def good(self) -> bool:
        """Whether it went well and keeps all constraints."""
        return self.outcome.status == "ok" and all(one <= 0.0 for one in self.excess.values())

    def value(self, metric: str) -> float:
        """Return the value of a metric that the trial has."""
        value = self.outcome.values[metric].value
        assert value is not None
        return value


def folder_name(design: str, number: int) -> str:
    """Return the name of a trial's folder."""
    return f"{design}-{number:05d}"


def evaluate(study: Study, design: Design, folder: Path) -> TrialOutcome:
    """Run a design into its folder, in a worker; one that has killed three workers is not run again.

    Each try is noted in a file beside the folder before anything can go wrong, so that what counts is who was at work
    when a worker died, and not who waited there. What was finished but not handed over is not run again.
    """
    if (found := kept(study, design, folder)) is not None:
        return found
    tries = folder.with_name(f".{folder.name}.tries")
    tries.parent.mkdir(parents=True, exist_ok=True)
    if tried(folder) >= MOST_KILLED:
        return TrialOutcome(status="failed", message=f"killed {MOST_KILLED} workers")
    with open(tries, "a", encoding="utf-8") as file:
        file.write("x")
    run_into(study, design, folder)
    tries.unlink(missing_ok=True)
    found = kept(study, design, folder)
    assert found is not None
    return found


def tried(folder: Path) -> int:
    """Return how many workers have begun a design and not ended it."""
    tries = folder.with_name(f".{folder.name}.tries")
    return tries.stat().st_size if tries.is_file() else 0


def kept(study: Study, design: Design, folder: Path) -> TrialOutcome | None:
    """Return the outcome that a folder holds of a design; None if it holds none, or one of other inputs."""
    found = read_result(folder)
    if found is None or found.fingerprint != study.fingerprint(design, code_version()):
        return None
    values = {name: one for name, one in found.metrics.items() if one.value is not None}
    refused = {name: one.refused for name, one in found.metrics.items() if one.refused}
    return TrialOutcome(
        status=found.status, message=found.message, values=values, refused=refused, seconds=found.seconds
    )


@dataclass(frozen=True)
class Refusal:
    """Why a layout is not worth a worker, and by how much it breaks what it does, relative to the bound."""

    message: str
    excess: Mapping[str, float]


def refusal(study: Study, design: Design) -> Refusal | None:
    """Return why a design is not worth a worker: its layout is impossible, or beyond the technique; None if it is."""
    try:
        layout = design.layout()
    except MicrofemError as error:
        return Refusal(str(error), {"layout": 1.0})
    if study.fabrication is None:
        return None
    hard = [one.message() for one in violations(layout, study.fabrication) if not one.warning]
    return Refusal("; ".join(hard), margins(layout, study.fabrication)) if hard else None


def judged(outcome: TrialOutcome, search: Search) -> TrialOutcome:
    """Return an outcome as failed if it lacks a value that is an objective or a constraint."""
    lacking = [name for name in (*search.objectives, *search.constraints) if name not in outcome.values]
    if outcome.status != "ok" or not lacking:
        return outcome
    told = "; ".join(f"{name}: {outcome.refused.get(name, 'no value')}" for name in dict.fromkeys(lacking))
    return TrialOutcome(
        status="failed", message=told, values=outcome.values, refused=outcome.refused, seconds=outcome.seconds
    )


def tidy(folder: Path) -> None:
    """Remove what workers that were killed have left half done."""
    for left in folder.glob(".*.partial"):
        shutil.rmtree(left, ignore_errors=True)
    for left in folder.glob(".*.tries"):
        left.unlink(missing_ok=True)
