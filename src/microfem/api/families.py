"""Each family as a function of keyword arguments: `microfem.interdigital(gap="50 um")` returns a layout."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from microfem.families import FAMILIES, Family, build_layout
from microfem.layout import Layout, Placement
from microfem.layout.layers import Layers
from microfem.materials import Material, load_material

COMMON = {
    "materials": "by role or name of a region: a material, or the name of one of the library",
    "placement": "the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0)",
    "layers": "under and over it; they take the place of its substrate and its cover",
}


def family_function(name: str) -> Callable[..., Layout]:
    """Return the function of a family; its parameters are quantities such as "50 um", or numbers in their units.

    Raises:
        MicrofemError: no family has that name.
    """
    family = FAMILIES.get(name)

    def build(**stated: Any) -> Layout:
        return _build(name, **stated)

    build.__name__ = build.__qualname__ = name
    build.__module__ = "microfem"
    build.__doc__ = described(family)
    build.__signature__ = signature(family)  # type: ignore[attr-defined]
    return build


def _build(
    name: str,
    *,
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = Layers(),
    **params: object,
) -> Layout:
    chosen = {part: load_material(one) if isinstance(one, str) else one for part, one in (materials or {}).items()}
    return build_layout(name, params, chosen, placement, layers)


def signature(family: Family) -> inspect.Signature:
    """Return the signature of a family's function: its parameters with their defaults as quantities."""
    common = inspect.signature(_build)
    own = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=stated(default, param.unit),
                          annotation=float | str if param.unit else kind)
        for name, (kind, param, default) in family.params.items()
    ]  # fmt: skip
    return common.replace(parameters=[*own, *(one for name, one in common.parameters.items() if name in COMMON)])


def stated(default: object, unit: str) -> object:
    """Return a default as a caller would state it: `300 um`, or a count as a number."""
    return f"{default:g} {unit}" if unit and isinstance(default, float) else default


def described(family: Family) -> str:
    """Return the docstring of a family's function: its parameters with unit and bounds."""
    lines = [family.summary, "", "Args:"]
    for name, (_, param, _) in family.params.items():
        bounds = "" if param.low is None else f", {param.low:g} to {param.high:g} {param.unit}".rstrip()
        lines.append(f"    {name}: {param.doc}{bounds}.")
    lines += [f"    {name}: {text}." for name, text in COMMON.items()]
    refused = ["Raises:", "    LayoutError: a parameter is unknown, has another unit, or breaks a bound."]
    return "\n".join([*lines, "", *refused])
