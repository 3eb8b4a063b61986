"""The panels of a view in a figure: cuts with vector outlines, or scenes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from microfem.render.figure_layout import Panels
from microfem.render.flat import draw_cut
from microfem.render.letters import POINTS
from microfem.render.panel import Cut
from microfem.render.scene import FORESHORTENED, SIZE, draw_scenes, prepare
from microfem.render.sheet import UNLIKE, SheetRow

EDGE = 0.4  # points: lines of a scene
SPARE = 1.0  # points around a cut, for the width of its outline


def panels_of_cuts(row: SheetRow, titles: Sequence[str]) -> Panels:
    """Return the panels of cuts; a title says where heights are magnified."""
    cuts = row.drawn()
    tall = [row.tall(k) for k in range(len(cuts))]
    streams = row.view.streamlines and row.stored[0].is_vector(row.view.field)

    def paint(axis: Any, k: int, inch: float, dots: float) -> None:
        draw_cut(axis, cuts[k], row.scale, inch, tall[k], streams, dots)
        spare = SPARE / POINTS * inch
        (left, low), (right, high) = cuts[k].box
        axis.set_xlim(left - spare, right + spare)
        axis.set_ylim(low - spare / tall[k], high + spare / tall[k])
        axis.set_aspect("auto")

    return Panels(
        titles=tuple(_title(title, factor) for title, factor in zip(titles, tall, strict=True)),
        sizes=np.array([_size(one, factor) for one, factor in zip(cuts, tall, strict=True)]),
        one_scale=row.one_scale,
        paint=paint,
    )


def _title(title: str, tall: float) -> str:
    return title if tall == 1.0 else f"{title}, heights\N{NO-BREAK SPACE}×{tall:g}"


def _size(one: Cut, tall: float) -> tuple[float, float]:
    return float(one.size[0]), float(one.size[1] * tall)


def panels_of_scenes(row: SheetRow, titles: Sequence[str], width: float) -> Panels:
    """Return the panels of scenes, drawn from one direction; width: of a panel in points."""
    surfaces = [prepare(one, row.view, row.scale) for one in row.stored]
    images, pixels = draw_scenes(surfaces, row.scale, EDGE / width * SIZE[0])
    sizes = np.array([(one.shape[1], one.shape[0]) for one in images]) * np.array(pixels)[:, None]

    def paint(axis: Any, k: int, inch: float, _: float) -> None:
        axis.imshow(images[k], extent=(0.0, sizes[k, 0], 0.0, sizes[k, 1]), interpolation="antialiased")
        spare = SPARE / POINTS * inch
        axis.set_xlim(-spare, sizes[k, 0] + spare)
        axis.set_ylim(-spare, sizes[k, 1] + spare)
        axis.set_aspect("auto")

    return Panels(
        titles=tuple(titles),
        sizes=sizes,
        one_scale=bool(sizes.max() <= UNLIKE * sizes.max(axis=1).min()),
        paint=paint,
        suffix=" along x, y, z",
        shown=FORESHORTENED,
    )
