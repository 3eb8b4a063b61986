"""Runs on disk: what a folder of results holds, what is re-used, and what is left when a run is stopped."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Command

from microfem.base.errors import MicrofemError
from microfem.base.progress import listening
from microfem.base.units import parse_unit
from microfem.render.stored import read_case
from microfem.results import store
from microfem.results.comparison import notes
from microfem.results.store import workspace, write_text
from microfem.run.study import run_study
from microfem.study.reader import load_study

STUDY = """\
name: two
source: a test
designs:
  near: {family: interdigital, params: {finger_pairs: 1, gap: 200 um}}
  far: {family: interdigital, params: {finger_pairs: 1, gap: 300 um}}
accuracy: 5 %
cases:
  result: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
metrics: {resistance: resistance(result), peak: current_max_over_mean(result), size: footprint()}
views:
  - {case: result, field: potential}
  - {case: result, field: energy_density, log: true}
"""
RUN = [sys.executable, "-c", "from microfem.cli.main import main; main()", "run"]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the study and its results, which no test changes."""
    folder = tmp_path_factory.mktemp("fresh")
    (folder / "study.yaml").write_text(STUDY)
    run_study(load_study(folder / "study.yaml"), folder / "out")
    return folder


@pytest.fixture
def done(fresh: Path, tmp_path: Path) -> Path:
    """Return a copy of the results to change."""
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    return tmp_path / "out"


def summary_of(out: Path) -> Any:
    return json.loads((out / "summary.json").read_text())


