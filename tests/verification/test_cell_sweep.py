"""A protocol with several rates, currents or powers: a capacitor in closed form, and the same as one at a time."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from microfem.base.errors import MetricRefused, SolveError
from microfem.metrics.cell import discharge_capacity, discharge_energy, mean_power, utilisation
from microfem.metrics.curve import SolvedCase
from microfem.metrics.curves.sweep import discharges, ragone, rates
from microfem.metrics.metric import METRICS
from microfem.physics.electrochemistry.solution import CellSolution
from support.electrochemical_cells import BLOCK, against_ideal, cell, even, half_cell, paste, salt, strip, zinc

GAP, CAPACITANCE, VOLTS, LEAST = 20.0, 0.1, 1.0, 0.3  # um; F/m2 of the cell; V at the start and at the end
CURRENTS = (20.0, 100.0, 400.0)  # A/m2
KAPPA, SIGMA = 0.2, 1e5  # S/m


@cache
def capacitor() -> CellSolution:
    """Return two plates that block the current, discharged from 1 V to 0.3 V with three currents."""
    plate = zinc(double_layer_capacitance=2.0 * CAPACITANCE, conductivity=SIGMA)
    mesh = strip(("anode", plate, BLOCK), ("electrolyte", salt(conductivity=KAPPA), even(GAP, 2)),
                 ("cathode", plate, BLOCK))  # fmt: skip
    return cell(
        mesh,
        [f"discharge at 1 A/m2 until {LEAST} V"],
        electrodes={"anode": "capacitor", "cathode": "capacitor"},
        start={"anode": "0 V", "cathode": f"{VOLTS} V"},
        sweep={"current": [f"{one} A/m2" for one in CURRENTS]},
        transport="fixed",
        tolerance=1e-5,
    )


def closed(resistance: float) -> list[tuple[float, float]]:
    """Return energy, J/m2, and mean power, W/m2, of V0, R and C: V = V0 - R I - I t / C down to the last voltage."""
    points = []
    for current in CURRENTS:
        first = VOLTS - resistance * current
        charge = CAPACITANCE * (first - LEAST)
        points.append((0.5 * (first + LEAST) * charge, 0.5 * (first + LEAST) * current))
    return points


def test_energy_and_power_of_a_capacitor_behind_a_resistor() -> None:
    resistance = 1e-6 * (GAP / KAPPA + 2.0 * BLOCK[1] / SIGMA)
    solution = capacitor()
    for cell_, (energy, power) in zip(solution.swept.values(), closed(resistance), strict=True):
        assert discharge_energy(cell_) * 3.6e4 == pytest.approx(energy, rel=1e-6)
        assert mean_power(cell_) * 10.0 == pytest.approx(power, rel=1e-6)
    other = closed(2.0 * resistance)  # negative control: another resistance
    assert discharge_energy(solution.swept["400.0 A/m2"]) * 3.6e4 != pytest.approx(other[-1][0], rel=1e-2)


def test_curves_of_a_sweep() -> None:
    solution = capacitor()
    solved = SolvedCase(solution=solution, meshes={}, states=())
    (line,) = ragone(solved)
    power, energy = np.array(line.x), np.array(line.y)
    expected = np.array(closed(1e-6 * (GAP / KAPPA + 2.0 * BLOCK[1] / SIGMA)))
    assert (line.unit, line.x_unit) == ("mWh/cm2", "mW/cm2")
    assert energy == pytest.approx(expected[:, 0] / 3.6e4, rel=1e-6)
    assert power == pytest.approx(expected[:, 1] / 10.0, rel=1e-6)
    (per_volume,) = ragone(solved, per="volume")
    high = 1e-4 * (GAP + 2.0 * BLOCK[1])  # cm
    assert np.array(per_volume.y) * high == pytest.approx(energy, rel=1e-9)
    (capacity,) = rates(solved)
    assert capacity.x == CURRENTS
    assert [one.name for one in discharges(solved)] == list(solution.swept)


HOST: dict[str, Any] = {**against_ideal("porous", "10 %"), "tolerance": 1e-4}


def test_a_value_of_a_sweep_is_the_protocol_with_it() -> None:
    mesh = half_cell(paste(((0.0, 1.5), (1.0, 1.0))), even(30.0, 3))
    swept = cell(mesh, ["discharge at 9C for 5 min"], sweep={"rate": ["1C", "C/2"]}, **HOST)
    alone = cell(mesh, ["discharge at 0.5C for 5 min"], **HOST)
    assert list(swept.swept) == ["1C", "C/2"]
    for name in ("discharge_capacity", "discharge_energy", "utilisation"):
        function = METRICS.get(name).function
        assert function(swept, at="0.5C") == pytest.approx(function(alone), rel=1e-12)
        assert function(swept, at="1C") != pytest.approx(function(alone), rel=1e-3)
    assert [step.at for step in swept.steps] == [1.0, 0.5]


def test_a_value_that_the_cell_cannot_give_leaves_the_others() -> None:
    mesh = half_cell(paste(((0.0, 1.5), (1.0, 1.0))), even(30.0, 3))
    power = ["1 mW/cm2", "1e5 W/cm2"]
    swept = cell(mesh, ["discharge at 1 mW/cm2 for 10 s"], sweep={"power": power}, **HOST)
    assert list(swept.swept) == power[:1]
    assert METRICS.get("discharge_energy").function(swept, at="1 mW/cm2") == pytest.approx(1.0 * 10.0 / 3600.0)
    with pytest.raises(
        MetricRefused, match=r"at 1e5 W/cm2 the cell has no result: .*'discharge at 1e5 W/cm2 for 10 s'"
    ):
        METRICS.get("discharge_energy").function(swept, at="1e8 mW/cm2")
    assert any(remark.startswith("1e5 W/cm2: no result: ") for remark in swept.remarks)
    with pytest.raises(SolveError, match="1e5 W/cm2: "):
        cell(mesh, ["discharge at 1 mW/cm2 for 10 s"], sweep={"power": [*power[1:], "2e5 W/cm2"]}, **HOST)


def test_a_metric_of_a_sweep_needs_one_of_its_values() -> None:
    mesh = half_cell(paste(((0.0, 1.5), (1.0, 1.0))), even(30.0, 3))
    swept = cell(mesh, ["discharge at 1C for 1 s"], sweep={"rate": ["1C", "2C"]}, **HOST)
    used = METRICS.get("utilisation").function
    with pytest.raises(MetricRefused, match=r"sweeps its rate.*at=1C"):
        used(swept)
    with pytest.raises(MetricRefused, match="'3C' is none of 1C, 2C"):
        used(swept, at="3C")
    with pytest.raises(MetricRefused, match="has no sweep"):
        used(replace(swept, case=swept.case.model_copy(update={"sweep": None})), at="1C")
    assert used(swept, at="2 C") == pytest.approx(2.0 / 3600.0, rel=1e-9)
    assert utilisation(swept.swept["2C"]) == used(swept, at="2C")
    assert discharge_capacity(swept.swept["2C"]) > 0.0


def test_a_line_that_ends_at_its_start_gives_nothing() -> None:
    mesh = half_cell(paste(((0.0, 1.5), (1.0, 1.0))), even(30.0, 3))
    swept = cell(mesh, ["discharge at 1C until 1.2 V"], sweep={"rate": ["1C", "1000C"]}, **HOST)
    for name in ("discharge_energy", "discharge_capacity", "utilisation", "mean_power"):
        assert METRICS.get(name).function(swept, at="1C") > 0.0
        with pytest.raises(MetricRefused, match="nothing has passed on discharge"):
            METRICS.get(name).function(swept, at="1000C")


def test_a_value_that_gives_nothing_after_a_charge_leaves_the_curves_of_the_others() -> None:
    mesh = half_cell(paste(((0.0, 1.5), (1.0, 1.0))), even(30.0, 3))
    lines = ["charge at 1C for 10 s", "discharge at 1C until 1.2 V"]
    solved = SolvedCase(
        solution=cell(mesh, lines, sweep={"rate": ["1C", "1000C"]}, **HOST),  # type: ignore[arg-type]
        meshes={},
        states=(),
    )
    for curve in (ragone, rates):
        (line,) = curve(solved)
        assert len(line.x) == 1
        assert line.y[0] > 0.0
    assert [one.name for one in discharges(solved)] == ["1C"]
