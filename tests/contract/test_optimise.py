"""Searches: what a study may seek, who proposes, what is kept, what is written."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest
from conftest import Command
from searching import STUDY, Here, bowl, here, study_of

from microfem.base.errors import InputError, MicrofemError
from microfem.optimise.best import front, ranked, ties
from microfem.optimise.designs_of_experiments import spread
from microfem.optimise.indices import base_points, write_indices
from microfem.optimise.ledger import OUTCOME, RETRY, open_storage
from microfem.optimise.search import search_layouts
from microfem.optimise.space import at, place, stated, varied
from microfem.optimise.trial import Trial, TrialOutcome, evaluate
from microfem.study.design import load_geometry
from microfem.study.records import Choice, Constraint, Range, SearchSpace

WIDE = SearchSpace({"gap": Range(20.0, 200.0, log=True), "finger_pairs": Range(1, 4, whole=True),
              "pattern": Choice(("a", "b", "c"))}, {})  # fmt: skip
SPACE_KEYS = "    gap: {low: 20 um, high: 400 um, log: true}\n"


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the page, whose pictures take half a second."""
    monkeypatch.setattr("microfem.optimise.page.write_page", lambda _, path: path.write_text(""))


# what a study may say


def test_a_study_says_what_it_seeks(tmp_path: Path) -> None:
    text = STUDY.replace("budget: {trials: 12}", "budget: {trials: 7, time: 2 h}\nconstraints: {size: {max: 50 mm2}}")
    search = study_of(tmp_path, text).search
    assert search is not None
    assert search.spaces["comb"].free == {"gap": Range(20.0, 400.0, log=True), "anode_width": Range(50.0, 400.0)}
    assert search.spaces["comb"].ties == {"cathode_width": "anode_width"}
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
        ("low: 20 um", "low: 0.1 um", "space.comb.gap.low: 0.1 um is below its bound, 0.5 um"),
        ("low: 20 um", "low: 500 um", "space.comb.gap: low must be below high, got 500 and 400"),
        ("log: true", "logs: true", "space.comb.gap.logs: unknown key; did you mean 'log'?"),
        ("log: true", "log: 1", "space.comb.gap.log: expected true or false, got 1"),
        (SPACE_KEYS, "    gap: {low: 20 um}\n", "space.comb.gap: the key 'high' is missing"),
        (SPACE_KEYS, "    gap: [20 um, 20 um]\n", "a choice is of two different values at least"),
        (SPACE_KEYS, "    margin: {low: 0 um, high: 9 um, log: true}\n", "a logarithm needs low above 0, got 0"),
        (SPACE_KEYS, "    finger_pairs: {low: 1.5, high: 3}\n", "expected a whole number, got 1.5"),
        (SPACE_KEYS, "    gap: 7\n", "expected a range such as {low: 1, high: 2}, a list of values or another"),
        ("anode_width\nobj", "anode_with\nobj", "got 'anode_with'; did you mean 'anode_width'?"),
        ("anode_width\nobj", "cathode_width\nobj", "not to itself or to a tied one"),
        ("anode_width\nobj", "finger_pairs\nobj", "'finger_pairs' is not of the same kind as 'cathode_width'"),
        ("{resistance: minimise}", "{resistnce: minimise}", "no metric 'resistnce'; did you mean 'resistance'?"),
        ("{resistance: minimise}", "{resistance: smallest}", "objectives.resistance: input should be 'minimise' or"),
        ("{trials: 12}", "{trails: 12}", "budget.trails: unknown key; did you mean 'trials'?"),
        ("budget:", "constraints: {size: {max: 3 mm}}\nbudget:", "constraints.size: 'mm' is not a unit of the same"),
        ("budget:", "constraints: {size: {}}\nbudget:", "constraints.size: state min, max or both"),
        ("{resistance: minimise}", "{resistance: minimise, size: minimise}\nsampler: cma-es", "cma-es is for one obj"),
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
    with pytest.raises(InputError, match="objectives: nothing is sought: state under space"):
        study_of(tmp_path, STUDY[: STUDY.index("space:")] + "objectives: {resistance: minimise}\n")


# spaces


