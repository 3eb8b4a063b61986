"""A sweep or a search in a program or a notebook: its trials as records and as a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microfem.base.errors import MicrofemError
from microfem.base.shown import ShownInNotebook
from microfem.layout import Layout

if TYPE_CHECKING:
    from microfem.optimise.results import SearchResult
    from microfem.results.trials import Trial


@dataclass(frozen=True, eq=False)
class Searched(ShownInNotebook):
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
        """Return the layout of a trial, with the parameters that follow from others in its space."""
        from microfem.optimise.space import varied

        search, study = self.result.search, self.result.study
        return varied(study.designs[trial.design], search.spaces[trial.design], trial.chosen).layout()

    def to_dataframe(self) -> Any:
        """Return a pandas DataFrame with one row for each trial, which its index names.

        Its columns are `design`, `number`, `status`, `valid`, each parameter that differs between trials, each metric,
        and the error of each metric as `METRIC_error`; NaN where a trial has none. `.attrs["units"]` has the units.

        Raises:
            MicrofemError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MicrofemError("a DataFrame needs pandas; install it with: pip install pandas") from None
        from microfem.optimise.results import varied_units

        units = dict(varied_units(self.result.study, self.result.search))
        trials = sorted(self.trials, key=lambda one: (one.design, one.number))
        table = pd.DataFrame([_row(one, units) for one in trials], index=pd.Index([one.name for one in trials]))
        table.index.name = "trial"
        for one in trials:
            units |= {name: value.unit for name, value in one.outcome.values.items()}
            units |= {f"{name}_error": value.unit for name, value in one.outcome.values.items()}
        table.attrs["units"] = units
        return table


def _row(trial: Trial, params: Iterable[str]) -> dict[str, Any]:
    known = {"design": trial.design, "number": trial.number, "status": trial.outcome.status, "valid": trial.good}
    stated = {name: trial.params.get(name) for name in params}
    values = {name: one.value for name, one in trial.outcome.values.items()}
    errors = {f"{name}_error": one.error for name, one in trial.outcome.values.items()}
    return {**known, **stated, **values, **errors}
