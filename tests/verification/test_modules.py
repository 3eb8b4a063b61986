"""Modules: against one cell, against nodal analysis of capacitors behind resistors, Kirchhoff's laws, symmetry."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from microfem.metrics.metric import METRICS
from microfem.physics.electrochemistry.solution import ModuleSolution
from support.electrochemical_cells import cell, even, half_cell, paste
from support.modules import CAPACITOR, DEPTH, capacitor, lumped, module

OHM = 1e-6  # Mohm
HOST: dict[str, Any] = {
    "physics": "cell",
    "dimension": "section",
    "electrodes": {"anode": "metal", "cathode": "porous"},
    "start": {"cathode": "10 %"},
    "protocol": ["discharge at 2C until 0.9 V"],
    "temperature": "298.15 K",
    "tolerance": 1e-3,
}


@cache
def one_cell() -> Any:
    """Return a cell between zinc and a paste, discharged at 2C."""
    mesh = half_cell(paste(((0.0, 1.5), (0.5, 1.3), (1.0, 0.8))), even(20.0, 2))
    return mesh, cell(mesh, HOST["protocol"], **{key: HOST[key] for key in ("electrodes", "start", "tolerance")})


@pytest.mark.parametrize(
    ("arrangement", "series", "parallel"),
    [("1S1P", 1, 1), pytest.param("2S3P", 2, 3, marks=pytest.mark.slow)],
)
def test_without_collectors_a_module_is_its_cell(arrangement: str, series: int, parallel: int) -> None:
    mesh, alone = one_cell()
    found = module(mesh, HOST, arrangement, [f"discharge at 2C until {0.9 * series} V"])
    assert found.history.time == pytest.approx(alone.history.time, rel=1e-8)
    assert found.history.voltage == pytest.approx(series * alone.history.voltage, rel=1e-8)
    assert found.history.current == pytest.approx(parallel * DEPTH * alone.history.current, rel=1e-8)
    energy = METRICS.get("discharge_energy").function
    assert energy(found, per="device") == pytest.approx(series * parallel * 1e-2 * energy(alone, per="depth"), rel=1e-8)


STRIP, TAB, CURRENT, LASTS = 300.0, 100.0, 60.0, 10.0  # ohm, uA, s
SIZES = {"1,1": 0.7, "2,2": 1.4, "2,3": 0.9}


def capacitors(**more: Any) -> ModuleSolution:
    """Return two columns of three capacitors of three sizes, discharged through their collectors; more: as stated."""
    mesh, _, _ = capacitor()
    stated: dict[str, Any] = {
        "interconnect": {"strip": f"{STRIP} ohm", "tab": f"{TAB} ohm"},
        "cells": {name: {"size": size} for name, size in SIZES.items()},
        "tolerance": 1e-6,
        **more,
    }
    return module(mesh, CAPACITOR, "2S3P", [f"discharge at {CURRENT} uA for {LASTS} s"], **stated)


@pytest.mark.slow
def test_capacitors_with_collectors_against_nodal_analysis() -> None:
    found, (_, capacity, resistance) = capacitors(), capacitor()
    history = found.history
    sizes = np.array([SIZES.get(f"{column},{row}", 1.0) for column in (1, 2) for row in (1, 2, 3)])
    each = capacity * sizes, resistance / sizes, np.ones(6)
    voltage, currents = lumped((2, 3), each, (STRIP * OHM, TAB * OHM), lambda _: CURRENT, LASTS)
    at = [k for k, t in enumerate(history.time) if t > 0.0]
    assert history.voltage[at] == pytest.approx([voltage(t) for t in history.time[at]], abs=1e-6)
    own = np.array([history.shares[name] * one.current for name, one in history.cells.items()])
    assert own[:, at] == pytest.approx(np.array([currents(t) for t in history.time[at]]).T, abs=1e-5 * CURRENT)
    wrong, _ = lumped((2, 3), each, (2.0 * STRIP * OHM, TAB * OHM), lambda _: CURRENT, LASTS)
    assert abs(history.voltage[-1] - wrong(LASTS)) > 1e-6  # negative control: other strips


@pytest.mark.parametrize(
    ("terminals", "strips"), [("same_end", (0.0, 2.0)), ("opposite_ends", (1.0, 1.0)), ("middle", (1.0, 1.0))]
)
def test_where_the_terminals_are(terminals: str, strips: tuple[float, float]) -> None:
    """Of two equal cells in parallel each takes its share by all that is in its way; strips: pieces in each way."""
    mesh, _, resistance = capacitor()
    collectors = {"strip": f"{STRIP} ohm", "tab": f"{TAB} ohm", "terminals": terminals}
    protocol = [f"discharge at {CURRENT} uA for 1 s"]
    history = module(mesh, CAPACITOR, "1S2P", protocol, interconnect=collectors, tolerance=1e-3).history
    ways = resistance + 2.0 * TAB * OHM + np.array(strips) * STRIP * OHM
    own = [history.shares[name] * one.current[0] for name, one in history.cells.items()]
    assert own == pytest.approx(CURRENT / ways / (1.0 / ways).sum(), rel=1e-6)
    assert history.voltage[0] == pytest.approx(1.0 - CURRENT / (1.0 / ways).sum(), rel=1e-6)


def test_a_mirrored_module_is_the_same() -> None:
    mesh, _, _ = capacitor()
    protocol = [f"discharge at {CURRENT} uA for 5 s"]
    collectors = {"strip": f"{STRIP} ohm", "terminals": "middle"}
    low, high = (
        module(mesh, CAPACITOR, "1S3P", protocol, interconnect=collectors, cells={f"1,{row}": {"size": 0.5}}).history
        for row in (1, 3)
    )
    ends = [0, -1]  # the length of steps between them hangs on the last digits of the first rates
    assert low.voltage[ends] == pytest.approx(high.voltage[ends], rel=1e-10)
    for row in (1, 2, 3):
        assert low.cells[f"1,{row}"].current[ends] == pytest.approx(high.cells[f"1,{4 - row}"].current[ends], rel=1e-8)
    assert low.cells["1,1"].current[0] != pytest.approx(high.cells["1,1"].current[0], rel=1e-3)  # negative control


def test_kirchhoff_at_every_step() -> None:
    """Each column carries the current of the module, a reversed cell its negative."""
    for history, turned in ((capacitors(tolerance=1e-3).history, set()), (reversed_cell().history, REVERSED)):
        own = {name: history.shares[name] * one.current for name, one in history.cells.items()}
        for column in set(history.columns.values()):
            passing = sum(
                own[name] * (-1.0 if name in turned else 1.0) for name, of in history.columns.items() if of == column
            )
            assert passing == pytest.approx(history.current, rel=1e-10)


REVERSED = {"2,1"}


@cache
def reversed_cell() -> ModuleSolution:
    """Return three capacitors in series, the second of which is connected the wrong way."""
    mesh, _, _ = capacitor()
    return module(
        mesh,
        CAPACITOR,
        "3S1P",
        [f"discharge at {CURRENT} uA for 5 s"],
        cells={name: {"connection": "reversed"} for name in REVERSED},
        tolerance=1e-3,
    )


def test_a_reversed_cell_takes_its_voltage_away_and_is_charged() -> None:
    history, (_, capacity, resistance) = reversed_cell().history, capacitor()
    assert history.voltage[0] == pytest.approx(1.0 - 3.0 * resistance * CURRENT, rel=1e-6)
    ends = [1.0 - CURRENT * (resistance + 5.0 / capacity), 1.0 + CURRENT * (resistance + 5.0 / capacity)]
    assert [history.cells[name].voltage[-1] for name in ("1,1", "2,1")] == pytest.approx(ends, rel=1e-4)


def test_open_and_short_cells_are_none() -> None:
    mesh, _, resistance = capacitor()
    dead = {"1,1": {"connection": "open"}, "2,1": {"connection": "short"}}
    protocol = [f"discharge at {CURRENT} uA for 1 s"]
    found = module(mesh, CAPACITOR, "2S1P", protocol, cells={"2,1": dead["2,1"]}, tolerance=1e-3).history
    assert found.voltage[0] == pytest.approx(1.0 - resistance * CURRENT, rel=1e-6)
    found = module(mesh, CAPACITOR, "1S2P", protocol, cells={"1,1": dead["1,1"]}, tolerance=1e-3).history
    assert found.voltage[0] == pytest.approx(1.0 - resistance * CURRENT, rel=1e-6)


def test_wires_side_by_side_and_capacitors_at_rest() -> None:
    mesh, _, resistance = capacitor()
    wires = {"1,1": {"connection": "short"}, "1,2": {"connection": "short"}}  # without tabs a loop without resistance
    lines = ["rest 1 s", f"discharge at {CURRENT} uA for 1 s"]
    found = module(mesh, CAPACITOR, "2S2P", lines, cells=wires, tolerance=1e-3).history
    begins = int(np.argmax(found.current > 0.5 * CURRENT))
    assert found.voltage[begins] == pytest.approx(1.0 - resistance * CURRENT / 2.0, rel=1e-6)
    idle = module(mesh, CAPACITOR, "1S1P", lines[:1], tolerance=1e-3)  # no charge passes: what is off is round-off
    assert idle.history.voltage == pytest.approx(1.0, rel=1e-12)
    assert idle.balances.charge < 1e-10
