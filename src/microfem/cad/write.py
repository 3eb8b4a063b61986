"""Write a layout for fabrication, with a JSON file that describes its layers or bodies."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.cad.dxf import write_dxf
from microfem.cad.gds import write_gds
from microfem.cad.laser import centrelines, offset, told
from microfem.cad.lyp import write_lyp
from microfem.cad.mask import inverted, label, label_text, marks
from microfem.cad.module import array, module
from microfem.cad.pattern import LayerPattern, PatternLayer, make_pattern
from microfem.cad.solid import write_step, write_stl
from microfem.cad.svg import write_svg
from microfem.layout import Layout
from microfem.layout.surroundings import without_medium
from microfem.results.files import writing_together

PLANAR, SOLID = (".gds", ".oas", ".dxf", ".svg", ".lyp"), (".stl", ".step")


@dataclass(frozen=True, kw_only=True)
class Order:
    """The options of an export.

    roles: roles to write, () for all. repeat: columns and rows, or cells in series and in parallel of a module; joined:
    True for a module. pitch, strip: um, None and 0 for the smallest possible. tolerance: largest distance of chords
    from arcs, and of lines from the middle of a gap, um. grid: of GDSII and OASIS, um. level: of the mesh, for STL.
    kerf: width that the tool removes, um; centreline: lines in the middle of gaps in place of outlines. marks: size of
    alignment marks, um, 0 for none; label: text with parameters in braces; label_height: um; inverted: the negative.
    """

    roles: tuple[str, ...] = ()
    repeat: tuple[int, int] = (1, 1)
    joined: bool = False
    pitch: tuple[float, float] | None = None
    strip: float = 0.0
    tolerance: float = 0.1
    grid: float = 1e-3
    level: int = 0
    kerf: float = 0.0
    centreline: bool = False
    marks: float = 0.0
    label: str = ""
    label_height: float = 300.0
    inverted: bool = False

    @property
    def machined(self) -> bool:
        """Whether the order has options for a laser or a mask, which a solid has not."""
        return bool(self.kerf or self.centreline or self.marks or self.label or self.inverted)


def write_layout(path: Path, layout: Layout, name: str, order: Order) -> list[Path]:
    """Write a device in the format of the path's suffix, and PATH.json with a description of its layers or bodies.

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
    layout = without_medium(layout)
    with writing_together(path) as partial:
        if suffix in PLANAR:
            files, contents = [partial], _write_planar(partial, suffix, layout, name, order)
        else:
            files, contents = _write_solid(partial, suffix, layout, order)
        whole = {"family": layout.family, "parameters": dict(layout.params), **contents}
        description = partial.with_name(f"{path.name}.json")
        description.write_text(json.dumps(whole, indent=1), encoding="utf-8")
    return [path.with_name(file.name) for file in (*files, description)]


def _write_planar(path: Path, suffix: str, layout: Layout, name: str, order: Order) -> dict[str, object]:
    chosen = order_pattern(layout, name, order)
    contents = write_pattern(path, suffix, chosen, order.tolerance, order.grid)
    repetition = chosen.grid
    contents["grid"] = {"columns": repetition.columns, "rows": repetition.rows, "pitch_um": list(repetition.pitch)}
    contents["layers"] = [_about(layer, layout) for layer in chosen.layers()]
    return contents


def write_pattern(path: Path, suffix: str, pattern: LayerPattern, tolerance: float, grid: float) -> dict[str, object]:
    """Write a pattern in the format of a suffix; return its unit and, for GDSII and OASIS, grid and tolerance, um."""
    if suffix == ".dxf":
        write_dxf(path, pattern)
    elif suffix == ".svg":
        write_svg(path, pattern)
    elif suffix == ".lyp":
        write_lyp(path, pattern)
    else:
        write_gds(path, pattern, tolerance, grid)
        return {"unit": "um", "grid_um": grid, "tolerance_um": tolerance}
    return {"unit": "mm"}


def order_pattern(layout: Layout, name: str, order: Order) -> LayerPattern:
    """Return what an order draws of a layout: repeated, chosen layers, for the tool, with marks and a label.

    Raises:
        MicrofemError: an unknown layer, or an impossible combination of options.
    """
    if order.centreline and (order.roles or order.joined or order.inverted):
        raise MicrofemError("lines in the middle of gaps go with no choice of layers, no module and no inversion")
    whole = make_pattern(layout, name)
    if order.joined:
        whole = module(whole, *order.repeat, order.pitch, layout.gap, order.strip)
    elif order.repeat != (1, 1):
        whole = array(whole, *order.repeat, order.pitch, layout.gap)
    pattern = whole.with_roles(order.roles) if order.roles else whole
    if order.centreline:
        pattern = replace(whole, device=centrelines(layout, order.tolerance), shared=())
    elif order.kerf:
        pattern = offset(pattern, 0.5 * order.kerf, order.tolerance)
    pattern = replace(pattern, shared=(*pattern.shared, *_extras(whole, layout, order)))
    return inverted(pattern, whole.box(), order.tolerance) if order.inverted else pattern


def remarks(layout: Layout, order: Order) -> list[str]:
    """Return sentences on the gaps whose width is not the kerf, or is below it, if the order states a kerf."""
    return told(layout, order.kerf, order.tolerance, below=not order.centreline) if order.kerf else []


def _extras(whole: LayerPattern, layout: Layout, order: Order) -> list[PatternLayer]:
    """Return marks and a label around the whole pattern, at the same places for each choice of its layers."""
    extras = [marks(whole.box(), order.marks)] if order.marks else []
    if order.label:
        text = label_text(order.label, whole.name, layout.params)
        extras.append(label(whole.box(), text, order.label_height, beyond=2.0 * order.marks))
    return extras


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
    if order.repeat != (1, 1) or order.joined or order.machined:
        raise MicrofemError(
            f"arrays and modules are written as {', '.join(PLANAR)}, and so are paths, marks and labels; "
            "repeat solids in the program that uses them"
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
