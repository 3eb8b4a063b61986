"""A study file that is good, its geometry file, and the error of one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.study.reader import load_study

GOOD = """\
name: sample
source: a sample
designs:
  straight:
    family: interdigital
    params: {finger_pairs: 1, gap: 300 um, anode_width: 300 um}
    materials: {electrolyte: brine}
  rings: rings.yaml
materials:
  brine:
    conductivity: {value: 2, unit: mS/cm, source: a table}
accuracy: 2 %
limits: {unknowns: 20000}
cases:
  field:
    physics: conduction
    dimension: plan
    terminals: {anode: 0 V, cathode: 1 V}
  charge: {physics: electrostatics, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  resistance: resistance(field)
  high_energy: energy_fraction(field, above=0.5)
  size: footprint()
views:
  - {case: field, field: potential, plane: z=mid}
  - {case: charge, field: potential, plane: z=30 um}
expect:
  straight:
    resistance: {value: 12 ohm m, rel: 20 %, why: a guess}
"""
RINGS = "family: concentric\nparams:\n  gap: 200 um\n"


def read(folder: Path, text: str) -> InputError:
    """Write a study and its geometry file, and return the error of loading it."""
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    (folder / "rings.yaml").write_text(RINGS)
    with pytest.raises(InputError) as caught:
        load_study(path)
    return caught.value
