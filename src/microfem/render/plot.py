"""Plots for papers: metrics against the parameter in which designs differ, and the curves of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.literature import Reported
from microfem.metrics.curve import PARAMETER
from microfem.render.curves import axis_label, curves_of, draw_curve, panels_of
from microfem.render.style import COLOURS, MARKERS, panels, save, styled
from microfem.results.summary import DesignResult, MetricResult, Summary
from microfem.study.figure_schema import PlotStyle

LONG = 6  # letters: longer names are written at an angle


def write_plot(
    summary: Summary,
    names: Sequence[str],
    paths: Sequence[Path],
    style: PlotStyle,
    against: str,
    cells: Sequence[Reported] | None = None,
) -> None:
    """Write one plot of a run into files, in the format of their suffix.

    against: `parameter` or the name of a curve; cells: reported ones beside a Ragone plot, by default of a review.

    Raises:
        MicrofemError: the results lack the metric or curve.
        WriteError: a file cannot be written.
    """
    known = [PARAMETER, *dict.fromkeys(name for case in summary.cases for name in _stored(summary, case))]
    if against not in known:
        raise MicrofemError(f"these results have nothing against '{against}'{did_you_mean(against, known)}")
    width = style.width
    with styled(style):
        figure = (
            draw_metrics(summary, names, width)
            if against == PARAMETER
            else draw_against(summary, against, names, width, cells)
        )
        for path in paths:
            save(figure, path, path.suffix[1:])


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
    summary: Summary, curve: str, names: Sequence[str], width: float, cells: Sequence[Reported] | None = None
) -> Any:
    """Return a figure of the named lines of a curve, all by default, a panel for each case that has them.

    Raises:
        MicrofemError: no case has such lines.
    """
    cases = {case: look for case in summary.cases if (look := curves_of(summary, case).get(curve))}
    known = {case: panels_of(summary, case, curve) for case in cases}
    shown = [
        replace(panel, case=case if len(known) > 1 else "")
        for case, panels in known.items()
        for panel in panels
        if not names or panel.name in names
    ]
    if shown and set(names) <= {panel.name for panel in shown}:
        return draw_curve(next(iter(cases.values())), shown, width, cells)
    available = "; ".join(f"{case}: {', '.join(panel.name for panel in panels)}" for case, panels in known.items())
    wanted = " and ".join(names) or "anything that is not exact"
    hint = f"; there are {available}" if available else ""
    raise MicrofemError(f"no case has a curve of {wanted} against '{curve}'{hint}")
