"""A lithium-ion strip against PyBaMM's porous-electrode model (DFN) with its parameter set Marquis2019.

PyBaMM's finite volumes are of first order in its mesh and of second order in its shells, so that its curves are
extrapolated: 20, 40, 80, 160 cells per layer (two steps of Richardson), 20 to 160 shells, at a tolerance of 1e-9.
The last steps of both extrapolations change no point below by more than 1 uV.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from microfem.electrochemistry.model import model_of
from microfem.electrochemistry.solving import followed
from microfem.study.reader import load_study
from support.electrochemical_cells import even, strip

STUDY = Path(__file__).parents[2] / "studies" / "marquis_strip.yaml"
AMPERES = {"slow": 24.0, "fast": 72.0}  # A/m2, 1C and 3C of the set
# PyBaMM 26.10.1.1, extrapolated: time, s -> voltage, V; then the time at which 3.105 V is reached.
POINTS = {
    "slow": {
        60.0: 3.749774, 600.0: 3.692948, 1200.0: 3.652118, 1800.0: 3.612744, 2160.0: 3.598785, 2700.0: 3.583648,
        3240.0: 3.543820, 3480.0: 3.426099, 3600.0: 3.170678,
    },
    "fast": {
        20.0: 3.656459, 200.0: 3.582812, 400.0: 3.537355, 520.0: 3.515813, 700.0: 3.493644, 900.0: 3.454339,
        1060.0: 3.374587, 1140.0: 3.164154,
    },
}  # fmt: skip
END = {"slow": 3617.7522, "fast": 1147.8111}  # s


def discharge(case, count, tolerance=1e-4, times=None, changed=None):
    """Return the voltages at the reference's times, or at `times`, V, and the time of the end, s.

    count: cells of each layer; changed: (part, property, value) in place of what the study states.
    """
    study = load_study(STUDY)
    layout = study.designs["strip"].layout()
    materials = {part: layout.material(part) for part in ("anode", "electrolyte", "cathode")}
    if changed:
        part, name, value = changed
        known = materials[part].properties
        properties = {**known, name: replace(known[name], value=value)}
        materials[part] = replace(materials[part], properties=properties)
    layers = []
    for part, material in materials.items():
        low, high = layout.part(part).z
        layers.append((part, material, even(high - low, count)))
    stated = study.cases[case].statement
    model = model_of(strip(*layers, wide=10.0), stated)
    steps = followed(model, stated, tolerance).steps
    voltages = [model.equations.state(step.y).voltage for step in steps]
    at = list(POINTS[case]) if times is None else times
    return CubicSpline([step.t for step in steps], voltages)(at), steps[-1].t


def distance(case, *args, **options):
    """Return the largest difference from PyBaMM's extrapolated voltages, V."""
    return np.abs(discharge(case, *args, **options)[0] - list(POINTS[case].values())).max()


def test_voltage_at_three_c_is_pybamms_to_half_a_millivolt() -> None:
    """Of second order in the length of cells: 1.55 mV with 5 cells per layer, 0.40 mV with 10."""
    coarse, fine = distance("fast", 5), distance("fast", 10)
    assert fine < 5e-4
    assert np.log2(coarse / fine) == pytest.approx(2.0, abs=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["slow", "fast"])
def test_voltage_is_pybamms_to_30_microvolts(case) -> None:
    """Measured with 40 cells per layer: 11 and 26 uV."""
    differences = [distance(case, count, tolerance=1e-5) for count in (10, 20, 40)]
    assert differences[-1] < 30e-6
    assert np.log2(differences[0] / differences[1]) == pytest.approx(2.0, abs=0.1)
    assert discharge(case, 40, tolerance=1e-5)[1] == pytest.approx(END[case], abs=0.005)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changed",
    [
        ("cathode", "conductivity", 10.0 * 0.3**1.5),  # the solid's Bruggeman factor with the share of the pores
        ("cathode", "bruggeman", 1.0),
        ("anode", "exchange_current_density", 2.0 * 7.9004),  # at filling 1, as if sqrt(x (1 - x)) were 1 there
        ("cathode", "particle_radius", 10.2),
    ],
    ids=lambda one: f"{one[0]}-{one[1]}",
)
def test_a_wrong_property_is_seen(changed) -> None:
    """Negative control: each is at least five times farther than the 0.10 mV of this mesh."""
    assert distance("fast", 20, changed=changed) > 5e-4


@pytest.mark.slow
@pytest.mark.parametrize("case", ["slow", "fast"])
def test_pybamm_itself_extrapolates_to_the_same_curve(case) -> None:
    """From 20, 40 and 80 cells and 20 and 40 shells, its extrapolation is good to 5 uV."""
    pybamm = pytest.importorskip("pybamm", reason="PyBaMM is not installed: pip install pybamm")
    times = np.array(list(POINTS[case]))[:-1]  # at the last, coarse meshes may have ended

    def voltages(count, shells):
        values = pybamm.ParameterValues("Marquis2019")
        area = values["Electrode height [m]"] * values["Electrode width [m]"]
        values["Current function [A]"] = AMPERES[case] * area
        simulation = pybamm.Simulation(
            pybamm.lithium_ion.DFN(),
            parameter_values=values,
            var_pts={"x_n": count, "x_s": count, "x_p": count, "r_n": shells, "r_p": shells},
            solver=pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-8),
        )
        solution = simulation.solve([0.0, 1.05 * END[case]], t_interp=np.concatenate([[0.0], times]))
        return solution["Voltage [V]"](times)

    coarse, middle, fine = (voltages(count, 20) for count in (20, 40, 80))
    first, second = 2.0 * middle - coarse, 2.0 * fine - middle
    peer = (4.0 * second - first) / 3.0 + (voltages(20, 40) - coarse) * 4.0 / 3.0
    assert np.abs(peer - list(POINTS[case].values())[:-1]).max() < 5e-6
    ours, _ = discharge(case, 40, tolerance=1e-5, times=times)
    assert np.abs(ours - peer).max() < 30e-6
