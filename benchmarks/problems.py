"""The problems: a flat box with two combs of fingers on its floor, as a conductor and as an elastic body.

The box is 2000 x 2000 x 100 um. Eight fingers of either comb, 60 um wide and 60 um apart, lie on its floor; a busbar
(the collector) along the box's edge joins the fingers of a comb. Fingers and busbars are 20 um high. One end of
each busbar is its terminal: an ideal conductor. The current thus runs along a busbar and the fingers before it
crosses the electrolyte, so that all three conductivities matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SIDE, HEIGHT, FLOOR = 2000.0, 100.0, 20.0  # um; FLOOR: height of fingers and busbars
FINGER, GAP, BUSBAR, COUNT = 60.0, 60.0, 100.0, 16
MARGIN = 0.5 * (SIDE - COUNT * FINGER - (COUNT - 1) * GAP)  # beside the outermost fingers
POISSON = 0.3

REGIONS = ("electrolyte", "electrode", "collector", "terminal_a", "terminal_b")
CONDUCTIVITY = (1.0, 1e4, 1e6, 0.0, 0.0)  # by region; the terminals are ideal conductors
CHANGED = (2.0, 5e3, 3e6, 0.0, 0.0)  # what a second solve on the same pattern has instead
YOUNG = (1.0, 1e3, 1e5, 1e5, 1e5)


@dataclass(frozen=True)
class Problem:
    """What is solved and on which mesh.

    step: edge length in the plan, um; layers: of tetrahedra beside and above the fingers.
    again: whether the timed solve is a second one, of other values on the same pattern.
    alone: whether only microfem solves it, to see how its cost grows.
    """

    name: str
    physics: Literal["conduction", "elasticity"]
    order: int
    step: float
    layers: tuple[int, int]
    again: bool = False
    alone: bool = False

    @property
    def values(self) -> tuple[float, ...]:
        """The coefficient of each region: conductivity or Young's modulus."""
        return CONDUCTIVITY if self.physics == "conduction" else YOUNG


PROBLEMS = {
    one.name: one
    for one in (
        Problem("p1_4k", "conduction", 1, 100.0, (1, 1)),
        Problem("p2_21k", "conduction", 2, 100.0, (1, 1)),
        Problem("p2_62k", "conduction", 2, 60.0, (1, 2)),
        Problem("p2_150k", "conduction", 2, 34.9, (1, 3), alone=True),
        Problem("p2_326k", "conduction", 2, 28.0, (2, 3)),
        Problem("p2_326k_again", "conduction", 2, 28.0, (2, 3), again=True),
        Problem("p2_912k", "conduction", 2, 20.15, (2, 6)),
        Problem("p2_2m", "conduction", 2, 14.4, (3, 7), alone=True),
        Problem("p1_240k", "conduction", 1, 16.2, (4, 8)),
        Problem("p1_750k", "conduction", 1, 11.45, (5, 14)),
        Problem("el_62k", "elasticity", 2, 100.0, (1, 1)),
        Problem("el_185k", "elasticity", 2, 60.0, (1, 2)),
    )
}
SIZES = {
    "tiny": ("p1_4k", "p2_21k", "el_62k"),
    "small": ("p2_21k", "p2_62k", "el_62k"),
    "medium": ("p2_62k", "p2_326k", "p2_326k_again", "p1_240k", "el_185k"),
    "default": ("p2_62k", "p2_150k", "p2_326k", "p2_326k_again", "p2_912k", "p2_2m", "p1_240k", "p1_750k", "el_185k"),
}
WARM = {("conduction", 1): "p1_4k", ("conduction", 2): "p2_21k", ("elasticity", 2): "el_62k"}  # untimed, before


def fingers() -> list[tuple[float, float, float, float]]:
    """Return the fingers as x0, y0, x1, y1; even ones belong to the first comb."""
    found = []
    for k in range(COUNT):
        x = MARGIN + k * (FINGER + GAP)
        low, high = (BUSBAR, SIDE - BUSBAR - GAP) if k % 2 == 0 else (BUSBAR + GAP, SIDE - BUSBAR)
        found.append((x, low, x + FINGER, high))
    return found
