"""Plots for papers: metrics against the parameter in which designs differ, and the curves of cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError, WriteError
from microfem.base.registry import did_you_mean
from microfem.literature import Reported
from microfem.metrics.curve import PARAMETER
from microfem.render.curves import CurvePanel, axis_label, curves_of, draw_curve, panels_of
from microfem.render.searches import draw_search
from microfem.render.style import COLOURS, MARKERS, panels, save, styled
from microfem.results.designs import as_search
from microfem.results.merging import merge
from microfem.results.searches import is_search, open_search
from microfem.results.summary import DesignResult, MetricResult, Summary
from microfem.study.plots import PlotModel

PLOT = "plot-"  # begins the names of the pictures of plots
LONG = 6  # letters: longer names are written at an angle


def write_plot(folder: Path, plot: PlotModel, paths: Sequence[Path], cells: Sequence[Reported] | None = None) -> None:
    """Write one plot of a run, or of a search, into files, in the format of their suffix.

    cells: reported ones beside a Ragone plot, by default of a review.

    Raises:
        MicrofemError: the results lack what is plotted, or a file is not writable.
    """
    drawn: Callable[[], Any]
    if is_search(folder):
        drawn = partial(draw_search, open_search(folder), plot)
    else:
        drawn = partial(draw_run, merge([folder]), plot, cells)
    with styled(plot):
        for path in paths:
            save(drawn(), path, path.suffix[1:])


def draw_run(summary: Summary, plot: PlotModel, cells: Sequence[Reported] | None = None) -> Any:
    """Return the figure of a run that a plot states, in the current style.

    Raises:
        MicrofemError: the results lack the metric or the curve.
    """
    usual = [PARAMETER, *dict.fromkeys(name for case in summary.cases for name in _stored(summary, case))]
    if plot.by or not set(plot.over) <= set(usual):
        search = as_search(summary)
        known = [*usual, *search.units]
        if unknown := [name for name in plot.over if name not in known]:
            raise MicrofemError(f"these results have nothing against '{unknown[0]}'{did_you_mean(unknown[0], known)}")
        return draw_search(search, plot)
    if plot.against == PARAMETER:
        return draw_metrics(summary, plot.metrics, plot.width)
    return draw_against(summary, plot.against, plot.metrics, plot.width, cells, plot.cases)


def draw_plots(
    plots: Sequence[PlotModel], draw: Callable[[PlotModel], Any], folder: Path
) -> tuple[list[str], list[str]]:
    """Draw the plots of a study into its pictures, each as PNG and in the formats that it states.

    draw: makes the figure of a plot, in the current style. Returns the names of the files within `folder`, and why
    plots could not be drawn.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    drawn, undrawn = list[str](), list[str]()
    for plot in plots:
        files = [f"pictures/{PLOT}{plot.title}.{kind}" for kind in dict.fromkeys(("png", *plot.format))]
        try:
            with styled(plot):
                for file in files:
                    save(draw(plot), folder / file, file[-3:])
        except WriteError:
            raise
        except MicrofemError as error:
            undrawn.append(f"plot {plot.title} could not be drawn: {error}")
        else:
            drawn += files
    return drawn, undrawn


def draw_metrics(summary: Summary, names: Sequence[str], width: float) -> Any:
    """Return a figure of metrics with errors: against the one parameter that differs between designs, else by design.

    Raises:
        MicrofemError: a metric is unknown, or no design has a value of it.
    """
    known = [name for name in summary.metrics if any(one.value is not None for one in summary.row(name).values())]
    rows = {name: _values(summary, name) for name in names or known or summary.metrics}
    parameter = varied(summary.designs)
    figure, axes = panels(len(rows), width)
    look = {"color": COLOURS[0], "marker": MARKERS[0]}
    for axis, (name, row) in zip(axes, rows.items(), strict=True):
        values, errors = [one.value for one in row.values()], [one.error or 0.0 for one in row.values()]
        unit, beside = next(iter(row.values())).unit, summary.measures.get(name, "")
        axis.set_ylabel(axis_label(name, unit, beside, summary.calls.get(name, "")))
        if parameter:
            at = [summary.designs[design].params[parameter[0]] for design in row]
            order = sorted(range(len(at)), key=at.__getitem__)
            axis.errorbar(*([column[k] for k in order] for column in (at, values, errors)), **look)
            axis.set_xlabel(axis_label(*parameter))
            continue
        axis.errorbar(range(len(row)), values, errors, linestyle="none", **look)
        axis.set_xticks(range(len(row)), list(row), **_slant(list(row)))
        axis.margins(x=0.15)
    return figure


