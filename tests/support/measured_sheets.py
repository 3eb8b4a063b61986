"""A sheet that stretches evenly, and a map that differs by a known strain in its right half, as a run stores them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from microfem.dic.records import DicMap
from microfem.dic.series import Comparing, compare_series
from microfem.dic.write import csv_of
from microfem.results.measured_maps import map_points, map_result, write_points
from microfem.results.surfaces import stored_path
from microfem.study.file_schema import ViewModel
from support.closed_form_results import sheet_grid, states, write_case
from support.records import case, design, inputs, summary, write_run
from support.virtual_devices import empty_map, settings

WIDE, HIGH = 2400.0, 1200.0  # um
STRETCH, OFF = 0.2, 0.004  # of the sheet along x, and what the map shows over it where x > 0
LOST = (-600.0, 200.0)  # um: middle of the points that are lost
LOADS = (0.5, 1.0)
RIGHT = 300.0  # um: x at which the region `right_half` begins, a gauge beyond the kink of the map
VIEW = ViewModel(case="pulled", field="nominal_strain_x", measured="seen_map", difference=True)


def sheet_map() -> DicMap:
    """Return the map: of each displacement what the sheet has, and right of x = 0 more."""
    one = empty_map(WIDE, HIGH, settings())
    x, _ = one.points.T
    moved = np.column_stack([STRETCH * x + OFF * np.maximum(x, 0.0), 0.0 * x])
    lost = (np.abs(one.points - LOST) < 80.0).all(axis=1)
    moved[lost] = np.nan
    return replace(one, displacement=moved, valid=~lost, load=STRETCH, name="seen_map")


def write_sheet(folder: Path) -> Path:
    """Write a run with the sheet at two loads, and its map as `map.csv` beside; return the folder of the run."""
    place = folder / "out" / "designs" / "sheet"
    for name, load in (("pulled", 1.0), *((f"pulled.states/{k:03d}", load) for k, load in enumerate(LOADS))):
        grid = sheet_grid(WIDE, HIGH, section=False, columns=24, rows=12)
        x = np.asarray(grid.points)[:, 0]
        grid.point_data["displacement"] = np.column_stack([load * STRETCH * x, 0.0 * x, 0.0 * x])
        grid.point_data["nominal_strain_x"] = np.full(len(x), load * STRETCH)
        grid.point_data["potential"] = x
        right = np.asarray(grid.cell_centers().points)[:, 0] > RIGHT
        grid.cell_data["region"] = right.astype(np.int32)
        write_case(place, name, grid, {"left": "substrate", "right_half": "anode"}, "plan", "hyperelasticity")
    of_path = case(states=states("pulled", LOADS, strain=STRETCH))
    run = summary({"sheet": design(cases={"pulled": of_path})})
    write_run(folder / "out", run)
    [found] = compare_series([sheet_map()], stored_path(folder / "out"), Comparing(fitted=(), measure="nominal"))
    one = map_result(found, "seen_map", "maps: map.csv", "pulled.seen_map.subset.csv")
    write_points(place / one.file, map_points(found))
    with_map = design(cases={"pulled": replace(of_path, maps=(one,))})
    write_run(folder / "out", replace(run, designs={"sheet": with_map}, inputs=inputs(VIEW)))
    (folder / "map.csv").write_text(csv_of(sheet_map()))
    return folder / "out"
