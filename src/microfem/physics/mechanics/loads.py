"""The schemas of loads: how a case of mechanics bends, stretches, twists, presses or swells a device."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, field_validator, model_validator
from pydantic import Field as Entry

from microfem.base.errors import UnitError
from microfem.base.temperatures import AnyTemperature
from microfem.base.units import parse_quantity

Face = Literal["xmin", "xmax", "ymin", "ymax", "zmin", "zmax"]


def _read(unit: str, example: str) -> BeforeValidator:
    """Return a reader of quantities other than zero in `unit`."""

    def read(value: object) -> float:
        try:
            number = parse_quantity(value, unit)
        except UnitError as error:
            raise ValueError(str(error)) from None
        if number == 0.0:
            raise ValueError(f"must not be zero; write for example '{example}'")
        return number

    return BeforeValidator(read)


def _schema(doc: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": ["string", "number"], "description": doc, "examples": [example]})


Radius = Annotated[float, _read("um", "5 mm"), _schema("radius of the arc; above 0: top inside", "5 mm")]
Strain = Annotated[float, _read("1", "5 %"), _schema("strain", "5 %")]
Rate = Annotated[float, _read("1/um", "10 deg/mm"), _schema("angle per length", "10 deg/mm")]
Angle = Annotated[float, _read("rad", "90 deg"), _schema("angle", "90 deg")]
Length = Annotated[float, _read("um", "1 mm"), _schema("length", "1 mm")]
Change = Annotated[float, _read("K", "60 K"), _schema("change of temperature", "60 K")]
Pressure = Annotated[float, _read("MPa", "10 kPa"), _schema("pressure, above 0 pushing on the face", "10 kPa")]


class OneLoad(BaseModel):
    """The base class of loads."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bend(OneLoad):
    """Pure bending: the end faces stay plane and turn, u = -k s (z - zn), with no net axial force.

    radius: of the arc. Above 0 its centre lies above the device (the top is compressed), below 0 under it.
    axis: the line that the device is bent about; y bends x into the arc and turns the faces xmin and xmax.
    """

    radius: Radius
    axis: Literal["x", "y"] = "y"


class Stretch(OneLoad):
    """The end faces along `axis` move apart, free in their plane or clamped; xy: along both axes."""

    strain: Strain
    axis: Literal["x", "y", "z", "xy"] = "x"
    clamped: bool = False

    @field_validator("strain")
    @classmethod
    def _above(cls, strain: float) -> float:
        if strain <= -1.0:
            raise ValueError(f"a strain of {100 * strain:.4g} % leaves no length; it must be above -100 %")
        return strain


class Twist(OneLoad):
    """The end faces along `axis` turn against each other in their plane and are free to warp (Saint-Venant).

    rate: angle per length, or angle: of one end against the other.
    """

    rate: Rate | None = None
    angle: Angle | None = None
    axis: Literal["x", "y", "z"] = "x"

    @model_validator(mode="after")
    def _one(self) -> Twist:
        if (self.rate is None) == (self.angle is None):
            raise ValueError("state rate (angle per length) or angle, one of them")
        return self

    def over(self, length: float) -> float:
        """Return the angle between two ends that far apart, rad."""
        return self.angle if self.angle is not None else (self.rate or 0.0) * length


class ThreePoint(OneLoad):
    """Bending over two supports under the device, `span` apart along x, by a line that pushes down in the middle."""

    deflection: Length
    span: Length


class Press(OneLoad):
    """A pressure on a region's free surface, or on its part in the face `side`; the face `fixed` is clamped."""

    value: Pressure
    on: str
    side: Face | None = None
    fixed: Face = "zmin"


class Mismatch(OneLoad):
    """Eigenstrains (misfit strains) of regions, by name or role: the strains they would take if they were free.

    fixed: the clamped face; without it the body is free.
    """

    strain: dict[str, Strain] = Entry(min_length=1)
    fixed: Face | None = None


