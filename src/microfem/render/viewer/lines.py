"""Values along a line through all shown designs."""

from __future__ import annotations

import io

import numpy as np

from microfem.render.style import COLOURS
from microfem.render.viewer.pieces import along_line
from microfem.render.viewer.state import OpenRun, Shown, quantities

Point = tuple[float, float, float]


def line_picture(run: OpenRun, shown: Shown, a: Point, b: Point) -> bytes:
    """Return an SVG of the values along a line of the undeformed layout, a curve for each design."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.0), layout="constrained")
    axis = figure.subplots()
    names = [name for name in shown.designs if run.has(name, shown.case)]
    for name, colour in zip(names, COLOURS, strict=False):
        distance, values = along_line(run.read(name, shown.case), shown, np.asarray(a), np.asarray(b))
        axis.plot(distance, values, color=colour, linewidth=1.4, label=name)
    axis.set_xlabel("distance along the line (µm)")
    axis.set_ylabel(quantities(run.read(names[0], shown.case))[shown.quantity], fontsize=9)
    if shown.log:
        axis.set_yscale("log")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg")
    return buffer.getvalue()
