"""Shares of areas and volumes: what is above and what is below make the whole, and no drive changes them."""

from __future__ import annotations

import numpy as np
import pytest

from microfem.metrics import Call
from microfem.solve.first_mesh import first_mesh
from microfem.solve.refinement import solve_to_accuracy
from microfem.study.records import Limits
from support.quick_layouts import CONDUCTION, ELECTROSTATICS, POTENTIAL, QUICK, TERMINALS, layout_of
from support.relations import agree, coarse_mesh, differs, values
from support.solving import solve, value

VIEWS = [pytest.param(*one, marks=[] if one in QUICK else pytest.mark.slow) for one in POTENTIAL]
LEVELS = (0.2, 0.5, 0.9, 1.0, 1.1, 1.5, 3.0)


def whole(family: str, view: str, apart: float = 1.0) -> None:
    """Hold above + below of both electrodes against one; apart: a factor between the two levels."""
    solution = solve(coarse_mesh(layout_of(family), view), CONDUCTION)
    for electrode in ("anode", "cathode"):
        for level in LEVELS:
            above = value(solution, "area_fraction_above", electrode=electrode, above=level)
            below = value(solution, "area_fraction_below", electrode=electrode, below=apart * level)
            assert above + below == pytest.approx(1.0, abs=1e-12), (electrode, level)
            assert -1e-12 <= above <= 1.0 + 1e-12


@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_above_and_below_are_the_whole(family: str, view: str) -> None:
    whole(family, view)


def test_levels_apart_are_not_the_whole() -> None:
    assert differs(lambda: whole("interdigital", "section", 1.0 + 1e-4))


@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_shares_fall_with_their_level(family: str, view: str) -> None:
    """And a share above nothing is all of it."""
    mesh = coarse_mesh(layout_of(family), view)
    for stated in (CONDUCTION, ELECTROSTATICS):
        solution = solve(mesh, stated)
        shares = [value(solution, "energy_fraction", above=level) for level in (1e-12, 1e-3, *LEVELS)]
        assert (np.diff(shares) <= 1e-12).all()
        assert shares[-1] >= 0.0
        assert shares[0] <= 1.0 + 1e-12
    solution = solve(mesh, CONDUCTION)
    areas = [value(solution, "area_fraction_above", above=level) for level in LEVELS]
    assert (np.diff(areas) <= 1e-12).all()


@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_shares_know_no_voltage(family: str, view: str) -> None:
    """Ten times the voltage, turned round, from another level: the same share, on the same cells."""
    mesh = coarse_mesh(layout_of(family), view)
    for stated in (CONDUCTION, ELECTROSTATICS):
        here, there = (solve(mesh, {**stated, "terminals": one})
                       for one in (stated["terminals"], {"anode": "7 V", "cathode": "-3 V"}))  # fmt: skip
        metrics = [("energy_fraction", {"above": 0.5}), ("energy_fraction", {"above": 0.05})]
        if stated is CONDUCTION:
            metrics += [("area_fraction_above", {"above": 1.2}), ("area_fraction_below", {"below": 0.7})]
        for metric, options in metrics:
            assert value(there, metric, **options) == pytest.approx(value(here, metric, **options), abs=1e-8), metric


RUNS = [("interdigital", "section"), *(pytest.param(*one, marks=pytest.mark.slow) for one in
        [("concentric", "plan"), ("pillars", "plan"), ("drawn", "plan"), ("interdigital", "3d"),
         ("circular", "3d")])]  # fmt: skip


@pytest.mark.parametrize(("family", "view"), RUNS)
def test_a_run_s_two_shares_are_the_whole(family: str, view: str) -> None:
    """Values and errors of the two are of one share: they add up to one, and their errors are the same."""
    layout, limits = layout_of(family), Limits(unknowns=60_000)
    calls = {"above": Call("area_fraction_above", "case", {"electrode": "cathode", "above": 1.1}),
             "below": Call("area_fraction_below", "case", {"electrode": "cathode", "below": 1.1})}  # fmt: skip
    mesh = coarse_mesh(layout, view)
    case = solve(mesh, CONDUCTION).case
    _, found, _ = solve_to_accuracy(first_mesh(layout, case, limits), case, calls, dict.fromkeys(calls, 0.02), limits)
    above, below = found.values["above"], found.values["below"]
    assert above.value + below.value == pytest.approx(1.0, abs=1e-12)
    assert above.error == pytest.approx(below.error, rel=1e-6)
    assert above.error > 0.0


@pytest.mark.slow
@pytest.mark.parametrize("family", ["interdigital", "drawn"])
def test_mirrored_polarity_mirrors_the_shares(family: str) -> None:
    """In a layout whose electrodes are alike the anode's share is the cathode's, as far as errors tell."""
    layout = layout_of(family, {"anode_width": 200.0, "cathode_width": 200.0} if family == "interdigital" else {})
    one, other = (values(layout, {**CONDUCTION, "terminals": terminals, "dimension": "section"},
                         ["area_fraction_above"], 0.01)["area_fraction_above"]
                  for terminals in (TERMINALS, {"anode": "1 V", "cathode": "0 V"}))  # fmt: skip
    assert agree(one, other)
    mesh = coarse_mesh(layout, "section")
    solution = solve(mesh, CONDUCTION)
    sides = [value(solution, "area_fraction_above", electrode=name) for name in ("anode", "cathode")]
    assert sides[0] == pytest.approx(sides[1], abs=0.03)
