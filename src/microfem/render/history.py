"""Histories: what changes along a load path, a line for each design, a panel for each number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from microfem.base.units import PER_DEPTH, pretty_unit
from microfem.render.style import COLOURS, MARKERS, WIDTHS, legend, panels, save, styled

MOST_PANELS = 4  # panels of a picture
DEPTH_UNITS = ("uN/um", "uN", "pJ/um", "A/m", "C/m", "F/m")  # of what a case in 2D sums up
LEAST_CHANGE = 0.02  # of its value, that a change must be to fill a panel


def draw_histories(summary: Mapping[str, Any], folder: Path) -> list[str]:
    """Draw the histories of each case into one picture each; return the files' names within `folder`."""
    drawn = []
    for case in dict.fromkeys(case for one in summary["designs"].values() for case in one["cases"]):
        rows = histories(summary, case)
        if rows:
            drawn.append(f"pictures/history-{case}.png")
            (folder / drawn[-1]).parent.mkdir(parents=True, exist_ok=True)
            with styled():
                save(draw_history(rows, told(rows)[:MOST_PANELS], beside(summary, case)), folder / drawn[-1], "png")
    return drawn


def histories(summary: Mapping[str, Any], case: str) -> dict[str, Sequence[Any]]:
    """Return the history of a case of each design that has one."""
    return {name: one["cases"][case]["history"] for name, one in summary["designs"].items()
            if one["cases"].get(case, {}).get("history")}  # fmt: skip


def told(rows: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return the names of the numbers that histories tell."""
    return list(dict.fromkeys(name for one in rows.values() for name in _told(one)))


def beside(summary: Mapping[str, Any], case: str) -> Callable[[str, str], str]:
    """Return what stands beside a number of a case at an axis, from its name and unit: that it is per unit depth."""
    measures, flat = summary.get("measures", {}), case in summary.get("per_depth", ())
    return lambda name, unit: measures.get(name, PER_DEPTH if flat and unit in DEPTH_UNITS else "")


def draw_history(
    rows: Mapping[str, Sequence[Any]], shown: Sequence[str], beside: Callable[[str, str], str],
    width: float = WIDTHS["double"],
) -> Any:  # fmt: skip
    """Return a figure of numbers against what the load states, or its factor; rows: of each design."""
    figure, axes = panels(len(shown), width)
    for axis, name in zip(axes, shown, strict=True):
        for (design, one), colour, marker in zip(rows.items(), cycle(COLOURS), cycle(MARKERS), strict=False):
            found = [(_along(row), number) for row in one if (number := _number(row, name))]
            if not found:
                continue
            values, errors = [value for _, (value, _, _) in found], [error for _, (_, error, _) in found]
            axis.errorbar([x for (x, _), _ in found], values, errors, color=colour, marker=marker, label=design)
            axis.set_xlabel(found[-1][0][1])
            unit = found[-1][1][2]
            axis.set_ylabel(axis_label(name, unit, beside(name, unit)))
        _open_up(axis)
        axis.locator_params(axis="x", nbins=6)
    legend(figure, axes)
    return figure


def _open_up(axis: Any) -> None:
    """Leave room about what does not change, or round-off would fill the panel."""
    low, high = axis.get_ylim()
    room = LEAST_CHANGE * max(abs(low), abs(high))
    if high - low < room:
        axis.set_ylim(low - room, high + room)


def _told(rows: Sequence[Any]) -> list[str]:
    """Return what is drawn of a history: its metrics, else what the mechanical case gives along it."""
    last = rows[-1]
    return list(last["values"]) or [name for name in last["numbers"] if name not in ("radius", _axis(last))]


def _axis(row: Mapping[str, Any]) -> str:
    """Return the number that the load states, which comes first; "" if it states none and its factor must do."""
    return str(row["stated"])


def _along(row: Mapping[str, Any]) -> tuple[float, str]:
    """Return where a row stands along the path, and what that is."""
    name = _axis(row)
    if not name:
        return row["load"], "load factor"
    value, unit = row["numbers"][name]
    return value, axis_label(name, unit)


def _number(row: Mapping[str, Any], name: str) -> tuple[float, float, str] | None:
    """Return a number of a row with its error, 0 where there is none, and its unit."""
    if name in row["values"]:
        one = row["values"][name]
        return one["value"], one["error"] or 0.0, one["unit"]
    return (row["numbers"][name][0], 0.0, row["numbers"][name][1]) if name in row["numbers"] else None


def axis_label(name: str, unit: str, beside: str = "") -> str:
    """Write what stands at an axis: `axial force (µN)`; on two lines `resistance`, `(Ω m, per unit depth)`."""
    told = ", ".join(text for text in ("" if unit == "1" else pretty_unit(unit), beside) if text)
    return name.replace("_", " ") + (f"{chr(10) if beside else ' '}({told})" if told else "")
