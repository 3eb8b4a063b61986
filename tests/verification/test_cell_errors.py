"""The stated error of a cell's numbers covers the truth: of the mesh, for each field, and of few time steps.

Salt between plates: diffusion with a constant flux at both, a series of cosines, see test_cell_transport.py. A porous
electrode with linear kinetics: the resistance of J. S. Newman and C. W. Tobias, J. Electrochem. Soc. 109 (1962) 1183.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from microfem.layout import Layout
from microfem.metrics import METRICS, Call, Value
from microfem.solve.refinement import solve_layout
from microfem.study.records import Limits
from support.closed_forms import newman_tobias
from support.electrochemical_cells import (
    BLOCK,
    PASTE,
    SALT,
    VOLTS,
    against_ideal,
    even,
    paste,
    plates,
    salt,
    slow,
    strip,
    zinc,
)
from support.plate_diffusion import INITIAL, D, at_cathode, flux, lumped
from support.solving import read_case, solve, value

LIMITS = Limits(5_000)
DEEP_GAP = 500.0, 400.0, 10.0  # A/m2, um, s: the salt diffuses through a fifth of the gap
SHORT = ((500.0, 400.0, 10.0), (6689.0, 62.0, 0.188), (93.0, 292.0, 5.95), (1540.0, 41.0, 0.00898))  # likewise
PLATES = {"anode": "metal", "cathode": "metal"}


def truth(current: float, gap: float, t: float) -> float:
    """Return the least concentration between plates a gap (um) apart after a time, s."""
    return at_cathode(current, 1e-6 * gap, t, terms=4000)


def measured(layout: Layout, metric: str, accuracy: float, **stated: Any) -> tuple[Value, list[float], list[int]]:
    """Return a metric of a cell with its error, its values on all meshes, and their numbers of cells."""
    case = read_case({"physics": "cell", "dimension": "section", "temperature": "298.15 K", **stated})
    _, found, _ = solve_layout(layout, case, {"x": Call(metric, "c", {})}, {"x": accuracy}, LIMITS)
    meshes = found.meshes["x"]
    return found.values["x"], [one.value.value for one in meshes], [one.cells for one in meshes]


def between_plates(current: float, gap: float, t: float, tolerance: float, accuracy: float) -> Any:
    """Return the least concentration of the salt between plates, as `measured`."""
    layout = plates(gap, 1, salt(), zinc(), wide=0.1 * gap).layout
    return measured(layout, "least_salt", accuracy, electrodes=PLATES, tolerance=tolerance,
                    protocol=[f"discharge at {current} A/m2 for {t} s"])  # fmt: skip


def draws(seed: int, count: int) -> Iterator[tuple[float, float, float, float, float]]:
    """Yield currents, gaps, times, tolerances and accuracies, with some salt left at the cathode."""
    rng = np.random.default_rng(seed)
    while count:
        gap = float(10.0 ** rng.uniform(1.3, 2.9))
        t = float((1e-6 * gap) ** 2 / D * 10.0 ** rng.uniform(-3.0, 0.3))
        limiting = INITIAL / flux(1.0) / (1e-6 * gap)
        current = float(limiting * 10.0 ** rng.uniform(-1.2, 0.5))
        tolerance, accuracy = (float(10.0 ** rng.uniform(*ends)) for ends in ((-6.0, -3.0), (-3.5, -2.0)))
        if 0.02 * INITIAL < truth(current, gap, t) < 0.98 * INITIAL:
            count -= 1
            yield current, gap, t, tolerance, accuracy


@pytest.mark.parametrize(("tolerance", "accuracy"), [(1e-4, 1e-2), slow(1e-5, 2e-4)])
def test_the_tail_of_the_salt_is_seen(tolerance: float, accuracy: float) -> None:
    found, values, cells = between_plates(*DEEP_GAP, tolerance, accuracy)
    errors = np.abs(np.array(values) - truth(*DEEP_GAP))
    assert errors[-1] < found.error < accuracy * found.value
    if len(errors) > 5:  # of second order in the size of cells across the gap, at least of first order in their number
        assert np.polyfit(np.log(cells), np.log(errors), 1)[0] < -0.9


@pytest.mark.slow
def test_the_ionic_potential_alone_does_not_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a salt without an error of its own, and the last change of a value for what is left."""
    monkeypatch.setattr("microfem.electrochemistry.indicator.EVEN", 1e3)
    monkeypatch.setattr("microfem.solve.error_series.FALLEN", 0.0)
    found, _, _ = between_plates(*DEEP_GAP, 1e-4, 5e-3)
    assert abs(found.value - truth(*DEEP_GAP)) > found.error


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_error_covers_the_closed_form_of_random_plates(seed: int) -> None:
    ratios = []
    for drawn in draws(seed, 6):
        found, _, _ = between_plates(*drawn)
        ratios.append(abs(found.value - truth(*drawn[:3])) / found.error)
    assert max(ratios) < 1.0, ratios
    assert max(ratios) > 0.02  # nor is it out of all proportion


