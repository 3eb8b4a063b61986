"""Centre lines of bridges by their shape, refused where the ribbon would touch itself or that of the next row."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microfem.families.family import require
from microfem.layout.centre_lines import (
    Pieces,
    horseshoe,
    horseshoe_radius,
    serpentine,
    serpentine_radius,
    sine,
    sine_radius,
    straight,
)

WIDEST = 0.75  # width of a ribbon over the least distance between neighbouring bends of its centre line


@dataclass(frozen=True, kw_only=True)
class Bends:
    """What a bridge's shape depends on: lengths in um, the angle in rad."""

    length: float
    periods: int
    amplitude: float
    angle: float
    width: float

    def line(self, shape: str, room: float) -> tuple[Pieces, float]:
        """Return the centre line of a shape, and half the least distance (um) that the ribbon leaves between its bends.

        room: height along y that bridges of neighbouring rows share, um.

        Raises:
            LayoutError: the ribbon touches itself or that of the next row, or no such line exists.
        """
        if shape == "straight":
            return straight(self.length), math.inf
        pieces, between = {"serpentine": self._serpentine, "horseshoe": self._horseshoe, "sine": self._sine}[shape](
            room - self.width
        )
        widest = WIDEST * between
        bound = f"must be at most {widest:.6g} um, {WIDEST} of the least distance between bends, or the {shape} touches"
        require(self.width <= widest, "bridge_width", self.width, f"{bound} itself")
        return pieces, 0.5 * (between - self.width)

    def _serpentine(self, highest: float) -> tuple[Pieces, float]:
        """Return a serpentine and the distance between its legs."""
        radius = serpentine_radius(self.length, self.periods)
        lowest = 2.0 * radius
        bound = f"must be at least {lowest:.6g} um, twice the arcs' radius, bridge_length / (4 periods + 2)"
        require(self.amplitude >= lowest, "amplitude", self.amplitude, bound)
        self._check_amplitude(highest)
        return serpentine(self.length, self.periods, self.amplitude), 2.0 * radius

    def _horseshoe(self, highest: float) -> tuple[Pieces, float]:
        """Return a horseshoe and the width of its necks, between arcs that bulge beyond half a circle.

        It is bridge_length / (2 periods) tan(angle / 4) high.
        """
        largest = 4.0 * math.atan2(2.0 * self.periods * highest, self.length)
        bound = f"must be at most {math.degrees(largest):.6g} deg, or the bridges of two rows are nearer than the gap"
        require(self.angle <= largest, "arc_angle", math.degrees(self.angle), bound)
        radius = horseshoe_radius(self.length, self.periods, self.angle)
        neck = 2.0 * radius * (2.0 * math.sin(0.5 * max(self.angle, math.pi)) - 1.0)
        return horseshoe(self.length, self.periods, self.angle), neck

    def _sine(self, highest: float) -> tuple[Pieces, float]:
        """Return a sine and the diameter of its sharpest bend."""
        period = self.length / self.periods
        bound = f"must be at most {period:.6g} um, the period; steeper lines are a serpentine"
        require(self.amplitude <= period, "amplitude", self.amplitude, bound)
        self._check_amplitude(highest)
        line = sine(self.length, self.periods, self.amplitude)
        return line, 2.0 * sine_radius(self.length, self.periods, self.amplitude)

    def _check_amplitude(self, highest: float) -> None:
        bound = f"must be at most {0.5 * highest:.6g} um, or the bridges of two rows are nearer than the gap"
        require(self.amplitude <= 0.5 * highest, "amplitude", self.amplitude, bound)
