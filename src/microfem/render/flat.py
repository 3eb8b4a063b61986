"""One panel of a sheet: a cut with its value at every pixel, lines between regions, current lines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microfem.render.colours import GREY, Scale
from microfem.render.panel import Cut
from microfem.render.raster import rasterise
from microfem.render.streams import stream_lines
from microfem.results.stored import Floats

DPI, FINER = 160, 1.5  # dots per inch of a sheet; pixels of a field per dot
LINE, LINE_OVER_LAYER = 0.5, 0.08  # points; and largest share of a line width in the distance of two lines
GAPS = ("electrolyte", "separator")  # roles in which current lines are drawn, where a layout has them
MOST = 6e6  # pixels of a field, of which a screen shows 2e6
COARSER = 2  # pixels of a field per pixel of current lines
STRAIGHT = 1e-5  # of the size of a cut: distance of points from a line that they lie on
APART = 0.08  # of the width: least distance of arrows


def draw_cut(
    axis: Any, one: Cut, scale: Scale, inch: float, tall: float, streams: bool, dots: float = DPI * FINER
) -> None:
    """Draw a cut; inch: um per inch; tall: magnification of heights; streams: whether to draw current lines.

    dots: pixels of the field per inch; lines have none.
    """
    from matplotlib.patheffects import Normal, Stroke

    line = _line_width(one, inch, tall)
    if one.rest is not None:
        _draw_lines(axis, one.rest, "0.6", line)
    box, pixel = one.box, inch / dots
    axis.imshow(
        field_image(one, scale, pixel, tall),
        extent=(box[0, 0], box[1, 0], box[0, 1], box[1, 1]),
        origin="lower",
        interpolation="none",  # in a vector figure the pixels of the field, not those of a page
        zorder=1,
    )
    _draw_lines(axis, one.lines, "black", line)
    if not streams:
        return
    casing = [Stroke(linewidth=1.5, foreground="#00000099"), Normal()]
    arrows: list[Floats] = []
    for way in currents(one, COARSER * pixel, tall):
        axis.plot(way[:, 0], way[:, 1], color="white", linewidth=0.6, zorder=3, path_effects=casing)
        middle = len(way) // 2
        if all(np.linalg.norm((way[middle] - other) * [1.0, tall]) > APART * one.size[0] for other in arrows):
            arrows.append(way[middle])
            look = {"arrowstyle": "-|>", "color": "white", "mutation_scale": 5.0, "lw": 0.4, "ec": "black"}
            axis.annotate("", way[min(middle + 4, len(way) - 1)], way[middle - 1], arrowprops=look, zorder=4)


def field_image(one: Cut, scale: Scale, pixel: float, tall: float = 1.0) -> Any:
    """Return the colours (height, width, 4) of a cut's values at the centres of pixels, the lowest row first.

    pixel: width of a pixel, um. Values are interpolated, colours are not: a colour is one of the bar, grey where the
    field is not defined, or transparent outside.
    """
    shape = _shape(one, pixel, tall)
    owner, weights = rasterise(one.corners, one.box, shape)
    hit = owner >= 0
    values = one.values(owner[hit], weights[hit])
    mappable = scale.mappable()
    with np.errstate(invalid="ignore"):
        colours = mappable.to_rgba(np.where(np.isnan(values), scale.low, np.clip(values, scale.low, scale.high)))
    colours[np.isnan(values), :3] = GREY
    image = np.zeros((*shape, 4))
    image[hit] = colours
    return image


def currents(one: Cut, pixel: float, tall: float) -> list[Floats]:
    """Return current lines (um) in the gaps of a cut, or, without gaps, wherever the field is defined."""
    shape = _shape(one, pixel, tall)
    owner, weights = rasterise(one.corners, one.box, shape)
    hit = owner >= 0
    vectors = np.full((*shape, 2), np.nan)
    vectors[hit] = one.vectors(owner[hit], weights[hit]) * [1.0, tall]
    known = np.isfinite(vectors).all(axis=2)
    roles = list(one.stored.about["regions"].values())
    region = np.asarray(one.stored.grid.cell_data["region"])[one.triangles.cell[np.maximum(owner, 0)]]
    gaps = known & np.isin(region, [k for k, role in enumerate(roles) if role in GAPS])
    size = np.ptp(one.box, axis=0) / [shape[1], shape[0]]
    return [one.box[0] + (line + 0.5) * size for line in stream_lines(vectors, gaps if gaps.any() else known)]


def _shape(one: Cut, pixel: float, tall: float) -> tuple[int, int]:
    """Return the height and the width of a cut in pixels, MOST at most."""
    wide, high = one.size
    pixel = max(pixel, math.sqrt(float(wide * high) * tall / MOST))
    return max(2, round(float(high * tall / pixel))), max(2, round(float(wide / pixel)))


def _line_width(one: Cut, inch: float, tall: float) -> float:
    """Return the width of lines between regions, points: thin layers must keep their colour."""
    ends = one.lines[:, [0, -1]] * [1.0, tall]
    apart = (
        2.0 * tall * float(one.areas.sum()) / max(float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum()), 1e-30)
    )
    return float(min(LINE, LINE_OVER_LAYER * apart * 72.0 / max(inch, 1e-30)))


def _draw_lines(axis: Any, lines: Floats, colour: str, width: float) -> None:
    """Draw lines (k, n, 2), joined where they meet: a few long paths instead of thousands of sides of triangles."""
    import shapely
    from matplotlib.collections import LineCollection

    joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.linestrings(lines))))
    size = float(np.ptp(lines.reshape(-1, 2), axis=0).max()) if len(lines) else 0.0
    paths = [shapely.get_coordinates(one) for one in shapely.simplify(joined, STRAIGHT * size)]
    look = {"capstyle": "round", "joinstyle": "round", "zorder": 2}
    axis.add_collection(LineCollection(paths, colors=colour, linewidths=width, **look))


def scale_bar(
    axis: Any, corner: Floats, width: float, suffix: str = "", shown: float = 1.0, letters: float = 8.0
) -> None:
    """Draw a scale bar of a round length below the lower left corner (2,) of a panel's content.

    width: of the panel, um; suffix: text after the length; shown: drawn share of a foreshortened length; letters: size
    in points.
    """
    from matplotlib.transforms import offset_copy

    length, text = round_length(0.35 * width)
    below = offset_copy(axis.transData, axis.figure, 0.0, -6.0, units="points")
    axis.plot(
        [corner[0], corner[0] + length * shown],
        [corner[1]] * 2,
        transform=below,
        color="black",
        linewidth=2.5,
        clip_on=False,
        solid_capstyle="butt",
    )
    text += suffix
    axis.annotate(text, corner, (0, -9), textcoords="offset points", fontsize=letters, va="top", annotation_clip=False)


def round_length(longest: float) -> tuple[float, str]:
    """Return the longest round length, um, up to a limit, with its text: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(longest))
    length = float(max(factor * power for factor in (1.0, 2.0, 5.0) if factor * power <= longest))
    return length, f"{length / 1000:g} mm" if length >= 1000.0 else f"{length:g} µm"