@pytest.mark.parametrize("point", [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.3, 0.6, 0.5)])
def test_points_of_the_cube_are_values_of_the_space(point: tuple[float, ...]) -> None:
    chosen = at(WIDE, point)
    assert chosen["gap"] == pytest.approx(20.0 * 10.0 ** point[0])
    assert chosen["finger_pairs"] in (1, 2, 3, 4)
    assert at(WIDE, place(WIDE, chosen)) == pytest.approx(chosen)


def test_whole_numbers_and_choices_are_equally_likely() -> None:
    many = spread(WIDE, "lhs", 1200, 0)
    for name, values in (("finger_pairs", (1, 2, 3, 4)), ("pattern", ("a", "b", "c"))):
        counts = [sum(one[name] == value for one in many) for value in values]
        assert max(counts) - min(counts) <= 2


def test_ties_follow_and_the_rest_stays(tmp_path: Path) -> None:
    study = study_of(tmp_path)
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
    found = spread(space, "grid", samples, 0)
    assert len(found) == len({tuple(one.values()) for one in found}) == size
    assert {20.0, 200.0} <= {one["gap"] for one in found}


# the best


def trial(number: int, *values: float, error: float = 0.0, excess: float = 0.0, status: str = "ok") -> Trial:
    told = {name: {"value": one, "unit": "1", "error": error} for name, one in zip("ab", values, strict=False)}
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


# searches


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("sampler", ["tpe", "cma-es", "random", "sobol"])
def test_samplers_find_what_is_best(tmp_path: Path, sampler: str) -> None:
    text = STUDY.replace("{trials: 12}", f"{{trials: 50}}\nsampler: {sampler}")
    found = search_layouts(study_of(tmp_path, text), tmp_path / "out", here, evaluate=bowl)
    assert len(found.of("comb")) == 50
    [best] = found.shown("comb")
    assert best.value("resistance") < (1.01 if sampler in ("tpe", "cma-es") else 1.1)
    assert found.trials[0].chosen == {"gap": 100.0, "anode_width": 300.0}  # as the file states it


@pytest.mark.usefixtures("undrawn")
def test_constraints_hold_of_the_best(tmp_path: Path) -> None:
    text = STUDY.replace("{trials: 12}", "{trials: 40}\nconstraints: {size: {max: 1 mm2}}")
    found = search_layouts(study_of(tmp_path, text), tmp_path / "out", here, evaluate=bowl)
    [best] = found.shown("comb")
    assert 80.0 < best.chosen["anode_width"] <= 100.0  # type: ignore[operator]
    assert any(not one.good for one in found.trials)


def test_several_objectives_give_a_front(tmp_path: Path) -> None:
    text = STUDY.replace("{resistance: minimise}", "{resistance: minimise, capacity: maximise}")
    found = search_layouts(study_of(tmp_path, text, "budget.trials=40"), tmp_path / "out", here, evaluate=bowl)
    best = found.shown("comb")
    assert len(best) > 2
    assert sorted(one.value("capacity") for one in best) == [one.value("capacity") for one in best]
    files = sorted(one.name for one in (tmp_path / "out/best").iterdir())
    assert files == sorted(f"{one.name}.yaml" for one in best)
    assert "Pareto front" in (tmp_path / "out/index.html").read_text()


def test_a_search_of_real_designs_writes_tables_and_layouts_that_can_be_used(tmp_path: Path, microfem: Command) -> None:
    import pyarrow.parquet as parquet

    study, out = study_of(tmp_path, STUDY, "budget.trials=5"), tmp_path / "out"
    found = search_layouts(study, out, here)
    rows = list(csv.DictReader((out / "trials.csv").read_text().splitlines()))
    assert [row["trial"] for row in rows] == [f"comb-{n:05d}" for n in range(5)]
    table = parquet.read_table(out / "trials.parquet").to_pydict()
    assert table["gap [um]"] == [float(row["gap [um]"]) for row in rows]
    assert table["resistance [ohm m]"] == [one.value("resistance") for one in found.trials]
    assert table["resistance error"] == [one.outcome.values["resistance"]["error"] for one in found.trials]
    assert all((out / f"trials/comb-{n:05d}/field.vtkhdf").is_file() for n in range(5))
    [best] = found.shown("comb")
    again = load_geometry(out / "best/comb.yaml")
    assert again.params == varied(study.designs["comb"], found.search.spaces["comb"], best.chosen).params
    summary = json.loads((out / "summary.json").read_text())
    assert summary["designs"]["comb"]["best"][0]["trial"] == best.name
    assert summary["references"]["plain"]["status"] == "ok"
    stamp = (out / "index.html").stat().st_mtime_ns
    heard = microfem("optimise", tmp_path / "study.yaml", "-o", out, "--set", "budget.trials=5")
    assert heard.status == 0
    assert "nothing to do" in heard.err
    assert best.name in heard.out
    assert (out / "index.html").stat().st_mtime_ns == stamp


