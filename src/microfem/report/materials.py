"""The section of a report on materials: each value with unit, grade, source and note."""

from __future__ import annotations

import re

from microfem.base.units import pretty_unit
from microfem.materials import UNSURE, Grade, Material, Property
from microfem.report.runs import Runs, table
from microfem.report.wording import quantity, section, told
from microfem.results.notes import Note, Weight
from microfem.results.summary import Summary

NO_SOURCE = (Grade.UNVERIFIED, Grade.ILLUSTRATIVE)
KINDS = {NO_SOURCE: "without a source that was read", (Grade.RANGE,): "on which sources disagree"}


def materials(runs: Runs) -> str:
    """Return each material once: its regions, and a table of its values."""
    used: dict[str, tuple[Material, dict[str, None]]] = {}
    for design in runs.designs.values():
        for region, one in design.materials.items():
            at = used.setdefault(str(one), (one, {}))
            at[1][re.sub(r"_\d+$", "", region)] = None
    rows = []
    for one, regions in used.values():
        head = f"<b>{told(one.name)}</b><br>{told(', '.join(regions))}"
        for key, value in one.properties.items():
            rows.append([head, *_row(key, value)])
            head = ""
    top = ["material, used in", "property", "value", "unit", "grade", "source", "note"]
    return section("Materials", table(top, rows, "text small"))


def _row(key: str, value: Property) -> list[str]:
    """Return a property as cells; the value of one that differs along axes names them."""
    unit = "" if value.unit == "1" else pretty_unit(value.unit)
    shown = value.text.replace(f" {unit}", "") if unit else value.text
    grade = f"<span class='doubt'>{value.grade}</span>" if value.grade in UNSURE else str(value.grade)
    kind = f"<span class='n'>{told(shown)}</span>" if value.axes is None else f"anisotropic: {told(shown)}"
    return [quantity(key), kind, told(unit or "–"), grade, told(value.source), told(value.note)]


def unsure(summary: Summary) -> list[Note]:
    """Return notes on the material values without a source, and on those on which sources disagree."""
    found = []
    for grades, kind in KINDS.items():
        names: dict[str, dict[str, None]] = {}
        for design in summary.designs.values():
            for one in design.materials.values():
                for key, value in one.properties.items():
                    if value.grade in grades:
                        names.setdefault(one.name, {})[key] = None
        values = "; ".join(f"{name} ({', '.join(keys)})" for name, keys in names.items())
        found += [Note(Weight.MATERIALS, f"values {kind}: {values}")] if names else []
    return found
