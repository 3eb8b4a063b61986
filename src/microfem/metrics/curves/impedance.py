"""Curves of an impedance: Nyquist's plot, Bode's plots, its parts, and the admittance of a dielectric."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from microfem.base.series import Look, Series, line
from microfem.base.spectrum import Spectrum
from microfem.metrics.alternating import of_alternating
from microfem.metrics.curve import SolvedCase, curve
from microfem.physics.electrochemistry.solution import ImpedanceSolution
from microfem.physics.potential.at_frequency import AlternatingSolution

ON = ("impedance", "electrostatics")
FREQUENCY = ("frequency", "Hz")
CAPTION = "one scale on both axes; what is more than twice as high as the plot is wide is not shown"
LEAST = 1e-3  # of |Z|: smaller parts are not shown


def _spectrum(case: SolvedCase) -> Spectrum:
    assert isinstance(case.solution, ImpedanceSolution | AlternatingSolution)
    return case.solution.spectrum


@curve("nyquist", Look(title="Nyquist plot", caption=CAPTION, equal=True), on=ON, always=True, suits=of_alternating)
def nyquist(case: SolvedCase) -> Iterator[Series]:
    """Negative imaginary part of the impedance against its real part."""
    spectrum = _spectrum(case)
    yield line("-Im Z", spectrum.unit, -spectrum.total.imag, ("Re Z", spectrum.unit), spectrum.total.real)


@curve("bode", Look(title="Bode plot", log_x=True, decades=True), on=ON, always=True, suits=of_alternating)
def bode(case: SolvedCase) -> Iterator[Series]:
    """Magnitude and phase of the impedance against frequency."""
    spectrum = _spectrum(case)
    yield line("magnitude", spectrum.unit, np.abs(spectrum.total), FREQUENCY, spectrum.frequency)
    yield line("phase", "deg", np.degrees(np.angle(spectrum.total)), FREQUENCY, spectrum.frequency)


@curve(
    "admittance",
    Look(title="Capacitance and conductance", log_x=True, decades=True),
    on=("electrostatics",),
    always=True,
    suits=of_alternating,
)
def admittance(case: SolvedCase) -> Iterator[Series]:
    """Capacitance, conductance and loss tangent between two terminals against frequency."""
    spectrum = _spectrum(case)
    y, omega = 1.0 / spectrum.total, 2.0 * np.pi * spectrum.frequency
    per_depth = "/m" if case.solution.case.per_depth else ""
    yield line("capacitance", f"F{per_depth}", y.imag / omega, FREQUENCY, spectrum.frequency)
    yield line("conductance", f"S{per_depth}", y.real, FREQUENCY, spectrum.frequency)
    yield line("loss tangent", "1", y.real / y.imag, FREQUENCY, spectrum.frequency)


@curve(
    "resistances",
    Look(title="Parts of the real part", quantity="real part", log_x=True, decades=True, together=True),
    on=("impedance",),
    always=True,
)
def resistances(case: SolvedCase) -> Iterator[Series]:
    """Real part of the impedance of each part of the cell against frequency, from a thousandth of |Z| on."""
    spectrum = _spectrum(case)
    for name, values in spectrum.parts.items():
        shown = np.abs(values.real) > LEAST * np.abs(spectrum.total)
        if shown.any():
            yield line(name.replace("_", " "), spectrum.unit, values.real[shown], FREQUENCY, spectrum.frequency[shown])
