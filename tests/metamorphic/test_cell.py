"""Cells in other words, scales and views: relations between two histories that need no reference."""

from __future__ import annotations

import re

import numpy as np
import pytest

from microfem.families import build_layout
from microfem.mesh import build_mesh
from support.electrochemical_cells import (
    BLOCK,
    F,
    T,
    against_ideal,
    cell,
    even,
    half_cell,
    paste,
    plates,
    salt,
    slow,
    strip,
    zinc,
)
from support.relations import differs

SLOPING = [(0.0, 1.4), (0.5, 1.25), (1.0, 1.0)]
FULL = {"electrodes": {"anode": "metal", "cathode": "porous"}, "start": {"cathode": "10 %"}}


def mixed(count=4, **more):
    """Return zinc, an electrolyte and a porous cathode whose potential depends on its filling."""
    return half_cell(paste(SLOPING, solid_diffusivity=1e-14, **more), even(40.0, count))


def area(mesh):
    """Return the footprint, m2 per metre of depth."""
    return float(np.ptp(mesh.points[:, 0])) * 1e-6


def same(one, other, rel=1e-9, currents=1.0):
    """Assert that two cells did the same, up to a factor of their currents."""
    assert other.history.time[-1] == pytest.approx(one.history.time[-1], rel=rel)
    assert other.history.voltage[-1] == pytest.approx(one.history.voltage[-1], rel=rel)
    assert other.history.current[-1] == pytest.approx(currents * one.history.current[-1], rel=rel, abs=1e-15)


def test_twice_the_charges_at_the_same_flux():
    """Salts of charges 1:1 and 2:2 have the same concentrations if the second passes twice the current."""
    found = []
    for charge in (1.0, 2.0):
        electrolyte = salt(cation_charge=charge, anion_charge=charge)
        solution = cell(
            plates(50.0, 5, electrolyte, zinc()), [f"discharge at {500.0 * charge} A/m2 for 3 s"], tolerance=1e-6
        )
        found.append(solution.fields["salt_concentration"].values)
    assert np.nanmin(found[0]) < 800.0
    assert found[1] == pytest.approx(found[0], rel=1e-5, nan_ok=True)
    single = cell(plates(50.0, 5, salt(), zinc()), ["discharge at 500 A/m2 for 3 s"])
    assert single.fields["salt_concentration"].values != pytest.approx(found[0], rel=1e-2, nan_ok=True)


def scaled(factor, exchange=None):
    """Return a cell whose lengths are multiplied, currents divided, times multiplied by the square, and its history."""
    slower = factor if exchange is None else exchange
    cathode = paste(SLOPING, solid_diffusivity=1e-14, particle_radius=factor, exchange_current_density=1.0 / slower)
    mesh = strip(("anode", zinc(exchange_current_density=10.0 / factor), np.multiply(factor, BLOCK)),
                 ("electrolyte", salt(), even(20.0 * factor, 2)), ("cathode", cathode, even(40.0 * factor, 4)),
                 wide=factor)  # fmt: skip
    return cell(mesh, [f"discharge at {60.0 / factor} A/m2 for {60.0 * factor**2} s"], tolerance=1e-6, **FULL)


@pytest.mark.slow
def test_lengths_currents_and_times_scale():
    """Lengths s, currents and exchange currents 1 / s, times s2."""
    one, other = scaled(1.0), scaled(3.0)
    assert other.history.voltage[-1] == pytest.approx(one.history.voltage[-1], abs=3e-6)
    assert other.history.least_salt[-1] == pytest.approx(one.history.least_salt[-1], rel=1e-5)
    assert other.history.filling["cathode"][-1] == pytest.approx(one.history.filling["cathode"][-1], rel=1e-9)
    assert abs(scaled(3.0, exchange=1.0).history.voltage[-1] - one.history.voltage[-1]) > 1e-4


def turned_over():
    """Return two plates, the anode above the cathode."""
    return strip(("cathode", zinc(), BLOCK), ("electrolyte", salt(), even(50.0, 5)), ("anode", zinc(), BLOCK))


def test_a_mirrored_cell_has_the_same_voltage():
    line = ["discharge at 500 A/m2 for 5 s"]
    upright, over = cell(plates(50.0, 5, salt(), zinc()), line), cell(turned_over(), line)
    same(upright, over, 1e-6)
    fields = [one.fields["salt_concentration"].values for one in (upright, over)]
    assert np.nanmin(fields[0]) == pytest.approx(np.nanmin(fields[1]), rel=1e-6)


