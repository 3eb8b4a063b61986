"""Several commands on one database: one search, one budget, and nothing that a killed command holds for ever."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from microfem.base.errors import MicrofemError
from microfem.optimise import team
from microfem.optimise.ledger import COMMAND, OUTCOME, RETRY, Ledger
from microfem.optimise.screen import search_screened
from microfem.optimise.search import search_layouts, search_of
from microfem.optimise.storage import open_storage
from microfem.results.trials import TrialOutcome
from microfem.study.design import Design
from microfem.study.records import Study
from support.commands import command_line
from support.postgres import Server, postgres
from support.records import metric
from support.searching import STUDY, bowl, here, told_of
from support.studies import study_of, write_study

OK = TrialOutcome(status="ok", values={"resistance": metric(1.0)})


@pytest.fixture
def storage() -> Any:
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.storages.InMemoryStorage()


def ledger_of(storage: Any, folder: Path, command: str, points: list[dict[str, Any]] | None = None) -> Ledger:
    """Return what one command of two knows of a search with 12 trials."""
    search = search_of(study_of(folder, STUDY, "sampler=random"))
    return Ledger(storage, "shared", "comb", search, command, points)


def test_commands_share_one_budget_and_know_all_trials(storage: Any, tmp_path: Path) -> None:
    one, other = ledger_of(storage, tmp_path, "a:/one"), ledger_of(storage, tmp_path, "b:/other")
    assert (one.created, other.created) == (True, False)
    while True:
        running = []
        for ledger in (one, other):
            ledger.look()
            if ledger.left():
                running.append((ledger, *ledger.ask()))
        if not running:
            break
        for ledger, number, chosen in running:
            ledger.tell(number, chosen, OK)
    assert one.count == other.count == 12
    assert [len([trial for trial in each.trials if not trial.by]) for each in (one, other)] == [6, 6]
    assert {trial.by for trial in one.trials} == {"", "b:/other"}
    assert {trial.by for trial in other.trials} == {"", "a:/one"}
    assert len({trial.chosen["gap"] for trial in one.trials}) == 12  # neither proposes what the other does


def test_points_to_try_are_shared_too(storage: Any, tmp_path: Path) -> None:
    points = [{"gap": gap, "anode_width": 100.0} for gap in (50.0, 60.0, 60.0, 70.0)]
    one, other = ledger_of(storage, tmp_path, "a:/one", points), ledger_of(storage, tmp_path, "b:/other", points)
    asked = []
    for ledger in (one, other, one, other):
        ledger.look()
        asked.append(ledger.ask()[1])
    assert asked == points
    assert (one.look(), one.left(), other.left()) == ([], False, False)


def test_trials_of_a_killed_command_run_again_elsewhere(
    storage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, other = ledger_of(storage, tmp_path, "a:/killed"), ledger_of(storage, tmp_path, "b:/other")
    number, chosen = killed.ask()
    for _ in range(2):
        other.look()
        assert other.elsewhere == {number: chosen}  # for now it counts
    monkeypatch.setattr(team, "LOST", -1.0)
    other.look()
    assert other.elsewhere == {}
    assert other.ask()[1] == chosen
    assert killed.tell(number, chosen, OK) is None  # it was only asleep
    retries = [one for one in other.study.get_trials() if RETRY in one.user_attrs]
    assert [(one.user_attrs[RETRY], one.params) for one in retries] == [(number, chosen)]


def test_a_command_that_was_killed_before_it_signed_is_lost_as_well(
    storage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, other = ledger_of(storage, tmp_path, "a:/killed"), ledger_of(storage, tmp_path, "b:/other")
    killed.study.ask()  # without its name
    monkeypatch.setattr(team, "LOST", -1.0)
    other.look()
    assert (other.elsewhere, other.count) == ({}, 0)


def test_the_driver_of_postgresql_is_named_with_what_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MicrofemError, match=r"install them with: pip install 'microfem\[postgresql\]'"):
        open_storage(tmp_path, "postgresql://team@127.0.0.1/none")


def test_what_is_no_address_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(MicrofemError, match=r"^--storage: expected an address such as postgresql://") as told:
        open_storage(tmp_path, "team:secret@somewhere")
    assert "secret" not in str(told.value)


def test_gradients_are_not_shared(tmp_path: Path) -> None:
    with pytest.raises(MicrofemError, match="the sampler gradient descends in one command; leave --storage out"):
        search_layouts(study_of(tmp_path, STUDY, "sampler=gradient"), tmp_path / "out", here, storage="postgresql://x")


# a server


@pytest.fixture
def server() -> Iterator[Server]:
    with postgres() as started:
        yield started


def kept(url: str, folder: Path) -> list[Any]:
    """Return the trials in the database."""
    import optuna

    storage = open_storage(folder, url)
    [name] = optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=name, storage=storage).get_trials()


@pytest.mark.slow
def test_two_commands_at_once_on_an_empty_database(server: Server, tmp_path: Path) -> None:
    """They made 48 trials of 24, and one of them died of the tables that the other made."""
    study = write_study(tmp_path, STUDY)
    outs = [tmp_path / "one", tmp_path / "other"]
    commands = [command_line("optimise", study, "-o", out, "--jobs", 2, "--storage", server.url) for out in outs]
    running = [subprocess.Popen(one, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for one in commands]
    told = [one.communicate(timeout=300.0) for one in running]
    assert [one.returncode for one in running] == [0, 0], told
    trials = kept(server.url, tmp_path)
    assert {one.state.name for one in trials} == {"COMPLETE"}
    assert 12 <= len(trials) <= 12 + 4  # one that each worker began when the other did not know of it
    assert len({tuple(one.params.values()) for one in trials}) == len(trials)
    share = [{path.name for path in (out / "trials").glob("comb-*")} for out in outs]
    assert all(share)
    assert share[0] | share[1] == {f"comb-{one.number:05d}" for one in trials}
    assert not share[0] & share[1]
    for out, own, other, (printed, _) in zip(outs, share, share[::-1], told, strict=True):
        assert told_of(out)["designs"]["comb"]["trials"] == len(trials)
        assert told_of(out)["over"]
        assert len((out / "trials.csv").read_text().splitlines()) == 1 + len(own) + len(other)
        assert f"{len(other)} of them ran in {team.command_name(outs[outs[0] == out])}" in printed
    for out, (_, said) in zip(outs, told, strict=True):
        assert "Traceback" not in said
        again = subprocess.run(commands[outs.index(out)], text=True, capture_output=True, check=True, timeout=300.0)
        assert "nothing to do" in again.stderr
    assert len(kept(server.url, tmp_path)) == len(trials)


@pytest.mark.slow
def test_tables_are_made_by_many_at_once(server: Server, tmp_path: Path) -> None:
    study = study_of(tmp_path, STUDY)

    def begin(number: int) -> bool:
        storage = open_storage(tmp_path, server.url)
        return Ledger(storage, "shared", "comb", search_of(study), f"a:/{number}").created

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(begin, range(8)))
    assert sorted(created) == [False] * 7 + [True]


@pytest.mark.slow
def test_a_search_takes_over_what_a_killed_command_ran(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, asked = study_of(tmp_path, STUDY), []

    class Killed(Exception):
        pass

    def third(study: Study, design: Design, folder: Path) -> TrialOutcome:
        asked.append(dict(design.params))
        if folder.name == "comb-00002":
            raise Killed
        return bowl(study, design, folder)

    with pytest.raises(Killed):
        search_layouts(study, tmp_path / "killed", here, storage=server.url, evaluate=third)
    monkeypatch.setattr(team, "LOST", 2.0)
    found = search_layouts(study, tmp_path / "other", here, storage=server.url, evaluate=bowl)
    trials = kept(server.url, tmp_path)
    assert len(found.trials) == 12 == sum(OUTCOME in one.user_attrs for one in trials)
    held = [one.number for one in trials if one.state.name == "FAIL"]
    assert sorted(one.user_attrs[RETRY] for one in trials if RETRY in one.user_attrs) == held
    assert {one.user_attrs[COMMAND] for one in trials} == {team.command_name(tmp_path / name)
                                                          for name in ("killed", "other")}  # fmt: skip


@pytest.mark.slow
def test_a_screen_and_its_confirmation_are_shared(server: Server, tmp_path: Path) -> None:
    finer = "  finer: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}\n"
    text = STUDY.replace("cases:\n", f"cases:\n{finer}").replace("metrics: {", "metrics: {finer: resistance(finer), ")
    text = text.replace("objectives: {resistance: minimise}", "objectives: {finer: minimise}")
    study = study_of(tmp_path, f"{text}screen: {{metrics: {{finer: resistance}}, confirm: 3}}\n", "budget.trials=4")
    (first, _), (second, _) = (search_screened(study, tmp_path / name, here, server.url) for name in ("one", "other"))
    assert [(one.name, one.chosen, one.by) for one in first.trials] == [
        (f"comb-{number:05d}", first.trials[number].chosen, "") for number in range(3)
    ]
    assert [one.chosen for one in second.trials] == [one.chosen for one in first.trials]
    assert {one.by for one in second.trials} == {team.command_name(tmp_path / "one/confirmed")}
    assert not [*(tmp_path / "other").glob("trials/comb-*"), *(tmp_path / "other").glob("confirmed/trials/comb-*")]


@pytest.mark.slow
def test_a_database_that_stops_is_told_and_the_search_resumes(server: Server, tmp_path: Path) -> None:
    study = study_of(tmp_path, STUDY)

    def stopping(study: Study, design: Design, folder: Path) -> TrialOutcome:
        if folder.name == "comb-00005":
            server.stop()
        return bowl(study, design, folder)

    place = f"127.0.0.1:{server.port}/postgres"
    with pytest.raises(MicrofemError, match=f"^the storage {place} is gone; the same command resumes: "):
        search_layouts(study, tmp_path / "out", here, storage=server.url, evaluate=stopping)
    with pytest.raises(MicrofemError, match=f"^the storage {place} cannot be used: .*refused"):
        search_layouts(study, tmp_path / "out", here, storage=server.url, evaluate=bowl)
    server.start()
    wrong = server.url.replace("team:", "team:x")
    with pytest.raises(MicrofemError, match=f"^the storage {place} cannot be used: .*password") as told:
        search_layouts(study, tmp_path / "out", here, storage=wrong, evaluate=bowl)
    assert "s3cret" not in str(told.value)
    assert len(search_layouts(study, tmp_path / "out", here, storage=server.url, evaluate=bowl).trials) == 12
