"""A scene as the query of an address, which restores it; names are looked up in the run and never become paths."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.render.viewer.maps import maps_offered
from microfem.render.viewer.shown import THROUGH, Place, Shown
from microfem.render.viewer.state import MOST_SHOWN, OpenRun, chosen, quantities

Camera = tuple[float, ...]  # position, focal point, upward direction, half the height of a panel
SWITCHES = tuple(one.name for one in fields(Shown) if one.type == "bool")
CAMERA = 10
FARTHEST = 2.0  # largest factor of the displacement
NAMES = {
    "design",
    "case",
    "field",
    "factor",
    "state",
    "cut",
    "place",
    "hide",
    "among",
    "map",
    "line",
    "camera",
    *SWITCHES,
}


class Linked(NamedTuple):
    """The scene of a link, and its camera; () for the usual one."""

    shown: Shown
    camera: Camera


def query_of(shown: Shown, camera: Camera) -> str:
    """Return the query of a scene."""
    plain = Shown(designs=shown.designs, case=shown.case, quantity=shown.quantity)
    parts: list[tuple[str, str]] = [("design", name) for name in shown.designs]
    parts += [("case", shown.case), ("field", shown.quantity), ("cut", shown.normal or "none")]
    changed = [name for name in (*SWITCHES, "factor", "place") if getattr(shown, name) != getattr(plain, name)]
    parts += [(name, f"{float(getattr(shown, name)):g}") for name in changed]
    parts += [("state", f"{shown.state.number},{shown.state.at:.9g}")] if shown.state else []
    parts += [("hide", name) for name in sorted(shown.hidden)] or [("hide", "")]
    parts += [("among", name) for name in shown.among] + ([("map", shown.measured)] if shown.measured else [])
    parts += [("line", _numbers_text(end)) for end in shown.line]
    parts += [("camera", _numbers_text(camera))] if camera else []
    return urlencode(parts)


def _numbers_text(numbers: tuple[float, ...]) -> str:
    return ",".join(f"{one:.7g}" for one in numbers)


def linked(run: OpenRun, link: str) -> Linked:
    """Return the scene of a link or of its query alone.

    Raises:
        MicrofemError: the link names something that the run lacks, or holds a value out of range.
    """
    told = parse_qs(urlsplit(link).query if "?" in link else link, keep_blank_values=True)
    told.pop("token", None)
    for name in told:
        if name not in NAMES:
            raise MicrofemError(f"a link has no '{name}'{did_you_mean(name, NAMES)}")
    designs = tuple(_known(name, run.designs, "design") for name in told.get("design", run.designs))[:MOST_SHOWN]
    cases = run.cases(designs)
    case = _known(told.get("case", [cases[0]])[0], cases, "case")
    shown = chosen(run, designs, case)
    one = run.read(run.having(designs, case)[0], case)
    regions = tuple(one.stored.about["regions"])
    loads = [state.at for state in one.states]
    readers: Mapping[str, Callable[[list[str]], dict[str, Any]]] = {
        "field": lambda values: {"quantity": _known(values[0], tuple(quantities(one)), "field")},
        "factor": lambda values: {"factor": _number(values[0], 0.0, FARTHEST)},
        "place": lambda values: {"place": _number(values[0], 0.0, 1.0)},
        "cut": lambda values: {"normal": _known(values[0], ("none", THROUGH, *one.axes), "cut").replace("none", "")},
        "state": lambda values: {"state": _state(values[0], loads)},
        "hide": lambda values: {"hidden": frozenset(_known(name, regions, "region") for name in values if name)},
        "among": lambda values: {"among": tuple(_known(name, run.designs, "design") for name in values)},
        "map": lambda values: {"measured": _known(values[0], _measured(run, shown), "map")},
        "line": lambda values: {"line": tuple(_numbers(value, 3) for value in values[:2])},
    }
    switches: dict[str, Any] = {name: told[name][0] == "1" for name in SWITCHES if name in told}
    shown = replace(shown, **switches)
    for name in readers.keys() & told:
        shown = replace(shown, **readers[name](told[name]))
    return Linked(shown, _numbers(told["camera"][0], CAMERA) if "camera" in told else ())


def _known(name: str, names: tuple[str, ...], kind: str) -> str:
    if name not in names:
        raise MicrofemError(f"the link has no {kind} '{name}' of this run{did_you_mean(name, names)}")
    return name


def _measured(run: OpenRun, shown: Shown) -> tuple[str, ...]:
    return tuple(one["value"] for one in maps_offered(run, shown))


def _number(text: str, low: float = -math.inf, high: float = math.inf) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and low <= value <= high):
        raise MicrofemError(f"'{text}' in the link is not a number from {low:g} to {high:g}")
    return value


def _numbers(text: str, count: int) -> tuple[float, ...]:
    numbers = tuple(_number(part) for part in text.split(","))
    if len(numbers) != count:
        raise MicrofemError(f"'{text}' in the link is not {count} numbers")
    return numbers


def _state(text: str, loads: list[float]) -> Place | None:
    number, at = _numbers(text, 2)
    if not loads or not 0 <= number < len(loads):
        raise MicrofemError(f"the link has state {number:g}; this case has {len(loads)} states")
    return None if number >= len(loads) - 1 else Place(int(number), at)
