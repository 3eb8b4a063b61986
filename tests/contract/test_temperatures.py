"""How material values are stated: as resistances, and against the temperature of a study."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import InputError
from microfem.electrochemistry.wiring import wire
from microfem.fem.space import Space
from microfem.materials import Material
from microfem.mesh import build_mesh
from microfem.run.study import run_study
from support.studies import study_of

STUDY = """\
name: stated
designs: {slab: {family: stacked, params: {length: 1 mm, gap: 100 um}, materials: {electrolyte: e}}}
materials: {e: {VALUES}}
cases: {flat: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}}
metrics: {resistance: resistance(flat)}
"""
TABLE = "conductivity: {table: [[10, 4], [50, 8]], of: temperature, of_unit: K, unit: S/m, source: chosen}"
WARM = TABLE.replace("[10, 4], [50, 8]", "[290, 4], [330, 8]")


def stated(folder: Path, values: str, more: str = "") -> Material:
    study = study_of(folder, STUDY.replace("VALUES", values) + more)
    return study.designs["slab"].layout().material("electrolyte")


@pytest.mark.parametrize(("values", "siemens"), [
    ("conductivity: {value: 10, unit: ohm/sq, thickness: 25 um, source: four-point probe}", 1.0 / (10.0 * 25e-6)),
    ("resistivity: {value: 20, unit: ohm cm, source: data sheet}", 5.0),
    ("resistivity: {value: 10, unit: Ω, thickness: 25 um, source: data sheet}", 4000.0),
    ("resistivity: {range: [10, 40], value: 20, unit: ohm cm, source: data sheet}", 5.0),
])  # fmt: skip
def test_a_resistance_is_a_conductivity(tmp_path: Path, values: str, siemens: float) -> None:
    material = stated(tmp_path, values)
    assert math.isclose(material.value("conductivity"), siemens, rel_tol=1e-12)
    assert "as resistance" in material.stated("conductivity").source
    if "range" in values:
        assert material.stated("conductivity").range == pytest.approx((2.5, 10.0))


@pytest.mark.parametrize(("values", "told"), [
    ("conductivity: {value: 10, unit: ohm/sq, source: probe}", "state the thickness at which it was measured"),
    ("conductivity: {value: 20, unit: ohm cm, source: probe}", "is a resistivity; state it as resistivity"),
    ("resistivity: {value: 0, unit: ohm cm, source: probe}", "a resistance is above 0"),
    ("conductivity: {value: 5, unit: S/m, thickness: 25 um, source: probe}", "leave it out"),
    ("conductivity: {value: 5, unit: ohm/sq, thickness: 25, source: probe}", "'25' has no unit"),
    ("resistivity: {value: 5, unit: S/m, source: probe}", "'S/m' is not a unit of the same kind as 'ohm m'"),
    ("conductivity: {value: 5, unit: S/m, source: a1}, resistivity: {value: 5, unit: ohm m, source: a2}", "keep one"),
    (WARM.replace("290", "330"), "two values, 4 and 8, at the temperature 330"),
    (TABLE, "stated for a temperature from 10 to 50 K, not for 298.15 K"),
])  # fmt: skip
def test_what_means_nothing_is_refused_at_its_place(tmp_path: Path, values: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        stated(tmp_path, values.replace("a1", "one").replace("a2", "two"))
    assert told in str(refused.value)
    assert "study.yaml:3:" in str(refused.value)


def test_a_table_is_read_at_the_temperature_of_the_study(tmp_path: Path) -> None:
    """Two points: linear, 4 S/m at 290 K and 0.1 S/m per K."""
    assert stated(tmp_path, WARM).value("conductivity") == pytest.approx(4.0 + 0.1 * 8.15)
    assert stated(tmp_path, WARM, "temperature: 40 degC\n").value("conductivity") == pytest.approx(4.0 + 0.1 * 23.15)
    degrees = WARM.replace("290", "16.85").replace("330", "56.85").replace("of_unit: K", "of_unit: degC")
    assert stated(tmp_path, degrees).value("conductivity") == pytest.approx(4.0 + 0.1 * 8.15)
    with pytest.raises(InputError, match=r"not for 353\.15 K, the temperature of design 'slab'; state temperature:"):
        stated(tmp_path, WARM, "temperature: 80 degC\n")


def test_an_activation_energy_acts_in_every_physics(tmp_path: Path) -> None:
    """Arrhenius from 25 degC: exp(-E / R (1 / T - 1 / T0))."""
    values = (
        "conductivity: {value: 5, unit: S/m, source: one}, activation_energy: {value: 20, unit: kJ/mol, source: one}"
    )
    assert stated(tmp_path, values).value("conductivity") == 5.0
    factor = math.exp(-20e3 / 8.314462618 * (1.0 / 333.15 - 1.0 / 298.15))
    warm = stated(tmp_path, values, "temperature: 60 degC\n").value("conductivity")
    assert warm == pytest.approx(5.0 * factor, rel=1e-9)


def test_a_cell_conducts_at_its_own_temperature(tmp_path: Path) -> None:
    """4 S/m at 290 K and 8 S/m at 330 K, in the electrode that is a conductor of electrons."""
    text = STUDY.replace("VALUES", WARM).replace("{electrolyte: e}", "{anode: e}")
    mesh = build_mesh(study_of(tmp_path, text).designs["slab"].layout(), "section")
    varies, tabs = {"anode": True, "cathode": False}, {"anode": None, "cathode": None}
    cold, warm = (wire(Space(mesh, 1), varies, tabs, kelvin).conductors[0].elements for kelvin in (290.0, 330.0))
    assert np.abs(cold).max() > 0.0
    assert warm == pytest.approx(2.0 * cold, rel=1e-12)


@pytest.mark.slow
def test_a_run_takes_the_temperature(tmp_path: Path) -> None:
    """A slab of 1 mm x 100 um per unit depth: 0.1 over the conductivity; at 25 degC it is another one."""
    for degrees, siemens in ((40.0, 4.0 + 0.1 * 23.15), (25.0, 4.0 + 0.1 * 8.15)):
        study = study_of(tmp_path, STUDY.replace("VALUES", WARM) + f"temperature: {degrees:g} degC\n")
        result = run_study(study, tmp_path / f"out{degrees:g}").designs["slab"].metrics["resistance"]
        assert result.value == pytest.approx(0.1 / siemens, rel=1e-5)
