"""Ranges and maps of colours, which sheet, viewer and report share; lines of current; heights that are enlarged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.render import flat, sheet
from microfem.render.colours import SIGNED, Scale, scale_of, span_of
from microfem.render.flat import currents
from microfem.render.streams import stream_lines
from microfem.render.viewer import scene as viewer_scene
from microfem.render.viewer.cameras import new_plotter
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import open_run
from microfem.study.file_schema import ViewModel
from support.closed_form_results import bent_strip, between_rings, sheet_grid, write_case, write_summary

pv = pytest.importorskip("pyvista")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("scales")
    for name, scale in (("near", 1.0), ("far", 2.0)):
        place = made / "designs" / name
        between_rings(place, "peaked", 1e6 / scale, inner=2.0)
        bent_strip(place, 2000.0 * scale)
        sliver(place)
    write_summary(made)
    return made


def sliver(folder: Path) -> None:
    """Write a section of 10 mm and 50 um with currents in gaps of 1 mm between electrodes, and 50 times less beside."""
    grid = sheet_grid(1e4, 50.0, section=True, columns=100, rows=4)
    x = np.asarray(grid.cell_centers().points)[:, 0]
    gap = (np.abs(x) < 2500.0) & (np.floor(x / 500.0).astype(int) % 4 < 2)
    grid.cell_data["flux"] = np.column_stack([np.where(gap, 50.0, 1.0), 0.0 * x, 0.0 * x])
    grid.cell_data["region"] = np.where((np.abs(x) < 2500.0) & ~gap, 1, 0).astype(np.int32)
    write_case(folder, "thin", grid, {"electrolyte": "electrolyte", "anode": "anode"}, "section", "conduction")


def scale(values: Any, field: str = "stress", log: bool = False) -> Scale:
    span = span_of(np.asarray(values, dtype=float), np.ones(len(values)), log)
    assert span is not None
    return scale_of([span], field, log)


def test_a_range_counts_space_and_not_points() -> None:
    """A hundred values at an edge that take a thousandth of the layout end no range; as points they would."""
    values, sizes = np.append(np.full(100, 9.0), np.ones(100)), np.append(np.full(100, 1e-5), np.full(100, 0.01))
    one = scale_of([span_of(values, sizes, False)], "stress", False)  # type: ignore[list-item]
    assert (one.high, one.most, one.beyond) == (pytest.approx(1.0), 9.0, "max")
    assert np.percentile(values, 99.0) == 9.0


def test_fields_of_both_signs_are_centred_at_zero() -> None:
    one = scale(np.linspace(-1.0, 3.0, 1000))
    assert (one.low, one.high, one.colours) == (-3.0, 3.0, SIGNED)
    assert one.share(np.zeros(1)) == pytest.approx(0.5)
    assert np.array(one.mappable().to_rgba(0.0)[:3]).min() > 0.95  # zero is white
    assert scale(np.linspace(-1.0, 3.0, 1000), "potential").colours == "viridis"  # whose zero means nothing
    nearly = scale(np.append(np.linspace(0.1, 3.0, 1000), -1.0))
    assert (nearly.low, nearly.colours, nearly.beyond) == (0.0, "inferno", "min")


def test_a_logarithmic_range_spans_three_decades() -> None:
    one = scale(np.geomspace(1e-6, 1.0, 1000), log=True)
    assert (one.low, one.high, one.beyond) == (pytest.approx(1e-3), 1.0, "min")
    assert one.share(np.array([1e-9, 1e-3, 10.0**-1.5, 1.0])) == pytest.approx([0.0, 0.0, 0.5, 1.0])
    assert np.isnan(one.share(np.array([np.nan]))).all()


def test_what_is_zero_nearly_everywhere_keeps_its_range() -> None:
    assert scale(np.append(np.zeros(1000), 0.2)).high == 0.2


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(("case", "field"), [("peaked", "energy_density"), ("bent", "strain")])
def test_sheet_and_viewer_have_one_scale(folder: Path, case: str, field: str, log: bool) -> None:
    row = sheet.make_row(ViewModel(case=case, field=field, log=log), folder, ["near", "far"])
    plotter = new_plotter((300, 200))
    panels = viewer_scene.draw(
        plotter, open_run(folder), Shown(designs=("near", "far"), case=case, quantity=field, log=log), "top"
    )
    plotter.close()
    for panel in panels:
        assert panel.scale.colours == row.scale.colours
        assert (panel.scale.low, panel.scale.high) == pytest.approx((row.scale.low, row.scale.high))
    assert row.scale.beyond == panels[0].scale.beyond


def test_strains_are_in_per_cent(folder: Path) -> None:
    row = sheet.make_row(ViewModel(case="bent", field="strain"), folder, ["near"])
    assert row.label == "strain (%)"
    assert (row.scale.low, row.scale.high) == pytest.approx((-1.5, 1.5))  # 30 um of a radius of 2000 um


def test_heights_of_slivers_are_enlarged_and_that_is_said(folder: Path) -> None:
    from matplotlib import pyplot as plt

    row = sheet.make_row(ViewModel(case="thin", field="flux"), folder, ["near", "far"])
    figure = sheet.draw_figure([row])
    panels = [axis for axis in figure.axes if axis.get_label() != "<colorbar>"]
    assert [axis.get_title(loc="left") for axis in panels] == [
        f"{name}, heights drawn 20 times larger" for name in ("near", "far")]  # fmt: skip
    assert [axis.get_aspect() for axis in panels] == [20.0, 20.0]
    assert [len(axis.texts) for axis in panels] == [1, 0]  # one scale bar, since the scales agree
    plt.close(figure)
    bent = sheet.make_row(ViewModel(case="bent", field="strain"), folder, ["near"])
    assert bent.tall(0) == 1.0  # a shape that is enlarged one way is no shape that bends


@pytest.mark.parametrize(("size", "tall", "told"), [
    ((200e3, 200.0), 100.0, ", heights drawn 100 times larger"),
    ((200.0, 200e3), 0.01, ", widths drawn 100 times larger"),
    ((100.0, 300.0), 1.0, "")])  # fmt: skip
def test_slender_devices_are_enlarged_across(
    folder: Path, size: tuple[float, float], tall: float, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A film of 0.2 by 200 mm had 6e8 pixels where it stood upright, and was drawn as a hair."""
    row = sheet.make_row(ViewModel(case="thin", field="flux"), folder, ["near"])
    (one,) = row.drawn()
    slender = replace(one, corners=(one.corners - one.box[0]) / one.size * size)
    row = replace(row, cuts=(slender,))
    assert row.tall(0) == pytest.approx(tall)
    assert sheet._told(row.tall(0), " ") == told
    drawn: list[tuple[int, int]] = []
    real = flat.rasterise
    monkeypatch.setattr(flat, "rasterise", lambda corners, box, shape: drawn.append(shape) or real(corners, box, shape))
    sheet.draw_figure([row])
    high, wide = drawn[0]
    assert high / wide == pytest.approx(size[1] * tall / size[0], rel=0.05)
    assert high * wide < 2e6
    assert np.prod(flat._shape(slender, 1e-9, tall)) == pytest.approx(flat.MOST, rel=0.01)


