"""The impedance of a cell against frequency, about a state of the cell that another case describes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field as Entry
from pydantic import WithJsonSchema, model_validator

from microfem.base.frequencies import Frequencies
from microfem.electrochemistry.electrodes import HOSTS
from microfem.electrochemistry.measured_at import At, AtEntry
from microfem.electrochemistry.statement import CellStatement
from microfem.physics.electrochemistry.cell import CellCase
from microfem.physics.electrochemistry.solution import ImpedanceSolution
from microfem.physics.frame import Case, Field, Indicator, On, Report, physics

if TYPE_CHECKING:
    from microfem.electrochemistry.impedance import CellImpedance
    from microfem.layout import Layout
    from microfem.mesh import Mesh

START = At(kind="start")
AS_STATED = ("dimension", "designs", "on")  # what a case takes from its cell where it does not state it


class ImpedanceCase(Case):
    """The cell, the state at which its impedance is measured, and the frequencies.

    of: the case of the cell, from which electrodes, transport, temperature and view come.
    at: its start at rest, a filling of the limiting electrode, a time or the end of its protocol.
    on: the geometry, if another case deforms it, that of the cell where none is stated.
    """

    takes: ClassVar[str] = "cell"
    own_temperature: ClassVar[bool] = True

    physics: Literal["impedance"]
    order: Literal[1] = 1
    of: Annotated[CellCase, WithJsonSchema({"type": ["string", "object"], "examples": ["cell"]})]
    at: AtEntry = Entry(default=START)
    frequencies: Frequencies
    on: On | None = None

    @property
    def statement(self) -> CellStatement:
        """What the cell states, for its equations."""
        return replace(self.of.statement, order=self.order)

    @model_validator(mode="before")
    @classmethod
    def seen_as_the_cell(cls, stated: Any) -> Any:
        """Take the view, the designs and the deformed geometry of the cell where none is stated."""
        cell = stated.get("of") if isinstance(stated, dict) else None
        known = cell.__dict__ if isinstance(cell, CellCase) else cell if isinstance(cell, dict) else {}
        return {**{name: known[name] for name in AS_STATED if name in known}, **stated} if known else stated

    @model_validator(mode="after")
    def check_cell(self) -> ImpedanceCase:
        """Refuse another view than that of the cell, and a state that it does not have, or has more than once.

        Raises:
            ValueError: with what to state.
        """
        if self.dimension != self.of.dimension:
            raise ValueError(
                f"dimension: the cell is seen in its {self.of.dimension}, not in the {self.dimension}; leave it out"
            )
        if self.of.sweep is not None and self.at != START:
            raise ValueError(f"at: '{self.at}' is on several paths, since the cell has a sweep; state start")
        if self.at == START and any(one.kinetics == "tafel" for one in self.of.electrodes.values()):
            raise ValueError("at: Tafel's law knows no rest; state a filling, a time or the end of the protocol")
        if self.at.kind == "filling" and all(one.kind not in HOSTS for one in self.of.electrodes.values()):
            raise ValueError(f"at: '{self.at}' needs a porous or film electrode; state start, end or a time")
        return self

    def lacking(self, layout: Layout) -> Iterator[str]:
        """Return what a layout lacks for the cell."""
        return self.of.lacking(layout)


FIELDS = {
    "potential_in_phase": ("ionic potential in phase with 1 mA/cm2 of footprint", "mV"),
    "potential_out_of_phase": ("ionic potential a quarter of a period ahead of 1 mA/cm2 of footprint", "mV"),
}


def graded(mesh: Mesh, case: ImpedanceCase, most: float) -> Mesh:
    """Return the first mesh, with cells that resolve how deep the current reaches into pores."""
    from microfem.electrochemistry.resolution import graded

    return graded(mesh, case.statement, case.frequencies[-1], most)


@physics("impedance", ImpedanceCase, FIELDS, ImpedanceSolution, dofs_per_node=3, graded=graded)
def solve(mesh: Mesh, case: ImpedanceCase) -> ImpedanceSolution:
    """Solve the linearised equations of a cell at each frequency, sites and particles eliminated exactly."""
    from microfem.electrochemistry.impedance import COARSER, impedance_of

    began = time.perf_counter()
    stated = case.statement
    found = impedance_of(mesh, stated, case.at)
    coarser = None if found.point.at_rest else impedance_of(mesh, stated, case.at, COARSER * stated.tolerance)
    solved, left_out = found.resolved(case.frequencies)
    spread = sorted({solved[0], solved[len(solved) // 2], solved[-1]})
    indicator = Indicator(*found.error(spread))
    return ImpedanceSolution(
        case=case,
        mesh=mesh,
        space=found.model.space,
        fields=_fields(found, solved[-1]),
        totals={},
        report=Report(
            ndofs=found.model.equations.fields,
            ncells=len(mesh.cells),
            residual=found.signal.residual,
            balance_error=0.0,
            seconds=time.perf_counter() - began,
        ),
        indicator=indicator,
        impedance=found,
        frequencies=solved,
        coarser=coarser,
        remarks=(found.point.about, *left_out),
    )


def _fields(found: CellImpedance, frequency: float) -> dict[str, Field]:
    """Return the alternating ionic potential at a frequency."""
    _, x, _ = found.signal.answer(2.0 * np.pi * frequency)
    n = found.model.equations.electrolyte.count
    values = np.full(found.model.space.ndofs, np.nan, dtype=complex)
    values[found.model.wet] = 1e4 * found.model.area * x[n : 2 * n]  # V / (A/m2) in mV / (mA/cm2)
    inside = np.isin(np.arange(len(found.model.space.mesh.cells)), found.model.wet_cells)
    parts = zip(FIELDS, (values.real, values.imag), strict=True)
    return {name: Field(name, *FIELDS[name], "dofs", part, inside=inside) for name, part in parts}
