"""Metrics of the strains and stresses of devices, and of their safety.

Elasticity has small strains; hyperelasticity has a strain `measure` (nominal by default, logarithmic, green_lagrange)
and either the largest principal strain or the strain of material lines along an `axis`. Principal strains are elastic:
they leave out the eigenstrain. The largest principal strain decides whether a brittle layer cracks. Without a named
region, strains and stresses are those of the firm parts (electrodes, collectors, tabs, bridges, substrate) and not of
gels, separators, covers and cores, which are soft and strain most. A region is a name or a role. Films count with
their thickness. Peaks are evaluated at the corners of cells, where the strain of a P2 solution is largest, and in
cells that have yielded at the quadrature points; at a re-entrant or bimaterial corner the exact peak may be unbounded,
and percentiles converge where peaks do not.
"""

from __future__ import annotations

from collections.abc import Mapping

from microfem.base.errors import MetricRefused
from microfem.metrics.metric import metric
from microfem.metrics.quantity_of_interest import BEYOND, QuantityOfInterest
from microfem.metrics.statistics import Mean, Percentile, Statistic, statistic_qoi, statistic_value
from microfem.physics import Case
from microfem.physics.frame import offering
from microfem.physics.mechanics.parts import STRAIN, STRESS, VON_MISES, Quantity
from microfem.physics.mechanics.solution import Axis, LinearSolution, Measure, MechanicalSolution

ON = ("elasticity",)
YIELDING = (*ON, "plasticity")
STRESSED = (*YIELDING, "conformal")
STRAINED = offering(MechanicalSolution)


def measure_label(options: Mapping[str, object], case: Case) -> str:
    """Return the strain measure and axis of a metric as tables show them, "" at small strain and for other metrics."""
    if "measure" not in options or not case.finite_strain:
        return ""
    return f"{str(options['measure'] or 'nominal').replace('_', '-')}, {options['axis']}"


def _strain(solution: MechanicalSolution, metric: str, measure: Measure, axis: Axis) -> Quantity:
    """Return the strain in a measure and along an axis, for a metric.

    Raises:
        MetricRefused: the case is at small strain, which has one measure and its principal axis alone.
    """
    strain = solution.strain(measure, axis)
    if strain is None:
        raise MetricRefused(
            metric,
            "small strain has one measure and is taken along its principal axis",
            "the same metric of a hyperelasticity case, or leave out measure and axis",
        )
    return strain


def _peak(solution: MechanicalSolution, region: str, quantity: Quantity) -> float:
    return max(float(part.corners(quantity).max()) for part in solution.parts(solution.named(region)))


def _peak_qoi(solution: LinearSolution, region: str, quantity: Quantity) -> QuantityOfInterest:
    """Return the largest recovered excess over the peak: a dual solution would be as singular as a point load.

    The excess may lie elsewhere than the peak: at an unresolved corner the value is small and its error large.
    """
    highest = max(part.highest(quantity) for part in solution.parts(solution.named(region)))
    peak = _peak(solution, region, quantity)
    return QuantityOfInterest(load=None, change=highest - peak, least=_beyond(solution, peak))


def _beyond(solution: LinearSolution, value: float) -> float:
    """Return the error of a value at a round rim due to corners of chords beyond the circle, see BEYOND."""
    from microfem.mesh.roundness import roundness

    return BEYOND * roundness(solution.mesh).walls * abs(value)


def _spread(solution: MechanicalSolution, region: str, quantity: Quantity, statistic: Statistic) -> float:
    return statistic_value(solution.parts(solution.named(region)), quantity, statistic)


def _qoi(solution: LinearSolution, region: str, quantity: Quantity, statistic: Statistic) -> QuantityOfInterest:
    return statistic_qoi(solution, solution.parts(solution.named(region)), quantity, statistic)


@metric("1", on=STRAINED, better="lower", pointwise=True, qoi=lambda s, *, region, **_: _peak_qoi(s, region, STRAIN))
def max_strain(
    solution: MechanicalSolution, *, region: str = "", measure: Measure = "", axis: Axis = "principal"
) -> float:
    """Largest strain in a region or role; in all firm parts if none is named."""
    return _peak(solution, region, _strain(solution, "max_strain", measure, axis))


@metric(
    "1",
    on=STRAINED,
    better="lower",
    qoi=lambda s, *, percent, region, **_: _qoi(s, region, STRAIN, Percentile(percent)),
)
def strain_percentile(
    solution: MechanicalSolution,
    *,
    percent: float = 99.0,
    region: str = "",
    measure: Measure = "",
    axis: Axis = "principal",
) -> float:
    """Percentile over the volume of the strain in a region or role."""
    return _spread(solution, region, _strain(solution, "strain_percentile", measure, axis), Percentile(percent))


