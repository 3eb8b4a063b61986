"""The impedance of a cell against what it does in time under a current that alternates a little about its own.

The cell has all there is: kinetics, double layers, particles, diffusion in the salt and in pores, a current that flows.
"""

from __future__ import annotations

import numpy as np
import pytest

from microfem.electrochemistry.problems import Problems
from microfem.fem.cell.control import HeldValue
from microfem.fem.solvers.settings import TimeSettings
from microfem.fem.solvers.time_steps import TimeStepper
from support.electrochemical_cells import against_ideal, alternating, even, half_cell, paste, slow

PERIODS, SMALL, TOLERANCE = 8, 1e-4, 1e-9  # about the amplitude of the voltage, V; of the time steps
OPEN = ((0.0, 1.5), (1.0, 1.1))


def porous(protocol, at):
    """Return a porous electrode with all there is, about a state."""
    material = paste(OPEN, double_layer_capacitance=0.2, solid_diffusivity=1e-13)
    cell = against_ideal("porous", "40 %") | {"protocol": [protocol]}
    return alternating(half_cell(material, even(20.0, 4), gap=10.0), cell, at=at)


def in_time(impedance, frequency, about):
    """Return the impedance at a frequency, ohm cm2, from the last of some periods in time; about: its magnitude."""
    model, omega = impedance.model, 2.0 * np.pi * frequency
    before, amplitude = impedance.point.y, SMALL * 1e4 * model.area / about
    bias = model.equations.state(before).current
    control = HeldValue(kind="current", value=lambda t: bias + amplitude * np.sin(omega * t))
    stepper = TimeStepper(problem=Problems(model, TOLERANCE).problem(control, (), None), settings=TimeSettings())
    end, times, voltages = PERIODS / frequency, [], []
    for taken in stepper.steps(stepper.begin(0.0, before, end), end, list(np.arange(0.0, end, 0.01 * end))):
        times.append(taken.state.t)
        voltages.append(model.equations.state(taken.state.y).voltage)
    t, v = np.array(times), np.array(voltages)
    last = t > (PERIODS - 2) / frequency
    t, v = t[last], v[last]
    drift = (t - t.mean()) * frequency
    basis = np.column_stack([np.sin(omega * t), np.cos(omega * t), *(drift**power for power in range(4))])
    sine, cosine, *_ = np.linalg.lstsq(basis, v, rcond=None)[0]
    return -1e4 * model.area * (sine + 1j * cosine) / amplitude


ON_DISCHARGE = ("discharge at 1C until 0.6 V", "filling 50 %")
AT_REST = ("rest 1 s", "start")  # slow sines, during which a discharge would change the state


@pytest.mark.parametrize(
    ("frequency", "protocol", "at"),
    [slow(1e-2, *AT_REST), slow(1e-1, *AT_REST), (1.0, *ON_DISCHARGE), slow(1e2, *ON_DISCHARGE),
     slow(1e4, *ON_DISCHARGE)],
)  # fmt: skip
def test_sines_in_time(frequency, protocol, at):
    cell = porous(protocol, at)
    expected = complex(cell.spectrum([frequency]).total[0])
    found = in_time(cell, frequency, abs(expected))
    assert abs(found - expected) < 1e-4 * abs(expected)
    other = complex(cell.spectrum([1.2 * frequency]).total[0])
    assert abs(found - other) > 1e-3 * abs(expected)
