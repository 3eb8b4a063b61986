"""Metrics of the strains and stresses of devices, and of their safety.

Strains of elasticity are small strains; those of hyperelasticity have a `measure` (nominal unless stated, logarithmic,
green_lagrange) and are the largest principal ones or those of lines along an `axis`. The mismatch is left out of
principal strains. The largest principal strain is what cracks a brittle layer. Where
no region is named, strains and stresses are taken over what must not break (electrodes, collectors, tabs,
bridges, substrate) and not over gels, separators, covers and cores, which are soft and strain most. A region is
named by its name or its role. Films count with their thickness. Peaks are sought at the corners of cells, where
the strain of a P2 solution is largest, but within cells where metal has flowed; at a re-entrant or bimaterial corner
the exact peak may be unbounded, and percentiles converge where peaks do not.
"""

from __future__ import annotations

from collections.abc import Mapping

from microfem.base.errors import MetricRefused
from microfem.metrics.metric import metric
from microfem.metrics.quantity_of_interest import BEYOND, QuantityOfInterest
from microfem.metrics.spread import Mean, Percentile, Statistic, spread_qoi, spread_value
from microfem.physics import Case
from microfem.physics.frame import offering
from microfem.physics.mechanics.parts import STRAIN, STRESS, VON_MISES, Quantity
from microfem.physics.mechanics.solution import Axis, LinearSolution, Measure, MechanicalSolution

ON = ("elasticity",)
YIELDING = (*ON, "plasticity")
STRESSED = (*YIELDING, "conformal")
STRAINED = offering(MechanicalSolution)


def told_measure(options: Mapping[str, object], case: Case) -> str:
    """Return the measure and axis of a strain metric as a table tells it, "" where strains are small or it is none."""
    if "measure" not in options or not case.finite_strain:
        return ""
    return f"{str(options['measure'] or 'nominal').replace('_', '-')}, {options['axis']}"


def _strain(solution: MechanicalSolution, metric: str, measure: Measure, axis: Axis) -> Quantity:
    """Return the strain that a metric asks for.

    Raises:
        MetricRefused: a measure or an axis is asked for where strains are small.
    """
    strain = solution.strain(measure, axis)
    if strain is None:
        raise MetricRefused(metric, "small strains have one measure and are taken along their principal axis",
                            "the same of a hyperelasticity case, or leave measure and axis out")  # fmt: skip
    return strain


def _peak(solution: MechanicalSolution, region: str, quantity: Quantity) -> float:
    return max(float(part.corners(quantity).max()) for part in solution.parts(solution.named(region)))


def _peak_qoi(solution: LinearSolution, region: str, quantity: Quantity) -> QuantityOfInterest:
    """Return by how much the peak may be higher, at any place: a dual solution would be as singular as a point load.

    At a corner that the mesh does not resolve yet the value is small and its error large.
    """
    highest = max(part.highest(quantity) for part in solution.parts(solution.named(region)))
    peak = _peak(solution, region, quantity)
    return QuantityOfInterest(None, highest - peak, least=_beyond(solution, peak))


def _beyond(solution: LinearSolution, value: float) -> float:
    """Return by how much a value at a rim may be off where corners of chords lie beyond their circle, see BEYOND."""
    from microfem.mesh.roundness import roundness

    return BEYOND * roundness(solution.mesh).walls * abs(value)


def _spread(solution: MechanicalSolution, region: str, quantity: Quantity, statistic: Statistic) -> float:
    return spread_value(solution.parts(solution.named(region)), quantity, statistic)


def _qoi(solution: LinearSolution, region: str, quantity: Quantity, statistic: Statistic) -> QuantityOfInterest:
    return spread_qoi(solution, solution.parts(solution.named(region)), quantity, statistic)


@metric("1", on=STRAINED, better="lower", pointwise=True, qoi=lambda s, *, region, **_: _peak_qoi(s, region, STRAIN))
def max_strain(
    solution: MechanicalSolution, *, region: str = "", measure: Measure = "", axis: Axis = "principal"
) -> float:
    """Largest strain in a region or role; all but soft parts if none is named."""
    return _peak(solution, region, _strain(solution, "max_strain", measure, axis))


@metric(
    "1", on=STRAINED, better="lower",
    qoi=lambda s, *, percent, region, **_: _qoi(s, region, STRAIN, Percentile(percent)),
)  # fmt: skip
def strain_percentile(
    solution: MechanicalSolution,
    *,
    percent: float = 99.0,
    region: str = "",
    measure: Measure = "",
    axis: Axis = "principal",
) -> float:
    """Strain that `percent` of the volume of a region or role stays below."""
    return _spread(solution, region, _strain(solution, "strain_percentile", measure, axis), Percentile(percent))


