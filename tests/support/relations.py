"""What metamorphic tests share: layouts and meshes that are transformed, their numbers, and when two of them agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity

from microfem.families import FAMILIES
from microfem.families.family import lay_out
from microfem.layout import Layout
from microfem.mesh import Mesh, build_mesh
from microfem.metrics import METRICS, Call, Value
from microfem.solve.first_mesh import FIRST_LEVEL, first_mesh
from microfem.solve.refinement import solve_to_accuracy
from microfem.study.records import Limits
from support.solving import read_case

# Round-off tells whether a cell that the footprint's outline hardly crosses is cut or stays whole.
CUT = {"energy_fraction": 1e-4, "potential_homogeneity": 1e-4}
ROUND_OFF = 1e-9  # relative, of one problem in other coordinates on the same cells; solvers stop at 1e-12
ERRORS = 3.0  # stated errors that two estimates of one number may differ by
Floats = NDArray[np.float64]


def coarse_mesh(layout: Layout, view: str) -> Mesh:
    """Return the mesh that a run begins with."""
    return build_mesh(layout, view, FIRST_LEVEL[view])


def values(
    layout: Layout, stated: Mapping[str, Any], metrics: Sequence[str], accuracy: float, unknowns: int = 100_000
) -> dict[str, Value]:
    """Return metrics as a run gives them: refined until they are within the accuracy, with intervals or errors."""
    case, limits = read_case(stated), Limits(unknowns=unknowns)
    calls = {name: Call(name, "case", METRICS.get(name).model().model_dump()) for name in metrics}
    solution, measured, _ = solve_to_accuracy(
        first_mesh(layout, case, limits), case, calls, dict.fromkeys(metrics, accuracy), limits
    )
    solution.close()
    assert not measured.refused, measured.refused
    return dict(measured.values)


def agree(one: Value, other: Value, factor: float = 1.0) -> bool:
    """Tell whether factor x one and the other may be the same number.

    Proven intervals overlap; estimates differ by a few of their errors at most.
    """
    if None not in (one.lower, one.upper, other.lower, other.upper):
        ends = sorted((factor * one.lower, factor * one.upper))
        return ends[0] <= other.upper and other.lower <= ends[1]
    assert one.error is not None
    assert other.error is not None
    errors = abs(factor) * one.error + other.error
    return abs(factor * one.value - other.value) <= ERRORS * errors + ROUND_OFF * abs(other.value)


def scaled_params(family: str, params: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """Return all parameters of a family, those that are lengths or outlines times a factor."""
    scaled = {}
    for name, (kind, param, default) in FAMILIES.get(family).params.items():
        stated = params.get(name, default)
        if param.unit == "um":
            stated = factor * float(stated)
        elif kind is str and stated:
            stated = affinity.scale(shapely.from_wkt(stated), factor, factor, origin=(0, 0)).wkt
        scaled[name] = stated
    return scaled


def scaled_layout(family: str, params: Mapping[str, Any], factor: float, **more: Any) -> Layout:
    """Return the layout whose lengths are all multiplied by a factor, also beyond the bounds of a study."""
    stated = {"materials": None, "placement": None, **more}
    return lay_out(family, scaled_params(family, params, factor), **stated)


def scaled_mesh(mesh: Mesh, layout: Layout, factor: float) -> Mesh:
    """Return a mesh of a scaled layout with the same cells."""
    return replace(mesh, points=factor * mesh.points, flat=factor * mesh.flat, layout=layout)


def moved_layout(layout: Layout, matrix: Floats, shift: tuple[float, float] = (0.0, 0.0)) -> Layout:
    """Return a flat layout whose plan is mapped by matrix (2, 2) and shift, um; rotations and mirrors alone."""

    def carry(outline: Any) -> Any:
        return affinity.affine_transform(outline, [*matrix.ravel(), *shift])

    regions = tuple(replace(part, footprint=carry(part.footprint)) for part in layout.regions)
    sheets = tuple(replace(part, footprint=carry(part.footprint)) for part in layout.sheets)
    circles = tuple((*(matrix @ [x, y] + shift), radius) for x, y, radius in layout.circles)
    return replace(layout, regions=regions, sheets=sheets, circles=circles)


def moved_mesh(mesh: Mesh, matrix: Floats, shift: tuple[float, float] = (0.0, 0.0)) -> Mesh:
    """Return the same cells of a layout moved in its plan: in a section its first axis alone is.

    End faces are named after the side of the layout that they are on now, under turns by 90 degrees and mirrors. Cells
    keep the order of their corners in a mirror too: that in which they are cut into pieces for shares and percentiles.
    """
    inside = 1 if mesh.dimension == "section" else 2
    points = mesh.points.copy()
    points[:, :inside] = points[:, :inside] @ matrix[:inside, :inside].T + np.asarray(shift[:inside])
    faces = {_side(name, matrix): facets for name, facets in mesh.faces.items()}
    return replace(mesh, points=points, flat=points, faces=faces,
                   layout=moved_layout(mesh.layout, matrix, shift))  # fmt: skip


def _side(name: str, matrix: Floats) -> str:
    """Return the name that an end face has after a map of the plan."""
    if name[0] == "z":
        return name
    outwards = matrix @ (np.eye(2)["xy".index(name[0])] * (1.0 if name.endswith("max") else -1.0))
    axis = int(np.abs(outwards).argmax())
    return "xy"[axis] + ("max" if outwards[axis] > 0.0 else "min")


def turned(degrees: float) -> Floats:
    """Return the matrix (2, 2) of an anticlockwise turn."""
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


MIRROR_X, MIRROR_Y = np.diag([-1.0, 1.0]), np.diag([1.0, -1.0])


def differs(relation: Callable[[], None]) -> bool:
    """Tell whether a relation, stated by assertions, fails: what a negative control asks."""
    try:
        relation()
    except AssertionError:
        return True
    return False
