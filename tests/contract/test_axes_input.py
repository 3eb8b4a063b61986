"""Materials that differ along axes, as a study states them: what is understood, and what is refused with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.base.errors import InputError, MicrofemError
from microfem.materials import Material
from microfem.materials.anisotropy import FLAT, WOUND
from microfem.results.summary import from_json, to_json
from microfem.solve.first_mesh import foreseen
from support.studies import study_of

STUDY = """\
name: axes
designs: {d: {family: FAMILY, materials: {electrolyte: e}}}
materials:
  e: {conductivity: {STATED, unit: mS/cm, source: a source}}
cases:
  f: CASE
metrics: {r: METRIC(f)}
"""
CONDUCTION = "{physics: conduction, dimension: plan, terminals: {anode: 0 V, cathode: 1 V}}"


def material(folder: Path, stated: str, family: str = "concentric") -> Material:
    text = STUDY.replace("STATED", stated).replace("FAMILY", family).replace("CASE", CONDUCTION)
    return study_of(folder, text.replace("METRIC", "resistance")).designs["d"].materials["electrolyte"]


@pytest.mark.parametrize(
    ("stated", "tensor"),
    [
        ("x: 1, y: 20, z: 3e2", [[0.1, 0, 0], [0, 2, 0], [0, 0, 30]]),
        ("in_plane: 10, through: 20", [[1, 0, 0], [0, 1, 0], [0, 0, 2]]),
        ("along: 30, across: 10, direction: y", [[1, 0, 0], [0, 3, 0], [0, 0, 1]]),
        ("along: 30, across: 10, direction: 45 deg", [[2, 1, 0], [1, 2, 0], [0, 0, 1]]),
        ("along: 30, across: 10, direction: 0 deg", [[3, 0, 0], [0, 1, 0], [0, 0, 1]]),
    ],
)
def test_values_along_axes_are_a_tensor(tmp_path: Path, stated: str, tensor: list[list[float]]) -> None:
    one = material(tmp_path, stated)
    assert from_json(Material, to_json(one)) == one
    for row, wanted in zip(one.along("conductivity", FLAT), tensor, strict=True):
        assert row == pytest.approx(wanted, abs=1e-12)
    with pytest.raises(MicrofemError, match="one number is needed"):
        one.value("conductivity")


def test_axes_of_a_fibre(tmp_path: Path) -> None:
    one = material(tmp_path, "along: 30, across: 10, direction: axial", "fiber")
    assert one.along("conductivity", WOUND) == ((1, 0, 0), (0, 1, 0), (0, 0, 3))
    layers = material(tmp_path, "in_plane: 10, through: 20", "fiber")
    assert layers.along("conductivity", WOUND) == ((2, 0, 0), (0, 1, 0), (0, 0, 1))


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("value: [5, 5, 0.5]", "as in x: 5, y: 5, z: 0.5"),
        ("x: 5, z: 0.5", "state y too"),
        ("x: 5, y: 5, z: 0", "conductivity, z = 0 is impossible: it must be above 0 along each axis"),
        ("x: 5, y: -5, z: 1", "conductivity, y = -0.5 S/m is impossible"),
        ("in_plane: 5, through: 1, z: 1", "axes of two kinds"),
        ("in_plane: 5, through: 1, value: 1", "state one of value, table and file, or values along axes"),
        ("in_plane: 1e9, through: 1", "differs between axes by more than 1e+08"),
        ("along: 5, across: 1", "need a direction, such as direction: y or 30 deg"),
        ("along: 5, across: 1, direction: 30", "or an angle in the plan such as 30 deg, got 30"),
        ("value: 5, direction: x", "state along and across too"),
        ("radial: 5, around: 1, axial: 1", "that this layout does not have; state x, y and z"),
        ("along: 5, across: 1, direction: axial", "that this layout does not have"),
    ],
)
def test_what_has_no_meaning_is_refused(tmp_path: Path, stated: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        material(tmp_path, stated)
    assert told in str(refused.value)
    assert "study.yaml:" in str(refused.value)


def test_a_fibre_has_no_x_and_a_modulus_no_axes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="state radial, around and axial"):
        material(tmp_path, "x: 5, y: 1, z: 1", "fiber")
    with pytest.raises(InputError, match="youngs_modulus is one number"):
        study_of(tmp_path, STUDY.replace("conductivity", "youngs_modulus").replace("STATED", "x: 5, y: 1, z: 1")
                 .replace("CASE", CONDUCTION))  # fmt: skip


def test_a_cell_needs_one_number(tmp_path: Path) -> None:
    cell = "{physics: cell, dimension: plan, electrodes: {anode: {kind: metal}, cathode: {kind: metal}}, "
    text = STUDY.replace("CASE", cell + "protocol: [steady 1 mA/cm2]}").replace("METRIC", "cell_voltage")
    with pytest.raises(InputError, match="in a cell, material 'e': conductivity differs along axes"):
        study_of(tmp_path, text.replace("FAMILY", "concentric").replace("STATED", "in_plane: 5, through: 1"))


@pytest.mark.parametrize(
    ("physics", "stated", "property_"),
    [("conduction", "along: 5, across: 1, direction: 30 deg", "conductivity"),
     ("electrostatics", "x: 5, y: 1, z: 1", "relative_permittivity")],
)  # fmt: skip
def test_a_check_of_terminals_takes_axes(tmp_path: Path, physics: str, stated: str, property_: str) -> None:
    metric = {"conduction": "resistance", "electrostatics": "capacitance"}[physics]
    unit = {"conduction": "mS/cm", "electrostatics": '"1"'}[physics]
    text = STUDY.replace("conductivity", property_).replace("mS/cm", unit).replace("STATED", stated)
    study = study_of(tmp_path, text.replace("FAMILY", "concentric").replace("CASE", CONDUCTION)
                     .replace("conduction,", f"{physics},").replace("METRIC", metric))  # fmt: skip
    assert foreseen(study) == ([], [])