@pytest.mark.usefixtures("undrawn")
def test_a_larger_budget_goes_on_where_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = search_layouts(study_of(tmp_path, STUDY, "budget.trials=6"), out, here, evaluate=bowl)
    second = search_layouts(study_of(tmp_path, STUDY, "budget.trials=9"), out, here, evaluate=bowl)
    assert second.trials[:6] == first.trials
    assert len({tuple(one.chosen.values()) for one in second.trials}) == 9  # not the same proposals again


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("change", "key"),
    [("designs.comb.params.finger_pairs=2", "designs"), ("space.comb.gap.low=30um", "space"), ("seed=1", "sampler"),
     ("objectives.resistance=maximise", "objectives"), ("fabrication=inkjet", "fabrication"),
     ("sampler=random", "sampler")],
)  # fmt: skip
def test_another_search_does_not_go_into_the_same_folder(tmp_path: Path, change: str, key: str) -> None:
    search_layouts(study_of(tmp_path, STUDY, "budget.trials=1"), tmp_path / "out", here, evaluate=bowl)
    with pytest.raises(MicrofemError, match=rf"holds another search \({key} changed\); name another folder with -o"):
        search_layouts(study_of(tmp_path, STUDY, change), tmp_path / "out", here, evaluate=bowl)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("")
    with pytest.raises(MicrofemError, match="holds files that are not of a search"):
        search_layouts(study_of(tmp_path), tmp_path / "out", here, evaluate=bowl)
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["thesis.tex"]


@pytest.mark.usefixtures("undrawn")
def test_two_searches_do_not_work_on_one_folder(tmp_path: Path) -> None:
    def second(*_: object) -> TrialOutcome:
        with pytest.raises(MicrofemError, match="another run is at work on"):
            search_layouts(study_of(tmp_path), tmp_path / "out", here, evaluate=bowl)
        return TrialOutcome(status="failed", message="as asked")

    found = search_layouts(study_of(tmp_path, STUDY, "budget.trials=1"), tmp_path / "out", here, evaluate=second)
    assert [one.outcome.message for one in found.trials] == ["as asked"]


def test_a_layout_that_cannot_be_made_costs_no_worker(tmp_path: Path) -> None:
    """Fingers that are shorter than the gap at their tips."""
    text = STUDY.replace(
        "    anode_width: {", "    finger_length: {low: 10 um, high: 1 mm, log: true}\n    anode_width: {"
    )
    ran: list[float] = []

    def note(study: object, design: object, folder: object) -> TrialOutcome:
        ran.append(design.params["finger_length"] - design.params["gap"])  # type: ignore[attr-defined]
        return bowl(study, design, folder)  # type: ignore[arg-type]

    found = search_layouts(study_of(tmp_path, text, "budget.trials=30"), tmp_path / "out", here, evaluate=note)
    failed = [one for one in found.trials if one.outcome.status != "ok"]
    assert failed
    assert all("finger_length" in one.outcome.message for one in failed)
    assert min(ran) > 0.0
    assert len(ran) - 1 == len(found.trials) - len(failed)  # and the one that does not vary
    assert "do not interleave" in (tmp_path / "out/index.html").read_text()


