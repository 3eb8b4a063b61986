"""Trials of a search as records, written as JSON and read back as the same records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from microfem.results.summary import MetricResult

Value = str | float | int | bool


@dataclass(frozen=True, kw_only=True)
class TrialOutcome:
    """Outcome of a trial: values by metric with unit and errors, refused metrics, seconds; or the failure message.

    dependent: values of the parameters that follow from others; outside: whether the layout is impossible or violates
    a design rule, so that it did not run.
    """

    status: str
    message: str = ""
    values: Mapping[str, MetricResult] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    dependent: Mapping[str, Value] = field(default_factory=dict)
    outside: bool = False


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A finished trial: design, number, chosen values of the free parameters, outcome.

    excess: relative violation of each constraint, as a share of its bound; 0 or less where it holds.
    by: command of a shared search that ran it, which has its files; empty for this command.
    """

    design: str
    number: int
    chosen: Mapping[str, Value]
    outcome: TrialOutcome
    excess: Mapping[str, float]
    by: str = ""

    @property
    def name(self) -> str:
        """Name of the trial and of its folder."""
        return folder_name(self.design, self.number)

    @property
    def good(self) -> bool:
        """Whether the trial is valid: it succeeded and satisfies all constraints."""
        return self.outcome.status == "ok" and all(one <= 0.0 for one in self.excess.values())

    @property
    def params(self) -> dict[str, Value]:
        """The chosen values, then those that follow from them."""
        return {**self.chosen, **self.outcome.dependent}

    def value(self, metric: str) -> float:
        """Return the value of a metric, which the trial must have."""
        value = self.outcome.values[metric].value
        assert value is not None
        return value


def folder_name(design: str, number: int) -> str:
    """Return the name of a trial's folder."""
    return f"{design}-{number:05d}"
