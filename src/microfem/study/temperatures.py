"""The temperature of a study: that of its materials, and of cases that have one of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from microfem.base.errors import MicrofemError
from microfem.physics import PHYSICS
from microfem.study.design import Design


def at_temperature(stated: Mapping[str, object], kelvin: float | None) -> Mapping[str, object]:
    """Return what a case states, with the temperature of the study where its physics has one of its own."""
    kind = stated.get("physics")
    known = isinstance(kind, str) and kind in PHYSICS.names() and "temperature" in PHYSICS.get(kind).case.model_fields
    return stated if kelvin is None or not known else {"temperature": f"{kelvin!r} K", **stated}


def beyond_tables(design: Design, defined: Collection[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield place and message of each table of temperature that does not reach the temperature of a design.

    defined: names of the study's own materials.
    """
    for material in {one.name: one for one in design.layout().materials.values()}.values():
        for key, one in material.properties.items():
            if one.table is None or one.table.of != "temperature":
                continue
            try:
                material.value(key)
            except MicrofemError as error:
                place = ("materials", material.name, key) if material.name in defined else ("designs", design.name)
                remedy = "state temperature: of the study within the table (without one it is 25 degC), or extend it"
                yield place, f"{error}, the temperature of design '{design.name}'; {remedy}"
