"""Metrics of solids that follow from forces and energies: stiffness, reactions, neutral axis, curvature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from microfem.base.errors import MetricRefused
from microfem.metrics.mechanical import ON, YIELDING
from microfem.metrics.metric import METRICS, metric
from microfem.metrics.quantity_of_interest import QuantityOfInterest
from microfem.physics import Solution
from microfem.physics.mechanics.elasticity import ElasticSolution
from microfem.physics.mechanics.solution import MechanicalSolution

NO_FORCE = 1e-9  # relative to the acting forces: a smaller resultant is round-off


def _energy_qoi(name: str) -> Callable[..., QuantityOfInterest]:
    """Return the quantity of interest of a metric that is proportional to the energy of a prescribed displacement.

    (J - J_h) / J_h = -a(e, e) / a(u_h, u_h), a(u_h, u_h) being twice the strain energy: displacements are their own
    dual solution.
    """

    def qoi(solution: Solution, **options: object) -> QuantityOfInterest:
        assert solution.dual is not None
        value = METRICS.get(name).function(solution, **options)
        twice = 2.0 * solution.totals["strain_energy"][0]
        return QuantityOfInterest(load=None, change=-value * solution.dual.energy / max(twice, 1e-300), stationary=True)

    return qoi


@metric("J", on=(*ON, "hyperelasticity"), depth_unit="J/m", qoi=_energy_qoi("strain_energy"))
def strain_energy(solution: Solution) -> float:
    """Strain energy of cells and films; per unit depth in 2D."""
    return _total(solution, "strain_energy", "strain_energy", "") * (1e-6 if solution.case.per_depth else 1e-12)


@metric("N mm2", on=ON, depth_unit="N mm", better="lower", qoi=_energy_qoi("bending_stiffness"))
def bending_stiffness(solution: Solution) -> float:
    """Bending moment over curvature, EI of the whole device; per unit depth in 2D."""
    return _total(solution, "bending_stiffness", "bending_stiffness", "bend") * _fourth(solution)


def _axis_qoi(solution: Solution) -> QuantityOfInterest:
    """Return the error of the neutral axis, the height at which bending and stretch are orthogonal in energy."""
    dual, bend = solution.dual, _total(solution, "neutral_axis", "curvature", "bend")
    assert dual is not None
    stretch = dual.loose[0].reshape(dual.values.shape)
    return QuantityOfInterest(
        load=None,
        change=float(dual.weighted_residuals(stretch).sum() / bend / dual.system.form.products(dual.loose)[0, 0]),
    )


@metric("um", on=YIELDING, qoi=_axis_qoi)
def neutral_axis(solution: Solution) -> float:
    """Height of the neutral axis, where bending causes no strain; z = 0 is the substrate's face in planar families."""
    return _total(solution, "neutral_axis", "neutral_axis", "bend")


@metric("N mm2", on=ON, better="lower", qoi=_energy_qoi("torsional_stiffness"))
def torsional_stiffness(solution: Solution) -> float:
    """Torque over twist per length, GJ of the whole device."""
    return _total(solution, "torsional_stiffness", "torsional_stiffness", "twist") * 1e-12


@metric("N mm", on=YIELDING, qoi=_energy_qoi("torque"))
def torque(solution: Solution) -> float:
    """Torque of the twist."""
    return _total(solution, "torque", "torque", "twist") * 1e-9


@metric("N", on=ON, depth_unit="N/m", better="lower", qoi=_energy_qoi("axial_stiffness"))
def axial_stiffness(solution: Solution) -> float:
    """Axial force over strain, EA of the whole device; per unit depth in 2D."""
    return _total(solution, "axial_stiffness", "axial_stiffness", "stretch") * (
        1.0 if solution.case.per_depth else 1e-6
    )


@metric("N", on=(*YIELDING, "hyperelasticity"), depth_unit="N/m", qoi=_energy_qoi("axial_force"))
def axial_force(solution: Solution) -> float:
    """Axial force of the stretch; per unit depth in 2D."""
    return _total(solution, "axial_force", "axial_force", "stretch") * _force(solution)


@metric(
    "N", on=YIELDING, depth_unit="N/m", qoi=lambda *_, **__: QuantityOfInterest(load=None, change=0.0)
)  # it balances the load on every mesh
def reaction(solution: MechanicalSolution, *, axis: Literal["x", "y", "z"] = "z") -> float:
    """Force along `axis` on the clamped face under a pressure or a misfit, also a thermal one; per unit depth in 2D."""
    force = _total(solution, "reaction", f"reaction.{axis}", "pressure, or mismatch or thermal with a fixed face,")
    moved = np.nanmax(np.abs(solution.field("displacement").values))
    size = 2.0 * solution.energy / max(float(moved), 1e-300)  # of the forces that do this work
    return 0.0 if abs(force) < NO_FORCE * size else force * _force(solution)


def _curvature_qoi(solution: ElasticSolution, axis: str) -> QuantityOfInterest:
    """Return the quantity of interest of the curvature, which is a weighted mean of the strain over the height."""
    from microfem.fem.error_estimates.dual_solution import slope_load
    from microfem.fem.linear_elasticity.bodies import curvature_weights

    dual, body = solution.dual, solution.body
    i = "xy".index(axis)
    slopes = np.zeros(dual.inside.shape)
    slopes[..., i, i] = 1e3 * curvature_weights(body)[:, None]
    of_cell = (slopes * dual.inside).sum(axis=(1, 2, 3))
    return QuantityOfInterest(
        load=slope_load(solution.space, dual.form.simplices, slopes), change=float(of_cell.sum()), of_cell=of_cell
    )


@metric("1/mm", on=YIELDING, qoi=lambda s, *, axis: _curvature_qoi(s, axis))
def curvature(solution: Solution, *, axis: Literal["x", "y"] = "x") -> float:
    """Curvature along `axis` of a free device under a mismatch or a thermal load; above 0 the top is on the inside."""
    return _total(solution, "curvature", f"curvature.{axis}", "mismatch or thermal (free, not in plan)") * 1e3


def _force(solution: Solution) -> float:
    return 1.0 if solution.case.per_depth else 1e-6


def _fourth(solution: Solution) -> float:
    return 1e-9 if solution.case.per_depth else 1e-12


def _total(solution: Solution, name: str, key: str, load: str) -> float:
    """Return a total; refuse the metric if the load of the case has no such total."""
    if key not in solution.totals:
        raise MetricRefused(
            name, f"the case has no such result; it needs the load {load}", "max_strain(case) or strain_energy(case)"
        )
    return solution.totals[key][0]
