"""The content of the registries as text: lists, details, templates, and the JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.dic.presets import load_preset, program_names
from microfem.fabrication import load_technique, technique_names
from microfem.families import FAMILIES, Family
from microfem.materials import Property, load_material, material_names
from microfem.metrics import CURVES, METRICS
from microfem.physics import PHYSICS
from microfem.study.file_schema import StudyModel
from microfem.study.geometry_schema import GeometryModel
from microfem.study.template import plain

THINGS = ("family", "material", "metric", "curve", "physics", "technique", "dic-program")
KINDS = ("families", "materials", "metrics", "curves", "physics", "techniques", "dic-programs")


def listing(what: str) -> list[tuple[str, str]]:
    """Return the names of a kind, with one line about each.

    Raises:
        MicrofemError: `what` is not one of KINDS.
    """
    if what == "families":
        return [(name, _first(FAMILIES.get(name).summary)) for name in FAMILIES.names()]
    if what == "materials":
        return [(name, load_material(name).description) for name in material_names()]
    if what == "metrics":
        return [(name, _first(METRICS.get(name).summary)) for name in METRICS.names()]
    if what == "curves":
        return [(name, _first(CURVES.get(name).summary)) for name in CURVES.names()]
    if what == "physics":
        return [(name, _first(PHYSICS.get(name).summary)) for name in PHYSICS.names()]
    if what == "techniques":
        return [(name, load_technique(name).description) for name in technique_names()]
    if what == "dic-programs":
        return [(name, load_preset(name).description) for name in program_names()]
    raise MicrofemError(f"cannot list '{what}'{did_you_mean(what, KINDS)}")


def details(what: str, name: str) -> str:
    """Return the details of one entry as text.

    Raises:
        MicrofemError: the kind or the name is unknown.
    """
    if what in ("family", "families"):
        return _family(FAMILIES.get(name))
    if what in ("material", "materials"):
        material = load_material(name)
        return "\n".join([f"{name}: {material.description}", *_sourced(material.properties)])
    if what in ("technique", "techniques"):
        technique = load_technique(name)
        return "\n".join([f"{name}: {technique.description}", *_sourced(technique.limits)])
    if what in ("metric", "metrics"):
        metric = METRICS.get(name)
        on = f"of {' or '.join(metric.on)}" if metric.on else "of the layout"
        head = f"{name}, {on}, {metric.unit} (2D: {metric.depth_unit})"
        return "\n".join([head, metric.summary, *_options(metric.model)])
    if what in ("curve", "curves"):
        curve = CURVES.get(name)
        stored = "stored for every such case" if curve.always else "stored where a study lists it"
        head = f"{name}, of {' or '.join(curve.on) or 'every physics'}, {stored}"
        return "\n".join([head, curve.summary, *_options(curve.model)])
    if what == "physics":
        physics = PHYSICS.get(name)
        fields = [f"  field {key:24s} {label} ({unit})" for key, (label, unit) in physics.fields.items()]
        keys = [f"  {key}" for key in physics.case.model_fields]
        return "\n".join([f"{name}: {physics.summary}", "case keys:", *keys, *fields])
    if what in ("dic-program", "dic-programs"):
        preset = load_preset(name)
        columns = [f"  {held:10s} {' or '.join(patterns)}" for held, patterns in preset.columns.items()]
        lost = [f"  lost: {rule.why}" for rule in preset.lost]
        return "\n".join([f"{name}: {preset.description}", f"  y points {preset.y}", *lost, "columns:", *columns])
    raise MicrofemError(f"cannot show '{what}'{did_you_mean(what, THINGS)}")


def _options(model: type[BaseModel]) -> list[str]:
    return [
        f"  {key}" + ("" if field.is_required() else f" = {field.default!r}")
        for key, field in model.model_fields.items()
    ]


def _sourced(values: Mapping[str, Property]) -> list[str]:
    return [
        f"  {key:24s} "
        + (f"{one.value:<12.6g} {one.unit:8s}" if one.table is None and one.axes is None else one.text)
        + f" {one.source}"
        + (f" ({one.note})" if one.note else "")
        for key, one in values.items()
    ]


def _family(family: Family) -> str:
    rows = []
    for name, (_, param, default) in family.params.items():
        bounds = "" if param.low is None else f" [{param.low:g} .. {param.high:g}]"
        rows.append(f"  {name:26s} {plain(default)} {param.unit}{bounds}: {param.doc}")
    materials = ", ".join(f"{role}: {name}" for role, name in family.materials.items())
    head = f"{family.name} ({', '.join(family.dimensions)})"
    return "\n".join([head, family.summary, "parameters:", *rows, f"materials: {materials}"])


def study_schema() -> dict[str, Any]:
    """Return the JSON Schema of a study, including the parameters of families and the cases of physics."""
    schema = StudyModel.model_json_schema()
    own = [one for one in schema["properties"]["fabrication"]["anyOf"] if one["type"] == "object"]
    schema["properties"]["fabrication"] = {
        "anyOf": [{"enum": technique_names()}, {"type": "string", "pattern": r"\.ya?ml$"}, *own]
    }
    geometry = GeometryModel.model_json_schema(ref_template="#/$defs/{model}")
    schema.setdefault("$defs", {}).update(geometry["$defs"])
    designs = []
    for name in FAMILIES.names():
        params = FAMILIES.get(name).model.model_json_schema()
        for key, (_, param, default) in FAMILIES.get(name).params.items():
            own = params["properties"][key]
            own["default"] = f"{plain(default)} {param.unit}" if param.unit else default
            if own.get("type") in ("integer", "number"):
                own["type"] = ["string", own["type"]]  # an expression
        own_keys = {"family": {"const": name}, "params": params}
        needs = "layers" if FAMILIES.get(name).layers.all else "family"
        designs.append({"properties": geometry["properties"] | own_keys, "required": [needs]})
    schema["properties"]["designs"]["additionalProperties"] = {"anyOf": [{"type": "string"}, *designs]}
    cases = [PHYSICS.get(name).case.model_json_schema(ref_template="#/$defs/{model}") for name in PHYSICS.names()]
    for case in cases:
        schema.setdefault("$defs", {}).update(case.pop("$defs", {}))
    schema["properties"]["cases"]["additionalProperties"] = {"anyOf": cases}
    return schema


def _first(text: str) -> str:
    return text.strip().split("\n", 1)[0]