@pytest.mark.usefixtures("undrawn")
def test_a_layout_beyond_the_technique_costs_no_worker_and_is_never_the_best(tmp_path: Path) -> None:
    """Laser scribing leaves no gap below 100 um; the resistance would be least at 60 um."""
    text = STUDY.replace("{trials: 12}", "{trials: 40}\nfabrication: laser_scribing")
    study = study_of(tmp_path, text)
    assert study.fabrication is not None
    least, slim = (study.fabrication.limits[name].value for name in ("minimum_gap", "minimum_width"))
    ran: list[float] = []

    def note(study: object, design: object, folder: object) -> TrialOutcome:
        ran.append(design.params["gap"])  # type: ignore[attr-defined]
        return bowl(study, design, folder)  # type: ignore[arg-type]

    found = search_layouts(study, tmp_path / "out", here, evaluate=note)
    refused = [one for one in found.trials if one.outcome.status != "ok"]
    assert len(refused) > 3
    for one in refused:
        assert ("minimum_gap" in one.outcome.message) == (one.chosen["gap"] < least)
        assert ("minimum_width" in one.outcome.message) == (one.chosen["anode_width"] < slim)
    assert len(ran) - 1 == len(found.trials) - len(refused)
    assert min(ran) > 0.99 * least
    [best] = found.shown("comb")
    assert best.chosen["gap"] == pytest.approx(least, rel=0.1)


@pytest.mark.usefixtures("undrawn")
def test_an_objective_that_is_refused_is_a_failure(tmp_path: Path) -> None:
    text = STUDY.replace("capacity: areal_capacity()", "peak: current_max_over_mean(field)")
    found = search_layouts(study_of(tmp_path, text.replace("{resistance: m", "{peak: m"), "budget.trials=1"),
                           tmp_path / "out", here)  # fmt: skip
    [one] = found.trials
    assert one.outcome.status == "failed"
    assert one.outcome.message.startswith("peak: current_max_over_mean is refused")


def killed_while_running(folder: Path, found: bool) -> tuple[Path, int]:
    """Leave a search as a driver that was killed does, a trial asked for and not told; `found`: its folder is there."""
    study, out = study_of(folder, STUDY, "budget.trials=4"), folder / "out"

    class Killed(Exception):
        pass

    def third(study: object, design: object, to: Path) -> TrialOutcome:
        if to.name == "comb-00002":
            if found:
                evaluate(study, design, to)  # type: ignore[arg-type]
            raise Killed
        return evaluate(study, design, to)  # type: ignore[arg-type]

    with pytest.raises(Killed):
        search_layouts(study, out, lambda: one_at_a_time(), evaluate=third)
    return out, 2


def one_at_a_time():  # type: ignore[no-untyped-def]
    from contextlib import nullcontext

    return nullcontext(Here(1))


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("found", [False, True])
@pytest.mark.parametrize("again", [1, 2])
def test_what_was_running_runs_once_more_unless_it_was_finished(tmp_path: Path, found: bool, again: int) -> None:
    import optuna

    out, number = killed_while_running(tmp_path, found)
    study = study_of(tmp_path, STUDY, "budget.trials=4")
    with open(out / "journal.log", "ab") as journal:
        journal.write(b'{"op_code": 8, "worker')  # as a driver that was killed while writing leaves it
    for _ in range(again):
        search_layouts(study, out, one_at_a_time)
    storage = open_storage(out, "")
    [name] = optuna.get_all_study_names(storage)
    kept = optuna.load_study(study_name=name, storage=storage).get_trials()
    retries = [one for one in kept if one.user_attrs.get(RETRY) == number]
    assert len(retries) == (0 if found else 1)
    assert kept[number].state.name == ("COMPLETE" if found else "FAIL")
    assert [one.params for one in retries] == ([] if found else [kept[number].params])
    assert sum(one.state.name == "COMPLETE" for one in kept) == 4
    assert sum(OUTCOME in one.user_attrs for one in kept) == 4


def test_a_database_that_drivers_share_cannot_be_sqlite(tmp_path: Path) -> None:
    with pytest.raises(MicrofemError, match="SQLite does not stand several commands"):
        search_layouts(study_of(tmp_path), tmp_path / "out", here, storage="sqlite:///x.db", evaluate=bowl)


# sweeps, indices


