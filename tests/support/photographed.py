"""Combs that a virtual camera photographs: their maps, on wrong axes, as files beside a study that identifies them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from microfem.dic.beside import maps_of
from microfem.dic.computed import SurfacePath, computed_path
from microfem.dic.measurement import Measurement, VirtualExperiment
from microfem.dic.records import DicMap, DicSettings, Registration
from microfem.dic.write import csv_of
from microfem.fem.error_estimates.refinement import refined
from microfem.solve.refinement import solve_layout, solved
from microfem.study.reader import load_study
from support.studies import write_study

WRONG = Registration(rotation=math.radians(0.4), scale=1.005, shift=(30.0, -20.0))
CAMERA = DicSettings(pixel=12.0, subset=17, step=5, window=5)
FINER = 4.0  # cells of the mesh that is photographed over those of one that has been adapted
FILES = '{file: "map_*.csv", static: static.csv, case: pulled}'
COMB = """
name: comb
designs:
  comb:
    family: interdigital
    params: {finger_pairs: 2, gap: 300 um, margin: 1000 um, finger_length: 1500 um}
    materials: {electrolyte: none, substrate: elastomer, anode: film, cathode: film}
materials:
  none: {conductivity: {value: 0, unit: S/m, source: "no electrolyte in a test of the collector"}}
  elastomer: {neo_hooke_mu: {value: 0.03, unit: MPa, source: "illustrative"}}
  film: {neo_hooke_mu: {value: 0.6, unit: MPa, source: "illustrative: contrast 7 at 30 um on 100 um"}}
cases:
  pulled: {physics: hyperelasticity, dimension: plan, load: {stretch: {strain: 30 %, axis: x}}, steps: 4}
measured:
  seen: {file: "map_*.csv", static: static.csv, case: pulled}
identify:
  film: {vary: {materials.film.neo_hooke_mu: {from: 0.1 MPa, to: 3 MPa, log: true}}, from: seen}
  gap: {vary: {designs.comb.params.gap: {from: 240 um, to: 360 um}}, from: seen}
  strain: {vary: {materials.film.neo_hooke_mu: {from: 0.1 MPa, to: 3 MPa, log: true}}, from: seen, of: strain}
"""


def photographed_comb(folder: Path, *changes: str) -> tuple[Measurement, SurfacePath]:
    """Return a measurement of a comb and the load path that its camera sees, on a mesh finer than any that is fitted.

    changes: of the device that is photographed, which the study does not know.
    """
    device = load_study(write_study(folder, COMB.replace(FILES, "{virtual: pulled, pixel: 12 um}")), changes)
    case = device.cases["pulled"]
    begun, _, _ = solve_layout(device.designs["comb"].layout(), case, {}, {}, device.limits)
    assert begun.indicator is not None
    fine = refined(begun.mesh, begun.indicator.of_cell, begun.indicator.anisotropy, FINER)
    return device.measured["seen"], computed_path(solved(fine, case))


def photograph(folder: Path, measurement: Measurement, path: SurfacePath, seed: int, on: Registration = WRONG) -> Path:
    """Write a study of a comb and the maps of a camera over a device, on axes that are turned and scaled."""
    how = VirtualExperiment(settings=CAMERA, frames=4, seed=seed)
    maps, still = maps_of(replace(measurement, how=how), path)
    for name, one in [*((f"map_{k}", one) for k, one in enumerate(maps)), ("static", still[0])]:
        (folder / f"{name}.csv").write_text(csv_of(_on(one, on)), encoding="utf-8")
    return write_study(folder, COMB)


def _on(one: DicMap, on: Registration) -> DicMap:
    """Return a map on other axes."""
    moved = on.on_map(one.points + one.displacement)
    points = on.on_map(one.points)
    return replace(one, points=points, displacement=moved - points, strain=None)
