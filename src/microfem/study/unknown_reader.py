"""Read a parameter that maps tell: its place in the study, as `--set` names it, and its range."""

from __future__ import annotations

import re
from collections.abc import Mapping

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.base.units import parse_quantity, quantity
from microfem.dic.unknown import Unknown
from microfem.families import FAMILIES
from microfem.materials.schema import RangedModel
from microfem.study.design import Design

DESIGNS = "designs."  # begins the place of a parameter of a layout
NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")
Stated = tuple[str | float, str | float, bool]  # from, to, log


def read_unknown(
    key: str, stated: Stated, materials: Mapping[str, Mapping[str, RangedModel]], design: Design | None
) -> Unknown:
    """Return an unknown from its place in the study and its range; design: that which was measured.

    Raises:
        MicrofemError: there is no such parameter, it has no small changes, or the range is none.
    """
    match key.split("."):
        case ["materials", material, entry]:
            return _of_material(key, stated, materials, material, entry)
        case ["designs", name, "params", parameter]:
            return _of_layout(key, stated, design, name, parameter)
    raise MicrofemError("expected materials.NAME.PROPERTY or designs.NAME.params.PARAMETER, as --set names them")


def set_unknown(one: Unknown, value: float) -> tuple[str, ...]:
    """Return the changes of a study that set an unknown."""
    if one.name.startswith(DESIGNS):
        return (f"{one.name}={value!r} {one.unit}",)
    return f"{one.name}.value={value!r}", f"{one.name}.unit='{one.unit}'"


def _of_material(
    key: str, stated: Stated, materials: Mapping[str, Mapping[str, RangedModel]], material: str, entry: str
) -> Unknown:
    if material not in materials:
        raise MicrofemError(f"no material '{material}' in this study{did_you_mean(material, materials)}")
    if entry not in materials[material]:
        hint = did_you_mean(entry, materials[material])
        raise MicrofemError(f"'{material}' states no {entry}, which the search could change{hint}")
    low, high = (NUMBER.fullmatch(str(one)) for one in stated[:2])
    if low is None or high is None:
        raise MicrofemError("write a range such as {from: 0.1 MPa, to: 3 MPa}")
    unit = low[2] or high[2]
    ends = [parse_quantity(f"{one[1]} {one[2] or unit}", unit) if unit else float(one[1]) for one in (low, high)]
    return _ranged(key, ends, unit, stated[2])


def _of_layout(key: str, stated: Stated, design: Design | None, name: str, parameter: str) -> Unknown:
    if design is None or name != design.name:
        measured = f"; the design that was measured is '{design.name}'" if design else ""
        raise MicrofemError(f"'{name}' is not the design that was measured{measured}")
    family = FAMILIES.get(design.family)
    if parameter not in family.params:
        raise MicrofemError(f"{family.name} has no parameter '{parameter}'{did_you_mean(parameter, family.params)}")
    if parameter in design.dependents.told:
        raise MicrofemError(f"{parameter} follows from {design.dependents.told[parameter]}; vary what it follows from")
    kind, param, _ = family.params[parameter]
    if kind is not float or param.step:
        raise MicrofemError(f"{parameter} is a count or a choice: no small change of it moves the map; compare designs")
    read = quantity(param.unit or "1", param.low, param.high)
    try:
        ends = [float(read(one)) for one in stated[:2]]
    except ValueError as error:
        raise MicrofemError(str(error)) from None
    return _ranged(key, ends, param.unit, stated[2])


def _ranged(key: str, ends: list[float], unit: str, log: bool) -> Unknown:
    if not ends[0] < ends[1] or (log and ends[0] <= 0.0):
        raise MicrofemError(f"from must lie below to{', and above 0 where log is true' if log else ''}")
    return Unknown(name=key, low=ends[0], high=ends[1], unit=unit, log=log)