def test_lines_of_current_lie_in_the_gaps(folder: Path) -> None:
    """A hundred pixels apart on an even grid, as before, no line would start in half of the gaps."""
    (one,) = sheet.make_row(ViewModel(case="thin", field="flux"), folder, ["near"]).drawn()
    lines = currents(one, 20.0, 20.0)
    starts = np.array([(line[:, 0].min(), line[:, 0].max()) for line in lines])
    for low, high in ((-2000.0, -1000.0), (0.0, 1000.0), (2000.0, 2500.0)):
        crossing = (starts[:, 0] < low + 60.0) & (starts[:, 1] > high - 60.0)
        assert 3 <= crossing.sum() <= 8  # 50 pixels high, lines 10 pixels apart
    assert len(lines) <= 20  # none of their own where 50 times less flows
    assert all(np.diff(line[:, 0]).min() > 0.0 for line in lines)  # with the current


def test_lines_follow_the_field_and_equal_currents_flow_between_them() -> None:
    """Around a wire j = 1 / r: lines are circles, and as many lie between radii 20, 40 and 80 pixels."""
    y, x = np.mgrid[0:201, 0:201] - 100.0
    radius = np.hypot(x, y)
    ring = (radius > 20.0) & (radius < 80.0) & (np.abs(np.arctan2(y, x)) < 3.0)
    lines = stream_lines(np.stack([-y, x], axis=2) / np.maximum(radius, 1.0)[..., None] ** 2, ring)
    radii = [np.hypot(*(line - 100.0).T) for line in lines]
    assert max(np.ptp(one) for one in radii) < 3.0
    means = np.array([one.mean() for one in radii])
    inner, outer = ((a < means) & (means < b) for a, b in ((20.0, 40.0), (40.0, 80.0)))
    assert 0.6 < inner.sum() / outer.sum() < 1.7
    assert inner.sum() > 3
