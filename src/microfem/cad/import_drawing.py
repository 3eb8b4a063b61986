"""A drawing as a self-contained geometry file of the family `drawn`, which includes the drawing's outlines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import shapely
import yaml
from shapely import LineString
from shapely.affinity import translate

from microfem.base.errors import InputProblem, MicrofemError
from microfem.base.located_yaml import MOST_BYTES, parse_source
from microfem.drawings.heal import heal
from microfem.drawings.nesting import polygons_of
from microfem.drawings.pieces import ROLES, RoleChoice, choose, listing, pieces_of, read_choices
from microfem.drawings.read import Reading, guarded, reach_of_healing, read_drawing
from microfem.drawings.record import DrawnShapes, Place, at
from microfem.layout import Outline
from microfem.study.design import read_design

DIGITS = 9  # of a coordinate in um: a millionth of a nanometre


@dataclass(frozen=True)
class Imported:
    """The text of a geometry file, and what there is to tell about the drawing: one line each."""

    text: str
    told: tuple[str, ...]


def import_drawing(
    path: Path, layers: Mapping[str, str], params: Sequence[str] = (), reading: Reading = Reading()
) -> Imported:
    """Return a geometry file with a drawing's outlines, their middle moved to the origin; made in a child process.

    layers: layer of the drawing -> role, or 'layer@(x,y)' -> role for the piece around a point, um. params:
    'NAME=VALUE' of other parameters of `drawn`, as in a geometry file.

    Raises:
        MicrofemError: the file is damaged or too large, a line is open or crosses itself, a layer or a role is missing,
            or the outlines are no valid layout.
    """
    return guarded(_import, path, reading, dict(layers), tuple(params))


def _import(path: Path, reading: Reading, layers: Mapping[str, str], params: Sequence[str]) -> Imported:
    """Import a drawing in this process."""
    choices = read_choices(layers)
    other_params = dict(map(_pair, params))
    drawing = read_drawing(path, reading)
    try:
        of_roles, told = _outlines(drawing, choices, reading)
    except MicrofemError as error:
        raise MicrofemError(f"{path}: {error}") from None
    x0, y0, x1, y1 = shapely.total_bounds(list(of_roles.values())).tolist()
    x, y = round(0.5 * (x0 + x1), DIGITS), round(0.5 * (y0 + y1), DIGITS)
    stated = {role: shapely.to_wkt(translate(one, -x, -y), rounding_precision=DIGITS) for role, one in of_roles.items()}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assignment = ", ".join(f"{layer} = {role}" for layer, role in layers.items())
    about = f"{path.name}, sha256 {digest}..., {assignment}; its origin at ({-x + 0.0:g}, {-y + 0.0:g}) um"
    text = _geometry({"family": "drawn", "params": {**stated, **other_params}, "source": about}, path)
    moved = (f"the middle of the outlines, {at([(x, y)])} in the drawing, is the origin of the geometry",)
    return Imported(text, (*told, *(moved if (x, y) != (0.0, 0.0) else ())))


def _outlines(
    drawing: DrawnShapes, choices: Sequence[RoleChoice], reading: Reading
) -> tuple[dict[str, Outline], tuple[str, ...]]:
    """Return the outline of each role, and what is told about healing and about what is left out."""
    complete = {"anode", "cathode"} <= {choice.role for choice in choices}
    layers = sorted({choice.layer for choice in choices}) if complete else drawing.layers
    join = reach_of_healing(drawing, reading)
    healed = heal(drawing, layers, join)
    for choice in choices:
        if choice.layer not in healed.outlines:
            known = ", ".join(drawing.layers) or "none"
            raise MicrofemError(f"it has no outlines on a layer '{choice.layer}'; there are {known}")
    window = None if reading.window is None else shapely.box(*reading.window)
    everything = pieces_of(healed.outlines, None)
    pieces = everything if window is None else pieces_of(healed.outlines, window)
    of_role = choose(pieces, choices, reading.smallest)
    outlines = {role: polygons_of(shapely.union_all([one.outline for one in found])) for role, found in of_role.items()}
    _refuse_contact(outlines)
    used = {shapely.to_wkb(piece.outline) for found in of_role.values() for piece in found}
    unused = [piece for piece in everything if shapely.to_wkb(piece.outline) not in used]
    told = [f"healed within {join:.4g} um (--join): {one}" for one in healed.told]
    told += [f"ignored: {', '.join(drawing.ignored)}"] if drawing.ignored else []
    told += [f"left out: {len(unused)} pieces, {listing(unused)}"] if unused else []
    told += [f"{role}: {len(found)} pieces, {listing(found)}" for role, found in of_role.items() if len(found) > 1]
    return outlines, tuple(told)


def _refuse_contact(outlines: Mapping[str, Outline]) -> None:
    """Raise a MicrofemError where parts of different polarity touch."""
    for one, other in product(("cathode", "cathode_tab"), ("anode", "anode_tab")):
        if one in outlines and other in outlines and outlines[one].intersects(outlines[other]):
            common = shapely.get_parts(outlines[one].intersection(outlines[other])).tolist()
            raise MicrofemError(f"{one} touches {other} {at(map(_middle, common))}; it must be more than 0 um away")


def _middle(part: shapely.Geometry) -> Place:
    """Return a point in the middle of a line or in an area."""
    is_line = isinstance(part, LineString)
    point = part.interpolate(0.5, normalized=True) if is_line else part.point_on_surface()
    return float(point.x), float(point.y)


def _geometry(data: Mapping[str, object], path: Path) -> str:
    """Return the text of a geometry file.

    Raises:
        MicrofemError: it is too large, or no valid layout.
    """
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    if len(text.encode()) > MOST_BYTES:
        raise MicrofemError(
            f"{path} gives a geometry file of {len(text)} bytes, more than {MOST_BYTES}; "
            "use one device, or a coarser --tolerance"
        )
    source = parse_source(text, str(path), Path())
    problems: list[InputProblem] = []
    read_design(source, (), source.data, path.stem, {}, problems)
    if problems:
        raise MicrofemError("\n".join(f"{path}: {one.path}: {one.message}" for one in problems))
    return text


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name in ROLES:
        raise MicrofemError(f"'{text}' is impossible: write --set PARAMETER=VALUE, such as anode_thickness=20um")
    return name.strip(), value.strip()
