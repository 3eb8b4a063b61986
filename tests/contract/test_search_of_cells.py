"""Searches whose objective is what a cell gives, with a steady state as its stand-in and the best run once more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from microfem.base.errors import MicrofemError
from microfem.optimise.finer import search_finer
from microfem.optimise.screen import CONFIRMED, search_screened
from microfem.optimise.search import search_layouts
from support.searching import here
from support.studies import study_of

MATTER = {
    "foil": {"conductivity": (1.69e7, "S/m"), "exchange_current_density": (10, "A/m2")},
    "paste": {
        "conductivity": (10, "S/m"), "porosity": (0.4, "1"), "active_fraction": (0.45, "1"),
        "particle_radius": (1, "um"), "max_concentration": (57860, "mol/m3"), "solid_diffusivity": (1e-15, "m2/s"),
        "exchange_current_density": (1.3, "A/m2"), "open_circuit_potential": (1.3, "V"),
    },
    "salt": {
        "conductivity": (5, "S/m"), "diffusivity": (3.5e-10, "m2/s"), "transference_number": (0.4, "1"),
        "concentration": (2000, "mol/m3"), "cation_charge": (2, "1"), "anion_charge": (2, "1"),
    },
}  # fmt: skip
MATERIALS = {
    name: {one: {"value": value, "unit": unit, "source": "made for a test"} for one, (value, unit) in stated.items()}
    for name, stated in MATTER.items()
}
STUDY = f"""\
name: most-energy
designs:
  comb:
    family: interdigital
    params: {{finger_pairs: 1, finger_length: 1 mm, anode_width: 150 um, cathode_width: 150 um, gap: 100 um,
             anode_thickness: 20 um, cathode_thickness: 30 um, electrolyte_height: 100 um, margin: 50 um}}
    materials: {{anode: foil, cathode: paste, electrolyte: salt}}
materials: {json.dumps(MATERIALS)}
accuracy: 10 %
cases:
  half: {{physics: cell, dimension: section, electrodes: {{anode: metal, cathode: porous}}, start: {{cathode: 50 %}},
         transport: fixed, protocol: [steady at 5C]}}
  fast: {{physics: cell, dimension: section, electrodes: {{anode: metal, cathode: porous}}, start: {{cathode: 3 %}},
         protocol: [discharge at 5C until 0.9 V]}}
metrics: {{energy: discharge_energy(fast), power: mean_power(fast), resistance: start_resistance(half)}}
space:
  comb: {{cathode_thickness: {{low: 10 um, high: 60 um}}}}
objectives: {{energy: maximise}}
screen: {{metrics: {{energy: resistance}}, confirm: 3}}
finer: 2
budget: {{trials: 3}}
"""


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the pages, whose pictures take longer than the search."""
    monkeypatch.setattr("microfem.optimise.folder.write_search_page", lambda _, __, path, ___: path.write_text(""))


@pytest.mark.slow
@pytest.mark.parametrize(("sampler", "runs"), [("random", 3), ("gradient", 2)])
def test_the_most_energy_is_sought_by_the_least_resistance(tmp_path: Path, sampler: str, runs: int) -> None:
    study = study_of(tmp_path, f"{STUDY}sampler: {sampler}\n")
    out = tmp_path / "out"
    found, agreed = search_screened(study, out, here)
    result = search_finer(study, found, out / CONFIRMED, here)
    order = result.best("comb")
    assert len(order) == runs
    assert [one.value("energy") for one in order] == sorted((one.value("energy") for one in order), reverse=True)
    assert [one.value("resistance") for one in order] == sorted(one.value("resistance") for one in order)
    assert [one.rank for one in agreed] == ([pytest.approx(1.0)] if runs == 3 else [])
    assert any("run again with 2.5 % accuracy, keeps its rank" in line for line in result.remarks)
    trials = [json.loads(one.read_text()) for one in (out / "trials").glob("*/result.json")]
    assert all(set(one["metrics"]) == {"resistance"} for one in trials), "the search itself discharges nothing"


@pytest.mark.slow
def test_a_discharge_has_no_gradient(tmp_path: Path) -> None:
    """Negative control: without a stand-in the search by gradient says what has none."""
    lines = [line for line in STUDY.splitlines() if not line.startswith(("screen", "finer"))]
    study = study_of(tmp_path, "\n".join([*lines, "sampler: gradient\n"]))
    with pytest.raises(MicrofemError, match="the derivative of a path in time is not known; state a steady case"):
        search_layouts(study, tmp_path / "out", here)
