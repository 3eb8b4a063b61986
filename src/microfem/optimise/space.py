"""The space of a design: designs from chosen parameter values, and values from points of the unit cube."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from microfem.base.errors import LayoutError
from microfem.families import FAMILIES
from microfem.results.trials import Value
from microfem.study.design import Design
from microfem.study.records import Choice, Range, SearchSpace

Chosen = dict[str, Value]


def varied(design: Design, space: SearchSpace, chosen: Mapping[str, Value]) -> Design:
    """Return a design with the chosen values of its free parameters, and of those that depend on them.

    Raises:
        LayoutError: a parameter that depends on them has no value, or one beyond its bounds.
    """
    dependents = design.dependents.in_space(space.free, space.expressions)
    params = dependents.checked(FAMILIES.get(design.family), {**design.params, **chosen})
    return replace(design, params=params, dependents=dependents)


def stated(design: Design, space: SearchSpace) -> Chosen | None:
    """Return the free parameters of a design as stated; None if it lies outside the space."""
    chosen: Chosen = {name: design.params[name] for name in space.free}
    if not all(_holds(space.free[name], value) for name, value in chosen.items()):
        return None
    try:
        return chosen if varied(design, space, chosen).params == design.params else None
    except LayoutError:  # an expression of the space has no value there
        return None


def _holds(free: Range | Choice, value: Value) -> bool:
    if isinstance(free, Choice):
        return value in free.values
    return not isinstance(value, str) and free.low <= value <= free.high


def at(space: SearchSpace, point: Sequence[float]) -> Chosen:
    """Return the values at a point of the unit cube, a coordinate for each free parameter."""
    return {name: _at(free, float(u)) for (name, free), u in zip(space.free.items(), point, strict=True)}


def _at(free: Range | Choice, u: float) -> Value:
    if isinstance(free, Choice):
        return free.values[min(int(u * len(free.values)), len(free.values) - 1)]
    low, high = (free.low - 0.5, free.high + 0.5) if free.whole else (free.low, free.high)
    value = math.exp(math.log(low) + u * math.log(high / low)) if free.log else low + u * (high - low)
    return round(min(max(value, free.low), free.high)) if free.whole else min(max(value, low), high)


def place(space: SearchSpace, chosen: Mapping[str, Value]) -> list[float]:
    """Return the point of the unit cube of chosen values; of an interval with one value, its middle."""
    return [_place(free, chosen[name]) for name, free in space.free.items()]


def _place(free: Range | Choice, value: Value) -> float:
    if isinstance(free, Choice):
        return (free.values.index(value) + 0.5) / len(free.values)
    low, high = (free.low - 0.5, free.high + 0.5) if free.whole else (free.low, free.high)
    number = float(value)
    return math.log(number / low) / math.log(high / low) if free.log else (number - low) / (high - low)
