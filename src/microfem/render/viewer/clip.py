"""The plane that opens a layout: a stated one, or the one that shows the electrodes of a design best."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from microfem.render.panel import plane_height
from microfem.render.viewer.shown import THROUGH, Shown
from microfem.render.viewer.state import KEPT, StoredCase, in_roles, rest
from microfem.results.stored import Floats, moving

ANODES, CATHODES = ("anode", "anode_collector"), ("cathode", "cathode_collector")
INSIDE = 0.001  # of the layout: least distance of a plane from its ends


class ClipPlane(NamedTuple):
    """A plane at a coordinate, um, along an axis: 0, 1 or 2."""

    axis: int
    at: float

    @property
    def normal(self) -> Floats:
        """The unit vector along the axis."""
        return np.eye(3)[self.axis]

    @property
    def plan(self) -> list[int]:
        """The two axes of the plane."""
        return [k for k in range(3) if k != self.axis]


def plane_of(case: StoredCase, shown: Shown, bounds: tuple[float, ...]) -> ClipPlane | None:
    """Return the clip plane of a case; bounds: of its shown cells, which a stated plane never leaves."""
    if shown.normal == THROUGH:
        return plane_through_electrodes(case)
    if not shown.normal:
        return None
    axis = "xyz".index(shown.normal)
    low, high = bounds[2 * axis : 2 * axis + 2]
    return ClipPlane(axis, low + (high - low) * min(max(shown.place, INSIDE), 1.0 - INSIDE))


@lru_cache(maxsize=KEPT)
def plane_through_electrodes(case: StoredCase) -> ClipPlane | None:
    """Return the plane in the middle of the electrodes that cuts both, the largest of z, y and x; None without one."""
    stored, vertices = case.first, rest(case)[: case.stored.grid.n_points]
    drawn, size = moving(stored), np.ptp(vertices, axis=0)
    poles = [in_roles(case, stored.grid, roles) & drawn for roles in (ANODES, CATHODES)]
    planes = []
    for axis in (2, 1, 0):
        at = plane_height(stored, "xyz"[axis], "mid")
        above = (vertices[:, axis] > at)[stored.corners].sum(axis=1)
        cut = (above > 0) & (above < stored.corners.shape[1])
        if all((cut & pole).any() for pole in poles):
            planes.append(ClipPlane(axis, at))
    return max(planes, key=lambda one: float(np.prod(size[one.plan])), default=None)


def clipped(grid: Any, plane: ClipPlane) -> Any:
    """Cut away the part of cells in front of a plane, as seen from the usual side: above z, before x and y."""
    return grid.clip(normal=plane.normal, origin=plane.at * plane.normal, invert=plane.axis == 2)
