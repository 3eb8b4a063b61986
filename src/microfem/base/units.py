"""Units and their conversion, which no other module does.

Inside microfem all quantities are in um, s, uN, MPa, V, uA, S/m, so that numbers stay near one (MPa um2 = uN,
S/m um V = uA). Users write `60 um`, `2 mS/cm`, `1 %`; metrics and fields state their unit.

Factors are decimal numbers, since `0.07 mm`, `70 um` and `70000 nm` are one length and must give one mesh: a
difference in the last digit changes the mesh.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from microfem.base.errors import LONGEST, DimensionError, UnitError, brief

PER_DEPTH = "per unit depth"  # the label of totals of a plan or a section, in ohm m, F/m and the like
EXACT = 1e-9  # relative error below which a value counts as exact
Dimension = tuple[int, int, int, int, int, int]  # exponents of m, kg, s, A, K, mol


@dataclass(frozen=True)
class Unit:
    """A unit: its factor to SI and its dimension."""

    factor: Decimal
    dimension: Dimension


DIMENSIONLESS: Dimension = (0, 0, 0, 0, 0, 0)
_BASE: dict[str, Unit] = {
    "m": Unit(Decimal(1), (1, 0, 0, 0, 0, 0)),
    "g": Unit(Decimal("1e-3"), (0, 1, 0, 0, 0, 0)),
    "s": Unit(Decimal(1), (0, 0, 1, 0, 0, 0)),
    "A": Unit(Decimal(1), (0, 0, 0, 1, 0, 0)),
    "K": Unit(Decimal(1), (0, 0, 0, 0, 1, 0)),
    "mol": Unit(Decimal(1), (0, 0, 0, 0, 0, 1)),
    "V": Unit(Decimal(1), (2, 1, -3, -1, 0, 0)),
    "ohm": Unit(Decimal(1), (2, 1, -3, -2, 0, 0)),
    "S": Unit(Decimal(1), (-2, -1, 3, 2, 0, 0)),
    "F": Unit(Decimal(1), (-2, -1, 4, 2, 0, 0)),
    "C": Unit(Decimal(1), (0, 0, 1, 1, 0, 0)),
    "N": Unit(Decimal(1), (1, 1, -2, 0, 0, 0)),
    "Pa": Unit(Decimal(1), (-1, 1, -2, 0, 0, 0)),
    "J": Unit(Decimal(1), (2, 1, -2, 0, 0, 0)),
    "W": Unit(Decimal(1), (2, 1, -3, 0, 0, 0)),
    "Ah": Unit(Decimal(3600), (0, 0, 1, 1, 0, 0)),
    "Wh": Unit(Decimal(3600), (2, 1, -2, 0, 0, 0)),
    "Hz": Unit(Decimal(1), (0, 0, -1, 0, 0, 0)),
    "L": Unit(Decimal("1e-3"), (3, 0, 0, 0, 0, 0)),
}
_PLAIN: dict[str, Unit] = {  # no prefixes
    "1": Unit(Decimal(1), DIMENSIONLESS),
    "%": Unit(Decimal("1e-2"), DIMENSIONLESS),
    "ppm": Unit(Decimal("1e-6"), DIMENSIONLESS),
    "rad": Unit(Decimal(1), DIMENSIONLESS),
    "deg": Unit(Decimal(math.pi) / 180, DIMENSIONLESS),
    "sq": Unit(Decimal(1), DIMENSIONLESS),
    "min": Unit(Decimal(60), (0, 0, 1, 0, 0, 0)),
    "h": Unit(Decimal(3600), (0, 0, 1, 0, 0, 0)),
    "inch": Unit(Decimal("0.0254"), (1, 0, 0, 0, 0, 0)),
    "in": Unit(Decimal("0.0254"), (1, 0, 0, 0, 0, 0)),
    "mil": Unit(Decimal("2.54e-5"), (1, 0, 0, 0, 0, 0)),
}
_POWERS = {"": 0, "n": -9, "u": -6, "m": -3, "c": -2, "k": 3, "M": 6, "G": 9, "p": -12}
_PREFIX = {name: Decimal(10) ** power for name, power in _POWERS.items()}
_SYMBOLS = {"µ": "u", "μ": "u", "Ω": "ohm", "°": "deg", "²": "2", "³": "3", "·": " ", "*": " "}
HIGHEST_POWER = 12
_FACTOR = re.compile(r"(%|1|[A-Za-z]+?)\^?(-?\d{1,9})?")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")


def _symbol(name: str) -> Unit:
    if name in _PLAIN:
        return _PLAIN[name]
    for prefix, scale in _PREFIX.items():
        base = name[len(prefix) :]
        if name.startswith(prefix) and base in _BASE:
            return Unit(scale * _BASE[base].factor, _BASE[base].dimension)
    raise UnitError(f"unknown unit '{name}'")


@cache
def parse_unit(text: str) -> Unit:
    """Read a unit such as `mS/cm`, `ohm m`, `mAh/cm2` or `W/m^3`; every `/` divides by the units after it.

    Raises:
        UnitError: the text is no known unit.
    """
    for symbol, plain in _SYMBOLS.items():
        text = text.replace(symbol, plain)
    factor, dimension = Decimal(1), list(DIMENSIONLESS)
    for index, part in enumerate(text.split("/")):
        sign = 1 if index == 0 else -1
        if not part.strip():
            raise UnitError(f"'{text}' is not a unit")
        for token in part.split():
            match = _FACTOR.fullmatch(token)
            if match is None:
                raise UnitError(f"unknown unit '{token}'")
            unit, power = _symbol(match[1]), sign * int(match[2] or 1)
            if abs(power) > HIGHEST_POWER:
                raise UnitError(f"'{token}' is not a unit: no power above {HIGHEST_POWER} has a meaning")
            factor *= unit.factor**power
            dimension = [total + power * one for total, one in zip(dimension, unit.dimension, strict=True)]
    d = dimension
    return Unit(factor, (d[0], d[1], d[2], d[3], d[4], d[5]))


def convert(source: str, target: str, number: float = 1.0) -> float:
    """Return a number in `source` units converted to `target` units, rounded once.

    Raises:
        UnitError: the units differ in dimension, or one is unknown.
    """
    a, b = parse_unit(source), parse_unit(target)
    if a.dimension != b.dimension:
        raise DimensionError(f"'{source}' is not a unit of the same kind as '{target}'")
    return float(Decimal(repr(float(number))) * a.factor / b.factor)


def parse_quantity(text: object, unit: str) -> float:
    """Read `60 um` as a finite number in `unit`; a bare number is valid only if `unit` has no
    dimension and is no angle.

    Raises:
        UnitError: the text has no number, no unit, or a unit of another dimension.
    """
    expected = f"a quantity such as '1 {unit}'" if unit != "1" else "a number such as 0.5 or '50 %'"
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise UnitError(f"expected {expected}, got {text!r}")
    match = _NUMBER.fullmatch(str(text)) if len(str(text)) <= LONGEST else None
    if match is None:
        raise UnitError(f"expected {expected}, got '{brief(text)}'")
    bare = parse_unit(unit).dimension == DIMENSIONLESS and unit != "deg"  # an angle might be meant in deg or in rad
    if not match[2] and not bare:
        raise UnitError(f"'{text}' has no unit; write for example '{match[1]} {unit}'")
    value = convert(match[2] or "1", unit, float(match[1]))
    if not math.isfinite(value):
        raise UnitError(f"'{text}' is not a finite quantity")
    return value


def quantity(unit: str, low: float | None = None, high: float | None = None) -> Callable[[object], float]:
    """Return a reader of quantities in `unit`, which raises ValueError for values outside the bounds."""

    def read(value: object) -> float:
        try:
            number = parse_quantity(value, unit)
        except UnitError as error:
            raise ValueError(str(error)) from None
        shown = "" if unit == "1" else f" {unit}"
        for bound in (low, high):  # 0.01 mm is 10 um, whatever the last digit says
            if bound is not None and math.isclose(number, bound, rel_tol=1e-12):
                return bound
        if low is not None and number < low:
            raise ValueError(f"{number:g}{shown} is below its bound, {low:g}{shown}")
        if high is not None and number > high:
            raise ValueError(f"{number:g}{shown} is above its bound, {high:g}{shown}")
        return number

    return read


def format_quantity(value: float, unit: str, digits: int = 4) -> str:
    """Return a number with its unit as text: `12.31 Ω`, `0.62`."""
    number = f"{value:.{digits}g}"
    return number if unit in ("1", "") else f"{number} {pretty_unit(unit)}"


def pretty_unit(unit: str) -> str:
    """Return a unit with its symbols: `W/m3` as `W/m³`, `um` as `µm`, `ohm` as `Ω`."""
    powers = str.maketrans("23", "²³")
    return re.sub(r"\bu(?=[A-Za-z])", "µ", unit).replace("ohm", "Ω").translate(powers)


def tex_unit(unit: str) -> str:
    """Return a unit as TeX without packages: `mAh/cm2` as `mAh\\,cm$^{-2}$`, `um` as `$\\mu$m`, "" for none."""
    if unit in ("1", ""):
        return ""
    parts = []
    for index, group in enumerate(unit.split("/")):
        for token in group.split():
            match = _FACTOR.fullmatch(token)
            name, power = (match[1], int(match[2] or 1)) if match else (token, 1)
            raised = power if index == 0 else -power
            shown = re.sub(r"^u(?=[A-Za-z])", r"$\\mu$", name).replace("ohm", r"$\Omega$").replace("%", r"\%")
            shown = r"$^{\circ}$" if name == "deg" else shown
            parts.append(shown if raised == 1 else f"{shown}$^{{{raised}}}$")
    return r"\,".join(one for one in parts if one != "1")
