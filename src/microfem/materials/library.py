"""Read materials: from the library's YAML files, or from the mapping a study states in place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from microfem.errors import MicrofemError
from microfem.materials.material import PROPERTIES, Material, Property
from microfem.registry import did_you_mean
from microfem.units import convert


def _number(value: object) -> object:
    return float(value) if isinstance(value, str) else value


class PropertyModel(BaseModel):
    """`{value, unit, source, note}`: the source is mandatory."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
    unit: str
    source: Annotated[str, Field(min_length=3)]
    note: str = ""


def parse_material(
    name: str, stated: Mapping[str, PropertyModel], base: Material | None = None, description: str = ""
) -> Material:
    """Make a material from stated properties, over those of `base` where one is given.

    Raises:
        MicrofemError: an unknown property, or a unit of another kind.
    """
    properties = dict(base.properties) if base else {}
    for key, one in stated.items():
        if key not in PROPERTIES:
            raise MicrofemError(f"material '{name}': unknown property '{key}'{did_you_mean(key, PROPERTIES)}")
        factor = convert(one.unit, PROPERTIES[key])
        properties[key] = Property(one.value * factor, PROPERTIES[key], one.source, one.note)
    return Material(name, description or (base.description if base else ""), properties)


def material_names() -> list[str]:
    """Return the names of the library's materials."""
    folder = files("microfem.materials") / "data"
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml"))


@cache
def load_material(name: str) -> Material:
    """Load a material of the library.

    Raises:
        MicrofemError: there is none of that name; the message names the nearest.
    """
    if name not in material_names():
        raise MicrofemError(f"unknown material '{name}'{did_you_mean(name, material_names())}")
    text = (files("microfem.materials") / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    stated = {key: PropertyModel.model_validate(one) for key, one in data["properties"].items()}
    return parse_material(name, stated, description=data["description"])
