"""How a map was correlated, as the lines above its points tell it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from microfem.dic.presets import STATED
from microfem.dic.records import DicSettings
from microfem.dic.table import Table

# What a preset may find -> the entry of DicSettings and how its text becomes the value.
_READ: dict[str, tuple[str, Callable[[str], Any]]] = {
    "program": ("program", str),
    "subset": ("subset", int),
    "radius": ("subset", lambda text: 2 * int(text) + 1),
    "step": ("step", int),
    "spacing": ("step", lambda text: int(text) + 1),  # points that are left out between two
    "window": ("window", int),
    "window_px": ("window_px", int),
    "shape": ("shape", str),
    "measure": ("measure", str),
    "reference": ("reference", str),
    "pixel": ("pixel", float),
    "noise": ("noise", float),
    "strain_noise": ("strain_noise", float),
    "speckle": ("speckle", float),
}


def settings_of(table: Table) -> DicSettings:
    """Return the settings that a file states.

    Raises:
        InputError: one of them has no sense.
    """
    preset, found = table.preset, {}
    for key in preset.settings.keys() & _READ.keys():
        text = stated(table, key)
        if text:
            name, read = _READ[key]
            found[name] = _value(table, key, text, read)
    window = found.pop("window_px", None)
    if window and found.get("step"):
        found["window"] = window // found["step"] + 1
    if "program" not in preset.settings and preset.name != STATED:
        found["program"] = f"{preset.name} {stated(table, 'version')}".strip()
    return DicSettings(**found)


def _value(table: Table, key: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        value = read(text)
    except ValueError:
        table.refuse("", f"the header states {key} as '{text}', which is no number")
    if isinstance(value, int | float) and not 0 < value < math.inf:
        table.refuse("", f"the header states {key} as {text}, which must be above 0")
    return value


def load_of(table: Table) -> float | None:
    """Return the load that a file states, such as a stretch.

    Raises:
        InputError: it is no finite number.
    """
    text = stated(table, "load")
    try:
        value = float(text) if text else None
    except ValueError:
        value = math.nan
    if value is not None and not math.isfinite(value):
        table.refuse("", f"the header states the load as '{text}', which is no number")
    return value


def stated(table: Table, key: str) -> str:
    """Return what the head of a file says of a setting, "" if nothing."""
    wanted = table.preset.settings.get(key, {})
    if isinstance(wanted, str):
        match = re.search(wanted, table.head, re.MULTILINE)
        return match[1].strip() if match else ""
    return next((value for value, one in wanted.items() if re.search(one, table.head, re.MULTILINE)), "")


def listed(table: Table, key: str) -> list[str]:
    """Return all lines of a kind in the head of a file, without what begins them."""
    wanted = table.preset.listed.get(key, "")
    return re.findall(wanted, table.head, re.MULTILINE) if wanted else []
