"""Salt that drifts and diffuses through wet regions, and is taken up for good in one of them: two coupled fields.

dc/dt + b . grad c - div(D grad c) + S ds/dt = 0 in wet regions, ds/dt = k c (1 - s) in the region that takes it up.
P1 elements; storage, uptake: vertex quadrature.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from microfem.metrics import metric
from microfem.physics.frame import Field, Floats, Indicator, Report, Solution, Totals, TransientCase, physics

if TYPE_CHECKING:
    from microfem.mesh import Mesh

FIELDS = {"concentration": ("concentration", "mol/m3"), "taken": ("share of the capacity that is taken", "1")}


class UptakeCase(TransientCase):
    """k, m3/(mol s); S, mol/m3; b along x, um/s; concentrations held in regions, mol/m3; the end, s."""

    physics: Literal["uptake"]
    order: Literal[1] = 1
    into: str
    rate: float
    capacity: float
    drift: float = 0.0
    held: dict[str, float]
    until: float
    tolerance: float = 1e-4


class Uptake:
    """The equations on one mesh, in the unknowns c at the nodes of wet cells, then s at the nodes of `into`."""

    def __init__(self, mesh: Mesh, case: UptakeCase) -> None:
        from microfem.fem.field_set import CoupledMatrix, FieldSet, compact_field
        from microfem.fem.space import linear_gradients, shared_out

        self.case, regions = case, np.array(mesh.regions)[mesh.region_of_cell]
        of = [mesh.layout.material(name) for name in mesh.regions]
        d = np.array([1e12 * one.value("diffusivity") if one.has("diffusivity") else 0.0 for one in of])  # um2/s
        self.diffusivity = np.where(np.isin(regions, list(case.held)), 0.0, d[mesh.region_of_cell])
        wet = np.flatnonzero(self.diffusivity > 0.0)
        cells, taking = mesh.cells[wet], mesh.cells[wet[regions[wet] == case.into]]
        self.fields = FieldSet(compact_field("salt", cells), compact_field("taken", taking))
        self.salt, self.taken = self.fields.values()
        self.at = np.searchsorted(self.salt.at, self.taken.at)
        gradient, size = linear_gradients(mesh.points, cells)
        self.flow = (size * self.diffusivity[wet])[:, None, None] * np.einsum("nad,nbd->nab", gradient, gradient)
        self.flow += case.drift * size[:, None, None] / (mesh.dim + 1) * gradient[:, None, :, 0]
        self.volume = shared_out(size, self.salt.nodes, self.salt.count)
        self.space = shared_out(size[regions[wet] == case.into], self.taken.nodes, self.taken.count)
        self.values = np.full(self.salt.count, np.nan)
        for name, value in case.held.items():
            self.values[np.isin(self.salt.at, mesh.cells[regions == name])] = value
        self.free = np.isnan(self.values)
        c, s, at = np.arange(self.salt.count)[:, None], self.taken.first + np.arange(self.taken.count)[:, None], self.at
        pairs = [(self.salt.nodes, self.salt.nodes), (c, c), (at[:, None], s), (s, at[:, None]), (s, s)]
        self.matrix = CoupledMatrix(self.fields.size, pairs)

    def residual(self, _: float, y: Floats, rate: Floats) -> Floats:
        """Return the equations of c, then those of s."""
        nodes, (c, s), (dc, ds) = self.salt.nodes, *(np.split(one, [self.salt.count]) for one in (y, rate))
        of_c = self.volume * dc + np.bincount(nodes.ravel(), np.einsum("nab,nb->na", self.flow, c[nodes]).ravel())
        of_c[self.at] += self.case.capacity * self.space * ds
        of_c = np.where(self.free, of_c, c - np.nan_to_num(self.values))
        return np.concatenate([of_c, self.space * (ds - self.case.rate * c[self.at] * (1.0 - s))])

    def factorise(self, _: float, y: Floats, __: Floats, slope: float) -> Callable[[Floats], Floats]:
        """Return the solution of the linearised equations, as a function of the right-hand side."""
        from microfem.fem.solvers.general import factorise_general

        c, s, k = y[self.at], y[self.taken.part], self.case.rate
        flow = self.flow * self.free[self.salt.nodes][:, :, None]
        storage = np.where(self.free, slope * self.volume, 1.0)
        uptake = np.where(self.free[self.at], slope * self.case.capacity * self.space, 0.0)
        own = (uptake, -k * self.space * (1.0 - s), self.space * (slope + k * c))
        return factorise_general(self.matrix.matrix([flow, *(one[:, None, None] for one in (storage, *own))])).solve


@physics("uptake", UptakeCase, FIELDS)
def solve(mesh: Mesh, case: UptakeCase) -> Solution:
    """Solve the two equations in time, from wet regions without salt on."""
    from microfem.fem.error_estimates.form import energy_error, potential_form
    from microfem.fem.solvers.time_steps import TimeProblem
    from microfem.fem.space import Space
    from microfem.physics.time_path import solve_in_time

    started, equations, unit = time.perf_counter(), Uptake(mesh, case), "amol" if mesh.dim == 3 else "pmol/m"
    scale = np.append(np.full(equations.salt.count, max(case.held.values())), np.ones(equations.taken.count))

    def totals(_: float, y: Floats) -> Totals:
        return {"taken_up": (float(case.capacity * equations.space @ y[equations.taken.part]), unit)}

    def fields(y: Floats) -> dict[str, Field]:
        kinds = zip(FIELDS, (equations.salt, equations.taken), strict=True)
        return {name: Field(name, *FIELDS[name], "dofs", one.everywhere(y, len(mesh.points))) for name, one in kinds}

    problem = TimeProblem(residual=equations.residual, factorise=equations.factorise,
                          norm=lambda error, _: float(np.abs(error / scale).max() / case.tolerance))  # fmt: skip
    start = np.append(np.nan_to_num(equations.values), np.zeros(equations.taken.count))
    steps, space = solve_in_time(mesh, problem, start, case.until, totals, fields), Space(mesh, 1)
    last, form = steps[-1].fields(), potential_form(space, equations.diffusivity, {})
    error = energy_error(form, form.error(np.nan_to_num(last["concentration"].values)[:, None]))
    report = Report(ndofs=equations.fields.size, ncells=len(mesh.cells), residual=case.tolerance,
                    balance_error=case.tolerance, seconds=time.perf_counter() - started)  # fmt: skip
    return Solution(case=case, mesh=mesh, space=space, fields=last, totals=steps[-1].totals, report=report,
                    indicator=Indicator(*error), steps=steps)  # fmt: skip


@metric("amol", on=("uptake",), depth_unit="pmol/m", better="higher")
def taken_up(solution: Any) -> float:
    """Amount of salt that the region has taken up at the end."""
    return float(solution.totals["taken_up"][0])
