"""Curves of an impedance: Nyquist's plot, Bode's plots, its parts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from microfem.base.series import Look, Series, line
from microfem.metrics.curve import SolvedCase, curve
from microfem.physics.electrochemistry.solution import ImpedanceSolution

ON = ("impedance",)
UNIT = "ohm cm2"
REAL, FREQUENCY = ("Re Z", UNIT), ("frequency", "Hz")
CAPTION = "one scale on both axes; what is more than twice as high as the plot is wide is not shown"
LEAST = 1e-3  # of |Z|: smaller parts are not shown


def _spectrum(case: SolvedCase) -> ImpedanceSolution:
    assert isinstance(case.solution, ImpedanceSolution)
    return case.solution


@curve("nyquist", Look(title="Nyquist plot", caption=CAPTION, equal=True), on=ON, always=True)
def nyquist(case: SolvedCase) -> Iterator[Series]:
    """Negative imaginary part of the impedance against its real part."""
    total = _spectrum(case).spectrum.total
    yield line("-Im Z", UNIT, -total.imag, REAL, total.real)


@curve("bode", Look(title="Bode plot", log_x=True, decades=True), on=ON, always=True)
def bode(case: SolvedCase) -> Iterator[Series]:
    """Magnitude and phase of the impedance against frequency."""
    spectrum = _spectrum(case).spectrum
    yield line("magnitude", UNIT, np.abs(spectrum.total), FREQUENCY, spectrum.frequency)
    yield line("phase", "deg", np.degrees(np.angle(spectrum.total)), FREQUENCY, spectrum.frequency)


@curve(
    "resistances",
    Look(title="Parts of the real part", quantity="real part", log_x=True, decades=True, together=True),
    on=ON,
    always=True,
)
def resistances(case: SolvedCase) -> Iterator[Series]:
    """Real part of the impedance of each part of the cell against frequency, from a thousandth of |Z| on."""
    spectrum = _spectrum(case).spectrum
    for name, values in spectrum.parts.items():
        shown = np.abs(values.real) > LEAST * np.abs(spectrum.total)
        if shown.any():
            yield line(name.replace("_", " "), UNIT, values.real[shown], FREQUENCY, spectrum.frequency[shown])
