"""A physics of your own: flow of water through a porous body, div(k grad p) = 0, in twenty lines.

You learn how a case gets its schema, and how the solver of potentials gives any such field its bounds.
"""

from typing import Literal

import numpy as np

import microfem
from microfem.physics import Case, Field, physics
from microfem.physics.potential.between_terminals import solve_between
from microfem.physics.potential.solution import PotentialSolution, Terminals


class SeepageCase(Case):
    """Pressures of parts, Pa, and the mobility of water in the electrolyte's place, m2/(Pa s) (Darcy's law)."""

    physics: Literal["seepage"]
    mobility: float
    pressures: dict[str, float]


@physics("seepage", SeepageCase, {"pressure": ("pressure", "Pa")}, PotentialSolution)
def solve(mesh: microfem.Mesh, case: SeepageCase) -> PotentialSolution:
    """Solve div(k grad p) = 0 in the electrolyte; weak form: integral k grad p . grad v = 0."""
    k = np.where(mesh.region_of_cell == mesh.regions.index("electrolyte"), case.mobility, 0.0)
    parts = {name: mesh.layout.terminal(name) for name in case.pressures}
    found = solve_between(mesh, case.order, k, parts, case.pressures, {})
    flow = Terminals(potentials=found.levels, fluxes=found.fluxes, kind="flow", unit="m2/s", level="pressure",
                     level_unit="Pa")  # fmt: skip
    return PotentialSolution(
        case=case, mesh=mesh, space=found.unit.space, totals=flow.totals, report=found.report, coefficient=k,
        fields={"pressure": Field("pressure", "pressure", "Pa", "dofs", found.values)}, terminals=flow,
        indicator=found.indicator, dual=found.dual, bounds=found.bounds)  # fmt: skip


layout = microfem.stacked(length="1 mm", width="1 mm", gap="100 um")
case = {"physics": "seepage", "dimension": "section", "mobility": 1e-9, "pressures": {"anode": 0, "cathode": 100}}
print("flow = {:.6g} {}".format(*microfem.solve_case(layout, case).solution.totals["flow.cathode"]))
