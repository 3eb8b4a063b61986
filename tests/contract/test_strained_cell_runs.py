"""Runs of cells on a deformed geometry that is impossible: a reason for that case, and the results of all others."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.run.study import run_study
from support.studies import study_of

STUDY = """
name: strained
designs:
  bar:
    family: stacked
    params: {{length: 400 um, gap: 50 um, anode_thickness: 50 um, cathode_thickness: 50 um, collector_thickness: 0 um,
             substrate_thickness: 0 um, encapsulation_thickness: 50 um}}
    materials: {{anode: carbon, cathode: carbon, electrolyte: gel, encapsulation: rubber}}
materials:
  rubber: {{{rubber}}}
  carbon:
    {modulus}
    conductivity: {{value: 1.0e+4, unit: S/m, source: made up}}
    porosity: {{value: 40, unit: "%", source: made up}}
    volumetric_capacitance: {{value: 50, unit: F/cm3, source: made up}}
  gel:
    {modulus}
    conductivity: {{value: 2, unit: S/m, source: made up}}
    diffusivity: {{value: 3.5e-10, unit: m2/s, source: made up}}
    transference_number: {{value: 0.4, unit: "1", source: made up}}
    concentration: {{value: 2, unit: mol/L, source: made up}}
    cation_charge: {{value: 2, unit: "1", source: made up}}
    anion_charge: {{value: 2, unit: "1", source: made up}}
limits: {{unknowns: 1500}}
accuracy: 5 %
cases:
  pull: {{dimension: section, {load}}}
  free:
    physics: cell
    dimension: section
    electrodes: {{anode: capacitor, cathode: capacitor}}
    start: {{anode: -0.5 V, cathode: 0.5 V}}
    protocol: [rest 1 s, discharge at 1 mA/cm2 until 0.5 V]
  cell:
    physics: cell
    dimension: section
    electrodes: {{anode: capacitor, cathode: capacitor}}
    start: {{anode: -0.5 V, cathode: 0.5 V}}
    protocol: [rest 1 s, discharge at 1 mA/cm2 until 0.5 V]
    on: {{deformed_by: pull, step: all}}
metrics:
  capacity: discharge_capacity(cell)
  free_capacity: discharge_capacity(free)
"""
SOFT = "youngs_modulus: {value: 0.3, unit: MPa, source: made up}"
HOOKE = f'{SOFT}\n    poisson_ratio: {{value: 0.3, unit: "1", source: made up}}'
GENT = "gent_mu: {value: 0.1, unit: MPa, source: made up}, gent_jm: {value: 0.05, unit: '1', source: made up}"
NEO_HOOKE = "neo_hooke_mu: {value: 0.1, unit: MPa, source: made up}"
SQUEEZED = "physics: elasticity, load: {stretch: {strain: -60 %, axis: z}}"
TORN = "physics: hyperelasticity, load: {stretch: {strain: 50 %}}"


def run(folder: Path, **parts: str):
    """Return the result of the only design."""
    summary = run_study(study_of(folder, STUDY.format(**parts)), folder / "out")
    return summary.designs["bar"]


@pytest.mark.slow
def test_pores_that_close_fail_their_case_alone(tmp_path: Path) -> None:
    bar = run(tmp_path, modulus=HOOKE, rubber=HOOKE.replace("\n   ", ","), load=SQUEEZED)
    assert "the pores of 'anode' close" in bar.failures["cell"]
    assert bar.metrics["capacity"].failed
    assert bar.metrics["free_capacity"].value == pytest.approx(50e6 * 50e-6 * 0.25 / 36000.0, rel=0.05)


@pytest.mark.slow
def test_a_path_that_stops_early_gives_curves_and_no_metric(tmp_path: Path) -> None:
    bar = run(tmp_path, modulus=NEO_HOOKE, rubber=GENT, load=TORN)
    assert "pull stopped early" in bar.metrics["capacity"].refused
    line = next(one for one in bar.cases["cell"].curves["path"].lines if one.name == "capacity")
    assert line.y == pytest.approx([line.y[0]] * len(line.y), rel=0.01)
    assert 0.0 < line.x[-1] < 0.5
    assert bar.metrics["free_capacity"].value == pytest.approx(line.y[0], rel=0.02)
