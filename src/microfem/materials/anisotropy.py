"""Properties that differ along the axes of a material: how they are stated, and the tensor that they are.

The axes are those of the layout at rest, and go with it onto a surface, around a fibre, along a roll: in a flat layout
x, y and z; in fibres and rolls, whose plan is a cross-section, radial, around and axial. `in_plane` and `through` are
those of layers: z is through them, in fibres and rolls radial.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from microfem.base.errors import MicrofemError, brief
from microfem.base.units import format_quantity, parse_quantity
from microfem.materials.numbers import Finite

Axes = tuple[str, str, str]
Tensor = tuple[tuple[float, ...], ...]

FLAT: Axes = ("x", "y", "z")
WOUND: Axes = ("radial", "around", "axial")  # of fibres and rolls
LAYERS, FIBRES = ("in_plane", "through"), ("along", "across")
FORMS = (FLAT, WOUND, LAYERS, FIBRES)
SHOWN = "x, y and z, or radial, around and axial, or in_plane and through, or along and across with a direction"


@dataclass(frozen=True)
class Anisotropy:
    """The values of a property along perpendicular axes.

    values: by axis, of one of FORMS; direction: that of `along`, an axis or an angle in the plan from x, degrees.
    """

    values: Mapping[str, float]
    direction: str | float = ""

    def fits(self, axes: Axes) -> bool:
        """Tell whether the values have a meaning in a layout with these axes, FLAT or WOUND."""
        if "along" in self.values:
            return axes == FLAT if isinstance(self.direction, float) else self.direction in axes
        return "through" in self.values or set(self.values) == set(axes)

    def tensor(self, axes: Axes) -> Tensor:
        """Return the tensor in axes that fit, row by row."""
        values = self.values
        if "along" in values:
            across, line = values["across"], self._line(axes)
            more = values["along"] - across
            return tuple(tuple(across * (i == j) + more * line[i] * line[j] for j in range(3)) for i in range(3))
        normal = "z" if axes == FLAT else "radial"
        names = [("through" if axis == normal else "in_plane") if "through" in values else axis for axis in axes]
        return tuple(tuple(values[name] * (i == j) for j in range(3)) for i, name in enumerate(names))

    def _line(self, axes: Axes) -> Sequence[float]:
        """Return the unit vector of `along`."""
        if isinstance(self.direction, float):
            turn = math.radians(self.direction)
            return (math.cos(turn), math.sin(turn), 0.0)
        return [float(axis == self.direction) for axis in axes]

    def text(self, unit: str) -> str:
        """Return the values with their unit."""
        angle = f"{self.direction:g} deg" if isinstance(self.direction, float) else self.direction
        along = f" {angle}" if angle else ""
        parts = [f"{format_quantity(value, unit)} {name.replace('_', ' ')}" for name, value in self.values.items()]
        return ", ".join([parts[0] + along, *parts[1:]])


def _direction(value: object) -> object:
    """Read the direction of `along`: an axis, or an angle such as `30 deg` as degrees.

    Raises:
        ValueError: it is neither.
    """
    if value is None or value in (*FLAT, *WOUND):
        return value
    if isinstance(value, str) and value.strip().endswith(("deg", "rad", "°")):
        with suppress(MicrofemError):
            return parse_quantity(value, "deg")
    names = ", ".join((*FLAT, *WOUND))
    raise ValueError(f"expected one of {names}, or an angle in the plan such as 30 deg, got {brief(repr(value))}")


def _one_number(value: object) -> object:
    """Refuse a list of numbers, with the way to state what differs along axes.

    Raises:
        ValueError: the value is a list.
    """
    if isinstance(value, list | tuple):
        numbers = ", ".join(f"{axis}: {one}" for axis, one in zip("xyz", [*value, "...", "..."], strict=False))
        raise ValueError(f"expected one number; state a value for each axis by its name, as in {numbers}")
    return value


class AxesModel(BaseModel):
    """The entries of a property that is one number, or one along each axis."""

    value: Annotated[Finite | None, BeforeValidator(_one_number)] = None
    x: Finite | None = None
    y: Finite | None = None
    z: Finite | None = None
    radial: Finite | None = None
    around: Finite | None = None
    axial: Finite | None = None
    in_plane: Finite | None = None
    through: Finite | None = None
    along: Finite | None = None
    across: Finite | None = None
    direction: Annotated[str | float | None, BeforeValidator(_direction)] = None

    def anisotropy(self) -> Anisotropy | None:
        """Return the values by their axes as they are stated, None where no axis is.

        Raises:
            ValueError: an axis is missing, or axes of two kinds are mixed.
        """
        values = {name: getattr(self, name) for form in FORMS for name in form if getattr(self, name) is not None}
        if not values:
            if self.direction is not None:
                raise ValueError("direction is that of along; state along and across too")
            return None
        form, *others = [one for one in FORMS if set(one) & set(values)]
        if others:
            raise ValueError(f"{', '.join(values)} are axes of two kinds; state {SHOWN}")
        if missing := [name for name in form if name not in values]:
            raise ValueError(f"{' and '.join(values)} alone: state {' and '.join(missing)} too; axes are {SHOWN}")
        if (form is FIBRES) != (self.direction is not None):
            raise ValueError("along and across need a direction, such as direction: y or 30 deg; other axes have none")
        return Anisotropy(values, "" if self.direction is None else self.direction)
