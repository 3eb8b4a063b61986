"""A study file that is good, its geometry file, and the error of one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.base.errors import InputError
from support.studies import study_of

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


def error_of(folder: Path, text: str) -> InputError:
    """Write a study and its geometry file, and return the error of loading it."""
    (folder / "rings.yaml").write_text(RINGS)
    with pytest.raises(InputError) as caught:
        study_of(folder, text)
    return caught.value
