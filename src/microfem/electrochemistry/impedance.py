"""The impedance of a cell on one mesh: the state about which it is measured, its spectrum, the error's distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.base.progress import tell
from microfem.base.spectrum import Spectrum
from microfem.base.units import format_quantity
from microfem.electrochemistry.indicator import CellFields, error_of_fields
from microfem.electrochemistry.model import CellModel, model_of
from microfem.electrochemistry.operating import OperatingPoint, operating_point
from microfem.electrochemistry.resolution import Pore, highest_resolved, pores_with_layers
from microfem.fem.cell.equations import ELECTRODES
from microfem.fem.cell.impedance import PARTS, SmallSignal

if TYPE_CHECKING:
    from microfem.electrochemistry.measured_at import At
    from microfem.electrochemistry.statement import CellStatement
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]

COARSER = 10.0  # times the tolerance, for the error of time
ROUNDED = 1e-9  # relative, of a frequency that is just resolved
OHM_CM2 = 1e4  # of ohm m2


@dataclass(frozen=True, kw_only=True)
class CellImpedance:
    """The impedance of a cell about one state."""

    model: CellModel
    point: OperatingPoint
    signal: SmallSignal

    @cached_property
    def limits(self) -> list[tuple[float, Pore]]:
        """The highest frequency, Hz, that the mesh resolves in the pores of each electrode with a double layer."""
        return [(highest_resolved(self.model.space.mesh, pore), pore) for pore in pores_with_layers(self.model)]

    def unresolved(self, frequency: float) -> str:
        """Return why the mesh does not resolve a frequency, "" if it does."""
        for highest, pore in self.limits:
            if frequency > highest * (1.0 + ROUNDED):
                return (
                    f"the current reaches {format_quantity(pore.at(frequency), 'um', 3)} into the pores of the "
                    f"{pore.electrode} at {format_quantity(frequency, 'Hz')}, less than two cells of this mesh, which "
                    f"resolves {format_quantity(highest, 'Hz', 3)}"
                )
        return ""

    def resolved(self, frequencies: Sequence[float]) -> tuple[tuple[float, ...], list[str]]:
        """Return the frequencies that the mesh resolves, and a remark on the others.

        Raises:
            SolveError: it resolves none.
        """
        good = tuple(one for one in frequencies if not self.unresolved(one))
        if len(good) == len(frequencies):
            return good, []
        why = self.unresolved(frequencies[len(good)])
        if not good:
            raise SolveError(f"no frequency is resolved: {why}; state lower ones, or more limits.unknowns")
        return good, [f"frequencies above {format_quantity(good[-1], 'Hz')} are left out: {why}"]

    def spectrum(self, frequencies: Sequence[float]) -> Spectrum:
        """Return the impedance at frequencies, Hz, solved at each."""
        scale = OHM_CM2 * self.model.area
        if len(frequencies) > 1:
            tell(f"solving at {len(frequencies)} frequencies")
        found = [self.signal.at(2.0 * np.pi * frequency) for frequency in frequencies]
        self.signal.close()
        parts = {name: scale * np.array([one[name] for one in found]) for name in PARTS}
        return Spectrum(frequency=np.asarray(frequencies), parts=parts, unit="ohm cm2")

    @property
    def series_resistance(self) -> float:
        """The limit of high frequencies, ohm cm2."""
        return OHM_CM2 * self.model.area * self.signal.limit()

    def error(self, frequencies: Sequence[float]) -> tuple[Floats, Floats]:
        """Return the distribution of the error of the fields, in phase and out of phase, see `error_of_fields`."""
        model, found = self.model, list[CellFields]()
        liquid, flow = model.equations.electrolyte, self.signal.linear.flow
        for frequency in frequencies:
            _, x, _ = self.signal.answer(2.0 * np.pi * frequency)
            for part in (x.real, x.imag):
                salt, ionic, electronic = np.split(part[:-1], [liquid.count, 2 * liquid.count])
                electronic[-len(ELECTRODES) :] = 0.0  # the others are less their terminals' already
                found.append(CellFields(salt=salt, ionic=ionic, electronic=electronic, flow=flow))
        return error_of_fields(model, found)


def impedance_of(mesh: Mesh, stated: CellStatement, at: At, tolerance: float | None = None) -> CellImpedance:
    """Return the impedance of a cell on a mesh about a state; tolerance: of the time steps, that of the cell else.

    Raises:
        SolveError: the cell never reaches the state.
        MicrofemError: a property is missing.
    """
    model = model_of(mesh, stated)
    point = operating_point(model, stated, at, tolerance or stated.tolerance)
    return CellImpedance(model=model, point=point, signal=SmallSignal(model.equations, point.y))
