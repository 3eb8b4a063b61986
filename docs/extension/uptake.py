"""Salt that drifts and diffuses through wet regions, and is taken up for good in one of them: two coupled fields.

dc/dt + b . grad c - div(D grad c) + S ds/dt = 0 in wet regions, ds/dt = k c (1 - s) in the region that takes it up.
P1 elements; storage, uptake: vertex quadrature.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from microfem.metrics import metric
from microfem.physics.frame import Field, Indicator, Report, Solution, Step, TransientCase, physics

if TYPE_CHECKING:
    from microfem.mesh import Mesh

UM2 = 1e12  # um2 in a m2
FIELDS = {"concentration": ("concentration", "mol/m3"), "taken": ("share of the capacity that is taken", "1")}
Floats = NDArray[np.float64]


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
        from microfem.fem.space import jacobians, shape_gradients

        regions = np.array(mesh.regions)[mesh.region_of_cell]
        wet = [mesh.layout.material(name).has("diffusivity") for name in mesh.regions]
        held = np.isin(regions, list(case.held))
        inside = np.flatnonzero(np.array(wet)[mesh.region_of_cell] & ~held)
        taking = inside[regions[inside] == case.into]
        salt, self.nodes = compact_field("salt", mesh.cells[inside])
        taken, self.taking = compact_field("taken", mesh.cells[taking])
        self.fields, self.case, self.mesh = FieldSet(salt, taken), case, mesh
        self.at, self.share = np.searchsorted(self.nodes, self.taking), self.fields["taken"].part.start
        inverse, size = jacobians(mesh.points, mesh.cells[inside])
        gradient = np.einsum("ak,nkd->nad", shape_gradients(mesh.dim, 1, ((0.25,) * mesh.dim,))[0], inverse)
        d = UM2 * np.array([mesh.layout.material(n).value("diffusivity") if w else 0.0
                            for n, w in zip(mesh.regions, wet, strict=True)])  # fmt: skip
        self.diffusivity = np.where(held, 0.0, d[mesh.region_of_cell])
        corner = size[:, None, None] / (mesh.dim + 1)
        self.flow = (size * self.diffusivity[inside])[:, None, None] * np.einsum("nad,nbd->nab", gradient, gradient)
        self.flow = self.flow + case.drift * corner * gradient[:, None, :, 0]
        self.volume = np.bincount(salt.nodes.ravel(), np.repeat(size, mesh.dim + 1) / (mesh.dim + 1))
        own = mesh.volumes[taking] / (mesh.dim + 1)
        self.space = np.bincount(taken.nodes.ravel(), np.repeat(own, mesh.dim + 1))
        self.values = np.full(len(self.nodes), np.nan)
        for name, value in case.held.items():
            self.values[np.isin(self.nodes, mesh.cells[regions == name])] = value
        self.free = np.isnan(self.values)
        each, c, s = np.arange(len(self.nodes))[:, None], self.at[:, None], self.share + np.arange(len(self.at))[:, None]
        pairs = [(salt.nodes, salt.nodes), (each, each), (c, s), (s, c), (s, s)]
        self.matrix = CoupledMatrix(self.fields.size, pairs)

    def residual(self, _: float, y: Floats, rate: Floats) -> Floats:
        """Return the equations of c, then those of s."""
        nodes, (c, s), (dc, ds) = self.fields["salt"].nodes, np.split(y, [self.share]), np.split(rate, [self.share])
        of_c = self.volume * dc + np.bincount(nodes.ravel(), np.einsum("nab,nb->na", self.flow, c[nodes]).ravel())
        of_c += np.bincount(self.at, self.case.capacity * self.space * ds, len(c))
        of_c = np.where(self.free, of_c, c - np.nan_to_num(self.values))
        return np.concatenate([of_c, self.space * (ds - self.case.rate * c[self.at] * (1.0 - s))])

    def factorise(self, _: float, y: Floats, __: Floats, slope: float) -> Callable[[Floats], Floats]:
        """Return the solution of the linearised equations, as a function of the right-hand side."""
        from microfem.fem.solvers.general import factorise_general

        c, s, k = y[self.at], y[self.share :], self.case.rate
        flow = self.flow * self.free[self.fields["salt"].nodes][:, :, None]
        storage = np.where(self.free, slope * self.volume, 1.0)
        uptake = np.where(self.free[self.at], slope * self.case.capacity * self.space, 0.0)
        own = (uptake, -k * self.space * (1.0 - s), self.space * (slope + k * c))
        return factorise_general(self.matrix.matrix([flow, *(one[:, None, None] for one in (storage, *own))])).solve

    def everywhere(self, y: Floats) -> dict[str, Floats]:
        """Return both fields at all nodes of the mesh, NaN where they do not exist."""
        c, s = np.full((2, len(self.mesh.points)), np.nan)
        c[self.nodes], s[self.taking] = y[: self.share], y[self.share :]
        return {"concentration": c, "taken": s}


@physics("uptake", UptakeCase, FIELDS)
def solve(mesh: Mesh, case: UptakeCase) -> Solution:
    """Solve the two equations in time, from wet regions without salt on."""
    from microfem.fem.error_estimates.form import energy_error, potential_form
    from microfem.fem.solvers.time_steps import TimeProblem, TimeStepper
    from microfem.fem.space import Space

    started, equations, space = time.perf_counter(), Uptake(mesh, case), Space(mesh, 1)
    scale = np.where(np.arange(equations.fields.size) < equations.share, max(case.held.values()), 1.0) * case.tolerance
    problem = TimeProblem(residual=equations.residual, factorise=equations.factorise,
                          norm=lambda error, _: float(np.abs(error / scale).max()))  # fmt: skip
    stepper, y = TimeStepper(problem=problem), np.zeros(equations.fields.size)
    y[: equations.share] = np.nan_to_num(equations.values)
    state, steps = stepper.begin(0.0, y, case.until), []
    unit = "amol" if mesh.dim == 3 else "pmol/m"

    def step(t: float, y: Floats) -> Step:
        amount = float(case.capacity * equations.space @ y[equations.share :])
        return Step(at=t, displacement=np.zeros_like(mesh.points), totals={"taken_up": (amount, unit)},
                    out_of_plane_stretch=None, fields=lambda: fields(y))  # fmt: skip

    def fields(y: Floats) -> Mapping[str, Field]:
        return {name: Field(name, *FIELDS[name], "dofs", of) for name, of in equations.everywhere(y).items()}

    steps.append(step(0.0, state.y))
    for one in stepper.steps(state, case.until):
        state = one.state
        steps.append(step(state.t, state.y))
    form = potential_form(space, equations.diffusivity, {})
    c = np.nan_to_num(equations.everywhere(state.y)["concentration"])
    report = Report(ndofs=equations.fields.size, ncells=len(mesh.cells), residual=0.0, balance_error=0.0,
                    seconds=time.perf_counter() - started)  # fmt: skip
    return Solution(case=case, mesh=mesh, space=space, fields=fields(state.y), totals=steps[-1].totals, report=report,
                    indicator=Indicator(*energy_error(form, form.error(c[:, None]))), steps=tuple(steps))  # fmt: skip


@metric("amol", on=("uptake",), depth_unit="pmol/m", better="higher")
def taken_up(solution: Any) -> float:
    """Amount of salt that the region has taken up at the end."""
    return float(solution.totals["taken_up"][0])
