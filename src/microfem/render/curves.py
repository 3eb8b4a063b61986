"""Curves as figures: a panel for each line of a curve, in it a line for each design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import numpy as np

from microfem.base.series import Look, Series
from microfem.base.symbols import symbol_text, words
from microfem.base.units import EXACT, PER_DEPTH, pretty_unit
from microfem.literature import Reported, reported
from microfem.render.end_labels import label_ends
from microfem.render.literature import add_reported
from microfem.render.style import COLOURS, MARKERS, legend, number_powers, panels, rc_letters, save, styled
from microfem.results.summary import Summary
from microfem.study.figure_schema import WIDTHS

MOST_PANELS = 4  # in the picture that a run draws
DEPTH_UNITS = ("uN/um", "uN", "pJ/um", "A/m", "C/m", "F/m", "S/m", "ohm m")  # units of totals of 2D cases
LEAST_CHANGE = 0.02  # least relative change that may fill the height of a panel
DECADE = 10.0
TALLEST, SHOWN_BELOW = 2.0, 0.1  # height of a panel with one scale, and what it shows below 0, over its width
LONG_LABEL = 22  # characters beside a panel, above which the unit stands on a line of its own
MOST_MARKS = 25  # points of a line, above which it is drawn without markers
DASHES = ("-", "--", "-.", ":")
WANTED = "target accuracy"


@dataclass(frozen=True, kw_only=True)
class CurvePanel:
    """The content of one panel: the line of each design, and a remark beside the quantity, such as `per unit depth`.

    wanted: target relative error, None without one; case: stands above the panel where a figure has several cases.
    """

    name: str
    lines: Mapping[str, Series]
    beside: str = ""
    wanted: float | None = None
    case: str = ""


def draw_curves(summary: Summary, folder: Path) -> list[str]:
    """Draw each curve that a run draws into a picture; return the file names within `folder`."""
    drawn = []
    for case in summary.cases:
        for name, look in curves_of(summary, case).items():
            if look.pictured:
                drawn.append(f"pictures/{case}-{name}.png")
                with styled():
                    save(draw_curve(look, panels_of(summary, case, name)[:MOST_PANELS]), folder / drawn[-1], "png")
    return drawn


def curves_of(summary: Summary, case: str) -> dict[str, Look]:
    """Return the curves of a case in all designs, without empty ones."""
    looks = {
        name: one.look
        for design in summary.designs.values()
        if case in design.cases
        for name, one in design.cases[case].curves.items()
    }
    return {name: look for name, look in looks.items() if panels_of(summary, case, name)}


def panels_of(summary: Summary, case: str, curve: str) -> list[CurvePanel]:
    """Return a panel for each line name of a curve, or for each design; curves of errors omit exact values."""
    lines: dict[str, dict[str, Series]] = {}
    looks = []
    for design, one in summary.designs.items():
        if case in one.cases and curve in one.cases[case].curves:
            result = one.cases[case].curves[curve]
            looks.append(result.look)
            for line in result.lines:
                if line.x and (result.look.shows == "value" or any(known for *_, known in _errors(line))):
                    panel, label = (design, line.name) if result.look.together else (line.name, design)
                    lines.setdefault(panel, {})[label] = line
    wanted = summary.accuracy if looks and looks[0].shows == "error" else {}
    return [
        CurvePanel(
            name=name,
            lines=each,
            beside=_beside(summary, case, next(iter(each.values()))),
            wanted=wanted.get(name),
        )
        for name, each in lines.items()
    ]


def _beside(summary: Summary, case: str, line: Series) -> str:
    """Return the remark beside a quantity of a case: the strain measure, or "per unit depth" of a total."""
    per_depth = case in summary.per_depth and line.unit in DEPTH_UNITS
    return summary.measures.get(line.name, PER_DEPTH if per_depth else "")


def draw_curve(
    look: Look, shown: Sequence[CurvePanel], width: float = WIDTHS["double"], cells: Sequence[Reported] | None = None
) -> Any:
    """Return a figure of a curve in the current style; cells: reported ones beside it, by default those of a review."""
    figure, axes = panels(len(shown), width)
    designs = list(dict.fromkeys(design for panel in shown for design in panel.lines))
    styles = dict(zip(designs, zip(cycle(COLOURS), cycle(MARKERS), cycle(DASHES), strict=False), strict=False))
    for axis, panel in zip(axes, shown, strict=True):
        for design, line in panel.lines.items():
            (_add_errors if look.shows == "error" else _add_values)(axis, line, design, *styles[design])
        first = next(iter(panel.lines.values()))
        if look.reported:
            add_reported(axis, first, reported() if cells is None else cells)
        axis.set_xlabel(axis_label(first.x_name, first.x_unit))
        _name(axis, look, panel, first)
        _limit(axis, look, panel)
    if look.shows == "error" or look.reported or not label_ends(figure, axes, rc_letters()):
        legend(figure, axes, last=WANTED)
    return figure


def _add_values(axis: Any, line: Series, design: str, colour: str, marker: str, dash: str) -> None:
    """Draw values with errors; long lines differ by their dashes, others by their markers."""
    errors = [error or 0.0 for error in line.error]
    mark = {"marker": marker} if len(line.x) <= MOST_MARKS else {"linestyle": dash}
    axis.errorbar(line.x, line.y, errors if any(errors) else None, color=colour, label=words(design), **mark)


def _add_errors(axis: Any, line: Series, design: str, colour: str, marker: str, _: str) -> None:
    """Draw errors in per cent; a hollow marker without an error shows the distance from the last value."""
    points = [(x, 100.0 * off, known) for x, off, known in _errors(line)]
    filled, hollow = ([point[:2] for point in points if point[2] is known] for known in (True, False))
    look = {"color": colour, "marker": marker}
    axis.plot(*np.reshape(filled, (-1, 2)).T, label=words(design), **look)
    axis.plot(*np.reshape(hollow, (-1, 2)).T, linestyle=":", linewidth=0.7, markerfacecolor="white", **look)


def _errors(line: Series) -> list[tuple[float, float, bool]]:
    """Return (x, relative error, whether it is known); in place of unknown errors, the distance from the last value.

    Values that are exact to round-off are omitted, and a whole line whose last value is 0.
    """
    last = line.y[-1]
    errors = [
        (x, abs(y - last) if error is None else error, error is not None)
        for x, y, error in zip(line.x, line.y, line.error, strict=True)
    ]
    return [(x, off / abs(last), known) for x, off, known in errors if off > EXACT * abs(last) > 0.0]


def _name(axis: Any, look: Look, panel: CurvePanel, line: Series) -> None:
    """Label the axis with the quantity; the name of the line is the title where it is not the quantity's."""
    own = look.shows == "error" or look.quantity
    axis.set_title(
        ": ".join(text for text in (words(panel.case), words(panel.name) if own else "") if text), loc="left"
    )
    if look.shows == "error":
        axis.set_ylabel("error (%)")
    else:
        label = axis_label(look.quantity or panel.name, line.unit, panel.beside)
        axis.set_ylabel(label.replace(" (", "\n(") if len(label) > LONG_LABEL else label)


