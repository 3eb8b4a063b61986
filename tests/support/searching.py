"""What the tests of searches share: a study, workers in this process, evaluations without a solver, and deadly ones."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from microfem.optimise import trial
from microfem.results.trials import TrialOutcome
from microfem.run.study import run_into
from microfem.study.design import Design
from microfem.study.records import Study
from support.records import metric

STUDY = """\
# Which gap is best?
name: sought
designs:
  comb: {family: interdigital, params: {finger_pairs: 1, gap: 100 um}}
  plain: {family: interdigital, params: {finger_pairs: 1, gap: 300 um}}
accuracy: 5 %
cases:
  field: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
metrics: {resistance: resistance(field), size: footprint(), capacity: areal_capacity()}
space:
  comb:
    gap: {low: 20 um, high: 400 um, log: true}
    anode_width: {low: 50 um, high: 400 um}
    cathode_width: anode_width
objectives: {resistance: minimise}
budget: {trials: 12}
"""


KEPT: list[bytes] = []


class Here:
    """Workers that are this process: as many as are said, one after the other."""

    def __init__(self, count: int = 1) -> None:
        self.count, self.results = count, []  # type: ignore[var-annotated]

    def room(self) -> int:
        return self.count

    def submit(self, key: str, function: Callable[..., Any], *given: Any) -> None:
        self.results.append((key, function(*given)))

    def ended(self) -> list[tuple[str, Any]]:
        found, self.results = self.results[:1], self.results[1:]
        return found


def told_of(out: Path) -> Any:
    """Return what a search tells of itself in its folder."""
    return json.loads((out / "summary.json").read_text())


@contextmanager
def here() -> Iterator[Here]:
    """Stand in for a pool: two workers that are this process."""
    yield Here(2)


def bowl(study: Study, design: Design, folder: Path) -> TrialOutcome:
    """Stand in for a solver: a resistance that is least at a gap of 60 um and a width of 200 um."""
    gap, width = float(design.params["gap"]), float(design.params["anode_width"])  # type: ignore[arg-type]
    values = {"resistance": 1.0 + (gap / 60.0 - 1.0) ** 2 + (width / 200.0 - 1.0) ** 2, "size": width / 100.0,
              "capacity": width / gap}  # fmt: skip
    return TrialOutcome(status="ok", values={name: metric(one, error=0.01) for name, one in values.items()})


def leaking(study: Study, design: Design, folder: Path) -> TrialOutcome:
    """Keep 12 MB of each design; note the process that ran it."""
    KEPT.append(os.urandom(12_000_000))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_name(f"{folder.name}.pids"), "a") as file:
        file.write(f"{os.getpid()}\n")
    return bowl(study, design, folder)


def poisonous(study: Study, design: Design, folder: Path) -> TrialOutcome:
    """Run a design as it is, but one of a gap above 350 um kills its worker; who runs is counted beside its folder."""

    def run(study: Study, design: Design, folder: Path) -> str:
        with open(folder.with_name(f"{folder.name}.runs"), "a") as file:
            file.write("x")
        if float(design.params["gap"]) > 350.0:  # type: ignore[arg-type]
            os.kill(os.getpid(), signal.SIGKILL)
        return run_into(study, design, folder)

    trial.run_into = run
    return trial.evaluate(study, design, folder)
