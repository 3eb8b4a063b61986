"""Values along a line through all shown designs: a curve, and a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.render.style import COLOURS
from microfem.render.viewer.readings import along_line, points_of
from microfem.render.viewer.shown import Point, Shown
from microfem.render.viewer.state import OpenRun, quantities
from microfem.results.stored import Floats


def curves(run: OpenRun, shown: Shown) -> Iterator[tuple[str, Floats, Floats]]:
    """Yield design, distance (n,) um and value (n,) along the line of a scene, for each design that has the case."""
    for name in run.having(shown.designs, shown.case):
        yield (name, *along_line(run.read(name, shown.case), shown, *map(np.asarray, shown.line)))


def label_of(run: OpenRun, shown: Shown) -> str:
    """Return the label of the shown field, with its unit."""
    return next(
        quantities(run.read(name, shown.case))[shown.quantity] for name in run.having(shown.designs, shown.case)
    )


def line_picture(run: OpenRun, shown: Shown) -> bytes:
    """Return an SVG of the values along the line, a curve for each design."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 2.6), layout="constrained")
    axis = figure.subplots()
    for (name, distance, values), colour in zip(curves(run, shown), COLOURS, strict=False):
        axis.plot(distance, values, color=colour, linewidth=1.4, label=name)
    axis.set_xlabel("distance along the line (µm)")
    axis.set_ylabel(label_of(run, shown), fontsize=9)
    if shown.log:
        axis.set_yscale("log")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg")
    return buffer.getvalue()


def line_table(run: OpenRun, shown: Shown) -> str:
    """Return the values along the line as CSV: distance, place at rest, a column for each design; empty outside."""
    found = list(curves(run, shown))
    label = label_of(run, shown)
    columns = [found[0][1], *points_of(*map(np.asarray, shown.line)).T, *(values for _, _, values in found)]
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(["distance (um)", "x (um)", "y (um)", "z (um)", *(f"{name}: {label}" for name, _, _ in found)])
    table.writerows([f"{value:.9g}" if np.isfinite(value) else "" for value in row] for row in np.column_stack(columns))
    return buffer.getvalue()


def point_of(text: str) -> Point:
    """Read an end of a line: x, y, z in um.

    Raises:
        MicrofemError: these are not three numbers.
    """
    try:
        x, y, z = (float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        raise MicrofemError(f"'{text}' is not a point; give x, y, z in µm, such as 0, 120, 5") from None
    if not np.isfinite([x, y, z]).all():
        raise MicrofemError(f"'{text}' is not a point; give x, y, z in µm, such as 0, 120, 5")
    return x, y, z
