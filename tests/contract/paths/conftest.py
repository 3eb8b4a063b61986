"""Results of a path that goes up and comes back, of a current on the geometry that it deforms, and of what fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.studies import results_of

STUDY = """\
name: kept
designs:
  whole: {family: interdigital, params: {finger_pairs: 1, finger_length: 600 um}, materials: {electrolyte: gel}}
  broken: {family: interdigital, params: {finger_pairs: 1, finger_length: 600 um}, materials: {electrolyte: dry}}
materials:
  gel: {conductivity: {value: 2, unit: S/m, source: made}, neo_hooke_mu: {value: 1, unit: kPa, source: made}}
  dry: {neo_hooke_mu: {value: 1, unit: kPa, source: made, note: "no current", grade: illustrative}}
accuracy: 50 %
cases:
  pull: {physics: hyperelasticity, dimension: plan, order: 1, path: [0.5, 1, 0.5], steps: 1,
    load: {stretch: {strain: 10 %}}}
  field: {physics: conduction, dimension: plan, terminals: {anode: 0 V, cathode: 1 V},
    on: {deformed_by: pull, step: all}}
metrics:
  resistance: resistance(field)
  ratio: resistance_ratio(field)
  peak: current_max_over_mean(field)
  force: axial_force(pull)
  size: footprint()
curves: {other: mesh(field)}
views: [{case: field, field: potential}]
expect:
  whole: {resistance: {min: 1 mohm m, why: it conducts}}
  broken: {resistance: {min: 1 mohm m, why: it does not}}
"""


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the results, which no test changes."""
    return results_of(tmp_path_factory.mktemp("kept"), STUDY)
