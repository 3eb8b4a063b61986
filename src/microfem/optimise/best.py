"""The best of all trials: order, Pareto front, and what ties with the winner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from microfem.optimise.trial import Trial
from microfem.results.comparison import tied


def ranked(trials: Sequence[Trial], objectives: Mapping[str, str]) -> list[Trial]:
    """Return the trials that count, the best of the one objective first; of several, those of the Pareto front."""
    good = [trial for trial in trials if trial.good]
    if len(objectives) == 1:
        return sorted(good, key=lambda trial: costs(trial, objectives))
    return front(good, objectives)


def costs(trial: Trial, objectives: Mapping[str, str]) -> tuple[float, ...]:
    """Return the objectives of a trial, all to be minimised."""
    return tuple(trial.value(name) * (1.0 if way == "minimise" else -1.0) for name, way in objectives.items())


def front(trials: Sequence[Trial], objectives: Mapping[str, str]) -> list[Trial]:
    """Return the trials that no other one beats in all objectives, by the first objective; of equal ones the first."""
    found: list[Trial] = []
    for trial in sorted(trials, key=lambda one: costs(one, objectives)):
        mine = costs(trial, objectives)
        if not any(all(a <= b for a, b in zip(costs(one, objectives), mine, strict=True)) for one in found):
            found.append(trial)
    return found


def ties(order: Sequence[Trial], metric: str) -> list[Trial]:
    """Return those of a ranking whose value differs from the winner's by less than their errors."""
    return [one for one in order[1:] if tied(one.outcome.values[metric], order[0].outcome.values[metric])]
