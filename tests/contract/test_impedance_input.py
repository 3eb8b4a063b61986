"""What is said of an impedance in a study: where its cell comes from, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import InputError, MetricRefused, SolveError
from microfem.base.frequencies import read_frequencies
from microfem.electrochemistry.circuit import fitted, randles
from microfem.electrochemistry.resolution import graded, highest_resolved, pores_with_layers
from microfem.metrics import METRICS
from microfem.physics.electrochemistry.impedance import ImpedanceCase
from support.electrochemical_cells import CARBON, against_ideal, alternating, even, half_cell, paste
from support.materials import matter
from support.solving import solve
from support.studies import study_of

STUDY = """name: impedance
designs:
  comb: {family: interdigital, params: {finger_pairs: 1}, materials: {anode: metal, cathode: paste, electrolyte: salt}}
materials:
  metal:
    exchange_current_density: {value: 10, unit: A/m2, source: made up}
  paste:
    conductivity: {value: 10, unit: S/m, source: made up}
    porosity: {value: 0.4, unit: "1", source: made up}
    active_fraction: {value: 0.45, unit: "1", source: made up}
    particle_radius: {value: 1, unit: um, source: made up}
    max_concentration: {value: 57860, unit: mol/m3, source: made up}
    solid_diffusivity: {value: 1e-15, unit: m2/s, source: made up}
    exchange_current_density: {value: 1.3, unit: A/m2, source: made up}
    open_circuit_potential: {table: [[0.02, 1.5], [0.5, 1.3], [1, 0.8]], of: filling, unit: V, source: made up}
  salt:
    conductivity: {value: 3.6, unit: S/m, source: made up}
    diffusivity: {value: 3.5e-10, unit: m2/s, source: made up}
    transference_number: {value: 0.4, unit: "1", source: made up}
    concentration: {value: 2, unit: mol/L, source: made up}
    cation_charge: {value: 2, unit: "1", source: made up}
    anion_charge: {value: 2, unit: "1", source: made up}
cases:
  eis: {physics: impedance, of: cell, at: filling 50 %, frequencies: "10 mHz .. 1 MHz, 8 per decade"}
  cell:
    physics: cell
    dimension: section
    electrodes: {anode: metal, cathode: porous}
    start: {cathode: 3 %}
    protocol: [discharge at 5C until 0.9 V]
  field: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  ohm: impedance(eis, frequency="1 kHz", part=real)
