"""The viewer in a run with load paths: each state has all fields, its own shape, and the values of its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.render.viewer.cameras import new_plotter
from microfem.render.viewer.pieces import moved
from microfem.render.viewer.readings import along_line, read_at
from microfem.render.viewer.scene import draw
from microfem.render.viewer.shown import Place
from microfem.render.viewer.state import OpenRun, chosen, open_run, quantities

pv = pytest.importorskip("pyvista")
PATH = (Place(0, 0.0), Place(1, 0.5), Place(2, 1.0), Place(3, 0.5))  # up, and half of the way back
FIELDS = [("pull", "displacement"), ("pull", "max_principal_strain"), ("pull", "von_mises"), ("field", "potential"),
          ("field", "current_density"), ("field", "energy_density")]  # fmt: skip


@pytest.fixture(scope="module")
def run(kept: Path) -> OpenRun:
    return open_run(kept)


@pytest.fixture
def plotter() -> Iterator[Any]:
    made = new_plotter((400, 400))
    yield made
    made.close()


def file_of(run: OpenRun, case: str, place: Place | None) -> Any:
    """Return the grid that a run wrote of a state, or of the end, read by pyvista alone."""
    inner = place is not None and place.number < len(PATH) - 1  # the last state is the case's own file
    name = f"{case}.states/{place.number:03d}.vtkhdf" if inner else f"{case}.vtkhdf"
    return pv.read(str(run.folder / "designs/whole" / name))


def ranges(run: OpenRun, case: str, field: str, place: Place | None) -> tuple[float, float]:
    """Return least and largest value of a field that a file holds, at points or at corners of cells, as shown."""
    grid = file_of(run, case, place)
    if field in grid.point_data:
        values = np.asarray(grid.point_data[field])
    else:
        name = f"{field}@corners"
        values = np.asarray(grid.cell_data[name if name in grid.cell_data else field])
        if name in grid.cell_data and np.ndim(grid.cell_data[field]) == 2:
            values = values.reshape(-1, np.asarray(grid.cell_data[field]).shape[1])
    if values.ndim == 2 and np.ndim(grid[field]) == 2:
        values = np.linalg.norm(values, axis=1)
    shown = values / (0.01 if "strain" in field else 1.0)
    return float(np.nanmin(shown)), float(np.nanmax(shown))


@pytest.mark.parametrize(("case", "field"), FIELDS)
def test_every_field_is_shown_at_every_state_with_its_range(run: OpenRun, plotter: Any, case: str, field: str) -> None:
    shown, seen = replace(chosen(run, ("whole",), case), quantity=field), []
    assert field in quantities(run.read("whole", case))
    for place in (*PATH, None):
        [panel] = draw(plotter, run, replace(shown, state=place))
        assert panel.piece is not None
        low, high = ranges(run, case, field, place)
        span = panel.piece.span
        assert span is not None
        assert (span.least, span.most) == pytest.approx((low, high), rel=1e-5, abs=1e-9)
        seen.append((low, high))
    assert seen[1] == pytest.approx(seen[3], rel=1e-4)  # an elastic body comes back on its way
    assert seen[3] == seen[4]  # the end of the path is its last state
    at_rest, largest = (max(map(abs, one)) for one in (seen[0], seen[2]))
    assert at_rest == 0.0 if case == "pull" else at_rest > 0.0
    assert largest > 0.0


@pytest.mark.parametrize("case", ["pull", "field"])
def test_every_state_has_its_shape(run: OpenRun, plotter: Any, case: str) -> None:
    """The gripped length L of the device becomes L (1 + strain); a current is drawn on the shape of its state."""
    shown = chosen(run, ("whole",), case)
    rest = file_of(run, "field", PATH[0]).bounds
    for place in PATH:
        [panel] = draw(plotter, run, replace(shown, state=place))
        low, high = panel.actor.GetBounds()[:2]
        assert high - low == pytest.approx((1.0 + 0.1 * place.at) * (rest[1] - rest[0]), rel=1e-6)
        [still] = draw(plotter, run, replace(shown, state=place, factor=0.0))
        assert still.actor.GetBounds()[:4] == pytest.approx(rest[:4], abs=1e-6)


def test_the_shape_of_a_current_is_that_of_the_pull(run: OpenRun) -> None:
    for place in PATH:
        pull, field = file_of(run, "pull", place), file_of(run, "field", place)
        assert pull.n_cells <= field.n_cells  # which is refined further
        moved_to = np.asarray(pull.points) + np.nan_to_num(pull.point_data["displacement"])
        assert field.bounds[:4] == pytest.approx(
            [f(moved_to[:, axis]) for axis in (0, 1) for f in (np.min, np.max)], abs=1e-6
        )


def test_clicks_and_lines_read_the_state_that_is_shown(run: OpenRun, plotter: Any) -> None:
    """The potential along a line and under a click: each state by its own file, as VTK interpolates it."""
    case, shown = run.read("whole", "field"), replace(chosen(run, ("whole",), "field"), quantity="potential")
    box = file_of(run, "field", PATH[0]).bounds
    a, b = np.array([box[0], 0.0, 0.0]), np.array([box[1], 0.0, 0.0])
    found = []
    for place in PATH:
        now = replace(shown, state=place)
        _, values = along_line(case, now, a, b)
        assert np.isfinite(values).any()
        [panel] = draw(plotter, run, now)
        centre = np.asarray(moved(panel.piece.surface, 1.0).cell_centers().points)[40]
        reading = read_at(case, now, panel.piece, 40, centre)
        sampled = pv.PolyData(centre[None]).sample(file_of(run, "field", place))
        assert reading.value == pytest.approx(float(sampled.point_data["potential"][0]), abs=1e-5, nan_ok=True)
        found.append(values)
    assert found[1] == pytest.approx(found[3], abs=1e-4, nan_ok=True)
    assert np.nanmax(np.abs(found[2] - found[0])) > 1e-4


def test_what_is_told_of_a_state_is_its_own(run: OpenRun) -> None:
    told = [run.readings("whole", "field", place) for place in PATH]
    assert [one[0] for one in told] == ["load 0", "load 0.5", "load 1", "load 0.5"]
    assert [one[1] for one in told] == ["strain 0", "strain 0.05", "strain 0.1", "strain 0.05"]
    assert all(any(text.startswith("ratio ") for text in one) for one in told)
    assert run.readings("whole", "field", None) == told[-1]
