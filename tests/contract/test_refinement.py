"""Refinement and its error estimates: honest against a finer reference, and nothing lost on the way."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import SolveError
from microfem.families import FAMILIES, build_layout
from microfem.fem.potential.flux import FacetFlux
from microfem.materials import load_material
from microfem.mesh import build_mesh
from microfem.metrics import METRICS, current, distribution
from microfem.metrics.metric import Call, Value
from microfem.results.summary import DesignResult
from microfem.run.study import run_study
from microfem.solve.ending import Ended, Reason
from microfem.solve.error_series import Grid, Measured, _dual_factor, excess, with_errors
from microfem.solve.first_mesh import FIRST_LEVEL, first_mesh
from microfem.solve.refinement import solve_layout, solve_to_accuracy
from microfem.study.records import Limits
from support.electrochemical_cells import plates, salt, zinc
from support.large_strain_bodies import brick
from support.materials import matter
from support.solving import read_case, solve_conduction
from support.studies import study_of

DEAR = ("concentric", "disc_array", "pillars", "swiss_roll")  # whose first meshes take seconds
STUDY = """
name: comb
designs: {comb: {family: interdigital, params: {finger_pairs: 2, gap: GAP}}}
accuracy: 1 %
cases: {cut: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}}
metrics: {resistance: resistance(cut)}
"""
BRIDGES = """
name: bridges
designs: {one: {family: island_bridge, params: {columns: 2, bridge_shape: serpentine, bridge_width: 200 um}}}
accuracy: 0.0001 %
cases: {pull: {physics: bridges, dimension: plan, order: 1, load: {stretch: {strain: 5 %}}}}
metrics: {strain: bridge_strain(pull)}
"""


def run(tmp_path: Path, gap: str, *changes: str) -> DesignResult:
    return run_study(study_of(tmp_path, STUDY.replace("GAP", gap), *changes), tmp_path / "out").designs["comb"]


@pytest.mark.parametrize("gap", ["50 um", *(pytest.param(gap, marks=pytest.mark.slow) for gap in ("300 um", "1 mm"))])
def test_the_truth_lies_between_the_bounds(tmp_path: Path, gap: str) -> None:
    """The reference is an interval 30 times narrower, reached from other meshes."""
    coarse = run(tmp_path, gap).metrics["resistance"]
    fine = run(tmp_path, gap, "accuracy=0.03%").metrics["resistance"]
    assert coarse.error <= 0.01 * coarse.value
    assert fine.error <= 0.0003 * fine.value
    assert coarse.lower <= fine.lower <= fine.upper <= coarse.upper


def test_accuracy_is_reached_where_the_limit_lets_it_and_said_where_not(tmp_path: Path) -> None:
    good = run(tmp_path, "300 um", "accuracy=0.1%")
    short = run(tmp_path, "50 um", "accuracy=0.001%", "limits.unknowns=1000")
    assert good.cases["cut"].ended == Ended(Reason.ACCURATE)
    assert good.metrics["resistance"].error <= 0.001 * good.metrics["resistance"].value
    assert short.cases["cut"].ended.reason == Reason.UNKNOWNS
    assert "limits.unknowns, 1,000" in short.cases["cut"].ended.text
    assert short.metrics["resistance"].error > 0.0


def ended(tmp_path: Path, limits: Limits, clock: Iterator[float]) -> tuple[Ended, int]:
    """Refine a section towards 0.0001 %; return how that ended and on which mesh."""
    study = study_of(tmp_path, STUDY.replace("GAP", "300 um"), "accuracy=0.0001%")
    case = study.cases["cut"]
    mesh = first_mesh(study.designs["comb"].layout(), case, limits)
    _, found, end = solve_to_accuracy(mesh, case, study.metrics, study.wanted(), limits, lambda: next(clock))
    assert found.values["resistance"].value > 0.0
    return end, len(found.meshes["resistance"])


def test_time_ends_a_refinement(tmp_path: Path) -> None:
    """By a clock that jumps at its sixth reading, and not by one that stands still: there another limit is met."""
    late = chain([0.0] * 5, repeat(100.0))
    end, meshes = ended(tmp_path, Limits(20_000, seconds=50.0), late)
    assert end.reason == Reason.TIME
    assert "limits.time, 50 s" in end.text
    assert meshes < 4
    end, more = ended(tmp_path, Limits(20_000, seconds=50.0), repeat(0.0))
    assert end.reason == Reason.UNKNOWNS
    assert "limits.unknowns, 20,000" in end.text
    assert more > meshes


def test_memory_ends_a_refinement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microfem.solve.refinement.resident_megabytes", lambda: 450.0)
    end, meshes = ended(tmp_path, Limits(20_000, megabytes=500.0), repeat(0.0))
    assert (end.reason, "limits.memory, 500 MB" in end.text, meshes) == (Reason.MEMORY, True, 1)


def test_time_steps_end_a_refinement_that_no_mesh_helps() -> None:
    """A plate stripped at a constant current: salt at the other falls as 2 j (1 - t+) sqrt(t / (pi D)) / (z F)."""
    current, seconds, gap = 500.0, 10.0, 400.0  # A/m2, s, um: the plates hardly feel each other
    exact = 1000.0 - 2.0 * current * 0.6 / (2.0 * 96485.33212) * math.sqrt(seconds / (math.pi * 3e-10))
    stated = {"physics": "cell", "electrodes": {"anode": "metal", "cathode": "metal"}, "tolerance": 0.001,
              "dimension": "section", "protocol": [f"discharge at {current} A/m2 for {seconds} s"]}  # fmt: skip
    layout = plates(gap, 1, salt(), zinc(), wide=40.0).layout
    for accuracy, reason in ((0.0005, Reason.TIME_STEPS), (0.05, Reason.ACCURATE)):
        _, found, end = solve_layout(layout, read_case(stated), {"salt": Call("least_salt", "c", {})},
                                     {"salt": accuracy}, Limits(200_000))  # fmt: skip
        value = found.values["salt"]
        assert end.reason == reason
        assert abs(value.value - exact) < value.error
        assert len(found.meshes["salt"]) <= 6
        assert (value.floor > accuracy * value.value) == ("of salt" in end.text and "tolerance" in end.text)


@pytest.mark.slow
def test_a_load_path_that_stops_ends_a_refinement() -> None:
    """Gent's law pulled beyond its limit: a finer mesh would hardly come further."""
    mesh = brick("3d", 2, 2, 2, laws={"r0": matter(gent_mu=1.0, gent_jm=5.0)})
    case = read_case({"physics": "hyperelasticity", "load": {"stretch": {"strain": 2.0}}})
    solution, found, end = solve_to_accuracy(mesh, case, {"force": Call("axial_force", "c", {})}, {"force": 0.01},
                                             Limits(20_000))  # fmt: skip
    assert solution.stopped.startswith("stopped at 0.84")
    assert end == Ended(Reason.PATH_STOPPED, solution.stopped)
    assert end.text == f"the load path {solution.stopped}"
    assert "the load path ended early" in found.refused["force"]


