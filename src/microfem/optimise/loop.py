"""The driver of a search: as many trials under way as there are workers, each told as it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from microfem.base.progress import tell
from microfem.optimise.ledger import Ledger
from microfem.optimise.pool import Lost, Pool
from microfem.optimise.results import REFERENCES, TRIALS
from microfem.optimise.space import Chosen, stated, varied
from microfem.optimise.trial import (
    MOST_KILLED,
    Trial,
    TrialOutcome,
    evaluate,
    folder_name,
    judged,
    kept,
    refusal,
    tried,
)
from microfem.study.design import Design
from microfem.study.records import Search, Study

Evaluate = Callable[[Study, Design, Path], TrialOutcome]


@dataclass(kw_only=True)
class Driver:
    """A search under way: ledgers of what varies, workers, and what is at work.

    evaluate: runs a design into a folder, in a worker. watch: is called whenever a trial has ended.
    """

    study: Study
    search: Search
    ledgers: Mapping[str, Ledger]
    pool: Pool
    folder: Path
    evaluate: Evaluate = evaluate
    watch: Callable[[], None] = lambda: None
    begun: float = field(default_factory=time.monotonic)
    at_work: dict[str, tuple[Ledger, int, Chosen]] = field(default_factory=dict)

    def refer(self, names: Sequence[str]) -> None:
        """Run designs that do not vary, each once."""
        for name in names:
            self.pool.submit(name, self.evaluate, self.study, self.study.designs[name], self.folder / REFERENCES / name)
        left = set(names)
        while left:
            for name, result in self.pool.ended():
                left.remove(name)
                told = result.message or result.status if isinstance(result, TrialOutcome) else str(result)
                tell(told, design=name, ended=True)

    def run(self) -> None:
        """Ask, run and tell until the budget is spent."""
        for ledger in self.ledgers.values():
            ledger.resume(lambda number, chosen, ledger=ledger: self._found(ledger, number, chosen))  # type: ignore[misc]
        while True:
            while len(self.at_work) < self.pool.room() and (turn := self._next()) is not None:
                self._begin(turn)
            if not self.at_work and self._next() is None:
                return
            for name, result in self.pool.ended():
                self._end(name, result)

    def _next(self) -> Ledger | None:
        """Return whose turn it is: the design with the fewest trials; None where the budget is spent."""
        if time.monotonic() - self.begun > self.search.seconds:
            return None
        left = [ledger for ledger in self.ledgers.values() if ledger.left()]
        return min(left, key=lambda one: len(one.trials) + len(one.asked)) if left else None

    def _begin(self, ledger: Ledger) -> None:
        number, chosen = ledger.ask()
        if (refused := refusal(self.study, self._design(ledger, chosen))) is not None:
            self._tell(ledger, number, chosen, TrialOutcome(status="failed", message=refused.message), refused.excess)
            return
        name = folder_name(ledger.design, number)
        self.at_work[name] = ledger, number, chosen
        self._submit(name)

    def _submit(self, name: str) -> None:
        ledger, _, chosen = self.at_work[name]
        self.pool.submit(name, self.evaluate, self.study, self._design(ledger, chosen), self.folder / TRIALS / name)

    def _end(self, name: str, result: TrialOutcome | BaseException) -> None:
        """Take what a worker returned; who lost its worker runs again, unless it is to blame for three."""
        ledger, number, chosen = self.at_work[name]
        if isinstance(result, BaseException):
            if isinstance(result, Lost) and tried(self.folder / TRIALS / name) < MOST_KILLED:
                self._submit(name)
                return
            told = f"killed {MOST_KILLED} workers" if isinstance(result, Lost) else ""
            result = TrialOutcome(
                status="failed", message=told or f"internal error, please report it: {type(result).__name__}: {result}"
            )
        del self.at_work[name]
        self._tell(ledger, number, chosen, result)

    def _tell(
        self,
        ledger: Ledger,
        number: int,
        chosen: Chosen,
        outcome: TrialOutcome,
        excess: Mapping[str, float] | None = None,
    ) -> None:
        trial = ledger.tell(number, chosen, judged(outcome, self.search), excess)
        tell(_told(trial, self.search), design=trial.name, ended=True)
        self.watch()

    def _design(self, ledger: Ledger, chosen: Chosen) -> Design:
        return varied(self.study.designs[ledger.design], ledger.space, chosen)

    def _found(self, ledger: Ledger, number: int, chosen: Chosen) -> TrialOutcome | None:
        folder = self.folder / TRIALS / folder_name(ledger.design, number)
        outcome = kept(self.study, self._design(ledger, chosen), folder)
        return judged(outcome, self.search) if outcome else None


def begin_as_stated(study: Study, ledgers: Mapping[str, Ledger]) -> None:
    """Have each design tried first as its file states it, where that lies in its space."""
    for name, ledger in ledgers.items():
        if not ledger.begun and (chosen := stated(study.designs[name], ledger.space)) is not None:
            ledger.enqueue(chosen)


def _told(trial: Trial, search: Search) -> str:
    """Return one line on a trial: its objectives, or why it failed."""
    one = trial.outcome
    if one.status != "ok":
        return f"failed: {one.message}"
    values = ", ".join(f"{name} {trial.value(name):.4g} {one.values[name].unit}" for name in search.objectives)
    broken = [name for name, excess in trial.excess.items() if excess > 0.0]
    return f"ok in {one.seconds:.1f} s: {values}" + (f"; breaks {', '.join(broken)}" if broken else "")
