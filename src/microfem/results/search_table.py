"""A search as text: the best trials beside the references, ties, the span of each metric over a sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from microfem.results.comparison import number, print_table, tied
from microfem.results.ranking import ties
from microfem.results.searches import SearchSummary, format_chosen, having, outstanding
from microfem.results.trials import Trial

MOST_SHOWN = 4  # trials of a design in a table


def print_search(search: SearchSummary, name: str = "") -> None:
    """Print the best layouts beside the designs without a space, their parameters and ties; name: in front of it all.

    A sweep without objectives has no best layout: it shows the trials with the least and the largest values.
    """
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for line in (f"{name}: {state(search)}" if name else state(search), *elsewhere(search)):
        console.print(line, markup=False)
    shown = outstanding(search, MOST_SHOWN) if search.objectives else []
    if shown or search.references:
        columns = {design: one.values for design, one in search.references.items()}
        columns |= {trial.name: trial.outcome.values for trial in shown}
        print_table(search.study, columns, search.calls, search.measures)
    for trial in shown:
        console.print(f"{trial.name}: {format_chosen(search, trial)}", markup=False)
    for line in verdicts(search):
        console.print(line, markup=False)


def state(search: SearchSummary) -> str:
    """Return how many trials ended how, and whether the search is over."""
    outside = sum(trial.outcome.outside for trial in search.trials)
    failed = sum(trial.outcome.status != "ok" for trial in search.trials)
    valid = sum(trial.good for trial in search.trials)
    rules = f" ({outside} of them outside the design rules)" if outside else ""
    over = "" if search.over else "; not over: the same command goes on"
    trials = f"{len(search.trials)} trial{'' if len(search.trials) == 1 else 's'}"
    return f"{trials}: {valid} valid, {failed} failed{rules}{over}"


def elsewhere(search: SearchSummary) -> list[str]:
    """Return lines on the trials that other commands ran."""
    counts = Counter(trial.by for trial in search.trials if trial.by)
    return [f"{count} of them ran in {by}, which has their fields" for by, count in counts.items()]


def verdicts(search: SearchSummary) -> list[str]:
    """Return the ties with the best trials, the spans of a sweep, and the remarks."""
    left = sum(max(len(search.best(design)) - MOST_SHOWN, 0) for design in search.spaces)
    front = [f"and {left} more on the Pareto front"] if len(search.objectives) > 1 and left else []
    told = [describe_ties(search, design) for design in search.spaces] if search.objectives else spans(search)
    return [*front, *(line for line in told if line), *search.remarks]


def describe_ties(search: SearchSummary, design: str) -> str:
    """Return whether the best trial of a design beats the next by more than the errors; "" for a Pareto front."""
    order = search.best(design)
    if len(search.objectives) != 1 or not order:
        return "" if order else f"{design}: no valid trial"
    [metric] = search.objectives
    equal = ties(order, metric)
    if len(order) == 1:
        return f"{order[0].name} is the only valid trial"
    if not equal:
        return f"{order[0].name} beats {order[1].name} by more than their errors"
    tie = f"{order[0].name} ties, within the errors, with {len(equal)} other" + ("s" if len(equal) > 1 else "")
    return f"{tie}: {', '.join(one.name for one in equal[:4])}" + (" and more" if len(equal) > 4 else "")


def spans(search: SearchSummary) -> list[str]:
    """Return each metric of a sweep from its least to its largest value, with the trials that have them."""
    lines = []
    for metric in search.metrics:
        if order := sorted(having(search, metric), key=lambda one: one.value(metric)):
            low, high = (_end(search, metric, each) for each in (order, order[::-1]))
            ends = tied(*(order[k].outcome.values[metric] for k in (0, -1)))
            lines.append(f"{metric}: {low}, all tied" if ends else f"{metric}: from {low} to {high}")
    return lines


def _end(search: SearchSummary, metric: str, order: Sequence[Trial]) -> str:
    first, equal = order[0], ties(order, metric)
    tie = f", tied with {len(equal)} more" if equal else ""
    return f"{number(first.outcome.values[metric])} ({first.name}{tie}: {format_chosen(search, first)})"
