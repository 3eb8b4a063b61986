"""Drawing of one layout to scale: plan and section with dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from microfem.base.errors import LayoutError
from microfem.layout import Layout
from microfem.render.broken import Seen, broken
from microfem.render.drawing import Drawing, Length, Panel, cut, draw

WIDTH, HEIGHT = 3.4, 3.0  # inches: limits of a view
LOW, STEPS = 0.9, (1, 2, 5, 10, 20, 50, 100, 200, 500)  # inches: least height of a section; magnifications of heights
COLUMN = 0.45  # inches between two dimension lines at the right of a section
WHOLE = 0.6  # of the section's width: the height of a wider part is dimensioned at the right
LEAST_HEIGHT = 0.4  # inches: least height of a plan
LEAST_WIDTH = 2.6  # inches: least width of a plan, for its title
CENTRAL = 0.3, 0.15, 0.05  # of the plan, about its middle, where the narrowest gap is searched
CHORD = 0.02  # of a gap: largest loss to the chords of circles
NEAR = 0.25  # inches between an outline and a dimension line


def draw_layout(layout: Layout, row: bool = True) -> Any:
    """Return a figure of a layout: its plan, and its section at y = 0, beside it or below it."""
    return draw(Drawing(layout, [one for one in (plan(layout), section(layout)) if one], row=row, lettered=False))


def size(length: float) -> str:
    """Return a length as text: `60 µm`, `1.5 mm`."""
    return f"{1e-3 * length:.3g} mm" if length >= 1000.0 else f"{length:.3g} µm"


def plan(layout: Layout, entire: bool = False) -> Panel:
    """Return the plan with its overall width and depth, and the narrowest gap between anode and cathode.

    entire: also the uniform middle of a long thin layout, which is left out otherwise.
    """
    parts = [one for one in layout.regions if one.z[0] <= layout.plane] or list(layout.regions)
    whole = [(one.role, one.footprint) for one in sorted(parts, key=lambda one: (one.priority, one.z))]
    seen = broken(whole) if _crossed(layout) and not entire else whole
    x0, y0, x1, y1 = shapely.total_bounds([outline for _, outline in seen]).tolist()
    start, _, end, _ = shapely.total_bounds([outline for _, outline in whole]).tolist()
    width = min(WIDTH, HEIGHT * (x1 - x0) / (y1 - y0))
    high, off = width * (y1 - y0) / (x1 - x0), NEAR * (x1 - x0) / width
    tall = next((k for k in STEPS if k * high >= LEAST_HEIGHT), STEPS[-1])  # of a flat ribbon
    lengths = [
        Length(name=size(end - start), start=(x0, y0), end=(x1, y0), aside=-off / tall),
        Length(name=size(y1 - y0), start=(x1, y0), end=(x1, y1), aside=-off),
    ]
    lengths += _narrowest(layout, seen)
    room = 1.6 * off
    beside = max(2.2 * off, (LEAST_WIDTH / width - 1.0) * (x1 - x0))
    box = (x0 - 0.2 * off, y0 - room / tall, x1 + beside, y1 + 0.2 * off / tall)
    where = "cross-section" if _crossed(layout) else f"plan, z = {layout.plane:.3g} µm and below"
    where += ", middle left out" * (seen is not whole)
    return Panel(
        title=where,
        outlines=seen,
        lines=[],
        lengths=lengths,
        box=box,
        width=width * (box[2] - box[0]) / (x1 - x0),
        bar=_round(0.3 * (x1 - x0)),
        tall=float(tall),
    )


def _narrowest(layout: Layout, seen: Seen) -> list[Length]:
    """Return the narrowest gap between anode and cathode, if both are visible and do not touch.

    Its label is the gap of the layout where only the chords of circles make a difference.
    """
    both = [[outline for role, outline in seen if role == of] for of in ("anode", "cathode")]
    if not all(both):
        return []
    anode, cathode = (shapely.union_all(one) for one in both)
    line = shapely.shortest_line(anode, cathode)
    if line.length <= 0.0:
        return []
    x0, y0, x1, y1 = shapely.total_bounds([anode, cathode])
    for share in CENTRAL:  # the same distance near the middle is easier to see
        x, y, w, h = 0.5 * (x0 + x1), 0.5 * (y0 + y1), share * (x1 - x0), share * (y1 - y0)
        inner = shapely.box(x - w, y - h, x + w, y + h)
        near = shapely.shortest_line(anode & inner, cathode & inner)
        line = near if near is not None and near.length < 1.001 * line.length else line
    start, end = line.coords[0], line.coords[-1]
    gap = layout.gap if abs(line.length - layout.gap) < CHORD * layout.gap else float(line.length)
    return [Length(name=size(gap), start=(start[0], start[1]), end=(end[0], end[1]))]


def section(layout: Layout) -> Panel | None:
    """Return the section at y = 0 with the thickness of each part; None if the plan is a cross-section itself."""
    if _crossed(layout):
        return None
    try:
        seen, films = cut(layout)
    except LayoutError:
        return None
    x0, z0, x1, z1 = shapely.total_bounds([outline for _, outline in seen]).tolist()
    tall = next((k for k in STEPS if k * WIDTH * (z1 - z0) / (x1 - x0) >= LOW), STEPS[-1])
    if WIDTH * (z1 - z0) > HEIGHT * (x1 - x0):  # higher than wide: the height decides
        tall = 1
    width = min(WIDTH, HEIGHT * (x1 - x0) / (z1 - z0))
    inch = (x1 - x0) / width
    lengths, columns = _heights(seen, inch)
    up = 0.35 * inch / tall
    box = (x0 - 0.1 * inch, z0 - up, x1 + (0.25 + COLUMN * columns) * inch, z1 + up)
    return Panel(
        title="section at y = 0",
        outlines=seen,
        lines=films,
        lengths=lengths,
        box=box,
        width=width * (box[2] - box[0]) / (x1 - x0),
        bar=_round(0.3 * (x1 - x0)),
        tall=float(tall),
    )


def _heights(seen: Seen, inch: float) -> tuple[list[Length], int]:
    """Return the heights of parts, one for each role and level, and the number of them at the right of the section."""
    left, right = (f(outline.bounds[k] for _, outline in seen) for f, k in ((min, 0), (max, 2)))
    lengths, columns = [], 0
    layers: dict[tuple[str, float, float], list[Any]] = {}
    for role, outline in reversed(seen):
        key = (role, outline.bounds[1], outline.bounds[3])
        layers[key] = [*shapely.get_parts(outline), *layers.get(key, ())]
    for (role, _, _), parts in sorted(layers.items(), key=lambda one: -one[0][2]):
        part = max(parts, key=lambda one: one.bounds[0]) if role == "cathode" else parts[0]
        x0, low, x1, high = part.bounds
        if role in ("anode", "cathode") and x1 - x0 < WHOLE * (right - left):
            lengths.append(Length(name=size(high - low), start=(0.5 * (x0 + x1), low), end=(0.5 * (x0 + x1), high)))
            continue
        lengths.append(
            Length(
                name=size(high - low), start=(right, low), end=(right, high), aside=-(0.25 + COLUMN * columns) * inch
            )
        )
        columns += 1
    return lengths, columns


def _crossed(layout: Layout) -> bool:
    return layout.spiral is not None or layout.projected is not None


def _round(length: float) -> float:
    """Return the largest round length (1, 2, 5 times a power of ten) that is not above a length, um."""
    power = 10.0 ** np.floor(np.log10(length))
    return float(power * max(m for m in (1.0, 2.0, 5.0) if m * power <= length * (1.0 + 1e-9)))
