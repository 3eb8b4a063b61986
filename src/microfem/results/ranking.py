"""The best of all trials of a search: ranking, Pareto front, ties with the best trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from microfem.results.comparison import tied
from microfem.results.trials import Trial


class Ranked:
    """What has trials and the directions of its objectives."""

    trials: Sequence[Trial]

    @property
    def directions(self) -> Mapping[str, str]:
        """Whether each objective is to `minimise` or `maximise`."""
        raise NotImplementedError

    def of(self, design: str) -> list[Trial]:
        """Return the trials of one design."""
        return [trial for trial in self.trials if trial.design == design]

    def best(self, design: str) -> list[Trial]:
        """Return the valid trials of a design, the best first, or its Pareto front; none without objectives."""
        return ranked(self.of(design), self.directions) if self.directions else []

    def shown(self, design: str) -> list[Trial]:
        """Return the best trial of a design, or its Pareto front."""
        order = self.best(design)
        return order[:1] if len(self.directions) == 1 else order


def ranked(trials: Sequence[Trial], objectives: Mapping[str, str]) -> list[Trial]:
    """Return the valid trials, the best first; with several objectives, the Pareto front."""
    good = [trial for trial in trials if trial.good]
    if len(objectives) == 1:
        return sorted(good, key=lambda trial: costs(trial, objectives))
    return front(good, objectives)


def costs(trial: Trial, objectives: Mapping[str, str]) -> tuple[float, ...]:
    """Return the objectives of a trial as costs, which a search minimises."""
    return tuple(trial.value(name) * (1.0 if way == "minimise" else -1.0) for name, way in objectives.items())


def front(trials: Sequence[Trial], objectives: Mapping[str, str]) -> list[Trial]:
    """Return the Pareto front, ordered by the first objective; of equal trials the first."""
    kept: list[Trial] = []
    for trial in sorted(trials, key=lambda one: costs(one, objectives)):
        own = costs(trial, objectives)
        if not any(all(a <= b for a, b in zip(costs(other, objectives), own, strict=True)) for other in kept):
            kept.append(trial)
    return kept


def ties(order: Sequence[Trial], metric: str) -> list[Trial]:
    """Return the trials of a ranking whose value differs from the best one by less than the errors."""
    return [one for one in order[1:] if tied(one.outcome.values[metric], order[0].outcome.values[metric])]
