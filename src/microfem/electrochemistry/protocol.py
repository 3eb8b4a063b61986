"""Protocols: what a potentiostat does, line by line, in the words of laboratories.

discharge at 5C until 0.9 V
rest 10 min
charge at 2 mA/cm2 until 1.8 V
hold 1.8 V until C/20
sweep from 0.9 V to 1.8 V at 1 mV/s
charge from sun for 8 h or until 1.8 V
discharge into sensor for 12 h or until 0.9 V
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from microfem.base.errors import UnitError, brief
from microfem.base.units import parse_quantity
from microfem.electrochemistry.amounts import Amount, read_amount
from microfem.electrochemistry.devices import Device, PowerLoad, PowerSource

VERBS = ("discharge", "charge", "rest", "hold", "sweep", "steady")
EXAMPLE = "'discharge at 5C until 0.9 V', 'rest 10 min', 'hold 1.8 V until C/20' or 'sweep from 0 V to 1 V at 1 mV/s'"
MOST_LINES = 10_000
_KEYWORD = re.compile(r"\b(at|into|through|with|for|until|from|to|or)\b", re.IGNORECASE)
_NAMED = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")  # a source or a load; no amount is one
_TIME = {"second": "s", "sec": "s", "minute": "min", "hour": "h", "hr": "h"}


@dataclass(frozen=True, kw_only=True)
class ProtocolLine:
    """One line of a protocol.

    amount: what is held, None at rest; signed: 1 on discharge, -1 on charge; duration, s; until: a voltage, or a
    current under a held voltage; start: voltage from which a sweep goes to `until`, at `pace` V/s; source, load: names
    of what is attached instead of an amount; devices: these.
    """

    text: str
    verb: str
    amount: Amount | None = None
    signed: float = 1.0
    duration: float | None = None
    until: Amount | None = None
    start: float | None = None
    pace: float | None = None
    source: str = ""
    load: str = ""
    devices: tuple[Device, ...] = ()


def read_time(text: str) -> float:
    """Read `10 min` or `10 minutes`, s.

    Raises:
        ValueError: the text is no time above 0.
    """
    plain = re.sub(r"(second|minute|hour|sec|hr)s?\b", lambda match: _TIME[match[1].lower()], text.strip(), flags=re.I)
    try:
        seconds = parse_quantity(plain, "s")
    except UnitError as error:
        raise ValueError(str(error)) from None
    if not 0.0 < seconds <= 1e10:
        raise ValueError(f"a time must be above 0 and below 300 years, got '{brief(text)}'")
    return seconds


def read_line(text: object) -> ProtocolLine:
    """Read one line of a protocol.

    Raises:
        ValueError: with what was expected.
    """
    if isinstance(text, ProtocolLine):
        return text
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"expected a line such as {EXAMPLE}, got {brief(repr(text))}")
    verb, parts = _parts(text)
    line = _READERS[verb](" ".join(text.split()), parts)
    if parts:
        key = next(iter(parts))
        raise ValueError(f"'{verb}' takes no '{key or parts[key]}'; expected a line such as {EXAMPLE}")
    return line


def _parts(text: str) -> tuple[str, dict[str, str]]:
    """Return the verb and the texts after each keyword; the text before the first keyword has the key ""."""
    words = text.split()
    verb = words[0].lower()
    if verb not in VERBS:
        raise ValueError(f"'{brief(words[0])}' begins no line; expected a line such as {EXAMPLE}")
    pieces = _KEYWORD.split(" ".join(words[1:]))
    parts = {"": pieces[0].strip()} if pieces[0].strip() else {}
    for key, value in zip(pieces[1::2], pieces[2::2], strict=True):
        key, value = key.lower(), value.strip()
        if key == "or" and not value:
            continue  # `for 10 min or until 0.9 V`
        key = "into" if key == "through" else key
        if key == "or" or key in parts or not value:
            raise ValueError(f"'{key}' is out of place in '{brief(text)}'; expected a line such as {EXAMPLE}")
        parts[key] = value
    return verb, parts


def _needed(parts: dict[str, str], key: str, what: str) -> str:
    """Take the text after a keyword, which may be left out."""
    for one in (key, "into", "") if key == "at" else (key, ""):
        if one in parts:
            return parts.pop(one)
    raise ValueError(f"{what} is missing; expected a line such as {EXAMPLE}")


def _ends(parts: dict[str, str]) -> tuple[float | None, Amount | None]:
    duration = read_time(parts.pop("for")) if "for" in parts else None
    return duration, read_amount(parts.pop("until")) if "until" in parts else None


def _discharge(text: str, parts: dict[str, str]) -> ProtocolLine:
    verb = text.split()[0].lower()
    if any(_NAMED.fullmatch(parts.get(key, "")) for key in ("from", "into")):
        return _attached(text, verb, parts)
    amount = read_amount(_needed(parts, "at", "the current"))
    if amount.holds == "voltage":
        raise ValueError(f"'{verb}' holds a current, a power or a load; a voltage is held by 'hold {amount.value:g} V'")
    if amount.value <= 0.0:
        raise ValueError(f"'{verb}' tells the direction, so its amount must be above 0")
    duration, until = _ends(parts)
    if until and until.holds != "voltage":
        raise ValueError("'until' takes a voltage here, such as 'until 0.9 V'")
    if duration is None and until is None:
        raise ValueError("state the end, such as 'until 0.9 V' or 'for 10 min'")
    sign = 1.0 if verb == "discharge" else -1.0
    if verb == "charge" and amount.holds == "load":
        raise ValueError("a load discharges a cell; it cannot charge it")
    return ProtocolLine(text=text, verb=verb, amount=amount, signed=sign, duration=duration, until=until)


def _attached(text: str, verb: str, parts: dict[str, str]) -> ProtocolLine:
    """Read a line that attaches a source, a load or both, such as `charge from sun with sensor for 24 h`."""
    source, load = parts.pop("from", ""), parts.pop("into", "")
    if bool(source) == (verb == "discharge") or (source and load):
        example = "discharge into sensor for 12 h" if verb == "discharge" else "charge from sun with sensor for 8 h"
        raise ValueError(f"a source charges and a load discharges; expected a line such as '{example}'")
    load = load or parts.pop("with", "")
    for name in filter(None, (source, load)):
        if not _NAMED.fullmatch(name):
            raise ValueError(f"'{brief(name)}' is no name of a source or a load")
    duration, until = _ends(parts)
    if until and until.holds != "voltage":
        raise ValueError("'until' takes a voltage here, such as 'until 0.9 V'")
    if duration is None:
        raise ValueError("state how long at most, such as 'for 8 h' or 'for 8 h or until 1.8 V'")
    sign = 1.0 if verb == "discharge" else -1.0
    return ProtocolLine(text=text, verb=verb, signed=sign, duration=duration, until=until, source=source, load=load)


def _rest(text: str, parts: dict[str, str]) -> ProtocolLine:
    return ProtocolLine(text=text, verb="rest", duration=read_time(_needed(parts, "for", "the time")))


def _hold(text: str, parts: dict[str, str]) -> ProtocolLine:
    amount = read_amount(_needed(parts, "at", "the voltage"))
    if amount.holds != "voltage":
        raise ValueError("'hold' takes a voltage, such as 'hold 1.8 V until C/20'")
    duration, until = _ends(parts)
    if until and until.holds != "current":
        raise ValueError("'until' takes a current here, such as 'until C/20' or 'until 0.1 mA/cm2'")
    if duration is None and until is None:
        raise ValueError("state the end, such as 'until C/20' or 'for 10 min'")
    return ProtocolLine(text=text, verb="hold", amount=amount, duration=duration, until=until)


def _sweep(text: str, parts: dict[str, str]) -> ProtocolLine:
    missing = [key for key in ("to", "at") if key not in parts]
    if missing:
        raise ValueError(f"'{missing[0]}' is missing; expected a line such as 'sweep from 0.9 V to 1.8 V at 1 mV/s'")
    try:
        start = parse_quantity(parts.pop("from"), "V") if "from" in parts else None
        end, pace = parse_quantity(parts.pop("to"), "V"), parse_quantity(parts.pop("at"), "V/s")
    except UnitError as error:
        raise ValueError(f"{error}; expected a line such as 'sweep from 0.9 V to 1.8 V at 1 mV/s'") from None
    if pace <= 0.0 or start == end:
        raise ValueError("a sweep needs two voltages that differ, and a pace above 0, such as 1 mV/s")
    return ProtocolLine(text=text, verb="sweep", until=Amount(kind="voltage", value=end), start=start, pace=pace)


def _steady(text: str, parts: dict[str, str]) -> ProtocolLine:
    amount = read_amount(_needed(parts, "at", "the current or the voltage"))
    if amount.holds not in ("current", "voltage"):
        raise ValueError("'steady' takes a current or a voltage, such as 'steady at 1 mA/cm2'")
    return ProtocolLine(text=text, verb="steady", amount=amount)


_READERS = {
    "discharge": _discharge,
    "charge": _discharge,
    "rest": _rest,
    "hold": _hold,
    "sweep": _sweep,
    "steady": _steady,
}


def read_protocol(value: object) -> tuple[ProtocolLine, ...]:
    """Read lines, and repetitions `{repeat: 3, steps: [...]}` of lines.

    Raises:
        ValueError: with the number of the line, from 1, and what was expected.
    """
    if isinstance(value, tuple):
        return value
    if not isinstance(value, list) or not value:
        raise ValueError(f"expected a list of lines such as {EXAMPLE}")
    lines: list[ProtocolLine] = []
    for number, entry in enumerate(value, 1):
        try:
            lines += _repeated(entry) if isinstance(entry, Mapping) else [read_line(entry)]
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        if len(lines) > MOST_LINES:
            raise ValueError(f"more than {MOST_LINES:,} lines")
    if any(line.verb == "steady" for line in lines) and len(lines) > 1:
        raise ValueError("a steady state is the only line of its protocol, since it has no time")
    return tuple(lines)


def with_devices(
    lines: Sequence[ProtocolLine], sources: Mapping[str, PowerSource], loads: Mapping[str, PowerLoad]
) -> tuple[ProtocolLine, ...]:
    """Return lines with the devices that they name."""
    return tuple(
        replace(
            line,
            devices=(
                *([sources[line.source]] if line.source else []),
                *([loads[line.load]] if line.load else []),
            ),
        )
        for line in lines
    )


def _repeated(entry: Mapping[str, Any]) -> list[ProtocolLine]:
    times = entry.get("repeat")
    if set(entry) != {"repeat", "steps"} or type(times) is not int or not 1 <= times <= MOST_LINES:
        raise ValueError("expected {repeat: 3, steps: [...]}")
    once = list(read_protocol(entry["steps"]))
    if times * len(once) > MOST_LINES:
        raise ValueError(f"more than {MOST_LINES:,} lines")
    return times * once


Protocol = Annotated[
    tuple[ProtocolLine, ...],
    PlainValidator(read_protocol),
    PlainSerializer(lambda lines: [line.text for line in lines]),
    WithJsonSchema({"type": "array", "items": {"type": ["string", "object"]}}),
]
