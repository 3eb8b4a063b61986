"""What a study states of electrostatics at a frequency, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from microfem.base.errors import InputError
from microfem.layout import Region
from microfem.mesh import build_mesh
from microfem.metrics import CURVES
from microfem.metrics.curve import SolvedCase
from microfem.run.study import run_study
from support.cells import make_layout
from support.comparing import check
from support.materials import medium
from support.solving import DRIVE, solve, value
from support.studies import study_of, summary_of

STUDY = """name: sensor
designs:
  comb: {family: interdigital, params: {finger_pairs: 1}, materials: {electrolyte: soil, substrate: soil}}
materials:
  soil:
    conductivity: {value: 1e-3, unit: S/m, source: made up}
    relative_permittivity: {value: 20, unit: "1", source: made up}
cases:
  bridge: {physics: electrostatics, dimension: section, terminals: {anode: 0 V, cathode: 1 V}, frequency: 1 MHz}
  constant: {physics: electrostatics, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  loss: loss_tangent(bridge)
  capacitance: parallel_capacitance(bridge)
  bounds: capacitance(constant)
accuracy: 3%
"""


def plates(sigma=1e-3, eps=20.0):
    """Return plates of 2 x 3 um, 1 um apart."""
    box = shapely.box(0, -1.5, 2, 1.5)
    heights = {"anode": (-1.0, 0.0), "electrolyte": (0.0, 1.0), "cathode": (1.0, 2.0)}
    regions = [Region(name=name, role=name, footprint=box, z=z) for name, z in heights.items()]
    return make_layout(regions, laws={"electrolyte": medium(sigma, eps)})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("cases.bridge.frequency=0 Hz", "frequency: 0 Hz is below its bound"),
        ("cases.bridge.frequency=-1 kHz", "frequency: -1000 Hz is below its bound"),
        ("cases.bridge.frequency=high", "expected a quantity such as '1 Hz'"),
        ("cases.bridge.frequencies=1 MHz .. 1 Hz", "a range begins with its lowest frequency"),
        ("metrics.loss=loss_tangent(constant)", "it is measured at a frequency, which the case does not state"),
        ("metrics.loss=loss_tangent(bridge, frequency=0 Hz)", "frequency: 0 Hz is below its bound"),
        ("metrics.bounds=capacitance(bridge)", "capacitance has no value in 'bridge': it is of a constant field"),
        ("metrics.bounds=stored_energy(bridge)", "stored_energy has no value in 'bridge'"),
        ("metrics.bounds=energy_fraction(bridge)", "energy_fraction has no value in 'bridge'"),
        ("cases.bridge.terminals.cathode=0 V", "both terminals are at one potential"),
        ("cases.bridge.terminals.substrate=0 V", "the case has 3; see its totals"),
        ("designs.comb.materials.electrolyte=zinc", "'electrolyte' (zinc) has no relative_permittivity"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, change: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        study_of(tmp_path, STUDY, change)
    assert told in str(error.value)


def test_a_frequency_alone_is_that_of_everything() -> None:
    """One of frequency and frequencies gives the other; without a frequency in a metric it is that of the fields."""
    mesh = build_mesh(plates(), "section")
    one, several = (
        solve(mesh, {"physics": "electrostatics", "terminals": DRIVE, **stated})
        for stated in ({"frequency": "1 MHz"}, {"frequencies": ["1 kHz", "1 MHz"]})
    )
    assert (one.frequency, one.frequencies) == (1e6, (1e6,))
    assert (several.frequency, several.frequencies) == (1e6, (1e3, 1e6))
    check(value(one, "loss_tangent"), value(several, "loss_tangent", frequency="1 MHz"), 1e-12)
    lines = list(CURVES.get("admittance").function(SolvedCase(solution=several, meshes={}, states=())))
    assert [(line.name, line.unit) for line in lines] == [("capacitance", "F/m"), ("conductance", "S/m"),
                                                         ("loss tangent", "1")]  # fmt: skip
    assert lines[2].y[1] == pytest.approx(value(one, "loss_tangent"), rel=1e-12)
    constant = solve(mesh, {"physics": "electrostatics", "terminals": DRIVE})
    for name in ("admittance", "nyquist", "bode"):
        assert CURVES.get(name).fits(one.case)
        assert not CURVES.get(name).fits(constant.case)


def test_what_does_not_conduct_is_a_capacitor_and_says_so() -> None:
    mesh = build_mesh(plates(sigma=None), "3d")
    stated = {"physics": "electrostatics", "terminals": DRIVE}
    solution, constant = solve(mesh, {**stated, "frequency": "1 MHz"}), solve(mesh, stated)
    check(value(solution, "parallel_capacitance"), value(constant, "capacitance"), 1e-12)
    assert value(solution, "parallel_conductance") == 0.0
    assert value(solution, "terminal_impedance", part="phase") == -90.0
    assert "no dielectric of the case conducts" in solution.remarks[0]
    assert "double layer" in solve(build_mesh(plates(), "3d"), {**stated, "frequency": "1 MHz"}).remarks[0]


@pytest.mark.slow
def test_a_study_refines_and_ends_within_the_accuracy(tmp_path: Path) -> None:
    """One medium: the loss tangent is sigma / (omega eps), the capacitance that between the bounds."""
    run_study(study_of(tmp_path, STUDY), tmp_path / "out")
    found = summary_of(tmp_path / "out").designs["comb"].metrics
    check(found["loss"].value, 1e-3 / (2e6 * 3.141592653589793 * 20.0 * 8.8541878128e-12), 1e-8)
    assert found["capacitance"].error < 0.03 * found["capacitance"].value
    assert found["capacitance"].lower is None
    low, high = found["bounds"].lower, found["bounds"].upper
    assert low - found["capacitance"].error < found["capacitance"].value < high + found["capacitance"].error
    with pytest.raises(AssertionError):  # negative control: vacuum between the fingers
        check(found["loss"].value, 20.0 * found["loss"].value, 1e-8)
