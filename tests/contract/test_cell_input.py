"""What is said of a wrong cell in a study: the place, the value, the remedy; before anything is meshed."""

from __future__ import annotations

from pathlib import Path

import pytest

import microfem
from microfem.base.errors import InputError
from microfem.families import build_layout
from microfem.physics.electrochemistry.cell import CellCase
from support.studies import study_of

CELL = """name: cell
designs:
  comb: {family: interdigital, params: {finger_pairs: 1}, materials: {anode: metal, cathode: paste, electrolyte: salt}}
materials:
  metal:
    exchange_current_density: {value: 10, unit: A/m2, source: made up}
  paste:
    conductivity: {value: 10, unit: S/m, source: made up}
    porosity: {value: 0.4, unit: "1", source: made up}
    active_fraction: {value: 0.45, unit: "1", source: made up}
    particle_radius: {value: 1, unit: um, source: made up}
    max_concentration: {value: 57860, unit: mol/m3, source: made up}
    solid_diffusivity: {value: 1e-15, unit: m2/s, source: made up}
    exchange_current_density: {value: 1.3, unit: A/m2, source: made up}
    open_circuit_potential: {table: [[0.02, 1.5], [0.5, 1.3], [1, 0.8]], of: filling, unit: V, source: made up}
  salt:
    conductivity: {table: [[20, 0.1], [1000, 3.6], [3600, 3.2]], of: concentration, unit: S/m, source: made up}
    diffusivity: {value: 3.5e-10, unit: m2/s, source: made up}
    transference_number: {value: 0.4, unit: "1", source: made up}
    concentration: {value: 2, unit: mol/L, source: made up}
    cation_charge: {value: 2, unit: "1", source: made up}
    anion_charge: {value: 2, unit: "1", source: made up}
cases:
  cell:
    physics: cell
    dimension: section
    electrodes: {anode: metal, cathode: porous}
    start: {cathode: 3 %}
    protocol: [discharge at 1C until 0.9 V]
  field: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  capacity: discharge_capacity(cell)
"""
METALS = (("cathode: porous", "cathode: metal"), ("    start: {cathode: 3 %}\n", ""))
AREAL = ("at 1C", "at 1 mA/cm2")
STEADY = ("discharge at 1C until 0.9 V", "steady at 1 mA/cm2")


def told(folder: Path, *changes: tuple[str, str]) -> str:
    """Return what is said of the study after changes of its text."""
    text = CELL
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    with pytest.raises(InputError) as caught:
        study_of(folder, text)
    return str(caught.value)


def line_of(text: str) -> int:
    return 1 + CELL[: CELL.index(text)].count("\n")


def test_it_is_right_as_it_is(tmp_path: Path) -> None:
    case = study_of(tmp_path, CELL).cases["cell"]
    assert isinstance(case, CellCase)
    assert case.order == 1
    text = CELL.replace(STEADY[0], "Steady at 1 mA/cm2").replace("    start:", "    transport: fixed\n    start:")
    steady = study_of(tmp_path, text)
    assert steady.cases["cell"].order == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("particle_radius", "the cathode is of kind porous, and material 'paste' has no particle_radius; state it"),
        ("open_circuit_potential", "{open_circuit_potential: {value: ..., unit: V, source: ...}}"),
        ("anion_charge", "design 'comb': material 'salt' has no anion_charge; state it in the study"),
    ],
)
def test_a_missing_property_is_named_with_a_line_to_add(tmp_path: Path, name: str, said: str) -> None:
    line = next(one for one in CELL.splitlines(keepends=True) if one.strip().startswith(f"{name}:"))
    message = told(tmp_path, (line, ""))
    assert f"study.yaml:{line_of('  cell:') - 1}:3: cases.cell: " in message
    assert said in message


