"""Materials that cases name, such as that of a module's collectors: those of the study stand in place of names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from microfem.materials import Material

KEY = "material"


def with_materials(stated: Any, defined: Mapping[str, Material]) -> Any:
    """Return what a case states, with the study's own materials in place of their names after `material`."""
    if isinstance(stated, list):
        return [with_materials(one, defined) for one in stated]
    if not isinstance(stated, Mapping):
        return stated
    inside = {key: with_materials(one, defined) for key, one in stated.items()}
    name = inside.get(KEY)
    return {**inside, KEY: defined[name]} if isinstance(name, str) and name in defined else inside


def materials_named(stated: Any) -> Iterator[str]:
    """Yield the materials that a case names."""
    if isinstance(stated, list | Mapping):
        for one in stated.values() if isinstance(stated, Mapping) else stated:
            yield from materials_named(one)
    if isinstance(stated, Mapping) and isinstance(stated.get(KEY), str):
        yield stated[KEY]
