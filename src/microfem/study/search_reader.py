"""Read the search of a study: check spaces against families, objectives and constraints against metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from microfem.base.errors import InputProblem, LayoutError, MicrofemError
from microfem.base.located_yaml import Path_, Source
from microfem.base.registry import did_you_mean
from microfem.base.units import quantity
from microfem.families import FAMILIES
from microfem.families.family import Param, counted
from microfem.metrics import METRICS, Call
from microfem.physics import Case
from microfem.study.design import Design
from microfem.study.file_schema import StudyModel
from microfem.study.params_reader import may_depend
from microfem.study.records import Choice, Constraint, Range, Screen, Search, SearchSpace, between

KEYS = ("low", "high", "log")


def read_search(
    source: Source,
    model: StudyModel,
    designs: Mapping[str, Design],
    calls: Mapping[str, Call],
    cases: Mapping[str, Case],
    problems: list[InputProblem],
) -> Search | None:
    """Check the search of a study; append its problems to `problems`; return None if the study states no space."""
    reader = _SearchReader(source, model, designs, calls, cases, problems)
    return reader.read()


class _SearchReader:
    """Checks the keys of a search and collects problems."""

    def __init__(
        self,
        source: Source,
        model: StudyModel,
        designs: Mapping[str, Design],
        calls: Mapping[str, Call],
        cases: Mapping[str, Case],
        problems: list[InputProblem],
    ) -> None:
        self.source, self.model, self.problems = source, model, problems
        self.designs, self.calls, self.cases = designs, calls, cases

    def wrong(self, path: Path_, message: str) -> None:
        self.problems.append(self.source.problem(path, message))

    def read(self) -> Search | None:
        model = self.model
        for key in ("objectives", "constraints", "budget", "sampler", "screen", "finer"):
            if key in model.model_fields_set and not model.space:
                self.wrong((key,), "there is no search without a space: state under space which parameters may vary")
        spaces = {name: space for name in model.space if (space := self.space(name))}
        for name in model.objectives:
            self.metric(("objectives", name), name)
        constraints = {name: one for name in model.constraints if (one := self.constraint(name))}
        several = len(model.objectives) > 1
        sampler = model.sampler or ("nsga-ii" if several else "tpe")
        if several and sampler == "cma-es":
            self.wrong(("sampler",), "cma-es takes one objective; use nsga-ii, tpe or gp for several")
        if several and model.finer:
            self.wrong(("finer",), "the designs of a Pareto front have no rank to keep; state one objective")
        if not model.space:
            return None
        budget = model.budget
        return Search(
            spaces=spaces,
            objectives=model.objectives,
            constraints=constraints,
            trials=budget.trials,
            seconds=budget.time,
            sampler=sampler,
            seed=model.seed,
            screen=self.screen(),
            finer=model.finer or 0,
        )

    def screen(self) -> Screen | None:
        stated = self.model.screen
        if stated is None:
            return None
        for name, other in stated.metrics.items():
            path: Path_ = ("screen", "metrics", name)
            if self.metric(path, name) and name not in {*self.model.objectives, *self.model.constraints}:
                self.wrong(path, f"'{name}' is neither an objective nor a constraint and needs no stand-in")
            if self.metric(path, other) and other in stated.metrics:
                self.wrong(path, f"'{other}' has a stand-in itself and cannot be a stand-in")
            alike = [one for one in self.model.objectives if stated.metrics.get(one, one) == other and one != name]
            if name in self.model.objectives and alike:
                self.wrong(path, f"'{other}' already stands in for '{alike[0]}', another objective")
            self.spared(path, name, stated.metrics)
        return Screen(stated.metrics, stated.confirm)

    def spared(self, path: Path_, name: str, stands_in: Mapping[str, str]) -> None:
        """Refuse a stand-in that spares no solve, because the search needs the metric's case for another metric."""
        sought = [one for one in (*self.model.objectives, *self.model.constraints) if one not in stands_in]
        cases = {one: self.calls[one].case for one in (*sought, *stands_in.values()) if one in self.calls}
        own = self.calls[name].case if name in self.calls else ""
        also = [one for one, case in cases.items() if case == own]
        if own and also:
            self.wrong(
                path, f"the case '{own}' is solved in the search all the same, for '{also[0]}' without a stand-in"
            )

    def metric(self, path: Path_, name: str) -> Call | None:
        """Return a metric by name; its case must include every design with a space."""
        if name not in self.model.metrics:
            self.wrong(path, f"no metric '{name}'{did_you_mean(name, self.model.metrics)}")
            return None
        call = self.calls.get(name)
        if call is None or (call.case and call.case not in self.cases):
            return None
        lacking = [one for one in self.model.space if call.case and not self.cases[call.case].covers(one)]
        if lacking:
            self.wrong(path, f"the case '{call.case}' of this metric does not include '{lacking[0]}', which varies")
        return None if lacking else call

    def constraint(self, name: str) -> Constraint | None:
        path: Path_ = ("constraints", name)
        call = self.metric(path, name)
        if call is None:
            return None
        kind, stated = METRICS.get(call.name), self.model.constraints[name]
        per_depth = call.case in self.cases and self.cases[call.case].per_depth
        try:
            return between(stated.min, stated.max, kind.unit_in(per_depth, call.options))
        except (ValueError, MicrofemError) as error:
            self.wrong(path, str(error))
            return None

    def space(self, name: str) -> SearchSpace | None:
        path: Path_ = ("space", name)
        if name not in self.model.designs:
            self.wrong(path, f"no design '{name}'{did_you_mean(name, self.model.designs)}")
        if name not in self.designs:
            return None
        design, stated = self.designs[name], self.model.space[name]
        family = FAMILIES.get(design.family)
        free: dict[str, Range | Choice] = {}
        expressions: dict[str, str] = {}
        for parameter, how in stated.items():
            at = (*path, parameter)
            if parameter not in family.params:
                self.wrong(at, f"{family.name} has no parameter '{parameter}'{did_you_mean(parameter, family.params)}")
            elif parameter == design.dependents.sized:
                self.wrong(at, "the area of the design fixes this parameter; leave one of the two out")
            elif may_depend(family, parameter, how):
                expressions[parameter] = how
            elif (values := self.free(at, how, family.params[parameter])) is not None:
                free[parameter] = values
        if not any(isinstance(how, dict | list) for how in stated.values()):
            self.wrong(path, "no parameter varies: state a range, such as {low: 20 um, high: 200 um}, or a list")
        space = SearchSpace(free, expressions)
        self.dependent(path, design, space)
        return space

    def dependent(self, path: Path_, design: Design, space: SearchSpace) -> None:
        """Refuse expressions that have no value in the middle of the space; bounds are checked for each trial."""
        middle = {name: one.middle for name, one in space.free.items()}
        dependents = design.dependents.in_space(space.free, space.expressions)
        try:
            dependents.resolve(FAMILIES.get(design.family), {**design.params, **middle})
        except LayoutError as error:
            if error.parameter in dependents.expressions:
                self.wrong((*path, error.parameter), str(error))

    def free(self, path: Path_, how: object, known: tuple[Any, Param, object]) -> Range | Choice | None:
        kind, param, _ = known
        before = len(self.problems)
        if isinstance(how, list):
            values = tuple(self.value((*path, k), one, kind, param, param.step) for k, one in enumerate(how))
            if len(values) < 2 or len(set(values)) < len(values):
                self.wrong(path, "a choice needs two or more different values")
            return Choice(values) if len(self.problems) == before else None
        if not isinstance(how, dict) or kind not in (int, float):
            numbers = "a range such as {low: 1, high: 2}, " if kind in (int, float) else ""
            self.wrong(path, f"expected {numbers}a list of values or an expression of parameters, got {how!r}")
            return None
        for key in how:
            if key not in KEYS:
                self.wrong((*path, key), f"unknown key{did_you_mean(str(key), KEYS)}")
        for key in ("low", "high"):
            if key not in how:
                self.wrong(path, f"the key '{key}' is missing")
        if not isinstance(log := how.get("log", False), bool):
            self.wrong((*path, "log"), f"expected true or false, got {log!r}")
        step = 1.0 if param.step else 0.0  # ranges of counts are of whole numbers
        low, high = (self.value((*path, key), how[key], kind, param, step) if key in how else 0.0 for key in KEYS[:2])
        if len(self.problems) > before:
            return None
        return self.range(path, float(low), float(high), bool(log), bool(step))

    def range(self, path: Path_, low: float, high: float, log: bool, whole: bool) -> Range | None:
        if not low < high:
            self.wrong(path, f"low must be below high, got {low:g} and {high:g}")
            return None
        if log and low <= 0.0:
            self.wrong((*path, "log"), f"a logarithm needs low above 0, got {low:g}")
            return None
        return Range(low, high, log, whole)

    def value(self, path: Path_, stated: object, kind: Any, param: Param, step: float) -> Any:
        """Return a value of a parameter in its unit; record a problem and return None if it is wrong."""
        try:
            if get_origin(kind) is Literal:
                return _one_of(stated, get_args(kind))
            if kind is bool:
                return _one_of(stated, (True, False))
            number = float(quantity(param.unit or "1", param.low, param.high)(stated))
            if step and number % step:
                many = "whole number" if step == 1.0 else f"multiple of {step:g}"
                raise ValueError(f"expected a {many}, got {stated!r}")
            return counted(number) if step else number
        except ValueError as error:
            self.wrong(path, str(error))
            return None


def _one_of(stated: object, values: Sequence[object]) -> object:
    if stated not in values or type(stated) not in {type(one) for one in values}:
        raise ValueError(f"expected one of {', '.join(map(str, values))}, got {stated!r}")
    return stated
