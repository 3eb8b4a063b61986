"""What a study states of measured files: axes, masks of the design, and headers and strains that say another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from microfem.base.errors import MicrofemError
from microfem.dic.beside import maps_of, read_measured
from microfem.dic.camera import Camera
from microfem.dic.computed import SurfacePath
from microfem.dic.gauge import gauged
from microfem.dic.measurement import DataFile, MapFiles, Measurement, Photographs
from microfem.dic.read import MapReading
from microfem.dic.records import DicMap, DicSettings
from microfem.dic.virtual import Experiment
from microfem.dic.write import csv_of
from support.virtual_devices import device, settings

PIXEL = 10.0


def a_map() -> DicMap:
    """Return a map of u = 2e-5 x2, v = 0.01 x - 0.005 y, with its strains."""
    x, y = (one.ravel() for one in np.meshgrid(np.arange(0.0, 1500.0, 50.0), np.arange(0.0, 1000.0, 50.0)))
    moved = np.stack([2e-5 * x**2, 0.01 * x - 0.005 * y], axis=1)
    points = np.stack([x, y], axis=1)
    one = DicMap(points=points, displacement=moved, valid=np.ones(len(x), dtype=bool), settings=settings())
    return gauged(one, measure="nominal")


def measurement_of(folder: Path, one: DicMap, axes: tuple[str, str] = ("x", "y"), **stated: int) -> Measurement:
    """Write a map; return a measurement of it."""
    path = folder / "map.csv"
    path.write_text(csv_of(one))
    how = MapFiles(reading=MapReading(with_strains=False), settings=stated)
    return Measurement(
        name="seen", case="pulled", how=how, files=(DataFile(name="map.csv", sha256="", path=path),), axes=axes
    )


@pytest.mark.parametrize(("axes", "matrix"), [(("x", "-y"), [[1, 0], [0, -1]]), (("y", "-x"), [[0, 1], [-1, 0]])])
def test_axes_of_a_map_become_those_of_the_design(
    tmp_path: Path, axes: tuple[str, str], matrix: list[list[int]]
) -> None:
    """Places and displacements turn alike, so that the principal strains of their planes stay."""
    one = a_map()
    [[found], _] = read_measured(measurement_of(tmp_path, one, axes))
    assert np.array_equal(found.points, one.points @ np.transpose(matrix))
    assert np.array_equal(found.displacement, one.displacement @ np.transpose(matrix))
    both = (gauged(each, measure="nominal").strain for each in (one, found))
    own, turned = (np.sort(np.stack([s[:, 0] + s[:, 1], s[:, 0] * s[:, 1] - s[:, 2] ** 2]), axis=0) for s in both)
    assert np.nanmax(np.abs(own - turned)) < 1e-12


def test_a_header_that_says_another_is_refused(tmp_path: Path) -> None:
    """A subset or a step; the window may be another, and what the header says may be said again."""
    read_measured(measurement_of(tmp_path, a_map(), subset=17, window=3))
    for stated in ({"subset": 21}, {"step": 4}):
        with pytest.raises(MicrofemError, match="its header has"):
            read_measured(measurement_of(tmp_path, a_map(), **stated))
    with pytest.raises(MicrofemError, match=r"its header has load 0\.4, and 0\.5 is stated"):
        read_measured(replace(measurement_of(tmp_path, replace(a_map(), load=0.4)), loads=(0.5,)))


def photographed(folder: Path, off: tuple[float, float]) -> tuple[Measurement, SurfacePath]:
    """Write two images of a bar, whose middle lies off that of the images; return them as a measurement."""
    path = device([-600.0, 0.0, 600.0], [-300.0, 0.0, 300.0], lambda x, y: (0.02 * x, -0.01 * y))
    camera = Camera(pixel=PIXEL, size=(180, 120), centre=off, noise=2.0)
    files = []
    for k, grey in enumerate(Experiment(path=path, camera=camera).images([0.0, 1.0])):
        file = folder / f"{k}.png"
        Image.fromarray(grey.astype(np.uint8)).save(file)
        files.append(DataFile(name=file.name, sha256="", path=file))
    how = Photographs(settings=DicSettings(subset=17, step=5, window=3, pixel=PIXEL), within=True)
    return Measurement(name="lab", case="pulled", how=how, files=tuple(files), origin=off), path


@pytest.mark.slow
def test_the_design_masks_photographs(tmp_path: Path) -> None:
    """Points lie half a subset within the outline at most, wherever the camera looks; without the mask beyond it."""
    off = (110.0, -70.0)
    measurement, path = photographed(tmp_path, off)
    [[one], _] = maps_of(measurement, path)
    seen = np.abs(one.points[one.valid] + off)
    assert (seen <= np.array([600.0, 300.0])).all()
    assert seen.max(axis=0) == pytest.approx([520.0, 220.0], abs=60.0)
    assert np.abs(one.displacement[one.valid] - (one.points[one.valid] + off) * [0.02, -0.01]).max() < 0.05 * PIXEL
    whole = replace(measurement, how=replace(measurement.how, within=False))
    [[other], _] = maps_of(whole, path)
    assert (np.abs(other.points[other.valid] + off) > [600.0, 300.0]).any()  # negative control
    with pytest.raises(MicrofemError, match="the design is not in the images"):
        maps_of(replace(measurement, origin=(5000.0, 0.0)), path)