@pytest.mark.slow
def test_a_rod_has_nothing_that_tells_where_to_refine(tmp_path: Path) -> None:
    study = study_of(tmp_path, BRIDGES)
    told = run_study(study, tmp_path / "out").designs["one"]
    assert told.status == "ok", told.message
    assert told.cases["pull"].ended == Ended(Reason.NO_INDICATOR)
    assert told.cases["pull"].ended.text == "this physics has no error indicator"
    assert told.metrics["strain"].error > 1e-6 * told.metrics["strain"].value


def test_every_reason_of_an_end_is_reached_above() -> None:
    """Of ends that are told in words, each has words of its own."""
    text = Path(__file__).read_text(encoding="utf-8")
    assert [one.name for one in Reason if f"Reason.{one.name}" not in text] == []
    told = [Ended(one, "so").text for one in Reason]
    assert len(set(told)) == len(told)
    assert not any("{" in one for one in told)


def grids(values: list[float], fineness: list[float]) -> list[Grid]:
    return [
        Grid(f, Measured({"x": Value(value=v, unit="ohm", error=None)}, {}))
        for v, f in zip(values, fineness, strict=True)
    ]


def test_errors_are_the_rest_of_a_geometric_series() -> None:
    """Roache's index by hand: halving first-order changes of 2 and 1 leave 1, times 1.25; two meshes leave 3 x 1."""
    calls = {"x": Call("resistance", "c", {})}
    found = with_errors(grids([10.0, 12.0, 13.0], [1.0, 2.0, 4.0]), calls)
    assert found.values["x"].error == pytest.approx(1.25)
    assert with_errors(grids([12.0, 13.0], [2.0, 4.0]), calls).values["x"].error == pytest.approx(3.0)
    slow = with_errors(grids([10.0, 12.0, 13.6], [1.0, 2.0, 4.0]), calls)
    assert slow.values["x"].error == pytest.approx(1.25 * 1.6 * 0.8 / 0.2)
    hardly = with_errors(grids([12.9, 12.95, 13.0], [1.0, 2.0, 2.2]), calls)
    assert hardly.values["x"].error >= 1.25 * 0.05 / 0.1 * 0.999
    assert with_errors(grids([13.0], [1.0]), calls).values["x"].error is None


