"""Metrics of strips that roll up: the free curl, and the wound roll.

The curl is that of the middle half of the strip, away from its ends. The wound roll follows from the curl and the
strip's length; its windings may slip on each other (the least bending energy) or stick (the first winding keeps its
free radius), see fem/rolling/winding.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.base.registry import did_you_mean
from microfem.metrics.metric import metric
from microfem.physics.mechanics.rolling import RolledSolution

if TYPE_CHECKING:
    from microfem.fem.rolling.winding import Wound

ON = ("rolling",)
Contact = Literal["slip", "stick"]


def wound_roll(solution: RolledSolution, contact: Contact = "slip", metric: str = "wound_roll") -> Wound:
    """Return the wound roll of a strip, for a metric: core radius, windings and pitch as in the family swiss_roll.

    Raises:
        MetricRefused: the strip does not close to one turn, or rolls with its last layer inside.
    """
    from microfem.fem.rolling.winding import wind

    curl, length = solution.curl, solution.length
    if curl.curvature < 0.0:
        raise MetricRefused(
            metric,
            "the strip rolls up with its last layer inside, where a swiss_roll has its first",
            "roll_radius(case), or strains that lengthen the outer layers",
        )
    try:
        return wind(1.0 / curl.middle, curl.thickness, curl.curvature * curl.middle * length, contact)
    except MicrofemError as error:
        raise MetricRefused(metric, str(error), "roll_radius(case)") from error


@metric("um", on=ON)
def roll_radius(solution: RolledSolution) -> float:
    """Radius of the centre line of the free strip."""
    return abs(float(solution.curl.middle))


@metric("um", on=ON)
def roll_core_radius(solution: RolledSolution, *, contact: Contact = "slip") -> float:
    """Radius of the core where the wound strip starts, `core_radius` of family swiss_roll."""
    return wound_roll(solution, contact, "roll_core_radius").core_radius


@metric("1", on=ON)
def roll_windings(solution: RolledSolution, *, contact: Contact = "slip") -> float:
    """Turns of the wound strip, `windings` of family swiss_roll."""
    return wound_roll(solution, contact, "roll_windings").windings


@metric("um", on=ON)
def roll_diameter(solution: RolledSolution, *, contact: Contact = "slip") -> float:
    """Outer diameter of the wound roll, pi/4 (D^2 - d^2) = length x thickness."""
    return wound_roll(solution, contact, "roll_diameter").diameter


@metric("1", on=ON)
def roll_strain(solution: RolledSolution, *, region: str) -> float:
    """Mean elastic nominal strain along the free strip, over a layer in the middle half of its length."""
    mesh = solution.mesh
    role = {name: mesh.layout.part(name).role for name in mesh.regions}
    layers = [name for name in mesh.regions if region in (name, role[name])]
    if not layers:
        raise MicrofemError(f"no layer '{region}' in this strip{did_you_mean(region, mesh.regions)}")
    cells, x = mesh.cells_of(*layers), mesh.points[:, 0]
    distance = np.abs(x[mesh.cells[cells]].mean(axis=1) - 0.5 * (x.min() + x.max()))
    cells = cells[distance < 0.25 * solution.length]
    means = solution.field("elastic_strain").values[cells].mean(axis=1)
    return float(np.average(means, weights=mesh.volumes[cells]))
