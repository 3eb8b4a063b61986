"""Curves as figures: a panel for each line of a curve, in it a line for each design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from microfem.base.series import Look, Series
from microfem.base.units import EXACT, PER_DEPTH, pretty_unit
from microfem.render.style import COLOURS, MARKERS, WIDTHS, legend, panels, save, styled
from microfem.results.summary import Summary

MOST_PANELS = 4  # of the picture that a run draws
DEPTH_UNITS = ("uN/um", "uN", "pJ/um", "A/m", "C/m", "F/m")  # of what a case in 2D sums up
LEAST_CHANGE = 0.02  # of its value, that a change must be to fill a panel
MOST_MARKS = 25  # points of a line, above which it has no marks
DASHES = ("-", "--", "-.", ":")
WANTED = "accuracy asked for"


@dataclass(frozen=True)
class CurvePanel:
    """What one panel shows: the line of each design, and what stands beside its quantity, such as `per unit depth`.

    wanted: relative error that is asked for, None where none is.
    """

    name: str
    lines: Mapping[str, Series]
    beside: str = ""
    wanted: float | None = None


def draw_curves(summary: Summary, folder: Path) -> list[str]:
    """Draw the curves of all cases that a run draws, a picture each; return the files' names within `folder`."""
    drawn = []
    for case in summary.cases:
        for name, look in curves_of(summary, case).items():
            if look.pictured:
                drawn.append(f"pictures/{case}-{name}.png")
                (folder / drawn[-1]).parent.mkdir(parents=True, exist_ok=True)
                with styled():
                    save(draw_curve(look, panels_of(summary, case, name)[:MOST_PANELS]), folder / drawn[-1], "png")
    return drawn


def curves_of(summary: Summary, case: str) -> dict[str, Look]:
    """Return the curves that any design has of a case, those alone that have something to show."""
    found = {name: one.look for design in summary.designs.values() if case in design.cases
             for name, one in design.cases[case].curves.items()}  # fmt: skip
    return {name: look for name, look in found.items() if panels_of(summary, case, name)}


def panels_of(summary: Summary, case: str, curve: str) -> list[CurvePanel]:
    """Return a panel for each name of a line of a curve; those of exact values are left out where errors are shown."""
    lines: dict[str, dict[str, Series]] = {}
    looks = []
    for design, one in summary.designs.items():
        if case in one.cases and curve in one.cases[case].curves:
            result = one.cases[case].curves[curve]
            looks.append(result.look)
            for line in result.lines:
                if line.x and (result.look.shows == "value" or any(known for *_, known in _errors(line))):
                    lines.setdefault(line.name, {})[design] = line
    wanted = summary.accuracy if looks and looks[0].shows == "error" else {}
    return [
        CurvePanel(name, each, _beside(summary, case, next(iter(each.values()))), wanted.get(name))
        for name, each in lines.items()
    ]


def _beside(summary: Summary, case: str, line: Series) -> str:
    """Return what stands beside a quantity of a case: the measure of a strain, that a total is per unit depth."""
    per_depth = case in summary.per_depth and line.unit in DEPTH_UNITS
    return summary.measures.get(line.name, PER_DEPTH if per_depth else "")


def draw_curve(look: Look, shown: Sequence[CurvePanel], width: float = WIDTHS["double"]) -> Any:
    """Return a figure of a curve, in the style that is set."""
    figure, axes = panels(len(shown), width)
    designs = list(dict.fromkeys(design for panel in shown for design in panel.lines))
    styles = dict(zip(designs, zip(cycle(COLOURS), cycle(MARKERS), cycle(DASHES), strict=False), strict=False))
    for axis, panel in zip(axes, shown, strict=True):
        for design, line in panel.lines.items():
            (_add_errors if look.shows == "error" else _add_values)(axis, line, design, *styles[design])
        first = next(iter(panel.lines.values()))
        axis.set_xlabel(axis_label(first.x_name, first.x_unit))
        _name(axis, look, panel, first)
        _limit(axis, look, panel)
    legend(figure, axes, last=WANTED)
    return figure


