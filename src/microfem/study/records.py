"""A checked study as a record: designs, cases, metrics, views and expectations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from microfem.base.memory import BYTES_PER_UNKNOWN, most_unknowns
from microfem.base.units import PER_DEPTH, parse_quantity
from microfem.dic.measurement import Measurement
from microfem.dic.records import Level
from microfem.fabrication import Technique, Violation, unchecked, violations
from microfem.metrics import METRICS, Call
from microfem.metrics.curve import CURVES
from microfem.metrics.mechanical import measure_label
from microfem.physics import Case
from microfem.study.design import Design
from microfem.study.figure_schema import FigureModel
from microfem.study.file_schema import ExpectModel, ViewModel
from microfem.study.fingerprints import digest
from microfem.study.identify_reader import Identify
from microfem.study.plots import PlotModel

USUAL = 450_000  # unknowns at which refinement stops where a study states none: minutes in 3D


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Expected interval (closed) of one metric of one design, in the metric's unit, and why."""

    design: str
    metric: str
    low: float
    high: float
    why: str


@dataclass(frozen=True)
class Limits:
    """Limits at which the refinement of a case stops below its accuracy: unknowns of a solve, seconds, megabytes.

    unknowns: as the study states it. Without it the refinement stops at a number that takes minutes, and the first mesh
    may have as many unknowns as fit into memory; no result depends on how much memory was free.
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
        """The limit of a first mesh as text, with the key that raises it."""
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
    """A range, both ends included, in the parameter's unit; log: uniform in the logarithm; whole: integers only."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    @property
    def middle(self) -> float:
        """A value amid the range."""
        middle = math.sqrt(self.low * self.high) if self.log else 0.5 * (self.low + self.high)
        return math.floor(middle) if self.whole else middle