def finished(out: Path) -> dict[str, int]:
    """Return when each design's result was written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in out.glob("designs/*/result.json")}


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def wait_for(condition: Callable[[], bool], run: subprocess.Popen[str]) -> None:
    limit = time.monotonic() + 60.0
    while not condition():
        assert run.poll() is None, run.communicate()[1]
        assert time.monotonic() < limit
        time.sleep(0.01)


def start(study: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    command = [*RUN, str(study), "-o", str(out), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


# what there is


def test_summary_has_its_shape(fresh: Path) -> None:
    told = summary_of(fresh / "out")
    assert told["study"] == "two"
    assert {"microfem", "numpy", "gmsh", "python"} <= set(told["versions"])
    assert list(told["designs"]) == ["near", "far"]
    for one in told["designs"].values():
        assert (one["status"], one["message"]) == ("ok", "")
        assert list(one["metrics"]) == ["resistance", "peak", "size"]
        assert set(one["metrics"]["resistance"]) == {"value", "unit", "error", "lower", "upper"}
        assert one["metrics"]["resistance"]["unit"] == "ohm m"
        assert one["metrics"]["size"]["error"] == 0.0
        found = one["metrics"]["resistance"]
        assert found["lower"] < found["value"] < found["upper"]
        assert found["error"] == pytest.approx(0.5 * (found["upper"] - found["lower"]))
        assert "distance^" in one["metrics"]["peak"]["refused"]
        case = one["cases"]["result"]
        assert set(case) >= {"ndofs", "seconds", "residual", "balance_error", "ended"}
        assert case["ndofs"] >= 100
        assert case["ended"] == "within the accuracy"
        assert case["residual"] < 1e-10
        assert case["balance_error"] < 1e-10


def test_refined_until_the_error_is_within_the_accuracy(fresh: Path) -> None:
    for one in summary_of(fresh / "out")["designs"].values():
        resistance = one["metrics"]["resistance"]
        assert 0.0 < resistance["error"] <= 0.05 * resistance["value"]


def test_nothing_but_results_is_left(fresh: Path) -> None:
    assert sorted(path.name for path in fresh.iterdir()) == ["out", "study.yaml"]
    inside = {path.name for path in (fresh / "out").iterdir()}
    assert inside == {"designs", "pictures", "summary.json", "metrics.csv", "index.html", "study.yaml", "run.log"}
    assert not [path for path in (fresh / "out").rglob(".*")]
    assert (fresh / "out/study.yaml").read_text() == STUDY


def test_table_agrees_with_the_summary(fresh: Path) -> None:
    designs = summary_of(fresh / "out")["designs"]
    rows = list(csv.DictReader(io.StringIO((fresh / "out/metrics.csv").read_text())))
    assert [(row["design"], row["metric"]) for row in rows] == [(d, m) for d in designs for m in designs[d]["metrics"]]
    for row in rows:
        one = designs[row["design"]]["metrics"][row["metric"]]
        assert row["unit"] == one["unit"]
        assert row["refused"] == one.get("refused", "")
        assert (float(row["value"]) if row["value"] else None) == one["value"]


def test_fields_are_read_by_pyvista_with_their_units(fresh: Path) -> None:
    import pyvista as pv

    path = fresh / "out/designs/near/result.vtkhdf"
    grid = pv.read(str(path))
    about = json.loads(path.with_suffix(".fields.json").read_text())
    assert set(about["fields"]) == {"potential", "current_density", "electric_field", "energy_density"}
    for name, one in about["fields"].items():
        assert name in grid.array_names
        assert parse_unit(one["unit"]).factor > 0.0
    potential = np.asarray(grid.point_data["potential"])
    assert np.nanmin(potential) == pytest.approx(0.0, abs=1e-12)
    assert np.nanmax(potential) == pytest.approx(1.0, abs=1e-12)
    assert grid.n_cells == summary_of(fresh / "out")["designs"]["near"]["cases"]["result"]["ncells"]
    assert set(np.unique(grid.cell_data["region"])) == set(range(len(about["regions"])))
    assert read_case(path.parent, "result").field("potential") == ("potential", "V")


def test_power_in_the_stored_field_is_that_of_the_terminals(fresh: Path) -> None:
    """Integral of sigma E2 over the cells of the file, against V2 / R of the summary: means of a P1 field are exact."""
    import pyvista as pv

    grid = pv.read(str(fresh / "out/designs/near/result.vtkhdf"))
    area = np.abs(grid.compute_cell_sizes().cell_data["Area"])
    power = np.nansum(area * np.asarray(grid.cell_data["energy_density"])) * 1e-12
    least = summary_of(fresh / "out")["designs"]["near"]["metrics"]["resistance"]["lower"]
    assert power == pytest.approx(1.0 / least, rel=1e-9)  # the stored potential gives the bound


def test_page_needs_nothing_from_elsewhere(fresh: Path) -> None:
    page = (fresh / "out/index.html").read_text()
    assert re.findall(r"(?:src|href)\s*=\s*['\"](?!data:)", page) == []
    assert re.findall(r"https?:", re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)) == []
    assert page.count("data:image/png;base64,") == 1
    for told in ("near", "far", "resistance", "refused", "Ω m", "numpy"):
        assert told in page


@pytest.mark.parametrize("name", ["01-result-potential", "02-result-energy_density", "sheet"])
def test_pictures_show_fields_and_a_bar(fresh: Path, name: str) -> None:
    from matplotlib.image import imread

    image = imread(fresh / f"out/pictures/{name}.png")[..., :3]
    coloured = np.ptp(image, axis=2) > 0.1
    assert coloured.mean() > 0.1
    quarters = [part for half in np.array_split(coloured, 2) for part in np.array_split(half, 2, axis=1)]
    assert min(part.mean() for part in quarters) > 0.05, "panels side by side or one below the other"
    turned = image.swapaxes(0, 1), coloured.T  # bars of flat panels lie below them
    assert max(bar_width(image, coloured), bar_width(*turned)) >= 5, "no colour bar"


def bar_width(image: Any, coloured: Any) -> int:
    """Count the columns at the far side that look like the next one and run through many colours: those of a bar."""
    right = int(0.75 * image.shape[1])
    image, coloured = image[:, right:], coloured[:, right:]
    same = (image[:, 1:] == image[:, :-1]).all(axis=2) & coloured[:, 1:]
    alike = same.sum(axis=0) > 0.8 * np.maximum(coloured[:, 1:].sum(axis=0), 1)
    return sum(len(np.unique(image[same[:, k], k], axis=0)) > 50 for k in np.flatnonzero(alike))


def test_the_picture_check_sees_a_blank_one(tmp_path: Path) -> None:
    from matplotlib.image import imread, imsave

    for name in ("01-result-potential", "sheet"):
        (tmp_path / "out/pictures").mkdir(parents=True, exist_ok=True)
        imsave(tmp_path / f"out/pictures/{name}.png", np.ones((40, 60, 3)))
        assert imread(tmp_path / f"out/pictures/{name}.png").max() == 1.0
        with pytest.raises(AssertionError):
            test_pictures_show_fields_and_a_bar(tmp_path, name)


# what is re-used


def test_a_second_run_does_nothing(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = finished(done)
    said: list[str] = []
    monkeypatch.setattr("microfem.run.study.run_into", lambda *_: pytest.fail("a design was run again"))
    with listening(lambda stage: said.append(str(stage))):
        told = run_study(load_study(done.parent / "study.yaml"), done)
    assert finished(done) == before
    assert told == summary_of(done)
    assert said == [f"nothing to do: {done} is up to date"]


def test_a_changed_design_is_run_alone(done: Path) -> None:
    before = finished(done)
    study = load_study(done.parent / "study.yaml", ["designs.near.params.gap=250um"])
    told = run_study(study, done)
    after = finished(done)
    assert after["far"] == before["far"]
    assert after["near"] > before["near"]
    assert told["designs"]["near"]["metrics"]["size"]["value"] > 0.0
    assert hidden(done.parent) == []


def test_the_same_length_in_another_unit_is_no_change(done: Path) -> None:
    before = finished(done)
    run_study(load_study(done.parent / "study.yaml", ["designs.near.params.gap=0.2 mm"]), done)
    assert finished(done) == before


@pytest.mark.parametrize(
    "change", ["accuracy=4 %", "cases.result.order=2", "designs.near.materials.electrolyte=znso4_2m"]
)
def test_what_a_result_depends_on_changes_its_fingerprint(study: Path, change: str) -> None:
    one, other = load_study(study), load_study(study, [change])
    assert one.fingerprint(one.designs["near"], "1") != other.fingerprint(other.designs["near"], "1")
    assert one.fingerprint(one.designs["near"], "1") != one.fingerprint(one.designs["near"], "2")


def test_a_new_view_draws_without_solving(done: Path) -> None:
    before = finished(done)
    text = STUDY + "  - {case: result, field: electric_field}\n"
    (done.parent / "study.yaml").write_text(text)
    run_study(load_study(done.parent / "study.yaml"), done)
    assert finished(done) == before
    assert (done / "pictures/03-result-electric_field.png").stat().st_size > 10_000


def test_a_design_that_is_dropped_leaves_the_folder(done: Path) -> None:
    near = next(line for line in STUDY.splitlines(True) if line.startswith("  near"))
    (done.parent / "study.yaml").write_text(STUDY.replace(near, ""))
    told = run_study(load_study(done.parent / "study.yaml"), done)
    assert list(told["designs"]) == ["far"]
    assert list(finished(done)) == ["far"]


@pytest.mark.parametrize("lost", ["result.vtkhdf", "result.fields.json"])
def test_a_design_of_which_a_file_is_lost_is_run_again(done: Path, lost: str) -> None:
    before = finished(done)
    (done / "designs/near" / lost).unlink()
    told = run_study(load_study(done.parent / "study.yaml"), done)
    after = finished(done)
    assert (done / "designs/near" / lost).is_file()
    assert (after["far"], told["undrawn"]) == (before["far"], [])
    assert after["near"] > before["near"]


PULLED = """\
name: pulled
designs: {one: {family: interdigital, params: {finger_pairs: 1}}}
accuracy: 50 %
cases:
  pull:
    {physics: hyperelasticity, dimension: plan, order: 1, path: [0.5, 4, 0], steps: 1, load: {stretch: {strain: 5 %}}}
  other: {physics: hyperelasticity, dimension: plan, order: 1, steps: 1, load: {stretch: {strain: 20 %}}}
