"""What metrics of a layout count, against numbers made by hand, and the names that refusals and labels have."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely

import microfem.metrics as package
from microfem.base.errors import MetricRefused
from microfem.families import build_layout
from microfem.layout.arcs import DrawnCircle
from microfem.layout.rings import area, trace
from microfem.metrics import METRICS
from microfem.metrics.geometry import (
    areal_capacity,
    electrode_area,
    fill_factor,
    footprint,
    np_ratio,
    volumetric_capacity,
)
from microfem.physics.potential.solution import Terminals
from microfem.render.curves import axis_label, panels_of
from microfem.results.comparison import notes, print_summary
from microfem.results.merging import merge
from microfem.run.design import run_design
from support.materials import matter
from support.records import case, curve, design, line, metric, summary, write_run
from support.studies import study_of

ACTIVE = matter(density=2.0, specific_capacity=100.0)  # g/cm3, mAh/g
PER_VOLUME = 2e-10  # mAh/um3, of that: 2 g/cm3 x 100 mAh/g


def layout(name: str, **params: object) -> Any:
    return build_layout(name, params, {"anode": ACTIVE, "cathode": ACTIVE})


# series


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (3, 2), (6, 1)])
def test_cells_in_series_carry_the_charge_of_one(columns: int, rows: int) -> None:
    """An island of 3 mm with a gap of 0.3 mm has pads of 1.35 x 3 mm, 30 um high; rows are in parallel."""
    one = 1350.0 * 3000.0 * 30.0 * PER_VOLUME
    area = columns * rows * 0.3 * 0.3  # cm2, islands alone
    device = layout("island_bridge", columns=columns, rows=rows)
    assert areal_capacity(device) == pytest.approx(rows * one / area)
    assert np_ratio(device) == pytest.approx(1.0)


@pytest.mark.parametrize(("columns", "wanted"), [(2, 0.1328), (3, 0.0885), (6, 0.0443)])
def test_series_of_the_default_island(columns: int, wanted: float) -> None:
    assert areal_capacity(build_layout("island_bridge", {"columns": columns})) == pytest.approx(wanted, abs=5e-5)


def test_blocks_of_a_joint_are_in_parallel() -> None:
    ones = [areal_capacity(layout("joint", blocks=blocks)) for blocks in (1, 3)]
    assert ones[0] == pytest.approx(ones[1])


# areas


def test_a_footprint_counts_electrodes_or_the_package() -> None:
    """Two islands of 3 mm, 3 mm apart, on a substrate 1.5 mm wider all round."""
    device = layout("island_bridge", columns=2)
    assert footprint(device) == pytest.approx(2 * 9.0)
    assert footprint(device, counts="package") == pytest.approx((9.0 + 3.0) * (3.0 + 3.0))
    one = 1350.0 * 3000.0 * 30.0 * PER_VOLUME
    assert areal_capacity(device, counts="package") == pytest.approx(one / 0.72)
    comb = layout("interdigital", finger_pairs=2, tab_length=700.0, margin=100.0)  # 2.1 mm x 3.9 mm, tabs of 0.3 mm
    assert footprint(comb) == pytest.approx(2.1 * 3.9)
    assert footprint(comb, counts="package") == pytest.approx(2.3 * 4.1 + 2 * 0.6 * 0.3)


@pytest.mark.parametrize(
    ("name", "params", "wanted"),
    [
        ("fiber", {}, 0.4 * 3.0),
        ("fiber", {"jacket_thickness": 50.0}, 0.5 * 3.0),
        ("fiber", {"arrangement": "parallel"}, 0.55 * 3.0),
        ("circular", {"disc_radius": 1000.0, "gap": 200.0, "ring_width": 800.0}, math.pi * 4.0),
        ("concentric", {"ring_pairs": 1, "closed": True, "inner_radius": 500.0, "anode_width": 300.0, "gap": 200.0,
                        "cathode_width": 400.0}, math.pi * (1.4**2 - 0.5**2)),
        ("film", {"outline": "disc", "diameter": 6000.0, "margin": 500.0}, math.pi * 2.5**2),
    ],
)  # fmt: skip
def test_circles_count_with_their_radius(name: str, params: dict[str, object], wanted: float) -> None:
    assert footprint(layout(name, **params)) == pytest.approx(wanted, rel=1e-9)


def test_a_roll_is_as_wide_as_its_jacket() -> None:
    roll = layout("swiss_roll", jacket_thickness=20.0, length=1000.0)
    assert footprint(roll) == pytest.approx(2e-3 * roll.spiral.outer_radius * 1.0, rel=1e-12)


def test_capacities_of_circles_are_those_of_circles() -> None:
    cell = layout("circular", disc_radius=1000.0, gap=200.0, ring_width=800.0, anode_thickness=10.0,
                  cathode_thickness=10.0)  # fmt: skip
    assert np_ratio(cell) == pytest.approx(1.0 / (2.0**2 - 1.2**2), rel=1e-9)
    disc = cell.part("anode").footprint
    assert disc.area > 1.0003 * math.pi * 1e6  # its chords lie outside the circle


def test_an_arc_is_more_than_its_chords() -> None:
    """Half a disc of radius 2 drawn by 12 chords, with a hole of radius 1 in a square."""
    angle = np.linspace(0.0, np.pi, 13)
    half = shapely.Polygon(2.0 * np.column_stack([np.cos(angle), np.sin(angle)]))
    drawn = DrawnCircle((0.0, 0.0), 2.0, 0.01, np.pi / 24)
    assert area(trace(half, [drawn])[0]) == pytest.approx(0.5 * np.pi * 4.0)
    ring = np.linspace(0.0, 2.0 * np.pi, 25)[:-1]
    hole = shapely.Polygon(np.column_stack([np.cos(ring), np.sin(ring)]))
    square = shapely.box(-2, -2, 2, 2) - hole
    whole = DrawnCircle((0.0, 0.0), 1.0, 0.01, np.pi / 24)
    assert area(trace(square, [whole])[0]) == pytest.approx(16.0 - np.pi)
    assert area(trace(square, [])[0]) == pytest.approx(square.area)  # negative control: chords
    assert abs(square.area - (16.0 - np.pi)) > 0.03


def test_both_plates_of_a_sandwich_count() -> None:
    cell = layout("stacked", length=10000.0, width=5000.0)
    assert electrode_area(cell, electrode="anode") == pytest.approx(50.0)
    assert electrode_area(cell) == pytest.approx(100.0)
    assert fill_factor(cell) == pytest.approx(1.0)
    comb = layout("interdigital", finger_pairs=2)
    assert electrode_area(comb) == pytest.approx(2 * (2 * 0.3 * 3.0 + 2.1 * 0.3))


# volumes


def test_a_volume_counts_what_it_is_told_to() -> None:
    """A plate of 10 x 10 mm: substrate 100, collectors 20, electrodes 50, gap 200 and cover 100 um."""
    cell = layout("stacked")
    charge = 1e8 * 50.0 * PER_VOLUME
    heights = {(True, True): 540.0, (False, True): 440.0, (True, False): 440.0, (False, False): 340.0}
    for (substrate, cover), height in heights.items():
        found = volumetric_capacity(cell, substrate=substrate, cover=cover)
        assert found == pytest.approx(charge / (1e8 * height * 1e-12))


def test_a_stretchable_volume_without_substrate_and_cover_is_that_of_its_islands() -> None:
    device = layout("island_bridge", columns=2)
    one = 1350.0 * 3000.0 * 30.0 * PER_VOLUME
    outline = 2 * 9e6 + 3000.0 * 300.0  # islands and the bridge between them
    assert volumetric_capacity(device, substrate=False, cover=False) == pytest.approx(one / (outline * 200.0 * 1e-12))


# names


@pytest.mark.parametrize("measure", [footprint, electrode_area, fill_factor, np_ratio, areal_capacity,
                                     volumetric_capacity])  # fmt: skip
def test_without_electrodes_a_metric_is_refused(measure: Any) -> None:
    with pytest.raises(MetricRefused, match=f"^{measure.__name__} is refused: the layout has no electrodes"):
        measure(layout("film", electrodes="none"))
    assert footprint(layout("film", electrodes="none"), counts="package") > 0.0


STUDY = """\
name: names
designs: {comb: {family: interdigital, params: {finger_pairs: 1}, materials: {anode: made, cathode: made}}}
materials:
  made: {conductivity: {value: 1, unit: kS/m, source: chosen}, youngs_modulus: {value: 1, unit: GPa, source: chosen},
         poisson_ratio: {value: 0.3, unit: "1", source: chosen}}
