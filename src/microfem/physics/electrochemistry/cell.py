"""A cell that charges and discharges: kinetics, transport of the salt, porous electrodes, on any layout."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field as Entry
from pydantic import model_validator

from microfem.base.errors import MicrofemError
from microfem.base.temperatures import Temperature
from microfem.electrochemistry.amounts import AMOUNTS
from microfem.electrochemistry.electrodes import Electrode, StartEntry
from microfem.electrochemistry.requirements import check_protocol, check_start, check_tab, lacking
from microfem.electrochemistry.statement import CellStatement
from microfem.electrochemistry.stored import Stored
from microfem.electrochemistry.sweep import Sweep
from microfem.physics.electrochemistry.solution import CellSolution
from microfem.physics.electrochemistry.supplied import StepTolerance, SuppliedCase
from microfem.physics.frame import Field, Indicator, On, Report, Step, Totals, physics

if TYPE_CHECKING:
    from microfem.electrochemistry.kept import Moment
    from microfem.electrochemistry.model import CellModel
    from microfem.electrochemistry.records import CellHistory
    from microfem.electrochemistry.solving import SolvedCell
    from microfem.layout import Layout
    from microfem.mesh import Mesh


class CellCase(SuppliedCase):
    """Electrodes with their kinds, where they start, and a protocol.

    transport: `fixed` keeps the concentration of the salt, for the secondary current distribution.
    store: times of stored fields, and percentages of the whole time; each line of the protocol ends with one.
    tolerance: of the time steps, relative to the initial concentration, to full particles and to 1 V.
    sweep: values with which the protocol is followed, each from the start.
    on: the geometry, if another case deforms it.
    """

    own_temperature: ClassVar[bool] = True

    physics: Literal["cell"]
    order: Literal[1, 2] = 1
    electrodes: dict[str, Electrode]
    start: dict[str, StartEntry] = Entry(default_factory=dict)
    transport: Literal["full", "fixed"] = "full"
    temperature: Temperature = 298.15
    store: Stored = ()
    tolerance: StepTolerance = 1e-4
    sweep: Sweep | None = None
    on: On | None = None

    def stated(self, at: float) -> Totals:
        """Return the time, of a sweep the value."""
        if self.sweep is None:
            return super().stated(at)
        kind = self.sweep.values[0][1].kind
        return {self.sweep.of: (at, "1" if kind == "rate" else AMOUNTS[kind][1])}

    @property
    def solves(self) -> float:
        """Those of the protocol, with each value of a sweep."""
        return super().solves * len(self.statements)

    @property
    def statements(self) -> dict[str, CellStatement]:
        """What the case states with each value of its sweep, by the text of the value; without one by ""."""
        if self.sweep is None:
            return {"": self.statement}
        protocols = self.sweep.protocols(self.lines)
        return {text: replace(self.statement, protocol=lines) for text, lines in protocols.items()}

    @property
    def statement(self) -> CellStatement:
        """What the case states, for its equations, with the protocol as it stands."""
        return CellStatement(
            electrodes=self.electrodes,
            start=self.start,
            protocol=self.lines,
            moving=self.transport == "full",
            temperature=self.temperature,
            order=self.order,
            tolerance=self.tolerance,
        )

    @model_validator(mode="before")
    @classmethod
    def finer_when_steady(cls, stated: Any) -> Any:
        """Take P2 elements for a steady state, where no order is stated."""
        if (
            isinstance(stated, dict)
            and "order" not in stated
            and str(stated.get("protocol")).lstrip("[('\"").lower().startswith("steady")
        ):
            return {**stated, "order": 2}
        return stated

    @model_validator(mode="after")
    def check_electrodes(self) -> CellCase:
        """Refuse a cell without an anode and a cathode, a host without a filling, and a protocol that it cannot follow.

        Raises:
            ValueError: with an example.
        """
        if set(self.electrodes) != {"anode", "cathode"}:
            raise ValueError("state both electrodes, such as electrodes: {anode: metal, cathode: porous}")
        for name in self.start:
            if name not in self.electrodes:
                raise ValueError(f"start: '{name}' is no electrode; the electrodes are anode and cathode")
        for name, one in self.electrodes.items():
            check_start(name, one, self.start.get(name))
            check_tab(name, one, self.dimension)
        for stated in self.statements.values():
            check_protocol(stated.protocol, self.electrodes.values(), moving=stated.moving, dimension=self.dimension)
        return self

    def lacking(self, layout: Layout) -> Iterator[str]:
        """Yield what a layout lacks for the cell."""
        return lacking(self.statement, layout)


FIELDS = {
    "electrolyte_potential": ("potential of the electrolyte", "V"),
    "electrode_potential": ("potential of the electrodes", "V"),
    "current_density": ("current density in the electrolyte", "A/m2"),
    "salt_concentration": ("concentration of the salt", "mol/m3"),
    "reaction_current": ("current density of the reaction", "A/m2"),
    "overpotential": ("overpotential", "V"),
    "filling_surface": ("filling at the surface of particles", "1"),
    "filling_mean": ("mean filling of particles", "1"),
    "deposit_thickness": ("thickness of the deposit", "um"),
}


def nearby(solution: CellSolution, meshes: Sequence[Mesh]) -> Iterator[CellSolution]:
    """Yield the solutions on meshes close by, without fields, totals and balances, see `Physics`.

    Raises:
        MicrofemError: the case is no steady state.
    """
    stated = solution.case.statements  # type: ignore[attr-defined]
    cells = solution.swept or {"": solution}
    every = [list(_nearby(one, stated[text], meshes)) for text, one in cells.items()]
    for of_mesh in zip(*every, strict=True):
        swept = dict(zip(cells, of_mesh, strict=True)) if solution.swept else {}
        yield replace(of_mesh[-1], swept=swept, unsolved=solution.unsolved)


def _nearby(solution: CellSolution, stated: CellStatement, meshes: Sequence[Mesh]) -> Iterator[CellSolution]:
    from microfem.electrochemistry.history import history_of
    from microfem.electrochemistry.limits import limits_of
    from microfem.electrochemistry.nearby import nearby_states

    if solution.unknowns is None:
        raise MicrofemError(
            "the derivative of a path in time is not known; state a steady case, such as protocol: "
            "[steady at 1 mA/cm2], or another sampler"
        )
    for mesh, near in zip(meshes, nearby_states(solution.mesh, stated, solution.unknowns, meshes), strict=True):
        yield replace(
            solution,
            mesh=mesh,
            fields={},
            totals={},
            steps=(),
            history=history_of(near.model, near.path),
            capacity=near.model.whole_capacity,
            area=near.model.area,
            limits=limits_of(mesh.layout, near.model, near.y),
            unknowns=near.y,
        )


@physics("cell", CellCase, FIELDS, CellSolution, dofs_per_node=3, nearby=nearby)
def solve(mesh: Mesh, case: CellCase) -> CellSolution:
    """Follow the protocol: salt, ionic and electronic potentials, reactions at sites, in implicit time steps."""
    from microfem.electrochemistry.solving import solve_cells

    began = time.perf_counter()
    solved, unsolved = solve_cells(mesh, case.statements)
    cells = {text: _solution(mesh, case, case.statements[text], one, began) for text, one in solved.items()}
    *_, last = cells.values()
    if case.sweep is None:
        return last
    at = {text: amount.value for text, amount in case.sweep.values}
    return replace(
        last,
        steps=tuple(replace(one.steps[-1], at=at[text]) for text, one in cells.items()),
        remarks=_remarks_of(cells, unsolved),
        indicator=_summed([one.indicator for one in cells.values() if one.indicator is not None]),
        swept=cells,
        unsolved=unsolved,
    )


def _summed(every: Sequence[Indicator]) -> Indicator:
    """Return the sum of indicators: a mesh serves all values of a sweep."""
    return Indicator(np.sum([one.of_cell for one in every], axis=0), np.sum([one.anisotropy for one in every], axis=0))


def _remarks_of(cells: Mapping[str, CellSolution], unsolved: Mapping[str, str]) -> tuple[str, ...]:
    """Return the remarks of a sweep, those of all values once; what decides the losses at its ends alone."""
    told: dict[str, list[str]] = {}
    for text in (next(iter(cells)), list(cells)[-1]):
        told[cells[text].decides] = [text]
    for text, one in cells.items():
        for remark in one.remarks:
            if remark != one.decides and not any(line.reached and line.text in remark for line in one.done):
                told.setdefault(remark, []).append(text)
    for text, why in unsolved.items():
        told.setdefault(f"no result: {why}", []).append(text)
    every = len(cells) + len(unsolved)
    return tuple(one if len(at) == every else f"{', '.join(at)}: {one}" for one, at in told.items() if one)


def _solution(mesh: Mesh, case: CellCase, stated: CellStatement, cell: SolvedCell, began: float) -> CellSolution:
    """Return the solution of a cell that followed one protocol."""
    from microfem.electrochemistry.stored import chosen
    from microfem.fem.space import Space

    history, balances = cell.history, cell.balances
    kept = chosen(case.store, history.time.tolist(), history.ends())
    steps = tuple(step_of(mesh, cell.model, cell.path.steps[one], _totals(mesh, history, one)) for one in kept)
    return CellSolution(
        case=case,
        mesh=mesh,
        space=Space(mesh, case.order),
        fields=steps[-1].fields(),
        totals=steps[-1].totals,
        report=Report(
            ndofs=cell.model.equations.size,
            ncells=len(mesh.cells),
            residual=balances.energy,
            balance_error=max(balances.charge, balances.salt, balances.host),
            seconds=time.perf_counter() - began,
        ),
        indicator=Indicator(*cell.error),
        steps=steps,
        protocol=stated.protocol,
        history=history,
        coarser=cell.coarser,
        done=tuple(cell.path.done),
        capacity=cell.model.whole_capacity,
        area=cell.model.area,
        balances=balances,
        limits=cell.limits,
        decides=cell.decides,
        remarks=tuple(one for one in (cell.decides, *cell.remarks) if one),
        unknowns=cell.path.steps[0].y if case.statement.steady else None,
    )


def step_of(mesh: Mesh, model: CellModel, moment: Moment, totals: Totals) -> Step:
    """Return a step of the path of a cell with its fields."""
    from microfem.electrochemistry.fields import current_density, fields_of

    state = model.equations.state(moment.y)

    def fields() -> dict[str, Field]:
        found = {
            name: Field(name, *FIELDS[name], "dofs", one.values, inside=one.inside)
            for name, one in fields_of(model, state).items()
        }
        density = current_density(model, state)
        found["current_density"] = Field("current_density", *FIELDS["current_density"], "quadrature", density)
        return {name: found[name] for name in FIELDS}

    return Step(
        at=moment.t,
        displacement=np.zeros_like(mesh.points),
        totals=totals,
        out_of_plane_stretch=None,
        fields=fields,
    )


def _totals(mesh: Mesh, history: CellHistory, number: int) -> Totals:
    """Return the voltage and the current of a cell at a step."""
    unit = "uA" if mesh.dim == 3 else "A/m"
    return {"voltage": (float(history.voltage[number]), "V"), "current": (float(history.current[number]), unit)}
