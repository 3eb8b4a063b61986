"""A sheet of one map: the computed field as the camera would see it, the measured one, and their difference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from microfem.dic.records import Floats
from microfem.render.colours import GREY, SIGNED, Scale, scale_of, span_of
from microfem.render.flat import scale_bar
from microfem.render.style import INCH, save, styled
from microfem.results.measured_maps import MapPoints, MapResult, map_points, map_result
from microfem.study.figure_schema import WIDTHS

if TYPE_CHECKING:
    from microfem.dic.compare import Comparison

Rectangle: TypeAlias = tuple[float, ...]  # left, bottom, width, height

LABELS = {
    "exx": "strain xx (%)",
    "eyy": "strain yy (%)",
    "exy": "shear strain xy (%)",
    "u": "displacement x (µm)",
    "v": "displacement y (µm)",
}
MEASURES = {"green_lagrange": "Green-Lagrange ", "hencky": "Hencky ", "almansi": "Almansi ", "nominal": "nominal "}
SIDE, GAP, TITLE, RULER = 0.08, 0.12, 0.24, 0.32  # inches: margin, between panels, of a title, of the scale bar
BAR, BELOW = 0.11, 0.46  # inches: height of a colour bar, and of its numbers and label
FLAT = 0.45  # height over width of a device, below which panels are placed below each other
TOUCHING = 1.02  # of the side of a square: without it white lines show between squares
SPARE = 0.01  # of the device's size, around it
MOST_OFF = 98.0  # percentile of the differences that ends their bar
OUTLINE, CASING = 0.4, 0.9  # points: the layout's lines, and the white around them, for they lie on dark colours


def draw_comparison(one: Comparison, of: str, path: Path) -> None:
    """Draw the three pictures of a comparison; see draw_map.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    draw_map(map_result(one, one.map.name), map_points(one), one.outline, of, path)


def draw_map(one: MapResult, points: MapPoints, outline: Floats, of: str, path: Path) -> None:
    """Draw the three pictures of a map side by side, or below each other where the device is flat.

    The computed and the measured field have one bar; the difference has one about zero. The layout's outline is on all.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    with styled():
        save(map_figure(one, points, outline, of), path, "png")


def map_figure(one: MapResult, points: MapPoints, outline: Floats, of: str) -> Any:
    """Return the figure; outline (k, 2, 2): the layout's lines, um; of: exx, eyy, exy, u or v."""
    from matplotlib import pyplot as plt

    factor = 1.0 if of in ("u", "v") else 100.0
    measured, computed, off = (
        factor * values for values in (points.measured[of], points.computed[of], points.difference(of))
    )
    both, apart = common_scale(points, of), _about_zero(off)
    box = np.array([outline.reshape(-1, 2).min(axis=0), outline.reshape(-1, 2).max(axis=0)])
    wide, high = np.ptp(box, axis=0)
    size, panels, bars = _places(float(high / wide))
    figure = plt.figure(figsize=size)
    titles = (f"computed{_how(one)}", "measured", "measured − computed")
    rows = zip(panels, (computed, measured, off), (both, both, apart), titles, strict=True)
    for place, values, scale, title in rows:
        axis = figure.add_axes(place)
        axis.set_xlim(box[0, 0] - SPARE * wide, box[1, 0] + SPARE * wide)
        axis.set_ylim(box[0, 1] - SPARE * high, box[1, 1] + SPARE * high)
        _draw(axis, squares(one, points, TOUCHING), values, scale)
        _draw_outline(axis, outline)
        axis.set_title(title, loc="left", pad=3.0)
    scale_bar(figure.axes[0], box[0], float(wide))
    label = ("" if of in ("u", "v") else MEASURES.get(one.settings.measure or "", "")) + LABELS[of]
    for place, scale, text in zip(bars, (both, apart), (label, f"difference of {LABELS[of]}"), strict=True):
        bar = figure.colorbar(
            scale.mappable(), cax=figure.add_axes(place), extend=scale.beyond, orientation="horizontal"
        )
        bar.set_label(text)
    return figure


