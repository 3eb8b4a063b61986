"""Lines of protocols: every form, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from microfem.base.temperatures import read_temperature
from microfem.electrochemistry.electrodes import read_start
from microfem.electrochemistry.protocol import MOST_LINES, Amount, read_amount, read_line, read_protocol, read_time
from microfem.electrochemistry.stored import chosen, read_stored
from microfem.electrochemistry.sweep import Sweep
from microfem.metrics.metric import parse_call


def amount(kind: str, value: float) -> Amount:
    return Amount(kind=kind, value=pytest.approx(value))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("5C", "rate", 5.0),
        ("0.5 C", "rate", 0.5),
        ("C/20", "rate", 0.05),
        ("c / 2.5", "rate", 0.4),
        ("2 mA/cm2", "areal current", 20.0),
        ("0.5 mA", "current", 500.0),
        ("3 mA/cm", "current per depth", 0.3),
        ("1 mW/cm2", "areal power", 10.0),
        ("20 uW", "power", 20.0),
        ("2 W/m", "power per depth", 2.0),
        ("500 ohm cm2", "areal load", 0.05),
        ("1 kohm", "load", 1e-3),
        ("2 Ω m", "load per depth", 2.0),
        ("900 mV", "voltage", 0.9),
    ],
)
def test_amounts(text: str, kind: str, value: float) -> None:
    assert read_amount(text) == amount(kind, value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0C", "above 0"),
        ("C/0", "above 0"),
        ("1e3C", "expected a rate such as 5C"),
        ("3 S/m", "expected a rate such as 5C"),
        ("3", "has no unit"),
        ("3 furlong", "unknown unit 'furlong'"),
        ("fast", "expected a quantity"),
        ("1e400 mA", "not a finite"),
    ],
)
def test_wrong_amounts(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_amount(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("10 s", 10.0), ("10 minutes", 600.0), ("1 Hour", 3600.0), ("2 hrs", 7200.0), ("1.5 h", 5400)]
)
def test_times(text: str, seconds: float) -> None:
    assert read_time(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["0 s", "-1 s", "1e11 s", "10", "10 um", "ten minutes"])
def test_wrong_times(text: str) -> None:
    with pytest.raises(ValueError, match=r"time must|has no unit|same kind|a quantity"):
        read_time(text)


@pytest.mark.parametrize(
    ("text", "verb", "held", "sign", "duration", "until"),
    [
        ("discharge at 5C until 0.9 V", "discharge", amount("rate", 5.0), 1.0, None, amount("voltage", 0.9)),
        ("Discharge 5C until 0.9 V", "discharge", amount("rate", 5.0), 1.0, None, amount("voltage", 0.9)),
        ("charge at 2 mA/cm2 for 10 min", "charge", amount("areal current", 20.0), -1.0, 600.0, None),
        (
            "Charge at C/3 for 1 hour or until 1.8 V",
            "charge",
            amount("rate", 1 / 3),
            -1.0,
            3600.0,
            amount("voltage", 1.8),
        ),
        ("discharge into 500 ohm cm2 for 1 h", "discharge", amount("areal load", 0.05), 1.0, 3600.0, None),
        ("discharge at 1 mW/cm2 until 1 V", "discharge", amount("areal power", 10), 1.0, None, amount("voltage", 1)),
        ("rest 10 min", "rest", None, 1.0, 600.0, None),
        ("Rest for 10 minutes", "rest", None, 1.0, 600.0, None),
        ("hold 1.8 V until C/20", "hold", amount("voltage", 1.8), 1.0, None, amount("rate", 0.05)),
        ("Hold at 1 V for 1 h or until 1 A/m2", "hold", amount("voltage", 1), 1.0, 3600.0, amount("areal current", 1)),
        ("steady at 1.2 V", "steady", amount("voltage", 1.2), 1.0, None, None),
        ("STEADY AT 1 mA/cm2", "steady", amount("areal current", 10.0), 1.0, None, None),
    ],
)  # fmt: skip
def test_lines(
    text: str, verb: str, held: Amount | None, sign: float, duration: float | None, until: Amount | None
) -> None:
    line = read_line(text)
    assert (line.text, line.verb, line.amount, line.signed, line.until) == (text, verb, held, sign, until)
    assert line.duration == (None if duration is None else pytest.approx(duration))


@pytest.mark.parametrize(
    ("text", "start"), [("sweep from 0.9 V to 1.8 V at 1 mV/s", 0.9), ("sweep to 1.8 V at 1 mV/s", None)]
)
def test_sweeps(text: str, start: float | None) -> None:
    line = read_line(text)
    assert (line.start, line.until, line.pace) == (start, amount("voltage", 1.8), pytest.approx(1e-3))


WRONG = {
    "": "expected a line such as",
    "discarge at 1C until 1 V": "'discarge' begins no line",
    "discharge until 0.9 V": "the current is missing",
    "discharge at 1C": "state the end",
    "discharge at 1C until 5 mA/cm2": "'until' takes a voltage here",
    "discharge at 1C for 10 min until 0.9 V until 1 V": "'until' is out of place",
    "discharge at 1C until": "'until' is out of place",
    "discharge at -1 mA/cm2 for 1 s": "must be above 0",
    "discharge at 0 A/m for 1 s": "must be above 0",
    "discharge at 1 V for 1 s": "a voltage is held by 'hold 1 V'",
    "discharge at 1C for 10 min from 1 V": "takes no 'from'",
    "discharge quickly at 1C until 1 V": "takes no 'quickly'",
    "charge into 5 ohm until 1 V": "a load discharges a cell",
    "rest": "the time is missing",
    "rest 10 min until 1 V": "'rest' takes no 'until'",
    "hold 1C until C/20": "'hold' takes a voltage",
    "hold 1.8 V": "state the end",
    "hold 1.8 V until 1 V": "'until' takes a current here",
    "sweep from 1 V at 1 mV/s": "'to' is missing",
    "sweep from 1 V to 1 V at 1 mV/s": "two voltages that differ",
    "sweep from 1 V to 2 V at 0 V/s": "a pace above 0",
    "sweep from 1 V to 2 V at 1 mA": "not a unit of the same kind as 'V/s'",
    "steady at 1 mW/cm2": "'steady' takes a current or a voltage",
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_lines(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        read_line(text)
    assert WRONG[text] in str(caught.value)


def test_repetitions() -> None:
    lines = read_protocol(["rest 1 s", {"repeat": 2, "steps": ["rest 2 s", {"repeat": 2, "steps": ["rest 3 s"]}]}])
    assert [line.duration for line in lines] == [1.0, 2.0, 3.0, 3.0, 2.0, 3.0, 3.0]
    assert read_protocol(lines) == lines


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("rest 1 s", "expected a list of lines"),
        ([], "expected a list of lines"),
        (["rest 1 s", "rest"], "line 2: the time is missing"),
        (["rest 1 s", 5], "line 2: expected a line such as"),
        ([{"repeat": 2, "steps": ["rest 1 s", "rest"]}], "line 1: line 2: the time is missing"),
        ([{"repeat": 0, "steps": ["rest 1 s"]}], "expected {repeat: 3, steps:"),
        ([{"repeat": True, "steps": ["rest 1 s"]}], "expected {repeat: 3, steps:"),
        ([{"repeat": 2}], "expected {repeat: 3, steps:"),
        ([{"repeat": MOST_LINES, "steps": ["rest 1 s", "rest 1 s"]}], "more than 10,000 lines"),
        (["rest 1 s", "steady at 1 V"], "the only line of its protocol"),
    ],
)
def test_wrong_protocols(value: object, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        read_protocol(value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("value", "kelvin"), [("25 degC", 298.15), ("25 °C", 298.15), ("0 C", 273.15), ("300 K", 300.0)]
)
def test_temperatures(value: object, kelvin: float) -> None:
    assert read_temperature(value) == pytest.approx(kelvin)


@pytest.mark.parametrize(
    ("value", "said"),
    [(25, "has no unit"), ("25 F", "same kind"), ("-100 degC", "from 200 to 500 K"), ("warm", "stated as '25 degC'")],
)
def test_wrong_temperatures(value: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_temperature(value)


def test_starts() -> None:
    assert read_start("3 %").of("") == pytest.approx(0.03)
    assert read_start("-0.1 V").potential == pytest.approx(-0.1)
    assert read_start({"zinc": "1 %", "proton": 0.5}).of("proton") == pytest.approx(0.5)


@pytest.mark.parametrize("value", ["120 %", -0.1, "full", "11 V", "3 mol/m3", True, None, {"zinc": "2"}])
def test_wrong_starts(value: object) -> None:
    with pytest.raises(ValueError, match=r"bound|expected|same kind"):
        read_start(value)


def test_a_sweep_of_one_value_may_be_written_without_a_list() -> None:
    assert Sweep(rate="5C") == Sweep(rate=["5C"])  # type: ignore[arg-type]


@pytest.mark.parametrize("at", ["C/5", "0.2C", "'C/5'", "C / 5"])
def test_a_rate_in_a_metric_needs_no_quotes(at: str) -> None:
    assert read_amount(str(parse_call(f"utilisation(cell, at={at})").options["at"])) == amount("rate", 0.2)


def test_stored_states_are_those_nearest() -> None:
    stated = read_stored(["50 %", "9 s", "end"])
    assert stated == (("share", 0.5), ("time", 9.0), ("share", 1.0))
    assert chosen(stated, [0.0, 1.0, 4.0, 8.0, 10.0], [2, 4]) == [0, 2, 3, 4]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("end", "expected a list"),
        (["110 %"], "above its bound"),
        (["x %"], "'60 s'"),
        (["-1 s"], "below its bound"),
        ([3], "'60 s'"),
    ],
)
def test_wrong_stored_states(value: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_stored(value)