metrics: {force: axial_force(other)}
"""


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results of two load paths, which are made whole again by each test."""
    folder = tmp_path_factory.mktemp("walked")
    (folder / "study.yaml").write_text(PULLED)
    run_study(load_study(folder / "study.yaml"), folder / "out")
    return folder / "out"


@pytest.mark.parametrize("lost", ["pull.history.csv", "pull.steps.npz"])
def test_a_load_path_of_which_a_file_is_lost_is_walked_again(walked: Path, lost: str) -> None:
    (walked / "designs/one" / lost).unlink()
    run_study(load_study(walked.parent / "study.yaml"), walked)
    assert (walked / "designs/one" / lost).is_file()
    said: list[str] = []
    with listening(lambda stage: said.append(str(stage))):
        run_study(load_study(walked.parent / "study.yaml"), walked)
    assert said == [f"nothing to do: {walked} is up to date"]


def test_cases_of_one_stretch_share_a_note_which_counts_the_path(walked: Path) -> None:
    told = [note for note in notes(summary_of(walked)) if "nominal" in note]
    assert len(told) == 1
    assert told[0].startswith(
        "pull, other: 20 % of nominal strain are 18.2 % of logarithmic and 22 % of Green-Lagrange"
    )


def test_two_processes_give_the_same_numbers(fresh: Path, study: Path) -> None:
    told = run_study(load_study(study), study.parent / "out", jobs=2)
    for name, one in summary_of(fresh / "out")["designs"].items():
        for key in ("resistance", "size"):
            pair = [run["metrics"][key]["value"] for run in (told["designs"][name], one)]
            assert pair[0] == pytest.approx(pair[1], rel=1e-12)
    assert list(told["designs"]) == ["near", "far"]


