"""How a cell is driven does not change what it is: volts or current, one way or the other, weakly or strongly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from microfem.metrics import METRICS, Call, Value
from microfem.physics import Solution
from microfem.solve.refinement import measure
from support.quick_layouts import CONDUCTION, ELECTROSTATICS, POTENTIAL, QUICK, layout_of
from support.relations import agree, coarse_mesh, differs, values
from support.solving import solve, value

VIEWS = [pytest.param(*one, marks=[] if one in QUICK else pytest.mark.slow) for one in POTENTIAL]
EXACT = 1e-10
SETTLED = (
    1e-5  # of an interval's width: the flux that proves it is improved by conjugate gradients, which end somewhere
)


def conduction(**terminals: str) -> dict[str, Any]:
    """Return a case of conduction between terminals."""
    return {"physics": "conduction", "terminals": terminals}


def ends(solution: Solution, metric: str) -> Value:
    """Return a metric with its proven interval."""
    found = measure(solution, {metric: Call(metric, "case", METRICS.get(metric).model().model_dump())})
    assert found.values[metric].lower is not None
    return found.values[metric]


def near(one: Value, other: Value, factor: float = 1.0) -> bool:
    """Tell whether factor x one and the other have the same interval, to round-off and what ends an iteration."""
    pairs, width = ((one.lower, other.lower), (one.upper, other.upper)), other.upper - other.lower
    return all(b == pytest.approx(factor * a, rel=EXACT, abs=SETTLED * width) for a, b in pairs)


@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_volts_and_currents_give_one_resistance(family: str, view: str) -> None:
    """1 V held and 1 mA (1 A/m per depth) fed are one solution at two scales."""
    mesh = coarse_mesh(layout_of(family), view)
    held = solve(mesh, CONDUCTION)
    fed = solve(mesh, conduction(anode="0 V", cathode="1 mA" if view == "3d" else "1 A/m"))
    assert value(fed, "resistance") == pytest.approx(value(held, "resistance"), rel=EXACT)
    assert near(ends(held, "resistance"), ends(fed, "resistance"))
    for share in ("energy_fraction", "potential_homogeneity", "area_fraction_above"):
        assert value(fed, share) == pytest.approx(value(held, share), rel=1e-8, abs=1e-9), share


@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_ohm_joule_and_their_intervals(family: str, view: str) -> None:
    """R G = 1, P = V2 / R = R I2, U = C V2 / 2, and so for both ends of each interval."""
    mesh, volts = coarse_mesh(layout_of(family), view), 0.7
    terminals = {"anode": "0.2 V", "cathode": "0.9 V"}
    solution = solve(mesh, conduction(**terminals))
    r, g, p = (ends(solution, name) for name in ("resistance", "conductance", "dissipation"))
    for low, high in ((r.lower, g.upper), (r.upper, g.lower)):
        assert low * high == pytest.approx(1.0, rel=EXACT)
    assert near(g, p, volts**2)
    current = abs(solution.totals["current.cathode"][0]) * (1e-6 if view == "3d" else 1.0)
    assert value(solution, "dissipation") == pytest.approx(value(solution, "resistance") * current**2, rel=EXACT)
    charged = solve(mesh, {**ELECTROSTATICS, "terminals": terminals})
    assert near(ends(charged, "capacitance"), ends(charged, "stored_energy"), 0.5 * volts**2)


@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_anode_and_cathode_may_change_places(family: str, view: str) -> None:
    """A current turned round, all potentials raised, a thousand times the voltage: one resistance."""
    mesh = coarse_mesh(layout_of(family), view)
    first = ends(solve(mesh, CONDUCTION), "resistance")
    for terminals in ({"anode": "1 V", "cathode": "0 V"}, {"cathode": "1 V", "anode": "0 V"},
                      {"anode": "-3.7 V", "cathode": "-2.7 V"}, {"anode": "0 V", "cathode": "1 kV"},
                      {"anode": "0 V", "cathode": "1 uV"}):  # fmt: skip
        assert near(first, ends(solve(mesh, conduction(**terminals)), "resistance")), terminals


MATRICES = [("interdigital", "section"),
            *(pytest.param(*one, marks=pytest.mark.slow) for one in
              [("stacked", "section"), ("interdigital", "3d"), ("stacked", "3d"), ("circular", "3d")])]  # fmt: skip
COVERED = {"encapsulation_thickness": 50.0, "margin": 300.0}


@pytest.mark.parametrize(("family", "view"), MATRICES)
def test_reciprocity_of_three_terminals(family: str, view: str) -> None:
    """A volt at i draws from j what a volt at j draws from i: G_ij = G_ji, and each row adds up to nothing."""
    mesh = coarse_mesh(layout_of(family, COVERED), view)
    names = ("anode", "cathode", "encapsulation")
    drawn = {}
    for name in names:
        solution = solve(mesh, conduction(**{one: f"{float(one == name)} V" for one in names}))
        drawn |= {(name, one): solution.totals[f"current.{one}"][0] for one in names}
    for i in names:
        assert sum(drawn[i, j] for j in names) == pytest.approx(0.0, abs=1e-9 * drawn[i, i])
        for j in names:
            assert drawn[i, j] == pytest.approx(drawn[j, i], rel=1e-9, abs=1e-12 * drawn[i, i])


@pytest.mark.parametrize(("family", "view"), MATRICES)
def test_potentials_of_two_drives_add_up(family: str, view: str) -> None:
    mesh = coarse_mesh(layout_of(family, COVERED), view)
    drives: list[Mapping[str, float]] = [{"anode": 0.3, "cathode": -1.0, "encapsulation": 0.0},
                                         {"anode": 0.0, "cathode": 0.4, "encapsulation": 2.0}]  # fmt: skip
    both = {name: sum(drive[name] for drive in drives) for name in drives[0]}
    currents = [solve(mesh, conduction(**{name: f"{v} V" for name, v in drive.items()})).totals
                for drive in (*drives, both)]  # fmt: skip
    for name in both:
        alone = [one[f"current.{name}"][0] for one in currents]
        assert alone[2] == pytest.approx(alone[0] + alone[1], rel=1e-9)


RUNS = [("interdigital", "section"), *(pytest.param(*one, marks=pytest.mark.slow) for one in
        [("circular", "plan"), ("concentric", "plan"), ("drawn", "3d"), ("swiss_roll", "plan")])]  # fmt: skip


@pytest.mark.parametrize(("family", "view"), [("stacked", "section"), ("interdigital", "section")])
def test_the_level_of_potentials_does_not_matter(family: str, view: str) -> None:
    """A million volts on both terminals cost no digit: fluxes come from differences."""
    mesh = coarse_mesh(layout_of(family), view)
    for stated, metrics in ((CONDUCTION, ("resistance", "conductance")), (ELECTROSTATICS, ("capacitance",))):
        here, there = (solve(mesh, {**stated, "terminals": {"anode": f"{level} V", "cathode": f"{level + 1} V"}})
                       for level in (0, 1_000_000))  # fmt: skip
        for metric in metrics:
            assert near(ends(here, metric), ends(there, metric)), metric
        highest = np.nanmax(there.field("potential").values)
        assert highest == pytest.approx(1_000_001.0, rel=1e-12)  # as stated, and not from 0


@pytest.mark.parametrize(("family", "view"), RUNS)
def test_runs_with_volts_and_with_currents(family: str, view: str) -> None:
    """Each refines for itself; their intervals meet, and so does the inverse of the conductance's."""
    layout, accuracy = layout_of(family), 0.05 if view == "3d" else 0.002
    fed = conduction(anode="0 V", cathode="-3 mA" if view == "3d" else "-3 A/m")
    one, other = (values(layout, {**stated, "dimension": view}, ["resistance", "conductance"], accuracy)
                  for stated in (CONDUCTION, fed))  # fmt: skip
    assert agree(one["resistance"], other["resistance"])
    g = other["conductance"]
    inverse = Value(value=1.0 / g.value, unit="", error=None, lower=1.0 / g.upper, upper=1.0 / g.lower)
    assert agree(one["resistance"], inverse)
    assert not agree(one["resistance"], inverse, 1.0 + 2.5 * accuracy)


def test_mistakes_are_seen() -> None:
    mesh = coarse_mesh(layout_of("interdigital"), "section")
    solution = solve(mesh, CONDUCTION)
    r = ends(solution, "resistance")
    assert not near(r, r, 1.0 + 1e-6)

    def leaky() -> None:
        assert r.lower * ends(solution, "conductance").lower == pytest.approx(1.0, rel=EXACT)

    assert differs(leaky)
