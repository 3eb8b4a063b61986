"""Small strains are linear, and know neither left from right nor x from y."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microfem.physics import Solution
from support.quick_layouts import layout_of
from support.relations import MIRROR_X, MIRROR_Y, Floats, agree, coarse_mesh, differs, moved_mesh, turned, values
from support.solving import solve, value

ROUNDED = 1e-7  # the force that bending must not have is taken out: digits cancel
CONTRAST = 1e-6  # of the largest strain, where metal 1e6 times stiffer than a gel is a hundred times as long as thick


def elastic(**load: Any) -> dict[str, Any]:
    """Return a case of elasticity."""
    return {"physics": "elasticity", "load": load}


def strains(solution: Solution) -> Floats:
    """Return the strain in all cells that carry load, one after another."""
    found = solution.fields["strain"].values
    return np.asarray(found[~np.isnan(found)])


VIEWS = [("interdigital", "section"),
         *(pytest.param(*one, marks=pytest.mark.slow) for one in
           [("stacked", "section"), ("joint", "section"), ("film", "section"), ("drawn", "3d"),
            ("interdigital", "3d"), ("stacked", "3d"), ("joint", "3d")])]  # fmt: skip
PAIRS = [
    (elastic(stretch={"strain": 0.001}), elastic(stretch={"strain": 0.002}), 2.0),
    (elastic(stretch={"strain": 0.001, "clamped": True}), elastic(stretch={"strain": -0.003, "clamped": True}), -3.0),
    (elastic(bend={"radius": "1 m"}), elastic(bend={"radius": "-0.25 m"}), -4.0),
    (elastic(mismatch={"strain": {"anode": 0.001}}), elastic(mismatch={"strain": {"anode": 0.0025}}), 2.5),
    (elastic(pressure={"value": "1 kPa", "on": "substrate", "side": "zmin", "fixed": "zmax"}),
     elastic(pressure={"value": "-7 kPa", "on": "substrate", "side": "zmin", "fixed": "zmax"}), -7.0),
]  # fmt: skip


def scales(family: str, view: str, one: dict, other: dict, factor: float) -> None:
    """Hold the strains of a load against those of another that is a factor times it."""
    mesh = coarse_mesh(layout_of(family), view)
    here, there = solve(mesh, one), solve(mesh, other)
    reach = np.abs(strains(there)).max()
    assert np.abs(strains(there) - factor * strains(here)).max() < ROUNDED * reach
    assert value(there, "strain_energy") == pytest.approx(factor**2 * value(here, "strain_energy"), rel=ROUNDED)


@pytest.mark.parametrize(("one", "other", "factor"), PAIRS)
@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_twice_the_load_gives_twice_the_strain(family: str, view: str, one: dict, other: dict, factor: float) -> None:
    scales(family, view, one, other, factor)


@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_two_mismatches_at_once_are_the_sum_of_each(family: str, view: str) -> None:
    mesh = coarse_mesh(layout_of(family), view)
    first, second = {"anode": 0.004}, {"substrate": -0.001}
    alone = [strains(solve(mesh, elastic(mismatch={"strain": one, "fixed": "xmin"}))) for one in (first, second)]
    both = strains(solve(mesh, elastic(mismatch={"strain": {**first, **second}, "fixed": "xmin"})))
    assert np.abs(both - sum(alone)).max() < CONTRAST * np.abs(both).max()
    assert np.abs(both - alone[0]).max() > 1e-3 * np.abs(both).max()


@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_force_and_energy_follow_from_the_stiffness(family: str, view: str) -> None:
    """N = EA e, U = EA e2 L / 2 for a stretch, M = EI / R, U = EI L / 2 R2 for a bend; lengths in um."""
    mesh = coarse_mesh(layout_of(family), view)
    length, unit = float(np.ptp(mesh.points[:, 0])), 1e-6
    pulled = solve(mesh, elastic(stretch={"strain": 0.003}))
    stiffness = value(pulled, "axial_stiffness")
    assert value(pulled, "axial_force") == pytest.approx(0.003 * stiffness, rel=1e-12)
    assert value(pulled, "strain_energy") == pytest.approx(0.5 * stiffness * 0.003**2 * length * unit, rel=1e-9)
    bent = solve(mesh, elastic(bend={"radius": "0.5 m"}))
    newton_metres = value(bent, "bending_stiffness") * (1e-6 if view == "3d" else 1e-3)  # m2, or m per depth
    assert value(bent, "strain_energy") == pytest.approx(0.5 * newton_metres / 0.5**2 * length * unit, rel=1e-9)


ACROSS = {"x": "y", "y": "x"}
LOADS = {
    "axial_stiffness": lambda axis, _: elastic(stretch={"strain": 0.01, "axis": axis}),
    "bending_stiffness": lambda axis, _: elastic(bend={"radius": "1 m", "axis": ACROSS[axis]}),
    "torsional_stiffness": lambda axis, hand: elastic(twist={"angle": f"{hand} deg", "axis": axis}),
    "strain_energy": lambda *_: elastic(mismatch={"strain": {"cathode": 0.01}, "fixed": "zmin"}),
}
MOVES = {"mirrored in x": (MIRROR_X, (0.0, 0.0)), "mirrored in y": (MIRROR_Y, (0.0, 0.0)),
         "turned by 90 degrees": (turned(90.0), (0.0, 0.0)), "turned by -90 degrees": (turned(-90.0), (0.0, 0.0)),
         "a metre away": (np.eye(2), (1e6, -1e6))}  # fmt: skip


def stays(family: str, metric: str, move: str, mistake: float = 1.0) -> None:
    """Hold what a load along x gives against what it gives of the moved cells, along where x has gone.

    A mirror makes a right-handed twist a left-handed one.
    """
    mesh = coarse_mesh(layout_of(family), "3d")
    matrix, shift = MOVES[move]
    other = moved_mesh(mesh, mistake * matrix, shift)
    axis, hand = "y" if "turned" in move else "x", -1 if "mirrored" in move else 1
    here, there = solve(mesh, LOADS[metric]("x", 1)), solve(other, LOADS[metric](axis, hand))
    assert value(there, metric) == pytest.approx(value(here, metric), rel=ROUNDED)
    for percentile in ("strain_percentile", "von_mises_percentile"):
        assert value(there, percentile) == pytest.approx(value(here, percentile), rel=ROUNDED)


QUICK = [("drawn", "bending_stiffness", "turned by 90 degrees"), ("drawn", "torsional_stiffness", "mirrored in y"),
         ("drawn", "strain_energy", "a metre away")]  # fmt: skip
MORE = [(family, metric, move) for family in ("drawn", "interdigital", "stacked", "joint") for metric in LOADS
        for move in MOVES if (family, metric, move) not in QUICK]  # fmt: skip


@pytest.mark.parametrize(
    ("family", "metric", "move"), [*QUICK, *(pytest.param(*one, marks=pytest.mark.slow) for one in MORE)]
)
def test_a_moved_device_is_as_stiff(family: str, metric: str, move: str) -> None:
    stays(family, metric, move)


@pytest.mark.parametrize("family", ["interdigital", *(pytest.param(one, marks=pytest.mark.slow) for one in
                                    ("stacked", "joint", "film"))])  # fmt: skip
def test_a_section_may_be_mirrored_and_carried_away(family: str) -> None:
    mesh = coarse_mesh(layout_of(family), "section")
    bend = elastic(bend={"radius": "1 m"})
    here = solve(mesh, bend)
    for matrix, shift in ((MIRROR_X, (0.0, 0.0)), (np.eye(2), (1e6, 0.0))):
        there = solve(moved_mesh(mesh, matrix, shift), bend)
        for metric in ("bending_stiffness", "neutral_axis", "strain_percentile"):
            assert value(there, metric) == pytest.approx(value(here, metric), rel=1e-6), metric


def test_mistakes_are_seen() -> None:
    assert differs(lambda: scales("interdigital", "section", *PAIRS[0][:2], 2.0 + 1e-5))
    assert differs(lambda: stays("drawn", "bending_stiffness", "turned by 90 degrees", 1.0 + 1e-6))


@pytest.mark.slow
@pytest.mark.parametrize("family", ["drawn", "stacked", "joint"])
def test_runs_along_x_and_along_y(family: str) -> None:
    """The same device drawn along the other axis, each with a mesh of its own."""
    swap = {"drawn": {"anode": "POLYGON ((-1000 -450, -1000 -150, 1000 -150, 1000 -450, -1000 -450))",
                      "cathode": "POLYGON ((-1000 150, -1000 450, 1000 450, 1000 150, -1000 150))"},
            "stacked": {"length": 4000.0, "width": 9000.0}, "joint": {}}  # fmt: skip
    first = {"stacked": {"length": 9000.0, "width": 4000.0}}.get(family, {})
    if family == "joint":  # whose row lies along x: bent along x from above and from below
        along = elastic(bend={"radius": "1 m"}), elastic(bend={"radius": "-1 m"})
    else:
        along = LOADS["bending_stiffness"]("x", 1), LOADS["bending_stiffness"]("y", 1)
    one, other = (values(layout_of(family, more), {**stated, "dimension": "3d"}, ["bending_stiffness"], 0.03)
                  for more, stated in ((first, along[0]), (swap[family], along[1])))  # fmt: skip
    here, there = one["bending_stiffness"], other["bending_stiffness"]
    assert agree(here, there), (here, there)
    assert not agree(here, there, 1.3)
