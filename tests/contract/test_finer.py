"""The best designs of a search run again with a smaller error: what is run, and what is told of their ranks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.optimise.finer import FACTOR, finer, search_finer, verdict
from microfem.optimise.results import SearchResult
from microfem.optimise.search import search_layouts
from microfem.results.trials import Trial, TrialOutcome
from microfem.study.reader import load_study
from microfem.study.records import Study
from support.records import metric
from support.searching import STUDY, bowl, here, told_of
from support.studies import study_of, write_study

FINER = f"{STUDY}finer: 2\n"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return study_of(tmp_path, FINER)


def found_of(study: Study, *values: tuple[float, float], excess: float = 0.0) -> SearchResult:
    """Return a search whose trials have these resistances and errors; excess: of the first over a constraint."""
    assert study.search is not None
    trials = [
        Trial(design="comb", number=k, chosen={"gap": 100.0 + k},
              outcome=TrialOutcome(status="ok", values={"resistance": metric(value, "ohm m", error)}),
              excess={"size": 0.0 if k else excess})
        for k, (value, error) in enumerate(values)
    ]  # fmt: skip
    return SearchResult(study=study, search=study.search, trials=trials, references={}, over=True)


@pytest.mark.parametrize(
    ("fine", "told"),
    [
        ([(1.01, 0.01), (1.1, 0.01)], "comb-00000, run again with 1.25 % accuracy, keeps its rank"),
        ([(1.05, 0.01), (1.06, 0.01)], "ties with comb-00001"),
        ([(1.06, 0.01), (1.05, 0.01)], "ties with comb-00001"),
        ([(1.1, 0.01), (1.05, 0.01)], "falls behind comb-00001, which is the best: resistance: comb-00001 1.05 ± 0.01"),
    ],
)
def test_the_rank_of_the_best_is_told(study: Study, fine: list[tuple[float, float]], told: str) -> None:
    result = found_of(study, (1.0, 0.05), (1.04, 0.05), (3.0, 0.05))
    assert told in verdict(result, found_of(finer(study), *fine), "comb")


def test_a_best_that_violates_a_constraint_there_is_told(study: Study) -> None:
    result = found_of(study, (1.0, 0.05), (1.04, 0.05))
    again = found_of(finer(study), (1.0, 0.01), (1.04, 0.01), excess=0.01)
    assert "comb-00000, run again with 1.25 % accuracy, is not valid: it violates" in verdict(result, again, "comb")
    assert verdict(found_of(study), again, "comb") == ""


def test_every_accuracy_is_smaller(study: Study) -> None:
    study = replace(study, accuracy_of={"size": 0.04})
    assert finer(study).wanted() == pytest.approx({name: one / FACTOR for name, one in study.wanted().items()})


def test_the_best_designs_run_again(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "microfem.optimise.folder.write_search_page", lambda _, __, path, ___: path.write_text("")
    )  # pictures take long
    out = tmp_path / "out"
    found = search_layouts(study, out, here, evaluate=bowl)
    result = search_finer(study, found, out, here, evaluate=bowl)
    assert {one.name for one in (out / "finer/best").iterdir()} == {"comb.yaml"}
    assert [trial["values"]["resistance"]["value"] for trial in told_of(out / "finer")["designs"]["comb"]["best"]] == [
        result.best("comb")[0].value("resistance")
    ]
    assert told_of(out)["designs"]["comb"]["trials"] == 12
    assert told_of(out / "finer")["designs"]["comb"]["trials"] == 2
    [told] = told_of(out)["remarks"]
    assert told.startswith(f"{result.best('comb')[0].name}, run again")


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("finer: 1", "greater than or equal to 2"),
        ("objectives: {resistance: minimise, size: minimise}", "Pareto front"),
    ],
)
def test_a_check_that_makes_no_sense_is_refused(tmp_path: Path, stated: str, told: str) -> None:
    key = stated.partition(":")[0]
    lines = [line for line in FINER.splitlines() if not line.startswith(key)]
    with pytest.raises(InputError, match=told):
        load_study(write_study(tmp_path, "\n".join([*lines, stated])))
