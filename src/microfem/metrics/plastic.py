"""Metrics of devices that yield: plastic strain, yielded volume, and residual deformation after release of the ends.

They are those of the last step of the load path. Regions are chosen as in metrics/mechanical.py. Plastic strain is
evaluated at quadrature points, where the flow rule holds; each point has its share of the volume.
"""

from __future__ import annotations

import numpy as np

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.metrics.metric import metric
from microfem.physics.frame import Floats
from microfem.physics.mechanics.plasticity import PlasticSolution

ON = ("plasticity",)


def _flow(solution: PlasticSolution, region: str) -> tuple[Floats, Floats]:
    """Return equivalent plastic strain and volume of each quadrature point of a region or role, both (n,)."""
    return solution.plastic_strain(solution.named(region))


@metric("1", on=ON, better="lower", pointwise=True)
def max_plastic_strain(solution: PlasticSolution, *, region: str = "") -> float:
    """Largest equivalent plastic strain in a region or role; in all firm parts if none is named."""
    return float(_flow(solution, region)[0].max())


@metric("1", on=ON, better="lower")
def plastic_strain_percentile(solution: PlasticSolution, *, percent: float = 99.0, region: str = "") -> float:
    """Percentile over the volume of the equivalent plastic strain in a region or role."""
    if not 0.0 < percent < 100.0:
        raise MicrofemError(f"percent = {percent:g} must be above 0 and below 100")
    values, volume = _flow(solution, region)
    order = np.argsort(values)
    filled = np.cumsum(volume[order]) - 0.5 * volume[order]
    return float(np.interp(0.01 * percent * volume.sum(), filled, values[order]))


@metric("1", on=ON, better="lower")
def mean_plastic_strain(solution: PlasticSolution, *, region: str = "") -> float:
    """Mean over the volume of the equivalent plastic strain in a region or role."""
    values, volume = _flow(solution, region)
    return float(values @ volume / volume.sum())


@metric("1", on=ON, better="lower")
def yielded_share(solution: PlasticSolution, *, region: str = "") -> float:
    """Share of the volume of a region or role that has yielded anywhere along the path."""
    values, volume = _flow(solution, region)
    return float(volume[values > 0.0].sum() / volume.sum())


@metric("N mm", on=ON, depth_unit="N")
def bending_moment(solution: PlasticSolution) -> float:
    """Bending moment at the end of the load path, 0 after release of the ends; per unit depth in 2D."""
    return _last(solution, "bending_moment", "bending_moment", "bend") * (1e-6 if solution.case.per_depth else 1e-9)


@metric("1/mm", on=ON)
def residual_curvature(solution: PlasticSolution) -> float:
    """Curvature of a bent device after release of its ends, without a moment."""
    return _residual(solution, "residual_curvature", "end_curvature", "bend") * 1e3


@metric("1", on=ON)
def residual_stretch(solution: PlasticSolution) -> float:
    """Mean strain of a stretched device after release of its ends, without a force."""
    return _residual(solution, "residual_stretch", "end_stretch", "stretch")


@metric("deg/mm", on=ON)
def residual_twist(solution: PlasticSolution) -> float:
    """Angle per length of a twisted device after release of its ends, without a torque."""
    return _residual(solution, "residual_twist", "end_twist", "twist") * 1e3 * 180.0 / np.pi


def _residual(solution: PlasticSolution, name: str, key: str, load: str) -> float:
    """Return the residual motion of the ends after release; refuse a case without release."""
    value = _last(solution, name, key, load)
    if not solution.case.release:  # type: ignore[attr-defined]
        raise MetricRefused(name, "the ends are still held at the end of the path", "release: true in the case")
    return value


def _last(solution: PlasticSolution, name: str, key: str, load: str) -> float:
    if key not in solution.totals:
        raise MetricRefused(name, f"the case has no such result; it needs the load {load}", "max_plastic_strain(case)")
    return solution.totals[key][0]
