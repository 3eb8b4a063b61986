"""What is re-used when a study is run again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from microfem.base.progress import listening
from microfem.results.comparison import notes
from microfem.run.study import run_study
from microfem.study.reader import load_study
from support.runs import STUDY, finished, hidden
from support.studies import results_of, summary_of


def test_a_second_run_does_nothing(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = finished(done)
    said: list[str] = []
    monkeypatch.setattr("microfem.run.study.run_into", lambda *_: pytest.fail("a design was run again"))
    with listening(lambda stage: said.append(str(stage))):
        told = run_study(load_study(done.parent / "study.yaml"), done)
    assert finished(done) == before
    assert told == summary_of(done)
    assert said == [f"nothing to do: {done} is up to date"]


@pytest.mark.slow
def test_a_changed_design_is_run_alone(done: Path) -> None:
    before = finished(done)
    study = load_study(done.parent / "study.yaml", ["designs.near.params.gap=250um"])
    told = run_study(study, done)
    after = finished(done)
    assert after["far"] == before["far"]
    assert after["near"] > before["near"]
    assert (told.designs["near"].metrics["size"].value or 0.0) > 0.0
    assert hidden(done.parent) == []


@pytest.mark.slow
def test_lost_pictures_are_drawn_again_without_solving(done: Path) -> None:
    before, pictures = finished(done), sorted((done / "pictures").glob("*.png"))
    shutil.rmtree(done / "pictures")
    run_study(load_study(done.parent / "study.yaml"), done)
    assert finished(done) == before
    assert sorted((done / "pictures").glob("*.png")) == pictures != []


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


@pytest.mark.slow
def test_a_new_view_draws_without_solving(done: Path) -> None:
    before = finished(done)
    text = STUDY + "  - {case: result, field: electric_field}\n"
    (done.parent / "study.yaml").write_text(text)
    run_study(load_study(done.parent / "study.yaml"), done)
    assert finished(done) == before
    assert (done / "pictures/03-result-electric_field.png").stat().st_size > 10_000


@pytest.mark.slow
def test_a_design_that_is_dropped_leaves_the_folder(done: Path) -> None:
    near = next(line for line in STUDY.splitlines(True) if line.startswith("  near"))
    (done.parent / "study.yaml").write_text(STUDY.replace(near, ""))
    told = run_study(load_study(done.parent / "study.yaml"), done)
    assert list(told.designs) == ["far"]
    assert list(finished(done)) == ["far"]


@pytest.mark.parametrize("lost", ["result.vtkhdf", pytest.param("result.fields.json", marks=pytest.mark.slow)])
def test_a_design_of_which_a_file_is_lost_is_run_again(done: Path, lost: str) -> None:
    before = finished(done)
    (done / "designs/near" / lost).unlink()
    told = run_study(load_study(done.parent / "study.yaml"), done)
    after = finished(done)
    assert (done / "designs/near" / lost).is_file()
    assert (after["far"], told.undrawn) == (before["far"], ())
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
    return results_of(tmp_path_factory.mktemp("walked"), PULLED)


@pytest.mark.parametrize(
    "lost",
    [
        "pull.states/001.vtkhdf",
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in ("pull.path.csv", "other.mesh.csv", "pull.states/000.fields.json")
        ),
    ],
)
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


@pytest.mark.slow
def test_two_processes_give_the_same_numbers(fresh: Path, study: Path) -> None:
    told = run_study(load_study(study), study.parent / "out", jobs=2)
    for name, one in summary_of(fresh / "out").designs.items():
        for key in ("resistance", "size"):
            pair = [run.metrics[key].value for run in (told.designs[name], one)]
            assert pair[0] == pytest.approx(pair[1], rel=1e-12)
    assert list(told.designs) == ["near", "far"]
