"""Read the metrics and curves of a study; check each against its registry and its case."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from pydantic import BaseModel

from microfem.base.errors import InputProblem
from microfem.base.located_yaml import Path_, Source
from microfem.base.registry import did_you_mean
from microfem.dic.measurement import Measurement
from microfem.layout import Layout
from microfem.metrics import CURVES, METRICS, Call, parse_call
from microfem.metrics.curve import PARAMETER, Curve
from microfem.metrics.metric import Metric, expected_call
from microfem.physics import Case
from microfem.study.strict import validate


class CallReader:
    """Reads calls and collects problems.

    named: all stated cases; cases: those without problems; only: the case of calls that name none, "" if they must;
    stated: the names of all measurements; measured: those without problems.
    """

    def __init__(
        self,
        source: Source,
        problems: list[InputProblem],
        named: Collection[str],
        cases: Mapping[str, Case],
        only: str = "",
        stated: Collection[str] = (),
        measured: Mapping[str, Measurement] = MappingProxyType({}),
    ) -> None:
        self.source, self.problems, self.named, self.cases, self.only = source, problems, named, cases, only
        self.stated, self.measured = stated, measured

    def wrong(self, path: Path_, message: str) -> None:
        """Record a problem at a place of the file."""
        self.problems.append(self.source.problem(path, message))

    def metric(self, name: str, text: str) -> Call | None:
        """Return a metric from its text, None if it has a problem."""
        path, before = ("metrics", name), len(self.problems)
        call = self.call(path, text)
        if call is None:
            return None
        if call.name not in METRICS.names():
            self.wrong(path, f"unknown metric '{call.name}'{did_you_mean(call.name, METRICS.names())}")
            return None
        kind = METRICS.get(call.name)
        if not kind.on and call.case:
            self.wrong(path, f"{call.name} is a metric of the layout, not of a case; write {call.name}()")
        elif kind.on:
            of_map = self.of_map(path, call, kind)
            if of_map is None:
                return None
            call = replace(of_map, case=of_map.case or self.only)
            self.asked_of(path, call, kind)
        return self.with_options(path, call, kind.model, before)

    def of_map(self, path: Path_, call: Call, kind: Metric) -> Call | None:
        """Return a call with the measurement in place of its name, None if it has a problem, which is told.

        A call that names no other case, measured_strain(seen), is asked of the case with which the map is compared.
        """
        option = _option_of_map(kind)
        if not option:
            return call
        name = str(call.options.get(option, call.measured or call.case))
        if name not in self.stated:
            self.wrong(path, f"nothing measured is called '{name}'{did_you_mean(name, self.stated)}")
            return None
        found = self.measured.get(name)
        if found is None:
            return None
        case = call.case if call.measured or option in call.options else found.case
        return Call(call.name, case, {**call.options, option: found})

    def curve(self, name: str, text: str) -> Call | None:
        """Return a curve from its text, None if it has a problem."""
        path, before = ("curves", name), len(self.problems)
        call = self.call(path, text)
        if call is None:
            return None
        if call.name not in CURVES.names():
            self.wrong(path, f"unknown curve '{call.name}'{did_you_mean(call.name, CURVES.names())}")
            return None
        if name == PARAMETER:
            self.wrong(path, f"metrics are plotted against '{name}'; choose another name for this curve")
        if name in CURVES.names() and name != call.name:
            self.wrong(path, f"'{name}' is the name of another curve; choose another name for this one")
        self.asked_of(path, call, CURVES.get(call.name))
        return self.with_options(path, call, CURVES.get(call.name).model, before)

    def call(self, path: Path_, text: str) -> Call | None:
        """Parse the text of a call; None if it is not a call."""
        try:
            call = parse_call(text)
        except ValueError as error:
            self.wrong(path, str(error))
            return None
        if call.measured and not (call.name in METRICS.names() and _option_of_map(METRICS.get(call.name))):
            self.wrong(path, expected_call(text))
            return None
        return call

    def asked_of(self, path: Path_, call: Call, kind: Metric | Curve) -> None:
        """Check that a call's case has the metric or curve."""
        if call.case not in self.named:
            self.wrong(path, f"no case '{call.case}'{did_you_mean(call.case, self.named)}")
        elif (case := self.cases.get(call.case)) is None:  # one with problems of its own has told them
            return
        elif kind.on and case.physics not in kind.on:
            needed = " or ".join(kind.on)
            ask = f"ask it of a case of physics: {needed}"
            self.wrong(path, f"{call.name} belongs to {needed}, not to {case.physics}; {ask}")
        elif kind.suits and (why := kind.suits(case)):
            self.wrong(path, f"{call.name} has no value in '{call.case}': {why}")

    def with_options(self, path: Path_, call: Call, model: type[BaseModel], before: int) -> Call | None:
        """Return a call with all of its options, None if it has a problem."""
        options, problems = validate(model, dict(call.options), self.source, path)
        self.problems += problems
        return None if options is None or len(self.problems) > before else replace(call, options=dict(options))

    def parts(self, name: str, call: Call, layout: Layout, of: str) -> None:
        """Check that a metric fits a layout, with its regions and electrodes; of: what the layout is of, as text."""
        known = {*layout.names(), *layout.terminals, *(part.role for part in layout.parts()), ""}
        for option in ("region", "electrode"):
            stated = call.options.get(option, "")
            if stated not in known and stated != "both":
                hint = did_you_mean(str(stated), sorted(known - {""}))
                self.wrong(("metrics", name), f"{of} has no {option} '{stated}'{hint}")
        fits, case = METRICS.get(call.name).fits, self.cases.get(call.case)
        if fits and case and (why := fits(layout, case, **call.options)):
            self.wrong(("metrics", name), f"{of}: {why}")


def _option_of_map(kind: Metric) -> str:
    """Return the option of a metric that is a measurement, "" if none is."""
    return next((name for name, one in kind.model.model_fields.items() if one.annotation is Measurement), "")
