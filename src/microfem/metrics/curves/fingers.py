"""The distribution of an electrode's current along its fingers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from microfem.base.series import Look, Series
from microfem.metrics.current import electrolytes, wetted
from microfem.metrics.curve import SolvedCase, curve
from microfem.physics.potential.solution import PotentialSolution

if TYPE_CHECKING:
    from microfem.physics.frame import Floats

PARTS = 40  # number of parts of an electrode along its fingers
NOTHING = 1e-9  # relative to the current of all nodes: an electrode with less net current has no curve


LOOK = Look(
    title="Current along the fingers",
    caption="share of the current that leaves between the busbar and this distance",
    quantity="share of current",
    pictured=False,
)


@curve("finger", LOOK, on=("conduction",), always=True)
def along_fingers(case: SolvedCase) -> Iterator[Series]:
    """Share of each electrode's current that leaves it up to a distance from its busbar.

    Distances (um) start at the root of the fingers and grow towards their tips, negative within the busbar, in the
    layout before placement and deformation; shares of the current between electrode and electrolyte go from 0 to 1.
    Layouts without fingers, and sections, which cut across the fingers, have no such curve.
    """
    solution = case.solution
    assert isinstance(solution, PotentialSolution)
    if solution.mesh.dimension == "section":
        return
    for electrode, ends in solution.mesh.layout.fingers.items():
        if rows := _shares(solution, electrode, *ends):
            x, y = zip(*rows, strict=True)
            yield Series(
                name=electrode,
                unit="1",
                x_name="distance from the busbar",
                x_unit="um",
                x=x,
                y=y,
                error=(0.0,) * len(x),
            )


def _shares(solution: PotentialSolution, electrode: str, root: float, tip: float) -> list[tuple[float, float]]:
    """Return (distance, share) at the middles of equal parts, and at both ends.

    The current of a hat function h around a knot is  integral of sigma grad u . grad h  over the electrolyte. For a
    uniform current, the hats of the knots up to one knot take the current that leaves before the middle behind that
    knot. The sum over all hats is the current itself on any mesh, since no field is differentiated on the surface.
    """
    place, current = _currents(solution, electrode, root, tip)
    total = float(current.sum())
    if abs(total) <= NOTHING * float(np.abs(current).sum()):
        return []
    knots = np.linspace(place.min(), place.max(), PARTS + 1)
    at = np.clip((place - knots[0]) / (knots[1] - knots[0]), 0.0, PARTS)
    below = np.minimum(at.astype(int), PARTS - 1)
    hats = np.bincount(below, current * (below + 1 - at), PARTS + 1)
    hats += np.bincount(below + 1, current * (at - below), PARTS + 1)
    middles = 0.5 * (knots[1:] + knots[:-1])
    shares = np.cumsum(hats)[:-1] / total
    inner = zip(middles.tolist(), shares.tolist(), strict=True)
    return [(float(knots[0]), 0.0), *inner, (float(knots[-1]), 1.0)]


def _currents(solution: PotentialSolution, electrode: str, root: float, tip: float) -> tuple[Floats, Floats]:
    """Return the distance from the root, um, and the current of each node where electrolyte touches an electrode."""
    from microfem.fem.solvers.assembly import scalar_stiffness

    space, mesh = solution.space, solution.space.mesh
    facets, _ = wetted(solution, electrode)
    nodes = np.unique(space.dofs(facets))
    cells = mesh.cells_of(*electrolytes(mesh))
    potential = np.nan_to_num(solution.field("potential").values)
    currents, _ = scalar_stiffness(space, mesh.cells[cells], solution.coefficient[cells]).apply(potential[None])
    y = mesh.flat[:, 1]
    if space.order == 2:
        y = np.concatenate([y, y[space.edges].mean(axis=1)])
    return (y[nodes] - root) * np.sign(tip - root), currents[0, nodes]
