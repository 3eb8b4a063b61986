"""One case on one layout from a program: the numbers of a study, and its messages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import microfem
from microfem.layout import Cylinder
from microfem.run.design import run_design
from support.studies import study_of

CASE = {"physics": "conduction", "dimension": "section", "order": 1, "terminals": {"anode": "0 V", "cathode": "1 V"}}
STUDY = """\
name: same
accuracy: 50 %
designs: {comb: {family: interdigital, params: {finger_pairs: 1, gap: 80 um}}}
cases: {field: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}}
metrics: {resistance: resistance(field), area: footprint()}
"""


@pytest.fixture(scope="module")
def comb() -> microfem.Layout:
    return microfem.interdigital(finger_pairs=1, gap="80 um")


def test_the_numbers_are_those_of_a_study(comb: microfem.Layout, tmp_path: Path) -> None:
    solved = microfem.solve_case(comb, CASE, {"resistance": "resistance", "area": "footprint"}, accuracy=0.5)
    study = study_of(tmp_path, STUDY)
    found = run_design(study, study.designs["comb"], str(tmp_path)).metrics
    assert {name: (one.value, one.error, one.unit) for name, one in solved.values.items()} == {
        name: (one.value, one.error, one.unit) for name, one in found.items()}  # fmt: skip
    assert solved.refused == {}
    grid, potential = solved.grid(), solved.field("potential")
    assert np.array_equal(grid.point_data["potential"], potential, equal_nan=True)
    assert grid.n_cells == len(solved.mesh.cells)


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (
            {"case": {**CASE, "terminals": {"anod": "0 V", "cathode": "1 V"}}, "metrics": "resistence"},
            [
                "solve_case: metrics.resistence: unknown metric 'resistence'; did you mean 'resistance'?",
                "solve_case: case.terminals.anod: the layout: no terminal 'anod' in this interdigital layout; "
                "did you mean 'anode'?",
            ],
        ),
        ({"case": {"physics": "conductance"}}, ["solve_case: case.physics: unknown physics 'conductance'"]),
        ({"case": {**CASE, "dimention": "3d"}}, ["case.dimention: unknown key; did you mean 'dimension'?"]),
        ({"metrics": ["max_strain"]}, ["metrics.max_strain: max_strain belongs to "]),
        ({"metrics": ["area_fraction_below(belo=1)"]}, ["unknown key; did you mean 'below'?"]),
        ({"metrics": {"x": "area_fraction_below(electrode=anod)"}}, ["metrics.x: the layout has no electrode 'anod'"]),
        ({"accuracy": 0.0}, ["solve_case: accuracy: "]),
        ({"unknowns": 10}, ["solve_case: unknowns: "]),
        ({"case": {**CASE, "dimension": "plane"}}, ["case.dimension: "]),
        ({"case": 3}, ["solve_case: case: "]),
    ],
)
def test_what_is_wrong_is_told_as_in_a_study(
    comb: microfem.Layout, arguments: Mapping[str, Any], messages: list[str]
) -> None:
    with pytest.raises(microfem.MicrofemError) as told:
        microfem.solve_case(comb, **{"case": CASE, **arguments})
    assert [one for one in messages if one not in str(told.value)] == []


def test_a_view_and_a_surface_that_do_not_fit_are_told() -> None:
    bent = microfem.interdigital(placement=Cylinder(5000.0))
    for layout, message in (
        (bent, "case.dimension: the layout is placed on a surface, which needs dimension: 3d"),
        (microfem.concentric(), "the layout (concentric) has no section view; it has 3d, plan"),
    ):
        with pytest.raises(microfem.MicrofemError) as told:
            microfem.solve_case(layout, CASE)
        assert message in str(told.value)
