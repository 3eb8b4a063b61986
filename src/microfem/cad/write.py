"""Write a layout for fabrication, with a JSON file that describes its layers or bodies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.cad.dxf import write_dxf
from microfem.cad.gds import write_gds
from microfem.cad.module import array, module
from microfem.cad.pattern import PatternLayer, make_pattern
from microfem.cad.solid import write_step, write_stl
from microfem.cad.svg import write_svg
from microfem.layout import Layout
from microfem.results.files import complete

PLANAR, SOLID = (".gds", ".oas", ".dxf", ".svg"), (".stl", ".step")


@dataclass(frozen=True, kw_only=True)
class Order:
    """The options of an export.

    roles: roles to write, () for all. repeat: columns and rows, or cells in series and in parallel of a module; joined:
    True for a module. pitch, strip: um, None and 0 for the smallest possible. tolerance: largest distance of chords
    from arcs, um. grid: of GDSII and OASIS, um. level: of the mesh, for STL.
    """

    roles: tuple[str, ...] = ()
    repeat: tuple[int, int] = (1, 1)
    joined: bool = False
    pitch: tuple[float, float] | None = None
    strip: float = 0.0
    tolerance: float = 0.1
    grid: float = 1e-3
    level: int = 0


def write_layout(path: Path, layout: Layout, name: str, order: Order) -> list[Path]:
    """Write a layout in the format of the path's suffix, and PATH.json with a description of its layers or bodies.

    Returns:
        All written files, which appear together.

    Raises:
        MicrofemError: an unknown format or layer, or an impossible combination of options.
        WriteError: the disk is full or the folder cannot be written; earlier files are as they were.
    """
    suffix = path.suffix.lower()
    if suffix not in (*PLANAR, *SOLID):
        raise MicrofemError(f"'{path.suffix}' is no format for layouts; use {', '.join((*PLANAR, *SOLID))}")
    path = path.with_suffix(suffix)  # the libraries expect the suffix in lower case
    with complete(path) as partial:
        if suffix in PLANAR:
            files, contents = [partial], _write_planar(partial, suffix, layout, name, order)
        else:
            files, contents = _write_solid(partial, suffix, layout, order)
        whole = {"family": layout.family, "parameters": dict(layout.params), **contents}
        description = partial.with_name(f"{path.name}.json")
        description.write_text(json.dumps(whole, indent=1), encoding="utf-8")
    return [path.with_name(file.name) for file in (*files, description)]


def _write_planar(path: Path, suffix: str, layout: Layout, name: str, order: Order) -> dict[str, object]:
    pattern = make_pattern(layout, name)
    if order.joined:
        pattern = module(pattern, *order.repeat, order.pitch, layout.gap, order.strip)
    elif order.repeat != (1, 1):
        pattern = array(pattern, *order.repeat, order.pitch, layout.gap)
    chosen = pattern.with_roles(order.roles) if order.roles else pattern
    contents: dict[str, object] = {"unit": "mm"}
    if suffix == ".dxf":
        write_dxf(path, chosen)
    elif suffix == ".svg":
        write_svg(path, chosen)
    else:
        write_gds(path, chosen, order.tolerance, order.grid)
        contents = {"unit": "um", "grid_um": order.grid, "tolerance_um": order.tolerance}
    repetition = chosen.grid
    contents["grid"] = {"columns": repetition.columns, "rows": repetition.rows, "pitch_um": list(repetition.pitch)}
    contents["layers"] = [_about(layer, layout) for layer in chosen.layers()]
    return contents


def _about(layer: PatternLayer, layout: Layout) -> dict[str, object]:
    materials = {name: layout.material(name).name for name in layer.parts if name in layout.names()}
    return {
        "name": layer.name,
        "layer": layer.number,
        "datatype": layer.datatype,
        "role": layer.role,
        "z_um": list(layer.z),
        "regions": list(layer.parts),
        "materials": materials,
    }


def _write_solid(path: Path, suffix: str, layout: Layout, order: Order) -> tuple[list[Path], dict[str, object]]:
    if order.repeat != (1, 1) or order.joined:
        raise MicrofemError(
            f"arrays and modules are written as {', '.join(PLANAR)}; repeat solids in the program that uses them"
        )
    known = list(dict.fromkeys(region.role for region in layout.regions))
    for role in order.roles:
        if role not in known:
            raise MicrofemError(f"no solid '{role}'{did_you_mean(role, known)}; there are {', '.join(known)}")
    roles = list(order.roles) or known
    if suffix == ".step":
        return [path], {"unit": "mm", "bodies": write_step(path, layout, roles)}
    files, tolerance = write_stl(path, layout, roles, order.level)
    named = {role: one.name for role, one in zip(roles, files, strict=True)}
    return files, {"unit": "mm", "tolerance_um": tolerance, "files": named}
