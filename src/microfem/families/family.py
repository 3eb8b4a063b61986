"""The frame of every family: a decorator that turns a function's signature into a schema."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import wraps
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    create_model,
)

from microfem.base.errors import LayoutError, brief
from microfem.base.registry import Registry, did_you_mean
from microfem.base.units import quantity
from microfem.layout import Layout, Placement, Region, Sheet
from microfem.layout.layers import Layers, with_layers
from microfem.materials import Material, load_material


@dataclass(frozen=True)
class Param:
    """A family's description of a parameter: meaning, unit ("" for counts and choices) and bounds in that unit.

    step: values are its multiples, 1 for whole numbers; 0 for any value.
    """

    doc: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Family:
    """A family of layouts.

    params: name -> (type, Param, default).
    dimensions: its valid views, the default first.
    materials: default material name by role or region name.
    sizes: parameters of which one follows from the area of a device: its footprint grows with each of them.
    layers: those of a layout for which none are stated.
    """

    name: str
    summary: str
    params: Mapping[str, tuple[type, Param, object]]
    dimensions: tuple[str, ...]
    materials: Mapping[str, str]
    function: Callable[..., Layout]
    model: type[BaseModel]
    sizes: tuple[str, ...] = ()
    layers: Layers = Layers()


FAMILIES: Registry[Family] = Registry("family", "microfem.families")


def family(
    dimensions: tuple[str, ...],
    materials: Mapping[str, str],
    sizes: tuple[str, ...] = (),
    layers: Layers = Layers(),
) -> Callable[[Callable[..., Layout]], Callable[..., Layout]]:
    """Register a function `(keyword-only parameters) -> Layout` as a family named after it.

    Each parameter is `name: Annotated[type, Param(...)] = default`; or a group of parameters that families share,
    `name: Group = Group(...)`, a dataclass of such fields, which a study states one by one.
    """

    def register(function: Callable[..., Layout]) -> Callable[..., Layout]:
        params = _parameters(function)
        typed: dict[str, Any] = {name: (_annotation(*one), one[2]) for name, one in params.items()}
        model = create_model(f"{function.__name__}_params", __config__=ConfigDict(extra="forbid", frozen=True), **typed)
        summary = inspect.getdoc(function) or ""
        FAMILIES.add(
            function.__name__,
            Family(
                name=function.__name__,
                summary=summary,
                params=params,
                dimensions=dimensions,
                materials=materials,
                function=_grouping(function),
                model=model,
                sizes=sizes,
                layers=layers,
            ),
        )
        return function

    return register


def _parameters(function: Callable[..., Layout]) -> dict[str, tuple[type, Param, object]]:
    hints = get_type_hints(function, include_extras=True)
    stated: dict[str, tuple[Any, object]] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if is_dataclass(group := parameter.default):
            inner = get_type_hints(type(group), include_extras=True)
            stated |= {entry.name: (inner[entry.name], getattr(group, entry.name)) for entry in fields(group)}
        else:
            stated[name] = (hints[name], parameter.default)
    params = {}
    for name, (hint, default) in stated.items():
        kind, param = get_args(hint)[:2]
        if not isinstance(param, Param):
            raise TypeError(f"{function.__name__}.{name} needs Annotated[type, Param(...)]")
        params[name] = (kind, replace(param, step=1.0) if kind is int else param, default)
    return params


def _grouping(function: Callable[..., Layout]) -> Callable[..., Layout]:
    """Return a function of single parameters that collects those of each group."""
    defaults = {name: entry.default for name, entry in inspect.signature(function).parameters.items()}
    groups = {name: entry for name, entry in defaults.items() if is_dataclass(entry) and not isinstance(entry, type)}

    @wraps(function)
    def build(**params: object) -> Layout:
        for name, group in groups.items():
            params[name] = replace(group, **{entry.name: params.pop(entry.name) for entry in fields(group)})
        return function(**params)

    return build


def _annotation(kind: Any, param: Param, default: object) -> Any:
    bounds = Field(ge=param.low, le=param.high, multiple_of=param.step or None, description=param.doc)
    if param.step and kind is float:
        return Annotated[float, bounds, AfterValidator(counted)]
    if not param.unit:
        return Annotated[kind, bounds] if get_origin(kind) is None and kind is not bool else kind

    schema = {
        "type": ["string", "number"],
        "description": f"{param.doc} [{param.unit}]",
        "default": f"{default} {param.unit}",
    }
    read = quantity(param.unit, param.low, param.high)
    return Annotated[float, BeforeValidator(read), WithJsonSchema(schema)]


def counted(number: float) -> float:
    """Return a count: whole numbers as such."""
    return int(number) if number.is_integer() else number


def require(condition: bool, parameter: str, value: object, bound: str) -> None:
    """Refuse a combination of parameters that breaks a bound.

    Raises:
        LayoutError: the condition does not hold.
    """
    if not condition:
        raise LayoutError(parameter, f"{value:.6g}" if isinstance(value, float) else value, bound)


def require_positive(**sizes: float) -> None:
    """Refuse lengths (um) that are not above 0; the keywords are the names of their parameters.

    Raises:
        LayoutError: with the first such parameter.
    """
    for name, size in sizes.items():
        require(size > 0.0, name, size, "must be above 0 um")


def build_layout(
    name: str,
    params: Mapping[str, object],
    materials: Mapping[str, Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = Layers(),
) -> Layout:
    """Build a layout of a family.

    params: values in the unit of each parameter; missing ones take their defaults.
    materials: by region name or role; they replace the family's defaults.
    layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another type or breaks a bound.
        MicrofemError: no family has that name.
    """
    kind = FAMILIES.get(name)
    return lay_out(name, bared(kind, checked(kind, params), params, layers), materials, placement, layers)


def bared(kind: Family, params: Mapping[str, Any], stated: Collection[str], layers: Layers) -> Mapping[str, Any]:
    """Return parameters without the substrate over layers below, and without the cover under layers above.

    A substrate that a family cannot do without stays, and layers lie under it.

    Raises:
        LayoutError: one of the stated parameters is the thickness of what layers replace.
    """
    replaced = {"substrate_thickness": layers.below, "encapsulation_thickness": layers.above}
    names = [
        name for name, there in replaced.items() if there and name in kind.params and kind.params[name][1].low == 0.0
    ]
    for name in names:
        if name in stated and params[name] != 0.0:
            side = "below" if name == "substrate_thickness" else "above"
            raise LayoutError(name, f"{params[name]:.6g} um", f"state it as the first layer of `{side}` instead")
    return {**params, **dict.fromkeys(names, 0.0)}


def checked(kind: Family, params: Mapping[str, object]) -> dict[str, Any]:
    """Return all parameters as the schema of a study reads them; values in the unit of each.

    Raises:
        LayoutError: a parameter is unknown, has another type or breaks a bound.
    """
    for name in params:
        if name not in kind.params:
            raise LayoutError(name, params[name], f"{kind.name} has no such parameter{did_you_mean(name, kind.params)}")
    try:
        stated = {name: _stated(value, kind.params[name][1].unit) for name, value in params.items()}
        return kind.model.model_validate(stated, strict=True).model_dump()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise LayoutError(name, params[name], first["msg"].removeprefix("Value error, ")) from None


def _stated(value: object, unit: str) -> object:
    """Return a value as a study states it: a number with its unit."""
    value = value.item() if isinstance(value, np.generic) else value
    return f"{brief(value)} {unit}" if unit and isinstance(value, float | int) else value


def lay_out(
    name: str,
    params: Mapping[str, object],
    materials: Mapping[str, Material] | None,
    placement: Placement | None,
    layers: Layers = Layers(),
) -> Layout:
    """Build a layout from parameters that were checked before, or lie a step beyond a bound for a derivative.

    Raises:
        LayoutError: the parameters exclude each other.
        MicrofemError: no family has that name.
    """
    kind = FAMILIES.get(name)
    full = {key: params.get(key, default) for key, (_, _, default) in kind.params.items()}
    layers = layers if layers.all else replace(kind.layers, surroundings=layers.surroundings)
    layout = replace(with_layers(kind.function(**full), layers), family=name, params=full)
    stated, own = dict(materials or {}), layers.materials
    chosen = {part.name: _material(part, stated, own, kind.materials) for part in layout.parts()}
    layout = replace(layout, materials=chosen)
    return layout.placed(placement) if placement else layout


def _material(
    part: Region | Sheet, stated: Mapping[str, Material], own: Mapping[str, str], defaults: Mapping[str, str]
) -> Material:
    """Return the material of a part: as stated for its name, its layer's own, as stated for its role, the default."""
    if part.name in stated:
        return stated[part.name]
    if part.name in own:
        return load_material(own[part.name])
    return stated.get(part.role) or load_material(defaults.get(part.name) or defaults[part.role])