@dataclass(frozen=True)
class Choice:
    """A list of values to choose from, in the parameter's unit where it has one."""

    values: tuple[str | float | int | bool, ...]

    @property
    def middle(self) -> str | float | int | bool:
        """A value amid the list."""
        return self.values[len(self.values) // 2]


@dataclass(frozen=True)
class SearchSpace:
    """The space of a design: free parameters, and expressions of those that depend on them, which replace its own."""

    free: Mapping[str, Range | Choice]
    expressions: Mapping[str, str]


@dataclass(frozen=True)
class Constraint:
    """Bounds of a metric, in its unit, that a valid design satisfies."""

    low: float
    high: float

    def excess(self, value: float) -> float:
        """Return the relative excess of a value over the bounds, as a share of the bound; 0 or less inside."""
        sides = ((self.low, self.low - value), (self.high, value - self.high))
        return max(over / (abs(bound) or 1.0) for bound, over in sides if math.isfinite(bound))


@dataclass(frozen=True)
class Screen:
    """Stand-ins by metric during a search, and the number of designs that run with both."""

    stands_in: Mapping[str, str]
    confirm: int


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search: spaces by design, objectives (directions) and constraints by metric, budget and sampler.

    trials: number for each design; seconds: time after which no trial starts; finer: number of the best designs that
    run again with a smaller error, 0 for none.
    """

    spaces: Mapping[str, SearchSpace]
    objectives: Mapping[str, str]
    constraints: Mapping[str, Constraint]
    trials: int
    seconds: float
    sampler: str
    seed: int
    screen: Screen | None = None
    finer: int = 0


@dataclass(frozen=True, kw_only=True)
class Study:
    """A whole study, checked against the registries.

    fabrication: fabrication process whose design rules are checked; no result depends on it.
    accuracy: target relative error of metrics; accuracy_of: of single metrics; limits: where refinement stops below it.
    search: the search over layouts, if the study states one; unused: remarks on materials that no design uses.
    curves: requested curves by the names that the study gives them; measured: what a camera measured, and
    identify: what follows from it, likewise; figure: what is drawn for a paper beside the pictures.
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
    measured: Mapping[str, Measurement] = field(default_factory=dict)
    identify: Mapping[str, Identify] = field(default_factory=dict)
    figure: FigureModel | None = None
    plots: tuple[PlotModel, ...] = ()

    def curves_of(self, case: str) -> dict[str, Call]:
        """Return the requested curves of a case, and the curves that every case of its physics has."""
        stated = {name: call for name, call in self.curves.items() if call.case == case}
        kinds = {name: CURVES.get(name) for name in CURVES.names()}
        fitting = [name for name, one in kinds.items() if one.always and one.fits(self.cases[case])]
        return {name: Call(name, case, {}) for name in fitting} | stated

    def seen(self, case: str) -> list[tuple[Measurement, Level]]:
        """Return the measurements beside a case, each at the levels of its views, or at `subset` without one."""
        found = list[tuple[Measurement, Level]]()
        for one in (each for each in self.measured.values() if each.case == case):
            levels: list[Level] = [view.level for view in self.views if view.measured == one.name] or ["subset"]
            found += [(one, level) for level in dict.fromkeys(levels)]
        return found

    def calls_of(self, case: str) -> dict[str, Call]:
        """Return the metrics of a case."""
        return {name: call for name, call in self.metrics.items() if call.case == case}

    def beside(self) -> dict[str, str]:
        """Return remarks beside the names of metrics: the measure of a strain, and "per unit depth"."""
        remarks = {name: self._beside(call) for name, call in self.metrics.items()}
        return {name: text for name, text in remarks.items() if text}

    def _beside(self, call: Call) -> str:
        if not call.case:
            return ""
        kind, case = METRICS.get(call.name), self.cases[call.case]
        per_depth = kind.unit_in(True, call.options) != kind.unit_in(False, call.options)
        depth = PER_DEPTH if case.per_depth and per_depth else ""
        return ", ".join(text for text in (measure_label(call.options, case), depth) if text)

    def wanted(self) -> dict[str, float]:
        """Return the target relative error of each metric."""
        return {name: self.accuracy_of.get(name, self.accuracy) for name in self.metrics}

    def violations(self) -> dict[str, tuple[Violation, ...]]:
        """Return the violations of design rules by design; empty if the study states no technique."""
        if self.fabrication is None:
            return {}
        return {name: violations(design.layout(), self.fabrication) for name, design in self.designs.items()}

    def beyond(self) -> list[str]:
        """Return one line on each violation and warning."""
        return [f"{name}: {one.message()}" for name, each in self.violations().items() for one in each]

    def unchecked(self) -> list[str]:
        """Return lines on the design rules that could not be checked for each design."""
        if self.fabrication is None:
            return []
        lines = []
        for name, design in self.designs.items():
            skipped = unchecked(design.layout(), self.fabrication)
            reasons = {why: [rule for rule in skipped if skipped[rule] == why] for why in skipped.values()}
            lines += [f"{name}: not checked: {', '.join(rules)}: {why}" for why, rules in reasons.items()]
        return lines

    def fingerprint(self, design: Design, version: str) -> str:
        """Return a hash of all inputs of a design's result; numbers enter as text of 12 digits."""
        inputs = [
            version,
            design.family,
            design.params,
            design.layout().materials,
            design.placement,
            design.layers,
            design.contacts,
            dict(self.cases),
            dict(self.metrics),
            dict(self.curves),
            [self.seen(case) for case in self.cases],
            self.accuracy,
            self.accuracy_of,
            self.limits,
        ]
        return digest(inputs)


def between(least: object, most: object, unit: str) -> Constraint:
    """Return the bounds of a constraint, in the metric's unit.

    Raises:
        ValueError: no bound is stated, or the bounds exclude every value.
    """
    if least is None and most is None:
        raise ValueError("state min, max or both")
    low = -math.inf if least is None else parse_quantity(least, unit)
    high = math.inf if most is None else parse_quantity(most, unit)
    if low > high:
        raise ValueError(f"min must not be above max, got {low:g} and {high:g}")
    return Constraint(low, high)


def interval(expect: ExpectModel, unit: str) -> tuple[float, float]:
    """Return the closed interval of an expectation, in the metric's unit.

    Raises:
        ValueError: no bound is stated, a value has no tolerance, or the bounds exclude every value.
    """
    stated = expect.model_fields_set - {"why"}
    if stated not in ({"value", "rel"}, {"value", "abs"}, {"min"}, {"max"}, {"min", "max"}):
        raise ValueError("state value with a tolerance, rel or abs, or else min, max or both")
    low, high = -math.inf, math.inf
    if expect.value is not None:
        value = parse_quantity(expect.value, unit)
        tolerance = parse_quantity(expect.abs, unit) if expect.abs is not None else abs(value) * (expect.rel or 0.0)
        low, high = value - tolerance, value + tolerance
    if expect.min is not None:
        low = parse_quantity(expect.min, unit)
    if expect.max is not None:
        high = parse_quantity(expect.max, unit)
    if low > high:
        raise ValueError(f"min must not be above max, got {low:g} and {high:g}")
    return low, high
