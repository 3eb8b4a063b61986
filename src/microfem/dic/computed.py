"""The computed displacement of a device as a camera above it sees it, at any load of its path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.dic.records import Floats

if TYPE_CHECKING:
    from microfem.physics import Solution

Ints = NDArray[np.int64]

SIDES = ((0, 1), (1, 2), (0, 2))  # of a triangle, in the order of its middle nodes
FACETS = ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))  # of a tetrahedron, by its corners
EDGES = {(0, 1): 4, (1, 2): 5, (0, 2): 6, (0, 3): 7, (1, 3): 8, (2, 3): 9}  # of a tetrahedron -> its middle node
STEEP = 1e-6  # upward part of a unit normal below which a facet is a wall
FEWEST = 4  # states of a cubic spline
SHARPER = 2.5  # how much more a cubic spline errs when a state is missing: 3 and more with few states, 2^4 with many


@dataclass(frozen=True, kw_only=True)
class TopSurface:
    """A device seen from above, in one state.

    points (n, 2): nodes of the undeformed device, um; height (n,): of the nodes, um; nodes (m, 3 or 6): of each
    triangle, its corners, then the middles of its sides; region (m,) into `regions`; displacement (n, 3), um; a
    triangle hides those after it.
    """

    points: Floats
    height: Floats
    nodes: Ints
    region: Ints
    regions: tuple[str, ...]
    displacement: Floats

    @property
    def moved(self) -> Floats:
        """The nodes of the deformed device (n, 2), um."""
        return np.asarray(self.points + self.displacement[:, :2])

    @property
    def box(self) -> Floats:
        """Lowest and highest corner (2, 2) of the undeformed device, um."""
        seen = self.points[np.unique(self.nodes)]
        return np.array([seen.min(axis=0), seen.max(axis=0)])

    @cached_property
    def outline(self) -> Floats:
        """The ends (k, 2, 2) of all edges between regions and at the rim, um."""
        ends = np.sort(np.vstack([self.nodes[:, pair] for pair in SIDES]), axis=1)
        region, order = np.tile(self.region, len(SIDES)), np.lexsort(ends.T)
        ends, region = ends[order], region[order]
        first = np.flatnonzero(np.concatenate([[True], (ends[1:] != ends[:-1]).any(axis=1)]))
        least, most = np.minimum.reduceat(region, first), np.maximum.reduceat(region, first)
        times = np.diff(np.concatenate([first, [len(ends)]]))
        return self.points[ends[first[(times == 1) | (least != most)]]]


def surface_of(points: Floats, nodes: Ints, region: Ints, regions: tuple[str, ...], displacement: Floats) -> TopSurface:
    """Return what a camera sees of cells: those of a plan, or the facets of a body that look upwards.

    points (n, 2 or 3), um; nodes (m, 3, 4, 6 or 10) of each cell; region (m,) into `regions`; displacement (n, 2 or 3),
    um, nan where nothing is solved for, such as in an electrolyte, through which the camera looks.

    Raises:
        MicrofemError: no cell has a displacement.
    """
    solved = np.isfinite(displacement[nodes]).all(axis=(1, 2))
    if not solved.any():
        raise MicrofemError("nothing of the device has a displacement")
    seen, region = nodes[solved], region[solved]
    if nodes.shape[1] in (4, 10):
        seen, region = _upper(points, seen, region)
    spare = np.zeros((len(points), 1))
    in_space = np.hstack([displacement, spare]) if displacement.shape[1] == 2 else displacement
    height = points[:, 2] if points.shape[1] == 3 else spare[:, 0]
    return TopSurface(
        points=np.ascontiguousarray(points[:, :2], dtype=float),
        height=height,
        nodes=seen,
        region=region,
        regions=regions,
        displacement=np.nan_to_num(in_space),
    )


def _upper(points: Floats, nodes: Ints, region: Ints) -> tuple[Ints, Ints]:
    """Return the nodes of the facets of tetrahedra that look upwards from their surface, the highest first."""
    corners = np.vstack([nodes[:, facet] for facet in FACETS])
    opposite = np.concatenate([nodes[:, 6 - sum(facet)] for facet in FACETS])
    _, first, times = np.unique(np.sort(corners, axis=1), axis=0, return_index=True, return_counts=True)
    rim = first[times == 1]
    a, b, c = (points[corners[rim, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal *= np.sign(np.einsum("nd,nd->n", normal, a - points[opposite[rim]]))[:, None]
    up = normal[:, 2] > STEEP * np.linalg.norm(normal, axis=1)
    chosen = rim[up][np.argsort(-points[corners[rim[up]], 2].mean(axis=1), kind="stable")]
    facet, cell = np.divmod(chosen, len(nodes))
    columns = np.array([_nodes_of(one, nodes.shape[1]) for one in FACETS])
    return nodes[cell[:, None], columns[facet]], region[cell]


def _nodes_of(facet: tuple[int, int, int], count: int) -> list[int]:
    """Return the places of a facet's nodes among those of its tetrahedron."""
    sides = [(facet[a], facet[b]) for a, b in SIDES]
    return [*facet, *([EDGES[side] for side in sides] if count == 10 else [])]