# what goes wrong


def test_a_design_that_fails_leaves_the_others(done: Path, microfem: Command) -> None:
    before = finished(done)
    made = "materials.inert={density: {value: 1, unit: g/cm3, source: none}}"
    used = "designs.near.materials.electrolyte=inert"
    ended = microfem("run", done.parent / "study.yaml", "-o", done, "--set", made, "--set", used, "-q")
    told = summary_of(done)["designs"]
    assert ended.status == 1
    assert ended.out == ""
    assert ended.err.startswith("near failed: case result: material 'inert' has no conductivity; give one in the study")
    assert (told["near"]["status"], told["far"]["status"]) == ("failed", "ok")
    assert "has no conductivity" in told["near"]["message"]
    solved = [one for one in told["near"]["metrics"].values() if one["value"] is not None and one["error"] != 0.0]
    assert solved == []  # what needs no solve is kept
    assert finished(done)["far"] == before["far"]
    assert "near failed" in (done / "index.html").read_text()
    again = microfem("run", done.parent / "study.yaml", "-o", done, "--set", made, "--set", used, "-q")
    assert again.status == 1
    assert microfem("run", done.parent / "study.yaml", "-o", done, "-q").status == 0
    assert finished(done)["far"] == before["far"]


def test_an_exception_in_a_solve_is_told_and_kept_to_its_design(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from microfem.run import design as run

    whole = run.save_solution

    def broken(path: Path, solution: Any) -> None:
        if "near" in str(path):
            raise ZeroDivisionError("by chance")
        whole(path, solution)

    monkeypatch.setattr(run, "save_solution", broken)
    told = run_study(load_study(study), study.parent / "out")["designs"]
    assert told["near"]["message"] == "internal error, please report it: ZeroDivisionError: by chance"
    assert told["far"]["status"] == "ok"


def test_a_killed_run_leaves_no_results_and_is_taken_up(study: Path) -> None:
    out, work = study.parent / "out", study.parent / ".out.work"
    run = start(study, out)
    wait_for(lambda: (work / "designs/near").is_dir(), run)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    assert not out.exists()
    before = finished(work)
    assert list(before) == ["near"]
    (work / "designs/gone").mkdir()  # as a design that the study no longer has
    told = run_study(load_study(study), out)
    assert finished(out)["near"] == before["near"]
    assert [one["status"] for one in told["designs"].values()] == ["ok", "ok"]
    assert sorted(path.name for path in (out / "designs").iterdir()) == ["far", "near"]
    assert hidden(study.parent) == []


@pytest.mark.parametrize("options", [(), ("--jobs", "2")], ids=["here", "jobs"])
def test_ctrl_c_says_how_to_go_on(study: Path, options: tuple[str, ...]) -> None:
    work = study.parent / ".out.work"
    run = start(study, study.parent / "out", *options)
    wait_for(lambda: any((work / "designs").glob(".*.partial")), run)
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=20)
    assert run.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "stopped; finished designs are kept, the same command goes on from there"
    assert "Traceback" not in err
    assert not (study.parent / "out").exists()


