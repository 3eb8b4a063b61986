"""A plot as a record: what `microfem plot` takes, and what an entry of `plots` in a study states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator

from microfem.base.errors import MicrofemError
from microfem.metrics.curve import PARAMETER
from microfem.study.strict import Name, Strict

Width = Literal["single", "double"]
WIDTHS: tuple[Width, ...] = get_args(Width)
FRONT, TRIAL = "front", "trial"  # what metrics of a search are plotted against, beside its parameters and metrics


def names_in(text: str) -> tuple[str, ...]:
    """Return the names between the commas of a text."""
    return tuple(name.strip() for name in text.split(",")) if text else ()


def _listed(value: object) -> object:
    """Return a tuple of a list, or of a text with names between commas."""
    if isinstance(value, str):
        return names_in(value)
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class PlotModel(Strict):
    """A plot of results.

    metrics: or lines of a curve, all by default; against: `parameter`, a curve, the name of a parameter, of two for a
    map, of another metric, `front` or `trial`; by: parameter with a line for each value; cases: of a curve, all by
    default; width: a column of a journal.
    """

    metrics: Names = ()
    against: str = PARAMETER
    by: str = ""
    cases: Names = ()
    width: Width = "single"
    name: Name | Literal[""] = ""

    @property
    def over(self) -> tuple[str, ...]:
        """What the metrics are plotted against: one name, or two parameters of a map."""
        return names_in(self.against)

    @property
    def title(self) -> str:
        """Name of the plot and of its files."""
        by = f"-by-{self.by}" if self.by else ""
        return self.name or "-".join([*self.metrics, "against", *self.over]) + by


def stated_plot(metrics: Sequence[str], against: str, by: str, width: str, cases: str = "") -> PlotModel:
    """Return a plot from what a command states.

    Raises:
        MicrofemError: the width is unknown.
    """
    if width not in WIDTHS:
        raise MicrofemError(f"no width '{width}'; use {' or '.join(WIDTHS)}")
    return PlotModel(metrics=tuple(metrics), against=against, by=by, width=width, cases=names_in(cases))
