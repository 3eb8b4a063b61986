"""Units: factors against the definitions of the SI, round trips, and what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfem.base.errors import UnitError
from microfem.base.units import (
    _BASE,
    _PLAIN,
    _PREFIX,
    convert,
    format_quantity,
    parse_quantity,
    parse_unit,
    pretty_unit,
    quantity,
)
from microfem.metrics import METRICS
from microfem.physics import PHYSICS

SYMBOLS = sorted([*_PLAIN, *(prefix + base for prefix in _PREFIX for base in _BASE)])
symbols = st.sampled_from(SYMBOLS)
powers = st.integers(-4, 4).filter(bool)
units = st.lists(st.tuples(symbols, powers), min_size=1, max_size=3).map(
    lambda parts: (
        " ".join(name if power == 1 else f"{name}{power}" for name, power in parts if name not in ("1", "%")) or "m"
    )
)
numbers = st.floats(-1e12, 1e12, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1 mm", "um", 1e3),
        ("25.4 um", "inch", 1e-3),
        ("1 S/cm", "S/m", 100.0),
        ("2 mS/cm", "S/m", 0.2),
        ("1 ohm cm", "ohm m", 0.01),
        ("1 N/mm2", "MPa", 1.0),
        ("1 uN/um2", "MPa", 1.0),
        ("1 GPa", "MPa", 1e3),
        ("1 V A", "W", 1.0),
        ("1 V/ohm", "A", 1.0),
        ("1 C/V", "F", 1.0),
        ("1 J", "N m", 1.0),
        ("1 Ah", "C", 3600.0),
        ("1 mAh/cm2", "C/m2", 3.6e4),
        ("1 Wh/L", "J/m3", 3.6e6),
        ("1 L", "cm3", 1000.0),
        ("1 g/cm3", "kg/m3", 1000.0),
        ("1 mol/L", "mol/m3", 1000.0),
        ("180 deg", "rad", math.pi),
        ("10 deg/mm", "1/um", math.pi / 18.0 / 1000.0),
        ("5 %", "1", 0.05),
        ("5", "%", 500.0),
        ("30 ohm/sq", "ohm", 30.0),
        ("1 h", "min", 60.0),
        ("1 m/s/s", "m/s2", 1.0),
        ("1 m s^-2", "m/s2", 1.0),
        ("1e-3 m", "um", 1e3),
        (".5um", "um", 0.5),
        ("-3 V", "mV", -3000.0),
        ("+3 V", "V", 3.0),
        (7, "1", 7.0),
    ],
)
def test_factors_are_those_of_the_si(text: object, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("written", "plain"),
    [("µm", "um"), ("μm", "um"), ("Ω", "ohm"), ("kΩ", "kohm"), ("Ω·m", "ohm m"), ("Ω*m", "ohm m"), ("µS/cm²", "uS/cm2"),
     ("W/m³", "W/m3"), ("90 °", "90 deg")],
)  # fmt: skip
def test_symbols_are_read(written: str, plain: str) -> None:
    number, unit = ("1", plain) if not plain[0].isdigit() else plain.split(" ")
    text = written if plain[0].isdigit() else f"{number} {written}"
    assert parse_quantity(text, unit) == float(number)


@pytest.mark.parametrize("prefix", ["p", "n", "u", "m", "c", "k", "M", "G"])
@pytest.mark.parametrize("base", ["m", "V", "A", "Pa", "ohm", "F", "N", "W"])
def test_prefixes_scale_by_their_power_of_ten(prefix: str, base: str) -> None:
    power = {"p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "k": 3, "M": 6, "G": 9}[prefix]
    assert convert(prefix + base, base) == pytest.approx(10.0**power, rel=1e-14)


def test_no_prefix_and_base_spell_another_unit() -> None:
    """Each symbol has one reading: min is minutes, not milli-inches, and cd, pt or the like are not made by chance."""
    readings = [prefix + base for prefix in _PREFIX for base in _BASE]
    twice = {name for name in readings if readings.count(name) > 1}
    assert twice | (set(readings) & set(_PLAIN)) == set()


@given(units, units)
def test_conversions_there_and_back_cancel(a: str, b: str) -> None:
    if parse_unit(a).dimension == parse_unit(b).dimension:
        assert convert(a, b) * convert(b, a) == pytest.approx(1.0)
    else:
        with pytest.raises(UnitError, match="not a unit of the same kind"):
            convert(a, b)


@given(units, units, numbers)
def test_a_product_has_the_factors_product(a: str, b: str, value: float) -> None:
    whole, first, second = parse_unit(f"{a} {b}"), parse_unit(a), parse_unit(b)
    assert whole.factor == pytest.approx(first.factor * second.factor)
    assert whole.dimension == tuple(x + y for x, y in zip(first.dimension, second.dimension, strict=True))
    assert parse_unit(f"{a}/{b}").factor == pytest.approx(first.factor / second.factor)


@given(numbers, symbols)
def test_what_is_written_is_read_again(value: float, unit: str) -> None:
    assert parse_quantity(format_quantity(value, unit, 17), unit) == pytest.approx(value, rel=1e-15)


@given(units)
def test_pretty_units_are_the_same_units(unit: str) -> None:
    pretty = parse_unit(pretty_unit(unit))
    assert pretty.dimension == parse_unit(unit).dimension
    assert pretty.factor == parse_unit(unit).factor


@given(st.text(max_size=30), st.sampled_from(["um", "1", "S/m"]))
def test_any_text_is_a_finite_number_or_refused(text: str, unit: str) -> None:
    try:
        value = parse_quantity(text, unit)
    except UnitError:
        return
    assert math.isfinite(value)


@given(st.from_regex(r"[0-9]{1,3}(e[0-9]{1,3})? ?([kmuG]?[mVAs1%]\^?-?[0-9]{0,4}[ /*]?){0,4}", fullmatch=True))
def test_what_looks_like_a_quantity_is_a_finite_number_or_refused(text: str) -> None:
    try:
        value = parse_quantity(text, "um")
    except UnitError:
        return
    assert math.isfinite(value)


@pytest.mark.parametrize(
    ("text", "unit", "told"),
    [
        ("300", "um", "'300' has no unit; write for example '300 um'"),
        (300, "um", "'300' has no unit"),
        ("3 V", "um", "'V' is not a unit of the same kind as 'um'"),
        ("3 ohm", "ohm m", "not a unit of the same kind"),
        ("3", "ohm m", "has no unit"),
        ("3 um", "1", "not a unit of the same kind"),
        ("3 furlong", "um", "unknown unit 'furlong'"),
        ("3 kinch", "um", "unknown unit 'kinch'"),
        ("3 k%", "1", "unknown unit"),
        ("3 um/", "um", "is not a unit"),
        ("3 /um", "um", "is not a unit"),
        ("3 m999999999", "um", "no power above"),
        ("wide", "um", "expected a quantity such as '1 um', got 'wide'"),
        ("wide", "1", "expected a number such as 0.5 or '50 %', got 'wide'"),
        ("", "um", "expected a quantity"),
        ("1,5 um", "um", "unknown unit"),
        ("1 2 um", "um", "not a unit of the same kind|unknown unit"),
        ("nan um", "um", "expected a quantity"),
        ("1e999 um", "um", "not a finite quantity"),
        ("1e308 km", "um", "not a finite quantity"),
        (math.nan, "1", "expected a number"),
        (math.inf, "1", "expected a number"),
        (True, "1", "expected a number"),
        (None, "um", "expected a quantity"),
        ([1], "um", "expected a quantity"),
    ],
)
def test_refuses(text: object, unit: str, told: str) -> None:
    with pytest.raises(UnitError, match=told.replace("(", r"\(")):
        parse_quantity(text, unit)


def test_bounds_are_closed_and_told_in_the_unit() -> None:
    read = quantity("um", 1.0, 10.0)
    assert read("1 um") == 1.0
    assert read("0.01 mm") == 10.0
    with pytest.raises(ValueError, match=r"0\.9 um is below its bound, 1 um"):
        read("0.9 um")
    with pytest.raises(ValueError, match="11 um is above its bound, 10 um"):
        read("11 um")
    with pytest.raises(ValueError, match="has no unit"):
        read(5)


def test_every_unit_that_microfem_names_is_one() -> None:
    names = [(one.unit, one.depth_unit) for one in map(METRICS.get, METRICS.names())]
    fields = [unit for name in PHYSICS.names() for _, unit in PHYSICS.get(name).fields.values()]
    for unit in {*(u for pair in names for u in pair), *fields}:
        assert parse_unit(unit).factor > 0.0


def test_units_for_people() -> None:
    assert format_quantity(12.3456, "ohm") == "12.35 Ω"
    assert format_quantity(0.62, "1") == "0.62"
    assert format_quantity(3.0, "uA/cm2") == "3 µA/cm²"
    assert pretty_unit("uW/um3") == "µW/µm³"
    assert pretty_unit("mAh/cm2") == "mAh/cm²"


def test_an_angle_needs_its_unit() -> None:
    assert parse_quantity("3 deg", "deg") == 3.0
    with pytest.raises(UnitError, match="'3' has no unit; write for example '3 deg'"):
        parse_quantity("3", "deg")
