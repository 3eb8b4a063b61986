"""Interleaved plates, eccentric cores and fibres of many cores against closed forms, bounds and an own series.

Plates: (N - 1) sigma l / g where ends are insulated. With collectors, fluxes that do not mix give a lower bound (Thomson)
and a potential that is linear in the gaps and bilinear at the tips an upper one (Dirichlet): with l the length over which
plates overlap, t the tip gap and h the thicknesses, between (N - 1) l / g + sum h / t and 2 (N - 1) (g / t + t / g) / 3
more. Cylinders: G = 2 pi / acosh((a2 + b2 - d2) / 2ab), and current densities that follow from bipolar coordinates. Cores: poles at
their centres with images in the outer circle, coefficients by least squares on one core; the series is held to the closed forms.
"""  # noqa: E501

from __future__ import annotations

import math

import numpy as np
import pytest

from microfem import solve_case
from microfem.base.errors import LayoutError
from microfem.families import build_layout
from microfem.metrics import Value
from support.materials import medium

CASE = {"physics": "conduction", "terminals": {"anode": "1 V", "cathode": "0 V"}}


def measured(family: str, params: dict[str, object], view: str, accuracy: float, metric: str = "conductance") -> Value:
    """Return a metric at 1 S/m in the electrolyte."""
    layout = build_layout(family, params, {"electrolyte": medium(1.0)})
    return solve_case(layout, {**CASE, "dimension": view}, {"one": metric}, accuracy=accuracy).values["one"]


def holds(found: Value, exact: float) -> bool:
    """Tell whether a proven interval holds a value."""
    assert found.lower is not None
    assert found.upper is not None
    return found.lower <= exact <= found.upper


# --------------------------------------------------------------------------------------------------------------- plates

PLATES: dict[str, object] = {"plates": 5, "plate_length": 1000.0, "width": 400.0, "gap": 50.0, "tip_gap": 70.0,
                             "anode_thickness": 20.0, "cathode_thickness": 30.0}  # fmt: skip


@pytest.mark.parametrize(("view", "size"), [("section", 1.0), ("3d", 400e-6)])
def test_plates_with_insulated_ends_have_parallel_gaps(view: str, size: float) -> None:
    bare = {**PLATES, "tip_gap": 0.0, "collector_width": 0.0}
    assert measured("interleaved_plates", bare, view, 0.1).value == pytest.approx(4.0 * 1000.0 / 50.0 * size, rel=1e-9)


def test_plates_on_collectors_conduct_between_their_bounds() -> None:
    found = measured("interleaved_plates", PLATES, "section", 2e-3)
    tips = (3.0 * 20.0 + 2.0 * 30.0) / 70.0
    least = 4.0 * 930.0 / 50.0 + tips
    most = least + 4.0 * 2.0 * (50.0 / 70.0 + 70.0 / 50.0) / 3.0
    assert found.lower is not None
    assert found.upper is not None
    assert least < found.lower < found.upper < most
    assert found.lower > 4.0 * 930.0 / 50.0 + 2.0 * tips  # negative control: corners carry more than the tips' faces


# ---------------------------------------------------------------------------------------------------------------- cores


INNER, BORE, AWAY = 100.0, 150.0, 30.0
SHIFTED: dict[str, object] = {"anode_diameter": 2.0 * INNER, "gap": BORE - INNER, "offset": AWAY}
ECCENTRIC = 2.0 * math.pi / math.acosh((INNER**2 + BORE**2 - AWAY**2) / (2.0 * INNER * BORE))


def test_an_eccentric_core_conducts_as_its_closed_form() -> None:
    found = measured("fiber", SHIFTED, "plan", 1e-3)
    assert holds(found, ECCENTRIC)
    assert not holds(found, 2.0 * math.pi / math.log(BORE / INNER))  # negative control: a core on the axis


@pytest.mark.slow
@pytest.mark.parametrize(("electrode", "radius"), [("anode", INNER), ("cathode", BORE)])
def test_the_current_of_an_eccentric_core_is_spread_as_in_closed_form(electrode: str, radius: float) -> None:
    """Variance over squared mean: r cosh t / c - 1, as densities go with cosh t - cos s where sinh t = c / r."""
    c = math.sqrt((BORE**2 - INNER**2 - AWAY**2) ** 2 - 4.0 * (INNER * AWAY) ** 2) / (2.0 * AWAY)
    spread = math.sqrt(radius * math.hypot(1.0, c / radius) / c - 1.0)
    found = measured("fiber", SHIFTED, "plan", 2e-3, f"current_deviation(case, electrode={electrode})")
    assert found.error is not None
    assert abs(found.value - spread) < found.error


