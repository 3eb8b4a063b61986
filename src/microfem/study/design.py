"""A design: family, parameters, materials and surface of one layout, from a geometry file or a study."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from microfem.base.errors import InputProblem, LayoutError, MicrofemError
from microfem.base.located_yaml import Path_, Source, read_source
from microfem.base.registry import did_you_mean
from microfem.families import FAMILIES
from microfem.families.family import lay_out
from microfem.layout import Cylinder, Layout, Placement, Saddle, SphericalCap
from microfem.layout.contacts import PartContact
from microfem.layout.frames import axes_of
from microfem.layout.layers import Layers, levels
from microfem.layout.surroundings import BEYOND, SURROUNDINGS
from microfem.materials import Material, load_material, parse_material
from microfem.materials.anisotropy import Axes
from microfem.materials.material import ROOM
from microfem.materials.schema import PropertyModel
from microfem.study.contact_reader import check_contacts, read_contacts
from microfem.study.dependents import Dependents, Value
from microfem.study.geometry_schema import GeometryModel, PlacementModel
from microfem.study.layer_reader import read_layers
from microfem.study.params_reader import read_params
from microfem.study.strict import validate


@dataclass(frozen=True, kw_only=True)
class Design:
    """The description of one layout: a family with parameters, materials and a surface.

    params: all parameters in the family's units; dependents: which of them follow from others.
    materials: by role or region name, where they differ from the family's defaults; layers: under and over the layout;
    temperature: of all materials, K.
    """

    name: str
    family: str
    params: Mapping[str, Value]
    materials: Mapping[str, Material]
    placement: Placement | None
    source: str
    layers: Layers = Layers()
    temperature: float = ROOM
    contacts: tuple[PartContact, ...] = ()
    dependents: Dependents = field(default_factory=Dependents)

    def at(self, values: Mapping[str, Value]) -> Design:
        """Return the design with other values of some parameters, and of those that depend on them.

        Raises:
            LayoutError: a parameter that depends on them has no value.
        """
        family = FAMILIES.get(self.family)
        return replace(self, params=self.dependents.resolve(family, {**self.params, **values}))

    def dependent(self) -> list[str]:
        """Return one line on each parameter that follows from others."""
        return [f"{self.name}: {one}" for one in self.dependents.lines(FAMILIES.get(self.family), self.params)]

    def layout(self) -> Layout:
        """Build the layout.

        Raises:
            LayoutError: the layout is impossible.
        """
        layout = lay_out(self.family, self.params, self.materials, self.placement, self.layers)
        warm = {name: one.warmed(self.temperature) for name, one in layout.materials.items()}
        return replace(layout, materials=warm, contacts=self.contacts)


def load_geometry(path: str | Path) -> Design:
    """Read a geometry file as a design named after it.

    Raises:
        InputError: all problems of the file.
    """
    source = read_source(Path(path), "family", "layers")
    problems: list[InputProblem] = []
    design = read_design(source, (), source.data, Path(path).stem, {}, problems)
    source.refuse(problems)
    assert design is not None
    return design


def read_design(
    source: Source, path: Path_, data: object, name: str, defined: Mapping[str, Material], problems: list[InputProblem]
) -> Design | None:
    """Check the design at `path` of a source; append its problems to `problems`; return None if there are any."""
    model, found = validate(GeometryModel, data, source, path)
    problems += found
    if model is None:
        return None
    if model.family not in FAMILIES.names():
        message = f"unknown family '{model.family}'{did_you_mean(model.family, FAMILIES.names())}"
        problems.append(source.problem((*path, "family"), message))
        return None
    found = list[InputProblem]()
    materials: dict[str, Material] = {}
    for role, material in model.materials.items():
        try:
            materials[role] = defined[material] if material in defined else load_material(material)
        except MicrofemError as error:
            found.append(source.problem((*path, "materials", role), str(error)))
    layers = read_layers(source, path, model, found)
    params = read_params(source, path, model, layers, found)
    for part, material in layers.materials.items():
        try:
            materials.setdefault(part, defined[material] if material in defined else load_material(material))
        except MicrofemError as error:
            place = _place_of_layer(layers, model.family, part)
            if part != BEYOND:  # it is that of the surroundings
                found.append(source.problem((*path, *((*place, "material") if place else (part,))), str(error)))
    if SURROUNDINGS in materials and (turned := [k for k, p in materials[SURROUNDINGS].properties.items() if p.axes]):
        message = f"'{layers.surroundings}' has axes of {turned[0]}; a medium without end must be the same along all"
        found.append(source.problem((*path, SURROUNDINGS), message))
    if params is None or found:
        problems += found
        return None
    for role, default in FAMILIES.get(model.family).materials.items():
        if default in defined:  # a study that overrides a material overrides it wherever it is used
            materials.setdefault(role, defined[default])
    design = Design(
        name=name,
        family=model.family,
        params=params[0],
        dependents=params[1],
        materials=materials,
        placement=_placement(model.placement),
        source=model.source,
        layers=layers,
        contacts=read_contacts(model.contacts),
    )
    return design if _builds(design, source, path, problems) else None


def _builds(design: Design, source: Source, path: Path_, problems: list[InputProblem]) -> bool:
    try:
        layout = design.layout()
    except LayoutError as error:
        problems.append(source.problem((*path, *_place(design, error.parameter)), str(error)))
        return False
    known = {part.name for part in layout.parts()} | {part.role for part in layout.parts()}
    known |= set(FAMILIES.get(design.family).materials)  # roles of layers that these parameters leave out
    unknown = [role for role in design.materials if role not in known]
    for role in unknown:
        message = f"no region or role '{role}' in a {design.family} layout{did_you_mean(role, sorted(known))}"
        problems.append(source.problem((*path, "materials", role), message))
    axes = axes_of(layout)
    lost = [_lacking(material, axes) for material in {one.name: one for one in layout.materials.values()}.values()]
    problems += [source.problem(path, message) for messages in lost for message in messages]
    wrong = check_contacts(layout, source, path)
    problems += wrong
    return not unknown and not any(lost) and not wrong


def _lacking(material: Material, axes: Axes) -> list[str]:
    """Return messages on properties of a material that are stated along axes that a layout does not have."""
    messages = []
    for name in (key for key, one in material.properties.items() if one.axes is not None):
        try:
            material.along(name, axes)
        except MicrofemError as error:
            messages.append(str(error))
    return messages


def _place(design: Design, parameter: str) -> Path_:
    """Return the place of a wrong parameter within a design: its surface, one of its layers, or a parameter."""
    root = parameter.split(".")[0]
    if root in ("placement", SURROUNDINGS):
        return (root,)
    return _place_of_layer(design.layers, design.family, root) or ("params", parameter)


def _place_of_layer(layers: Layers, family: str, name: str) -> Path_:
    """Return the place of a layer within a design, () if none has that name."""
    sides = {"below": layers.below, "inside": layers.inside, "layers" if family == "layers" else "above": layers.above}
    for side, stated in sides.items():
        for k, level in enumerate(levels(stated)):
            if name in (names := [layer.name for layer in level]):
                return (side, k) if len(level) == 1 else (side, k, names.index(name))
    return ()


def _placement(model: PlacementModel | None) -> Placement | None:
    if model is None:
        return None
    if model.cylinder:
        return Cylinder(model.cylinder.radius)
    if model.sphere:
        return SphericalCap(model.sphere.radius)
    return Saddle(model.saddle.radius) if model.saddle else None


def stated_placement(placement: Placement) -> dict[str, dict[str, str]]:
    """Return a placement in the form of a geometry file."""
    names: dict[type[Placement], str] = {Cylinder: "cylinder", SphericalCap: "sphere", Saddle: "saddle"}
    return {names[type(placement)]: {"radius": f"{placement.radius!r} um"}}  # type: ignore[attr-defined]


def find_geometry(stated: str, folder: Path) -> Path | None:
    """Return a file that a study names: in the study's folder, one folder up, or in the current folder."""
    places = [folder / stated, folder.parent / stated, Path(stated)]
    return next((place for place in places if os.path.isfile(place)), None)


def define_material(name: str, stated: Mapping[str, PropertyModel]) -> Material:
    """Return a material of a study: the library's material with some properties overridden, or a new material."""
    try:
        base = load_material(name)
    except MicrofemError:
        base = None
    return parse_material(name, stated, base, description="defined in the study" if base is None else "")
