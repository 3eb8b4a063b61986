"""Heat of a current against closed forms: H. S. Carslaw and J. C. Jaeger, Conduction of Heat in Solids, 2nd ed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from microfem.base.errors import InputError, SolveError
from microfem.layout import Sheet
from microfem.materials import Material, Property
from microfem.materials.anisotropy import Anisotropy
from microfem.mesh import Mesh, build_mesh
from microfem.physics import Solution
from support.cells import grid
from support.elastic_bodies import body_mesh
from support.materials import matter
from support.solving import read_case, solve, total, value
from support.studies import study_of

WIRE = matter(conductivity=1e6, thermal_conductivity=20.0)
ROOM = {"r0": "25 degC", "r2": "25 degC"}
VOLTS, LENGTH = 1e-3, 20.0  # V, um
STUDY = """\
name: warm
designs: {cell: {family: stacked, materials: {electrolyte: e}}}
materials: {e: {conductivity: {value: 5, unit: S/m, source: made}MORE}}
cases:
  flat: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
  warm: {physics: heat, of: flat, HEAT}
metrics: {rise: max_temperature_rise(warm)}
"""
CONDUCTS = ", thermal_conductivity: {value: 0.6, unit: W/m/K, source: made}"


def bar(
    ends: Sequence[float], materials: Sequence[Material], each: int = 4, height: float = 3.0, view: str = "section"
) -> Mesh:
    """Return blocks r0, r1, ... along x with these ends, um."""
    x = np.concatenate([np.linspace(a, b, each + 1)[:-1] for a, b in pairwise(ends)] + [[ends[-1]]])
    others = [np.linspace(0.0, height, 3)] * (2 if view == "3d" else 1)
    points, cells = grid(x, *others)
    mesh = body_mesh(points, cells, view, np.searchsorted(ends[1:-1], points[cells, 0].mean(axis=1)))
    return replace(mesh, layout=replace(mesh.layout, materials=dict(zip(mesh.regions, materials, strict=True))))


def heated(mesh: Mesh, volts: float = VOLTS, **more: Any) -> Solution:
    view = {"dimension": mesh.dimension}
    drive = {"physics": "conduction", "terminals": {mesh.regions[0]: "0 V", mesh.regions[-1]: f"{volts} V"}}
    return solve(mesh, {"physics": "heat", "of": read_case({**drive, **view}), **view, **more})


@pytest.mark.parametrize("view", ["section", pytest.param("3d", marks=pytest.mark.slow)])
def test_a_wire_between_cold_ends_is_a_parabola(view: str) -> None:
    """Sec. 4.9: T = q (L2 / 4 - x2) / 2k with q = sigma (V / L)2, in P2 exactly; half of V I leaves at each end."""
    done = heated(bar([-12.0, -10.0, 10.0, 12.0], [WIRE] * 3, view=view), terminals=ROOM)
    q = 1e6 * (VOLTS / (LENGTH * 1e-6)) ** 2
    x = 1e-6 * done.space.locations[:, 0]
    wire = np.abs(x) <= 10.001e-6
    assert done.rise[wire] == pytest.approx(q * (1e-10 - x[wire] ** 2) / 40.0, rel=1e-7, abs=1e-12)
    assert value(done, "max_temperature_rise") == pytest.approx(q * (LENGTH * 1e-6) ** 2 / 160.0, rel=1e-7)
    assert value(done, "mean_temperature_rise", region="r1") == pytest.approx(q * 4e-10 / 240.0, rel=1e-7)
    power = 1e6 * VOLTS**2 * (3.0 if view == "section" else 9e-6) / LENGTH  # W/m, W
    assert value(done, "heating_power") == pytest.approx(power, rel=1e-9)
    assert value(done, "heat_flow", terminal="r0") == pytest.approx(power / 2.0, rel=1e-6)
    twice = heated(bar([-12.0, -10.0, 10.0, 12.0], [WIRE] * 3), 2.0 * VOLTS, terminals=ROOM)
    assert value(twice, "max_temperature_rise") == pytest.approx(4.0 * value(done, "max_temperature_rise"), rel=1e-7)


def test_heat_along_a_wire_takes_its_conductivity_along() -> None:
    axes = Anisotropy({"x": 20.0, "y": 1.0, "z": 5.0})
    along = Property(value=20.0, unit="W/m/K", source="made", axes=axes)
    wire = replace(WIRE, properties={**WIRE.properties, "thermal_conductivity": along})
    peaks = [
        value(heated(bar([-12.0, -10.0, 10.0, 12.0], [one] * 3), terminals=ROOM), "max_temperature_rise")
        for one in (WIRE, wire)
    ]
    assert peaks[1] == pytest.approx(peaks[0], rel=1e-7)
    weak = replace(along, axes=Anisotropy({"x": 5.0, "y": 20.0, "z": 20.0}))
    wire = replace(WIRE, properties={**WIRE.properties, "thermal_conductivity": weak})
    four = heated(bar([-12.0, -10.0, 10.0, 12.0], [wire] * 3), terminals=ROOM)
    assert value(four, "max_temperature_rise") == pytest.approx(4.0 * peaks[0], rel=1e-7)


def test_a_face_may_be_held_and_a_flow_needs_an_end(tmp_path: Path) -> None:
    """Without a current: k (T1 - T0) / L of each area between the faces of a slab; its neighbours carry no heat."""
    text = STUDY.replace("MORE", CONDUCTS).replace("{electrolyte: e}", "{electrolyte: e, anode: e, cathode: e}")
    text = text.replace("{family: stacked", "{family: stacked, params: {collector_thickness: 0 um}")
    faces = "dimension: section, terminals: {electrolyte.zmin: 25 degC, electrolyte.zmax: 35 degC}"
    study = study_of(tmp_path, text.replace("of: flat, HEAT", faces))
    layout = study.designs["cell"].layout()
    done = solve(build_mesh(layout, "section"), study.cases["warm"])
    slab = layout.part("electrolyte")
    wide, thick = np.ptp(slab.footprint.bounds[::2]), np.ptp(slab.z)
    assert value(done, "heat_flow", terminal="electrolyte.zmin") == pytest.approx(0.6 * 10.0 * wide / thick)
    with pytest.raises(InputError, match=r"no heat leaves at 'anode'; it leaves at electrolyte\.zmin and"):
        study_of(tmp_path, study.text.replace("max_temperature_rise(warm)", "heat_flow(warm, terminal=anode)"))


def test_two_materials_in_series() -> None:
    """1 with half the conductivities of 2: each takes its share of the voltage; T and k dT/dx are continuous."""
    poor = matter(conductivity=0.5e6, thermal_conductivity=10.0)
    done = heated(
        bar([-2.0, 0.0, 10.0, 20.0, 22.0], [WIRE, poor, WIRE, WIRE]), terminals={"r0": "20 degC", "r3": "20 degC"}
    )
    current = VOLTS / (10e-6 / 0.5e6 + 10e-6 / 1e6)  # A/m2
    (q1, k1), (q2, k2), d = (current**2 / 0.5e6, 10.0), (current**2 / 1e6, 20.0), 10e-6
    first = (q1 * d * (d / k2) + q1 * d * d / (2 * k1) + q2 * d * d / (2 * k2)) / (d / k1 + d / k2)
    at_joint = (first * d - q1 * d * d / 2) / k1
    x = done.space.locations[:, 0]
    assert done.rise[np.abs(x - 10.0) < 1e-9] == pytest.approx(at_joint, rel=1e-7)
    assert total(done, "heat.r0") == pytest.approx(-first * 3e-6, rel=1e-6)


def series(biot: float, ratio: float, terms: int = 3000) -> float:
    """Return the heat from the warm end of a fin per k (T - T0): separation of variables, an own series."""
    heat = 0.0
    for n in range(terms):
        a = brentq(lambda s: s * np.sin(s) - biot * np.cos(s), n * np.pi + 1e-12, (n + 0.5) * np.pi)
        heat += 2.0 * np.sin(a) ** 2 * a / (a + np.sin(a) * np.cos(a)) / a * np.tanh(a * ratio)
    return heat


def fin(each: int, biot: float = 1.0, length: float = 2.0, order: int = 2) -> Solution:
    """Return a fin of unit height, warm by 10 K at its root and cooled at its top; k = 20 W/m/K, h = Bi k / um."""
    x, z = np.concatenate([[-0.1], np.linspace(0.0, length, int(length) * each + 1)]), np.linspace(0.0, 1.0, each + 1)
    points, cells = grid(x, z)
    mesh = body_mesh(points, cells, "section", (points[cells, 0].mean(axis=1) > 0.0).astype(np.int64))
    mesh = replace(mesh, layout=replace(mesh.layout, materials=dict.fromkeys(mesh.regions, WIRE)))
    cooled = {"convection": {"zmax": f"{biot * 2e7} W/m2/K"}, "ambient": "25 degC"}
    return solve(
        mesh, {"physics": "heat", "dimension": "section", "order": order, "terminals": {"r0": "35 degC"}, **cooled}
    )


def test_a_fin_converges_to_its_series() -> None:
    exact = 200.0 * series(1.0, 2.0)
    off = [value(fin(each), "heat_flow", terminal="ambient") / exact - 1.0 for each in (2, 4, 8)]
    assert abs(off[-1]) < 1e-3
    assert off[0] / off[1] > 3.5  # order 2, since the flux is logarithmic where the root meets the top
    assert off[1] / off[2] > 3.5
    assert value(fin(8, biot=0.5), "heat_flow", terminal="ambient") != pytest.approx(exact, rel=0.1)


def test_a_slender_fin_is_a_cosh() -> None:
    """T = cosh(m (L - x)) / cosh(m L), m2 = h / k t: Bi = 1/400 across leaves Bi / 3."""
    done = fin(2, biot=1.0 / 400.0, length=40.0)
    assert value(done, "heat_flow", terminal="ambient") == pytest.approx(200.0 / 20.0 * np.tanh(2.0), rel=2e-3)
    x = done.space.locations[:, 0]
    tip = done.rise[x > 39.999]
    assert tip == pytest.approx(10.0 / np.cosh(2.0), rel=2e-3)


def test_a_film_heats_what_it_lies_on() -> None:
    """A film of conductance 1 S on an insulator: V2 / L per depth; its heat leaves through the whole surface."""
    blocks = bar([-12.0, -10.0, 10.0, 12.0], [WIRE, matter(conductivity=0.0, thermal_conductivity=1.0), WIRE])
    film = Sheet(name="film", role="anode", footprint=blocks.layout.regions[0].footprint, z=1.0, thickness=1.0)
    materials = {**blocks.layout.materials, "film": WIRE}
    top = blocks.faces["zmax"]
    top = top[np.abs(blocks.points[top, 0]).max(axis=1) <= 10.001]
    mesh = replace(blocks, sheets={"film": top}, layout=replace(blocks.layout, sheets=(film,), materials=materials))
    done = heated(mesh, convection={"surface": "100 W/m2/K"})
    assert value(done, "heating_power") == pytest.approx(1e6 * 1.0 * VOLTS**2 / LENGTH, rel=1e-9)
    assert value(done, "heat_flow", terminal="ambient") == pytest.approx(value(done, "heating_power"), rel=1e-6)
    assert done.report.balance_error < 1e-8


def test_a_part_without_a_way_for_its_heat_is_refused() -> None:
    vacuum = matter(conductivity=0.0, thermal_conductivity=0.0)
    mesh = bar([0.0, 1.0, 2.0, 3.0, 4.0], [WIRE, vacuum, WIRE, WIRE])
    with pytest.raises(SolveError, match="heat has no way out of a part of 'r2'"):
        solve(mesh, {"physics": "heat", "dimension": "section", "terminals": {"r0": "25 degC"}})


@pytest.mark.parametrize(("heat", "more", "told"), [
    ("order: 2", CONDUCTS, "heat needs a way out"),
    ("terminals: {anode: 25 degC}", "", "has no thermal_conductivity; state it"),
    ("terminals: {anode: 25}", CONDUCTS, "a temperature is stated as '25 degC'"),
    ("terminals: {anode: 25 degC}, ambient: 30 degC", CONDUCTS, "a meaning with a convection alone"),
    ("convection: {surface: 5 W/m2/K, zmin: 9 W/m2/K}", CONDUCTS, "end faces alone"),
    ("convection: {ymax: 5 W/m2/K}", CONDUCTS, "dimension: section has no face ymax"),
    ("convection: {surface: 5 W/m2}", CONDUCTS, "not a unit of the same kind as 'W/m2/K'"),
    ("convection: {surface: 5 W/m2/K}, dimension: 3d", CONDUCTS, "the current is seen in its section"),
    ("terminals: {ambient: 25 degC}", CONDUCTS, "give the part another"),
    ("terminals: {anodee: 25 degC}", CONDUCTS, "did you mean 'anode'"),
])  # fmt: skip
def test_check_says_what_a_case_lacks(tmp_path: Path, heat: str, more: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        study_of(tmp_path, STUDY.replace("HEAT", heat).replace("MORE", more))
    assert told in str(refused.value)
    assert "study.yaml:6:" in str(refused.value)