def peaks(*values: float) -> list[Grid]:
    return [
        Grid(2.0**k, Measured({"peak": Value(value=v, unit="1", error=0.01 * v)}, {})) for k, v in enumerate(values)
    ]


def test_a_peak_that_does_not_settle_is_refused_whatever_its_estimate() -> None:
    """At a singular corner every mesh has a small estimate and another peak; one mesh alone tells nothing of that."""
    calls = {"peak": Call("max_strain", "c", {})}
    grown = with_errors(peaks(0.03, 0.05), calls)
    assert "0.03 to 0.05" in grown.refused["peak"]
    assert "peak" not in grown.values
    assert with_errors(peaks(0.03), calls).values["peak"].error is None
    assert with_errors(peaks(0.0309, 0.031), calls).values["peak"].error == pytest.approx(0.01 * 0.031)


def test_a_finer_mesh_that_fails_keeps_the_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise SolveError("no finer mesh today")

    monkeypatch.setattr("microfem.solve.refinement._finer", fail)
    told = run(tmp_path, "300 um", "accuracy=0.0001%")
    assert told.status == "ok"
    assert told.cases["cut"].ended == Ended(Reason.FAILED, "no finer mesh today")
    assert told.cases["cut"].ended.text == "a finer mesh failed: no finer mesh today"
    assert told.metrics["resistance"].value > 0.0


def test_a_first_mesh_beyond_the_limit_is_refused_by_number(tmp_path: Path) -> None:
    told = run(tmp_path, "300 um", "limits.unknowns=1000", "designs.comb.params.finger_pairs=60")
    assert told.status == "failed"
    assert "unknowns" in told.message
    assert "limits.unknowns" in told.message


def test_terminals_at_one_potential_have_no_resistance(tmp_path: Path) -> None:
    told = run(tmp_path, "300 um", "cases.cut.terminals.anode=1 V").metrics["resistance"]
    assert told.value is None
    assert "one potential" in told.refused


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=[pytest.mark.slow] * (one in DEAR)) for one in FAMILIES.names()]
)
def test_every_family_meshes_at_the_coarsest_level_of_a_run(name: str) -> None:
    for dimension in FAMILIES.get(name).dimensions:
        assert len(build_mesh(build_layout(name, {}), dimension, FIRST_LEVEL[dimension]).cells) > 0