"""


def test_an_impedance_takes_over_its_cell(tmp_path: Path) -> None:
    study = study_of(tmp_path, STUDY, "temperature=40 degC")
    case = study.cases["eis"]
    assert isinstance(case, ImpedanceCase)
    assert list(study.cases) == ["eis", "cell", "field"]
    assert case.dimension == "section"
    assert case.statement.temperature == pytest.approx(313.15)
    assert len(case.frequencies) == 65
    changed = study_of(tmp_path, STUDY, "cases.cell.start.cathode=5 %")
    design = study.designs["comb"]
    assert changed.fingerprint(design, "") != study.fingerprint(design, "")


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("of: cell", "of: cel", "cases.eis.of", "no case 'cel'; did you mean 'cell'?"),
        ("of: cell", "of: field", "cases.eis.of", "case 'field' is not of physics cell; cases of cell: cell"),
        ("of: cell", "of: eis", "cases.eis.of", "case 'eis' is not of physics cell"),
        ("of: cell", "dimension: plan, of: cell", "cases.eis", "the cell is seen in its section, not in the plan"),
        ("at: filling 50 %", "at: filling 150 %", "cases.eis.at", "1.5 is above its bound, 1"),
        ("at: filling 50 %", "at: soon", "cases.eis.at", "expected 'start', 'end', 'filling 50 %' or a time"),
        ("at: filling 50 %", "at: 50 %", "cases.eis.at", "expected 'start', 'end', 'filling 50 %' or a time"),
        ("10 mHz .. 1 MHz", "1 MHz .. 10 mHz", "cases.eis.frequencies", "a range begins with its lowest frequency"),
        ("10 mHz .. 1 MHz", "0 Hz .. 1 MHz", "cases.eis.frequencies", "is below its bound"),
        ("8 per decade", "900 per decade", "cases.eis.frequencies", "expected 2 to 1000"),
        ("10 mHz .. 1 MHz, 8 per decade", "10 mHz to 1 MHz", "cases.eis.frequencies", "10 mHz .. 1 MHz"),
        ('"1 kHz"', '"1 km"', "metrics.ohm", "is not a unit of the same kind as 'Hz'"),
        ("cathode: porous", "cathode: metal", "cases.cell", "start"),
    ],
)
def test_problems_are_told_at_their_place(tmp_path: Path, old: str, new: str, place: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        study_of(tmp_path, STUDY.replace(old, new, 1))
    told = [one for one in error.value.problems if one.path.startswith(place)]
    assert any(message in one.message for one in told), str(error.value)
    assert len({one.path for one in error.value.problems}) == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    protocol", "    sweep: {rate: [1C, 5C]}\n    protocol", "on several paths, since the cell has a sweep"),
        ("cathode: porous}", "cathode: metal}", "needs a porous or film electrode"),
    ],
)
def test_states_that_a_cell_has_not(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = STUDY.replace(old, new, 1)
    if "metal}" in new:
        text = text.replace("    start: {cathode: 3 %}\n", "").replace("at 5C", "at 1 mA/cm2")
        text = text.replace("cathode: paste", "cathode: metal")
    with pytest.raises(InputError, match=message):
        study_of(tmp_path, text)


def test_tafels_law_knows_no_rest() -> None:
    kinds = {"anode": {"kind": "metal", "kinetics": "tafel"}, "cathode": "metal"}
    cell = {"physics": "cell", "electrodes": kinds, "protocol": ["discharge at 1 mA/cm2 for 1 s"]}
    stated = {"physics": "impedance", "of": cell, "frequencies": "1 Hz"}
    with pytest.raises(ValueError, match="Tafel's law knows no rest"):
        ImpedanceCase.model_validate(stated)
    assert ImpedanceCase.model_validate(stated | {"at": "end"}).at.kind == "end"


def test_frequencies() -> None:
    assert read_frequencies("1 Hz .. 1 kHz, 2 per decade") == pytest.approx(np.geomspace(1.0, 1e3, 7))
    assert read_frequencies("2 kHz") == (2000.0,)
    assert read_frequencies(["1 kHz", "1 Hz"]) == (1.0, 1000.0)


CATHODE = against_ideal("porous", "20 %")


@pytest.mark.parametrize(
    ("protocol", "at", "message"),
    [
        ("discharge at 1C for 60 s", "filling 50 %", "never reaches filling 50 % of its cathode"),
        ("discharge at 1C for 60 s", "2 min", "the protocol of the cell is over before 120 s"),
    ],
)
def test_a_state_that_the_cell_never_reaches(protocol: str, at: str, message: str) -> None:
    with pytest.raises(SolveError, match=message) as error:
        alternating(half_cell(paste(), even(20.0, 2)), CATHODE | {"protocol": [protocol]}, at=at)
    assert "its time was over" in str(error.value)


def test_states_on_the_path() -> None:
    mesh, cell = half_cell(paste(), even(20.0, 2)), CATHODE | {"protocol": ["discharge at 1C for 60 s", "rest 60 s"]}
    early, resting, end = (alternating(mesh, cell, at).point for at in ("30 s", "90 s", "end"))
    assert (early.t, resting.t, end.t) == pytest.approx((30.0, 90.0, 120.0))
    assert "mA/cm² of footprint is held" in early.about
    assert "is held" not in resting.about


def test_a_coarse_mesh_is_refused_with_the_depth() -> None:
    mesh = half_cell(matter(**CARBON), even(100.0, 10))
    stated = {"physics": "impedance", "of": {"physics": "cell", "dimension": "section", "protocol": ["rest 1 s"],
              **against_ideal("capacitor", None)}}  # fmt: skip
    assert np.sqrt(1.0 / (2.0 * np.pi * 1e4 * 0.9e6 * 0.1)) == pytest.approx(13.3e-6, rel=1e-3)  # 1 S/m, 0.1 F/m2
    solution = solve(mesh, stated | {"frequencies": "1 Hz .. 1 MHz, 1 per decade"})
    assert "frequencies above 1000 Hz are left out: the current reaches 13.3 µm" in solution.remarks[1]
    with pytest.raises(MetricRefused, match="less than two cells of this mesh"):
        METRICS.get("impedance").function(solution, frequency="10 kHz")
    with pytest.raises(SolveError, match="no frequency is resolved"):
        solve(mesh, stated | {"frequencies": "1 MHz"})
    fine = graded(mesh, solution.case.statement, 1e4, 1e5)
    (pore,) = pores_with_layers(solution.impedance.model)
    assert highest_resolved(fine, pore) >= 1e4 > highest_resolved(mesh, pore)


def test_a_circuit_is_found_again() -> None:
    at = np.geomspace(1e-2, 1e5, 40)
    elements = {"series": 2.0, "transfer": 30.0, "capacitance": 2e-5, "warburg": 8.0}
    fit = fitted(at, randles(at, **elements))
    assert fit.values == pytest.approx(elements, rel=1e-6)
    assert fit.residual < 1e-8
    assert fitted(at, randles(at, **elements) + 1.0 / (2j * np.pi * at * 1e-3)).residual > 0.01  # another circuit