def _limit(axis: Any, look: Look, panel: CurvePanel) -> None:
    """Set the scales of a panel; draw a line at the target accuracy, and one at x = 0 inside the panel."""
    if panel.wanted is not None:
        axis.axhline(100.0 * panel.wanted, color="0.4", linestyle="--", linewidth=0.8, label=WANTED)
    if look.log or look.log_x:
        _logarithmic(axis, "x")
        if look.log or (look.decades and _over_decades([y for line in panel.lines.values() for y in line.y])):
            _logarithmic(axis, "y")
        else:
            _open_up(axis)
        return
    if look.equal:
        _one_scale(axis)
    places = [x for line in panel.lines.values() for x in line.x]
    if min(places) < 0.0 < max(places):
        axis.axvline(0.0, color="0.7", linewidth=0.6, zorder=0)
    _open_up(axis)
    axis.locator_params(axis="x", nbins=6)


def _one_scale(axis: Any) -> None:
    """Give both directions one scale; of a curve that is much higher than wide only the lower part is shown."""
    axis.set_aspect("equal", adjustable="box")
    (left, right), (low, high) = axis.get_xlim(), axis.get_ylim()
    if high - low > TALLEST * (right - left):
        low = max(low, -SHOWN_BELOW * (right - left))
        axis.set_ylim(low, low + TALLEST * (right - left))


def _logarithmic(axis: Any, direction: Literal["x", "y"]) -> None:
    axis.set(**{f"{direction}scale": "log"})
    number_powers(getattr(axis, f"{direction}axis"), getattr(axis, f"get_{direction}lim")())


def _over_decades(values: Sequence[float]) -> bool:
    """Tell whether values are above 0 and span more than a decade."""
    return min(values) > 0.0 and max(values) > DECADE * min(values)


def _open_up(axis: Any) -> None:
    """Widen the range of a constant curve; otherwise round-off would fill the panel."""
    low, high = axis.get_ylim()
    room = LEAST_CHANGE * max(abs(low), abs(high))
    if high - low < room:
        axis.set_ylim(low - room, high + room)


def axis_label(name: str, unit: str, beside: str = "", call: str = "") -> str:
    """Return an axis label: `axial force F (µN)`; on two lines `resistance R`, `(Ω m, per unit depth)`.

    call: registered metric whose symbol stands where the name, which a study gives, has none.
    """
    unit_text = ", ".join(text for text in ("" if unit == "1" else pretty_unit(unit), beside) if text)
    quantity = " ".join(part for part in (words(name), symbol_text(name) or symbol_text(call)) if part)
    return quantity + (f"{chr(10) if beside else ' '}({unit_text})" if unit_text else "")
