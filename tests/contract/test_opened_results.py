"""A run that is read back by a program: tables with units, fields as numpy and pyvista, states of a path."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

import microfem
from microfem.run.study import run_study
from support import records
from support.studies import study_of

STUDY = """\
name: small
accuracy: 50 %
designs:
  narrow: {family: interdigital, params: {finger_pairs: 1, gap: 50 um}}
  wide: {family: interdigital, params: {finger_pairs: 1, gap: 100 um}}
  rings: {family: concentric}
cases:
  field: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V},
          designs: [narrow, wide]}
metrics: {resistance: resistance(field), gap: footprint()}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[microfem.Summary, Path]:
    folder = tmp_path_factory.mktemp("opened")
    return run_study(study_of(folder, STUDY), str(folder / "run")), folder / "run"


def test_a_table_has_parameters_metrics_and_units(run: tuple[microfem.Summary, Path]) -> None:
    summary, folder = run
    table = microfem.open_results(str(folder)).to_dataframe()
    assert table.equals(summary.to_dataframe())
    assert list(table.index) == ["narrow", "wide", "rings"]
    one = summary.designs["wide"].metrics["resistance"]
    assert (table.loc["wide", "resistance"], table.loc["wide", "resistance_error"]) == (one.value, one.error)
    assert math.isnan(table.loc["rings", "resistance"])  # its case leaves this design out
    assert table.loc["wide", "params.gap"] == 100.0  # a metric has its name
    assert table.loc["wide", "gap"] == summary.designs["wide"].metrics["gap"].value
    units = table.attrs["units"]
    assert (units["params.gap"], units["finger_pairs"], units["resistance"]) == ("um", "1", "ohm m")


def test_a_table_without_pandas_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(microfem.MicrofemError, match="pip install pandas"):
        records.summary({}).to_dataframe()


def test_fields_are_values_at_the_points_or_cells_of_a_grid(run: tuple[microfem.Summary, Path]) -> None:
    case = microfem.open_results(run[1]).case("wide", "field")
    potential = case.field("potential")
    assert potential.shape == (case.mesh.n_points,)
    assert (np.nanmin(potential), np.nanmax(potential)) == pytest.approx((0.0, 1.0))
    assert case.field("current_density").shape == (case.mesh.n_cells, 3)
    assert case.units["potential"] == "V"
    assert case.states == ()


def test_what_is_not_there_is_told(run: tuple[microfem.Summary, Path], tmp_path: Path) -> None:
    results = microfem.open_results(run[1])
    case = results.case("wide", "field")
    for ask, message in (
        (lambda: microfem.open_results(tmp_path), "holds no results"),
        (lambda: results.case("wid", "field"), "no design 'wid' in .*did you mean 'wide'"),
        (lambda: results.case("wide", "fields"), "no case 'fields' of design 'wide'; did you mean 'field'"),
        (lambda: results.case("rings", "field"), "no case 'field' of design 'rings'"),
        (lambda: case.field("potentil"), "did you mean 'potential'"),
        (lambda: case.at(0), "no state 0 in this case, which has 0 states"),
    ):
        with pytest.raises(microfem.MicrofemError, match=message):
            ask()
