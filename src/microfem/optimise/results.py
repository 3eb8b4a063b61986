"""The result of a search so far: trials, the best of them, and their description as text."""

from __future__ import annotations

from collections import Counter
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
class SearchResult:
    """The result of a search so far: finished trials, outcomes of designs without a space, whether it is over.

    remarks: lines shown below the table.
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
        """Return the valid trials of a design, the best first, or its Pareto front; none without objectives."""
        return ranked(self.of(design), self.search.objectives) if self.search.objectives else []

    def shown(self, design: str) -> list[Trial]:
        """Return the best trial of a design, or its Pareto front."""
        order = self.best(design)
        return order[:1] if len(self.search.objectives) == 1 else order


def free_units(study: Study, search: Search) -> dict[str, str]:
    """Return the unit of each parameter that is free in any design."""
    return {
        name: FAMILIES.get(study.designs[design].family).params[name][1].unit
        for design, space in search.spaces.items()
        for name in space.free
    }


def varied_units(study: Study, search: Search) -> dict[str, str]:
    """Return the unit of each parameter that is free in any design, or follows from others there."""
    units = free_units(study, search)
    for design, space in search.spaces.items():
        one = study.designs[design]
        known = FAMILIES.get(one.family).params
        units |= {name: known[name][1].unit for name in one.dependents.in_space(space.free, space.expressions).told}
    return units


def print_result(result: SearchResult) -> None:
    """Print the best layouts beside the designs without a space, and their parameters."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    failed = sum(trial.outcome.status != "ok" for trial in result.trials)
    valid = sum(trial.good for trial in result.trials)
    console.print(f"{len(result.trials)} trials: {valid} valid, {failed} failed")
    for by, count in Counter(trial.by for trial in result.trials if trial.by).items():
        console.print(f"{count} of them ran in {by}, which has their fields", markup=False)
    if not result.search.objectives:
        return
    columns = {name: one.values for name, one in result.references.items()}
    shown = [trial for design in result.search.spaces for trial in result.shown(design)]
    columns |= {trial.name: trial.outcome.values for trial in shown[:MOST_SHOWN]}
    calls = {name: call.name for name, call in result.study.metrics.items()}
    print_table(result.study.name, columns, calls, result.study.beside())
    for trial in shown[:MOST_SHOWN]:
        console.print(f"{trial.name}: {format_chosen(result, trial)}")
    if len(shown) > MOST_SHOWN:
        console.print(f"and {len(shown) - MOST_SHOWN} more on the Pareto front")
    for design in result.search.spaces:
        console.print(describe_ties(result, design))
    for text in result.remarks:
        console.print(text, markup=False)


def format_chosen(result: SearchResult, trial: Trial) -> str:
    """Return the parameters of a trial as text: `gap 22.7 µm, finger_pairs 4`."""
    units = varied_units(result.study, result.search)
    return ", ".join(
        f"{name} {format_quantity(value, units[name]) if isinstance(value, float) else value}"
        for name, value in trial.params.items()
    )


def describe_ties(result: SearchResult, design: str) -> str:
    """Return whether the best trial of a design beats the next by more than the errors; "" for a Pareto front."""
    order = result.best(design)
    if len(result.search.objectives) != 1 or not order:
        return "" if order else f"{design}: no valid trial"
    [metric] = result.search.objectives
    equal = ties(order, metric)
    if len(order) == 1:
        return f"{order[0].name} is the only valid trial"
    if not equal:
        return f"{order[0].name} beats {order[1].name} by more than their errors"
    tie = f"{order[0].name} ties, within the errors, with {len(equal)} other" + ("s" if len(equal) > 1 else "")
    return f"{tie}: {', '.join(one.name for one in equal[:4])}" + (" and more" if len(equal) > 4 else "")
