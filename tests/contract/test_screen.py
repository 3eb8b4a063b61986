"""Cheap metrics that stand in for others: what is run, which designs are confirmed, how agreement is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.optimise.results import SearchResult
from microfem.optimise.screen import agreements, cheap, picked
from microfem.results.trials import Trial, TrialOutcome
from microfem.study.reader import load_study
from support.commands import Command
from support.records import metric
from support.studies import write_study

STUDY = """\
name: screened
designs:
  comb: {family: interdigital, params: {finger_pairs: 1, finger_length: 1 mm, margin: 100 um}}
accuracy: 5 %
cases:
  flat: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
  whole: {physics: conduction, dimension: 3d, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  resistance: resistance(whole)
  flat_resistance: resistance(flat)
  footprint: footprint()
space:
  comb: {gap: {low: 100 um, high: 400 um}}
objectives: {resistance: minimise}
constraints: {footprint: {max: 4 mm2}}
screen: {metrics: {resistance: flat_resistance}, confirm: 4}
budget: {trials: 6}
sampler: random
"""


OTHER_WAY = (
    STUDY.replace("resistance: resistance(whole)", "resistance: conductance(whole)\n  spread: energy_fraction(whole)")
    .replace("resistance: minimise", "resistance: maximise")
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_study(tmp_path, STUDY)


def found_of(path: Path, pairs: list[tuple[float, float]]) -> SearchResult:
    """Return a search whose trials have these pairs of metric and stand-in."""
    study = load_study(path)
    assert study.search is not None
    trials = []
    for k, (full, fast) in enumerate(pairs):
        values = {"resistance": metric(full, "ohm", 0.0), "flat_resistance": metric(fast, "ohm m", 0.0)}
        trials.append(
            Trial(
                design="comb",
                number=k,
                chosen={"gap": 100.0 + k},
                outcome=TrialOutcome(status="ok", message="", values=values, refused={}, seconds=1.0),
                excess={},
            )
        )
    return SearchResult(study=study, search=study.search, trials=trials, references={}, over=True)


def test_what_is_left_to_the_end_is_not_run(path: Path) -> None:
    fast = cheap(load_study(path))
    assert list(fast.metrics) == ["flat_resistance", "footprint"]
    assert list(fast.cases) == ["flat"]
    assert fast.search is not None
    assert fast.search.objectives == {"flat_resistance": "minimise"}
    assert list(fast.search.constraints) == ["footprint"]


def test_a_stand_in_may_be_better_the_other_way(tmp_path: Path) -> None:
    """Most conductance is sought by least resistance; what neither objective nor constraint needs waits as well."""
    path = write_study(tmp_path, OTHER_WAY)
    fast = cheap(load_study(path))
    assert fast.search is not None
    assert fast.search.objectives == {"flat_resistance": "minimise"}
    assert list(fast.metrics) == ["flat_resistance", "footprint"]
    [one] = agreements(found_of(path, [(8.0, 1.0), (7.0, 2.0), (4.0, 3.0), (2.0, 4.0)]), "comb")
    assert one.rank == pytest.approx(1.0)
    assert "resistance falls where flat_resistance rises" in one.text()


def test_the_best_and_others_down_the_order_are_confirmed(path: Path) -> None:
    found = found_of(path, [(float(k), float(k)) for k in range(10)])
    assert [one["gap"] - 100.0 for one in picked(found, "comb", 4)] == [0.0, 1.0, 2.0, 9.0]
    assert len(picked(found, "comb", 50)) == 10


@pytest.mark.parametrize(
    ("pairs", "rank", "told"),
    [
        (
            [(2.0, 1.0), (4.0, 2.0), (7.0, 3.0), (8.0, 4.0)],
            1.0,
            "rank correlation 1.00 over 4 designs, resistance is 2 ",
        ),
        ([(8.0, 1.0), (7.0, 2.0), (4.0, 3.0), (2.0, 4.0)], -1.0, "do not trust it"),
        ([(5.0, 1.0), (5.0, 2.0), (5.0, 3.0)], 0.0, "do not trust it"),
    ],
)
def test_agreement_is_told(path: Path, pairs: list[tuple[float, float]], rank: float, told: str) -> None:
    [one] = agreements(found_of(path, pairs), "comb")
    assert one.rank == pytest.approx(rank)
    assert told in one.text()
    assert ("do not trust it" in one.text()) == (rank < 0.8)


def test_two_designs_tell_nothing(path: Path) -> None:
    assert agreements(found_of(path, [(1.0, 1.0), (2.0, 2.0)]), "comb") == []


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("{metrics: {resistance: flat}}", "no metric 'flat'"),
        ("{metrics: {flat_resistance: footprint}}", "is neither an objective nor a constraint"),
        ("{metrics: {resistance: resistance}}", "has a stand-in itself"),
        ("{metrics: {footprint: flat_resistance, resistance: footprint}}", "has a stand-in itself"),
        ("{metrics: {resistance: resistance_again}}", "is solved in the search all the same, for 'resistance_again'"),
        ("{metrics: {resistance: flat_resistance}, confirm: 1}", "greater than or equal to 3"),
    ],
)
def test_a_screen_that_makes_no_sense_is_refused(path: Path, stated: str, told: str) -> None:
    text = STUDY.replace("  footprint: ", "  resistance_again: resistance(whole)\n  footprint: ")
    path.write_text(text.replace("{metrics: {resistance: flat_resistance}, confirm: 4}", stated))
    with pytest.raises(InputError, match=told):
        load_study(path)


@pytest.mark.slow
def test_a_screened_search_names_a_winner_that_was_run_in_full(path: Path, microfem: Command) -> None:
    out = path.parent / "out"
    ended = microfem("optimise", path, "-o", out)
    assert ended.status == 0
    assert "flat_resistance stood in for resistance: rank correlation 1.00 over 4 designs" in ended.out
    text = (out / "confirmed/index.html").read_text()
    assert "rank correlation 1.00" in text
    assert (out / "confirmed/best/comb.yaml").is_file()
    assert len(list((out / "trials").glob("comb-*"))) == 6
    again = microfem("optimise", path, "-o", out)
    assert "nothing to do" in again.err