WRONG = {
    "a kind that the material cannot be": (
        [AREAL, ("cathode: porous", "cathode: capacitor"), ("3 %", "0 V")],
        "'paste' of a capacitor states neither volumetric_capacitance (F/cm3) nor double_layer_capacitance",
    ),
    "a metal with particles' potential": ([AREAL, *METALS], "which an electrode of kind metal does not have"),
    "a metal as a film": (
        [("anode: metal, cathode: porous", "anode: film, cathode: porous"), ("{cathode: 3", "{anode: 1 %, cathode: 3")],
        "the anode is of kind film, and material 'metal' has no conductivity, max_concentration",
    ),
    "pores of nothing": (
        [("porosity: {value: 0.4", "porosity: {value: 0")],
        "so the cathode cannot be porous; a dense layer is a film",
    ),
    "an unknown kind": ([("cathode: porous", "cathode: porus")], "cathode.kind: input should be 'metal', 'porous'"),
    "an unknown electrode": ([("{cathode: 3 %}", "{kathode: 3 %, cathode: 3 %}")], "start: 'kathode' is no electrode"),
    "one electrode": ([("anode: metal, cathode: p", "cathode: p")], "state both electrodes, such as"),
    "no filling": ([("    start: {cathode: 3 %}\n", "")], "state the filling of the cathode at the start, such as"),
    "a potential for a filling": ([("3 %", "0 V")], "state the filling of the cathode at the start, such as"),
    "a filling of a metal": (
        [("{cathode: 3 %}", "{anode: 3 %, cathode: 3 %}")],
        "start: the anode is of kind metal, which has nothing to start with",
    ),
    "two reactions of one name": (
        [("cathode: porous", "cathode: {kind: porous, reactions: [{name: zinc}, {name: zinc}]}")],
        "two reactions have one name: zinc, zinc; name each",
    ),
    "a filling outside its table": (
        [("3 %", "1 %")],
        "filled to 1 %, but the open_circuit_potential of 'paste' is stated from 2 % to 100 %",
    ),
    "full": ([("3 %", "100 %")], "start: the cathode is filled to 100 %"),
    "a concentration outside its table": (
        [("value: 2, unit: mol/L", "value: 5, unit: mol/L")],
        "'salt' is stated for a concentration from 20 to 3600 mol/m3, not for 5000 mol/m3",
    ),
    "a rate without a capacity": (
        METALS,
        "'discharge at 1C until 0.9 V': a rate needs a porous or film electrode; state one such as 1 mA",
    ),
    "a device's current in 2D": (
        [("at 1C", "at 5 mA")],
        "state the current of a section view such as 1 mA/cm2 or 3 A/m",
    ),
    "a current per depth in 3D": (
        [("at 1C", "at 5 A/m"), ("dimension: section\n", "dimension: 3d\n")],
        "state the current of a 3d view such as 1 mA/cm2 or 0.5 mA",
    ),
    "a wrong line": ([("until 0.9 V", "until C/20")], "cases.cell.protocol: line 1: 'until' takes a voltage here"),
    "a rest without an equilibrium": (
        [("anode: metal", "anode: {kind: metal, kinetics: tafel}"), ("discharge at 1C until 0.9 V", "rest 1 h")],
        "'rest 1 h': Tafel's law is that of discharge alone; state kinetics: butler_volmer",
    ),
    "a steady state that fills": ([STEADY], "particles fill; state transport: fixed"),
    "a charge that is no number of charges": (
        [("cation_charge: {value: 2", "cation_charge: {value: 0.4")],
        "cation_charge must be a whole number from 1 to 8",
    ),
    "no conduction": (
        [("conductivity: {value: 10,", "conductivity: {value: 0,")],
        "material 'paste' has conductivity 0",
    ),
    "a table that is no function": (
        [("[0.5, 1.3]", "[0.02, 1.3]")],
        "materials.paste.open_circuit_potential: material 'paste': open_circuit_potential: the table has two",
    ),
    "a table in per cent": ([("[1, 0.8]", "[100, 0.8]")], "a filling is from 0 to 1, got 100; state of_unit"),
    "no file": (
        [("table: [[0.02, 1.5], [0.5, 1.3], [1, 0.8]]", "file: ocv.csv")],
        "no file 'ocv.csv' in the study's folder",
    ),
    "a share as a number": (
        [
            (
                '{value: 0.4, unit: "1", source: made up}\n    active',
                '{value: 40 %, unit: "1", source: made up}\n    active',
            )
        ],
        "expected a number such as 1.69e7, its unit under `unit`, got '40 %'",
    ),
    "no tolerance": (
        [("    start:", "    tolerance: 0\n    start:")],
        "cases.cell.tolerance: input should be greater than or equal to 0.000000001",
    ),
    "cold": ([("    start:", "    temperature: -100 degC\n    start:")], "the temperature must be from 200 to 500 K"),
    "a state that is stored": (
        [("    start:", "    store: [110 %]\n    start:")],
        "cases.cell.store: 1.1 is above its bound",
    ),
    "a metric on another physics": (
        [("discharge_capacity(cell)", "discharge_capacity(field)")],
        "discharge_capacity belongs to cell or module, not to conduction",
    ),
    "an option of a metric": (
        [("discharge_capacity(cell)", "loss_share(cell, of=ohm)")],
        "metrics.capacity.of: input should be 'electrolyte_ohmic'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_cells(tmp_path: Path, name: str) -> None:
    changes, said = WRONG[name]
    message = told(tmp_path, *changes)
    assert said in message
    assert "study.yaml:" in message


def test_a_capacitor_has_no_steady_state(tmp_path: Path) -> None:
    message = told(tmp_path, STEADY, ("cathode: porous", "cathode: capacitor"), ("3 %", "0 V"))
    assert "a capacitor has no steady state with a current; state a protocol in time" in message


CARBON = (
    "  salt:\n",
    "    volumetric_capacitance: {table: [[0, 40], [1, 60]], of: potential, unit: F/cm3, source: made up}\n  salt:\n",
)
CAPACITOR = (
    CARBON,
    ("cathode: porous", "cathode: capacitor"),
    ("discharge at 1C until 0.9 V", "charge at 1 A/m2 for 1 s"),
)
LEAK = "    leakage_resistance: {{value: {}, unit: {}, source: made up}}\n  salt:\n"
WRONG_CAPACITORS = {
    "a start outside its table": (
        [("3 %", "1.2 V")],
        "the volumetric_capacitance of 'paste' is stated for a potential from 0 to 1 V, not for 1.2 V; state start",
    ),
    "a potential of a filling": ([("3 %", "0 V"), ("of: potential", "of: filling")], "may depend on potential, not on"),
    "a resistance of an area": (
        [("3 %", "0 V"), ("  salt:\n", LEAK.format(50, "ohm m2"))],
        "'ohm m2' is not a unit of the same kind as 'ohm cm3'",
    ),
    "a leak without resistance": (
        [("3 %", "0 V"), ("  salt:\n", LEAK.format(0, "ohm cm3"))],
        "leakage_resistance = 0 Ω cm³ is impossible",
    ),
    "a leak to a potential of a filling": (
        [("3 %", "0 V"), ("  salt:\n", LEAK.format(50, "ohm cm3"))],
        "its open_circuit_potential depends on the filling, which an electrode of kind capacitor does not have",
    ),
}


@pytest.mark.parametrize("name", WRONG_CAPACITORS)
def test_wrong_capacitors(tmp_path: Path, name: str) -> None:
    changes, said = WRONG_CAPACITORS[name]
    message = told(tmp_path, *CAPACITOR, *changes)
    assert said in message
    assert "study.yaml:" in message


def test_a_reaction_is_checked_like_an_electrode(tmp_path: Path) -> None:
    reactions = "{kind: porous, reactions: [{name: zinc}, {name: proton, ion: none, properties: {porosty: {}}}]}"
    assert "unit: this key is missing" in told(tmp_path, ("cathode: porous", f"cathode: {reactions}"))
    reactions = reactions.replace("porosty: {}", "porosty: {value: 1, unit: V, source: made up}")
    assert "unknown property 'porosty'; did you mean 'porosity'?" in told(
        tmp_path, ("cathode: porous", f"cathode: {reactions}")
    )


def test_a_layout_without_a_cell_is_told(tmp_path: Path) -> None:
    comb = CELL[CELL.index("{family") : CELL.index("\nmaterials")]
    message = told(tmp_path, (comb, "{family: film, params: {electrodes: none}}"))
    for role in ("anode", "cathode", "electrolyte"):
        assert f"a film layout has no {role} here; a cell needs an anode, a cathode and an electrolyte" in message


def test_a_program_is_told_the_same() -> None:
    case = {"physics": "cell", "dimension": "section", "electrodes": {"anode": "metal", "cathode": "metal"},
            "protocol": ["rest 1 s"]}  # fmt: skip
    with pytest.raises(InputError, match="material 'pani' has no exchange_current_density"):
        microfem.solve_case(build_layout("interdigital", {}), case)


def test_a_study_states_a_temperature_for_its_cells(tmp_path: Path) -> None:
    warm = study_of(tmp_path, CELL.replace("cases:", "temperature: 40 degC\ncases:"))
    own = study_of(tmp_path, CELL.replace("cases:", "temperature: 40 degC\ncases:").replace(
        "    dimension: section\n    electrodes", "    dimension: section\n    temperature: 10 degC\n    electrodes"
    ))  # fmt: skip
    assert [one.cases["cell"].temperature for one in (warm, own)] == pytest.approx([313.15, 283.15])  # type: ignore[attr-defined]
    assert "a temperature is stated as '25 degC' or '298.15 K'" in told(
        tmp_path, ("cases:", "temperature: 40 V\ncases:")
    )
