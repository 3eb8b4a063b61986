"""The masks of a collector in steps: one layer for each step, nested, each with the height that it adds."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from microfem.base.errors import MicrofemError
from microfem.cad.pattern import LayerPattern, PatternLayer
from microfem.cad.write import PLANAR, write_pattern
from microfem.layout import union
from microfem.layout.rings import trace
from microfem.results.files import writing_together
from microfem.results.opened import SavedCase

FIELD = "stepped_thickness"
SAME = 1e-9  # relative difference below which thicknesses are one step


def write_steps(path: Path, saved: SavedCase, name: str, tolerance: float, grid: float) -> list[Path]:
    """Write the masks of a saved case as GDSII, OASIS, DXF, SVG, and PATH.json with the heights of its layers.

    The outline of a layer is that of all triangles as thick as its upper height, or thicker: where all layers lie on
    each other the collector has the thickness of the case, so that mass and loss are those of its metrics.

    Returns:
        All written files, which appear together.

    Raises:
        MicrofemError: the case has no steps, or the format is not one of masks.
    """
    suffix = path.suffix.lower()
    if suffix not in PLANAR:
        raise MicrofemError(f"'{path.suffix}' is no format for masks; use {', '.join(PLANAR)}")
    path = path.with_suffix(suffix)
    pattern = steps_of(saved, name)
    with writing_together(path) as partial:
        contents = write_pattern(partial, suffix, pattern, tolerance, grid)
        contents["layers"] = [_about(layer) for layer in pattern.device]
        description = partial.with_name(f"{path.name}.json")
        description.write_text(json.dumps(contents, indent=1), encoding="utf-8")
    return [path, path.with_name(description.name)]


def steps_of(saved: SavedCase, name: str) -> LayerPattern:
    """Return one layer for each step of thickness above 0, the lowest first.

    Raises:
        MicrofemError: the case has no steps.
    """
    if FIELD not in saved.units or not np.isfinite(thickness := saved.field(FIELD)).any():
        raise MicrofemError("the case has no film in steps; state steps: 4, or another number, in a case of thickness")
    cells = np.asarray(saved.mesh.cells).reshape(-1, 4)[:, 1:]  # of triangles alone
    triangles = shapely.polygons(np.asarray(saved.mesh.points, dtype=float)[cells, :2])
    heights = _distinct(thickness[np.isfinite(thickness)])
    layers = []
    for number, (low, high) in enumerate(itertools.pairwise([0.0, *heights])):
        outline = union(triangles[thickness > high * (1.0 - SAME)])
        shapes = tuple(trace(outline, ()))
        layers.append(PatternLayer(role="step", datatype=number, z=(low, high), parts=(), shapes=shapes))
    return LayerPattern(name, tuple(layers))


def _distinct(values: Any) -> list[float]:
    """Return the distinct values above 0, ascending."""
    ordered = np.unique(values[values > 0.0])
    return [float(one) for one in ordered[np.diff(ordered, prepend=0.0) > SAME * ordered]]


def _about(layer: PatternLayer) -> dict[str, object]:
    return {"name": layer.name, "layer": layer.number, "datatype": layer.datatype, "z_um": list(layer.z)}
