"""A study that lays properties over a material of the library means it wherever the material is, or is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.families import FAMILIES
from microfem.layout import ROLES
from microfem.materials import load_material
from microfem.study.records import Study
from support.studies import study_of

STUDY = """\
name: laid-over
designs:
  default: {family: fiber}
  named: {family: fiber, materials: {electrolyte: pam_gel}}
  other: {family: fiber, materials: {electrolyte: znso4_2m, cathode: pam_gel}}
  file: file.yaml
  comb: {family: interdigital}
materials: {pam_gel: {conductivity: {value: 1, unit: S/m, source: chosen}}}
metrics: {area: footprint()}
"""
UNUSED = "{ours: {conductivity: {value: 1, unit: S/m, source: chosen}}, pam_gel: "
RESTATED = UNUSED.replace("ours", "ecoflex")


def load(folder: Path, text: str) -> Study:
    (folder / "file.yaml").write_text("family: fiber\nparams: {jacket_thickness: 30 um}\n")
    return study_of(folder, text)


def conductivity(study: Study, design: str, region: str) -> float:
    return study.designs[design].layout().material(region).value("conductivity")


def test_it_is_laid_over_what_a_family_takes_by_itself(tmp_path: Path) -> None:
    study = load(tmp_path, STUDY)
    library = load_material("pam_gel").value("conductivity")
    assert library != 1.0
    assert [conductivity(study, name, "electrolyte") for name in ("default", "named", "file")] == [1.0, 1.0, 1.0]
    assert conductivity(study, "other", "cathode") == 1.0
    assert conductivity(study, "other", "electrolyte") == load_material("znso4_2m").value("conductivity")
    before = load(tmp_path, STUDY.replace("value: 1,", "value: 2,"))
    assert study.fingerprint(study.designs["default"], "1") != before.fingerprint(before.designs["default"], "1")


def test_a_restated_material_that_nothing_uses_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        load(tmp_path, STUDY.replace("{pam_gel: ", RESTATED))
    told = str(refused.value)
    assert "no design uses 'ecoflex'" in told
    assert "materials: {electrolyte: ecoflex}" in told
    assert "study.yaml:8:13" in told
    assert "pam_gel'" not in told.splitlines()[0]


def test_a_material_of_one_s_own_that_nothing_uses_is_told(tmp_path: Path) -> None:
    (note,) = load(tmp_path, STUDY.replace("{pam_gel: ", UNUSED)).unused
    assert "no design uses 'ours'" in note
    assert load(tmp_path, STUDY).unused == ()


@pytest.mark.parametrize("design", [
    "  comb: {family: interdigital, materials: {cathode: ours}}",
    "  comb: {family: interdigital, materials: {encapsulation: ours}}",  # a cover that its thickness leaves out
])  # fmt: skip
def test_one_design_that_names_it_is_enough(tmp_path: Path, design: str) -> None:
    study = load(tmp_path, STUDY.replace("{pam_gel: ", UNUSED).replace("  comb: {family: interdigital}", design))
    assert study.unused == ()
    assert "ours" in {one.name for one in study.designs["comb"].materials.values()}


def test_a_design_that_cannot_be_read_is_told_alone(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        load(tmp_path, STUDY.replace("{pam_gel: ", RESTATED).replace("family: interdigital", "family: interdigitl"))
    assert "no design uses" not in str(refused.value)


@pytest.mark.parametrize("name", FAMILIES.names())
def test_what_a_family_takes_by_itself_goes_by_roles(name: str) -> None:
    """So a region that a study names goes before them."""
    assert set(FAMILIES.get(name).materials) <= set(ROLES)
