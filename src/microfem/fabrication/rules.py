"""The design rules: each compares a layout's own geometry with one limit of a fabrication process.

A rule yields its readings with their relative excess over the bound; above 0 the layout cannot be made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from microfem.fabrication.layers import (
    ConductorLayer,
    Part,
    crossed,
    drawn,
    inner_point,
    layers,
    on_collectors,
    thickness,
)
from microfem.fabrication.minimum_width import gaps, sides_of, widths
from microfem.layout import Layout

REACH = 1.5  # distances above this many times the bound are not measured
ROUNDED = 1.0  # largest change of a layer's area by rounded corners without a warning, %


@dataclass(frozen=True, kw_only=True)
class RuleReading:
    """A reading: the part, its place (um), the value, its bound, their unit, and the relative excess over the bound.

    The excess is continuous in the layout's parameters while the same places are narrowest.
    """

    part: str
    place: tuple[float, float]
    value: float
    bound: float
    unit: str
    excess: float


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A place at which a layout breaks a design rule; a warning if the process makes the layout with another shape."""

    rule: str
    part: str
    place: tuple[float, float]
    value: float
    bound: float
    unit: str
    source: str
    warning: bool = False

    def message(self) -> str:
        """Return one line: the rule, the part and its place, the value and its bound, the source of the bound."""
        x, y = self.place
        unit = "" if self.unit == "1" else f" {self.unit}"
        kind, limit = ("warning: " if self.warning else ""), ("least" if self.value < self.bound else "most")
        return (
            f"{kind}{self.rule} of {self.part} at ({x:.4g}, {y:.4g}) um: {self.value:.4g}{unit}, must be at {limit} "
            f"{self.bound:.4g}{unit}; source: {self.source}"
        )


Measure = Callable[[Layout, float], Iterator[RuleReading]]


@dataclass(frozen=True)
class DesignRule:
    """The measurement of one limit; crossed: valid in cross-sections too; warning: it only warns."""

    summary: str
    measure: Measure
    crossed: bool = False
    warning: bool = False


def _at_least(part: str, place: tuple[float, float], value: float, bound: float) -> RuleReading:
    return RuleReading(part=part, place=place, value=value, bound=bound, unit="um", excess=1.0 - value / bound)


def _at_most(part: str, place: tuple[float, float], value: float, bound: float, unit: str = "um") -> RuleReading:
    return RuleReading(part=part, place=place, value=value, bound=bound, unit=unit, excess=value / bound - 1.0)


def minimum_width(layout: Layout, bound: float) -> Iterator[RuleReading]:
    """The diameter of the largest disc that fits everywhere into the conductors of a layer; for a roll, its length."""
    if layout.spiral is not None:  # the strip is made flat, and its width is the length of the roll
        for part in drawn(layout):
            yield _at_least(part.name, inner_point(part.footprint), thickness(part), bound)
        return
    for layer in layers(layout):
        for narrow in widths(layer.outline, REACH * bound):
            yield _at_least(layer.name(*narrow.at), narrow.at, narrow.width, bound)


def minimum_gap(layout: Layout, bound: float) -> Iterator[RuleReading]:
    """The distance between any two conductors of a layer that do not touch, and the width of notches in a conductor."""
    for layer in layers(layout):
        for narrow in gaps(layer.outline, REACH * bound):
            yield _at_least(layer.name(*narrow.at), narrow.at, narrow.width, bound)


def kerf(layout: Layout, bound: float) -> Iterator[RuleReading]:
    """The width of gaps, as for minimum_gap: a beam or a blade removes no less than its kerf."""
    yield from minimum_gap(layout, bound)


def minimum_thickness(layout: Layout, bound: float) -> Iterator[RuleReading]:
    """The height of each conductor; in a cross-section, the wall of a coating."""
    for name, place, value in _thicknesses(layout):
        yield _at_least(name, place, value, bound)


def maximum_thickness(layout: Layout, bound: float) -> Iterator[RuleReading]:
    """The height of each conductor; in a cross-section, the wall of a coating."""
    for name, place, value in _thicknesses(layout):
        yield _at_most(name, place, value, bound)


