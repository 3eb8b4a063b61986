"""Colour ranges and colour maps, shared by sheets, scenes, the viewer and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from microfem.results.stored import Bools, Floats, Stored

MAPS = {"potential": "viridis", "displacement": "cividis"}
USUAL, SIGNED = "inferno", "RdBu_r"  # maps of fields with one sign, and with two
UNSIGNED = ("potential",)  # fields whose zero is arbitrary
CLIPPED = 99.0  # percentile by cell size that ends a colour range, because fields are singular at electrode edges
FAR = 1.2  # x that percentile: a larger maximum lies beyond the range
DECADES = 3.0  # spanned by a logarithmic range
LEAST_OPPOSITE = 0.1  # least share of a range on the other side of zero for a field with two signs
GREY = 0.83  # of cells without a value


@dataclass(frozen=True)
class Span:
    """The range of values of one design: least and most, and the ends of its own colour range."""

    least: float
    low: float
    high: float
    most: float


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The map from values to colours.

    low, high: ends of the colour bar; least, most: extreme values; log: whether the bar is logarithmic;
    colours: name of matplotlib's map.
    """

    low: float
    high: float
    least: float
    most: float
    log: bool
    colours: str

    @property
    def beyond(self) -> str:
        """The sides on which values lie beyond the bar, in matplotlib's words; `neither` for none."""
        below, above = self.least < self.low - self._little, self.most > self.high + self._little
        return ("both" if above else "min") if below else ("max" if above else "neither")

    @property
    def _little(self) -> float:
        return 1e-9 * (abs(self.low) + abs(self.high))

    def norm(self) -> Any:
        """Return matplotlib's norm."""
        from matplotlib.colors import LogNorm, Normalize

        return LogNorm(self.low, self.high) if self.log else Normalize(self.low, self.high)

    def mappable(self) -> Any:
        """Return matplotlib's norm and map together."""
        from matplotlib.cm import ScalarMappable

        return ScalarMappable(self.norm(), self.colours)

    def share(self, values: Floats) -> Floats:
        """Return the position of values on the bar, from 0 to 1; NaN for NaN."""
        placed = np.clip(values, self.low, self.high)
        if self.log:
            return np.asarray(np.log(placed / self.low) / np.log(self.high / self.low))
        return np.asarray((placed - self.low) / (self.high - self.low))

    def values(self, shares: Floats) -> Floats:
        """Return the values (n,) at positions on the bar, from 0 to 1."""
        if self.log:
            return np.asarray(self.low * (self.high / self.low) ** shares)
        return np.asarray(self.low + (self.high - self.low) * shares)


def span_of(values: Floats, weights: Floats, log: bool) -> Span | None:
    """Return the span of values (n,) with weights (n,), the sizes that they represent.

    The colour range ends at the CLIPPED percentile where the largest value is far above it; likewise below zero. None
    without values, or without positive values on a logarithmic scale.
    """
    good = np.isfinite(values) & (weights > 0.0) & ((values > 0.0) | (not log))
    if not good.any():
        return None
    values, weights = values[good], weights[good]
    order = np.argsort(values)
    along = np.cumsum(weights[order])
    low, high = (
        float(values[order][np.searchsorted(along, share * along[-1])])
        for share in (1.0 - 0.01 * CLIPPED, 0.01 * CLIPPED)
    )
    least, most = float(values.min()), float(values.max())
    return Span(least, -_end(-least, -low), _end(most, high), most)


def _end(most: float, usual: float) -> float:
    """Return the end of a colour range: the largest value, or its percentile (at least 0) if far below."""
    if usual == 0.0 or most <= 0.0 or most <= FAR * usual:
        return most  # nearly zero everywhere: show the full range of the rest
    return max(usual, 0.0)


def volume_span(stored: Stored, keep: Bools, quantity: str, log: bool) -> Span | None:
    """Return the span of a quantity in some cells."""
    values = stored.everywhere(quantity)[keep]
    whole = np.isfinite(values).all(axis=1)
    values, sizes = values[whole], stored.sizes[keep][whole]
    return span_of(values.ravel(), np.repeat(sizes / values.shape[1], values.shape[1]), log)


def scale_of(spans: Sequence[Span], field: str, log: bool) -> Scale:
    """Return the common scale of designs with these spans; from 0 to 1 without spans."""
    spans = spans or [Span(0.0, 0.0, 1.0, 1.0)]
    least, low = min(one.least for one in spans), min(one.low for one in spans)
    high, most = max(one.high for one in spans), max(one.most for one in spans)
    colours = MAPS.get(field, USUAL)
    if log:
        low = max(low, high * 10.0**-DECADES)
    elif field not in UNSIGNED and low < 0.0 < high and min(-low, high) > LEAST_OPPOSITE * max(-low, high):
        high, colours = max(-low, high), SIGNED
        low = -high
    if not high > low:
        high = low + (1e-12 + 1e-9 * abs(low))
    return Scale(low=low, high=high, least=least, most=most, log=log, colours=colours)
