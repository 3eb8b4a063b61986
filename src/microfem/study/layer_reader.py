"""Read the layers of a design: names, roles, outlines, also from drawings; check what each states."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from microfem.base.errors import InputProblem, MicrofemError
from microfem.base.located_yaml import Path_, Source
from microfem.drawings.read import Reading, read_layer
from microfem.families import FAMILIES
from microfem.layout import Circle, Outline
from microfem.layout.layers import Layer, Layers, Side
from microfem.layout.shapes import area_radius, disc
from microfem.study.geometry_schema import GeometryModel, LayerModel, OutlineModel

CHORDS = 128  # of a circle
STANDING = (
    "anode",
    "cathode",
    "electrode",
    "anode_collector",
    "cathode_collector",
    "anode_tab",
    "cathode_tab",
    "bridge",
)


def read_layers(source: Source, path: Path_, model: GeometryModel, problems: list[InputProblem]) -> Layers:
    """Return the layers of a design; append what is wrong with them to `problems`."""
    taken = FAMILIES.get(model.family).materials if model.family in FAMILIES.names() else ()
    reader = _LayerReader(source, path, taken, problems)
    below, inside = reader.side("below", model.below), reader.side("inside", model.inside)
    above = (*reader.side("layers", model.layers), *reader.side("above", model.above))
    return Layers(below=below, inside=inside, above=above, surroundings=model.surroundings)


def stated_layers(layers: Layers) -> dict[str, list[object] | str]:
    """Return layers in the form of a geometry file, outlines as WKT."""
    sides = {"below": _stated(layers.below), "inside": _stated(layers.inside), "above": _stated(layers.above)}
    around = {"surroundings": layers.surroundings} if layers.surroundings else {}
    return {side: stated for side, stated in sides.items() if stated} | around


def _stated(layers: Sequence[Layer]) -> list[object]:
    levels: list[list[object]] = []
    for layer in layers:
        entries: dict[str, object] = {
            "name": layer.name,
            "material": layer.material,
            "thickness": f"{layer.thickness!r} um",
            "role": layer.role,
            **({"outline": {"wkt": layer.outline}} if layer.outline else {}),
            **({"windows": [{"wkt": layer.windows}]} if layer.windows else {}),
            "fills": layer.fills,
            "film": layer.film,
        }
        if layer.beside:
            levels[-1].append(entries)
        else:
            levels.append([entries])
    return [level[0] if len(level) == 1 else level for level in levels]


class _LayerReader:
    """Reads layers and collects problems."""

    def __init__(self, source: Source, path: Path_, taken: Collection[str], problems: list[InputProblem]) -> None:
        self.source, self.path, self.problems = source, path, problems
        self.names = set(taken)  # those of the family's own parts

    def side(self, side: Side, stated: Sequence[LayerModel | tuple[LayerModel, ...]]) -> tuple[Layer, ...]:
        """Return the layers of one side."""
        return tuple(self.layer((*self.path, side, *at), model, beside) for at, model, beside in _each(stated))

    def layer(self, path: Path_, model: LayerModel, beside: bool) -> Layer:
        """Return a layer; one with a problem in its outline covers the whole cell."""
        role = model.role or "layer"
        outline, circles = self.outlines((*path, "outline"), [model.outline] if model.outline else [])
        windows, others = self.outlines((*path, "windows"), model.windows)
        return Layer(
            name=self.name(path, model),
            material=model.material,
            role=role,
            thickness=model.thickness,
            outline=outline,
            windows=windows,
            circles=(*circles, *others),
            beside=beside,
            fills=role not in STANDING if model.fills is None else model.fills,
            film=model.film,
        )

    def name(self, path: Path_, model: LayerModel) -> str:
        """Return the stated name, which must be new, or that of the role or the material, with a number if need be."""
        if model.name is not None:
            if model.name in self.names:
                self.problems.append(self.source.problem((*path, "name"), f"another layer is '{model.name}'"))
            self.names.add(model.name)
            return model.name
        name = first = model.role if model.role and model.role not in self.names else model.material
        number = 2
        while name in self.names:
            name, number = f"{first}_{number}", number + 1
        self.names.add(name)
        return name

    def outlines(self, path: Path_, models: Sequence[OutlineModel]) -> tuple[str, tuple[Circle, ...]]:
        """Return the union of outlines as WKT, "" for none, and their circles."""
        found, circles = list[Outline](), list[Circle]()
        for model in models:
            try:
                found.append(_outline(model, self.source.folder))
            except MicrofemError as error:
                self.problems.append(self.source.problem(path, str(error)))
            if model.circle:
                circles.append((model.circle.x, model.circle.y, 0.5 * model.circle.diameter))
        return (shapely.to_wkt(shapely.union_all(found), rounding_precision=-1) if found else ""), tuple(circles)


def _each(
    stated: Sequence[LayerModel | tuple[LayerModel, ...]],
) -> Iterator[tuple[tuple[int, ...], LayerModel, bool]]:
    """Yield each layer with its place in the list, and whether it stands beside the one before it."""
    for k, one in enumerate(stated):
        if isinstance(one, LayerModel):
            yield (k,), one, False
        else:
            for j, model in enumerate(one):
                yield (k, j), model, j > 0


def _outline(model: OutlineModel, folder: Path) -> Outline:
    """Return an outline, um.

    Raises:
        MicrofemError: it has no area, crosses itself, or its file is missing, damaged or has changed.
    """
    if model.rectangle:
        x0, y0, x1, y1 = model.rectangle
        outline: shapely.Geometry = shapely.box(x0, y0, x1, y1)
    elif model.circle:
        radius = area_radius(0.5 * model.circle.diameter, CHORDS)
        outline = disc(radius, CHORDS, (model.circle.x, model.circle.y))
    elif model.polygon:
        outline = Polygon(model.polygon) if len(model.polygon) > 2 else Polygon()
    elif model.wkt is not None:
        outline = _from_wkt(model.wkt)
    else:
        outline = _from_file(model, folder)
    if not outline.area > 0.0:
        raise MicrofemError("must have an area above 0 um2")
    if not isinstance(outline, Polygon | MultiPolygon) or outline.has_z or not outline.is_valid:
        flat = outline.is_valid and f"it is a {outline.geom_type}{' with z' * outline.has_z}"
        why = flat or shapely.is_valid_reason(outline)
        raise MicrofemError(f"must be areas of points x y that do not cross themselves: {why}")
    return outline


def _from_wkt(text: str) -> shapely.Geometry:
    try:
        with np.errstate(invalid="ignore"):  # of nan, which has no area
            return shapely.from_wkt(text)
    except shapely.errors.GEOSException as error:
        raise MicrofemError(f"must be WKT such as 'POLYGON ((0 0, 9 0, 9 9, 0 0))', in um: {error}") from None


def _from_file(model: OutlineModel, folder: Path) -> Outline:
    assert model.file is not None
    path = folder / model.file
    outline = read_layer(path, model.layer, Reading(cell=model.cell))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if not found.startswith(model.sha256):
        raise MicrofemError(f"{path} has changed: its sha256 begins with {found[:8]}, not with {model.sha256[:8]}")
    return outline
