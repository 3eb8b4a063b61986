"""What a study states of a section of rings, and what is refused: all that is not the same around the axis."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.run.study import run_study
from support.studies import study_of

STUDY = """name: rings
designs:
  one: {family: concentric, params: {ring_pairs: 1, closed: true, bath: disc}, materials: {electrolyte: gel}}
  two: {family: fiber, params: {length: 1 mm}, materials: {electrolyte: gel}}
materials:
  gel: {conductivity: {value: 2, unit: S/m, source: made up}}
cases:
  rz: {physics: conduction, dimension: axisymmetric, terminals: {anode: 0 V, cathode: 1 mA}}
metrics: {R: resistance(rz)}
accuracy: 2 %
"""

ELASTIC = "cases.rz={physics: elasticity, dimension: axisymmetric, load: {stretch: {strain: 1 %}}}"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("designs.one.params.bath=rectangle", "design 'one': substrate.outline = no circle"),
        ("designs.one.params.closed=false", "anode.outline = no circle"),
        ("designs.two.params.arrangement=parallel", "anode.outline = a circle about x = -125 um, y = 0 um"),
        ("designs.two.params.bend_radius=5 mm", "design 'two': placement = bentaxis"),
        ("designs.one={family: interdigital}", "use dimension: 3d"),
        ("materials.gel.conductivity={x: 1, y: 2, z: 1, unit: S/m, source: made up}", "equal values along x and y"),
        ("cases.rz.terminals.cathode=1 A/m", "dimension: axisymmetric takes currents in A"),
        (
            "cases.rz={physics: elasticity, dimension: axisymmetric, load: {stretch: {strain: 1 %}}}",
            "'3d', 'plan' or 'section'",
        ),
        ("cases.rz.on={deformed_by: other}", "shows the undeformed geometry"),
        ("cases.warm={physics: heat, of: rz, terminals: {substrate: 20 degC}}", "heats no case; name one in 3d"),
        (
            "designs.two.contacts=[{between: [anode, electrolyte], resistance: 1 ohm cm2}]",
            "an axisymmetric section leaves out the contact between 'anode' and 'electrolyte'",
        ),
    ],
)
def test_what_is_not_round_is_told(tmp_path: Path, change: str, told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        study_of(tmp_path, STUDY, change)


def test_an_axis_is_no_terminal(tmp_path: Path) -> None:
    """A face across x is the axis in the half section, and no face of the device."""
    study = study_of(tmp_path, STUDY, "cases.rz.terminals={xmin: 0 V, cathode: 1 V}", "cases.rz.designs=[one]")
    summary = run_study(study, tmp_path / "out")
    assert "no face 'xmin'" in str(summary)


@pytest.mark.slow
def test_totals_are_those_of_the_whole_device(tmp_path: Path) -> None:
    """A study from its text to its values, in ohm with proven bounds: R = ln(b / a) / (2 pi sigma h) of the fibre."""
    summary = run_study(study_of(tmp_path, STUDY), tmp_path / "out")
    value = summary.designs["two"].metrics["R"]
    assert value.unit == "ohm"
    assert value.lower <= math.log(1.5) / (4e-3 * math.pi) <= value.upper
