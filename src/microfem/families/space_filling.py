"""Space-filling pair: two electrodes on both sides of a gap that follows a Hilbert, Moore or Peano curve."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

from microfem.families.family import Param, family, require
from microfem.families.stack import PLANAR_MATERIALS, Gap, PlanarElectrodes, PlanarStack, planar_layout
from microfem.layout import Layout, Outline
from microfem.layout.shapes import offset

Curve: TypeAlias = Literal["hilbert", "moore", "peano"]
Floats: TypeAlias = NDArray[np.float64]

# Axiom and rules of rewriting: F draws, + and - turn by a right angle (P. Prusinkiewicz and A. Lindenmayer, The
# Algorithmic Beauty of Plants, Springer 1990, section 1.3.3; all three start at the lower left and go up).
RULES = {
    "hilbert": ("L", {"L": "+RF-LFL-FR+", "R": "-LF+RFR+FL-"}),
    "moore": ("+LFL-F-LFL", {"L": "+RF-LFL-FR+", "R": "-LF+RFR+FL-"}),
    "peano": ("+L", {"L": "LFRFL-F-RFLFR+F+LFRFL", "R": "RFLFR+F+LFRFL-F-RFLFR"}),
}
HIGHEST = {"hilbert": 6, "moore": 6, "peano": 4}  # order of a curve that visits less than 10,000 squares


@family(dimensions=("3d", "plan"), materials=PLANAR_MATERIALS)
def space_filling(
    *,
    curve: Annotated[Curve, Param("curve that the gap follows: hilbert and peano are open, moore is closed")] = (
        "hilbert"
    ),
    order: Annotated[int, Param("order of the curve", low=1, high=6)] = 2,
    electrode_width: Annotated[float, Param("width of both electrodes between pieces of the gap", "um", 0.05, 1e4)] = (
        300.0
    ),
    gap: Gap = 300.0,
    electrodes: PlanarElectrodes = PlanarElectrodes(),
    stack: PlanarStack = PlanarStack(),
) -> Layout:
    """A square divided by a gap of constant width along a space-filling curve; both electrodes are trees of one width.

    The curve of order n visits 2^n x 2^n squares, that of Peano 3^n x 3^n, whose side is the width and the gap.
    """
    require(order <= HIGHEST[curve], "order", order, f"must be at most {HIGHEST[curve]} for a {curve} curve")
    anode, cathode = _divided(curve, order, electrode_width + gap, 0.5 * gap, electrode_width)
    return planar_layout(
        anode=anode,
        cathode=cathode,
        gap=gap,
        feature=min(gap, electrode_width),
        electrodes=electrodes,
        stack=stack,
    )


def _divided(curve: Curve, order: int, pitch: float, half: float, width: float) -> tuple[Outline, Outline]:
    """Return both sides of a gap of that half width along a curve whose lines are a pitch apart, um."""
    line = pitch * corners_of(curve, order)
    side, beyond = float(line.max()), half + width
    low, high = -beyond, side + beyond
    corner = {"left": (low, low), "over": (low, high), "right": (high, high), "under": (high, low)}
    middle = 0.5 * side

    def outline(points: Floats, *corners: str) -> Polygon:
        return Polygon(np.vstack([points, *(np.array([corner[name]]) for name in corners)]) - middle)

    if curve == "moore":
        ring = Polygon(np.array(list(corner.values())) - middle, [offset(line, half, closed=True) - middle])
        return Polygon(offset(line, -half, closed=True) - middle), ring
    end = (side, low) if curve == "hilbert" else (side, high)
    line = _corners(np.vstack([[0.0, low], line, end]))
    right, left = offset(line, -half), offset(line, half)
    if curve == "hilbert":
        return outline(right), outline(left, "under", "right", "over", "left")
    return outline(right, "right", "under"), outline(left, "over", "left")


def corners_of(curve: Curve, order: int) -> Floats:
    """Return the corners (n, 2) of a curve through unit squares, the lowest left at the origin; moore is closed."""
    text, rules = RULES[curve]
    for _ in range(order - (curve == "moore")):
        text = "".join(rules.get(letter, letter) for letter in text)
    place, ahead = np.zeros(2), np.array([1.0, 0.0])
    points = [place]
    for letter in text:
        if letter == "F":
            points.append(place := place + ahead)
        elif letter in "+-":
            ahead = np.array([-ahead[1], ahead[0]]) if letter == "+" else np.array([ahead[1], -ahead[0]])
    line = np.array(points)
    return _corners(line - line.min(axis=0), closed=curve == "moore")


def _corners(line: Floats, closed: bool = False) -> Floats:
    """Return the points of a line where it turns, and both ends of an open one."""
    ahead = np.roll(line, -1, axis=0) - line
    before = np.roll(ahead, 1, axis=0)
    kept = before[:, 0] * ahead[:, 1] != before[:, 1] * ahead[:, 0]
    kept[[0, -1]] |= not closed
    return line[kept]