def test_processes_end_with_a_killed_parent(study: Path) -> None:
    work = study.parent / ".out.work"
    run = start(study, study.parent / "out", "--jobs", "2")
    wait_for(lambda: any((work / "designs").glob(".*.partial")), run)
    run.kill()
    run.wait()
    limit = time.monotonic() + 20.0
    while _alive(run.pid):
        assert time.monotonic() < limit, "the pool outlives its parent"
        time.sleep(0.05)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_two_runs_on_one_folder_are_kept_apart(study: Path) -> None:
    out = study.parent / "out"
    with workspace(out), pytest.raises(MicrofemError, match="another run is at work"), workspace(out):
        pass
    with workspace(out):
        second = subprocess.run([*RUN, str(study), "-o", str(out)], capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert second.stderr == f"error: another run is at work on {out}\n"
    with workspace(out) as work:
        assert work.is_dir()


@pytest.mark.parametrize("summary", ['{"mine": 1}', "not json", "[]"])
def test_a_folder_with_a_summary_of_something_else_is_refused(study: Path, microfem: Command, summary: str) -> None:
    out = study.parent / "project"
    out.mkdir()
    (out / "summary.json").write_text(summary)
    ended = microfem("run", study, "-o", out)
    assert (ended.status, (out / "summary.json").read_text()) == (2, summary)
    assert "no microfem results" in ended.err


def test_a_file_put_into_results_is_not_deleted(done: Path, microfem: Command) -> None:
    (done / "notes.txt").write_text("mine")
    ended = microfem("run", done.parent / "study.yaml", "-o", done, "--set", "accuracy=0.3", "-q")
    assert (ended.status, (done / "notes.txt").read_text()) == (2, "mine")
    (done / "notes.txt").unlink()


def test_results_through_a_link_are_written_twice(study: Path, microfem: Command) -> None:
    real, link = study.parent / "real", study.parent / "link"
    real.mkdir()
    link.symlink_to(real)
    assert microfem("run", study, "-o", link, "-q").status == 0
    assert microfem("run", study, "-o", link, "-q", "--set", "accuracy=0.3").status == 0
    assert link.is_symlink()
    assert (real / "summary.json").is_file()


def test_a_picture_that_cannot_be_drawn_costs_no_numbers(study: Path, microfem: Command) -> None:
    study.write_text(study.read_text().replace("anode: 0 V, cathode: 1 V", "anode: -1 V, cathode: 0 V"))
    text = study.read_text().replace("views:", "views:\n  - {case: CASE, field: potential, log: true}", 1)
    case = next(iter(load_study(study).cases))
    study.write_text(text.replace("CASE", case))
    ended = microfem("run", study, "-o", study.parent / "out")
    assert ended.status == 0
    assert "no positive values" in ended.out


def test_a_folder_with_other_files_is_refused(study: Path, microfem: Command) -> None:
    out = study.parent / "thesis"
    out.mkdir()
    (out / "chapter.txt").write_text("years of work")
    ended = microfem("run", study, "-o", out)
    assert ended.status == 2
    assert "holds files that are no microfem results (chapter.txt); name another folder with -o" in ended.err
    assert [path.name for path in out.iterdir()] == ["chapter.txt"]
    assert hidden(study.parent) == []


def test_a_file_in_place_of_the_folder_is_refused(study: Path, microfem: Command) -> None:
    (study.parent / "out").write_text("mine")
    ended = microfem("run", study, "-o", study.parent / "out")
    assert (ended.status, ended.err) == (2, f"error: {study.parent / 'out'} is a file; name a folder for the results\n")
    ended = microfem("run", study, "-o", study.parent / "out/inner")
    assert (ended.status, ended.err) == (
        2,
        f"error: cannot write beside {study.parent / 'out/inner'}: Not a directory\n",
    )
    assert (study.parent / "out").read_text() == "mine"


def test_a_full_disk_fails_the_design_and_leaves_no_broken_file(study: Path) -> None:
    """The writer of fields does not tell; the files are limited to 20 kB, less than the fields take."""
    out = study.parent / "out"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); "
    command = [RUN[0], "-c", limit + RUN[2], "run", str(study), "-o", str(out), "-q", "--set", "views=[]"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "near failed: cannot write" in run.stderr
    assert "the file is not whole, as on a full disk" in run.stderr
    assert "Traceback" not in run.stderr
    assert list(out.rglob("*.vtkhdf")) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 20000


@pytest.mark.parametrize("name", ["summary.json", "metrics.csv", "index.html", "result.json"])
def test_a_full_disk_while_writing_text_ends_clean(
    study: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    whole = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == f".{name}.partial":
            raise OSError(28, "No space left on device")
        return whole(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    ended = microfem("run", study, "-o", study.parent / "out", "-q", "--set", "cases.result.order=1")
    assert ended.status == 2
    assert ended.err.startswith("error: cannot write ")
    assert ended.err.endswith(f"{name}: No space left on device\n")
    assert not (study.parent / "out").exists()


def test_a_picture_that_cannot_be_written_ends_clean(
    study: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.figure import Figure

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    ended = microfem("run", study, "-o", study.parent / "out", "-q")
    assert (ended.status, ended.err) == (2, "error: [Errno 28] No space left on device\n")
    assert not (study.parent / "out").exists()


def test_text_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a/b.txt"
    write_text(path, "before")

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(store.os, "replace", broken)
    with pytest.raises(MicrofemError, match="Input/output error"):
        write_text(path, "after")
    assert path.read_text() == "before"
