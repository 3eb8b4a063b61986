"""The trials of one design in optuna's storage: ask for trials, tell outcomes, resume after a killed driver."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.optimise.samplers import sampler
from microfem.optimise.space import Chosen, Value
from microfem.optimise.trial import Trial, TrialOutcome
from microfem.results.summary import from_json, to_json
from microfem.study.records import Choice, Range, Search, SearchSpace

OUTCOME, DRIVER, RETRY = "outcome", "driver", "retry_of"  # attributes of a trial in optuna's storage


class Ledger:
    """Trials of one design: optuna proposes them and stores their outcomes.

    driver: name of this command where several commands share a storage, else empty.
    points: values to try in turn, in place of a sampler's.
    """

    def __init__(
        self, storage: Any, name: str, design: str, search: Search, driver: str, points: Sequence[Chosen] | None = None
    ) -> None:
        import optuna

        self.design, self.search, self.space, self.driver = design, search, search.spaces[design], driver
        self.storage, self.todo = storage, None if points is None else list(points)
        directions = [one.replace("ise", "ize") for one in search.objectives.values()] or ["minimize"]
        self.study = optuna.create_study(
            study_name=f"{name}/{design}", storage=storage, directions=directions, load_if_exists=True
        )
        begun = self.study.get_trials(deepcopy=False)
        self.begun, self.waiting = len(begun), sum(not one.state.is_finished() for one in begun)
        self.asked: dict[int, Any] = {}
        self.trials = [trial for one in begun if (trial := self._ended(one)) is not None]
        for trial in self.trials:
            self._strike(trial.chosen)
        if points is None:
            self.study.sampler = sampler(search, self.space, _distributions(self.space), len(begun))

    def resume(self, outcome_of: Callable[[int, Chosen], TrialOutcome | None]) -> None:
        """Take over the running trials of a killed driver: tell finished outcomes, and queue the other trials again.

        outcome_of: outcome of a trial by number and values, None if its folder holds none.
        """
        from optuna.trial import TrialState

        retried = {one.user_attrs.get(RETRY) for one in self.study.get_trials(deepcopy=False)}
        for one in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if one.user_attrs.get(DRIVER, "") != self.driver:
                continue  # another command runs it
            self.waiting -= 1
            if (outcome := outcome_of(one.number, one.params)) is not None:
                self._strike(one.params)
                self.tell(one.number, one.params, outcome)
                continue
            if one.number not in retried:  # else the driver was killed between these two calls
                self.study.enqueue_trial(one.params, user_attrs={RETRY: one.number})
                self.begun, self.waiting = self.begun + 1, self.waiting + 1
            self.study.tell(one.number, state=TrialState.FAIL)

    def enqueue(self, chosen: Chosen) -> None:
        """Queue a design as a trial before the sampler proposes any."""
        self.study.enqueue_trial(chosen)
        self.begun, self.waiting = self.begun + 1, self.waiting + 1

    def left(self) -> bool:
        """Tell whether the budget allows another trial of this design."""
        return len(self.trials) + len(self.asked) < self.search.trials if self.todo is None else bool(self.todo)

    def _strike(self, chosen: Mapping[str, Value]) -> None:
        """Remove values from the list still to be tried: the values decide, not the number of trials."""
        if self.todo is not None and chosen in self.todo:
            self.todo.remove(dict(chosen))

    def ask(self) -> tuple[int, Chosen]:
        """Return number and values of the next trial, and mark it as running."""
        if self.todo and not self.waiting:
            self.enqueue(self.todo[0])
        trial = self.study.ask(_distributions(self.space))
        if self.driver:
            trial.set_user_attr(DRIVER, self.driver)
        self.waiting = max(self.waiting - 1, 0)
        self._strike(trial.params)
        self.asked[trial.number] = trial
        return trial.number, dict(trial.params)

    def tell(
        self, number: int, chosen: Mapping[str, Value], outcome: TrialOutcome, excess: Mapping[str, float] | None = None
    ) -> Trial:
        """Store the outcome of a trial; `excess`, of a refused layout, teaches samplers to avoid such layouts."""
        from optuna.trial import Trial as Asked
        from optuna.trial import TrialState

        asked = self.asked.pop(number, None) or Asked(self.study, self._id(number))
        asked.set_user_attr(OUTCOME, to_json(outcome))
        trial = self._trial(number, chosen, outcome)
        for name, over in (excess or trial.excess).items():
            asked.set_constraint(name, over)
        if outcome.status == "ok":
            self.study.tell(number, [trial.value(name) for name in self.search.objectives] or 0.0)
        else:  # samplers learn from pruned trials, not from failed ones
            self.study.tell(number, state=TrialState.PRUNED if excess else TrialState.FAIL)
        self.trials.append(trial)
        return trial

    def _id(self, number: int) -> int:
        study = self.storage.get_study_id_from_name(self.study.study_name)
        return int(self.storage.get_trial_id_from_study_id_trial_number(study, number))

    def _ended(self, one: Any) -> Trial | None:
        """Return a trial from optuna's record; None if it has not ended, or was queued again."""
        outcome = one.user_attrs.get(OUTCOME)
        if not outcome or not one.state.is_finished():
            return None
        return self._trial(one.number, one.params, from_json(TrialOutcome, outcome))

    def _trial(self, number: int, chosen: Mapping[str, Value], outcome: TrialOutcome) -> Trial:
        bounds = self.search.constraints if outcome.status == "ok" else {}
        trial = Trial(design=self.design, number=number, chosen=dict(chosen), outcome=outcome, excess={})
        return replace(trial, excess={name: one.excess(trial.value(name)) for name, one in bounds.items()})


