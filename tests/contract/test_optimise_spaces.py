"""What a study may seek: its space, its objectives and constraints, and which designs are the best."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.optimise.designs_of_experiments import sample_space
from microfem.optimise.space import at, place, stated, varied
from microfem.results.ranking import front, ranked, ties
from microfem.results.trials import Trial, TrialOutcome
from microfem.study.records import Choice, Constraint, Range, SearchSpace
from support.records import metric
from support.searching import STUDY
from support.studies import study_of

WIDE = SearchSpace({"gap": Range(20.0, 200.0, log=True), "finger_pairs": Range(1, 4, whole=True),
              "pattern": Choice(("a", "b", "c"))}, {})  # fmt: skip
SPACE_KEYS = "    gap: {low: 20 um, high: 400 um, log: true}\n"


# what a study may say


def test_a_study_says_what_it_seeks(tmp_path: Path) -> None:
    text = STUDY.replace("budget: {trials: 12}", "budget: {trials: 7, time: 2 h}\nconstraints: {size: {max: 50 mm2}}")
    search = study_of(tmp_path, text).search
    assert search is not None
    assert search.spaces["comb"].free == {"gap": Range(20.0, 400.0, log=True), "anode_width": Range(50.0, 400.0)}
    assert search.spaces["comb"].expressions == {"cathode_width": "anode_width"}
    assert (search.objectives, search.sampler, search.seed) == ({"resistance": "minimise"}, "tpe", 0)
    assert search.constraints == {"size": Constraint(-math.inf, 50.0)}
    assert (search.trials, search.seconds) == (7, 7200.0)


def test_several_objectives_have_another_default(tmp_path: Path) -> None:
    text = STUDY.replace("{resistance: minimise}", "{resistance: minimise, capacity: maximise}")
    search = study_of(tmp_path, text).search
    assert search is not None
    assert search.sampler == "nsga-ii"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  comb:\n    gap", "  cmb:\n    gap", "space.cmb: no design 'cmb'; did you mean 'comb'?"),
        ("    gap: {low", "    gpa: {low", "interdigital has no parameter 'gpa'; did you mean 'gap'?"),
        ("low: 20 um", "low: 20", "space.comb.gap.low: '20' has no unit"),
        ("low: 20 um", "low: 0.01 um", "space.comb.gap.low: 0.01 um is below its bound, 0.05 um"),
        ("low: 20 um", "low: 500 um", "space.comb.gap: low must be below high, got 500 and 400"),
        ("log: true", "logs: true", "space.comb.gap.logs: unknown key; did you mean 'log'?"),
        ("log: true", "log: 1", "space.comb.gap.log: expected true or false, got 1"),
        (SPACE_KEYS, "    gap: {low: 20 um}\n", "space.comb.gap: the key 'high' is missing"),
        (SPACE_KEYS, "    gap: [20 um, 20 um]\n", "a choice needs two or more different values"),
        (SPACE_KEYS, "    margin: {low: 0 um, high: 9 um, log: true}\n", "a logarithm needs low above 0, got 0"),
        (SPACE_KEYS, "    finger_pairs: {low: 1.5, high: 3}\n", "expected a whole number, got 1.5"),
        (SPACE_KEYS, "    gap: 7\n", "expected a range such as {low: 1, high: 2}, a list of values or an exp"),
        ("anode_width\nobj", "anode_with\nobj", "got 'anode_with'; did you mean 'anode_width'?"),
        ("anode_width\nobj", "cathode_width\nobj", "it depends on itself, cathode_width -> cathode_width"),
        ("anode_width\nobj", "finger_pairs\nobj", "it is a number without a unit, and must be a length"),
        ("{resistance: minimise}", "{resistnce: minimise}", "no metric 'resistnce'; did you mean 'resistance'?"),
        ("{resistance: minimise}", "{resistance: smallest}", "objectives.resistance: input should be 'minimise' or"),
        ("{trials: 12}", "{trails: 12}", "budget.trails: unknown key; did you mean 'trials'?"),
        ("budget:", "constraints: {size: {max: 3 mm}}\nbudget:", "constraints.size: 'mm' is not a unit of the same"),
        ("budget:", "constraints: {size: {}}\nbudget:", "constraints.size: state min, max or both"),
        ("{resistance: minimise}", "{resistance: minimise, size: minimise}\nsampler: cma-es", "cma-es takes one obj"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_search_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in STUDY
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, STUDY.replace(old, new))
    assert told in str(caught.value)
    assert all(one.line > 1 for one in caught.value.problems)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = STUDY.replace("low: 20 um", "low: 20").replace("resistance: minimise", "nothing: minimise")
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, text.replace("anode_width\nobj", "anode_with\nobj"))
    assert len(caught.value.problems) == 3


def test_objectives_without_a_space_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="objectives: there is no search without a space: state under space"):
        study_of(tmp_path, STUDY[: STUDY.index("space:")] + "objectives: {resistance: minimise}\n")


# spaces


@pytest.mark.parametrize("point", [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.3, 0.6, 0.5)])
def test_points_of_the_cube_are_values_of_the_space(point: tuple[float, ...]) -> None:
    chosen = at(WIDE, point)
    assert chosen["gap"] == pytest.approx(20.0 * 10.0 ** point[0])
    assert chosen["finger_pairs"] in (1, 2, 3, 4)
    assert at(WIDE, place(WIDE, chosen)) == pytest.approx(chosen)


def test_whole_numbers_and_choices_are_equally_likely() -> None:
    many = sample_space(WIDE, "lhs", 1200, 0)
    for name, values in (("finger_pairs", (1, 2, 3, 4)), ("pattern", ("a", "b", "c"))):
        counts = [sum(one[name] == value for one in many) for value in values]
        assert max(counts) - min(counts) <= 2


def test_ties_follow_and_the_rest_stays(tmp_path: Path) -> None:
    study = study_of(tmp_path, STUDY)
    assert study.search is not None
    design, space = study.designs["comb"], study.search.spaces["comb"]
    made = varied(design, space, {"gap": 33.0, "anode_width": 77.0})
    assert {name for name in made.params if made.params[name] != design.params[name]} == {
        "gap", "anode_width", "cathode_width"}  # fmt: skip
    assert made.params["cathode_width"] == made.params["anode_width"] == 77.0
    assert stated(design, space) == {"gap": 100.0, "anode_width": 300.0}
    assert stated(varied(design, space, {"gap": 500.0}), space) is None


@pytest.mark.parametrize(("samples", "size"), [(10, 9), (48, 48), (1, 12)])
def test_a_grid_has_no_more_designs_than_asked_for_but_both_ends(samples: int, size: int) -> None:
    space = WIDE if samples != 10 else SearchSpace({"gap": Range(20.0, 200.0), "margin": Range(1.0, 2.0)}, {})
    found = sample_space(space, "grid", samples, 0)
    assert len(found) == len({tuple(one.values()) for one in found}) == size
    assert {20.0, 200.0} <= {one["gap"] for one in found}


# the best


def trial(number: int, *values: float, error: float = 0.0, excess: float = 0.0, status: str = "ok") -> Trial:
    told = {name: metric(one, error=error) for name, one in zip("ab", values, strict=False)}
    return Trial(
        design="comb", number=number, chosen={}, outcome=TrialOutcome(status=status, values=told), excess={"c": excess}
    )


def test_what_breaks_a_constraint_or_failed_does_not_count() -> None:
    all_of_them = [trial(0, 3.0), trial(1, 1.0, excess=0.1), trial(2, 2.0), trial(3, 0.0, status="failed")]
    assert [one.number for one in ranked(all_of_them, {"a": "minimise"})] == [2, 0]
    assert [one.number for one in ranked(all_of_them, {"a": "maximise"})] == [0, 2]


def test_the_front_is_what_no_other_beats() -> None:
    all_of_them = [trial(0, 1.0, 5.0), trial(1, 2.0, 5.0), trial(2, 2.0, 6.0), trial(3, 3.0, 5.5), trial(4, 1.0, 5.0)]
    found = front(all_of_them, {"a": "minimise", "b": "maximise"})
    assert [one.number for one in found] == [0, 2]


def test_a_winner_ties_with_what_its_error_does_not_tell_apart() -> None:
    order = ranked([trial(0, 1.0, error=0.1), trial(1, 1.15, error=0.1), trial(2, 1.3, error=0.1)], {"a": "minimise"})
    assert [one.number for one in ties(order, "a")] == [1]


@pytest.mark.parametrize(("value", "excess"), [(5.0, -0.5), (10.0, 0.0), (15.0, 0.5), (1.0, 0.5)])
def test_constraints_are_broken_by_a_part_of_their_bound(value: float, excess: float) -> None:
    assert Constraint(2.0, 10.0).excess(value) == pytest.approx(excess)