class Thermal(OneLoad):
    """Free thermal expansion of every part, to the temperature of the study, as an eigenstrain.

    change: from the temperature at which the device is free of stress, or stress_free: that temperature; fixed: the
    clamped face; without it the body is free.
    """

    change: Change | None = None
    stress_free: AnyTemperature | None = None
    fixed: Face | None = None

    @model_validator(mode="after")
    def _one(self) -> Thermal:
        if (self.change is None) == (self.stress_free is None):
            raise ValueError("state change, such as 60 K, or stress_free, such as 150 degC, one of them")
        return self

    def start(self, kelvin: float) -> float:
        """Return the temperature at which a device that is now at `kelvin` is free of stress, K."""
        return self.stress_free if self.stress_free is not None else kelvin - (self.change or 0.0)


class OneOf(OneLoad):
    """Exactly one of the loads that the fields name; the others are None."""

    @model_validator(mode="after")
    def _one(self) -> OneOf:
        known = type(self).model_fields
        stated = [name for name in known if getattr(self, name) is not None]
        if len(stated) != 1:
            raise ValueError(f"state exactly one of {', '.join(known)}; got {', '.join(stated) or 'none'}")
        return self

    @property
    def chosen(self) -> OneLoad:
        """The load that is stated."""
        load: OneLoad = next(value for name in type(self).model_fields if (value := getattr(self, name)) is not None)
        return load


class Load(OneOf):
    """The loads at small strain."""

    bend: Bend | None = None
    stretch: Stretch | None = None
    twist: Twist | None = None
    pressure: Press | None = None
    mismatch: Mismatch | None = None
    thermal: Thermal | None = None


class LargeLoad(OneOf):
    """The loads at finite strain."""

    stretch: Stretch | None = None
    bend: Bend | None = None
    twist: Twist | None = None
    three_point: ThreePoint | None = None
    pressure: Press | None = None
    mismatch: Mismatch | None = None
    thermal: Thermal | None = None


def check_view(load: OneLoad, dimension: str) -> None:
    """Refuse a load that a view cannot show.

    Raises:
        ValueError: the view cannot show the load; the message lists the views or axes that can.
    """
    axes = {"3d": "xyz", "section": "xz", "plan": "xy"}[dimension]
    if isinstance(load, Bend) and (dimension == "plan" or (load.axis == "x" and dimension == "section")):
        raise ValueError("bend works in dimension: 3d, and about the axis y in a section")
    if isinstance(load, ThreePoint) and dimension == "plan":
        raise ValueError("three_point works in dimension: 3d and section")
    if isinstance(load, Twist) and dimension != "3d":
        raise ValueError("twist works in dimension: 3d")
    named = {getattr(load, name, None) or "x" for name in ("axis", "fixed", "side")}
    named = {*"xy"} if named == {"xy", "x"} else named
    if not isinstance(load, Bend) and any(name[0] not in axes for name in named):
        raise ValueError(f"dimension: {dimension} has the axes {' and '.join(axes)}, not {sorted(named)}")


def _factors(value: object) -> object:
    """Refuse a path whose load factors are all 0."""
    if isinstance(value, list | tuple) and not any(value):
        raise ValueError("at least one load factor must differ from 0; write for example [1, 0]")
    return tuple(value) if isinstance(value, list) else value


Path = Annotated[
    tuple[Annotated[float, Entry(ge=-10.0, le=10.0)], ...],
    BeforeValidator(_factors),
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "description": "load factors, one after another"}),
]


def check_path(load: OneLoad, path: Path) -> None:
    """Refuse load factors at which a strain leaves no length.

    Raises:
        ValueError: a strain is -100 % or below somewhere on the path.
    """
    stated = load.strain if isinstance(load, Mismatch) else {}
    stated = {"stretch": load.strain} if isinstance(load, Stretch) else stated
    for name, strain in stated.items():
        least = min(factor * strain for factor in path)
        if least <= -1.0:
            raise ValueError(f"{name}: a strain of {100 * least:.4g} % leaves no length; it must be above -100 %")