@pytest.mark.slow
@pytest.mark.parametrize(("sigma", "deep"), [(10.0, 80.0), (0.2, 80.0), (0.05, 200.0), (1.0, 20.0)])
def test_the_error_of_a_resistance_covers_newman_and_tobias(sigma: float, deep: float) -> None:
    """Electrons meet resistance in the solid: its potential is one of the fields that the mesh is refined for."""
    gap, wide = 20.0, 10.0
    layout = strip(("anode", zinc(), BLOCK), ("electrolyte", salt(), even(gap, 1)),
                   ("cathode", paste(conductivity=sigma), even(deep, 1)), wide=wide).layout  # fmt: skip
    found, _, _ = measured(
        layout, "start_resistance", 2e-3, transport="fixed", protocol=["discharge at 20 A/m2 for 0.01 s"],
        **against_ideal({"kind": "porous", "kinetics": "linear"}),
    )  # fmt: skip
    wall = 3.0 * PASTE["active_fraction"] / (1e-6 * PASTE["particle_radius"])
    kappa = SALT["conductivity"] * PASTE["porosity"] ** PASTE["bruggeman"]
    pores = newman_tobias(kappa, sigma, wall * PASTE["exchange_current_density"] / VOLTS, 1e-6 * deep)
    exact = 1e4 * (pores + 1e-6 * gap / SALT["conductivity"])
    assert abs(found.value - exact) < found.error < 5e-3 * exact


def errors_of_time(tolerance: float) -> list[tuple[float, float]]:
    """Return true and stated errors of the time steps between plates, whose cells are the same in the reference."""
    found, count = [], 24
    for current, gap, t in SHORT:
        mesh = plates(gap, count, salt(), zinc(), wide=0.01 * gap / count)
        case = read_case({"physics": "cell", "dimension": "section", "temperature": "298.15 K", "electrodes": PLATES,
                          "protocol": [f"discharge at {current} A/m2 for {t} s"]})  # fmt: skip
        solution = solve(mesh, case.model_copy(update={"tolerance": tolerance}))
        estimate = METRICS.get("least_salt").error
        assert estimate is not None
        stated = estimate(solution)
        found.append((abs(value(solution, "least_salt") - lumped(count, 1e-6 * gap, current, t)), stated))
    return found


@pytest.mark.parametrize("tolerance", [1e-3, slow(5e-4), slow(3e-4), slow(1e-4), slow(1e-5)])
def test_the_error_of_few_time_steps_covers_theirs(tolerance: float) -> None:
    assert all(true < stated for true, stated in errors_of_time(tolerance))


def test_the_error_of_hardly_any_time_steps_does_not() -> None:
    """The negative control: a tolerance that studies may not state, with four steps on both paths."""
    assert any(true > stated for true, stated in errors_of_time(1e-2))
    with pytest.raises(ValueError, match=r"less than or equal to 0\.001"):
        read_case({"physics": "cell", "electrodes": PLATES, "protocol": ["rest for 1 s"], "tolerance": 1e-2})
