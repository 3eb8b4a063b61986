"""Drawings of layouts: outlines in the colours of their roles, lengths as arrows, a scale bar, a legend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.affinity import rotate
from shapely.geometry.polygon import orient

from microfem.layout import Layout, Outline
from microfem.layout.section import section_outlines

ROLE_COLOURS = {
    "anode": "#3b6ea8",
    "cathode": "#d1605e",
    "electrolyte": "#d6ebf2",
    "separator": "#f3e7c4",
    "anode_collector": "#8fa6c4",
    "cathode_collector": "#e3a9a0",
    "anode_tab": "#1f3f66",
    "cathode_tab": "#8c2f2d",
    "bridge": "#b08a2e",
    "substrate": "#d5d3cc",
    "encapsulation": "#e4dcef",
    "core": "#b9b9b9",
    "electrode": "#4f9d77",
    "layer": "#efe3d0",
    "medium": "#f3f6f8",
}
FONT = 7.5  # points
SHORT = 0.25  # inches: a shorter length has two arrows outside its ends
TITLE, BAR, GAP, EDGE = 0.22, 0.26, 0.3, 0.05  # inches above a panel, below it, between two in a row, at the left
KEY, LEGEND = 2.1, 0.2  # inches: the key's column, a row of the legend

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Length:
    """A length between two points (um), named after its parameter.

    aside: offset of its line to the left of start -> end, um; before: whether an outside letter is at the start.
    """

    name: str
    start: Point
    end: Point
    aside: float = 0.0
    before: bool = False


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One view: outlines and lines with their roles in drawing order, lengths, title, width (inches).

    box: x0, y0, x1, y1 of the view, um; tall: magnification of heights; bar: length of the scale bar, um.
    """

    title: str
    outlines: Sequence[tuple[str, Outline]]
    lines: Sequence[tuple[str, Any]]
    lengths: Sequence[Length]
    box: tuple[float, float, float, float]
    width: float
    bar: float
    tall: float = 1.0

    @property
    def height(self) -> float:
        """Height in inches."""
        x0, y0, x1, y1 = self.box
        return self.width * self.tall * (y1 - y0) / (x1 - x0)


@dataclass(frozen=True)
class Drawing:
    """The panels of a layout, below each other or side by side (row).

    lettered: whether lengths have letters and a key; otherwise their names are in the drawing.
    """

    layout: Layout
    panels: Sequence[Panel]
    row: bool = False
    lettered: bool = True


def from_above(layout: Layout, *hidden: str) -> list[tuple[str, Outline]]:
    """Return roles and outlines in plan view, without the roles in `hidden`."""
    seen = sorted((part for part in layout.regions if part.role not in hidden), key=lambda one: (one.priority, one.z))
    return [(part.role, part.footprint) for part in seen]


def cut(layout: Layout, turned: bool = False) -> tuple[list[tuple[str, Outline]], list[tuple[str, Any]]]:
    """Return roles and outlines of the section at y = 0, or at x = 0 if turned, and its films."""
    if turned:
        layout = _turned(layout)
    regions, films = section_outlines(layout)
    ordered = sorted(regions, key=lambda one: one[2])
    lines = [(layout.part(name).role, line) for name, drawn in films for line in drawn.geoms]
    return [(layout.part(n).role, o) for n, o, _ in ordered], lines


def _turned(layout: Layout) -> Layout:
    from dataclasses import replace

    def turned(outline: Outline) -> Outline:
        return rotate(outline, -90.0, origin=(0.0, 0.0))

    return replace(
        layout,
        regions=tuple(replace(one, footprint=turned(one.footprint)) for one in layout.regions),
        sheets=tuple(replace(one, footprint=turned(one.footprint)) for one in layout.sheets),
    )


def around(outlines: Sequence[tuple[str, Outline]], left: float, below: float, right: float, above: float) -> Any:
    """Return the bounding box of all outlines with a margin on each side, um."""
    x0, y0, x1, y1 = shapely.total_bounds([one for _, one in outlines]).tolist()
    return (x0 - left, y0 - below, x1 + right, y1 + above)


def letters(drawing: Drawing) -> dict[str, str]:
    """Return the label of each length in a drawing: a letter in order of appearance, or its name."""
    names = list(dict.fromkeys(one.name for panel in drawing.panels for one in panel.lengths))
    if not drawing.lettered:
        return {name: name for name in names}
    return {name: chr(ord("a") + k) for k, name in enumerate(names)}


def draw(drawing: Drawing) -> Any:
    """Return a figure of all panels, with the key of letters on the right and the legend of roles below."""
    from matplotlib import pyplot as plt

    panels = drawing.panels
    roles = [role for role in ROLE_COLOURS if any(role == one for p in panels for one, _ in [*p.outlines, *p.lines])]
    per_row = 4 if len(roles) > 5 else 5
    below = LEGEND * math.ceil(len(roles) / per_row) + 0.08
    each = [TITLE + panel.height + BAR for panel in panels]
    wide, high = (
        (sum(p.width for p in panels) + GAP * (len(panels) - 1), max(each))
        if drawing.row
        else (panels[0].width, sum(each))
    )
    wide = max(wide, *(panel.width for panel in panels))
    size = (EDGE + wide + (KEY if drawing.lettered else EDGE), high + below)
    figure = plt.figure(figsize=size)
    left, top = EDGE, size[1]
    for panel, height in zip(panels, each, strict=True):
        top = below + 0.5 * (high + height) if drawing.row else top
        bottom = top - TITLE - panel.height
        axes = figure.add_axes((left / size[0], bottom / size[1], panel.width / size[0], panel.height / size[1]))
        draw_panel(axes, panel, letters(drawing))
        left, top = (left + panel.width + GAP, top) if drawing.row else (left, top - height)
    if drawing.lettered:
        _draw_key(figure, letters(drawing), wide / size[0], (below + 0.5 * high) / size[1])
    _draw_legend(figure, roles, per_row)
    return figure


