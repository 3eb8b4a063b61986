"""A search as far as it is: its trials, the best of them, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from microfem.base.units import format_quantity
from microfem.families import FAMILIES
from microfem.optimise.best import ranked, ties
from microfem.optimise.trial import Trial, TrialOutcome
from microfem.results.comparison import print_table
from microfem.study.records import Search, Study

TRIALS, REFERENCES = "trials", "references"
MOST_SHOWN = 8  # trials in a table


@dataclass(frozen=True, kw_only=True)
class Found:
    """A search as far as it is: trials that have ended, what came of designs that do not vary, whether it is over.

    remarks: what else is to be said of it.
    """

    study: Study
    search: Search
    trials: Sequence[Trial]
    references: Mapping[str, TrialOutcome]
    over: bool
    remarks: Sequence[str] = ()

    def of(self, design: str) -> list[Trial]:
        """Return the trials of one design."""
        return [trial for trial in self.trials if trial.design == design]

    def best(self, design: str) -> list[Trial]:
        """Return the trials of a design that count, the best first, or its Pareto front; none without objectives."""
        return ranked(self.of(design), self.search.objectives) if self.search.objectives else []

    def shown(self, design: str) -> list[Trial]:
        """Return the winner of a design, or its Pareto front."""
        order = self.best(design)
        return order[:1] if len(self.search.objectives) == 1 else order


def free_units(study: Study, search: Search) -> dict[str, str]:
    """Return the unit of each parameter that is free in some design."""
    return {
        name: FAMILIES.get(study.designs[design].family).params[name][1].unit
        for design, space in search.spaces.items()
        for name in space.free
    }


def print_found(found: Found) -> None:
    """Print the best layouts beside those that do not vary, and the values that make them."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    failed = sum(trial.outcome.status != "ok" for trial in found.trials)
    console.print(f"{len(found.trials)} trials, {failed} failed, {sum(one.good for one in found.trials)} count")
    if not found.search.objectives:
        return
    columns = {name: one.values for name, one in found.references.items()}
    shown = [trial for design in found.search.spaces for trial in found.shown(design)]
    columns |= {trial.name: trial.outcome.values for trial in shown[:MOST_SHOWN]}
    calls = {name: call.name for name, call in found.study.metrics.items()}
    print_table(found.study.name, columns, calls, found.study.beside())
    for trial in shown[:MOST_SHOWN]:
        console.print(f"{trial.name}: {told_values(found, trial)}")
    if len(shown) > MOST_SHOWN:
        console.print(f"and {len(shown) - MOST_SHOWN} more on the Pareto front")
    for design in found.search.spaces:
        console.print(told_ties(found, design))
    for text in found.remarks:
        console.print(text, markup=False)


def told_values(found: Found, trial: Trial) -> str:
    """Write the values chosen of a trial: `gap 22.7 µm, finger_pairs 4`."""
    units = free_units(found.study, found.search)
    return ", ".join(
        f"{name} {format_quantity(value, units[name]) if isinstance(value, float) else value}"
        for name, value in trial.chosen.items()
    )


def told_ties(found: Found, design: str) -> str:
    """Say whether the winner of a design beats the next by more than its error; nothing of a Pareto front."""
    order = found.best(design)
    if len(found.search.objectives) != 1 or not order:
        return "" if order else f"{design}: no trial counts"
    [metric] = found.search.objectives
    equal = ties(order, metric)
    if len(order) == 1:
        return f"{order[0].name} is the only one that counts"
    if not equal:
        return f"{order[0].name} beats {order[1].name} by more than their errors"
    told = f"{order[0].name} is not told apart by its error from {len(equal)} other" + ("s" if len(equal) > 1 else "")
    return f"{told}: {', '.join(one.name for one in equal[:4])}" + (", ..." if len(equal) > 4 else "")
