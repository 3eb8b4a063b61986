"""What is said of a module, of sources and of loads in a study: each problem with its place, value and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.materials import load_material
from microfem.physics.electrochemistry.module import ModuleCase
from support.modules import CAPACITOR, capacitor, module
from support.studies import study_of

STUDY = """name: module
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
    conductivity: {value: 3.6, unit: S/m, source: made up}
    diffusivity: {value: 3.5e-10, unit: m2/s, source: made up}
    transference_number: {value: 0.4, unit: "1", source: made up}
    concentration: {value: 2, unit: mol/L, source: made up}
    cation_charge: {value: 2, unit: "1", source: made up}
    anion_charge: {value: 2, unit: "1", source: made up}
cases:
  pack:
    physics: module
    of: cell
    arrangement: 2S2P
    depth: 10 mm
    interconnect: {strip: 20 mohm, tab: 5 mohm, terminals: middle}
    cells: {"2,1": {size: 80 %, start: {cathode: 10 %}}}
    sources:
      sun:
        current: {table: [[0, 5], [0.4, 5], [0.6, 0]], of: voltage, unit: mA, source: made up}
        in_series: 6
        light: {table: [[0, 0], [6, 1], [12, 0]], of: time, of_unit: h, source: made up}
    loads:
      sensor: {power: {table: [[0, 3], [1, 3], [1, 0.1], [60, 0.1]], of: time, unit: mW, every: 60 s, source: made up}}
    protocol:
      - charge from sun for 8 h or until 3.2 V
      - discharge into sensor for 12 h or until 1.8 V
      - charge from sun with sensor for 2 h
  cell:
    physics: cell
    dimension: section
    electrodes: {anode: metal, cathode: porous}
    start: {cathode: 5 %}
    protocol: [discharge at 5C until 0.9 V]
metrics:
  energy: discharge_energy(pack, per=device)