def draw_panel(axes: Any, panel: Panel, letter: Mapping[str, str]) -> None:
    """Draw one panel into axes of its aspect ratio."""
    for role, outline in panel.outlines:
        _fill(axes, outline, ROLE_COLOURS[role])
    for role, line in panel.lines:
        axes.plot(*line.xy, color=ROLE_COLOURS[role], lw=2.0, solid_capstyle="butt")
    x0, y0, x1, y1 = panel.box
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0, y1)
    axes.set_aspect(panel.tall)
    axes.axis("off")
    tall = f", heights drawn {panel.tall:g} times larger" if panel.tall != 1.0 else ""
    axes.set_title(panel.title + tall, fontsize=FONT, pad=3, loc="left")
    for one in panel.lengths:
        _draw_length(axes, panel, one, letter[one.name])
    _draw_bar(axes, panel)


def _fill(axes: Any, outline: Outline, colour: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Curve

    for part in shapely.get_parts(outline):
        whole = orient(part)
        rings = [whole.exterior, *whole.interiors]
        curve = Curve.make_compound_path(*[Curve(ring.coords[:], closed=True) for ring in rings])
        axes.add_patch(PathPatch(curve, facecolor=colour, edgecolor="#333333", lw=0.35))


def _draw_length(axes: Any, panel: Panel, one: Length, letter: str) -> None:
    """Draw a length as an arrow with its letter; a short one as two arrows that point at its ends."""
    scale = panel.width / (panel.box[2] - panel.box[0])  # inches per um
    flat = (one.end[0] - one.start[0], (one.end[1] - one.start[1]) * panel.tall)
    size = math.hypot(*flat) * scale
    unit = (flat[0] / math.hypot(*flat), flat[1] / math.hypot(*flat))
    shift = (-unit[1] * one.aside, unit[0] * one.aside)

    def at(point: Point, along: float = 0.0) -> Point:
        """Return a point of the arrow's line, shifted along it by some inches."""
        return (
            point[0] + shift[0] + along * unit[0] / scale,
            point[1] + shift[1] + along * unit[1] / scale / panel.tall,
        )

    if one.aside:
        for end in (one.start, one.end):
            axes.plot(*zip(end, at(end), strict=True), color="black", lw=0.4)
    line = {"color": "black", "lw": 0.7, "shrinkA": 0.0, "shrinkB": 0.0, "mutation_scale": 5.0}
    box = {"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none"}
    if size >= SHORT:
        axes.annotate("", at(one.end), at(one.start), arrowprops={"arrowstyle": "<|-|>", **line})
        place = (0.5 * (at(one.start)[0] + at(one.end)[0]), 0.5 * (at(one.start)[1] + at(one.end)[1]))
    else:
        axes.annotate("", at(one.start), at(one.start, -0.13), arrowprops={"arrowstyle": "-|>", **line})
        axes.annotate("", at(one.end), at(one.end, 0.13), arrowprops={"arrowstyle": "-|>", **line})
        place = at(one.start, -0.19) if one.before else at(one.end, 0.19)
    axes.text(
        *place,
        letter,
        fontsize=FONT,
        fontstyle="italic",
        fontweight="bold",
        ha="center",
        va="center",
        bbox=box,
        zorder=5,
    )


def _draw_bar(axes: Any, panel: Panel) -> None:
    """Draw the scale bar below the panel's lower left corner."""
    x0, _, x1, _ = panel.box
    start, length, y = 0.03 / panel.width, panel.bar / (x1 - x0), -0.1 / panel.height
    axes.plot(
        [start, start + length],
        [y, y],
        transform=axes.transAxes,
        color="black",
        lw=1.6,
        clip_on=False,
        solid_capstyle="butt",
    )
    axes.text(
        start + length + 0.06 / panel.width,
        y,
        f"{panel.bar:g} µm",
        transform=axes.transAxes,
        ha="left",
        va="center",
        fontsize=FONT,
    )


def _draw_key(figure: Any, letter: Mapping[str, str], left: float, middle: float) -> None:
    width, height = figure.get_size_inches()
    step = 0.17 / height
    top = middle + 0.5 * step * (len(letter) - 1)
    for k, (name, one) in enumerate(letter.items()):
        y = top - k * step
        figure.text(left + 0.12 / width, y, one, fontsize=FONT, fontstyle="italic", fontweight="bold", va="center")
        figure.text(left + 0.28 / width, y, name, fontsize=FONT, family="monospace", va="center")


def _draw_legend(figure: Any, roles: Sequence[str], per_row: int) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(facecolor=ROLE_COLOURS[role], edgecolor="#333333", lw=0.35, label=role) for role in roles]
    figure.legend(
        handles=patches,
        loc="lower left",
        bbox_to_anchor=(0.0, 0.0),
        ncols=per_row,
        fontsize=FONT,
        frameon=False,
        handlelength=1.2,
        columnspacing=1.2,
        labelspacing=0.4,
    )
