"""A plot as a record: what `microfem plot` takes, and what an entry of `plots` in a study states."""

from __future__ import annotations

from typing import Literal

from microfem.metrics.curve import PARAMETER
from microfem.study.figure_schema import Names, PlotStyle, names_in
from microfem.study.strict import Name

FRONT, TRIAL = "front", "trial"  # what metrics of a search are plotted against, beside its parameters and metrics


class PlotModel(PlotStyle):
    """A plot of results.

    metrics: or lines of a curve, all by default; against: `parameter`, a curve, the name of a parameter, of two for a
    map, of another metric, `front` or `trial`; by: parameter with a line for each value; cases: of a curve, all by
    default; name: of its files.
    """

    metrics: Names = ()
    against: str = PARAMETER
    by: str = ""
    cases: Names = ()
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
