"""Histories: what changes along a load path, a line for each design, a panel for each number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from microfem.units import pretty_unit

WIDE, HIGH = 3.4, 2.6  # inches of a panel
MOST = 4  # panels of a picture
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")  # M. Okabe and K. Ito, 2008
LEAST = 0.02  # of its value, that a change must be to fill a panel
MARKERS = "osD^vPX"


def draw_histories(summary: Mapping[str, Any], folder: Path) -> list[str]:
    """Draw the histories of each case into one picture each; return the files' names within `folder`."""
    import matplotlib

    matplotlib.use("Agg")
    drawn = []
    for case in dict.fromkeys(case for one in summary["designs"].values() for case in one["cases"]):
        rows = {name: one["cases"][case]["history"] for name, one in summary["designs"].items()
                if one["cases"].get(case, {}).get("history")}  # fmt: skip
        shown = list(dict.fromkeys(key for one in rows.values() for key in _told(one)))[:MOST]
        if shown:
            drawn.append(f"pictures/history-{case}.png")
            draw_history(rows, shown, folder / drawn[-1])
    return drawn


def draw_history(rows: Mapping[str, Sequence[Any]], shown: Sequence[str], path: Path) -> None:
    """Draw numbers against what the load states, or its factor; rows: of each design."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(shown), figsize=(WIDE * len(shown), HIGH), dpi=160, layout="constrained",
                                squeeze=False)  # fmt: skip
    for axis, name in zip(axes[0], shown, strict=True):
        for (design, one), colour, marker in zip(rows.items(), cycle(COLOURS), cycle(MARKERS), strict=False):
            told = [(_along(row), found) for row in one if (found := _number(row, name))]
            across, label = [x for (x, _), _ in told], told[-1][0][1] if told else ""
            values, errors = [value for _, (value, _, _) in told], [error for _, (_, error, _) in told]
            axis.errorbar(across, values, errors, color=colour, marker=marker, markersize=3.5, linewidth=1.2,
                          capsize=2, label=design)  # fmt: skip
            if told:
                axis.set_xlabel(label, fontsize=9)
                axis.set_ylabel(_label(name, told[-1][1][2]), fontsize=9)
        _open_up(axis)
        axis.ticklabel_format(axis="y", style="sci", scilimits=(-3, 5), useMathText=True)
        axis.yaxis.get_offset_text().set_fontsize(8)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    if len(rows) > 1:
        axes[0][0].legend(fontsize=8, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)


def _open_up(axis: Any) -> None:
    """Leave room about what does not change, or round-off would fill the panel."""
    low, high = axis.get_ylim()
    room = LEAST * max(abs(low), abs(high))
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
    return value, _label(name, unit)


def _number(row: Mapping[str, Any], name: str) -> tuple[float, float, str] | None:
    """Return a number of a row with its error, 0 where there is none, and its unit."""
    if name in row["values"]:
        one = row["values"][name]
        return one["value"], one["error"] or 0.0, one["unit"]
    return (row["numbers"][name][0], 0.0, row["numbers"][name][1]) if name in row["numbers"] else None


def _label(name: str, unit: str) -> str:
    told = name.replace("_", " ")
    return told if unit == "1" else f"{told} ({pretty_unit(unit)})"
