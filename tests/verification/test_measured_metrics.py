"""Metrics of measured maps against a device that stretches evenly, whose strain is known in closed form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import InputError
from microfem.dic.gauge import gauged
from microfem.dic.read import read_maps
from microfem.dic.records import DicMap, DicSettings
from microfem.dic.write import csv_of
from microfem.metrics import Value
from microfem.solve.repetition import solve_device
from microfem.study.reader import load_study

NOISE, WINDOW, STEP, PIXEL = 0.06, 5, 5, 12.0  # um of a displacement; points, px, um
FINGERS = 1e-6  # share of the stiffness that the soft fingers have
STUDY = """
name: even
designs:
  strip:
    family: interdigital
    params: {finger_length: 1500 um, margin: 300 um}
    materials: {electrolyte: none, substrate: rubber, anode: soft, cathode: soft}
materials:
  none: {conductivity: {value: 0, unit: S/m, source: "no electrolyte in a test of the collector"}}
  rubber: {neo_hooke_mu: {value: 0.03, unit: MPa, source: "illustrative: alone it stretches evenly"}}
  soft: {neo_hooke_mu: {value: 1.0e-7, unit: MPa, source: "illustrative: fingers that hold nothing"}}
accuracy: 5 %
cases:
  pulled: {physics: hyperelasticity, dimension: plan, load: {stretch: {strain: 50 %, axis: x}}, steps: 4}
measured:
  seen: {file: map.csv, static: rest.csv, loads: [50 %], MORE}
metrics:
  along: measured_strain(seen, axis=x)
  across: measured_strain(seen, axis=y)
  should: levelled_strain(pulled, like=seen)
  bias: strain_difference(pulled, seen, of=bias)
  rms: strain_difference(pulled, seen)
  within: share_within_noise(pulled, seen)
"""


def written(folder: Path, strain: float, more: str = "window: 5") -> Path:
    """Write a study with a map of a device that is stretched evenly with its area kept constant in thickness too.

    A matcher errs by a part of a pixel of the undeformed device, which stretches with it.
    """
    x, y = np.meshgrid(np.arange(0.0, 3500.0, STEP * PIXEL), np.arange(0.0, 1500.0, STEP * PIXEL))
    points, random = np.stack([x.ravel(), y.ravel()], axis=1) + 200.0, np.random.default_rng(4)
    settings = DicSettings(program="x", subset=17, step=STEP, window=WINDOW, measure="nominal", pixel=PIXEL)
    gradient = np.array([strain, (1.0 + strain) ** -0.5 - 1.0])
    for name, slope in (("map", gradient), ("rest", np.zeros(2))):
        moved = points * slope + (1.0 + slope) * NOISE * random.standard_normal(points.shape)
        one = DicMap(points=points, displacement=moved, valid=np.ones(len(points), dtype=bool), settings=settings)
        (folder / f"{name}.csv").write_text(csv_of(one))
    study = folder / "study.yaml"
    study.write_text(STUDY.replace("MORE", more))
    return study


def values(study: Path) -> Mapping[str, Value]:
    """Return the values of the study's metrics."""
    loaded = load_study(study)
    layout, case = loaded.designs["strip"].layout(), loaded.cases["pulled"]
    _, found, _ = solve_device(layout, case, loaded.calls_of("pulled"), loaded.wanted(), loaded.limits)
    assert found.refused == {}
    return found.values


@pytest.mark.slow
def test_an_even_stretch_is_measured_within_its_error(tmp_path: Path) -> None:
    """The noise of a slope is s / sqrt(sum of x2); of points whose noise is their own, and so is that of the mean."""
    found = values(written(tmp_path, 0.5, "register: []"))
    across = 1.5**-0.5 - 1.0
    for name, exact in (("along", 0.5), ("across", across), ("should", 0.5), ("bias", 0.0)):
        error = found[name].error
        assert error is not None
        assert abs(found[name].value - exact) < 2.0 * error + FINGERS, name
    slope = 1.5 * NOISE / math.sqrt(WINDOW * 2.0 * (1.0 + 4.0)) / (STEP * PIXEL)
    assert found["rms"].value == pytest.approx(slope, rel=0.1)
    assert found["within"].value == pytest.approx(0.954, abs=0.03)
    assert set(found["along"].added) == {"noise"}
    assert "noise" not in found["should"].added


@pytest.mark.slow
def test_another_strain_is_told(tmp_path: Path) -> None:
    """Negative control: a map of 50.5 % lies off by 0.5 %, and hardly a point within the noise."""
    found = values(written(tmp_path, 0.505, "register: []"))
    assert found["bias"].value == pytest.approx(0.005, abs=2e-4)
    assert found["within"].value < 0.05


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("window: 1", "greater than or equal to 2"),
        ("frames: 5", "says nothing of file"),
        ("images: a.tif", "state exactly one of file, images, virtual"),
        ("case: puled", "did you mean 'pulled'"),
        ("program: vicc", "vic"),
        ("subset: 17 mm", "subset"),
        ("register: [turn]", "register"),
    ],
)
def test_what_a_measurement_lacks_is_told_with_its_place(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as refused:
        load_study(written(tmp_path, 0.5, more))
    assert "measured" in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("file: map.csv", "file: maps.csv", "no file 'maps.csv'"),
        ("loads: [50 %]", "loads: [20 %, 50 %]", "2 loads do not fit 1 maps"),
        ("measured_strain(seen, axis=x)", "measured_strain(sean, axis=x)", "nothing measured is called 'sean'"),
        ("(pulled, seen, of=bias)", "(pulled, seen, of=bios)", "bios"),
        ("(pulled, like=seen)", "(pulled, like=seen, region=anod)", "no region 'anod'"),
        ("physics: hyperelasticity, dimension: plan", "physics: hyperelasticity, dimension: section", "a camera above"),
    ],
)
def test_a_study_of_maps_is_checked(tmp_path: Path, old: str, new: str, told: str) -> None:
    study = written(tmp_path, 0.5)
    study.write_text(study.read_text().replace(old, new))
    with pytest.raises(InputError, match=told):
        load_study(study)


def test_a_result_depends_on_what_is_in_a_map(tmp_path: Path) -> None:
    """Another map under the same name is another input; another folder is not."""
    prints = []
    for name, strain in (("a", 0.5), ("b", 0.5), ("c", 0.51)):
        (tmp_path / name).mkdir()
        study = load_study(written(tmp_path / name, strain))
        prints.append(study.fingerprint(replace(study.designs["strip"], source=""), "1"))
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize(
    ("factor", "told"), [(-1.0, "exx in the file is -1 times"), (100.0, "exx in the file is 1e[+]02 times")]
)
def test_a_study_is_checked_for_strains_of_other_displacements(tmp_path: Path, factor: float, told: str) -> None:
    """Such as a mirrored axis, or percent; the same strains as they are pass: negative control."""
    study, file = written(tmp_path, 0.5), tmp_path / "map.csv"
    [plain] = read_maps(file)
    bent = replace(
        plain,
        displacement=plain.displacement + 4e-5 * np.stack([plain.points[:, 0] ** 2, 0.0 * plain.points[:, 1]], axis=1),
    )
    one = gauged(bent, measure="nominal")
    file.write_text(csv_of(one))
    load_study(study)
    assert one.strain is not None
    file.write_text(csv_of(replace(one, strain=one.strain * [factor, 1.0, 1.0])))
    with pytest.raises(InputError, match=told):
        load_study(study)


def test_one_axis_for_both_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one axis serves both"):
        load_study(written(tmp_path, 0.5, "axes: {x: y, y: -y}"))
