"""Searches: who proposes, what is kept, what is written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from microfem.base.errors import MicrofemError
from microfem.optimise.designs_of_experiments import sample_space
from microfem.optimise.indices import base_points, write_indices
from microfem.optimise.ledger import OUTCOME, RETRY
from microfem.optimise.search import search_layouts
from microfem.optimise.space import place, varied
from microfem.optimise.storage import open_storage
from microfem.optimise.trial import evaluate
from microfem.results.trials import TrialOutcome
from microfem.study.design import load_geometry
from support.commands import Command
from support.records import metric
from support.searching import STUDY, Here, bowl, here, told_of
from support.studies import study_of


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the page, whose pictures take half a second."""
    monkeypatch.setattr("microfem.optimise.folder.write_search_page", lambda _, __, path, ___: path.write_text(""))


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
    assert table["resistance error"] == [one.outcome.values["resistance"].error for one in found.trials]
    assert all((out / f"trials/comb-{n:05d}/field.vtkhdf").is_file() for n in range(5))
    [best] = found.shown("comb")
    again = load_geometry(out / "best/comb.yaml")
    assert again.params == varied(study.designs["comb"], found.search.spaces["comb"], best.chosen).params
    summary = told_of(out)
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
    with pytest.raises(MicrofemError, match="holds files that do not belong to a search"):
        search_layouts(study_of(tmp_path, STUDY), tmp_path / "out", here, evaluate=bowl)
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["thesis.tex"]


@pytest.mark.usefixtures("undrawn")
def test_two_searches_do_not_work_on_one_folder(tmp_path: Path) -> None:
    def second(*_: object) -> TrialOutcome:
        with pytest.raises(MicrofemError, match="is in use by another run"):
            search_layouts(study_of(tmp_path, STUDY), tmp_path / "out", here, evaluate=bowl)
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
    with pytest.raises(MicrofemError, match="SQLite is refused: it does not support concurrent writers"):
        search_layouts(study_of(tmp_path, STUDY), tmp_path / "out", here, storage="sqlite:///x.db", evaluate=bowl)


# sweeps, indices


@pytest.mark.parametrize("method", ["grid", "lhs", "sobol"])
def test_a_sweep_runs_what_it_spreads_and_needs_no_objective(tmp_path: Path, method: str) -> None:
    study = study_of(tmp_path, STUDY.replace("objectives: {resistance: minimise}\n", ""))
    assert study.search is not None
    points = {"comb": sample_space(study.search.spaces["comb"], method, 9, 0)}
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
        values = {"resistance": metric(3.0 * gap + width, error=0.0), "size": metric(2.0, error=0.0)}
        return TrialOutcome(status="ok", values=values)

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
    study = study_of(tmp_path, STUDY)
    assert study.search is not None
    space = study.search.spaces["comb"]
    with pytest.raises(MicrofemError, match="must be a power of two for Sobol indices, such as 128, got 100"):
        base_points(space, 100, 0)
    points = {"comb": base_points(space, 2, 0)}
    found = search_layouts(
        study, tmp_path / "out", here, points=points, evaluate=lambda *_: TrialOutcome(status="failed", message="no")
    )
    with pytest.raises(MicrofemError, match="8 of 8 designs of comb failed, and the indices need all of them"):
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
        search_layouts(study_of(tmp_path, STUDY), tmp_path / "out", here, evaluate=bowl)
