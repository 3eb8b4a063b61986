"""Plots for papers: metrics against the parameter in which designs differ, and the curves of cases."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.metrics.curve import PARAMETER
from microfem.render.curves import axis_label, curves_of, draw_curve, panels_of
from microfem.render.style import COLOURS, FORMATS, MARKERS, WIDTHS, panels, save, styled
from microfem.results.files import write_bytes
from microfem.results.summary import DesignResult, MetricResult, Summary

LONG = 6  # letters of names beyond which they are written slanted


def write_plot(summary: Summary, names: Sequence[str], paths: Sequence[Path], width: str, against: str) -> None:
    """Write one plot of a run into files, whose endings tell the format; against: the parameter, or a curve's name.

    Raises:
        MicrofemError: what is to be drawn is not there, an unknown width or format, a file that cannot be written.
    """
    known = [PARAMETER, *dict.fromkeys(name for case in summary.cases for name in _stored(summary, case))]
    if against not in known:
        raise MicrofemError(f"these results have nothing against '{against}'{did_you_mean(against, known)}")
    if width not in WIDTHS:
        raise MicrofemError(f"no width '{width}'; one column is {' or '.join(WIDTHS)}")
    for path in paths:
        if path.suffix[1:] not in FORMATS:
            raise MicrofemError(f"'{path}' is no format of plots; use {', '.join(FORMATS)}")
    with styled():
        for path in paths:
            buffer = io.BytesIO()
            figure = (
                draw_metrics(summary, names, WIDTHS[width])
                if against == PARAMETER
                else draw_against(summary, against, names, WIDTHS[width])
            )
            save(figure, buffer, path.suffix[1:])
            write_bytes(path, buffer.getvalue())


def draw_metrics(summary: Summary, names: Sequence[str], width: float) -> Any:
    """Return a figure of metrics with errors: against the one parameter that designs differ in, else by design.

    Raises:
        MicrofemError: there is no such metric, or no design has a value of it.
    """
    rows = {name: _values(summary, name) for name in names or summary.metrics}
    across = varied(summary.designs)
    figure, axes = panels(len(rows), width)
    look = {"color": COLOURS[0], "marker": MARKERS[0]}
    for axis, (name, row) in zip(axes, rows.items(), strict=True):
        values, errors = [one.value for one in row.values()], [one.error or 0.0 for one in row.values()]
        axis.set_ylabel(axis_label(name, next(iter(row.values())).unit, summary.measures.get(name, "")))
        if across:
            at = [summary.designs[design].params[across[0]] for design in row]
            order = sorted(range(len(at)), key=at.__getitem__)
            axis.errorbar(*([column[k] for k in order] for column in (at, values, errors)), **look)
            axis.set_xlabel(axis_label(*across))
            continue
        axis.errorbar(range(len(row)), values, errors, linestyle="none", **look)
        axis.set_xticks(range(len(row)), list(row), **_slant(list(row)))
        axis.margins(x=0.15)
    return figure


def _values(summary: Summary, name: str) -> dict[str, MetricResult]:
    if name not in summary.metrics:
        raise MicrofemError(f"no metric '{name}' in these results{did_you_mean(name, summary.metrics)}")
    found = {design: one for design, one in summary.row(name).items() if one.value is not None}
    if not found:
        raise MicrofemError(f"no design has a value of '{name}'; see why with: microfem compare DIR")
    return found


def _slant(names: Sequence[str]) -> dict[str, Any]:
    return {"rotation": 30.0, "ha": "right"} if max(map(len, names)) > LONG else {}


def varied(designs: Mapping[str, DesignResult]) -> tuple[str, str] | None:
    """Return name and unit of the one number in which designs of one family and equal materials differ, else None."""
    ones = list(designs.values())
    alike = {str((one.family, one.placement, one.materials)) for one in ones}
    if len(ones) < 2 or len(alike) > 1 or not all(one.params for one in ones):
        return None
    first = ones[0].params
    differ = [key for key in first if any(one.params.get(key) != first[key] for one in ones)]
    if len(differ) != 1 or isinstance(first[differ[0]], bool) or not isinstance(first[differ[0]], int | float):
        return None
    from microfem.families import FAMILIES  # for the unit alone: the viewer seldom needs it

    params = FAMILIES.get(ones[0].family).params if ones[0].family in FAMILIES.names() else {}
    return differ[0], (params[differ[0]][1].unit or "1") if differ[0] in params else "1"


def _stored(summary: Summary, case: str) -> list[str]:
    """Return the names of the curves that are stored of a case, with something to show or not."""
    found = (design.cases[case].curves for design in summary.designs.values() if case in design.cases)
    return list(dict.fromkeys(name for curves in found for name in curves))


def draw_against(summary: Summary, curve: str, names: Sequence[str], width: float) -> Any:
    """Return a figure of lines of a curve, of the first case that has all that are named; all lines if none is.

    Raises:
        MicrofemError: no case has such lines.
    """
    there = {}
    for case in summary.cases:
        looks = curves_of(summary, case)
        if curve not in looks:
            continue
        shown = panels_of(summary, case, curve)
        there[case] = {panel.name: panel for panel in shown}
        if set(names) <= set(there[case]):
            return draw_curve(looks[curve], [there[case][name] for name in names] or shown, width)
    told = "; ".join(f"{case}: {', '.join(known)}" for case, known in there.items())
    wanted = " and ".join(names) or "anything that is not exact"
    raise MicrofemError(f"no case has a curve of {wanted} against '{curve}'" + (f"; there are {told}" if told else ""))
