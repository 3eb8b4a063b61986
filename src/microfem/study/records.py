"""A study as a record: designs, cases, metrics, views and expectations, all checked."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass

from pydantic import BaseModel

from microfem.base.memory import BYTES_PER_UNKNOWN, most_unknowns
from microfem.base.units import PER_DEPTH, parse_quantity
from microfem.fabrication import Technique, Violation, unchecked, violations
from microfem.metrics import METRICS, Call
from microfem.metrics.curve import CURVES
from microfem.metrics.mechanical import measure_label
from microfem.physics import Case
from microfem.study.design import Design
from microfem.study.file_schema import ExpectModel, ViewModel

USUAL = 450_000  # unknowns at which refinement stops where a study states none: minutes in 3D


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What one metric of one design must be, in the metric's unit: a closed interval, and why."""

    design: str
    metric: str
    low: float
    high: float
    why: str


@dataclass(frozen=True)
class Limits:
    """Where the refinement of a case stops without the accuracy: unknowns of a solve, seconds, megabytes.

    unknowns: as the study states it; without it refinement stops at a number that takes minutes, a first mesh may have
    what fits into the memory, and no result depends on how much of that was free.
    """

    unknowns: int | None = None
    seconds: float = math.inf
    megabytes: float = math.inf

    @property
    def most(self) -> int:
        """Unknowns, one per node, that a refined mesh may have."""
        return self.unknowns or min(USUAL, int(self._in_memory))

    @property
    def first(self) -> float:
        """Unknowns, one per node, that a first mesh may have."""
        return min(2.0 * self.unknowns, self._stated) if self.unknowns else self._in_memory

    @property
    def of_first(self) -> str:
        """What limits a first mesh, for people, with what to raise."""
        if self.unknowns and 2.0 * self.unknowns <= self._stated:
            return f"limits.unknowns, twice {self.unknowns:,}, which a study may raise"
        if math.isfinite(self.megabytes):
            return f"limits.memory, {self.megabytes:.4g} MB, which a study may raise"
        return "the free memory, which limits.unknowns of a study overrules"

    @property
    def _stated(self) -> float:
        return self.megabytes * 1e6 / BYTES_PER_UNKNOWN

    @property
    def _in_memory(self) -> float:
        return min(self._stated, most_unknowns())


@dataclass(frozen=True)
class Range:
    """Values from low to high, both included, in the parameter's unit; spread evenly in the logarithm, or whole."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Choice:
    """One of some values, in the parameter's unit where it has one."""

    values: tuple[str | float | int | bool, ...]


@dataclass(frozen=True)
class SearchSpace:
    """What a design may become: free parameters, and parameters that are as large as another one (ties)."""

    free: Mapping[str, Range | Choice]
    ties: Mapping[str, str]


@dataclass(frozen=True)
class Constraint:
    """What a metric must be for a design to count, in its unit."""

    low: float
    high: float

    def excess(self, value: float) -> float:
        """Return how far a value is outside, as part of the bound; 0 or less inside."""
        sides = ((self.low, self.low - value), (self.high, value - self.high))
        return max(over / (abs(bound) or 1.0) for bound, over in sides if math.isfinite(bound))