def _places(shape: float) -> tuple[tuple[float, float], list[Rectangle], list[Rectangle]]:
    """Return the size of the figure, inches, and where its panels and its bars lie, as shares of it.

    shape: height over width of the device.
    """
    width, whole, bar = WIDTHS["double"] / INCH, BAR + BELOW, SIDE
    if shape < FLAT:
        wide = width - 2.0 * SIDE
        high = wide * shape
        tops = (TITLE, 2.0 * TITLE + high + RULER, 3.0 * TITLE + 2.0 * high + RULER + 2.0 * SIDE + whole)
        tall = tops[2] + high + SIDE + whole
        panels = [(SIDE, tall - top - high, wide, high) for top in tops]
        below = [(panels[1][1] - bar - BAR, 0.2 * wide, 0.6 * wide), (panels[2][1] - bar - BAR, 0.2 * wide, 0.6 * wide)]
    else:
        wide = (width - 2.0 * SIDE - 2.0 * GAP) / 3.0
        high = wide * shape
        tall = TITLE + high + RULER + SIDE + whole
        panels = [(SIDE + k * (wide + GAP), tall - TITLE - high, wide, high) for k in range(3)]
        below = [(BELOW, 0.2 * wide, 1.6 * wide + GAP), (BELOW, 2.0 * (wide + GAP) + 0.05 * wide, 0.9 * wide)]
    bars = [(SIDE + left, bottom, length, BAR) for bottom, left, length in below]
    scale = np.array([width, tall, width, tall])

    def shares(places: Sequence[Rectangle]) -> list[Rectangle]:
        return [tuple((np.array(place) / scale).tolist()) for place in places]

    return (width, tall), shares(panels), shares(bars)


def _how(one: MapResult) -> str:
    """Return what the computed field went through, for its title."""
    _, length = one.gauge
    if one.level == "none":
        return ", at the points"
    return f", gauge {length:.0f} µm" if one.level == "gauge" else f", subset and gauge {length:.0f} µm"


def common_scale(points: MapPoints, of: str) -> Scale:
    """Return the scale of the measured and the computed values: strains in %, displacements in um."""
    factor, weights = 1.0 if of in ("u", "v") else 100.0, np.ones(len(points.points))
    spans = [span_of(factor * side[of], weights, log=False) for side in (points.measured, points.computed)]
    return scale_of([each for each in spans if each], of, log=False)


def _about_zero(values: Floats) -> Scale:
    known = values[np.isfinite(values)]
    end = max(float(np.percentile(np.abs(known), MOST_OFF)), 1e-12)
    return Scale(low=-end, high=end, least=float(known.min()), most=float(known.max()), log=False, colours=SIGNED)


def squares(one: MapResult, points: MapPoints, share: float) -> Floats:
    """Return the corners (n, 4, 2) of the square of each point on the design, um; share: of the points' distance."""
    step = (one.settings.step or 1) * (one.settings.pixel or 1.0) * one.on.scale
    corners = 0.5 * step * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) @ one.on.axes.T
    return np.asarray(points.points[:, None] + share * corners)


def _draw(axis: Any, places: Floats, values: Floats, scale: Scale) -> None:
    """Draw a square for each point, grey where it has no value."""
    from matplotlib.collections import PolyCollection

    known = np.isfinite(values)
    colours = np.full((len(values), 4), [GREY, GREY, GREY, 1.0])
    colours[known] = scale.mappable().to_rgba(np.clip(values[known], scale.low, scale.high))
    axis.add_collection(PolyCollection(list(places), facecolors=colours, linewidths=0.0, antialiased=False, zorder=1))


def _draw_outline(axis: Any, outline: Floats) -> None:
    """Draw the layout's lines over the points, and no axes."""
    from matplotlib.collections import LineCollection

    for colour, line in (("white", CASING), ("black", OUTLINE)):
        axis.add_collection(LineCollection(list(outline), colors=colour, linewidths=line, capstyle="round", zorder=2))
    axis.set_aspect("equal")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_frame_on(False)
