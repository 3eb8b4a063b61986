"""Steady diffusion of the salt between two electrodes: what limits the current of a cell.

div(D grad c) = 0, c stated on the electrodes. J. Newman and K. E. Thomas-Alyea, Electrochemical Systems, 3rd ed.,
Wiley 2004, ch. 11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field as Entry

from microfem.base.series import Look, Series
from microfem.fem.solvers.settings import SolverSettings
from microfem.metrics import SolvedCase, curve, metric
from microfem.physics.frame import Case, Field, physics
from microfem.physics.potential.between_terminals import solve_between
from microfem.physics.potential.solution import PotentialSolution, Terminals

if TYPE_CHECKING:
    from microfem.mesh import Mesh

FARADAY = 96485.33212  # C/mol
CHARGES = 2.0  # of an ion of zinc
UM2 = 1e12  # um2 in a m2


class SaltCase(Case):
    """Concentrations of the salt at electrodes, mol/m3."""

    physics: Literal["salt"]
    concentrations: dict[str, float] = Entry(min_length=2)


@physics("salt", SaltCase, {"concentration": ("concentration", "mol/m3")}, PotentialSolution)
def solve(mesh: Mesh, case: SaltCase, settings: SolverSettings = SolverSettings()) -> PotentialSolution:
    """Solve div(D grad c) = 0 between electrodes; weak form: integral D grad c . grad v = 0."""
    layout = mesh.layout
    parts = {name: layout.terminal(name) for name in case.concentrations}
    held = {part for names in parts.values() for part in names}
    wet = [name not in held and layout.material(name).has("diffusivity") for name in mesh.regions]
    d = np.array([UM2 * layout.material(name).value("diffusivity") if one else 0.0
                  for name, one in zip(mesh.regions, wet, strict=True)])  # fmt: skip
    coefficient = d[mesh.region_of_cell]
    found = solve_between(mesh, case.order, coefficient, parts, case.concentrations, {}, settings=settings)
    # um2/s times mol/m3 are 1e-12 mol/s per metre of depth, and times um 1e-18 mol/s
    unit = "amol/s" if mesh.dim == 3 else "pmol/s/m"
    terminals = Terminals(
        potentials=found.levels, fluxes=found.fluxes, kind="flux", unit=unit, level="concentration", level_unit="mol/m3"
    )
    return PotentialSolution(
        case=case,
        mesh=mesh,
        space=found.unit.space,
        fields={"concentration": Field("concentration", "concentration", "mol/m3", "dofs", found.values)},
        totals=terminals.totals,
        report=found.report,
        indicator=found.indicator,
        dual=found.dual,
        coefficient=coefficient,
        terminals=terminals,
        bounds=found.bounds,
    )


@metric("uA", on=("salt",), depth_unit="A/m", better="higher", of_energy=True)
def limiting_current(solution: PotentialSolution) -> float:
    """Current at which zinc ions, of two charges, diffuse between the electrodes as stated: 2 F times their flux."""
    flux = max(abs(one) for one in solution.terminals.fluxes.values())
    return CHARGES * FARADAY * flux * 1e-12  # amol/s to uA, pmol/s/m to A/m


@curve("profile", Look(title="Salt across the cell"), on=("salt",))
def salt_profile(case: SolvedCase, *, slices: int = 20) -> Iterator[Series]:
    """Mean concentration of the electrolyte in slices of equal width across x."""
    solution = case.solution
    mesh, values = solution.mesh, solution.field("concentration").values
    inside = np.flatnonzero(np.isfinite(values[mesh.cells]).all(axis=1))
    x, c = (np.asarray(one)[mesh.cells[inside]].mean(axis=1) for one in (mesh.points[:, 0], values))
    ends = np.linspace(mesh.points[:, 0].min(), mesh.points[:, 0].max(), slices + 1)
    of = np.clip(np.searchsorted(ends, x) - 1, 0, slices - 1)
    size = np.bincount(of, mesh.volumes[inside], slices)
    mean = np.bincount(of, mesh.volumes[inside] * c, slices)[size > 0.0] / size[size > 0.0]
    middles = (0.5 * (ends[1:] + ends[:-1]))[size > 0.0]
    yield Series(
        name="concentration",
        unit="mol/m3",
        x_name="x",
        x_unit="um",
        x=tuple(middles.tolist()),
        y=tuple(mean.tolist()),
        error=(None,) * len(mean),
    )