@metric("1", on=STRAINED, better="lower", qoi=lambda s, *, region, **_: _qoi(s, region, STRAIN, Mean()))
def mean_strain(
    solution: MechanicalSolution, *, region: str = "", measure: Measure = "", axis: Axis = "principal"
) -> float:
    """Mean over the volume of a region or role of the strain."""
    return _spread(solution, region, _strain(solution, "mean_strain", measure, axis), Mean())


@metric("MPa", on=STRAINED, better="lower", pointwise=True, qoi=lambda s, *, region: _peak_qoi(s, region, VON_MISES))
def max_von_mises(solution: MechanicalSolution, *, region: str = "") -> float:
    """Largest von Mises stress in a region or role; all but soft parts if none is named."""
    return _peak(solution, region, VON_MISES)


@metric(
    "MPa", on=STRAINED, better="lower",
    qoi=lambda s, *, percent, region: _qoi(s, region, VON_MISES, Percentile(percent)),
)  # fmt: skip
def von_mises_percentile(solution: MechanicalSolution, *, percent: float = 99.0, region: str = "") -> float:
    """Von Mises stress that `percent` of the volume of a region or role stays below."""
    return _spread(solution, region, VON_MISES, Percentile(percent))


@metric("MPa", on=STRAINED, better="lower", pointwise=True, qoi=lambda s, *, region: _peak_qoi(s, region, STRESS))
def max_stress(solution: MechanicalSolution, *, region: str = "") -> float:
    """Largest principal (tensile) stress in a region or role; all but soft parts if none is named."""
    return _peak(solution, region, STRESS)


@metric(
    "MPa", on=STRAINED, better="lower",
    qoi=lambda s, *, percent, region: _qoi(s, region, STRESS, Percentile(percent)),
)  # fmt: skip
def stress_percentile(solution: MechanicalSolution, *, percent: float = 99.0, region: str = "") -> float:
    """Largest principal (tensile) stress that `percent` of the volume of a region or role stays below."""
    return _spread(solution, region, STRESS, Percentile(percent))


def _safety_qoi(solution: LinearSolution, region: str) -> QuantityOfInterest:
    layout, value = solution.mesh.layout, safety(solution, region=region)
    least = min(layout.material(name).value("yield_stress") / max(part.highest(VON_MISES), 1e-300)
                for name in _yielding(solution, region, "safety", "max_von_mises")
                for part in solution.parts([name]))  # fmt: skip
    return QuantityOfInterest(None, least - value, least=_beyond(solution, value))


@metric("1", on=STRESSED, better="higher", pointwise=True, qoi=lambda s, *, region: _safety_qoi(s, region))
def safety(solution: MechanicalSolution, *, region: str = "") -> float:
    """Smallest ratio of yield stress to von Mises stress over the parts whose material states a yield stress."""
    layout = solution.mesh.layout
    return min(layout.material(name).value("yield_stress") / max(_peak(solution, name, VON_MISES), 1e-300)
               for name in _yielding(solution, region, "safety", "max_von_mises"))  # fmt: skip


def _safety_percentile_qoi(solution: LinearSolution, percent: float, region: str) -> QuantityOfInterest:
    """Return the qoi of the part that is least safe: that of its stress, S / s being its ratio."""
    layout, of = solution.mesh.layout, Percentile(percent)
    strength = {
        name: layout.material(name).value("yield_stress")
        for name in _yielding(solution, region, "safety_percentile", "von_mises_percentile")
    }
    stress = {name: max(_spread(solution, name, VON_MISES, of), 1e-300) for name in strength}
    weakest = min(strength, key=lambda name: strength[name] / stress[name])
    qoi, ratio = _qoi(solution, weakest, VON_MISES, of), -strength[weakest] / stress[weakest] ** 2
    assert qoi.load is not None
    assert qoi.change is not None
    assert qoi.of_cell is not None
    return QuantityOfInterest(ratio * qoi.load, ratio * qoi.change, ratio * qoi.of_cell, least=abs(ratio) * qoi.least)


@metric("1", on=YIELDING, better="higher",
        qoi=lambda s, *, percent, region: _safety_percentile_qoi(s, percent, region))  # fmt: skip
def safety_percentile(solution: MechanicalSolution, *, percent: float = 99.0, region: str = "") -> float:
    """Smallest ratio over the parts of yield stress to the von Mises stress that `percent` of the part stays below."""
    layout, of = solution.mesh.layout, Percentile(percent)
    return min(layout.material(name).value("yield_stress") / max(_spread(solution, name, VON_MISES, of), 1e-300)
               for name in _yielding(solution, region, "safety_percentile", "von_mises_percentile"))  # fmt: skip


def _yielding(solution: MechanicalSolution, region: str, metric: str, instead: str) -> list[str]:
    """Return the parts whose material states a yield stress.

    Raises:
        MetricRefused: there are none; `instead` is the metric that needs none.
    """
    layout = solution.mesh.layout
    found = [name for name in solution.named(region) if layout.material(name).has("yield_stress")]
    if not found:
        raise MetricRefused(metric, "no part's material states a yield_stress", f"{instead}(case)")
    return found