def depleted(*layers, current):
    """Return the end of a line of an anode, or of two in parallel, and its time."""
    mesh = strip(("anode", zinc(), BLOCK), ("electrolyte", salt(), even(50.0, 6)), ("cathode", zinc(), BLOCK), *layers)
    solution = cell(mesh, [f"discharge at {current} A/m2 for 100 s"])
    return solution, solution.done[0]


def test_an_electrode_in_two_pieces_is_one_of_twice_the_area():
    """A cathode between two anodes: the same depletion and Sand's time at twice the current."""
    one, single = depleted(current=6000.0)
    above = ("electrolyte_2", salt(), even(50.0, 6)), ("anode_2", zinc(), BLOCK)
    two, double = depleted(*above, current=12000.0)
    assert double.end == pytest.approx(single.end, rel=1e-5)
    assert "depleted" in single.why
    assert double.why.partition("Sand")[2] == single.why.partition("Sand")[2]
    assert one.limits["limiting_share"] == pytest.approx(6000.0 * 50e-6 * 0.6 / (4.0 * F * 3e-10 * 1000.0), rel=1e-9)
    assert two.limits["limiting_share"] == pytest.approx(one.limits["limiting_share"], rel=1e-9)


def test_charging_a_symmetric_cell_is_its_discharge_the_other_way():
    one = cell(plates(50.0, 5, salt(), zinc()), ["discharge at 500 A/m2 for 5 s"])
    other = cell(plates(50.0, 5, salt(), zinc()), ["charge at 500 A/m2 for 5 s"])
    assert other.history.voltage[-1] == pytest.approx(-one.history.voltage[-1], rel=1e-6)
    assert other.history.charges[-1] == pytest.approx(-one.history.charges[-1], rel=1e-6)


@pytest.mark.parametrize("factor", [2.0, slow(5.0)])
def test_a_wider_strip_does_the_same_per_area(factor):
    cathode, line = paste(SLOPING, solid_diffusivity=1e-14), ["discharge at 2C for 60 s"]
    layers = ("anode", zinc(), BLOCK), ("electrolyte", salt(), even(20.0, 2)), ("cathode", cathode, even(40.0, 4))
    one, other = (cell(strip(*layers, wide=wide), line, tolerance=1e-6, **FULL) for wide in (1.0, factor))
    same(one, other, 1e-5, factor)
    assert other.capacity == pytest.approx(factor * one.capacity, rel=1e-12)


@pytest.mark.slow
def test_a_stack_in_3d_is_its_section():
    """Plates for a long time, whose linear profile every mesh holds: one current density, one voltage."""
    params = {"length": 100.0, "width": 100.0, "gap": 50.0, "anode_thickness": 50.0, "cathode_thickness": 50.0,
              "collector_thickness": 0.0, "substrate_thickness": 20.0, "encapsulation_thickness": 0.0}  # fmt: skip
    matters = {"anode": zinc(), "cathode": zinc(), "electrolyte": salt()}
    line = ["discharge at 800 A/m2 for 300 s"]
    layout = build_layout("stacked", params, matters)
    flat, solid = (cell(build_mesh(layout, view, -2), line) for view in ("section", "3d"))
    assert solid.history.voltage[-1] == pytest.approx(flat.history.voltage[-1], rel=1e-5)
    assert solid.history.current[-1] / solid.area == pytest.approx(800.0, rel=1e-9)
    assert flat.history.current[-1] / flat.area == pytest.approx(800.0, rel=1e-9)
    thin = cell(plates(50.0, 4, salt(), zinc()), line)
    assert thin.history.voltage[-1] == pytest.approx(flat.history.voltage[-1], rel=1e-5)


def test_salt_that_carries_all_the_current_stays_where_it_is():
    """Transport fixed is t+ = 1."""
    line = ["discharge at 60 A/m2 for 100 s"]
    meshes = [half_cell(paste(SLOPING), even(40.0, 4), transference_number=1.0)] * 2
    one, other = (cell(mesh, line, transport=how, **FULL) for mesh, how in zip(meshes, ("fixed", "full"), strict=True))
    same(one, other, 1e-6)
    assert other.history.least_salt == pytest.approx(1000.0, rel=1e-9)
    moving = cell(mixed(), line, transport="full", **FULL)
    assert differs(lambda: same(one, moving, 1e-6))


