"""The figures and tables of docs/convergence.md, from the results: `python -m benchmarks.convergence_page`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.convergence import RESULTS
from benchmarks.runners import ROOT

PAGE, IMAGES = ROOT / "docs" / "convergence.md", ROOT / "docs" / "images"
BLOCK = re.compile(r"(<!-- convergence: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
# Name of the line, rows it is made of, what is shown, colour (Okabe and Ito), marker.
LINES = (
    ("uniform P1", "uniform P1", "value", "#E69F00", "s"),
    ("uniform P2", "uniform P2", "value", "#0072B2", "o"),
    ("adaptive P2", "adaptive P2", "value", "#009E73", "^"),
    ("guaranteed, half-width", "adaptive P2", "width", "#D55E00", "D"),
)
SHORTEST = 0.02  # seconds; shorter times are left out, since on a machine in use they say nothing
FITTED = 4  # last meshes that an order is fitted to
# Problem -> slopes drawn: power of unknowns, its label. The first is drawn above P1, the second below the intervals.
SLOPES = {
    "section": ((-0.5, "$N^{-1/2}$"), (-2.0, "$N^{-2}$")),
    "ring": ((-1.0, "$N^{-1}$"), (-2.0, "$N^{-2}$")),
    "disc": ((-1.0 / 3.0, "$N^{-1/3}$"), (-4.0 / 3.0, "$N^{-4/3}$")),
    "device": ((-4.0 / 9.0, "$N^{-4/9}$"), (-1.0, "$N^{-1}$")),
}
Found = dict[str, Any]
Curve = tuple[np.ndarray, np.ndarray, np.ndarray]


def curve(found: Found, rows: str, shown: str) -> Curve:
    """Return unknowns, seconds and relative errors; values nearer to the reference than it is known are left out."""
    exact = found["exact"]
    told = []
    for row in found["rows"][rows]:
        error = 0.5 * (row["upper"] - row["lower"]) if shown == "width" else abs(row["value"] - exact)
        told.append((row["unknowns"], row["seconds"], error / exact))
    n, seconds, error = np.array(told).T
    known = error > (0.0 if shown == "width" else found["unsure"])
    return n[known], seconds[known], error[known]


def order(n: np.ndarray, error: np.ndarray) -> float:
    """Return p of the least-squares fit of error = c n^-p to the last meshes."""
    return float(-np.polyfit(np.log(n[-FITTED:]), np.log(error[-FITTED:]), 1)[0])


def table(found: Found) -> str:
    """Return orders, and the last mesh of each line."""
    lines = ["| | order in unknowns | unknowns of the last mesh | its error | its seconds |", "| --- " * 5 + "|"]
    for name, rows, shown, _, _ in LINES:
        n, seconds, error = curve(found, rows, shown)
        lines.append(f"| {name} | {order(n, error):.2f} | {n[-1]:,.0f} | {error[-1]:.1e} | {seconds[-1]:.1f} |")
    return "\n".join(lines)


def draw(name: str, found: Found) -> None:
    """Draw errors against unknowns and against seconds."""
    from matplotlib import pyplot as plt

    plt.rcParams |= {"svg.fonttype": "path", "svg.hashsalt": "microfem", "font.size": 9, "axes.linewidth": 0.6}
    figure, panels = plt.subplots(1, 2, figsize=(7.6, 3.3), sharey=True, layout="constrained")
    for label, rows, shown, colour, marker in LINES:
        n, seconds, error = curve(found, rows, shown)
        hollow = {"markerfacecolor": "none", "linestyle": (0, (3, 2)), "markersize": 7} if shown == "width" else {}
        for panel, x, kept in ((panels[0], n, n > 0), (panels[1], seconds, seconds > SHORTEST)):
            panel.loglog(
                x[kept],
                error[kept],
                marker=marker,
                color=colour,
                label=label,
                zorder=3,
                **({"markersize": 4, "linewidth": 1.3} | hollow),
            )
    for above, (power, label) in zip((True, False), SLOPES[name], strict=True):
        _slope(panels[0], curve(found, *LINES[0 if above else -1][1:3]), power, label, above)
    for panel, what in zip(panels, ("unknowns", "seconds"), strict=True):
        panel.set_xlabel(what)
        panel.grid(which="major", color="0.88", linewidth=0.6)
        panel.minorticks_off()
        panel.spines[["top", "right"]].set_visible(False)
        if found["unsure"]:
            panel.set_ylim(bottom=0.5 * found["unsure"])
            panel.axhspan(0.5 * found["unsure"], found["unsure"], color="0.9", linewidth=0.0, zorder=0)
    panels[0].set_ylabel("relative error of the conductance")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
    figure.savefig(IMAGES / f"convergence_{name}.svg", metadata={"Date": None})
    plt.close(figure)


def _slope(panel: Any, beside: Curve, power: float, label: str, above: bool) -> None:
    """Draw a dashed line of a power of the unknowns above or below the last meshes of a line, and name it."""
    n, _, error = (each[-FITTED - 1 :] for each in beside)
    level = 2.0 * (error / n**power).max() if above else 0.4 * (error / n**power).min()
    ends = n[[0, -1]]
    panel.loglog(ends, level * ends**power, "--", color="0.35", linewidth=0.9)
    middle, side = np.sqrt(ends.prod()), 1 if above else -1
    panel.annotate(
        label,
        (middle, level * middle**power),
        xytext=(3 * side, 2 * side),
        textcoords="offset points",
        ha="left" if above else "right",
        va="bottom" if above else "top",
        color="0.2",
    )


def filled(text: str, found: dict[str, Found]) -> str:
    """Return the page with every table as the results give it."""
    return BLOCK.sub(lambda block: f"{block[1]}{table(found[block[2]])}\n{block[3]}", text)


def main(names: Sequence[str] = tuple(SLOPES)) -> None:
    """Write figures and tables."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    for name in names:
        draw(name, found[name])
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main()