def series(count: int, radius: float, ring: float, outer: float, turns: bool, terms: int = 40) -> float:
    """Return G / sigma per length of equal cores on a circle: to the outer circle, or in turns with none through it."""
    centres = ring * np.exp(2j * np.pi * np.arange(count) / count)
    signs, side = ((-1.0) ** np.arange(count), 1.0) if turns else (np.ones(count), -1.0)
    z = ring + radius * np.exp(2j * np.pi * (np.arange(8 * terms) + 0.5) / (8 * terms))
    image = outer**2 / np.conj(z)
    logs = np.log(np.abs(z[:, None] - centres)) + side * np.log(np.abs(outer - z[:, None] * np.conj(centres) / outer))

    def poles(at: np.ndarray) -> np.ndarray:
        from_centre = (at[:, None] - centres) * np.exp(-1j * np.angle(centres))
        return np.einsum("k,pkm->pm", signs, ((radius / from_centre)[..., None] ** np.arange(1, terms + 1)).real)

    columns = np.column_stack([-logs @ signs, poles(z) + side * poles(image)])
    found = np.linalg.lstsq(columns, np.ones(len(z)), rcond=None)[0]
    assert np.abs(columns @ found - 1.0).max() < 1e-9
    return float(2.0 * np.pi * found[0] * (count / 4.0 if turns else count))


def test_the_series_has_the_closed_forms_of_two_cylinders() -> None:
    assert series(1, INNER, AWAY, BORE, turns=False) == pytest.approx(ECCENTRIC, rel=1e-10)
    assert series(2, 50.0, 75.0, 1e7, turns=True) == pytest.approx(math.pi / math.acosh(1.5), rel=1e-8)


@pytest.mark.parametrize(
    ("arrangement", "cores", "spacing"), [("sheath", 4, 50.0), ("sheath", 2, 10.0), ("alternating", 6, 30.0)]
)
def test_many_cores_conduct_as_their_series(arrangement: str, cores: int, spacing: float) -> None:
    params: dict[str, object] = {"arrangement": arrangement, "cores": cores, "spacing": spacing, "margin": 40.0}
    ring = 0.5 * (100.0 + spacing) / math.sin(math.pi / cores)
    turns = arrangement == "alternating"
    exact = series(cores, 50.0, ring, ring + 90.0, turns)
    found = measured("multicore_fiber", params, "plan", 1e-3)
    assert holds(found, exact)
    assert not holds(found, series(cores, 50.0, ring, ring + 100.0, turns))  # negative control: a wider bore


@pytest.mark.slow
def test_twisted_cores_conduct_more_than_straight_ones() -> None:
    """A twist keeps sections, and a helix is longer than its axis: more by at most the square of the outer slope."""
    params: dict[str, object] = {"arrangement": "alternating", "cores": 4, "length": 1000.0, "pitch": 8000.0}
    layout = build_layout("multicore_fiber", params)
    twisted = measured("multicore_fiber", params, "3d", 1e-2)
    straight = measured("multicore_fiber", {**params, "pitch": 0.0}, "plan", 1e-3)
    assert straight.lower is not None
    assert straight.upper is not None
    slope = 2.0 * math.pi * layout.box()[3] / 8000.0
    assert twisted.lower is not None
    assert twisted.upper is not None
    assert twisted.upper > straight.lower * 1e-3
    assert twisted.lower < straight.upper * 1e-3 * (1.0 + slope**2)


# ------------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("family", "params", "parameter"),
    [
        ("interleaved_plates", {"tip_gap": 0.0}, "tip_gap"),
        ("interleaved_plates", {"tip_gap": 2500.0}, "tip_gap"),
        ("interleaved_plates", {"margin": 0.1}, "margin"),
        ("fiber", {"offset": 49.5}, "offset"),
        ("multicore_fiber", {"arrangement": "alternating", "cores": 3}, "cores"),
        ("multicore_fiber", {"collector_diameter": 100.0}, "collector_diameter"),
        ("multicore_fiber", {"collector_diameter": 1e-300}, "collector_diameter"),
        ("multicore_fiber", {"pitch": 500.0}, "pitch"),
    ],
)
def test_what_cannot_be_made_is_refused(family: str, params: dict[str, object], parameter: str) -> None:
    with pytest.raises(LayoutError) as caught:
        build_layout(family, params)
    assert caught.value.parameter == parameter
