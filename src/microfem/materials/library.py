"""Read materials from the YAML files of the library, or from the properties in a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from microfem.base.errors import MicrofemError, UnitError
from microfem.base.extensions import library
from microfem.base.located_yaml import parse_source
from microfem.base.registry import did_you_mean
from microfem.base.temperatures import CELSIUS, DEGREES
from microfem.base.units import convert, format_quantity
from microfem.materials.anisotropy import Anisotropy
from microfem.materials.dependence import UNITS, Dependence, dependence
from microfem.materials.material import (
    ANISOTROPIC,
    BOUNDS,
    DEPENDS,
    PROPERTIES,
    Material,
    Property,
    in_bounds,
)
from microfem.materials.resistances import CONDUCTIVITY, RESISTIVITY, inverse_of
from microfem.materials.schema import MaterialModel, PropertyModel, RangedModel
from microfem.materials.stress_strain import ELASTIC, REPLACED, derived, true_points

CURVE = "stress_strain"
LAWS = ("neo_hooke", "mooney", "yeoh", "ogden", "gent")  # how the coefficients of laws of finite strain begin
MOST_CONTRAST = 1e8  # of a property between axes

M = TypeVar("M", bound=BaseModel)


def parse_material(
    name: str, stated: Mapping[str, PropertyModel], base: Material | None = None, description: str = ""
) -> Material:
    """Return a material with stated properties, which replace those of `base`.

    Raises:
        MicrofemError: an unknown property, a unit of another dimension, or a value outside the physical bounds.
    """
    properties = dict(base.properties) if base else {}
    if {CONDUCTIVITY, RESISTIVITY} <= set(stated):
        raise MicrofemError(f"material '{name}' states {CONDUCTIVITY} and {RESISTIVITY}; keep one")
    for key, entry in stated.items():
        known, plain = _as_conductivity(key, entry, f"material '{name}': {key}")
        properties[known] = _property(name, known, plain)
    if CURVE in stated:
        _derive(name, stated, properties)
    elif any(key in (*ELASTIC, *REPLACED) or key.startswith(LAWS) for key in stated):
        properties.pop(CURVE, None)  # of `base`, which no longer describes it
    return Material(name, description or (base.description if base else ""), properties)


def _derive(name: str, stated: Mapping[str, PropertyModel], properties: dict[str, Property]) -> None:
    """Put what a curve of stress against strain says in place of what was stated before it.

    Raises:
        MicrofemError: the same is stated beside the curve, or the curve is none of its kind.
    """
    entry, curve = stated[CURVE], properties[CURVE]
    if curve.table is None:
        raise MicrofemError(f"material '{name}': {CURVE} is a curve; state a table or a file, of: strain")
    try:
        values, note = derived(curve.table.points, entry.fit)
    except ValueError as error:
        raise MicrofemError(f"material '{name}': {CURVE}: {error}") from None
    if twice := [key for key in (*values, *REPLACED) if key in stated]:
        raise MicrofemError(f"material '{name}' states {CURVE} and {twice[0]}, which follows from it; keep one")
    laws = [key for key in properties if key.startswith(LAWS)]
    for key in (*ELASTIC, *REPLACED, *laws):
        properties.pop(key, None)
    for key, value in values.items():
        properties[key] = Property(value=value, unit=PROPERTIES[key], source=curve.source, note=note, grade=curve.grade)


def _as_conductivity(key: str, stated: PropertyModel, what: str) -> tuple[str, PropertyModel]:
    """Return a property as conductivity, S/m, where a resistance states it, and as it is otherwise."""
    inverse = inverse_of(key, stated.unit, stated.thickness, what)
    if inverse is None:
        return key, stated
    at = "" if stated.thickness is None else f" at a thickness of {stated.thickness:g} um"
    one, axes = "" if stated.value is None else f" {stated.value:g}", stated.anisotropy()
    changes: dict[str, object] = {name: inverse(value) for name, value in (axes.values if axes else {}).items()}
    changes |= {
        "value": None if stated.value is None else inverse(stated.value),
        "table": tuple((state, inverse(value)) for state, value in stated.table),
        "unit": PROPERTIES[CONDUCTIVITY],
        "source": f"{stated.source} (as resistance{one} {stated.unit}{at})",
    }
    if isinstance(stated, RangedModel) and stated.range:
        changes["range"] = (inverse(stated.range[1]), inverse(stated.range[0]))
    return CONDUCTIVITY, stated.model_copy(update=changes)


def _property(name: str, key: str, stated: PropertyModel) -> Property:
    if key not in PROPERTIES:
        raise MicrofemError(f"material '{name}': unknown property '{key}'{did_you_mean(key, PROPERTIES)}")
    unit, what = PROPERTIES[key], f"material '{name}': {key}"
    table, stretch = None, stated.range if isinstance(stated, RangedModel) else None
    axes = stated.anisotropy()
    if axes is not None:
        axes = _along_axes(axes, stated.unit, key, what)
        values = [max(axes.values.values())]
    elif stated.value is not None:
        values = [in_unit(stated.unit, unit, value, what) for value in (stated.value, *(stretch or ()))]
    else:
        table = _table(stated, key, unit, what)
        values = [value for _, value in table.points]
    for value in values:
        _refuse_outside(key, value, what)
    return Property(
        value=values[len(values) // 2] if table else values[0],
        unit=unit,
        source=stated.source,
        note=stated.note,
        grade=stated.grade,
        table=table,
        range=(values[1], values[2]) if stretch else None,
        axes=axes,
    )


def _refuse_outside(key: str, value: float, what: str) -> None:
    """Refuse a value outside the physical bounds of a property; what: its name, for the message."""
    if not in_bounds(key, value):
        shown = format_quantity(value, PROPERTIES[key], 6)
        raise MicrofemError(f"{what} = {shown} is impossible: it must lie in {BOUNDS[key]}")


def _along_axes(axes: Anisotropy, unit: str, key: str, what: str) -> Anisotropy:
    """Return values along axes in microfem's unit; unit: the stated one.

    Raises:
        MicrofemError: the property is one number, or impossible or 0 along an axis, or differs by too much.
    """
    if key not in ANISOTROPIC:
        raise MicrofemError(f"{what} is one number; {' and '.join(ANISOTROPIC)} may differ along axes")
    values = {name: in_unit(unit, PROPERTIES[key], value, what) for name, value in axes.values.items()}
    for name, value in values.items():
        _refuse_outside(key, value, f"{what}, {name}")
        if value == 0.0:
            remedy = f"state {name} as small as it is, or value: 0 for an insulator"
            raise MicrofemError(f"{what}, {name} = 0 is impossible: it must be above 0 along each axis; {remedy}")
    if max(values.values()) > MOST_CONTRAST * min(values.values()):
        raise MicrofemError(f"{what} differs between axes by more than {MOST_CONTRAST:g}, which no mesh resolves")
    return replace(axes, values=values)


def _table(stated: PropertyModel, key: str, unit: str, what: str) -> Dependence:
    """Return a property that depends on a state, in microfem's units.

    Raises:
        MicrofemError: the property cannot depend on that state, or the table is no function.
    """
    if stated.of not in DEPENDS.get(key, ()):
        known = " or ".join(DEPENDS.get(key, ())) or "nothing"
        raise MicrofemError(f"{what} may depend on {known}, not on {stated.of}")
    if stated.file:
        raise MicrofemError(f"{what}: a file is read for a study; state its table here")
    own = stated.of_unit or UNITS[stated.of]
    celsius = stated.of == "temperature" and own in DEGREES
    states = [
        x + CELSIUS if celsius else in_unit(own, UNITS[stated.of], x, f"{what}, of_unit") for x, _ in stated.table
    ]
    points = [(x, in_unit(stated.unit, unit, y, what)) for x, (_, y) in zip(states, stated.table, strict=True)]
    try:
        if key == CURVE:
            points = true_points(points, stated.measure)
        return dependence(stated.of, points)
    except ValueError as error:
        raise MicrofemError(f"{what}: {error}") from None


def in_unit(stated: str, unit: str, value: float, what: str) -> float:
    """Return a value in a unit from that in the stated unit; what: name of the property, for the message.

    Raises:
        UnitError: the stated unit has another dimension.
    """
    try:
        return convert(stated, unit, value)
    except UnitError as error:
        raise UnitError(f"{what}: {error}") from None


def read_library(kind: str, model: type[M], name: str, text: str) -> M:
    """Read the text of a library file by its schema; kind, name: for messages.

    Raises:
        MicrofemError: the text is not YAML, or lacks an entry such as the source of a value.
    """
    return read_entry(kind, model, name, parse_source(text, f"{name}.yaml", Path()).data)


def read_entry(kind: str, model: type[M], name: str, data: object) -> M:
    """Read the data of a library file, or of its like in a study, by its schema; kind, name: for messages.

    Raises:
        MicrofemError: an entry is missing, such as the source of a value, or is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise MicrofemError(f"{kind} '{name}': " + "; ".join(wrong)) from error


def material_names() -> list[str]:
    """Return the names of the library's materials."""
    return list(library("materials"))


@cache
def load_material(name: str) -> Material:
    """Load a material of the library.

    Raises:
        MicrofemError: the library has no such material, and the message suggests a name; or its file is not valid.
    """
    known = library("materials")
    if name not in known:
        raise MicrofemError(f"unknown material '{name}'{did_you_mean(name, known)}")
    return read_material(name, known[name].read_text(encoding="utf-8"))


def read_material(name: str, text: str) -> Material:
    """Read the text of a library file.

    Raises:
        MicrofemError: the text is not YAML, or not a material with a source for every value.
    """
    model = read_library("material", MaterialModel, name, text)
    return parse_material(name, model.properties, description=model.description)
