"""Parameters of a design that depend on others: by an expression, or by the area that the device must have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from microfem.base.errors import LayoutError
from microfem.base.expressions import Dimensioned, ExpressionError, evaluate
from microfem.base.registry import did_you_mean
from microfem.base.units import format_quantity
from microfem.families import Family
from microfem.families.family import checked, counted
from microfem.study.area import impossible, size_of_area

Value = bool | int | float | str


@dataclass(frozen=True, kw_only=True)
class Dependents:
    """The dependent parameters of a design.

    expressions: text by parameter; area: footprint, um2, that gives the parameter `sized`; None and "" for none.
    """

    expressions: Mapping[str, str] = field(default_factory=dict)
    area: float | None = None
    sized: str = ""

    @property
    def told(self) -> dict[str, str]:
        """What each dependent parameter follows from, as text."""
        return {**self.expressions, **({self.sized: f"area {self.area * 1e-6:.6g} mm2"} if self.area else {})}

    def lines(self, family: Family, params: Mapping[str, Value]) -> list[str]:
        """Return one line on each dependent parameter: its value, and what it follows from."""
        units = {name: family.params[name][1].unit for name in self.told}
        shown = {name: format_quantity(float(params[name]), units[name], 6) for name in self.told}
        return [f"{name} = {shown[name]}, from {text}" for name, text in self.told.items()]

    def in_space(self, free: Collection[str], expressions: Mapping[str, str]) -> Dependents:
        """Return the dependents in a search, whose expressions and free values replace those of the design."""
        own = {name: text for name, text in self.expressions.items() if name not in free}
        return replace(self, expressions={**own, **expressions})

    def resolve(self, family: Family, params: Mapping[str, Value]) -> dict[str, Value]:
        """Return all parameters, those that depend on others anew; their bounds are not checked.

        Raises:
            LayoutError: an expression has no value, or no layout has the area.
        """
        if self.area is None:
            return self._evaluated(family, params)
        size = size_of_area(
            family, self.sized, self.area, lambda value: self._evaluated(family, {**params, self.sized: value})
        )
        return self._evaluated(family, {**params, self.sized: size})

    def checked(self, family: Family, params: Mapping[str, Value]) -> dict[str, Value]:
        """Return all parameters as resolved, within their bounds.

        Raises:
            LayoutError: as of resolve, or a value breaks a bound of its parameter.
        """
        resolved = self.resolve(family, params)
        try:
            return checked(family, resolved)
        except LayoutError as error:
            if error.parameter == self.sized and self.area:
                raise impossible(self.sized, self.area, error.bound) from None
            text = self.expressions.get(error.parameter)
            raise LayoutError(error.parameter, text or error.value, error.bound) from None

    def _evaluated(self, family: Family, params: Mapping[str, Value]) -> dict[str, Value]:
        reader = _Reader(family, params, self.expressions)
        return {**params, **{name: reader.value(name) for name in self.expressions}}


class _Reader:
    """The values of parameters by name, each expression evaluated once, in the order in which others need it."""

    def __init__(self, family: Family, params: Mapping[str, Value], expressions: Mapping[str, str]) -> None:
        self.family, self.params, self.expressions = family, params, expressions
        self.known: dict[str, Value] = {}
        self.begun: list[str] = []

    def value(self, name: str) -> Value:
        """Return the value of a parameter in its unit.

        Raises:
            LayoutError: of the parameter whose expression has no value.
        """
        if name not in self.expressions:
            return self.params[name]
        if name not in self.known:
            text, (_, param, _) = self.expressions[name], self.family.params[name]
            if text.strip().isidentifier() and text.strip() not in self.family.params:
                hint = did_you_mean(text.strip(), self.family.params)
                raise LayoutError(name, text, f"expected a quantity such as '1 {param.unit}', got '{text}'{hint}")
            self.begun.append(name)
            try:
                number = evaluate(text, self.amount).in_unit(param.unit or "1")
                if param.step and number % param.step:
                    many = "a whole number" if param.step == 1.0 else f"a multiple of {param.step:g}"
                    raise ExpressionError(f"it is {number:.6g}, and must be {many}; floor() rounds down")
            except ExpressionError as error:
                raise LayoutError(name, text, str(error)) from None
            self.begun.remove(name)
            self.known[name] = counted(number) if param.step else number
        return self.known[name]

    def amount(self, name: str) -> Dimensioned:
        """Return the value of a parameter that an expression names.

        Raises:
            ExpressionError: there is no such parameter, it is no number, or it depends on the expression itself.
        """
        if name not in self.family.params:
            hint = did_you_mean(name, self.family.params)
            raise ExpressionError(f"{self.family.name} has no parameter '{name}'{hint}")
        if name in self.begun:
            circle = " -> ".join([*self.begun[self.begun.index(name) :], name])
            raise ExpressionError(f"it depends on itself, {circle}; state one of them as a quantity")
        kind, param, _ = self.family.params[name]
        if kind not in (int, float):
            raise ExpressionError(f"'{name}' is a choice and no number")
        return Dimensioned.of(float(self.value(name)), param.unit or "1")