accuracy: 20 %
cases:
  pull: {physics: elasticity, dimension: section, load: {stretch: {strain: 1 %}}}
  field: {physics: electrostatics, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  sp: safety_percentile(pull)
  s: safety(pull)
  force: axial_force(pull)
  strain: mean_strain(pull)
  c: capacitance(field)
  area: footprint(counts=package)
"""
GEL, AIR = "anode: made, cathode: made", "anode: made, cathode: made, electrolyte: air"


def ran(folder: Path, text: str) -> Any:
    study = study_of(folder, text)
    return study, run_design(study, study.designs["comb"], folder)


def test_a_refusal_has_the_name_of_its_metric_and_its_own_alternative(tmp_path: Path) -> None:
    study, found = ran(tmp_path, STUDY.replace("cathode: made}", "cathode: made, substrate: plain}").replace(
        "  made:", "  plain: {youngs_modulus: {value: 3, unit: GPa, source: chosen}, poisson_ratio: {value: 0.3, unit: "
        '"1", source: chosen}, relative_permittivity: {value: 3, unit: "1", source: chosen}}\n  made:'))  # fmt: skip
    assert found.status == "ok", found.message
    assert found.metrics["sp"].refused.startswith("safety_percentile is refused")
    assert found.metrics["sp"].refused.endswith("use von_mises_percentile(case) instead")
    assert found.metrics["s"].refused.startswith("safety is refused")
    assert study.beside() == {"force": "per unit depth", "c": "per unit depth"}


@pytest.mark.parametrize("path", sorted(Path(package.__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_every_refusal_that_states_a_name_states_that_of_a_metric(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    named = [one.args[0].value for one in calls if getattr(one.func, "id", "") == "MetricRefused"
             and isinstance(one.args[0], ast.Constant)]  # fmt: skip
    assert set(named) <= set(METRICS.names())


@pytest.mark.parametrize("name", ["cell_constant", "resistance_ratio", "conductance"])
def test_refusals_of_what_needs_two_terminals(name: str) -> None:
    values = {f"t{k}": float(k + 1) for k in range(3)}
    made = build_layout("interdigital", {})
    one = SimpleNamespace(
        terminals=Terminals(potentials=values, fluxes=values, kind="current", unit="uA"),
        mesh=SimpleNamespace(dim=2, whole=False, layout=made),
    )
    one.undeformed = one
    with pytest.raises(MetricRefused, match=f"^{name} is refused: 3 terminals carry current"):
        METRICS.get(name).function(one)


# warnings and labels


@pytest.mark.parametrize(("materials", "warned"), [(GEL, True), (AIR, False)])
def test_a_field_capacitance_of_an_electrolyte_is_warned_of(tmp_path: Path, materials: str, warned: bool) -> None:
    lines = [line for line in STUDY.replace(GEL, materials).splitlines() if "pull" not in line]
    _, found = ran(tmp_path, "\n".join(lines))
    assert found.status == "ok", found.message
    assert [text.split(":")[0] for text in found.warnings] == (["c"] if warned else [])
    told = notes(summary({"comb": design(warnings=found.warnings)}))
    assert any("the double layer" in text and "pva_zncl2_gel" in text for text in told) is warned


def test_what_is_per_unit_depth_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    value = metric(2.0, "ohm m")
    print_summary(summary({"comb": design(metrics={"r": value, "s": value})}, measures={"r": "per unit depth"}))
    told = capsys.readouterr().out
    assert "r (per unit depth)" in told
    assert "s (per unit depth)" not in told
    assert axis_label("r", "ohm m", "per unit depth") == "r\n(Ω m, per unit depth)"
    assert axis_label("r", "1") == "r"
    lines = [line(name, (0.0, 1.0, None), unit=unit)
             for name, unit in (("r", "ohm m"), ("axial_force", "uN/um"), ("strain", "1"))]  # fmt: skip
    cases = {name: case(curves={"path": curve(*lines)}) for name in ("flat", "solid")}
    run = summary({"comb": design(cases=cases)}, measures={"r": "per unit depth"}, per_depth=("flat",))
    words = {name: {panel.name: panel.beside for panel in panels_of(run, name, "path")} for name in cases}
    assert words["flat"] == {"r": "per unit depth", "axial_force": "per unit depth", "strain": ""}
    assert words["solid"]["axial_force"] == ""


def test_runs_of_two_views_say_which_is_per_unit_depth(tmp_path: Path) -> None:
    for name, measures in (("flat", {"r": "per unit depth"}), ("solid", {})):
        write_run(tmp_path / name, summary({"comb": design(metrics={"r": metric(1.0, "ohm", 0.1)})}, measures=measures))
    assert merge([tmp_path / "flat", tmp_path / "solid"]).measures == {"r": "per unit depth in flat"}
    assert merge([tmp_path / "flat"]).measures == {"r": "per unit depth"}
