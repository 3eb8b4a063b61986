"""The schema of a geometry: a family with parameters, or layers; materials, surface, source."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from microfem.base.quantities import Area, Radius
from microfem.base.units import quantity
from microfem.layout import ROLES
from microfem.study.strict import Name, Strict


def _tupled(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Length = Annotated[float, BeforeValidator(quantity("um", -1e7, 1e7)), WithJsonSchema({"type": "string"})]
Above = Annotated[float, BeforeValidator(quantity("um", 1e-3, 1e7)), WithJsonSchema({"type": "string"})]
Thickness = Annotated[
    float, BeforeValidator(quantity("um", 0.0, 1e6)), WithJsonSchema({"type": "string", "examples": ["100 um"]})
]
ContactResistance = Annotated[
    float,
    BeforeValidator(quantity("ohm m2", 1e-15, 1e6)),
    WithJsonSchema({"type": "string", "examples": ["1 ohm cm2"]}),
]
Corner = Annotated[tuple[Length, Length], BeforeValidator(_tupled)]


class CurvedModel(Strict):
    """A surface of one radius."""

    radius: Radius


class PlacementModel(Strict):
    """The surface on which a flat layout is placed: exactly one of the keys."""

    cylinder: CurvedModel | None = None
    sphere: CurvedModel | None = None
    saddle: CurvedModel | None = None

    @model_validator(mode="after")
    def _one(self) -> PlacementModel:
        if len(self.model_fields_set) != 1:
            raise ValueError("state one of cylinder, sphere, saddle")
        return self


class CircleModel(Strict):
    """A circle in plan."""

    diameter: Above
    x: Length = 0.0
    y: Length = 0.0


class OutlineModel(Strict):
    """An outline in plan, exactly one of: rectangle, circle, polygon, wkt (um), or a layer of a drawing.

    rectangle: x0, y0, x1, y1; polygon: corners; file: a GDSII, OASIS or DXF file, with its layer, of GDSII its cell;
    sha256: the first digits of the file's hash, which refuse another version of it.
    """

    rectangle: Annotated[tuple[Length, Length, Length, Length], BeforeValidator(_tupled)] | None = None
    circle: CircleModel | None = None
    polygon: Annotated[tuple[Corner, ...], BeforeValidator(_tupled)] | None = None
    wkt: str | None = None
    file: str | None = None
    layer: str = ""
    cell: str = ""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{8,64}$")] = ""

    @model_validator(mode="after")
    def _one(self) -> OutlineModel:
        shapes = self.model_fields_set & {"rectangle", "circle", "polygon", "wkt", "file"}
        if len(shapes) != 1:
            raise ValueError("state one of rectangle, circle, polygon, wkt, file")
        if self.file is not None and not self.layer:
            raise ValueError("state the layer of the file, such as layer: 1/0")
        return self


class LayerModel(Strict):
    """A layer of a design: material, thickness (0 for an ideal sheet), outline (the whole cell by default).

    name: by default that of its role, if one is stated, or of its material. windows: openings. fills: whether it fills
    what layers under it leave open; by default all but electrodes, collectors, tabs and bridges do. film: a film that
    takes no height of its own.
    """

    material: str
    thickness: Thickness
    name: Name | None = None
    role: Literal[ROLES] | None = None  # type: ignore[valid-type]
    outline: OutlineModel | None = None
    windows: Annotated[tuple[OutlineModel, ...], BeforeValidator(_tupled)] = ()
    fills: bool | None = None
    film: bool = False


def _form(value: object) -> str:
    return "[level]" if isinstance(value, list | tuple) else "[layer]"


Level = Annotated[tuple[LayerModel, ...], BeforeValidator(_tupled)]
StatedLevel = Annotated[Annotated[LayerModel, Tag("[layer]")] | Annotated[Level, Tag("[level]")], Discriminator(_form)]
StatedLayers = Annotated[tuple[StatedLevel, ...], BeforeValidator(_tupled)]


class ContactModel(Strict):
    """A contact between two parts, by region, film or role: its resistance, or that it insulates."""

    between: Annotated[tuple[Name, Name], BeforeValidator(_tupled)]
    resistance: ContactResistance | None = None
    insulating: bool = False

    @model_validator(mode="after")
    def _one(self) -> ContactModel:
        if self.insulating == (self.resistance is not None):
            raise ValueError("state a resistance, such as 1 ohm cm2, or insulating: true")
        return self


class GeometryModel(Strict):
    """A named design: family and parameters or layers alone, materials by role or region, surface, source.

    area: the footprint, which fixes the size that params leave out.
    layers: from below upwards, in place of a family; those in a list of their own stand beside each other.
    below, above: under and over the layout of a family, from it outwards; inside: on the face of its substrate, in its
    electrolyte; surroundings: the material around all, which has no end. contacts: between parts, where they are not
    perfect.
    """

    family: str = "layers"
    params: dict[str, Any] = {}
    area: Area | None = None
    layers: StatedLayers = ()
    below: StatedLayers = ()
    inside: StatedLayers = ()
    above: StatedLayers = ()
    surroundings: str = ""
    contacts: Annotated[tuple[ContactModel, ...], BeforeValidator(_tupled)] = ()
    materials: dict[str, str] = {}
    placement: PlacementModel | None = None
    source: str = ""

    @model_validator(mode="after")
    def _one(self) -> GeometryModel:
        if (self.family == "layers") != bool(self.layers):
            raise ValueError("state a family, or layers from below upwards; layers over a family stand under `above`")
        return self