@dataclass(frozen=True, kw_only=True)
class SurfacePath:
    """A surface along its load path: loads (k,), rising, displacements (k, n, 3), um, and the surface at the last.

    quantity: the name of the load, such as strain; linear: the displacement is proportional to the load.
    """

    surface: TopSurface
    loads: Floats
    displacements: Floats
    quantity: str
    linear: bool = False

    def at(self, load: float) -> TopSurface:
        """Return the surface at a load, by a cubic spline through the states, or a lower polynomial through few.

        Raises:
            MicrofemError: the load lies outside of the path.
        """
        low, high = float(self.loads[0]), float(self.loads[-1])
        slack = 1e-9 * (high - low)
        if not low - slack <= load <= high + slack:
            raise MicrofemError(
                f"a {self.quantity} of {load:g} lies outside of the computed path from {low:g} to {high:g}; state a "
                "load within it, or run the study to a larger one"
            )
        way = self._way(np.array([load]))[0]
        return replace(self.surface, displacement=_between(self._way(self.loads), self.displacements, way))

    def _way(self, loads: Floats) -> Floats:
        """Return how far along the path loads are: of strains the logarithmic one, in which stretches are smooth."""
        return np.log1p(loads) if self.quantity == "strain" and self.loads[0] > -1.0 else loads

    @cached_property
    def error(self) -> float:
        """Estimated error of a displacement between states, um: inf where two states alone tell nothing of it.

        Each state within the path is compared with the spline through the others, whose error is larger.
        """
        if len(self.loads) < FEWEST:
            return 0.0 if self.linear else float("inf")
        off, way = 0.0, self._way(self.loads)
        for k in range(1, len(way) - 1):
            others = np.delete(np.arange(len(way)), k)
            found = _between(way[others], self.displacements[others], float(way[k]))
            off = max(off, float(np.abs(found - self.displacements[k]).max()))
        return off / SHARPER

    def stored(self, load: float) -> bool:
        """Tell whether a load is that of a state, where nothing is interpolated."""
        return bool(np.isclose(self.loads, load, rtol=1e-9, atol=1e-12).any())


def _between(loads: Floats, displacements: Floats, load: float) -> Floats:
    """Return displacements (n, 3) at a load by a cubic spline, or by the polynomial through fewer than four states."""
    from scipy.interpolate import BarycentricInterpolator, CubicSpline

    if len(loads) == 1:
        return np.asarray(displacements[0])
    weights = (CubicSpline if len(loads) >= FEWEST else BarycentricInterpolator)(loads, np.eye(len(loads)))(load)
    return np.asarray(np.tensordot(weights, displacements, axes=1))


def computed_path(solution: Solution) -> SurfacePath:
    """Return what a camera sees of a mechanical solution along its load path.

    Raises:
        MicrofemError: the solution has no displacement, or is a section.
    """
    mesh, case = solution.mesh, solution.case
    require_view(mesh.dimension, mesh.layout.mirrors)
    field = solution.field("displacement")
    surface = surface_of(
        solution.space.locations, solution.space.cell_dofs, mesh.region_of_cell, mesh.regions, field.values
    )
    states = [(case.stated(step.at), step.at, step.displacement) for step in solution.steps]
    if not states:
        return path_of(surface, [(1.0, field.values)], named({}), linear=True)
    return path_of(surface, [(load_of(numbers, at), moved) for numbers, at, moved in states], named(states[-1][0]))


def require_view(dimension: str, mirrors: tuple[str, ...] = ()) -> None:
    """Refuse what no camera above a device sees whole.

    Raises:
        MicrofemError: the view is a section, or one side of a mirror stands for both.
    """
    if dimension not in ("plan", "3d"):
        raise MicrofemError(
            f"a camera does not see the {dimension} of a device: its strains are those far within, and the faces that "
            "a camera sees are free; state dimension: plan or 3d"
        )
    if mirrors:
        raise MicrofemError(f"a camera sees both sides of the mirrors {', '.join(mirrors)}; state a layout without")


def load_of(numbers: Mapping[str, tuple[float, str]], at: float) -> float:
    """Return the load of a state: the first number that its case states, such as a strain, else the load factor."""
    return next((value for value, _ in numbers.values()), at)


def named(numbers: Mapping[str, tuple[float, str]]) -> str:
    """Return the name of the number by which a path's loads are told."""
    return next(iter(numbers), "load factor")


def path_of(
    surface: TopSurface, states: list[tuple[float, Floats]], quantity: str, linear: bool = False
) -> SurfacePath:
    """Return a path from loads and displacements (n, 2 or 3), which begins at rest, as far as its loads go one way."""
    moved = [(0.0, np.zeros((len(surface.points), 3)))] if all(load != 0.0 for load, _ in states) else []
    for load, values in states:
        spare = np.zeros((len(values), 3 - values.shape[1]))
        moved.append((load, np.nan_to_num(np.hstack([values, spare]))))
    loads = np.array([load for load, _ in moved])
    sign = np.sign(loads[1] - loads[0])
    turns = np.flatnonzero(np.diff(loads) * sign <= 0.0)
    count = int(turns[0]) + 1 if len(turns) else len(loads)
    order = np.argsort(loads[:count])
    return SurfacePath(
        surface=replace(surface, displacement=moved[count - 1][1]),
        loads=loads[order],
        displacements=np.array([moved[k][1] for k in order]),
        quantity=quantity,
        linear=linear,
    )
