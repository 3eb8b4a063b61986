"""How many values of the library were read in a source, and that values of shipped studies are among them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from microfem.base.errors import MicrofemError
from microfem.materials import Grade, load_material, material_names
from microfem.materials.library import read_material
from microfem.study.reader import load_study

STUDIES = sorted((Path(__file__).parents[2] / "studies").glob("*.yaml"))
READ = (Grade.CITED, Grade.RANGE)
NOT_READ = {  # values that shipped studies hold although no source of them could be read
    "zinc": {"exchange_current_density": "no source in neutral sulfate; studies of cells state and vary their own"},
    "pani": {"fracture_strain": "warnings only", "poisson_ratio": "no measurement was found; E' varies by 10 %"},
    "mno2": {
        "conductivity": "of the oxide alone, which no source gives with a readable unit",
        "youngs_modulus": "of a printed porous coating, which no source gives",
        "poisson_ratio": "of a printed porous coating, which no source gives",
        "fracture_strain": "warnings only",
        "porosity": "computed from a paper that could not be read again",
    },
    "pet": {"thermal_conductivity": "heat alone needs it"},
    "pdms": {
        "density": "masses only",
        "thermal_conductivity": "heat alone needs it",
        "relative_permittivity": "electrostatics only",
    },
    "pi": {"relative_permittivity": "electrostatics only"},
    "ecoflex": {"relative_permittivity": "electrostatics only"},
    "znso4_2m": {
        "conductivity": "tables that were read end at 1.1 mol/L or hold other sulfates",
        "diffusivity": "only that at infinite dilution was read",
    },
    "lig": {
        "conductivity": "sheet resistances were read, thicknesses were not",
        "youngs_modulus": "no source of the foam",
        "poisson_ratio": "no source of the foam",
        "fracture_strain": "warnings only",
    },
    "cnt_paper": {
        "density": "masses only",
        "poisson_ratio": "no source of sheets without binder",
        "fracture_strain": "warnings only",
    },
    "gold": {"yield_stress": "varies with thickness and grain size", "fracture_strain": "warnings only"},
}


def test_at_least_sixty_values_were_read_in_their_source() -> None:
    grades = Counter(one.grade for name in material_names() for one in load_material(name).properties.values())
    assert sum(grades[grade] for grade in READ) >= 60


def test_what_was_read_says_where() -> None:
    """A DOI, an archive's number, an address or a journal; a value within a range says which range."""
    places = (
        "doi ",
        "PMC",
        ".com",
        ".org",
        ".net",
        ".edu",
        ".cz",
        ".cn",
        ".info",
        "Carbon 20",
        "abstract",
        "Online Proc.",
    )
    for name in material_names():
        for key, one in load_material(name).properties.items():
            if one.grade in READ:
                assert any(place in one.source for place in places), f"{name}.{key}: {one.source}"
            if one.grade is Grade.RANGE:
                assert one.note, f"{name}.{key}"


@pytest.mark.slow
def test_values_of_shipped_studies_were_read_but_for_a_list() -> None:
    """The list must shrink with the library: an entry that no study holds, or that was read, fails as well."""
    held = {
        (material.name, key)
        for path in STUDIES
        for design in load_study(path).designs.values()
        for material in design.layout().materials.values()
        for key, one in material.properties.items()
        if one.grade is Grade.UNVERIFIED
    }
    assert held == {(name, key) for name, keys in NOT_READ.items() for key in keys}
    assert all(len(why) > 10 for keys in NOT_READ.values() for why in keys.values())


def test_a_value_without_a_source_cannot_pass_as_read() -> None:
    """Negative control."""
    with pytest.raises(MicrofemError, match=r"conductivity\.source"):
        read_material("x", "{description: a test, properties: {conductivity: {value: 1, unit: S/m, grade: cited}}}")
