"""A physics of your own: heat between terminals, div(k grad T) = 0, in twenty lines.

You learn how a case gets its schema, and how the solver of potentials gives any such field its bounds.
"""

from typing import Literal

import numpy as np

import microfem
from microfem.physics import Case, Field, physics
from microfem.physics.potential.between_terminals import solve_between
from microfem.physics.potential.solution import PotentialSolution, Terminals


class HeatCase(Case):
    """Temperatures of parts, K, and the conductivity of the electrolyte, W/(m K)."""

    physics: Literal["heat"]
    conductivity: float
    temperatures: dict[str, float]


@physics("heat", HeatCase, {"temperature": ("temperature", "K")}, PotentialSolution)
def solve(mesh: microfem.Mesh, case: HeatCase) -> PotentialSolution:
    """Solve div(k grad T) = 0 in the electrolyte; weak form: integral k grad T . grad v = 0."""
    k = np.where(mesh.region_of_cell == mesh.regions.index("electrolyte"), case.conductivity, 0.0)
    parts = {name: mesh.layout.terminal(name) for name in case.temperatures}
    found = solve_between(mesh, case.order, k, parts, case.temperatures, {})
    heat = Terminals(potentials=found.levels, fluxes=found.fluxes, kind="heat", unit="W/m", level="temperature",
                     level_unit="K")  # fmt: skip
    return PotentialSolution(
        case=case, mesh=mesh, space=found.unit.space, totals=heat.totals, report=found.report, coefficient=k,
        fields={"temperature": Field("temperature", "temperature", "K", "dofs", found.values)}, terminals=heat,
        indicator=found.indicator, dual=found.dual, bounds=found.bounds)  # fmt: skip


layout = microfem.build_layout("stacked", {"length": 1000.0, "width": 1000.0, "gap": 100.0})
case = {"physics": "heat", "dimension": "section", "conductivity": 0.6, "temperatures": {"anode": 300, "cathode": 310}}
print("heat = {:.6g} {}".format(*microfem.solve_case(layout, case).solution.totals["heat.cathode"]))