def _distributions(space: SearchSpace) -> dict[str, Any]:
    return {name: _distribution(free) for name, free in space.free.items()}


def _distribution(free: Range | Choice) -> Any:
    from optuna import distributions

    if isinstance(free, Choice):
        return distributions.CategoricalDistribution(free.values)
    if free.whole:
        return distributions.IntDistribution(int(free.low), int(free.high), log=free.log)
    return distributions.FloatDistribution(free.low, free.high, log=free.log)


def open_storage(folder: Path, url: str) -> Any:
    """Return the storage of trials: a journal in the folder, or a database that several commands share.

    Raises:
        MicrofemError: the database cannot be used.
    """
    from optuna.storages import JournalStorage, RDBStorage

    if not url:
        path = folder / "journal.log"
        _mend(path)
        return JournalStorage(_journal(path))
    if url.startswith("sqlite"):
        raise MicrofemError(
            "SQLite is refused: it does not support concurrent writers; name a PostgreSQL or MySQL server, or "
            "leave --storage out: the folder then keeps the trials"
        )
    try:
        return RDBStorage(url)
    except Exception as error:  # each database driver raises errors of its own
        raise MicrofemError(f"the storage {url.split('@')[-1]} cannot be used: {error}") from error


def _journal(path: Path) -> Any:
    """Return optuna's journal without its lock file and without waiting for the disk.

    One command holds the folder, and a lock file would outlive a killed command. Written lines survive a killed
    command; when power fails the last lines may be lost, as the last results may.
    """
    from optuna.storages.journal import JournalFileBackend

    class Journal(JournalFileBackend):  # type: ignore[misc]
        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            text = "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in logs)
            try:
                with open(path, "r+b") as file:  # never create it: a new file would lack the earlier trials
                    file.seek(0, 2)
                    file.write(text.encode())
            except OSError as error:
                raise MicrofemError(f"cannot write {path}: {error.strerror}") from error

    return Journal(str(path))


def _mend(path: Path) -> None:
    """Remove a partial line that a killed driver left at the end: later lines would be lost with it."""
    if not path.is_file():
        return
    text = path.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    last = whole.rstrip(b"\n").rpartition(b"\n")[2]
    try:
        json.loads(last or b"{}")
    except ValueError:
        whole = whole[: -len(last) - 1]
    if whole != text:
        with open(path, "r+b") as file:
            file.truncate(len(whole))
