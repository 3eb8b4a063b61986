"""A metric of your own: one function of a solution, with a unit and with options.

You learn how a metric is registered, and that its error comes without a line of yours: from proven bounds here, since
it follows from the energy alone (`of_energy`), else from the changes from mesh to mesh.
"""

import microfem
from microfem.metrics import metric
from microfem.physics.potential.solution import PotentialSolution


@metric("V", on=("conduction",), better="lower", of_energy=True)
def ohmic_drop(solution: PotentialSolution, *, current: float = 1.0) -> float:
    """Voltage that the electrolyte takes at a current (A/m per unit depth in 2D): V / I times the current."""
    terminals = solution.terminals
    return current * terminals.voltage / max(terminals.fluxes.values())


layout = microfem.stacked(length="1 mm", width="1 mm", gap="100 um")
case = {"physics": "conduction", "dimension": "section", "terminals": {"anode": "0 V", "cathode": "1 V"}}
metrics = {"at_rest": "ohmic_drop(current=0.1)", "charging": "ohmic_drop(current=5)"}
solved = microfem.solve_case(layout, case, metrics)
for name, value in solved.values.items():
    print(f"{name} = {value.value:.6g} {value.unit}, at most {value.upper:.6g}")
