"""The materials library: every value sourced, of the right kind and physically possible."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from scipy.constants import physical_constants

from microfem.base.errors import MicrofemError, UnitError
from microfem.base.units import convert
from microfem.materials import PROPERTIES, Grade, Material, load_material, material_names, parse_material
from microfem.materials.library import read_material
from microfem.materials.material import BOUNDS, in_bounds
from microfem.materials.schema import PropertyModel
from microfem.materials.table import materials_table

DATA = files("microfem.materials") / "data"
ELECTRODES = {"zinc", "mno2", "v2o5", "pani"}
CONDUCTORS = {"pedot_pss", "mxene", "cnt_paper", "cnt_tpu", "graphene", "lig", "gold", "nickel", "copper", "silver",
              "silver_ink", "stainless_steel"}  # fmt: skip
LIQUIDS = {"znso4_2m", "zn_otf2"}
GELS = {"pva_zncl2_gel", "pam_gel", "carrageenan_gel"}
INSULATORS = {"pet", "pi", "pdms", "ecoflex", "tpu", "parylene"}
SPACE = {"air", "vacuum"}

SOURCED = """
description: a test material
properties:
  conductivity: {value: 1.69e7, unit: S/m, source: a handbook}
"""


@pytest.fixture(params=material_names())
def material(request: pytest.FixtureRequest) -> Material:
    return load_material(request.param)


def test_the_library_holds_what_the_families_and_studies_need() -> None:
    assert set(material_names()) == ELECTRODES | CONDUCTORS | LIQUIDS | GELS | INSULATORS | SPACE


def test_every_property_has_its_source_and_unit(material: Material) -> None:
    assert len(material.description) >= 10
    assert material.properties
    for name, one in material.properties.items():
        assert one.unit == PROPERTIES[name]
        assert len(one.source) >= 15, f"{material.name}.{name}"


def test_the_grade_of_an_exact_value_rests_on_a_formula(material: Material) -> None:
    for name, one in material.properties.items():
        assert one.grade is not Grade.STATED, f"{material.name}.{name}"
        if one.grade is Grade.EXACT:
            assert any(mark in one.source for mark in ("n F / 3.6 M", "definition")), f"{material.name}.{name}"


def test_values_are_physical(material: Material) -> None:
    for name, one in material.properties.items():
        assert in_bounds(name, one.value), f"{material.name}.{name}"
    has, value = material.has, material.value
    assert not has("poisson_ratio") or 0.0 <= value("poisson_ratio") < 0.5
    assert not has("youngs_modulus") or 1e-3 <= value("youngs_modulus") <= 1e6  # a soft gel to diamond, MPa
    assert not has("conductivity") or 0.0 <= value("conductivity") <= 6.4e7  # silver, the best metal
    assert not has("density") or 0.5 <= value("density") <= 25.0  # above osmium, 22.6
    assert not has("yield_stress") or value("yield_stress") < 0.05 * value("youngs_modulus")  # below ideal strength
    assert has("youngs_modulus") == has("poisson_ratio")


@pytest.mark.parametrize("name", sorted(ELECTRODES | CONDUCTORS | GELS | LIQUIDS))
def test_conductors_conduct(name: str) -> None:
    assert load_material(name).value("conductivity") > 0.0


@pytest.mark.parametrize("name", sorted(INSULATORS | SPACE))
def test_insulators_do_not_conduct_and_have_a_permittivity(name: str) -> None:
    assert load_material(name).value("conductivity") == 0.0
    assert 1.0 <= load_material(name).value("relative_permittivity") < 10.0


@pytest.mark.parametrize("name", sorted(LIQUIDS | GELS))
def test_electrolytes_have_what_transport_needs(name: str) -> None:
    electrolyte = load_material(name)
    assert 50.0 < electrolyte.value("relative_permittivity") < 90.0
    assert 1e-10 < electrolyte.value("diffusivity") < 1e-9  # between a gel and infinite dilution
    assert 0.0 < electrolyte.value("transference_number") < 1.0


def test_only_liquids_and_space_carry_no_shear() -> None:
    without = {name for name in material_names() if not load_material(name).has("youngs_modulus")}
    assert without == LIQUIDS | SPACE


@pytest.mark.parametrize(
    ("name", "electrons", "molar_mass"),
    [
        ("zinc", 2.0, 65.38),
        ("mno2", 1.0, 54.938 + 2 * 15.999),
        ("v2o5", 2.0, 2 * 50.9415 + 5 * 15.999),  # one Zn2+ per formula unit
        ("pani", 0.5, (24 * 12.011 + 18 * 1.008 + 4 * 14.007) / 4),  # emeraldine base, per ring
    ],
)
def test_capacity_is_faradays_law(name: str, electrons: float, molar_mass: float) -> None:
    """Q = n F / (3.6 M); standard atomic weights. The files round to 0.01 mAh/g, 3.4e-5 of the smallest."""
    faraday = physical_constants["Faraday constant"][0]
    expected = electrons * faraday / (3.6 * molar_mass)
    assert load_material(name).value("specific_capacity") == pytest.approx(expected, rel=5e-5)
    assert load_material(name).value("density") > 0.0


def test_zinc_per_area_agrees_with_its_volume_capacity() -> None:
    """1 mAh/cm2 takes 1.708 um of dense zinc."""
    zinc = load_material("zinc")
    assert 1e4 / (zinc.value("density") * zinc.value("specific_capacity")) == pytest.approx(1.708, abs=5e-4)


def test_files_state_no_key_twice() -> None:
    """YAML readers keep the last of two equal keys and say nothing."""

    def doubles(node: yaml.Node | None) -> list[str]:
        if not isinstance(node, yaml.MappingNode):
            return []
        keys = [key.value for key, _ in node.value]
        return [key for key in keys if keys.count(key) > 1] + [d for _, child in node.value for d in doubles(child)]

    for name in material_names():
        node = yaml.compose((DATA / f"{name}.yaml").read_text(encoding="utf-8"))
        assert doubles(node) == [], name
    assert doubles(yaml.compose("a: {b: 1, b: 2}")) == ["b", "b"]


def test_a_study_overrides_one_property_in_place() -> None:
    stated = {"conductivity": PropertyModel(value=20, unit="mS/cm", source="measured on our own gel")}
    gel = parse_material("pva_zncl2_gel", stated, load_material("pva_zncl2_gel"))
    assert gel.value("conductivity") == pytest.approx(2.0)
    assert gel.value("youngs_modulus") == load_material("pva_zncl2_gel").value("youngs_modulus")
    assert load_material("pva_zncl2_gel").value("conductivity") == pytest.approx(1.5)  # the library is untouched


def test_numbers_that_yaml_takes_for_text_are_numbers() -> None:
    assert yaml.safe_load("1.69e7") == "1.69e7"
    assert read_material("test", SOURCED).value("conductivity") == 1.69e7
    assert read_material("test", SOURCED.replace("S/m", "mS/cm")).value("conductivity") == pytest.approx(1.69e6)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (", source: a handbook", "", "properties.conductivity.source: Field required"),
        ("a handbook", "''", "properties.conductivity.source"),
        ("1.69e7", "many", "properties.conductivity.value"),
        ("1.69e7", "true", "expected a number"),
        ("1.69e7", "yes", "properties.conductivity.value"),
        ("1.69e7", "nan", "finite"),
        ("1.69e7", "-1", "conductivity = -1 S/m is impossible"),
        ("unit: S/m", "unit: MPa", "conductivity: 'MPa' is not a unit of the same kind as 'S/m'"),
        ("unit: S/m", "unit: S/furlong", "unknown unit 'furlong'"),
        ("conductivity:", "conductivty:", "unknown property 'conductivty'; did you mean 'conductivity'?"),
        ("a handbook", "a handbook, sauce: b", "properties.conductivity.sauce"),
        ("description: a test material", "", "description: Field required"),
    ],
)
def test_wrong_files_are_refused_with_place_and_reason(old: str, new: str, told: str) -> None:
    """The negative controls: each edit of a good file is refused, and the message names what is wrong."""
    assert old in SOURCED
    with pytest.raises(MicrofemError) as caught:
        read_material("test", SOURCED.replace(old, new))
    assert str(caught.value).startswith("material 'test':")
    assert told in str(caught.value)


def test_a_file_that_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(MicrofemError, match=r"test\.yaml:\d+:\d+: not YAML"):
        read_material("test", SOURCED.replace("properties:", "properties: ["))


def test_a_wrong_unit_is_a_unit_error() -> None:
    with pytest.raises(UnitError, match="material 'test': conductivity"):
        read_material("test", SOURCED.replace("S/m", "um"))


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("poisson_ratio", [-0.5, 0.0, 0.49], [-1.0, 0.5]),
        ("youngs_modulus", [1e-6], [0.0, -1.0, float("inf")]),
        ("relative_permittivity", [1.0, 78.0], [0.99]),
        ("porosity", [0.0, 0.99, 1.0], [1.01, -0.1]),
        ("transference_number", [0.0, 1.0], [1.01]),
        ("conductivity", [0.0], [-1e-9, float("inf")]),
    ],
)
def test_bounds_are_open_or_closed_as_written(name: str, inside: list[float], outside: list[float]) -> None:
    assert all(in_bounds(name, value) for value in inside)
    assert not any(in_bounds(name, value) for value in outside)


def test_every_property_has_bounds_and_a_unit_that_parses() -> None:
    assert set(BOUNDS) == set(PROPERTIES)
    for name, unit in PROPERTIES.items():
        assert convert(unit, unit) == 1.0, name


def test_an_unknown_material_names_the_nearest() -> None:
    with pytest.raises(MicrofemError, match="unknown material 'zink'; did you mean 'zinc'"):
        load_material("zink")


def test_a_property_that_is_not_stated_says_how_to_state_it() -> None:
    water = load_material("znso4_2m")
    assert not water.has("youngs_modulus")
    with pytest.raises(MicrofemError, match=r"material 'znso4_2m' has no youngs_modulus; state it in the study"):
        water.value("youngs_modulus")


def test_the_page_shows_the_library_as_it_is() -> None:
    """`python -m microfem.materials.table` prints the table that docs/materials.md must hold."""
    page = (Path(__file__).parents[2] / "docs" / "materials.md").read_text(encoding="utf-8")
    assert materials_table() in page
    assert all(f"`{name}`" in page for name in material_names())
    assert all(f"`{name}`" in page for name in PROPERTIES)


def test_reading_materials_imports_nothing_heavy() -> None:
    heavy = ("numpy", "scipy", "gmsh", "skfem", "shapely", "pyvista", "matplotlib")
    code = (
        "import sys; from microfem.materials import load_material; load_material('zinc'); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"
