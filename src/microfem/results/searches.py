"""A search or a sweep as one record, from which its tables, plots and pages are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from microfem.base.errors import MicrofemError
from microfem.base.units import format_quantity
from microfem.results.comparison import number
from microfem.results.files import STUDY, read_json
from microfem.results.ranking import Ranked
from microfem.results.summary import from_json
from microfem.results.trials import Trial, TrialOutcome, Value
from microfem.study.plots import PlotModel
from microfem.study.records import SearchSpace

MARK = "search.json"  # identifies the folder of a search
RECORD = "trials.json"
TRIALS, REFERENCES = "trials", "references"  # folders of the trials, and of the designs without a space


@dataclass(frozen=True)
class Allowed:
    """Allowed of a metric that a valid design satisfies; None where there is no bound."""

    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class SearchSummary(Ranked):
    """A search so far: what it varies and seeks, its finished trials, the designs without a space.

    spaces, follows: by design, free parameters and what others follow from; units: of all of these parameters, "" for
    none; calls: registered metric by name; families: by design; measures: remark beside the name of a metric; stated:
    the same parameters of the designs without a space.
    """

    study: str
    source: str
    versions: Mapping[str, str]
    over: bool
    spaces: Mapping[str, SearchSpace]
    units: Mapping[str, str]
    calls: Mapping[str, str]
    families: Mapping[str, str]
    sampler: str
    seed: int
    trials: tuple[Trial, ...] = ()
    references: Mapping[str, TrialOutcome] = field(default_factory=dict)
    objectives: Mapping[str, str] = field(default_factory=dict)
    constraints: Mapping[str, Allowed] = field(default_factory=dict)
    follows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    stated: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    plots: tuple[PlotModel, ...] = ()

    @property
    def directions(self) -> Mapping[str, str]:
        """Whether each objective is to `minimise` or `maximise`."""
        return self.objectives

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of all metrics."""
        return tuple(self.calls)

    def unit(self, metric: str) -> str:
        """Return the unit of a metric, "1" where no trial has a value."""
        units = (one.outcome.values[metric].unit for one in self.trials if metric in one.outcome.values)
        return next(units, "1")


def is_search(folder: Path) -> bool:
    """Tell whether a folder is that of a search."""
    return (folder / MARK).is_file()


def open_search(folder: Path) -> SearchSummary:
    """Read the record of a search, finished or not.

    Raises:
        MicrofemError: the folder holds no search, none that has begun, or one that this version cannot read.
    """
    again = "the command that made it, given again, goes on with it and writes its record"
    if not is_search(folder):
        raise MicrofemError(f"{folder} holds no search; make one with: microfem sweep STUDY -o {folder}")
    if not (folder / RECORD).is_file():
        raise MicrofemError(f"the search in {folder} stopped before its first trial, or is of another version; {again}")
    try:
        return from_json(SearchSummary, read_json(folder / RECORD))
    except ValidationError:
        raise MicrofemError(f"{folder / RECORD} is damaged or of another version; {again}") from None


def outstanding(search: SearchSummary, most: int) -> list[Trial]:
    """Return the trials that a table shows: the best of each design or its front, of a sweep the extremes."""
    if search.objectives:
        return [trial for design in search.spaces for trial in search.best(design)[:most]]
    ends: list[Trial] = []
    for metric in search.metrics:
        known = sorted(having(search, metric), key=lambda one: one.value(metric))
        ends += [*known[:1], *known[-1:]]
    return list({one.name: one for one in ends}.values())[:most]


def having(search: SearchSummary, metric: str) -> list[Trial]:
    """Return the valid trials that have a value of a metric."""
    return [one for one in search.trials if one.good and metric in one.outcome.values]


def in_order(search: SearchSummary) -> list[Trial]:
    """Return all trials, the best first; without objectives along the first free parameter."""
    first = [trial for design in search.spaces for trial in search.best(design)]
    along = {name: next(iter(space.free)) for name, space in search.spaces.items()}
    rest = [one for one in search.trials if one not in first]
    if not search.objectives:
        rest.sort(key=lambda one: (one.design, _number(one.chosen[along[one.design]]), one.number))
    return [*first, *rest]


def _number(value: Value) -> float:
    return 0.0 if isinstance(value, str) else float(value)


def run_again(search: SearchSummary, trial: Trial, folder: Path) -> str:
    """Return the command that runs a trial again, as a design of the study."""
    units = search.units
    stated = {name: f"{value!r} {units[name]}".strip() if isinstance(value, float) else str(value)
              for name, value in trial.chosen.items()}  # fmt: skip
    changes = {**stated, **search.spaces[trial.design].expressions}
    sets = " ".join(f"--set 'designs.{trial.design}.params.{name}={text}'" for name, text in changes.items())
    return f"microfem run {folder / STUDY} -o results/{trial.name} {sets}"


def format_chosen(search: SearchSummary, trial: Trial) -> str:
    """Return the parameters of a trial as text: `gap 22.7 µm, finger_pairs 4`."""
    return ", ".join(_parameters(search, trial))


def _parameters(search: SearchSummary, trial: Trial) -> list[str]:
    return [
        f"{name} {format_quantity(value, search.units[name]) if isinstance(value, float) else value}"
        for name, value in trial.params.items()
    ]


def trial_facts(search: SearchSummary) -> dict[str, tuple[str, ...]]:
    """Return lines on each trial: its parameters, its metrics with their errors, and whether it violates a bound."""
    return {
        one.name: (
            *(text.replace("_", " ") for text in _parameters(search, one)),
            *(f"{name.replace('_', ' ')} {number(value)}" for name, value in one.outcome.values.items()),
            *(f"violates {name}" for name, excess in one.excess.items() if excess > 0.0),
        )
        for one in search.trials
    }
