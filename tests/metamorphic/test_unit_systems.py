"""One design stated in other units: the same mesh to the last digit, and the same numbers."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml

from microfem.base.units import parse_quantity
from microfem.families import FAMILIES
from microfem.study.reader import load_study
from microfem.study.records import Study
from support.relations import coarse_mesh, differs
from support.solving import solve, value

POWER = {"um": 0, "nm": 3, "mm": -3, "cm": -4, "m": -6, "pm": 6}  # decimal places that a number of um moves by

# The same cell three times: in um and SI, in mm with what electrochemists write, and in nm.
SYSTEMS = {
    "um": {"length": "um", "conductivity": "1.7 S/m", "permittivity": "78 1", "modulus": "0.07 MPa", "volt": "0.3 V",
           "strain": "0.3 %", "radius": "7000 um"},
    "mm": {"length": "mm", "conductivity": "17 mS/cm", "permittivity": "7800 %", "modulus": "70 kPa",
           "volt": "300 mV", "strain": "3e-3", "radius": "7 mm"},
    "nm": {"length": "nm", "conductivity": "1.7e-6 S/um", "permittivity": "78 1", "modulus": "7e-5 GPa",
           "volt": "3e5 uV", "strain": "0.003", "radius": "7e6 nm"},
}  # fmt: skip
SIZES = {
    "interdigital": {"finger_length": 700.3, "anode_width": 70.1, "cathode_width": 30.7, "gap": 35.1, "margin": 70.7,
                     "busbar_width": 70.9, "electrolyte_height": 107.3, "anode_thickness": 17.3},
    "stacked": {"length": 1007.0, "width": 703.0, "gap": 70.1, "margin": 35.3, "collector_thickness": 0.07},
    "concentric": {"inner_radius": 70.7, "anode_width": 70.1, "cathode_width": 35.7, "gap": 35.1, "busbar_width": 35.3},
    "swiss_roll": {"core_radius": 70.1, "anode_thickness": 7.3, "electrolyte_thickness": 7.1},
}  # fmt: skip
COUNTS = {"interdigital": {"finger_pairs": 1}, "concentric": {"ring_pairs": 1}, "swiss_roll": {"windings": 1.5}}


def in_unit(micrometres: float, unit: str) -> str:
    """Write a length of few digits in another unit, digit by digit: 70.1 um as 0.0701 mm."""
    return f"{Decimal(repr(micrometres)).scaleb(POWER[unit])} {unit}"


def entry(text: str) -> dict[str, object]:
    """Return a value of a material as a study states it."""
    number, unit = text.split(" ")
    return {"value": float(number), "unit": unit, "source": "made for a test"}


def study(folder: Path, family: str, view: str, system: str, wrong: float = 1.0) -> Study:
    """Write and read the study of a cell in a system of units; wrong: a factor on one length."""
    told = SYSTEMS[system]
    sizes = {name: in_unit(size * (wrong if name == "gap" else 1.0), told["length"])
             for name, size in SIZES[family].items()}  # fmt: skip
    gel = {"conductivity": entry(told["conductivity"]), "relative_permittivity": entry(told["permittivity"]),
           "youngs_modulus": entry(told["modulus"]), "poisson_ratio": entry("0.4 1")}  # fmt: skip
    terminals = {"anode": "0 V", "cathode": told["volt"]}
    cases = {"field": {"physics": "conduction", "dimension": view, "terminals": terminals},
             "charged": {"physics": "electrostatics", "dimension": view, "terminals": terminals}}  # fmt: skip
    if family in ("interdigital", "stacked"):
        cases["pulled"] = {"physics": "elasticity", "dimension": view, "load": {"stretch": {"strain": told["strain"]}}}
    text = {
        "name": "units",
        "materials": {"gel": gel},
        "cases": cases,
        "designs": {
            "cell": {
                "family": family,
                "params": {**COUNTS.get(family, {}), **sizes},
                "materials": {"electrolyte": "gel"},
            }
        },
    }
    path = folder / f"{system}.yaml"
    path.write_text(yaml.safe_dump(text))
    return load_study(path)


METRICS = {"field": ("resistance", "dissipation", "energy_fraction"), "charged": ("capacitance", "stored_energy"),
           "pulled": ("axial_stiffness", "strain_energy", "von_mises_percentile")}  # fmt: skip


def same_everywhere(folder: Path, family: str, view: str, wrong: float = 1.0) -> None:
    """Hold meshes and numbers of the systems against those in um; wrong: a mistake to be seen."""
    first = study(folder, family, view, "um")
    mesh = coarse_mesh(first.designs["cell"].layout(), view)
    for system in ("mm", "nm"):
        other = study(folder, family, view, system, wrong)
        again = coarse_mesh(other.designs["cell"].layout(), view)
        assert other.designs["cell"].params == first.designs["cell"].params
        assert np.array_equal(again.points, mesh.points)
        assert np.array_equal(again.cells, mesh.cells)
        for name, case in first.cases.items():
            here, there = (solve(m, one) for m, one in ((mesh, case), (again, other.cases[name])))
            for metric in METRICS[name]:
                assert value(there, metric) == pytest.approx(value(here, metric), rel=1e-13), (system, metric)


VIEWS = [("interdigital", "section"), ("swiss_roll", "plan"),
         *(pytest.param(*one, marks=pytest.mark.slow) for one in
           [("concentric", "plan"), ("interdigital", "3d"), ("interdigital", "plan"), ("stacked", "section"),
            ("stacked", "3d"), ("swiss_roll", "3d")])]  # fmt: skip


@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_a_design_in_other_units_is_the_same_design(tmp_path: Path, family: str, view: str) -> None:
    same_everywhere(tmp_path, family, view)


def test_a_last_digit_fails(tmp_path: Path) -> None:
    """A gap that is 1e-15 off, as floating factors of units leave it, is seen."""
    assert differs(lambda: same_everywhere(tmp_path, "interdigital", "section", 1.0 + 4e-16))


@pytest.mark.parametrize("unit", sorted(POWER))
def test_a_length_is_one_number_in_every_unit(unit: str) -> None:
    rng = random.Random(7)
    for _ in range(2000):
        micrometres = round(rng.uniform(0.1, 9999.0), rng.choice([0, 1, 2, 3]))
        assert parse_quantity(in_unit(micrometres, unit), "um") == micrometres


@pytest.mark.parametrize("family", FAMILIES.names())
def test_the_schema_of_a_family_reads_its_defaults_in_every_unit(family: str) -> None:
    kind = FAMILIES.get(family)
    lengths = {name: float(str(default)) for name, (_, param, default) in kind.params.items() if param.unit == "um"}
    for unit in POWER:
        read = kind.model.model_validate({name: in_unit(size, unit) for name, size in lengths.items()})
        assert {name: getattr(read, name) for name in lengths} == lengths
