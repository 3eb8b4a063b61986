"""Double spiral: two electrodes wound around each other at a constant gap, round or rectangular."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

from microfem.families.family import Param, family, require
from microfem.families.stack import (
    PLANAR_MATERIALS,
    AnodeWidth,
    CathodeWidth,
    Gap,
    PlanarElectrodes,
    PlanarStack,
    planar_layout,
)
from microfem.layout import Circle, Layout
from microfem.layout.shapes import MOST_CHORDS, arc, segments

Shape: TypeAlias = Literal["round", "rectangular"]

SAME = 1e-9  # relative to the smallest feature: distance of points that are one


@family(dimensions=("3d", "plan"), materials=PLANAR_MATERIALS)
def double_spiral(
    *,
    shape: Annotated[Shape, Param("shape of the turns: half circles, or straight sides with right-angled corners")] = (
        "round"
    ),
    turns: Annotated[int, Param("turns of each electrode", low=1, high=100)] = 2,
    anode_width: AnodeWidth = 300.0,
    cathode_width: CathodeWidth = 300.0,
    gap: Gap = 300.0,
    core_width: Annotated[
        float, Param("distance between the inner ends of both electrodes; 0 takes the gap", "um", 0.0, 1e5)
    ] = 0.0,
    straight_length: Annotated[
        float, Param("straight length between the two halves of each turn; 0 for none", "um", 0.0, 1e5)
    ] = 0.0,
    electrodes: PlanarElectrodes = PlanarElectrodes(),
    stack: PlanarStack = PlanarStack(),
) -> Layout:
    """Two electrodes wound around each other, with a constant gap from the core to the outer ends.

    A round turn is two half circles whose centres are half a pitch apart, so that widths and gaps are exact and all
    lines are arcs; they lie within a tenth of the pitch p of an Archimedean spiral r = a + p theta / 2 pi.
    """
    core = core_width or gap
    require(core >= gap, "core_width", core_width, f"must be 0 um or at least the gap, {gap:.6g} um")
    pitch = anode_width + cathode_width + 2.0 * gap
    wound = _Turns(
        shape=shape,
        turns=turns,
        step=0.5 * pitch,
        straight=straight_length,
        feature=min(gap, anode_width, cathode_width),
    )
    inner = 0.5 * (core + gap + cathode_width)  # radius of the anode's first half turn
    count = segments(inner + turns * pitch, wound.feature)
    bound = f"each needs {4 * count} chords at this size; must be at most {MOST_CHORDS // (4 * count)}"
    require(shape != "round" or 4 * count * turns <= MOST_CHORDS, "turns", turns, bound)
    anode = (inner, inner + anode_width)
    cathode = (0.5 * (core + gap + anode_width), 0.5 * (core + gap + anode_width) + cathode_width)
    return planar_layout(
        anode=Polygon(np.vstack([wound.line(anode[0], 1.0), wound.line(anode[1], 1.0)[::-1]])),
        cathode=Polygon(np.vstack([wound.line(cathode[0], -1.0), wound.line(cathode[1], -1.0)[::-1]])),
        gap=gap,
        feature=wound.feature,
        electrodes=electrodes,
        stack=stack,
        circles=tuple(circle for side, radii in ((1.0, anode), (-1.0, cathode)) for r in radii
                      for circle in wound.circles(r, side)),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Turns:
    """The turns of one edge of an electrode, about the origin; lengths in um.

    step: growth of the radius in half a turn, and the distance between the centres of the two halves.
    """

    shape: Shape
    turns: int
    step: float
    straight: float
    feature: float

    def halves(self, radius: float, side: float) -> list[Circle]:
        """Return centre x, y and radius of each half turn; the first is above (side 1) or below (side -1)."""
        sides = [side * (1.0 if k % 2 == 0 else -1.0) for k in range(2 * self.turns)]
        return [(-0.5 * s * self.step, 0.5 * s * self.straight, radius + k * self.step) for k, s in enumerate(sides)]

    def circles(self, radius: float, side: float) -> list[Circle]:
        """Return the circles of the half turns."""
        return self.halves(radius, side) if self.shape == "round" else []

    def line(self, radius: float, side: float) -> NDArray[np.float64]:
        """Return the points (n, 2) of an edge, from the core outwards."""
        halves = self.halves(radius, side)
        (x, y, _), (end_x, end_y, last) = halves[0], halves[-1]
        points = [np.array([[x + side * radius, -y]])]
        for k, (x, y, r) in enumerate(halves):
            sign = side * (1.0 if k % 2 == 0 else -1.0)
            square = np.array([x, y]) + sign * r * np.array([[1.0, 1.0], [-1.0, 1.0]])
            start = 0.0 if sign > 0.0 else math.pi
            points.append(arc((x, y), r, start, math.pi, self.feature) if self.shape == "round" else square)
        points.append(np.array([[end_x + side * last, end_y]]))
        line = np.vstack(points)
        apart = np.hypot(*np.diff(line, axis=0).T) > SAME * self.feature
        return line[np.append(True, apart)]
