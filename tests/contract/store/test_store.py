"""Runs on disk: what a folder of results holds."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.base.units import parse_unit
from microfem.results.stored import read_case
from microfem.solve.ending import Ended, Reason
from support.runs import STUDY
from support.studies import summary_of


def test_summary_has_its_shape(fresh: Path) -> None:
    told = summary_of(fresh / "out")
    assert told.study == "two"
    assert {"microfem", "numpy", "gmsh", "python"} <= set(told.versions)
    assert list(told.designs) == ["near", "far"]
    for one in told.designs.values():
        assert (one.status, one.message) == ("ok", "")
        assert list(one.metrics) == ["resistance", "peak", "size"]
        assert one.metrics["resistance"].unit == "ohm m"
        assert one.metrics["size"].error == 0.0
        found = one.metrics["resistance"]
        assert found.value is not None
        assert found.lower is not None
        assert found.upper is not None
        assert (found.refused, found.failed) == ("", "")
        assert found.lower < found.value < found.upper
        assert found.error == pytest.approx(0.5 * (found.upper - found.lower))
        assert "distance^" in one.metrics["peak"].refused
        case = one.cases["result"]
        assert case.report.ndofs >= 100
        assert case.report.seconds > 0.0
        assert case.ended == Ended(Reason.ACCURATE)
        assert case.report.residual < 1e-10
        assert case.report.balance_error < 1e-10


def test_refined_until_the_error_is_within_the_accuracy(fresh: Path) -> None:
    for one in summary_of(fresh / "out").designs.values():
        resistance = one.metrics["resistance"]
        assert resistance.value is not None
        assert resistance.error is not None
        assert 0.0 < resistance.error <= 0.05 * resistance.value


def test_nothing_but_results_is_left(fresh: Path) -> None:
    assert sorted(path.name for path in fresh.iterdir()) == ["out", "study.yaml"]
    inside = {path.name for path in (fresh / "out").iterdir()}
    assert inside == {"designs", "pictures", "summary.json", "metrics.csv", "index.html", "study.yaml", "run.log"}
    assert not [path for path in (fresh / "out").rglob(".*")]
    assert (fresh / "out/study.yaml").read_text() == STUDY


def test_table_agrees_with_the_summary(fresh: Path) -> None:
    designs = summary_of(fresh / "out").designs
    rows = list(csv.DictReader(io.StringIO((fresh / "out/metrics.csv").read_text())))
    assert [(row["design"], row["metric"]) for row in rows] == [(d, m) for d in designs for m in designs[d].metrics]
    for row in rows:
        one = designs[row["design"]].metrics[row["metric"]]
        assert row["unit"] == one.unit
        assert row["refused"] == one.refused
        assert (float(row["value"]) if row["value"] else None) == one.value


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
    assert grid.n_cells == summary_of(fresh / "out").designs["near"].cases["result"].report.ncells
    assert set(np.unique(grid.cell_data["region"])) == set(range(len(about["regions"])))
    assert read_case(path.parent, "result").field("potential") == ("potential", "V")


def test_power_in_the_stored_field_is_that_of_the_terminals(fresh: Path) -> None:
    """Integral of sigma E2 over the cells of the file, against V2 / R of the summary: means of a P1 field are exact."""
    import pyvista as pv

    grid = pv.read(str(fresh / "out/designs/near/result.vtkhdf"))
    area = np.abs(grid.compute_cell_sizes().cell_data["Area"])
    power = np.nansum(area * np.asarray(grid.cell_data["energy_density"])) * 1e-12
    least = summary_of(fresh / "out").designs["near"].metrics["resistance"].lower
    assert least is not None
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