@pytest.mark.parametrize("method", ["grid", "lhs", "sobol"])
def test_a_sweep_runs_what_it_spreads_and_needs_no_objective(tmp_path: Path, method: str) -> None:
    study = study_of(tmp_path, STUDY.replace("objectives: {resistance: minimise}\n", ""))
    assert study.search is not None
    points = {"comb": spread(study.search.spaces["comb"], method, 9, 0)}
    found = search_layouts(study, tmp_path / "out", here, points=points, evaluate=bowl)
    assert [one.chosen for one in found.trials] == points["comb"]
    assert len((tmp_path / "out/trials.csv").read_text().splitlines()) == 10
    assert list((tmp_path / "out/best").iterdir()) == []


@pytest.mark.usefixtures("undrawn")
def test_indices_are_the_shares_of_the_variance(tmp_path: Path) -> None:
    """Y = 3 a + b over the unit square: a has 9 tenths of the variance, b one tenth, and they do not act together."""
    study = study_of(tmp_path, STUDY.replace("log: true", "log: false"))
    assert study.search is not None
    space = study.search.spaces["comb"]

    def line(study: object, design: object, folder: object) -> TrialOutcome:
        params = design.params  # type: ignore[attr-defined]
        gap, width = place(space, {name: params[name] for name in space.free})
        return TrialOutcome(status="ok", values={"resistance": {"value": 3.0 * gap + width, "unit": "1", "error": 0.0},
                                     "size": {"value": 2.0, "unit": "1", "error": 0.0}})  # fmt: skip

    points = {"comb": base_points(space, 64, 0)}
    found = search_layouts(study, tmp_path / "out", here, points=points, evaluate=line)
    rows = write_indices(found, tmp_path / "out", points)
    assert {(row.metric, row.parameter) for row in rows} == {("resistance", "gap"), ("resistance", "anode_width")}
    for row, share in zip(rows, (0.9, 0.1), strict=True):
        assert row.first == pytest.approx(share, abs=0.05)
        assert row.total == pytest.approx(share, abs=0.05)
    assert (tmp_path / "out/sensitivity.csv").read_text().startswith("design,metric,parameter,first,first_error,total,")


@pytest.mark.usefixtures("undrawn")
def test_indices_need_every_design_and_a_power_of_two(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    assert study.search is not None
    space = study.search.spaces["comb"]
    with pytest.raises(MicrofemError, match="must be a power of two for Sobol indices, such as 128, got 100"):
        base_points(space, 100, 0)
    points = {"comb": base_points(space, 2, 0)}
    found = search_layouts(
        study, tmp_path / "out", here, points=points, evaluate=lambda *_: TrialOutcome(status="failed", message="no")
    )
    with pytest.raises(MicrofemError, match="8 of 8 designs of comb failed, and indices need all of them"):
        write_indices(found, tmp_path / "out", points)


# commands


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["optimise", "STUDY", "--scheduler", "tcp://127.0.0.1:1", "--slurm", "cpus=1"], "do not go together"),
        (["optimise", "STUDY", "-o", "out", "--slurm", "cpu=1"], "--slurm: expected cpus=..,memory=.."),
        (["optimise", "STUDY", "-o", "out", "--slurm", "cpus=2,memory=4GB"], "state cpus, memory and time"),
        (["optimise", "STUDY", "-o", "out", "--slurm", "cpus=x,memory=4GB,time=1"], "cpus must be a whole number"),
        (["sweep", "STUDY", "--method", "gird"], "unknown method 'gird'; did you mean 'grid'?"),
        (["sensitivity", "STUDY", "--samples", "100"], "--samples must be a power of two"),
        (["optimise", "PLAIN"], "states no space; state which parameters may vary"),
        (["optimise", "STUDY", "--set", "objectives={}"], "states no objectives"),
    ],
)
def test_wrong_searches_end_with_2_and_say_what_is_wrong(
    tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "STUDY").write_text(STUDY)
    (tmp_path / "PLAIN").write_text(STUDY[: STUDY.index("space:")])
    ended = microfem(*arguments)
    assert (ended.status, ended.out) == (2, "")
    assert told in ended.err


def test_a_missing_library_is_named_with_what_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MicrofemError, match=r"install them with: pip install 'microfem\[optimise\]'"):
        search_layouts(study_of(tmp_path), tmp_path / "out", here, evaluate=bowl)