def _values(summary: Summary, name: str) -> dict[str, MetricResult]:
    if name not in summary.metrics:
        raise MicrofemError(f"no metric '{name}' in these results{did_you_mean(name, summary.metrics)}")
    row = {design: one for design, one in summary.row(name).items() if one.value is not None}
    if not row:
        raise MicrofemError(f"no design has a value of '{name}'; see why with: microfem compare DIR")
    return row


def _slant(names: Sequence[str]) -> dict[str, Any]:
    return {"rotation": 30.0, "ha": "right"} if max(map(len, names)) > LONG else {}


def varied(designs: Mapping[str, DesignResult]) -> tuple[str, str] | None:
    """Return name and unit of the only parameter that differs between designs, if it is a number; else None.

    Families, materials and surfaces of the designs must be equal.
    """
    ones = list(designs.values())
    alike = {str((one.family, one.placement, one.materials, one.layers)) for one in ones}
    if len(ones) < 2 or len(alike) > 1 or not all(one.params for one in ones):
        return None
    first = ones[0].params
    differ = [key for key in first if any(one.params.get(key) != first[key] for one in ones)]
    if len(differ) != 1 or isinstance(first[differ[0]], bool) or not isinstance(first[differ[0]], int | float):
        return None
    return differ[0], ones[0].units().get(differ[0], "1")


def _stored(summary: Summary, case: str) -> list[str]:
    """Return the names of all stored curves of a case, empty ones included."""
    stored = (design.cases[case].curves for design in summary.designs.values() if case in design.cases)
    return list(dict.fromkeys(name for curves in stored for name in curves))


def draw_against(
    summary: Summary,
    curve: str,
    names: Sequence[str],
    width: float,
    cells: Sequence[Reported] | None = None,
    among: Sequence[str] = (),
) -> Any:
    """Return a figure of the named lines of a curve, all by default, a panel for each case that has them.

    The cases of a run with one design stand in one panel. among: the cases, all by default.

    Raises:
        MicrofemError: no case has such lines.
    """
    if unknown := [case for case in among if case not in summary.cases]:
        raise MicrofemError(f"no case '{unknown[0]}' in these results{did_you_mean(unknown[0], summary.cases)}")
    wanted = among or summary.cases
    cases = {case: look for case in wanted if (look := curves_of(summary, case).get(curve))}
    known = {case: panels_of(summary, case, curve) for case in cases}
    shown = overlaid(known) or [
        replace(panel, case=case if len(known) > 1 else "") for case, panels in known.items() for panel in panels
    ]
    shown = [panel for panel in shown if not names or panel.name in names]
    if shown and set(names) <= {panel.name for panel in shown}:
        return draw_curve(next(iter(cases.values())), shown, width, cells)
    available = "; ".join(f"{case}: {', '.join(panel.name for panel in panels)}" for case, panels in known.items())
    lines = " and ".join(names) or "anything that is not exact"
    hint = f"; there are {available}" if available else ""
    raise MicrofemError(f"no case has a curve of {lines} against '{curve}'{hint}")


def overlaid(known: Mapping[str, Sequence[CurvePanel]]) -> list[CurvePanel]:
    """Return panels with a line for each case, where each case has one line and all have the same axes; else none."""
    panels = [(case, panel) for case, each in known.items() for panel in each]
    lines = [line for _, panel in panels for line in panel.lines.values()]
    if len(known) < 2 or len(lines) > len(panels) or len({(one.x_name, one.x_unit) for one in lines}) > 1:
        return []
    named: dict[str, dict[str, CurvePanel]] = {}
    for case, panel in panels:
        named.setdefault(panel.name, {})[case] = panel
    if any(len({line.unit for one in each.values() for line in one.lines.values()}) > 1 for each in named.values()):
        return []
    return [
        replace(next(iter(each.values())), lines={case: next(iter(one.lines.values())) for case, one in each.items()})
        for each in named.values()
    ]
