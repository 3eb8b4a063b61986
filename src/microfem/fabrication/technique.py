"""Fabrication processes, from files or stated in a study: every limit needs a source, like a material's property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from microfem.base.errors import MicrofemError, UnitError
from microfem.base.extensions import library
from microfem.base.registry import UnknownName, did_you_mean
from microfem.base.units import parse_quantity
from microfem.materials import Property
from microfem.materials.library import in_unit, read_entry, read_library
from microfem.materials.schema import QuantityModel

# Limits that a fabrication process may state, with their units. A process leaves out a limit without a reliable source.
LIMITS: dict[str, str] = {
    "minimum_width": "um",
    "minimum_gap": "um",
    "minimum_thickness": "um",
    "maximum_thickness": "um",
    "aspect_ratio": "1",
    "registration": "um",
    "corner_radius": "um",
    "lateral_growth": "1",
    "kerf": "um",
}
OF_ALL = ("source", "note", "grade")  # keys that may be stated once for all limits


@dataclass(frozen=True)
class Technique:
    """A fabrication process of electrodes and collectors; limits: name -> value in the unit of LIMITS, source, note."""

    name: str
    description: str
    limits: Mapping[str, Property]


class TechniqueModel(BaseModel):
    """The schema of a process, in a library file or in a study.

    Limits stand under `limits`, each with its source, or beside one source of all: `{kerf: 40 um, source: ...}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: Annotated[str, Field(min_length=3)] = "a process of one's own"
    limits: Annotated[dict[str, QuantityModel], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _gathered(cls, stated: object) -> object:
        """Return the mapping with the limits that stand beside their source under `limits`."""
        if not isinstance(stated, Mapping) or "limits" in stated:
            return stated
        common = {key: stated[key] for key in OF_ALL if key in stated}
        about = {key: stated[key] for key in ("description",) if key in stated}
        limits = {key: {**_quantity(key, one), **common} for key, one in stated.items() if key not in (*OF_ALL, *about)}
        return {**about, "limits": limits}


def technique_names() -> list[str]:
    """Return the names of the library's fabrication processes."""
    return list(library("techniques"))


@cache
def load_technique(name: str) -> Technique:
    """Load a fabrication process of the library.

    Raises:
        UnknownName: the library has no such process; the message suggests a name.
        MicrofemError: its file is not valid.
    """
    known = library("techniques")
    if name not in known:
        raise UnknownName(f"unknown technique '{name}'{did_you_mean(name, known)}")
    return read_technique(name, known[name].read_text(encoding="utf-8"))


def read_technique(name: str, text: str) -> Technique:
    """Read the text of a file.

    Raises:
        MicrofemError: the text is not YAML, or not a fabrication process with a source for every limit.
    """
    return _technique(name, read_library("technique", TechniqueModel, name, text))


def stated_technique(name: str, data: Mapping[str, object]) -> Technique:
    """Return a process that a study states.

    Raises:
        MicrofemError: the mapping is not a fabrication process with a source for every limit.
    """
    return _technique(name, read_entry("technique", TechniqueModel, name, data))


def _technique(name: str, model: TechniqueModel) -> Technique:
    return Technique(name, model.description, {key: _limit(name, key, one) for key, one in model.limits.items()})


def _quantity(key: str, stated: object) -> dict[str, object]:
    """Return the value and the unit of a limit that is stated as a quantity."""
    if key not in LIMITS:
        raise ValueError(f"unknown key '{key}'{did_you_mean(key, (*LIMITS, *OF_ALL, 'description'))}")
    try:
        return {"value": parse_quantity(stated, LIMITS[key]), "unit": LIMITS[key]}
    except UnitError as error:
        raise ValueError(f"{key}: {error}") from None


def _limit(name: str, key: str, stated: QuantityModel) -> Property:
    if key not in LIMITS:
        raise MicrofemError(f"technique '{name}': unknown limit '{key}'{did_you_mean(key, LIMITS)}")
    value = in_unit(stated.unit, LIMITS[key], stated.value, f"technique '{name}': {key}")
    if not value > 0.0:
        raise MicrofemError(f"technique '{name}': {key} = {value:g} {LIMITS[key]} is impossible: it must be above 0")
    return Property(value=value, unit=LIMITS[key], source=stated.source, note=stated.note, grade=stated.grade)