@metric("1", on=STRAINED, better="lower", qoi=lambda s, *, region, **_: _qoi(s, region, STRAIN, Mean()))
def mean_strain(
    solution: MechanicalSolution, *, region: str = "", measure: Measure = "", axis: Axis = "principal"
) -> float:
    """Mean over the volume of the strain in a region or role."""
    return _spread(solution, region, _strain(solution, "mean_strain", measure, axis), Mean())


@metric("MPa", on=STRAINED, better="lower", pointwise=True, qoi=lambda s, *, region: _peak_qoi(s, region, VON_MISES))
def max_von_mises(solution: MechanicalSolution, *, region: str = "") -> float:
    """Largest von Mises stress in a region or role; in all firm parts if none is named."""
    return _peak(solution, region, VON_MISES)


@metric(
    "MPa",
    on=STRAINED,
    better="lower",
    qoi=lambda s, *, percent, region: _qoi(s, region, VON_MISES, Percentile(percent)),
)
def von_mises_percentile(solution: MechanicalSolution, *, percent: float = 99.0, region: str = "") -> float:
    """Percentile over the volume of the von Mises stress in a region or role."""
    return _spread(solution, region, VON_MISES, Percentile(percent))


@metric("MPa", on=STRAINED, better="lower", pointwise=True, qoi=lambda s, *, region: _peak_qoi(s, region, STRESS))
def max_stress(solution: MechanicalSolution, *, region: str = "") -> float:
    """Largest principal (tensile) stress in a region or role; in all firm parts if none is named."""
    return _peak(solution, region, STRESS)


@metric(
    "MPa",
    on=STRAINED,
    better="lower",
    qoi=lambda s, *, percent, region: _qoi(s, region, STRESS, Percentile(percent)),
)
def stress_percentile(solution: MechanicalSolution, *, percent: float = 99.0, region: str = "") -> float:
    """Percentile over the volume of the largest principal (tensile) stress in a region or role."""
    return _spread(solution, region, STRESS, Percentile(percent))


def _safety_qoi(solution: LinearSolution, region: str) -> QuantityOfInterest:
    layout, value = solution.mesh.layout, safety(solution, region=region)
    least = min(
        layout.material(name).value("yield_stress") / max(part.highest(VON_MISES), 1e-300)
        for name in _yielding(solution, region, "safety", "max_von_mises")
        for part in solution.parts([name])
    )
    return QuantityOfInterest(load=None, change=least - value, least=_beyond(solution, value))


@metric("1", on=STRESSED, better="higher", pointwise=True, qoi=lambda s, *, region: _safety_qoi(s, region))
def safety(solution: MechanicalSolution, *, region: str = "") -> float:
    """Smallest ratio of yield stress to von Mises stress over the parts whose material states a yield stress."""
    layout = solution.mesh.layout
    return min(
        layout.material(name).value("yield_stress") / max(_peak(solution, name, VON_MISES), 1e-300)
        for name in _yielding(solution, region, "safety", "max_von_mises")
    )


def _safety_percentile_qoi(solution: LinearSolution, percent: float, region: str) -> QuantityOfInterest:
    """Return the quantity of interest of the least safe part, S / s, from that of its stress s; S: yield stress."""
    layout, percentile = solution.mesh.layout, Percentile(percent)
    strength = {
        name: layout.material(name).value("yield_stress")
        for name in _yielding(solution, region, "safety_percentile", "von_mises_percentile")
    }
    stress = {name: max(_spread(solution, name, VON_MISES, percentile), 1e-300) for name in strength}
    weakest = min(strength, key=lambda name: strength[name] / stress[name])
    qoi, ratio = _qoi(solution, weakest, VON_MISES, percentile), -strength[weakest] / stress[weakest] ** 2
    assert qoi.load is not None
    assert qoi.change is not None
    assert qoi.of_cell is not None
    return QuantityOfInterest(
        load=ratio * qoi.load, change=ratio * qoi.change, of_cell=ratio * qoi.of_cell, least=abs(ratio) * qoi.least
    )


@metric("1", on=YIELDING, better="higher", qoi=lambda s, *, percent, region: _safety_percentile_qoi(s, percent, region))
def safety_percentile(solution: MechanicalSolution, *, percent: float = 99.0, region: str = "") -> float:
    """Smallest ratio over the parts of yield stress to the percentile of the von Mises stress over a part's volume."""
    layout, percentile = solution.mesh.layout, Percentile(percent)
    return min(
        layout.material(name).value("yield_stress") / max(_spread(solution, name, VON_MISES, percentile), 1e-300)
        for name in _yielding(solution, region, "safety_percentile", "von_mises_percentile")
    )


def _yielding(solution: MechanicalSolution, region: str, metric: str, instead: str) -> list[str]:
    """Return the parts whose material states a yield stress.

    Raises:
        MetricRefused: no part has a yield stress; `instead` names a metric that needs none.
    """
    layout = solution.mesh.layout
    yielding = [name for name in solution.named(region) if layout.material(name).has("yield_stress")]
    if not yielding:
        raise MetricRefused(metric, "no part's material states a yield_stress", f"{instead}(case)")
    return yielding
