"""A sweep or a search in a program or a notebook: its trials as records and as a DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microfem.base.errors import MicrofemError
from microfem.base.shown import Shown
from microfem.layout import Layout

if TYPE_CHECKING:
    from microfem.optimise.results import SearchResult
    from microfem.optimise.trial import Trial


@dataclass(frozen=True, eq=False)
class Searched(Shown):
    """A folder of trials and its result: `result` has the trials, the objectives and the designs without a space."""

    folder: Path
    result: SearchResult

    @property
    def trials(self) -> Sequence[Trial]:
        """All trials with parameters, values with errors, and whether they are valid."""
        return self.result.trials

    def best(self, design: str) -> list[Trial]:
        """Return the valid trials of a design, the best first, or its Pareto front; none without objectives."""
        return self.result.best(design)

    def layout(self, trial: Trial) -> Layout:
        """Return the layout of a trial."""
        return self.result.study.designs[trial.design].at(trial.chosen).layout()

    def to_dataframe(self) -> Any:
        """Return a pandas DataFrame with one row for each trial, which its index names.

        Its columns are `design`, `status`, `valid`, each parameter that differs between trials, each metric, and the
        error of each metric as `METRIC_error`; NaN where a trial has none. `.attrs["units"]` has the units.

        Raises:
            MicrofemError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MicrofemError("a DataFrame needs pandas; install it with: pip install pandas") from None
        from microfem.optimise.results import varied_units

        units = dict(varied_units(self.result.study, self.result.search))
        rows = [{"design": one.design, "status": one.outcome.status, "valid": one.good} for one in self.trials]
        for row, trial in zip(rows, self.trials, strict=True):
            row.update({name: trial.params.get(name) for name in units})
            for name, value in trial.outcome.values.items():
                row.update({name: value.value, f"{name}_error": value.error})
                units[name] = units[f"{name}_error"] = value.unit
        table = pd.DataFrame(rows, index=pd.Index([one.name for one in self.trials], name="trial"))
        table.attrs["units"] = units
        return table
