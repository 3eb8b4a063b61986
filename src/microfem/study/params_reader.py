"""Read the parameters of a design: quantities, expressions of other parameters, and the one that an area fixes."""

from __future__ import annotations

from collections.abc import Mapping

from microfem.base.errors import InputProblem, LayoutError
from microfem.base.expressions import is_expression
from microfem.base.located_yaml import Path_, Source
from microfem.families import FAMILIES, Family
from microfem.families.family import bared
from microfem.layout.layers import Layers
from microfem.study.dependents import Dependents, Value
from microfem.study.geometry_schema import GeometryModel
from microfem.study.strict import validate


def read_params(
    source: Source, path: Path_, model: GeometryModel, layers: Layers, problems: list[InputProblem]
) -> tuple[dict[str, Value], Dependents] | None:
    """Return all parameters of the design at `path`, and which depend on others; None if there are problems."""
    family, before = FAMILIES.get(model.family), len(problems)
    expressions = {name: text for name, text in model.params.items() if may_depend(family, name, text)}
    plain = {name: value for name, value in model.params.items() if name not in expressions}
    params, found = validate(family.model, plain, source, (*path, "params"))
    problems += found
    sized = ""
    if model.area is not None:
        try:
            sized = left_out(family, model.area, model.params)
        except LayoutError as error:
            problems.append(source.problem((*path, "area"), str(error)))
    if params is None or len(problems) > before:
        return None
    dependents = Dependents(expressions=expressions, area=model.area, sized=sized)
    try:
        bare = bared(family, params.model_dump(), [*params.model_fields_set, *expressions], layers)
        return dependents.checked(family, bare), dependents
    except LayoutError as error:
        at = "area" if error.parameter == "area" else f"params.{error.parameter}"
        problems.append(source.problem((*path, *at.split(".")), str(error)))
        return None


def may_depend(family: Family, name: str, stated: object) -> bool:
    """Tell whether what is stated for a parameter is an expression: text for a number that is no quantity."""
    return name in family.params and family.params[name][0] in (int, float) and is_expression(stated)


def left_out(family: Family, area: float, stated: Mapping[str, object]) -> str:
    """Return the size that an area fixes: the one that is left out.

    Raises:
        LayoutError: the family has no such size, or none or several are left out.
    """
    text, free = f"{area * 1e-6:.6g} mm2", [name for name in family.sizes if name not in stated]
    if len(free) == 1:
        return free[0]
    sizes = " or ".join(family.sizes)
    if not family.sizes:
        able = ", ".join(name for name in FAMILIES.names() if FAMILIES.get(name).sizes)
        raise LayoutError("area", text, f"no size of {family.name} follows from it; a size of {able} does")
    if free:
        raise LayoutError("area", text, f"it would fix both {' and '.join(free)}; state one of them under params")
    raise LayoutError("area", text, f"it fixes {sizes}; leave {'one of them' if len(family.sizes) > 1 else 'that'} out")
