"""GDSII and OASIS, read by gdstk."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from shapely import Polygon

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.drawings.library import library
from microfem.drawings.record import FARTHEST, Contents, DrawnShapes, refuse_bombs

CONTEXT = "$$$CONTEXT_INFO$$$"  # the cell in which KLayout keeps the parameters of its cells


def read_gds(path: Path, cell: str = "") -> DrawnShapes:
    """Return the polygons and paths of each layer 'number/datatype', with references and arrays resolved.

    cell: name of the cell; "" takes the only top-level cell that has shapes.

    Raises:
        MicrofemError: the cell does not exist, a reference is missing, or there are too many polygons.
    """
    gdstk = library("gdstk")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing references are refused below, by name
        read = (gdstk.read_oas if path.suffix.lower() == ".oas" else gdstk.read_gds)(path)
    um, grid = read.unit * 1e6, read.precision * 1e6
    if not (0.0 < grid <= um < FARTHEST):
        raise MicrofemError(f"its unit of {read.unit:g} m and its grid of {read.precision:g} m are no lengths")
    cells = {one.name: one for one in read.cells if one.name != CONTEXT}
    if len(cells) < sum(one.name != CONTEXT for one in read.cells):
        twice = next(name for name, count in Counter(one.name for one in read.cells).items() if count > 1)
        raise MicrofemError(f"it has two cells named '{twice}'; rename or remove one")
    contents = {name: _contents(one) for name, one in cells.items()}
    chosen = _chosen(cell, contents)
    refuse_bombs(chosen, contents, "cell")
    areas: dict[str, list[Polygon]] = {}
    for polygon in cells[chosen].get_polygons():
        corners = np.round(polygon.points * (um / grid)) * grid
        if not (np.abs(corners) < FARTHEST).all():
            raise MicrofemError(f"layer {polygon.layer}/{polygon.datatype}: a corner is farther than {FARTHEST:g} um")
        areas.setdefault(f"{polygon.layer}/{polygon.datatype}", []).append(Polygon(corners))
    texts = Counter(f"{one.layer}/{one.texttype}" for one in cells[chosen].get_labels(apply_repetitions=False))
    ignored = tuple(f"{count} labels on layer {layer}" for layer, count in sorted(texts.items()))
    return DrawnShapes(areas=areas, lines={}, grid=grid, ignored=ignored)


def _contents(cell: Any) -> Contents:
    """Return what a cell holds; a shape or reference with a repetition counts as often as it is repeated."""
    shapes = [*((1, len(one.points), one) for one in cell.polygons), *(_path(one) for one in cell.paths)]
    times = [max(1, one.repetition.size) for *_, one in shapes]
    return Contents(
        sum(many * count for many, (count, _, _) in zip(times, shapes, strict=True)) + len(cell.labels),
        sum(many * points for many, (_, points, _) in zip(times, shapes, strict=True)),
        [(one.cell_name, max(1, one.repetition.size)) for one in cell.references],
    )


def _path(path: Any) -> tuple[int, int, Any]:
    """Return the numbers of polygons of a path and of their corners."""
    polygons = path.to_polygons()
    return len(polygons), sum(len(one.points) for one in polygons), path


def _chosen(name: str, contents: Mapping[str, Contents]) -> str:
    """Return the named cell, or the only top-level cell with shapes.

    Raises:
        MicrofemError: the cell does not exist or is not unique.
    """
    if name:
        if name not in contents:
            raise MicrofemError(
                f"it has no cell '{name}'{did_you_mean(name, contents)}; there are {', '.join(contents)}"
            )
        return name
    inner = {part for one in contents.values() for part, _ in one.parts}
    top = [own for own, one in contents.items() if own not in inner and (one.shapes or one.parts)]
    if not top:
        raise MicrofemError("no cell of it has a shape")
    if len(top) != 1:
        several = f"it has {len(top)} top-level cells ({', '.join(top)})"
        raise MicrofemError(f"{several}; name one with --cell, or in a study with cell")
    return top[0]