def _thicknesses(layout: Layout) -> Iterator[tuple[str, tuple[float, float], float]]:
    layer = dict(layout.spiral.layers) if layout.spiral else {}
    for part in drawn(layout):
        if part.name in layer:
            yield part.name, inner_point(part.footprint), layer[part.name]
        elif not crossed(layout):
            yield part.name, inner_point(part.footprint), thickness(part)
        elif any(
            len(polygon.interiors) for polygon in shapely.get_parts(part.footprint)
        ):  # a solid strand is no coating
            for narrow in widths(part.footprint, float("inf")):
                yield part.name, narrow.at, narrow.width


def aspect_ratio(layout: Layout, bound: float) -> Iterator[RuleReading]:
    """The height of each conductor over its smallest width."""
    for part in drawn(layout):
        height = thickness(part)
        for narrow in widths(part.footprint, REACH * height / bound):
            yield RuleReading(
                part=part.name,
                place=narrow.at,
                value=height / max(narrow.width, 1e-9 * height),
                bound=bound,
                unit="1",
                excess=1.0 - narrow.width * bound / height,
            )


def registration(layout: Layout, bound: float) -> Iterator[RuleReading]:
    """The width of the overlap of an electrode and its collectors."""
    for region, collectors in on_collectors(layout):
        shared = shapely.intersection(region.footprint, shapely.union_all([part.footprint for part in collectors]))
        polygons = [piece for piece in shapely.get_parts(shared) if piece.area > 0.0]
        if not polygons:
            yield _at_least(region.name, inner_point(region.footprint), 0.0, bound)
        for polygon in polygons:
            for narrow in widths(polygon, REACH * bound):
                yield _at_least(region.name, narrow.at, narrow.width, bound)


def corner_radius(layout: Layout, bound: float) -> Iterator[RuleReading]:
    """The share of a layer's area that changes when sharp corners, convex and concave, get the tool's radius.

    A corner that turns by phi and is rounded by r loses or gains r^2 (tan(phi/2) - phi/2): kite minus sector. Short
    sides limit r, so that chords of a circle change almost no area.
    """
    for layer in layers(layout):
        sides = sides_of(layer.outline)
        half = np.abs(0.5 * sides.turn)
        length = np.hypot(*(sides.end - sides.start).T)
        reach = np.minimum(bound * np.tan(half), 0.5 * np.minimum(length, length[sides.after]))
        lost = (reach / np.tan(half)) ** 2 * (np.tan(half) - half)
        x, y = sides.end[np.argmax(lost)].tolist()
        yield _at_most(layer.name(x, y), (x, y), 100.0 * float(lost.sum() / layer.outline.area), ROUNDED, "%")


def lateral_growth(layout: Layout, factor: float) -> Iterator[RuleReading]:
    """The gap between anode and cathode after lateral growth by `factor` times the thickness of each electrode."""
    for layer in layers(layout):
        both = [_electrodes(layer, role) for role in ("anode", "cathode")]
        if not all(both):
            continue
        outlines = [shapely.union_all([part.footprint for part in parts]) for parts in both]
        line = shapely.shortest_line(*outlines)
        middle = line.interpolate(0.5, normalized=True)
        grown = factor * sum(max(thickness(part) for part in parts) for parts in both)
        remaining = float(line.length) - grown
        place = (float(middle.x), float(middle.y))
        yield RuleReading(
            part=layer.name(*place),
            place=place,
            value=remaining,
            bound=0.0,
            unit="um",
            excess=grown / max(float(line.length), 1e-9 * grown) - 1.0,
        )


def _electrodes(layer: ConductorLayer, role: str) -> list[Part]:
    return [part for part in layer.parts if part.role == role]


def _rule(measure: Measure, in_crossed: bool = False, warning: bool = False) -> DesignRule:
    return DesignRule((measure.__doc__ or "").strip(), measure, in_crossed, warning)


# The rule of each limit in LIMITS.
RULES: dict[str, DesignRule] = {
    "minimum_width": _rule(minimum_width, in_crossed=True),
    "minimum_gap": _rule(minimum_gap),
    "minimum_thickness": _rule(minimum_thickness, in_crossed=True),
    "maximum_thickness": _rule(maximum_thickness, in_crossed=True),
    "aspect_ratio": _rule(aspect_ratio),
    "registration": _rule(registration),
    "corner_radius": _rule(corner_radius, warning=True),
    "lateral_growth": _rule(lateral_growth),
    "kerf": _rule(kerf),
}
