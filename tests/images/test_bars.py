"""Numbers on colour bars, read from what is drawn and compared with the stored fields, not with what was drawn from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.render.colours import CLIPPED, Scale
from microfem.render.sheet import draw_figure, make_row
from microfem.render.viewer import scene as viewer_scene
from microfem.render.viewer.cameras import new_plotter
from microfem.render.viewer.scene import draw
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import open_run
from microfem.study.file_schema import ViewModel
from support.closed_form_results import bent_strip, between_plates, between_rings, block, write_summary

pv = pytest.importorskip("pyvista")
DESIGNS = ("near", "far")
DIGITS = 0.5e-3  # of a number of four digits


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bars")
    for name, scale in zip(DESIGNS, (1.0, 2.0), strict=True):
        place = made / "designs" / name
        between_plates(place, 100.0 * scale)
        between_rings(place, "rings", 1e4 / scale)
        between_rings(place, "peaked", 1e6 / scale**3, inner=2.0)
        bent_strip(place, 2000.0 * scale)
        block(place, "pulled", 0.1 * scale)
    write_summary(made)
    return made


def stored(folder: Path, case: str, field: str, *designs: str) -> Any:
    """Return all values of a field as the files of designs hold them, lengths of vectors."""
    found = []
    for name in designs:
        values = np.asarray(pv.read(str(folder / "designs" / name / f"{case}.vtkhdf"))[field])
        shown = np.linalg.norm(values, axis=1) if values.ndim == 2 else values
        found.append(100.0 * shown if field == "strain" else shown)
    return np.concatenate(found)


# the viewer


@pytest.fixture
def plotter() -> Iterator[Any]:
    made = new_plotter((1000, 400))
    yield made
    made.close()


def written(plotter: Any, path: Path) -> list[list[float]]:
    """Return the numbers beside the bar of each panel, then those of the common bar.

    They are read from all letters that VTK writes into a vector picture.
    """
    from vtkmodules.vtkIOExportGL2PS import vtkGL2PSExporter

    plotter.render()
    exporter = vtkGL2PSExporter()
    exporter.SetRenderWindow(plotter.render_window)
    exporter.SetFileFormatToSVG()
    exporter.CompressOff()
    exporter.TextAsPathOff()
    exporter.Write3DPropsAsRasterImageOn()
    exporter.SetFilePrefix(str(path))
    exporter.Write()
    panels: list[list[float]] = [[]]
    for text in re.findall(r"<text[^>]*>([^<]*)</text>", path.with_suffix(".svg").read_text()):
        if text in DESIGNS:  # the title ends a panel
            panels.append([])
        elif re.fullmatch(r"[-+.\de]+", text):
            panels[-1].append(float(text))
    return panels


def drawn(plotter: Any, folder: Path, shown: Shown) -> list[list[float]]:
    draw(plotter, open_run(folder), shown, "iso")
    return written(plotter, folder / "bar")


@pytest.mark.parametrize(
    ("quantity", "shared"),
    [("displacement", False), *(pytest.param(*one, marks=pytest.mark.slow)
                                for one in (("displacement", True), ("potential", False), ("potential", True)))],
)  # fmt: skip
def test_viewer_writes_the_range_of_the_data(folder: Path, plotter: Any, quantity: str, shared: bool) -> None:
    panels = drawn(plotter, folder, Shown(designs=DESIGNS, case="pulled", quantity=quantity, shared=shared))
    if shared or quantity == "potential":  # whose range is the same in both designs
        assert panels[:-1] == [[], []]
    for name, numbers in zip(DESIGNS, panels[:-1] if panels[0] else [panels[-1]] * 2, strict=True):
        values = stored(folder, "pulled", quantity, *(DESIGNS if shared else [name]))
        assert numbers == pytest.approx(np.linspace(values.min(), values.max(), 5), rel=DIGITS, abs=1e-12)


def test_viewer_writes_the_range_of_positive_data_on_a_logarithmic_bar(folder: Path, plotter: Any) -> None:
    panels = drawn(
        plotter, folder, Shown(designs=DESIGNS, case="pulled", quantity="displacement", shared=False, log=True)
    )
    for name, numbers in zip(DESIGNS, panels[:-1], strict=True):
        values = stored(folder, "pulled", "displacement", name)
        assert numbers == pytest.approx(np.geomspace(values[values > 0.0].min(), values.max(), 5), rel=DIGITS)


def test_a_bar_of_another_range_is_seen(folder: Path, plotter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        viewer_scene,
        "scales",
        lambda shown, pieces, others: [
            Scale(
                low=0.0, high=1.01 * one.span.high, least=0.0, most=1.01 * one.span.high, log=False, colours="viridis"
            )
            for one in pieces
        ],
    )
    numbers = drawn(plotter, folder, Shown(designs=DESIGNS, case="pulled", quantity="potential"))[-1]
    assert abs(numbers[-1] - stored(folder, "pulled", "potential", "near").max()) > DIGITS * numbers[-1]


# sheets


VIEWS = [
    (ViewModel(case="field", field="potential"), "neither"),
    (ViewModel(case="bent", field="strain"), "neither"),
    pytest.param(ViewModel(case="pulled", field="displacement", plane="3d"), "neither", marks=pytest.mark.slow),
    (ViewModel(case="rings", field="energy_density", log=True), "max"),
    (ViewModel(case="peaked", field="energy_density"), "max"),
    (ViewModel(case="peaked", field="energy_density", log=True), "both"),
]


def labels(axis: Any) -> Iterator[tuple[float, str, float]]:
    """Yield place and text of each label beside a bar, and the number that the text says."""
    axis = long_axis(axis)
    offset = axis.get_offset_text().get_text()
    factor = float(offset.replace("\N{MINUS SIGN}", "-")) if offset else 1.0
    for place, text in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True):
        said = text.get_text().replace("\N{MINUS SIGN}", "-")
        power = re.fullmatch(r"\$\\mathdefault\{10\^\{(-?\d+)\}\}\$", said)
        if said:
            yield place, said, 10.0 ** float(power[1]) if power else factor * float(said)


def long_axis(axis: Any) -> Any:
    """Return the axis along a bar, which lies below panels that are one below the other."""
    return axis.yaxis if axis._colorbar.orientation == "vertical" else axis.xaxis


def bar_of(figure: Any) -> Any:
    (axis,) = (one for one in figure.axes if one.get_label() == "<colorbar>")
    figure.canvas.draw()
    return axis


def largest_but_the_peak(case: str) -> float:
    """Return the power density (I / r)^2 between half rings that 1 % of their area exceeds, in closed form."""
    current, inner = {"rings": (1e4, 100.0), "peaked": (1e6, 2.0)}[case]
    return current**2 / (inner**2 + (1.0 - 0.01 * CLIPPED) * (500.0**2 - inner**2))


@pytest.mark.parametrize(("view", "beyond"), VIEWS, ids=lambda one: getattr(one, "case", one))
def test_sheets_write_the_range_of_the_data(folder: Path, view: ViewModel, beyond: str) -> None:
    from matplotlib import pyplot as plt

    values = stored(folder, view.case, view.field, *DESIGNS)
    low, high = values.min(), values.max()
    if beyond in ("max", "both"):
        high = largest_but_the_peak(view.case)
    if beyond in ("min", "both"):
        assert low < 1e-3 * high
        low = 1e-3 * high
    figure = draw_figure([make_row(view, folder, DESIGNS)])
    axis = bar_of(figure)
    ends = long_axis(axis).get_view_interval()
    assert ends == pytest.approx((low, high), rel=0.05 if beyond != "neither" else 1e-6)
    low, high = ends
    assert axis._colorbar.extend == beyond
    told = [one for one in labels(axis) if low * (1 - 1e-9) <= one[0] <= high * (1 + 1e-9)]
    assert len(told) >= 2
    for place, text, number in told:
        digits = len(re.sub(r"\D", "", text).lstrip("0")) if "$" not in text else 9
        assert number == pytest.approx(place, rel=0.5 * 10.0 ** (1 - max(digits, 1)), abs=1e-12)
    plt.close(figure)


def test_a_sheet_of_another_range_is_seen(folder: Path) -> None:
    from matplotlib import pyplot as plt

    row = make_row(ViewModel(case="field", field="potential"), folder, DESIGNS)
    figure = draw_figure([replace(row, scale=replace(row.scale, high=1.01 * row.scale.high))])
    assert bar_of(figure).get_ylim()[1] != pytest.approx(stored(folder, "field", "potential", *DESIGNS).max())
    plt.close(figure)
