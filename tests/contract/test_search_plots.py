"""Plots of sweeps and searches: what is drawn of which trials, and what is refused with a remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt

from microfem.base.errors import MicrofemError
from microfem.optimise.search import search_layouts
from microfem.render.maps import triangles_of
from microfem.render.searches import best_so_far, draw_search
from microfem.render.trials import lines_of, quantity_of
from microfem.results.searches import SearchSummary, open_search
from microfem.results.trials import TrialOutcome
from microfem.study.design import Design
from microfem.study.plots import PlotModel
from microfem.study.records import Study
from support.commands import Command
from support.records import metric
from support.searching import STUDY, here
from support.studies import study_of

SWEEP = STUDY.replace("objectives: {resistance: minimise}\nbudget: {trials: 12}\n", "fabrication: laser_scribing\n")
GAPS, WIDTHS = (60.0, 120.0, 200.0, 300.0, 400.0), (200.0, 400.0)  # um; laser scribing makes no gap below 100 um


def plane(study: Study, design: Design, folder: Path) -> TrialOutcome:
    """Stand in for a solver: a resistance that is linear in gap and width; wide gaps fail."""
    gap, width = float(design.params["gap"]), float(design.params["anode_width"])  # type: ignore[arg-type]
    if gap > 350.0:
        return TrialOutcome(status="failed", message="did not converge")
    values = {"resistance": 2.0 * gap - width, "size": width / 100.0, "capacity": width / gap}
    return TrialOutcome(status="ok", values={name: metric(one, error=0.5) for name, one in values.items()})


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sweep of 5 gaps and 2 widths."""
    folder = tmp_path_factory.mktemp("swept")
    study = study_of(folder, SWEEP)
    points = {"comb": [{"gap": gap, "anode_width": width} for gap in GAPS for width in WIDTHS]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("microfem.optimise.folder.write_search_page", lambda _, __, path, ___: path.write_text(""))
        search_layouts(study, folder / "out", here, points=points, evaluate=plane)
    return folder / "out"


@pytest.fixture(scope="module")
def sought(tmp_path_factory: pytest.TempPathFactory) -> SearchSummary:
    """Return a search with two objectives and a constraint."""
    folder = tmp_path_factory.mktemp("sought")
    text = STUDY.replace("{resistance: minimise}", "{resistance: minimise, capacity: minimise}")
    study = study_of(folder, text + "constraints: {size: {max: 3 mm2}}\n", "sampler=random")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("microfem.optimise.folder.write_search_page", lambda _, __, path, ___: path.write_text(""))
        search_layouts(study, folder / "out", here, evaluate=plane)
    return open_search(folder / "out")


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    plt.close("all")


def drawn(search: SearchSummary, **stated: Any) -> Any:
    return draw_search(search, PlotModel(**stated))


def texts(figure: Any) -> list[str]:
    return [one.get_text() for one in figure.legends[0].get_texts()]


def test_a_line_for_each_value_of_a_second_parameter(swept: Path) -> None:
    search = open_search(swept)
    lines = lines_of(search, quantity_of(search, "gap"), quantity_of(search, "resistance"), "anode_width")
    assert [one.label for one in lines] == ["anode width 200 µm", "anode width 400 µm"]
    kept = [120.0, 200.0, 300.0]
    for line, width in zip(lines, WIDTHS, strict=True):
        assert [one.x for one in line.points] == kept
        assert [one.y for one in line.points] == pytest.approx([2.0 * gap - width for gap in kept])
        assert [one.error for one in line.points] == [0.5] * 3
        assert line.joined
    figure = drawn(search, metrics=("resistance",), against="gap", by="anode_width")
    assert figure.axes[0].get_xscale() == "log"  # as the range is stated
    assert texts(figure)[-2:] == ["2 failed", "2 outside the design rules"]
    [foot] = [one for one in figure.axes[0].lines if one.get_label() == "2 failed"]
    assert foot.get_xdata() == pytest.approx([400.0] * 2)
    assert set(foot.get_ydata()) == {0.02}


def test_points_are_not_joined_where_another_parameter_varies(swept: Path) -> None:
    """Negative control of the lines: without `by` the same trials are points alone."""
    search = open_search(swept)
    [line] = lines_of(search, quantity_of(search, "gap"), quantity_of(search, "resistance"))
    assert not line.joined
    assert len(line.points) == 6


def test_a_map_is_drawn_inside_the_hull_of_its_trials(sought: SearchSummary) -> None:
    figure = drawn(sought, metrics=("resistance",), against="gap,anode_width")
    axis, _ = figure.axes
    assert axis.get_title(loc="left") == "errors up to 0.5"
    shown = ("trials", "violates a constraint")
    points = np.vstack([one.get_xydata() for one in axis.lines if one.get_label() in shown])
    told = [(one.chosen["gap"], one.chosen["anode_width"]) for one in sought.trials if one.outcome.status == "ok"]
    assert np.sort(points, axis=0) == pytest.approx(np.sort(told, axis=0))
    [filled] = axis.collections
    (low, high), hull = filled.get_clim(), np.array(told)
    values = [2.0 * gap - width for gap, width in told]
    assert low <= min(values) < max(values) <= high
    corners = np.vstack([path.vertices for path in filled.get_paths() if len(path.vertices)])
    assert (corners.min(axis=0) >= hull.min(axis=0) - 1e-9).all()
    assert (corners.max(axis=0) <= hull.max(axis=0) + 1e-9).all()


def test_triangles_cover_the_hull_of_points_and_nothing_else() -> None:
    """Five points, one inside the others: four triangles whose area is that of the square."""
    at = np.array([[1.0, 0.0], [100.0, 0.0], [1.0, 3.0], [100.0, 3.0], [10.0, 1.0]])
    triangles = triangles_of(at, (True, False))
    assert len(triangles) == 4
    scaled = np.column_stack([np.log10(at[:, 0]) / 2.0, at[:, 1] / 3.0])[triangles]
    sides = scaled[:, 1:] - scaled[:, :1]
    assert np.abs(np.linalg.det(sides)).sum() / 2.0 == pytest.approx(1.0)
    with pytest.raises(MicrofemError, match="3 trials with values lie on a line or are too few for a map"):
        triangles_of(np.array([[1.0, 1.0], [10.0, 2.0], [100.0, 3.0]]), (True, False))


def test_the_front_is_drawn_over_all_trials(sought: SearchSummary) -> None:
    axis = drawn(sought, against="front").axes[0]
    [front] = axis.containers
    best = sought.best("comb")
    assert len(best) > 1
    told = [(one.value("resistance"), one.value("capacity")) for one in best]
    assert front.lines[0].get_xydata() == pytest.approx(np.array(told))
    good = [one for one in sought.trials if one.good]
    for one in best:  # by the definition of a front, from all pairs
        assert not any(
            other.value("resistance") < one.value("resistance") and other.value("capacity") < one.value("capacity")
            for other in good
        )
    assert any(not one.good and one.outcome.status == "ok" for one in sought.trials)


def test_the_course_of_a_search_has_the_best_so_far(sought: SearchSummary) -> None:
    assert best_so_far([3.0, 1.0, 2.0, 0.5], "minimise") == [3.0, 1.0, 1.0, 0.5]
    axis = drawn(sought, metrics=("capacity",), against="trial").axes[0]
    steps = next(one for one in axis.lines if one.get_drawstyle() == "steps-post").get_ydata()
    good = [one.value("capacity") for one in sorted(sought.trials, key=lambda one: one.number) if one.good]
    assert steps[:-1] == pytest.approx(list(np.minimum.accumulate(good)))


@pytest.mark.parametrize(
    ("stated", "message"),
    [(["resistnce", "--against", "gap"], "no metric 'resistnce' here; did you mean 'resistance'?"),
     (["--against", "gapp"], "no parameter or metric 'gapp' here; did you mean 'gap'?"),
     (["--against", "gap", "--by", "width"], "no free parameter 'width'; did you mean"),
     (["--against", "gap", "--by", "gap"], "'gap' is the abscissa already"),
     (["--against", "front"], "sought has no objective, and a front needs two"),
     (["--against", "gap,anode_width,size"], "a map stands over two parameters"),
     (["--against", "gap,size"], "'size' is no parameter with numbers"),
     ([], "sought varies gap, anode_width; state one with --against gap")],
)  # fmt: skip
def test_what_cannot_be_plotted_is_told(swept: Path, microfem: Command, stated: list[str], message: str) -> None:
    ended = microfem("plot", swept, *stated, "-o", swept.parent / "none")
    assert (ended.status, message in ended.err, ended.out) == (2, True, "")


def test_a_stopped_search_is_shown_as_far_as_it_is(tmp_path: Path, microfem: Command) -> None:
    def third(study: Study, design: Design, folder: Path) -> TrialOutcome:
        seen.append(design.name)
        if len(seen) > 3:
            raise KeyboardInterrupt
        return plane(study, design, folder)

    seen: list[str] = []
    study = study_of(tmp_path, STUDY, "budget.trials=8")
    with pytest.raises(KeyboardInterrupt):
        search_layouts(study, tmp_path / "out", here, evaluate=third)
    search = open_search(tmp_path / "out")
    assert not search.over
    assert [one.number for one in search.trials] == [0]  # the second one was not handed over yet
    assert microfem("plot", tmp_path / "out", "--against", "trial", "-o", tmp_path / "far").status == 0
    told = microfem("compare", tmp_path / "out")
    assert "1 trial: 1 valid, 0 failed; not over: the same command goes on" in told.out
    (tmp_path / "out/trials.json").write_text('{"study": ')
    ended = microfem("plot", tmp_path / "out", "--against", "trial")
    assert (ended.status, "trials.json is damaged or of another version" in ended.err) == (2, True)
    (tmp_path / "out/trials.json").unlink()
    assert "stopped before its first trial" in microfem("compare", tmp_path / "out").err