@pytest.mark.slow
def test_without_ohm_depth_counts_as_area():
    """A porous electrode twice as deep at twice the current: one particle."""
    good, found = {"conductivity": 1e5}, []
    for depth in (20.0, 40.0):
        mesh = half_cell(paste(SLOPING, solid_diffusivity=1e-14, **good), even(depth, 4), **good)
        line = [f"discharge at {depth} A/m2 for 200 s"]
        found.append(cell(mesh, line, transport="fixed", tolerance=1e-6, **against_ideal("porous")))
    same(found[0], found[1], 2e-6, found[1].area / found[0].area * 2.0)


def test_one_reaction_is_two_of_half_its_exchange_current():
    half = {"exchange_current_density": {"value": 5.0, "unit": "A/m2", "source": "made for a test"}}
    both = {"kind": "metal", "reactions": [{"name": name, "properties": half} for name in ("one", "two")]}
    line = ["discharge at 300 A/m2 for 3 s"]
    one = cell(plates(50.0, 4, salt(), zinc()), line)
    two = cell(plates(50.0, 4, salt(), zinc()), line, electrodes={"anode": both, "cathode": both})
    same(one, two, 1e-6)
    assert two.history.charges.shape[1] == 5
    assert two.history.charges[-1, 0] == pytest.approx(0.5 * one.history.charges[-1, 0], rel=1e-6)


def fall(ion):
    """Return the concentration above the anode less that below the cathode, plates on which one ion reacts."""
    kind, mesh = {"kind": "metal", "ion": ion}, plates(50.0, 4, salt(), zinc())
    electrodes = {"anode": kind, "cathode": kind}
    solution = cell(mesh, ["discharge at 300 A/m2 for 300 s"], electrodes=electrodes)
    values, heights = solution.fields["salt_concentration"].values, mesh.points[:, 1]
    low, high = (values[np.isclose(heights, at)][0] for at in (BLOCK[1], BLOCK[1] + 50.0))
    return low - high


def test_other_ions_pull_the_salt_the_other_way():
    """A reaction of H+ on both plates: -t+ stands in the place of 1 - t+."""
    assert fall("cation") > 100.0
    assert fall("none") / fall("cation") == pytest.approx(-0.4 / 0.6, rel=1e-4)


@pytest.mark.parametrize("text", ["discharge at 6 mA/cm2 for 1 min", "Discharge at 60 A/m^2 for 60 seconds"])
def test_units_of_a_protocol(text):
    one = cell(mixed(), ["discharge at 60 A/m2 for 60 s"], **FULL)
    same(one, cell(mixed(), [text], **{**FULL, "temperature": "25 degC"}), 1e-12)
    assert differs(lambda: same(one, cell(mixed(), ["discharge at 6.01 mA/cm2 for 60 s"], **FULL)))


def test_a_rate_is_the_capacity_per_hour():
    one = cell(mixed(), ["discharge at 3C for 60 s"], **FULL)
    current = 3.0 * one.capacity / 3600.0 / one.area
    same(one, cell(mixed(), [f"discharge at {current!r} A/m2 for 60 s"], **FULL), 1e-9)


def test_rest_keeps_a_cell_at_rest():
    solution = cell(mixed(), ["rest 10 h"], **FULL)
    history = solution.history
    assert history.voltage == pytest.approx(history.voltage[0], abs=1e-12)
    assert history.filling["cathode"] == pytest.approx(0.1, rel=1e-12)
    assert history.least_salt == pytest.approx(1000.0, rel=1e-12)
    assert solution.balances.energy < 1e-8


@pytest.mark.parametrize("line", ["discharge at 10 A/m2 for 10 us", "charge at 1e-9 A/m2 for 1 s"])
def test_short_pulses_and_small_currents_balance(line):
    solution = cell(mixed(), [line], **FULL)
    assert solution.done[0].reached
    assert max(vars(solution.balances).values()) < 1e-10


