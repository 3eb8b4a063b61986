"""Arithmetic with units and names, such as `2 * gap + 0.5 mm`: read by a parser of its own, which runs no code.

    sum     = product (("+" | "-") product)*
    product = signed (("*" | "/") signed)*
    signed  = "-" signed | power
    power   = atom ["^" whole number]
    atom    = number [unit] | name | function "(" sum ("," sum)* ")" | "(" sum ")"

Numbers are decimal, as in `base/units.py`, so that `3 * 0.1 mm` is 0.3 mm to the last digit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal, DecimalException, DivisionByZero, InvalidOperation, localcontext

from microfem.base.errors import UnitError, brief
from microfem.base.units import DIMENSIONLESS, HIGHEST_POWER, Dimension, parse_unit

LONGEST_EXPRESSION = 500  # characters
DEEPEST = 20  # brackets and signs within each other
_SIGNS = str.maketrans({"×": "*", "·": "*", "−": "-", "÷": "/"})
_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_UNIT = r"[A-Za-zµμΩ%°]+(?:\^?\d{1,2}|\^-\d{1,2}|[²³])?(?![\w(.])"
_TOKEN = re.compile(rf"\s*(?:(?P<number>{_NUMBER})(?P<unit>(?:\s*{_UNIT})*)|(?P<name>[^\W\d]\w*)|(?P<sign>\S))")
_ONE_QUANTITY = re.compile(rf"\s*[+-]?{_NUMBER}\s*[^\s\d()*/+_^-]*(?:\^-?\d+|\d+)?\s*")


class ExpressionError(UnitError):
    """An expression that cannot be read, or has no value: what is wrong, and the remedy."""


@dataclass(frozen=True)
class Dimensioned:
    """A number in SI units and its dimension."""

    number: Decimal
    dimension: Dimension = DIMENSIONLESS

    @classmethod
    def of(cls, value: float, unit: str) -> Dimensioned:
        """Return a number of units as an amount."""
        kind = parse_unit(unit)
        return cls(Decimal(repr(value)) * kind.factor, kind.dimension)

    def in_unit(self, unit: str) -> float:
        """Return the amount as a number of units.

        Raises:
            ExpressionError: it is of another kind.
        """
        kind = parse_unit(unit)
        if self.dimension != kind.dimension:
            lacking = f"; give its numbers a unit, such as {unit}" if self.dimension == DIMENSIONLESS else ""
            wanted = Dimensioned(Decimal(1), kind.dimension).kind
            raise ExpressionError(f"it is {self.kind}, and must be {wanted}{lacking}")
        try:
            number = float(self.number / kind.factor)
        except DecimalException:
            number = math.inf
        if not math.isfinite(number):
            raise ExpressionError("its value is too large")
        return number

    @property
    def kind(self) -> str:
        """The dimension as text: `a number without a unit`, `a length`, `a quantity in m kg`."""
        powers = zip(("m", "kg", "s", "A", "K", "mol"), self.dimension, strict=True)
        units = [name if power == 1 else f"{name}{power}" for name, power in powers if power]
        named = {"": "a number without a unit", "m": "a length", "m2": "an area", "m3": "a volume"}
        return named.get(" ".join(units), f"a quantity in {' '.join(units)}")


LookUp = Callable[[str], Dimensioned]


def is_expression(text: object) -> bool:
    """Tell whether text is more than one number with a unit."""
    return isinstance(text, str) and not _ONE_QUANTITY.fullmatch(text)


def evaluate(text: str, look_up: LookUp) -> Dimensioned:
    """Return the value of an expression; look_up: the value of a name, which raises ExpressionError if there is none.

    Raises:
        ExpressionError: the text is no expression, units do not fit, or there is no finite value.
    """
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionError(f"an expression has at most {LONGEST_EXPRESSION} characters, not {len(text)}")
    try:
        with localcontext() as context:
            context.traps[InvalidOperation] = context.traps[DivisionByZero] = True
            return _Parser(text=text, look_up=look_up).value()
    except DivisionByZero:
        raise ExpressionError("it divides by zero") from None
    except InvalidOperation:
        raise ExpressionError("it has no value, such as 0 / 0 or the root of a number below zero") from None
    except DecimalException:
        raise ExpressionError("its value is too large") from None


@dataclass(kw_only=True)
class _Parser:
    """Evaluates an expression from left to right; each method of the grammar leaves `at` after what it has read."""

    text: str
    look_up: LookUp
    tokens: list[re.Match[str]] = field(default_factory=list)
    at: int = 0
    depth: int = 0

    def __post_init__(self) -> None:
        plain = re.sub(r"\s*(\^|\*\*)\s*", "^", self.text.translate(_SIGNS))  # `um ^ 2` is the unit um2
        self.tokens = list(_TOKEN.finditer(plain.rstrip()))

    def value(self) -> Dimensioned:
        amount = self.sum()
        if (token := self.peek()) is not None:
            raise self.unexpected(token)
        return amount

    def peek(self) -> re.Match[str] | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, *signs: str) -> str:
        """Return the next token and step over it if it is one of the signs, else ""."""
        token = self.peek()
        if token is None or token["sign"] not in signs:
            return ""
        self.at += 1
        return token["sign"]

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            raise self.unexpected(self.peek(), f", where '{sign}' is missing")

    def unexpected(self, token: re.Match[str] | None, why: str = "") -> ExpressionError:
        if token is None:
            return ExpressionError(f"'{brief(self.text)}' ends{why or ' where a number or a name is missing'}")
        before = self.tokens[self.at - 1][0].strip() if self.at else ""
        if not why and token["name"] and re.match(r"[\d.]", before):
            why = f"; to multiply write {before} * {token['name']}"
        return ExpressionError(f"'{brief(self.text)}' has an unexpected '{brief(token[0].strip())}'{why}")

    def sum(self) -> Dimensioned:
        total = self.product()
        while sign := self.take("+", "-"):
            other = self.product()
            if other.dimension != total.dimension:
                raise ExpressionError(f"it adds {other.kind} to {total.kind}; give each number its unit")
            number = total.number + other.number if sign == "+" else total.number - other.number
            total = Dimensioned(number, total.dimension)
        return total

    def product(self) -> Dimensioned:
        total = self.signed()
        while sign := self.take("*", "/"):
            total = _times(total, self.signed(), 1 if sign == "*" else -1)
        return total

    def signed(self) -> Dimensioned:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"'{brief(self.text)}' has more than {DEEPEST} brackets or signs within each other")
        if self.take("-"):
            one = self.signed()
            amount = Dimensioned(-one.number, one.dimension)
        else:
            amount = self.power()
        self.depth -= 1
        return amount

    def power(self) -> Dimensioned:
        base = self.atom()
        if not self.take("^"):
            return base
        sign, token = -1 if self.take("-") else 1, self.peek()
        if token is None or not re.fullmatch(r"\d{1,2}", token[0].strip()) or int(token["number"]) > HIGHEST_POWER:
            raise ExpressionError(f"a power is a whole number from -{HIGHEST_POWER} to {HIGHEST_POWER}")
        self.at += 1
        return _times(Dimensioned(Decimal(1)), base, sign * int(token["number"]))

    def atom(self) -> Dimensioned:
        if self.take("("):
            amount = self.sum()
            self.expect(")")
            return amount
        token = self.peek()
        if token is None or token["sign"]:
            raise self.unexpected(token)
        self.at += 1
        if token["number"]:
            return _literal(token["number"], token["unit"].strip())
        if token["name"] in FUNCTIONS and self.take("("):
            return self.call(token["name"])
        return self.look_up(token["name"])

    def call(self, name: str) -> Dimensioned:
        values = [self.sum()]
        while self.take(","):
            values.append(self.sum())
        self.expect(")")
        return FUNCTIONS[name](name, values)


def _literal(number: str, unit: str) -> Dimensioned:
    try:
        kind = parse_unit(unit or "1")
    except UnitError as error:
        raise ExpressionError(f"{error}; to multiply write {number} * {unit}") from None
    return Dimensioned(Decimal(number) * kind.factor, kind.dimension)


def _times(a: Dimensioned, b: Dimensioned, power: int) -> Dimensioned:
    """Return a times a power of b."""
    d = [one + power * other for one, other in zip(a.dimension, b.dimension, strict=True)]
    factor = b.number ** abs(power)
    return Dimensioned(a.number * factor if power >= 0 else a.number / factor, (d[0], d[1], d[2], d[3], d[4], d[5]))


def _one(name: str, values: list[Dimensioned]) -> Dimensioned:
    if len(values) != 1:
        raise ExpressionError(f"{name}() takes one value, not {len(values)}")
    return values[0]


def _root(name: str, values: list[Dimensioned]) -> Dimensioned:
    one = _one(name, values)
    if any(power % 2 for power in one.dimension):
        raise ExpressionError(f"{name}() takes a number or a square, such as an area, not {one.kind}")
    d = [power // 2 for power in one.dimension]
    return Dimensioned(one.number.sqrt(), (d[0], d[1], d[2], d[3], d[4], d[5]))


def _floor(name: str, values: list[Dimensioned]) -> Dimensioned:
    one = _one(name, values)
    if one.dimension != DIMENSIONLESS:
        raise ExpressionError(f"{name}() takes a number without a unit, not {one.kind}; divide it by a length")
    return Dimensioned(one.number.to_integral_value(ROUND_FLOOR))


def _extreme(name: str, values: list[Dimensioned]) -> Dimensioned:
    first = values[0]
    for other in values:
        if other.dimension != first.dimension:
            raise ExpressionError(f"{name}() compares {other.kind} with {first.kind}")
    numbers = [one.number for one in values]
    return Dimensioned(min(numbers) if name == "min" else max(numbers), first.dimension)


FUNCTIONS: Mapping[str, Callable[[str, list[Dimensioned]], Dimensioned]] = {
    "min": _extreme,
    "max": _extreme,
    "sqrt": _root,
    "floor": _floor,
}
