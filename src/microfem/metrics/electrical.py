"""Metrics of potential problems: resistance, cell constant, dissipation, capacitance, stored energy."""

from __future__ import annotations

from microfem.base.errors import MetricRefused
from microfem.materials import Material
from microfem.metrics.metric import metric
from microfem.physics import Case
from microfem.physics.potential.electrostatics_case import ElectrostaticsCase
from microfem.physics.potential.solution import PotentialSolution


def _flux(solution: PotentialSolution, name: str) -> float:
    """Return the flux between two terminals per volt; refuse unless exactly two terminals carry a flux."""
    terminals = solution.terminals
    sizes = [abs(value) for value in terminals.fluxes.values()]
    carrying, volts = sum(size > 1e-9 * max(sizes) for size in sizes), terminals.voltage
    if carrying != 2:
        reason = f"{carrying} terminals carry {terminals.kind}, two are needed"
        raise MetricRefused(name, reason, "the totals of the case")
    return max(sizes) / volts


@metric("ohm", on=("conduction",), depth_unit="ohm m", better="lower", of_energy=True)
def resistance(solution: PotentialSolution) -> float:
    """Resistance between the two terminals, R = V / I; per unit depth in 2D."""
    return _resistance(solution, "resistance")


def _resistance(solution: PotentialSolution, name: str) -> float:
    """Return V / I for a metric of that name."""
    return (1e6 if solution.mesh.dim == 3 else 1.0) / _flux(solution, name)


@metric("1", on=("conduction",), better="lower", of_energy=True)
def resistance_ratio(solution: PotentialSolution) -> float:
    """Resistance on the deformed geometry over the undeformed one, R / R0; the case states `on`."""
    if solution.undeformed is None:
        instead = "resistance(case), or state on: {deformed_by: CASE} in the case"
        raise MetricRefused("resistance_ratio", "the case has no deformed geometry", instead)
    return _resistance(solution, "resistance_ratio") / _resistance(solution.undeformed, "resistance_ratio")


@metric("S", on=("conduction",), depth_unit="S/m", better="higher", of_energy=True)
def conductance(solution: PotentialSolution) -> float:
    """Conductance between the two terminals, G = I / V; per unit depth in 2D."""
    return _flux(solution, "conductance") * (1e-6 if solution.mesh.dim == 3 else 1.0)


@metric("1/m", on=("conduction",), depth_unit="1", better="lower", of_energy=True)
def cell_constant(solution: PotentialSolution) -> float:
    """Cell constant, K = R sigma with sigma of the electrolyte: the contribution of the layout to the resistance."""
    layout = solution.mesh.layout
    electrolytes = {layout.material(region.name).name for region in layout.with_role("electrolyte", "separator")}
    if len(electrolytes) != 1:
        raise MetricRefused("cell_constant", "it needs one electrolyte", "resistance(case)")
    material = layout.material(layout.with_role("electrolyte", "separator")[0].name)
    refuse_axes(material, "conductivity", "cell_constant", "resistance(case)")
    return _resistance(solution, "cell_constant") * material.value("conductivity")


def refuse_axes(material: Material, key: str, name: str, instead: str) -> None:
    """Refuse a metric that needs one number of a material.

    Raises:
        MetricRefused: the property differs along axes.
    """
    if key in material.properties and material.properties[key].axes is not None:
        raise MetricRefused(name, f"the {key.replace('_', ' ')} of '{material.name}' differs along axes", instead)


@metric("W", on=("conduction",), depth_unit="W/m", better="lower", of_energy=True)
def dissipation(solution: PotentialSolution) -> float:
    """Power lost to heat, sum of V I over the terminals, equal to the integral of sigma E2."""
    return solution.energy * (1e-6 if solution.mesh.dim == 3 else 1.0)


def with_ions(solution: PotentialSolution) -> str:
    """Return a warning that names dielectrics that conduct: their ions form a double layer, which the field lacks."""
    layout = solution.mesh.layout
    held = {part for terminal in solution.case.terminals for part in layout.terminal(terminal)}  # type: ignore[attr-defined]
    conducting = []
    for region in (name for name in solution.mesh.regions if name not in held):
        material = layout.material(region)
        sigma = material.properties.get("conductivity")
        conducts = sigma is not None and sigma.value != 0.0
        if material.has("relative_permittivity") and (conducts or material.has("transference_number")):
            conducting.append(f"'{region}' ({material.name}{f', {sigma.text}' if sigma else ''})")
    if not conducting:
        return ""
    return (
        f"ions move in {' and '.join(conducting)}: the value is that of the field alone, as in an insulator; it "
        "leaves out the double layer at the electrodes, which is larger by orders of magnitude and another quantity: "
        "cell_capacitance, of a case of physics: cell"
    )


def without_frequency(case: Case) -> str:
    """Return why a metric of a constant field has no value in a case, "" if it has one."""
    if isinstance(case, ElectrostaticsCase) and case.alternating:
        return "it is of a constant field, and the case states a frequency; use parallel_capacitance and its like"
    return ""


@metric("F", on=("electrostatics",), depth_unit="F/m", of_energy=True, warn=with_ions, suits=without_frequency)
def capacitance(solution: PotentialSolution) -> float:
    """Capacitance between the two terminals, C = Q / V; per unit depth in 2D."""
    return _flux(solution, "capacitance") * (1e-6 if solution.mesh.dim == 3 else 1.0)


@metric("J", on=("electrostatics",), depth_unit="J/m", of_energy=True, warn=with_ions, suits=without_frequency)
def stored_energy(solution: PotentialSolution) -> float:
    """Electrostatic energy, the integral of eps E2 / 2, equal to half the sum of V Q."""
    return 0.5 * solution.energy * (1e-6 if solution.mesh.dim == 3 else 1.0)