@pytest.mark.slow
def test_outer_share_does_not_depend_on_the_order_of_facets(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = build_layout("interdigital", {"finger_pairs": 1, "finger_length": 900.0})
    solution = solve_conduction(build_mesh(layout, "3d", -1), 1, anode="0 V", cathode="1 V")
    plain = distribution.electrode_flux

    def shuffled(solution: object, electrode: str) -> FacetFlux:
        flux = plain(solution, electrode)
        p = np.random.default_rng(0).permutation(len(flux.facets))
        return replace(flux, values=flux.values[p], weights=flux.weights[p], facets=flux.facets[p])

    before = distribution.outer_share(solution)
    monkeypatch.setattr(distribution, "electrode_flux", shuffled)
    monkeypatch.setattr(current, "electrode_flux", shuffled)
    assert distribution.outer_share(solution) == pytest.approx(before, rel=1e-9)
    assert 0.2 < before < 1.0  # edges carry more than their share of the area


def test_a_changed_library_material_makes_a_result_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(tmp_path, STUDY.replace("GAP", "300 um"))
    design = study.designs["comb"]
    before = study.fingerprint(design, "1")
    assert study.fingerprint(design, "1") == before
    gel = load_material("pva_zncl2_gel")
    other = replace(gel.properties["conductivity"], value=2.0 * gel.value("conductivity"))
    changed = replace(gel, properties={**gel.properties, "conductivity": other})
    monkeypatch.setattr(
        sys.modules[build_layout.__module__],
        "load_material",
        lambda name: changed if name == gel.name else load_material(name),
    )
    assert study.fingerprint(design, "1") != before


def estimated(metric: str, unit: str, values: list[float], error: float) -> float:
    """Return the error of the last of a metric's values on meshes each twice as fine, whose dual solution tells one."""
    grids = [Grid(2.0**k, Measured({"x": Value(value=v, unit=unit, error=error)}, {})) for k, v in enumerate(values)]
    found = with_errors(grids, {"x": Call(metric, "c", {})}).values["x"].error
    assert found is not None
    return found


def test_a_dual_solution_is_not_believed_below_what_the_last_refinement_changed() -> None:
    """By hand: halving the mesh divides a smooth number's error by 16 and a share's by 4; 1/15 and 1/3 are left."""
    assert estimated("mean_strain", "1", [0.2, 0.5], 1e-6) == pytest.approx(0.3 / 15.0)
    assert estimated("area_fraction_above", "1", [0.2, 0.5], 1e-6) == pytest.approx(0.3 / 3.0)
    assert estimated("area_fraction_above", "1", [0.2, 0.5], 0.2) == 0.2
    # Changes of 0.4 and 0.32 in one direction leave 0.32 (0.8 + 0.64 + ...); in opposite ones they tell no more.
    assert estimated("current_deviation", "1", [0.1, 0.5, 0.82], 1e-6) == pytest.approx(0.32 * 0.8 / 0.2)
    assert estimated("current_deviation", "1", [0.1, 0.5, 0.18], 1e-6) == pytest.approx(0.32 / 3.0)


def test_no_value_of_a_mesh_is_without_error() -> None:
    """An error of 0 is round-off: of the value, and of 1 where that is a share."""
    assert estimated("curvature", "1/mm", [40.0], 0.0) == pytest.approx(40e-12)
    assert estimated("energy_fraction", "1", [0.0], 0.0) == 1e-12
    none = Measured({"x": Value(value=0.0, unit="1", error=1e-12)}, {})
    assert excess(none, {"x": 0.01}, math.inf)[0] <= 1.0


def test_a_share_of_a_level_takes_two_meshes() -> None:
    """A first mesh may miss what is counted, whatever a dual solution tells of it."""
    found = Measured({"x": Value(value=0.2, unit="1", error=1e-6)}, {})
    assert excess(found, {"x": 0.01}, math.inf)[0] < 1.0
    assert excess(found, {"x": 0.01}, math.inf, {"x"})[0] > 1.0
    assert METRICS.get("area_fraction_above").meshes == METRICS.get("max_strain").meshes == 2
    assert METRICS.get("potential_homogeneity").meshes == 1


@pytest.mark.parametrize("order", [0.7, 1.0, 2.0])
def test_meshes_that_grow_unevenly_tell_the_order(order: float) -> None:
    """Errors h^p are what is left after the last change; the ratio of changes alone would be several times too much."""
    fineness = [1.0, 1.2, 1.57]
    errors = [one**-order for one in fineness]
    trail = [1.0 - one for one in errors]
    last, before = trail[2] - trail[1], trail[1] - trail[0]
    assert last * _dual_factor(trail, fineness, 4.0) == pytest.approx(errors[2], rel=1e-6)
    assert last * _dual_factor(trail[::-1], fineness[::-1], 4.0) != pytest.approx(errors[2], rel=0.1)
    by_ratio = min(last / before, 0.85)
    assert order != 1.0 or last * by_ratio / (1.0 - by_ratio) > 1.5 * errors[2]
