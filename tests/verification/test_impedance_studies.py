"""De Levie's pore from the command line: a first mesh that resolves the depth, refined to a thousandth.

R. de Levie, Electrochim. Acta 8 (1963) 751.
"""

from __future__ import annotations

import cmath
from pathlib import Path

import pytest

from support.commands import Command
from support.studies import summary_of, write_study

STUDY = """name: de-levie
designs:
  strip:
    family: stacked
    params: {length: 20 um, width: 10 um, anode_thickness: 100 um, gap: 25 um, cathode_thickness: 100 um,
             collector_thickness: 0 um, substrate_thickness: 10 um, encapsulation_thickness: 0 um}
    materials: {anode: carbon, cathode: carbon, electrolyte: znso4}
materials:
  carbon:
    conductivity: {value: 1.0e6, unit: S/m, source: "made up"}
    porosity: {value: 0.5, unit: "1", source: "made up"}
    bruggeman: {value: 1, unit: "1", source: "made up"}
    active_fraction: {value: 0.3, unit: "1", source: "made up"}
    particle_radius: {value: 1, unit: um, source: "made up"}
    double_layer_capacitance: {value: 0.1, unit: F/m2, source: "made up"}
  znso4:
    conductivity: {value: 2, unit: S/m, source: "made up"}
    diffusivity: {value: 3.0e-10, unit: m2/s, source: "made up"}
    transference_number: {value: 0.4, unit: "1", source: "made up"}
    concentration: {value: 1000, unit: mol/m3, source: "made up"}
    cation_charge: {value: 2, unit: "1", source: "made up"}
    anion_charge: {value: 2, unit: "1", source: "made up"}
cases:
  cell: {physics: cell, dimension: section, electrodes: {anode: capacitor, cathode: capacitor}, protocol: [rest 1 s]}
  eis: {physics: impedance, of: cell, frequencies: "10 mHz .. 10 kHz, 4 per decade"}
accuracy: 0.1 %
metrics:
"""
DECADES = {"10 mHz": 1e-2, "1 Hz": 1.0, "100 Hz": 1e2, "10 kHz": 1e4}
METRICS = [f'  {part}_{k}: impedance(eis, frequency="{text}", part={part})'
           for k, text in enumerate(DECADES) for part in ("real", "imaginary")]  # fmt: skip


def two_pores(frequency: float, capacitance: float = 0.9e6 * 0.1) -> complex:
    """Return the impedance of two pores of 100 um with 1 S/m and 25 um of electrolyte with 2 S/m, ohm cm2."""
    ions, walls = 100e-6 / 1.0, 1.0 / (2j * cmath.pi * frequency * capacitance * 100e-6)
    return 1e4 * (2.0 * cmath.sqrt(ions * walls) / cmath.tanh(cmath.sqrt(ions / walls)) + 25e-6 / 2.0)


@pytest.mark.slow
def test_de_levie_from_the_command_line(microfem: Command, tmp_path: Path) -> None:
    path, out = write_study(tmp_path, STUDY + "\n".join(METRICS) + "\n"), tmp_path / "out"
    assert microfem("run", str(path), "-o", str(out)).status == 0
    metrics = summary_of(out).designs["strip"].metrics
    for k, frequency in enumerate(DECADES.values()):
        exact = two_pores(frequency)
        for part, value in (("real", exact.real), ("imaginary", exact.imag)):
            found = metrics[f"{part}_{k}"]
            assert found.value == pytest.approx(value, rel=1e-3)
            assert abs(found.value - value) < found.error + 1e-5 * abs(value)  # the conductivity of carbon is finite
    assert metrics["imaginary_3"].value != pytest.approx(two_pores(1e4, 0.91e5).imag, rel=1e-3)