def test_charge_after_discharge_returns():
    """The fillings return exactly, the voltage after a rest."""
    lines = ["rest 10 s", "discharge at 60 A/m2 for 100 s", "charge at 60 A/m2 for 100 s", "rest 2 h"]
    solution = cell(mixed(), lines, **FULL)
    history = solution.history
    assert [one.reached for one in solution.done] == [True] * 4
    assert history.filling["cathode"][-1] == pytest.approx(0.1, abs=1e-12)
    assert history.filling["cathode"].max() > 0.15
    assert history.voltage[-1] == pytest.approx(history.voltage[0], abs=2e-5)
    assert history.charges[-1, -1] == pytest.approx(0.0, abs=1e-12 * np.abs(history.charges).max())


@pytest.mark.slow
def test_a_line_in_two_halves():
    one = cell(mixed(), ["discharge at 60 A/m2 for 100 s"], tolerance=1e-6, **FULL)
    two = cell(mixed(), [{"repeat": 2, "steps": ["discharge at 60 A/m2 for 50 s"]}], tolerance=1e-6, **FULL)
    assert two.history.voltage[-1] == pytest.approx(one.history.voltage[-1], abs=5e-6)
    assert two.history.charges[-1] == pytest.approx(one.history.charges[-1], rel=1e-9)


@pytest.mark.slow
def test_power_and_load_are_held():
    power = cell(mixed(), ["discharge at 60 W/m2 for 60 s"], **FULL)
    assert power.history.voltage * power.history.current / power.area == pytest.approx(60.0, rel=1e-6)
    load = cell(mixed(), ["discharge at 0.02 ohm*m^2 for 60 s"], **FULL)
    assert load.history.voltage / load.history.current * load.area == pytest.approx(0.02, rel=1e-6)
    held = cell(mixed(), ["hold 1.25 V for 60 s"], **FULL)
    assert held.history.voltage == pytest.approx(1.25, rel=1e-12)


def test_more_power_than_a_cell_gives_ends_its_line():
    """What it asks for and what there is are told, and what came before is kept."""
    rest, line = cell(mixed(), ["rest 1 s", "discharge at 10000 W/m2 for 10 s"], **FULL).done
    assert rest.reached
    assert not line.reached
    assert re.fullmatch(r"it asks for 1000 mW/cm², and there is \S+ mW/cm² at most, at \S+ V", line.why)


@pytest.mark.parametrize("tolerance", [1e-4, slow(1e-6)])
def test_energy_adds_up_with_every_loss_at_work(tolerance):
    """Ohm of ions and electrons, concentration, kinetics, particles, a film, a thermodynamic factor; three lines."""
    cathode = paste(SLOPING, solid_diffusivity=1e-15, conductivity=0.5, film_resistance=1e-3)
    mesh = half_cell(cathode, even(40.0, 6), thermodynamic_factor=1.4)
    lines = ["discharge at 3C until 0.9 V", "charge at 1C for 200 s", "hold 1.3 V for 100 s"]
    solution = cell(mesh, lines, tolerance=tolerance, **FULL)
    at_work = {name: np.abs(values).max() > 0.0 for name, values in solution.history.losses.items()}
    assert [name for name, works in at_work.items() if not works] == ["leakage"]  # of a capacitor
    assert vars(solution.balances)["energy"] < 1e-8
    assert max(vars(solution.balances)[name] for name in ("charge", "salt", "host")) < 1e-12


def test_the_loss_of_a_linear_cell_falls_as_the_square_of_the_current():
    kinds = {"anode": {"kind": "metal", "kinetics": "linear"}, "cathode": {"kind": "metal", "kinetics": "linear"}}
    lost = []
    for current in (10.0, 20.0):
        solution = cell(plates(50.0, 4, salt(), zinc()), [f"discharge at {current} A/m2 for 1 s"], electrodes=kinds,
                        transport="fixed")  # fmt: skip
        lost.append(sum(float(values[-1]) for values in solution.history.losses.values()))
    assert lost[1] == pytest.approx(4.0 * lost[0], rel=1e-9)


def test_a_hotter_cell_has_larger_kinetic_losses_at_one_exchange_current():
    """Losses of ideal kinetics go with T alone: asinh is of the same argument."""
    mesh, line = plates(50.0, 2, salt(conductivity=1e5), zinc()), ["discharge at 60 A/m2 for 1 s"]
    cold, hot = (cell(mesh, line, transport="fixed", temperature=f"{kelvin} K") for kelvin in (T, 1.1 * T))
    assert hot.history.voltage[-1] == pytest.approx(1.1 * cold.history.voltage[-1], rel=1e-6)
