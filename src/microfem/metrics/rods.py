"""Metrics of free-standing bridges: strain at the surface of their ribbons, stretchability, buckling, force, rise.

Strains are nominal: change of length over the length at rest. `in_plane=true` selects the ribbon that is kept flat,
which usually strains more than the ribbon that may buckle, so that the difference is the benefit of buckling.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from microfem.base.errors import MetricRefused
from microfem.metrics.metric import metric
from microfem.physics.mechanics.loads import Stretch
from microfem.physics.mechanics.rod_bridges import BridgesSolution

if TYPE_CHECKING:
    from microfem.fem.rods.bridge import BridgeOutcome, BridgePath

ON = ("bridges",)
SECOND_ORDER = 3.0  # after halving elements of second order, the remaining error is (fine - coarse) / 3


def _walk(outcome: BridgeOutcome, in_plane: bool, name: str) -> BridgePath:
    if not in_plane:
        return outcome.stable
    if outcome.plane is None:
        raise MetricRefused(name, "this load takes the bridges out of their plane", f"{name}(case)")
    return outcome.plane


def _error(measure: Callable[..., float]) -> Callable[..., float]:
    """Return a function for the error of a measure, from the outcome with half as many elements."""

    def error(solution: BridgesSolution, **options: Any) -> float:
        fine, coarse = (measure(solution, one, **options) for one in (solution.fine, solution.coarse))
        return abs(fine - coarse) / SECOND_ORDER

    return error


def _strain(_: BridgesSolution, outcome: BridgeOutcome, percent: float, in_plane: bool) -> float:
    walk = _walk(outcome, in_plane, "bridge_strain")
    values = walk.strains[-1].ravel()
    weights = np.repeat(0.5 * walk.bridge.rod.lengths, 2)
    order = np.argsort(values)
    below = (np.cumsum(weights[order]) - 0.5 * weights[order]) / weights.sum()
    return float(values.max() if percent >= 100.0 else np.interp(0.01 * percent, below, values[order]))


@metric("1", on=ON, better="lower", error=_error(_strain))
def bridge_strain(solution: BridgesSolution, *, percent: float = 100.0, in_plane: bool = False) -> float:
    """Percentile over the ribbon's length of the largest principal nominal strain at its surface."""
    return _strain(solution, solution.fine, percent, in_plane)


def _stretchability(solution: BridgesSolution, outcome: BridgeOutcome, limit: float, in_plane: bool) -> float:
    from scipy.interpolate import PchipInterpolator

    walk, load = _walk(outcome, in_plane, "stretchability"), solution.load
    if not isinstance(load, Stretch):
        raise MetricRefused("stretchability", "the case has no stretch", "bridge_strain(case)")
    allowed = limit or _limit(solution)
    loads, largest = np.concatenate([[0.0], walk.loads]), np.concatenate([[0.0], walk.largest])
    if largest.max() < allowed:
        reached = f"the ribbon strains by {largest.max():.3g} at most, below {allowed:.3g}"
        raise MetricRefused("stretchability", reached, "a case with a larger stretch")
    k = int(np.argmax(largest >= allowed))
    low, high = loads[k - 1], loads[k]
    curve = PchipInterpolator(loads, largest)
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if curve(middle) < allowed else (low, middle)
    return float(low * load.strain)


def _limit(solution: BridgesSolution) -> float:
    """Return the strain at which the bridges' material breaks or yields, whichever is smaller."""
    layout = solution.mesh.layout
    assert layout.ribbon is not None
    material = layout.material(layout.ribbon.regions[0])
    limits = [material.value("fracture_strain")] if material.has("fracture_strain") else []
    if material.has("yield_stress"):
        limits.append(material.value("yield_stress") / material.value("youngs_modulus"))
    if not limits:
        raise MetricRefused(
            "stretchability",
            f"the material '{material.name}' has no fracture_strain and no yield_stress",
            "stretchability(case, limit=0.01)",
        )
    return min(limits)


@metric("1", on=ON, better="higher", error=_error(_stretchability))
def stretchability(solution: BridgesSolution, *, limit: float = 0.0, in_plane: bool = False) -> float:
    """Strain of the whole device at which `bridge_strain` reaches `limit`; 0 takes the material's fracture_strain or
    yield_stress / youngs_modulus, whichever is smaller."""
    return _stretchability(solution, solution.fine, limit, in_plane)


def _buckling(solution: BridgesSolution, outcome: BridgeOutcome) -> float:
    load = solution.load
    if not isinstance(load, Stretch) or solution.case.dimension != "3d":
        raise MetricRefused("buckling_strain", "the case has no stretch in dimension: 3d", "bridge_strain(case)")
    if outcome.buckling is None:
        reached = float(outcome.stable.loads[-1] * load.strain)
        raise MetricRefused("buckling_strain", f"the bridges stay flat up to {reached:.3g}", "out_of_plane(case)")
    return outcome.buckling[0] * load.strain


@metric("1", on=ON, error=_error(_buckling))
def buckling_strain(solution: BridgesSolution) -> float:
    """Strain of the whole device at which the flat bridges become unstable and leave their plane."""
    return _buckling(solution, solution.fine)


def _force(solution: BridgesSolution, outcome: BridgeOutcome, in_plane: bool) -> float:
    walk = _walk(outcome, in_plane, "bridge_force")
    return float(walk.forces[-1, 0]) * (1e-6 if solution.mesh.dim == 3 else 1.0 / walk.bridge.ribbon.thickness)


@metric("N", on=ON, depth_unit="N/m", error=_error(_force))
def bridge_force(solution: BridgesSolution, *, in_plane: bool = False) -> float:
    """Force along x with which one bridge pulls at its islands; over the ribbon's thickness in 2D."""
    return _force(solution, solution.fine, in_plane)


def _rise(_: BridgesSolution, outcome: BridgeOutcome) -> float:
    return float(outcome.stable.heights[-1])


@metric("um", on=ON, error=_error(_rise))
def out_of_plane(solution: BridgesSolution) -> float:
    """Largest distance of the ribbon's centre line from the plane of the first island."""
    return _rise(solution, solution.fine)
