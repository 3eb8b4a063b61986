"""The driver of a search: it keeps every worker busy and records each trial as it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from microfem.base.errors import WriteError
from microfem.base.progress import tell
from microfem.optimise.ledger import Ledger
from microfem.optimise.pool import Lost, Pool
from microfem.optimise.space import Chosen, stated, varied
from microfem.optimise.trial import MOST_KILLED, evaluate, judged, kept, refusal, tried
from microfem.results.searches import REFERENCES, TRIALS
from microfem.results.trials import Trial, TrialOutcome, folder_name
from microfem.study.design import Design
from microfem.study.records import Search, Study

Evaluate = Callable[[Study, Design, Path], TrialOutcome]


@dataclass(kw_only=True)
class Driver:
    """A running search: ledgers by design, workers, and running trials.

    evaluate: function that runs a design into a folder, in a worker; watch: function called after each trial;
    awaited: trials of other commands that this one waits for.
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
    awaited: list[str] = field(default_factory=list)

    def refer(self, names: Sequence[str]) -> None:
        """Run the designs without a space, each once."""
        for name in names:
            self.pool.submit(name, self.evaluate, self.study, self.study.designs[name], self.folder / REFERENCES / name)
        left = set(names)
        while left:
            for name, result in self.pool.ended():
                left.remove(name)
                if isinstance(result, WriteError):
                    raise result
                outcome = result.message or result.status if isinstance(result, TrialOutcome) else str(result)
                tell(outcome, design=name, ended=True)

    def run(self) -> None:
        """Propose, run and record trials until the budget is spent."""
        for ledger in self.ledgers.values():
            ledger.resume(lambda number, chosen, ledger=ledger: self._kept(ledger, number, chosen))  # type: ignore[misc]
        while True:
            while len(self.at_work) < self.pool.room() and (turn := self._next()) is not None:
                self._begin(turn)
            if not self.at_work and self._next() is None and not self._awaited():
                return
            for name, result in self.pool.ended():
                self._end(name, result)

    def _next(self) -> Ledger | None:
        """Return the ledger of the design with the fewest trials; None if the budget of all commands is spent."""
        for ledger in self.ledgers.values():
            for trial in ledger.look():
                tell(f"{_line(trial, self.search)}; in {trial.by}", design=trial.name, ended=True)
        if self._late():
            return None
        left = [ledger for ledger in self.ledgers.values() if ledger.left()]
        return min(left, key=lambda one: one.count) if left else None

    def _late(self) -> bool:
        return time.monotonic() - self.begun > self.search.seconds

    def _awaited(self) -> bool:
        """Tell whether trials of other commands still run: they are shown too, and run here if a command is killed."""
        names = [folder_name(one.design, number) for one in self.ledgers.values() for number in one.elsewhere]
        if names and names != self.awaited:
            tell(f"waiting for {', '.join(names)} of other commands")
        self.awaited = names
        return bool(names) and not self._late()

    def _begin(self, ledger: Ledger) -> None:
        number, chosen = ledger.ask()
        if (refused := refusal(self.study, partial(self._design, ledger, chosen))) is not None:
            outcome = TrialOutcome(status="failed", message=refused.message, outside=True)
            self._tell(ledger, number, chosen, outcome, refused.excess)
            return
        name = folder_name(ledger.design, number)
        self.at_work[name] = ledger, number, chosen
        self._submit(name)

    def _submit(self, name: str) -> None:
        ledger, _, chosen = self.at_work[name]
        self.pool.submit(name, self.evaluate, self.study, self._design(ledger, chosen), self.folder / TRIALS / name)

    def _end(self, name: str, result: TrialOutcome | BaseException) -> None:
        """Record the result of a worker. A trial whose worker died is retried, at most twice.

        Raises:
            WriteError: the worker could not write; the trial runs again when the search resumes.
        """
        if isinstance(result, WriteError):
            raise result
        ledger, number, chosen = self.at_work[name]
        if isinstance(result, BaseException):
            if isinstance(result, Lost) and tried(self.folder / TRIALS / name) < MOST_KILLED:
                self._submit(name)
                return
            message = f"internal error, please report it: {type(result).__name__}: {result}"
            if isinstance(result, Lost):
                message = f"killed {MOST_KILLED} workers"
            result = TrialOutcome(status="failed", message=message)
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
        if trial is None:
            tell("another command has taken it over", design=folder_name(ledger.design, number))
            return
        tell(_line(trial, self.search), design=trial.name, ended=True)
        self.watch()

    def _design(self, ledger: Ledger, chosen: Chosen) -> Design:
        return varied(self.study.designs[ledger.design], ledger.space, chosen)

    def _kept(self, ledger: Ledger, number: int, chosen: Chosen) -> TrialOutcome | None:
        folder = self.folder / TRIALS / folder_name(ledger.design, number)
        outcome = kept(self.study, self._design(ledger, chosen), folder)
        return judged(outcome, self.search) if outcome else None


def begin_as_stated(study: Study, ledgers: Mapping[str, Ledger]) -> None:
    """Queue each design as stated as its first trial, where it lies in its space."""
    for name, ledger in ledgers.items():
        if ledger.created and (chosen := stated(study.designs[name], ledger.space)) is not None:
            ledger.enqueue(chosen)


def _line(trial: Trial, search: Search) -> str:
    """Return one line on a trial: its objectives, or why it failed."""
    outcome = trial.outcome
    if outcome.status != "ok":
        return f"failed: {outcome.message}"
    values = ", ".join(f"{name} {trial.value(name):.4g} {outcome.values[name].unit}" for name in search.objectives)
    broken = [name for name, excess in trial.excess.items() if excess > 0.0]
    return f"ok in {outcome.seconds:.1f} s: {values}" + (f"; violates {', '.join(broken)}" if broken else "")
