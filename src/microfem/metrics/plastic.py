"""Metrics of devices that yield: plastic strain, what has yielded, what is left when the ends are let go.

They are those of the last step of the load path. Regions are chosen as in metrics/mechanical.py. Plastic strain is
taken at quadrature points, where the law of flow holds, each of which stands for its share of the volume.
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
    """Largest equivalent plastic strain in a region or role; all but soft parts if none is named."""
    return float(_flow(solution, region)[0].max())


@metric("1", on=ON, better="lower")
def plastic_strain_percentile(solution: PlasticSolution, *, percent: float = 99.0, region: str = "") -> float:
    """Equivalent plastic strain that `percent` of the volume of a region or role stays below."""
    if not 0.0 < percent < 100.0:
        raise MicrofemError(f"percent = {percent:g} must be above 0 and below 100")
    values, volume = _flow(solution, region)
    order = np.argsort(values)
    filled = np.cumsum(volume[order]) - 0.5 * volume[order]
    return float(np.interp(0.01 * percent * volume.sum(), filled, values[order]))


@metric("1", on=ON, better="lower")
def mean_plastic_strain(solution: PlasticSolution, *, region: str = "") -> float:
    """Mean over the volume of a region or role of the equivalent plastic strain."""
    values, volume = _flow(solution, region)
    return float(values @ volume / volume.sum())


@metric("1", on=ON, better="lower")
def yielded_share(solution: PlasticSolution, *, region: str = "") -> float:
    """Share of the volume of a region or role that has yielded anywhere along the path."""
    values, volume = _flow(solution, region)
    return float(volume[values > 0.0].sum() / volume.sum())


@metric("N mm", on=ON, depth_unit="N")
def bending_moment(solution: PlasticSolution) -> float:
    """Moment at the end of the path; per unit depth in 2D. 0 once the ends are let go."""
    return _last(solution, "bending_moment", "bending_moment", "bend") * (1e-6 if solution.case.per_depth else 1e-9)


@metric("1/mm", on=ON)
def residual_curvature(solution: PlasticSolution) -> float:
    """Curvature that a bent device keeps when its ends are let go, without moment."""
    return _left(solution, "residual_curvature", "end_curvature", "bend") * 1e3


@metric("1", on=ON)
def residual_stretch(solution: PlasticSolution) -> float:
    """Mean strain that a stretched device keeps when its ends are let go, without force."""
    return _left(solution, "residual_stretch", "end_stretch", "stretch")


@metric("deg/mm", on=ON)
def residual_twist(solution: PlasticSolution) -> float:
    """Angle per length that a twisted device keeps when its ends are let go, without torque."""
    return _left(solution, "residual_twist", "end_twist", "twist") * 1e3 * 180.0 / np.pi


def _left(solution: PlasticSolution, name: str, key: str, load: str) -> float:
    """Return a motion that is left after release, or refuse where the ends are still held."""
    value = _last(solution, name, key, load)
    if not solution.case.release:  # type: ignore[attr-defined]
        raise MetricRefused(name, "the ends are still held at the end of the path", "release: true in the case")
    return value


def _last(solution: PlasticSolution, name: str, key: str, load: str) -> float:
    if key not in solution.totals:
        raise MetricRefused(name, f"the case has no such result; it needs the load {load}", "max_plastic_strain(case)")
    return solution.totals[key][0]
