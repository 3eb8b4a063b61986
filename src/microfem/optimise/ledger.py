"""The trials of one design in optuna's storage: ask for trials, tell outcomes, resume after a killed driver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from microfem.optimise.samplers import listed, sampler
from microfem.optimise.space import Chosen
from microfem.optimise.team import Pulse
from microfem.results.summary import from_json, to_json
from microfem.results.trials import Trial, TrialOutcome, Value
from microfem.study.records import Choice, Range, Search, SearchSpace

OUTCOME, COMMAND, RETRY = "outcome", "command", "retry_of"  # attributes of a trial in optuna's storage


class Ledger:
    """Trials of one design: optuna proposes them and stores their outcomes, also those of other commands.

    command: name of this command where several commands share a storage, else empty.
    points: values to try in turn, in place of a sampler's.
    created: whether this command began the search; ended: finished trials by number; asked: running trials of this
    command; elsewhere: values of the running trials of others, by number.
    """

    def __init__(
        self, storage: Any, name: str, design: str, search: Search, command: str, points: Sequence[Chosen] | None = None
    ) -> None:
        self.design, self.search, self.space, self.command = design, search, search.spaces[design], command
        self.storage, self.points = storage, points
        directions = [one.replace("ise", "ize") for one in search.objectives.values()] or ["minimize"]
        self.study, self.created = _opened(storage, f"{name}/{design}", directions)
        self.pulse = Pulse(self.study, command)
        self.asked: dict[int, Any] = {}
        self.ended: dict[int, Trial] = {}
        self.elsewhere: dict[int, Chosen] = {}
        self.look()
        free, begun = _distributions(self.space), len(self.study.get_trials(deepcopy=False))
        self.study.sampler = (
            sampler(search, self.space, free, begun, command) if points is None else listed(free, self.todo)
        )

    @property
    def trials(self) -> list[Trial]:
        """The finished trials of all commands."""
        return list(self.ended.values())

    def look(self) -> list[Trial]:
        """Read the trials of other commands, and queue those of killed commands again.

        Returns the trials that have ended since the last look.
        """
        self.pulse.sign()
        found, self.elsewhere = [], {}
        for one in self.study.get_trials(deepcopy=False):
            if one.number in self.ended or one.number in self.asked:
                continue
            if (trial := self._ended(one)) is not None:
                found.append(trial)
                self.ended[one.number] = trial
            elif one.state.name == "RUNNING":
                self.elsewhere[one.number] = dict(one.params)
                if not self._own(one) and self.pulse.lost(one.user_attrs.get(COMMAND, "")):
                    self._release(one)
        return found

    def resume(self, outcome_of: Callable[[int, Chosen], TrialOutcome | None]) -> None:
        """Take over the running trials of this command when it was killed: tell finished outcomes, queue the others.

        outcome_of: outcome of a trial by number and values, None if its folder holds none.
        """
        for one in self.study.get_trials(deepcopy=False):
            if one.state.name != "RUNNING" or not self._own(one):
                continue
            if (outcome := outcome_of(one.number, one.params)) is not None:
                self.tell(one.number, one.params, outcome)
            else:
                self._release(one)

    def _own(self, one: Any) -> bool:
        return bool(one.user_attrs.get(COMMAND, "") == self.command)

    def _release(self, one: Any) -> None:
        """Queue a running trial of a killed command again, and mark it as failed: others may do so at the same time."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        retried = {other.user_attrs.get(RETRY) for other in self.study.get_trials(deepcopy=False)}
        if one.number not in retried:  # else a command was killed between these two calls
            self.study.enqueue_trial(one.params, user_attrs={RETRY: one.number})
        with suppress(UpdateFinishedTrialError):
            self.study.tell(one.number, state=TrialState.FAIL, skip_if_finished=True)
        self.elsewhere.pop(one.number, None)

    def enqueue(self, chosen: Chosen) -> None:
        """Queue a design as a trial before the sampler proposes any."""
        self.study.enqueue_trial(chosen)

    @property
    def count(self) -> int:
        """The number of finished and running trials of all commands."""
        return len(self.ended) + len(self.asked) + len(self.elsewhere)

    def left(self) -> bool:
        """Tell whether the budget allows another trial of this design."""
        return self.count < self.search.trials if self.points is None else bool(self.todo())

    def todo(self) -> list[Chosen]:
        """Return the points that no trial has: their values decide, not the number of trials."""
        running = [*(dict(one.params) for one in self.asked.values()), *self.elsewhere.values()]
        taken = Counter(frozenset(one.items()) for one in (*(trial.chosen for trial in self.trials), *running))
        left = []
        for point in self.points or ():
            values = frozenset(point.items())
            if taken[values] > 0:
                taken[values] -= 1
            else:
                left.append(point)
        return left

    def ask(self) -> tuple[int, Chosen]:
        """Return number and values of the next trial, and mark it as running."""
        trial = self.study.ask(_distributions(self.space))
        if self.command:
            trial.set_user_attr(COMMAND, self.command)
        self.asked[trial.number] = trial
        return trial.number, dict(trial.params)

    def tell(
        self, number: int, chosen: Mapping[str, Value], outcome: TrialOutcome, excess: Mapping[str, float] | None = None
    ) -> Trial | None:
        """Store the outcome of a trial; `excess`, of a refused layout, teaches samplers to avoid such layouts.

        Returns the trial, or None if this command was silent for so long that another one has taken the trial over.
        """
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import Trial as Asked

        asked = self.asked.pop(number, None) or Asked(self.study, self._id(number))
        self.elsewhere.pop(number, None)
        trial = self._trial(number, chosen, outcome)
        try:
            asked.set_user_attr(OUTCOME, to_json(outcome))
            for name, over in (excess or trial.excess).items():
                asked.set_constraint(name, over)
            self.study.tell(number, skip_if_finished=True, **self._end(trial, refused=bool(excess)))
        except UpdateFinishedTrialError:
            return None
        self.ended[number] = trial
        return trial

    def _end(self, trial: Trial, refused: bool) -> dict[str, Any]:
        """Return the end of a trial in optuna's terms: samplers learn from pruned trials, not from failed ones."""
        from optuna.trial import TrialState

        if trial.outcome.status == "ok":
            return {"values": [trial.value(name) for name in self.search.objectives] or 0.0}
        return {"state": TrialState.PRUNED if refused else TrialState.FAIL}

    def _id(self, number: int) -> int:
        study = self.storage.get_study_id_from_name(self.study.study_name)
        return int(self.storage.get_trial_id_from_study_id_trial_number(study, number))

    def _ended(self, one: Any) -> Trial | None:
        """Return a trial from optuna's record; None if it has not ended, or was queued again."""
        outcome = one.user_attrs.get(OUTCOME)
        if not outcome or not one.state.is_finished():
            return None
        by = "" if self._own(one) else one.user_attrs.get(COMMAND, "")
        return replace(self._trial(one.number, one.params, from_json(TrialOutcome, outcome)), by=by)

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


def _opened(storage: Any, name: str, directions: Sequence[str]) -> tuple[Any, bool]:
    """Return optuna's study of a name, and whether this command created it."""
    import optuna

    try:
        return optuna.create_study(study_name=name, storage=storage, directions=directions), True
    except optuna.exceptions.DuplicatedStudyError:
        return optuna.load_study(study_name=name, storage=storage), False