@dataclass(frozen=True)
class Screen:
    """Metrics that cheaper ones stand in for during a search, by name, and how many designs are run with both."""

    stands_in: Mapping[str, str]
    confirm: int


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is sought: spaces by design, directions by metric, constraints by metric, and how it is gone about.

    trials: of each design; seconds: after which none is begun.
    """

    spaces: Mapping[str, SearchSpace]
    objectives: Mapping[str, str]
    constraints: Mapping[str, Constraint]
    trials: int
    seconds: float
    sampler: str
    seed: int
    screen: Screen | None = None


@dataclass(frozen=True, kw_only=True)
class Study:
    """A whole study, every part of it checked against the registries.

    fabrication: the technique that designs are held against; no result depends on it.
    accuracy: wanted relative error of metrics, accuracy_of: of single ones; limits: where refinement stops without it.
    search: over which layouts to search, if it says so; unused: what to say of materials that no design uses.
    curves: those that are asked for, by the names that the study gives them.
    """

    name: str
    source: str
    designs: Mapping[str, Design]
    cases: Mapping[str, Case]
    metrics: Mapping[str, Call]
    accuracy: float
    accuracy_of: Mapping[str, float]
    limits: Limits
    views: tuple[ViewModel, ...]
    expect: tuple[Expectation, ...]
    text: str
    fabrication: Technique | None = None
    search: Search | None = None
    unused: tuple[str, ...] = ()
    curves: Mapping[str, Call] = field(default_factory=dict)

    def curves_of(self, case: str) -> dict[str, Call]:
        """Return the curves that are asked of a case, and those that every case of its physics has."""
        stated = {name: call for name, call in self.curves.items() if call.case == case}
        kinds = {name: CURVES.get(name) for name in CURVES.names()}
        fitting = [name for name, one in kinds.items() if one.always and one.fits(self.cases[case].physics)]
        return {name: Call(name, case, {}) for name in fitting} | stated

    def calls_of(self, case: str) -> dict[str, Call]:
        """Return the metrics that are asked of a case."""
        return {name: call for name, call in self.metrics.items() if call.case == case}

    def beside(self) -> dict[str, str]:
        """Return what stands beside the names of metrics: the measure of a strain, and that values are per depth."""
        told = {name: self._beside(call) for name, call in self.metrics.items()}
        return {name: text for name, text in told.items() if text}

    def _beside(self, call: Call) -> str:
        if not call.case:
            return ""
        kind, case = METRICS.get(call.name), self.cases[call.case]
        depth = PER_DEPTH if case.per_depth and kind.depth_unit != kind.unit else ""
        return ", ".join(text for text in (measure_label(call.options, case), depth) if text)

    def wanted(self) -> dict[str, float]:
        """Return the wanted relative error of each metric."""
        return {name: self.accuracy_of.get(name, self.accuracy) for name in self.metrics}

    def violations(self) -> dict[str, tuple[Violation, ...]]:
        """Return where each design is beyond the study's technique; nothing where it states none."""
        if self.fabrication is None:
            return {}
        return {name: violations(design.layout(), self.fabrication) for name, design in self.designs.items()}

    def beyond(self) -> list[str]:
        """Tell each violation and warning in a line."""
        return [f"{name}: {one.message()}" for name, found in self.violations().items() for one in found]

    def unchecked(self) -> list[str]:
        """Tell what of each design the technique's rules say nothing of."""
        if self.fabrication is None:
            return []
        told = []
        for name, design in self.designs.items():
            silent = unchecked(design.layout(), self.fabrication)
            reasons = {why: [rule for rule in silent if silent[rule] == why] for why in silent.values()}
            told += [f"{name}: not checked: {', '.join(rules)}: {why}" for why, rules in reasons.items()]
        return told

    def fingerprint(self, design: Design, version: str) -> str:
        """Return a hash of all that a design's result depends on; numbers enter as text of 12 digits."""
        told = [
            version,
            design.family,
            design.params,
            design.layout().materials,
            design.placement,
            dict(self.cases),
            dict(self.metrics),
            dict(self.curves),
            self.accuracy,
            self.accuracy_of,
            self.limits,
        ]
        return digest(told)


def between(least: object, most: object, unit: str) -> Constraint:
    """Return the bounds that a constraint states, in the metric's unit.

    Raises:
        ValueError: it states none, or bounds that leave nothing between them.
    """
    if least is None and most is None:
        raise ValueError("state min, max or both")
    low = -math.inf if least is None else parse_quantity(least, unit)
    high = math.inf if most is None else parse_quantity(most, unit)
    if low > high:
        raise ValueError(f"nothing lies between {low:g} and {high:g}")
    return Constraint(low, high)


def interval(expect: ExpectModel, unit: str) -> tuple[float, float]:
    """Return the closed interval that an expectation allows, in the metric's unit.

    Raises:
        ValueError: it states no bound, a value without a tolerance, or bounds that leave nothing between them.
    """
    stated = expect.model_fields_set - {"why"}
    if stated not in ({"value", "rel"}, {"value", "abs"}, {"min"}, {"max"}, {"min", "max"}):
        raise ValueError("state value with a tolerance, rel or abs, or else min, max or both")
    low, high = -math.inf, math.inf
    if expect.value is not None:
        value = parse_quantity(expect.value, unit)
        reach = parse_quantity(expect.abs, unit) if expect.abs is not None else abs(value) * (expect.rel or 0.0)
        low, high = value - reach, value + reach
    if expect.min is not None:
        low = parse_quantity(expect.min, unit)
    if expect.max is not None:
        high = parse_quantity(expect.max, unit)
    if low > high:
        raise ValueError(f"nothing lies between {low:g} and {high:g}")
    return low, high


def digest(told: object) -> str:
    """Return a hash of records, mappings, lists, text and numbers; these enter as text of 12 digits."""
    return hashlib.sha256(json.dumps(_normal(told), sort_keys=True).encode()).hexdigest()[:16]


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
