"""Cells with a tab at an end of each collector: two transmission lines, and the roll against the unrolled strip."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from microfem.families import build_layout
from microfem.mesh import build_mesh
from support.closed_forms import counter_fed, same_side
from support.electrochemical_cells import PASTE, SALT, VOLTS, F, cell, paste, salt, slow, zinc
from support.materials import matter
from support.solving import read_case, value

GAP, COAT, FOIL = 20.0, 10.0, 5.0  # um, of electrolyte and separator, of each electrode, of each collector
COATED = 1e2  # S/m of electrodes
FOILS = {"anode_collector": 2e3, "cathode_collector": 5e3}  # S/m
CURRENT = 1.0  # A/m2 of the winding


def winding(windings, core, rolled, cathode, metal=None):
    """Return the plan of a roll, or of its strip, and its length, m; metal: more of the anode."""
    params = {
        "windings": windings, "core_radius": core, "anode_thickness": COAT, "cathode_thickness": COAT,
        "electrolyte_thickness": GAP, "separator_thickness": GAP, "anode_collector_thickness": FOIL,
        "cathode_collector_thickness": FOIL, "jacket_thickness": 0.0, "rolled": rolled,
    }  # fmt: skip
    foils = {name: matter(conductivity=sigma) for name, sigma in FOILS.items()}
    laws = {
        "anode": zinc(conductivity=COATED, **(metal or {})),
        "cathode": cathode,
        "electrolyte": salt(),
        "separator": salt(),
    }
    layout = build_layout("swiss_roll", params, {**laws, **foils, "core": matter(conductivity=0.0)})
    return build_mesh(layout, "plan", 0), 1e-6 * layout.spiral.length()


def steady(mesh, length, tabs):
    """Return the resistance between the tabs of two metals in ohm m, with the concentration of the start."""
    electrodes = {name: {"kind": "metal", "kinetics": "linear", "tab": tab} for name, tab in tabs.items()}
    solution = cell(mesh, [f"steady at {CURRENT * length} A/m"], electrodes=electrodes, transport="fixed")
    return -solution.history.voltage[0] / (CURRENT * length), solution


def line(length, ends):
    """Return that of the transmission lines: two foils with coats, electrolyte and kinetics between them."""
    r1, r2 = (1e6 / (sigma * FOIL + COATED * COAT) for sigma in FOILS.values())
    across = 1e-6 * GAP / SALT["conductivity"] + 2.0 * VOLTS / (2.0 * 10.0) + 2e-6 * COAT / COATED
    return (counter_fed if ends == "opposite" else same_side)(r1, r2, 1.0 / across, length)


OPPOSITE = {"anode": "inner", "cathode": "outer"}
SAME = {"anode": "outer", "cathode": "outer"}


@pytest.mark.parametrize(("tabs", "ends"), [(OPPOSITE, "opposite"), (SAME, "same")])
def test_a_strip_is_two_lines(tabs, ends):
    mesh, length = winding(1.0, 1000.0, False, zinc(conductivity=COATED))
    found, _ = steady(mesh, length, tabs)
    assert found == pytest.approx(line(length, ends), rel=1e-3)
    assert found != pytest.approx(line(length, "same" if ends == "opposite" else "opposite"), rel=0.02)


@pytest.mark.parametrize("thickness", [0.1, slow(FOIL)])  # a film, a layer with cells
def test_plates_with_foils_are_two_lines(thickness):
    params = {"length": 5000.0, "gap": GAP, "anode_thickness": COAT, "cathode_thickness": COAT,
              "collector_thickness": thickness, "substrate_thickness": 0.0, "encapsulation_thickness": 0.0}  # fmt: skip
    foils = {name: matter(conductivity=sigma * FOIL / thickness) for name, sigma in FOILS.items()}
    metals = {name: zinc(conductivity=COATED) for name in OPPOSITE}
    mesh = build_mesh(build_layout("stacked", params, {**metals, **foils, "electrolyte": salt()}), "section", 0)
    for ends, tabs in (("opposite", ("xmin", "xmax")), ("same", ("xmax", "xmax"))):
        found, _ = steady(mesh, 5e-3, dict(zip(OPPOSITE, tabs, strict=True)))
        assert found == pytest.approx(line(5e-3, ends), rel=1e-3)


def test_a_roll_is_its_strip():
    core = 4000.0
    strip, length = winding(2.0, core, False, zinc(conductivity=COATED))
    roll, _ = winding(2.0, core, True, zinc(conductivity=COATED))
    flat, wound = (steady(mesh, length, OPPOSITE)[0] for mesh in (strip, roll))
    assert wound == pytest.approx(flat, rel=0.01)


def test_a_wound_metal_dissolves_through_its_thickness():
    mesh, length = winding(1.0, 300.0, True, zinc(conductivity=COATED), metal={"molar_volume": 9.0})
    electrodes = {name: {"kind": "metal", "tab": tab} for name, tab in SAME.items()}
    solution = cell(mesh, [f"discharge at {50.0 * length} A/m until -5 V"], electrodes=electrodes, transport="fixed")
    even = 1e-6 * COAT * 2.0 * F / (50.0 * 9e-6)  # s, with an even current
    assert "the anode is stripped through its" in solution.done[0].why
    assert 0.5 * even < solution.history.time[-1] < even


THIN = {"solid_diffusivity": 1e-9, "exchange_current_density": 5.0, "conductivity": COATED}  # no gradient in particles
SLOPING = ((0.0, 1.5), (1.0, 1.1))  # V, of the filling


def ladder(length, current, until, count=120):
    """Return the voltage and the fillings of 60 equal parts at a time of two lines between which hosts fill, by scipy.

    Finite volumes of three lines: foils with their coats, and the ions between them, which also flow along the gap. At
    each of `count` places the anode's kinetics lead to the ions, and these through pores to the hosts and their
    open-circuit potential; the fillings are integrated in time.
    """
    size, coat = length / count, 1e-6 * COAT
    porous = SALT["conductivity"] * PASTE["porosity"] ** PASTE["bruggeman"]
    along = [1e-6 * sigma * FOIL + COATED * coat for sigma in FOILS.values()]
    along.append(1e-6 * GAP * SALT["conductivity"] + coat * porous)
    per_volume = F * PASTE["max_concentration"] * PASTE["active_fraction"]
    walls = 3.0 * PASTE["active_fraction"] / (1e-6 * PASTE["particle_radius"]) * coat
    half_gap = 0.5e-6 * GAP / SALT["conductivity"]
    to_anode = size / (half_gap + VOLTS / 20.0 + 0.5 * coat / COATED) * np.ones(count)
    links = np.diag(np.ones(count - 1), 1) + np.diag(np.ones(count - 1), -1)
    chain = (np.diag(links.sum(axis=1)) - links) / size
    last = np.eye(count)[-1]

    def potentials(filling):
        """Return the voltage between the tabs and the current density of the hosts at each place."""
        exchange = walls * THIN["exchange_current_density"] * 2.0 * np.sqrt(filling * (1.0 - filling))
        passing = size / (half_gap + coat / (3.0 * porous) + 0.5 * coat / COATED + VOLTS / exchange)
        open_circuit, none = 1.5 - 0.4 * filling, np.zeros((count, count))
        out, on = np.diag(to_anode), np.diag(passing)
        rows = [[along[0] * chain + out, none, -out], [none, along[1] * chain + on, -on]]
        matrix = np.block([*rows, [-out, -on, along[2] * chain + out + on]])
        matrix[0, 0] += 2.0 * along[0] / size  # the anode's tab is at 0 V
        right = np.concatenate([0.0 * last, passing * open_circuit - current * last, -passing * open_circuit])
        _, cathode, ions = np.split(np.linalg.solve(matrix, right), 3)
        return cathode[-1] - 0.5 * size / along[1] * current, passing * (open_circuit - cathode + ions) / size

    path = solve_ivp(lambda _, x: potentials(x)[1] / (per_volume * coat), (0.0, until), np.full(count, 0.03),
                     method="RK45", rtol=1e-7, atol=1e-9)  # fmt: skip
    return potentials(path.y[:, -1])[0], path.y[:, -1].reshape(60, -1).mean(axis=1)


@pytest.mark.slow
def test_a_strip_fills_as_a_ladder_does():
    mesh, length = winding(2.0, 300.0, False, paste(SLOPING, **THIN))
    capacity = F * PASTE["max_concentration"] * PASTE["active_fraction"] * 1e-6 * COAT * length
    current = 10.0 * capacity / 3600.0
    solution = cell(mesh, ["discharge at 10C for 200 s"], transport="fixed", start={"cathode": "3 %"},
                    electrodes={"anode": {"kind": "metal", "kinetics": "linear", "tab": "inner"},
                                "cathode": {"kind": "porous", "kinetics": "linear", "tab": "outer"}})  # fmt: skip
    voltage, parts = ladder(length, current, 200.0)
    filling = solution.history.along["cathode"].filling[-1]
    assert solution.history.voltage[-1] == pytest.approx(voltage, abs=3e-4)
    assert filling == pytest.approx(parts, abs=1e-3)
    assert value(solution, "winding_spread") == pytest.approx(np.ptp(parts), rel=1e-3)


def lacking(family, tab, **laws):
    """Return what `microfem check` tells of metals whose anode has a tab."""
    stated = {"physics": "cell", "dimension": "plan", "protocol": ["rest 1 s"],
              "electrodes": {"anode": {"kind": "metal", "tab": tab}, "cathode": "metal"}}  # fmt: skip
    params = {"anode_collector_thickness": 5.0} if family == "swiss_roll" else {}
    materials = {"electrolyte": salt(), "anode": zinc(), "cathode": zinc(), **laws}
    return "; ".join(read_case(stated).lacking(build_layout(family, params, materials)))


def test_tabs_that_cannot_be_are_told():
    assert "which a wound layer has" in lacking("interdigital", "inner")
    assert "ends at inner and outer, not at xmin" in lacking("swiss_roll", "xmin")
    insulator = matter(relative_permittivity=3.0)
    assert "'anode_collector' leads to the tab of the anode" in lacking(
        "swiss_roll", "inner", anode_collector=insulator
    )
    assert lacking("swiss_roll", "inner") == ""
    with pytest.raises(ValueError, match="which a plan does not show; state xmin"):
        lacking("interdigital", "zmax")
    with pytest.raises(ValueError, match="one tab, at one end"):
        lacking("swiss_roll", ["inner", "outer"])