def _add_values(axis: Any, line: Series, design: str, colour: str, marker: str, dash: str) -> None:
    """Draw values with their errors; lines of many points are told apart by their dashes, others by their marks."""
    errors = [error or 0.0 for error in line.error]
    mark = {"marker": marker} if len(line.x) <= MOST_MARKS else {"linestyle": dash}
    axis.errorbar(line.x, line.y, errors if any(errors) else None, color=colour, label=design, **mark)


def _add_errors(axis: Any, line: Series, design: str, colour: str, marker: str, _: str) -> None:
    """Draw errors in per cent; hollow marks have none and stand at their distance from the last value."""
    points = [(x, 100.0 * off, known) for x, off, known in _errors(line)]
    told, rest = ([one[:2] for one in points if one[2] is known] for known in (True, False))
    look = {"color": colour, "marker": marker}
    axis.plot(*np.reshape(told, (-1, 2)).T, label=design, **look)
    axis.plot(*np.reshape(rest, (-1, 2)).T, linestyle=":", linewidth=0.7, markerfacecolor="white", **look)


def _errors(line: Series) -> list[tuple[float, float, bool]]:
    """Return (x, relative error, whether the error is known); where it is not, the distance from the last value.

    Left out is what is exact to round-off, and all of a value that is 0 in the end.
    """
    last = line.y[-1]
    found = [(x, abs(y - last) if error is None else error, error is not None)
             for x, y, error in zip(line.x, line.y, line.error, strict=True)]  # fmt: skip
    return [(x, off / abs(last), known) for x, off, known in found if off > EXACT * abs(last) > 0.0]


def _name(axis: Any, look: Look, panel: CurvePanel, line: Series) -> None:
    """Write at the axis what the values are; the name of the line is a title where it is not the quantity's."""
    if look.shows == "error":
        axis.set_title(panel.name, loc="left")
        axis.set_ylabel("error (%)")
    elif look.quantity:
        axis.set_title(panel.name, loc="left")
        axis.set_ylabel(axis_label(look.quantity, line.unit, panel.beside))
    else:
        axis.set_ylabel(axis_label(panel.name, line.unit, panel.beside))


def _limit(axis: Any, look: Look, panel: CurvePanel) -> None:
    """Set the scales of a panel, with a line at the accuracy that is wanted, and one at x = 0 where the curve crosses
    it."""
    if panel.wanted is not None:
        axis.axhline(100.0 * panel.wanted, color="0.4", linestyle="--", linewidth=0.8, label=WANTED)
    if look.log:
        axis.set_xscale("log")
        axis.set_yscale("log")
        _number(axis.xaxis, axis.get_xlim())
        _number(axis.yaxis, axis.get_ylim())
        return
    places = [x for line in panel.lines.values() for x in line.x]
    if min(places) < 0.0 < max(places):
        axis.axvline(0.0, color="0.7", linewidth=0.6, zorder=0)
    _open_up(axis)
    axis.locator_params(axis="x", nbins=6)


def _open_up(axis: Any) -> None:
    """Leave room about what does not change, or round-off would fill the panel."""
    low, high = axis.get_ylim()
    room = LEAST_CHANGE * max(abs(low), abs(high))
    if high - low < room:
        axis.set_ylim(low - room, high + room)


def _number(axis: Any, limits: tuple[float, float]) -> None:
    """Write numbers at a logarithmic axis: powers of ten, and between them where there are fewer than two."""
    from matplotlib.ticker import FixedLocator, NullLocator

    powers = range(int(np.floor(np.log10(limits[0]))), int(np.ceil(np.log10(limits[1]))) + 1)
    for factors in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)):
        ticks = [factor * 10.0**power for power in powers for factor in factors]
        ticks = [one for one in ticks if limits[0] <= one <= limits[1]]
        if len(ticks) > 1:
            break
    axis.set_major_locator(FixedLocator(ticks[:: -(-len(ticks) // 6)]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: f"{value:,.10g}" if value >= 1.0 else f"{value:g}")


def axis_label(name: str, unit: str, beside: str = "") -> str:
    """Write what stands at an axis: `axial force (µN)`; on two lines `resistance`, `(Ω m, per unit depth)`."""
    told = ", ".join(text for text in ("" if unit == "1" else pretty_unit(unit), beside) if text)
    return name.replace("_", " ") + (f"{chr(10) if beside else ' '}({told})" if told else "")
