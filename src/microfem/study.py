"""A study as a record: designs, cases, metrics, views and expectations, all checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass

from pydantic import BaseModel

from microfem.design import Design
from microfem.metrics import MetricCall
from microfem.physics import Case
from microfem.schema import ExpectModel, ViewModel
from microfem.units import parse_quantity


@dataclass(frozen=True)
class Expectation:
    """What one metric of one design must be, in the metric's unit: a closed interval, and why."""

    design: str
    metric: str
    low: float
    high: float
    why: str


@dataclass(frozen=True)
class Study:
    """A whole study, every part of it checked against the registries.

    accuracy: wanted relative error of every metric; most_unknowns: where refinement stops without it.
    """

    name: str
    source: str
    designs: Mapping[str, Design]
    cases: Mapping[str, Case]
    metrics: Mapping[str, MetricCall]
    accuracy: float
    most_unknowns: int
    views: tuple[ViewModel, ...]
    expect: tuple[Expectation, ...]
    text: str

    def fingerprint(self, design: Design, version: str) -> str:
        """Return a hash of all that a design's result depends on; numbers enter as text of 12 digits."""
        told = [version, design.family, design.params, design.materials, design.placement, dict(self.cases),
                dict(self.metrics), self.accuracy, self.most_unknowns]  # fmt: skip
        return hashlib.sha256(json.dumps(_normal(told), sort_keys=True).encode()).hexdigest()[:16]


def interval(expect: ExpectModel, unit: str) -> tuple[float, float]:
    """Return the closed interval that an expectation allows, in the metric's unit.

    Raises:
        ValueError: it states no bound, or a value without a tolerance.
    """
    if expect.value is not None:
        value = parse_quantity(expect.value, unit)
        reach = abs(value) * expect.rel if expect.rel is not None else None
        if expect.abs is not None:
            reach = parse_quantity(expect.abs, unit)
        if reach is None:
            raise ValueError("a value needs a tolerance: rel: 0.02, or abs: '0.1 ohm'")
        return value - reach, value + reach
    if expect.min is None and expect.max is None:
        raise ValueError("state value with rel or abs, or min, or max")
    low = parse_quantity(expect.min, unit) if expect.min is not None else float("-inf")
    return low, parse_quantity(expect.max, unit) if expect.max is not None else float("inf")


def _normal(value: object) -> object:
    """Turn records into JSON data in which numbers are text of 12 digits."""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, BaseModel):
        return _normal(dict(value))
    if is_dataclass(value) and not isinstance(value, type):
        return _normal({"type": type(value).__name__, **vars(value)})
    if isinstance(value, Mapping):
        return {str(key): _normal(one) for key, one in value.items()}
    return [_normal(one) for one in value] if isinstance(value, list | tuple) else str(value)
