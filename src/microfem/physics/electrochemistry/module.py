"""A module: cells of one case in series and in parallel, with collectors between them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field as Entry
from pydantic import WithJsonSchema, model_validator

from microfem.base.errors import MicrofemError
from microfem.electrochemistry.modules.arrangement import CellArrangement, check_cells
from microfem.electrochemistry.modules.entries import ArrangementEntry, CellEntry, InterconnectEntry, Length
from microfem.electrochemistry.modules.statement import ModuleStatement
from microfem.electrochemistry.requirements import check_module_protocol, check_start
from microfem.electrochemistry.stored import Stored
from microfem.physics.electrochemistry.cell import FIELDS, CellCase, step_of
from microfem.physics.electrochemistry.solution import ModuleSolution
from microfem.physics.electrochemistry.supplied import StepTolerance, SuppliedCase
from microfem.physics.frame import Indicator, On, Report, physics

if TYPE_CHECKING:
    from microfem.layout import Layout
    from microfem.mesh import Mesh

AS_STATED = ("dimension", "designs", "tolerance", "on")  # what a case takes from its cell where it does not state it


class ModuleCase(SuppliedCase):
    """The cell, how many are in series and in parallel, the collectors between them, and the protocol of the module.

    of: the case of the cell, from which electrodes, start, transport, temperature and view come; arrangement: 5S3P is
    five columns in series of three cells in parallel; depth: length of a cell out of the plane, in 2D; cells: those
    that differ, by column and row, such as "2,3"; on: the geometry, that of the cell where none is stated.
    """

    takes: ClassVar[str] = "cell"
    own_temperature: ClassVar[bool] = True
    sweep: ClassVar[None] = None

    physics: Literal["module"]
    order: Literal[1] = 1
    of: Annotated[CellCase, WithJsonSchema({"type": ["string", "object"], "examples": ["cell"]})]
    arrangement: ArrangementEntry
    depth: Length | None = None
    interconnect: InterconnectEntry = InterconnectEntry()
    cells: dict[str, CellEntry] = Entry(default_factory=dict)
    store: Stored = ()
    tolerance: StepTolerance = 1e-4
    on: On | None = None

    @property
    def per_depth(self) -> bool:
        """Whether totals are per unit depth: never, since its depth is stated."""
        return False

    @property
    def copies(self) -> int:
        """Number of its cells."""
        return self.arrangement[0] * self.arrangement[1]

    @property
    def layout_of_cells(self) -> CellArrangement:
        """The arrangement with its collectors."""
        series, parallel = self.arrangement
        return CellArrangement(
            series=series,
            parallel=parallel,
            strip=self.interconnect.strip,
            tab=self.interconnect.tab,
            terminals=self.interconnect.terminals,
        )

    @property
    def statement(self) -> ModuleStatement:
        """What the case states, for its equations."""
        return ModuleStatement(
            cell=replace(self.of.statement, order=self.order),
            arrangement=self.layout_of_cells,
            sheet=self.interconnect.made_of,
            depth=self.depth or 1.0,
            odd={name: one.odd for name, one in self.cells.items()},
            starts={name: {**self.of.start, **one.start} for name, one in self.cells.items()},
            protocol=self.lines,
            tolerance=self.tolerance,
        )

    @model_validator(mode="before")
    @classmethod
    def seen_as_the_cell(cls, stated: Any) -> Any:
        """Take the view, the designs and the deformed geometry of the cell where none is stated."""
        cell = stated.get("of") if isinstance(stated, dict) else None
        known = cell.__dict__ if isinstance(cell, CellCase) else cell if isinstance(cell, dict) else {}
        return {**{name: known[name] for name in AS_STATED if name in known}, **stated} if known else stated

    @model_validator(mode="after")
    def check_module(self) -> ModuleCase:
        """Refuse another view than that of the cell, cells that are not there, and a protocol that it cannot follow.

        Raises:
            ValueError: with what to state.
        """
        if self.dimension != self.of.dimension:
            raise ValueError(
                f"dimension: the cell is seen in its {self.of.dimension}, not in the {self.dimension}; leave it out"
            )
        if (self.depth is None) != (self.dimension == "3d"):
            stated = "state depth: the length of a cell out of the plane, such as depth: 10 mm"
            raise ValueError(stated if self.depth is None else "depth: a cell in 3D has its own; leave it out")
        check_cells(self.layout_of_cells, self.statement.odd)
        for name, one in self.cells.items():
            for electrode in one.start:
                if electrode not in self.of.electrodes:
                    raise ValueError(f"cells: '{name}': '{electrode}' is no electrode; they are anode and cathode")
            for electrode, model in self.of.electrodes.items():
                check_start(electrode, model, {**self.of.start, **one.start}.get(electrode))
        check_module_protocol(self.lines, self.of.electrodes.values())
        return self

    def lacking(self, layout: Layout) -> Iterator[str]:
        """Yield what a layout lacks for the cell, and that the material of the collectors does not conduct."""
        yield from self.of.lacking(layout)
        if (sheet := self.interconnect.made_of) is not None:
            try:
                sheet.between(self.layout_of_cells, self.of.temperature)
            except MicrofemError as error:
                yield f"interconnect: {error}"


@physics("module", ModuleCase, FIELDS, ModuleSolution, dofs_per_node=3)
def solve(mesh: Mesh, case: ModuleCase) -> ModuleSolution:
    """Follow the protocol of a module: all fields of each cell, its collectors between them, in implicit time steps."""
    from microfem.electrochemistry.indicator import error_of_path
    from microfem.electrochemistry.modules.solving import solve_module
    from microfem.electrochemistry.stored import chosen
    from microfem.fem.space import Space

    began = time.perf_counter()
    module = solve_module(mesh, case.statement)
    history, balances, model = module.history, module.balances, module.model
    drawn = module.drawn
    path = module.cells[drawn]
    kept = chosen(case.store, history.time.tolist(), history.ends())
    totals = {
        number: {"voltage": (float(history.voltage[number]), "V"), "current": (float(history.current[number]), "uA")}
        for number in kept
    }
    steps = tuple(step_of(mesh, model.cell, path.steps[number], totals[number]) for number in kept)
    return ModuleSolution(
        case=case,
        mesh=mesh,
        space=Space(mesh, case.order),
        fields=steps[-1].fields(),
        totals=steps[-1].totals,
        report=Report(
            ndofs=model.equations.size,
            ncells=len(mesh.cells),
            residual=balances.energy,
            balance_error=max(balances.charge, balances.salt, balances.host, balances.kirchhoff),
            seconds=time.perf_counter() - began,
        ),
        indicator=Indicator(*error_of_path(model.cell, path.steps)),
        steps=steps,
        protocol=case.protocol,
        history=history,
        coarser=module.coarser,
        done=tuple(module.path.done),
        capacity=model.whole_capacity,
        area=model.area,
        copies=float(model.equations.network.shares.sum()),
        balances=balances,
        limits={},
        decides="",
        drawn=drawn,
        remarks=module.remarks,
    )