"""


def test_a_module_takes_over_its_cell(tmp_path: Path) -> None:
    case = study_of(tmp_path, STUDY).cases["pack"]
    assert isinstance(case, ModuleCase)
    assert (case.dimension, case.arrangement, case.depth) == ("section", (2, 2), 1e4)
    assert case.statement.starts["2,1"]["cathode"].filling == 0.1
    assert [len(line.devices) for line in case.lines] == [1, 1, 2]
    load = case.lines[1].devices[0]
    assert load.profiles[0].count(12 * 3600.0) == 1440
    assert "1,682 pieces, and each begins with some twenty small time steps of 4 cells" in case.why_long


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("2S2P", "0S1P", "cases.pack.arrangement", "0S1P has no cell"),
        ("2S2P", "100S100P", "cases.pack.arrangement", "100S100P has 10,000 cells"),
        ("2S2P", "two by two", "cases.pack.arrangement", "such as 5S3P"),
        ("    depth: 10 mm\n", "", "cases.pack", "state depth: the length of a cell out of the plane"),
        ('"2,1": {', '"3,1": {', "cases.pack", "there is no cell '3,1'"),
        ("size: 80 %, ", "connection: backwards, ", "cases.pack.cells.2,1.connection", "'reversed'"),
        (
            '"2,1": {size: 80 %,',
            '"2,2": {connection: open}, "2,1": {connection: open,',
            "cases.pack",
            "of column 2 are open",
        ),
        ("from sun for", "from moon for", "cases.pack", "no source 'moon'"),
        ("into sensor for", "into motor for", "cases.pack", "no load 'motor'"),
        ("into sensor for 12 h or", "into sensor", "cases.pack.protocol", "line 2: state how long at most"),
        ("charge from sun for 8 h", "charge into sensor for 8 h", "cases.pack.protocol", "line 1: a source charges"),
        ("for 8 h or", "for 13 h or", "cases.pack", "the profile of 'sun' ends at 4.32e+04 s"),
        (
            "[0.4, 5], [0.6",
            "[0.4, 5], [0.4, 4], [0.6",
            "cases.pack.sources.sun",
            "two values, 4000 and 5000, at the voltage",
        ),
        ("[[0, 5], ", "[[0.1, 5], ", "cases.pack.sources.sun", "let the table of the current begin at 0 V"),
        ("unit: mA", "unit: mV", "cases.pack.sources.sun", "no unit of a current"),
        ("unit: mA", "unit: mA/cm2", "cases.pack", "state the current of the whole module"),
        ("in_series: 6", "in_series: 0", "cases.pack.sources.sun", "in_series must be from 1"),
        ("[60, 0.1]]", "[50, 0.1]]", "cases.pack.loads.sensor", "begins anew every 60 s"),
        ("[1, 3], [1, 0.1]", "[1, 3], [0.5, 0.1]", "cases.pack.loads.sensor", "0.5 s follows 1 s"),
        ("[60, 0.1]]", "[60, -0.1]]", "cases.pack.loads.sensor", "it must be 0 or more"),
        ("sensor: {power: {", "sensor: {current: {", "cases.pack.loads.sensor", "'mW' is no unit of a current"),
        ("strip: 20 mohm", "strip: -1 ohm", "cases.pack.interconnect.strip", "-1 ohm is below its bound, 0 ohm"),
        (
            "[0.4, 5], [0.6, 0]",
            "[0.6, 0], [0.4, 5]",
            "cases.pack.sources.sun.current",
            "0.4 follows 0.6: sort the rows",
        ),
        ("[0.4, 5]", "[0.4, 6]", "cases.pack.sources.sun.current", "rises from 5 to 6 mA between 0 and 0.4"),
        ("[0, 5], [0.4, 5]", "[0, -5], [0.4, -5]", "cases.pack.sources.sun.current", "as numbers above 0"),
        ("[0.6, 0]", "[0.6, -1]", "cases.pack.sources.sun", "the current is -1 mA at 0.6 V; end the table at 0"),
        (
            "[6, 1]",
            "[6, 2]",
            "cases.pack.sources.sun",
            "1 at most; state the current of full light; it is 2 at 21600 s",
        ),
        ("every: 60 s", "every: 60 s, at: 1", "cases.pack.loads.sensor.power", "unknown key"),
        ("[1, 3], [1, 0.1], [60, 0.1]]", "[0.01, 3], [0.01, 0.1], [0.1, 0.1]]", "cases.pack.loads", "every 60 s"),
        ("until 1.8 V", "until 1.8 mA", "cases.pack.protocol", "'until' takes a voltage here"),
        ("sun:\n        current", "sun:\n        currents", "cases.pack.sources.sun", "unknown key"),
    ],
)
def test_what_is_wrong_with_a_module(tmp_path: Path, old: str, new: str, place: str, message: str) -> None:
    assert old in STUDY
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, STUDY.replace(old, new))
    problems = [(one.path, one.message) for one in caught.value.problems]
    assert any(path.startswith(place) and message in text for path, text in problems), problems


def test_a_fault_of_a_load_is_told_once(tmp_path: Path) -> None:
    """A load is a number or a table: what is wrong with the one is not told of the other too."""
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, STUDY.replace("every: 60 s", "every: 0 s"))
    [told] = caught.value.problems
    assert (told.path, told.message) == (
        "cases.pack.loads.sensor.power.every",
        "0 s is below its bound, 1e-06 s",
    )
    assert study_of(
        tmp_path, STUDY.replace("light: {table: [[0, 0], [6, 1]", "light: {unit: '%', table: [[0, 0], [6, 90]")
    )


def test_a_duty_cycle_that_jumps_too_often_is_refused(tmp_path: Path) -> None:
    quick = STUDY.replace("[1, 3], [1, 0.1], [60, 0.1]]", "[1, 3], [1, 0.1], [2, 0.1]]").replace("60 s", "2 s")
    with pytest.raises(InputError, match="the time steps begin anew at each; at most 5,000"):
        study_of(tmp_path, quick)


def test_a_curve_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "iv.csv").write_text("V; mA\n0; 5\n0.4; 5\n0.6; 0\n")
    text = STUDY.replace("table: [[0, 5], [0.4, 5], [0.6, 0]]", "file: iv.csv")
    case, same = study_of(tmp_path, text).cases["pack"], study_of(tmp_path, STUDY).cases["pack"]
    assert isinstance(case, ModuleCase)
    assert isinstance(same, ModuleCase)
    assert case.lines == same.lines
    with pytest.raises(InputError, match=r"no file 'vi\.csv'"):
        study_of(tmp_path, text.replace("iv.csv", "vi.csv"))


def test_collectors_may_be_sheets(tmp_path: Path) -> None:
    sheet = "sheet: {material: copper, thickness: 10 um, width: 2 mm, pitch: 12 mm, tab: 3 mm}"
    text = STUDY.replace("strip: 20 mohm, tab: 5 mohm", sheet)
    study = study_of(tmp_path, text)
    case = study.cases["pack"]
    assert isinstance(case, ModuleCase)
    made = case.interconnect.made_of
    assert made is not None
    between = made.between(case.layout_of_cells, 298.15)
    ohms = 12e-3 / (load_material("copper").value("conductivity") * 10e-6 * 2e-3)
    assert (between.strip, between.tab) == pytest.approx((1e-6 * ohms, 0.25e-6 * ohms))
    with pytest.raises(
        InputError, match=r"interconnect\.sheet\.material: unknown material 'coper'; did you mean 'copper'"
    ):
        study_of(tmp_path, text.replace("copper", "coper"))
    with pytest.raises(InputError, match="material 'pet' does not conduct; name one of a collector"):
        study_of(tmp_path, text.replace("copper", "pet"))
    with pytest.raises(InputError, match="state strip and tab, or the sheet"):
        study_of(tmp_path, STUDY.replace("tab: 5 mohm", sheet))


def test_a_sheet_may_be_of_a_material_of_the_study(tmp_path: Path) -> None:
    """By hand: 12 mm of 1e6 S/m, 10 um by 2 mm, are 0.6 ohm; at 100 degC, by the table, twice as much."""
    table = "{table: [[0, 1e6], [50, 1e6], [100, 5e5]], of: temperature, of_unit: degC, unit: S/m, source: made up}"
    ink = f"  ink: {{conductivity: {table}}}\n"
    sheet = "sheet: {material: ink, thickness: 10 um, width: 2 mm, pitch: 12 mm, tab: 3 mm}"
    text = STUDY.replace("strip: 20 mohm, tab: 5 mohm", sheet).replace("cases:\n", ink + "cases:\n")
    study = study_of(tmp_path, text)
    assert study.unused == ()
    case = study.cases["pack"]
    assert isinstance(case, ModuleCase)
    assert case.interconnect.made_of is not None
    strips = [case.interconnect.made_of.between(case.layout_of_cells, kelvin).strip for kelvin in (298.15, 373.15)]
    assert strips == pytest.approx([0.6e-6, 1.2e-6])
    with pytest.raises(InputError, match="material 'ink' has no conductivity"):
        study_of(tmp_path, text.replace(table, "").replace("{conductivity: }", "{}"))


def test_a_short_circuit_is_told() -> None:
    """A wire beside a cell leaves no voltage; the line ends at its start, and nothing breaks."""
    mesh, _, _ = capacitor()
    shorted = module(mesh, CAPACITOR, "1S2P", ["discharge at 1 uA until 0.5 V"], cells={"1,2": {"connection": "short"}})
    assert shorted.done[-1].why == "at its start already the voltage reached 0.5 V"
    assert abs(shorted.history.voltage[0]) < 1e-9
