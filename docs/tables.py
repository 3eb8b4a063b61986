"""The tables of the documentation that come from the registries.

python docs/tables.py writes them into the pages of docs, between `<!-- table: NAME ARGUMENT -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from microfem.dic.presets import presets
from microfem.fabrication import LIMITS, RULES, load_technique, technique_names
from microfem.families import FAMILIES, Param
from microfem.literature import reported
from microfem.materials import load_material, material_names
from microfem.metrics import METRICS
from microfem.physics import PHYSICS

DOCS = Path(__file__).parent
BLOCK = re.compile(r"(<!-- table: (\w+) ?(\w*) -->\n).*?(<!-- end -->)", re.DOTALL)


def parameters(family: str) -> str:
    """Return the parameters of a family."""
    rows = [
        [f"`{name}`", _value(default), param.unit, _bounds(kind, param), param.doc]
        for name, (kind, param, default) in FAMILIES.get(family).params.items()
    ]
    return _table(["parameter", "default", "unit", "bounds", "meaning"], rows)


def roles(family: str) -> str:
    """Return the default material of each role or region that a family can have."""
    one = FAMILIES.get(family)
    rows = [
        [f"`{role}`", f"`{material}`"]
        for role, material in one.materials.items()
        if not role.endswith("_tab") or "tab_length" in one.params
    ]
    return _table(["role", "default material"], rows)


def families(_: str) -> str:
    """Return one line about each family."""
    rows = []
    for name in FAMILIES.names():
        one = FAMILIES.get(name)
        rows.append([f"[{name}](families/{name}.md)", _first(one.summary), ", ".join(one.dimensions)])
    return _table(["family", "what it is", "views"], rows)


def fields(physics: str) -> str:
    """Return the fields of a physics."""
    rows = [[f"`{name}`", label, unit] for name, (label, unit) in PHYSICS.get(physics).fields.items()]
    return _table(["field", "what it is", "unit"], rows)


def metrics(physics: str) -> str:
    """Return the metrics of a physics, or of the layout where none is named."""
    rows = []
    for name in METRICS.names():
        one = METRICS.get(name)
        if (physics in one.on) if physics else not one.on:
            options = ", ".join(f"`{key}`" if f.is_required() else f"`{key}={_value(f.default)}`"
                                for key, f in one.model.model_fields.items())  # fmt: skip
            rows.append([f"`{name}`", _text(one.summary), one.unit, one.depth_unit if one.on else "", one.better,
                         "yes" if one.pointwise else "", options])  # fmt: skip
    return _table(["metric", "definition", "unit", "unit in 2D", "better", "peak", "options"], rows)


def techniques(_: str) -> str:
    """Return the limits of every technique side by side, in the units that they are held in."""
    rows = []
    for name in technique_names():
        limits = load_technique(name).limits
        rows.append([f"`{name}`", *(f"{limits[key].value:.4g}" if key in limits else "" for key in LIMITS)])
    head = [key.replace("_", " ") + (f" ({unit})" if unit != "1" else "") for key, unit in LIMITS.items()]
    return _table(["technique", *head], rows)


def limits(_: str) -> str:
    """Return where every limit comes from."""
    rows = []
    for name in technique_names():
        for key, one in load_technique(name).limits.items():
            value = f"{one.value:.4g} {one.unit}".removesuffix(" 1")
            rows.append([f"`{name}`", key.replace("_", " "), value, one.source, one.note])
    return _table(["technique", "limit", "value", "source", "note"], rows)


def rules(_: str) -> str:
    """Return how each rule is measured."""
    rows = [[f"`{name}`", _text(one.summary), "yes" if one.crossed else "", "warning" if one.warning else "violation"]
            for name, one in RULES.items()]  # fmt: skip
    return _table(["rule", "what is measured", "in cross-sections", "beyond it"], rows)


def reported_cells(_: str) -> str:
    """Return the reported cells with what their figures imply."""
    rows = []
    for one in reported():
        figures = [f"{value[0]:g} {value[1]}" if value else "" for value in (one.capacity, one.energy, one.power)]
        implied = [f"{value:.2f}" if value else "" for value in (one.mean_voltage, one.window)]
        kind = f"{one.chemistry} {one.storage}"
        rows.append([one.electrodes, one.electrolyte, kind, *figures, *implied, one.footprint, one.reference])
    head = ["electrodes", "electrolyte", "kind", "capacity", "energy", "power", "E / Q (V)", "sqrt(2 E / C) (V)",
            "footprint", "reference"]  # fmt: skip
    return _table(head, rows)


def values(_: str) -> str:
    """Return every value of the materials with its grade, its source and its note."""
    rows = []
    for name in material_names():
        for key, one in load_material(name).properties.items():
            rows.append([f"`{name}`", key.replace("_", " "), one.text, one.grade, one.source, one.note])
    return _table(["material", "property", "value", "grade", "source", "note"], rows)


def programs(_: str) -> str:
    """Return what a map of each program of image correlation is known by."""
    rows = []
    for one in presets():
        measures = ", ".join(one.settings.get("measure", {})) or (
            "not stated" if "exx" in one.columns else "no strains"
        )
        lost = "; ".join(rule.why for rule in one.lost) or "no numbers, or u = v = 0"
        found = [key.replace("_", " ") for key in one.settings if key not in ("measure", "name", "load", "program")]
        rows.append([f"`{one.name}`", one.description, one.y, measures, lost,
                     ", ".join(found)])  # fmt: skip
    return _table(["program", "what is read", "y points", "measures found", "lost points", "settings found"], rows)


TABLES: Mapping[str, Callable[[str], str]] = {
    "parameters": parameters, "roles": roles, "families": families, "fields": fields, "metrics": metrics,
    "techniques": techniques, "limits": limits, "rules": rules, "reported": reported_cells, "programs": programs,
    "values": values}  # fmt: skip


def filled(text: str) -> str:
    """Return a page with every generated table as the registries give it now."""
    return BLOCK.sub(lambda found: f"{found[1]}{TABLES[found[2]](found[3])}\n{found[4]}", text)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    every = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in every)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value or "''"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _bounds(kind: Any, param: Param) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(map(str, get_args(kind)))
    if kind is bool:
        return "true, false"
    if kind is str:
        return "an outline"
    return f"{param.low:.15g} to {param.high:.15g}"


def _first(text: str) -> str:
    return text.strip().split("\n", 1)[0]


def _text(summary: str) -> str:
    return " ".join(summary.split())


if __name__ == "__main__":
    for page in sorted(DOCS.rglob("*.md")):
        before = page.read_text(encoding="utf-8")
        if (after := filled(before)) != before:
            page.write_text(after, encoding="utf-8")
            print(page.relative_to(DOCS))
