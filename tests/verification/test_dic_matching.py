"""Subsets found in rendered images whose displacements are known, and on real images beside other programs.

The images of real devices and the results of other programs are in the folder MICROFEM_DIC_DATA; they are not part of
the project, and their tests are skipped without them.
"""

from __future__ import annotations

import csv
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.dic.camera import Camera
from microfem.dic.grid import pixel_grid
from microfem.dic.match import Fate, MatchSettings, match
from microfem.dic.render import Lighting, render
from microfem.dic.speckle import pattern_of, speckle
from microfem.dic.splines import spline_image
from microfem.dic.track import Tracker

PIXEL, HALF = 12.0, 1800.0  # um
SQUARE = HALF * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]])
CAMERA = Camera(pixel=PIXEL, size=(420, 420), noise=2.0)
DATA = os.environ.get("MICROFEM_DIC_DATA", "")
real = pytest.mark.skipif(not DATA, reason="MICROFEM_DIC_DATA names no folder of real images")


@cache
def pattern():
    """Return a pattern of dots of four pixels that does not repeat on the device."""
    return speckle(4.0 * PIXEL, (4.0 * HALF, 4.0 * HALF), seed=1)


def image(stretch, shift=(0.0, 0.0), frame=0, camera=CAMERA):
    """Return the image of the square, stretched (2, 2) and shifted, um."""
    moved = SQUARE @ np.asarray(stretch).T + shift
    return camera.recorded(render(SQUARE, moved, TRIANGLES, pattern(), camera), frame)


def tracker(first, settings, margin=8, camera=CAMERA):
    """Return a tracker of the square, in a mask that leaves out its edge."""
    x, y = np.meshgrid(np.arange(camera.size[0]), np.arange(camera.size[1]))
    places = camera.places(np.stack([x, y], axis=-1).reshape(-1, 2).astype(float))
    mask = (np.abs(places).max(axis=1) < HALF - margin * PIXEL).reshape(y.shape)
    grid = pixel_grid(mask, settings.radius, 5)
    return Tracker(reference=spline_image(first), mask=mask, grid=grid, settings=settings)


def errors(followed, found, stretch, shift, camera=CAMERA):
    """Return computed less true displacements (n, 2) of the points that were found, px."""
    points = followed.grid.points.astype(float)
    true = camera.pixels(camera.places(points) @ np.asarray(stretch).T + shift) - points
    return (found.warp[..., 0] - true)[found.found]


@pytest.mark.parametrize("shape", ["affine", pytest.param("quadratic", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("stretch", "shift"), [
    (np.eye(2), (0.0, 0.0)),
    (np.eye(2), (0.3 * PIXEL, -0.2 * PIXEL)),
    (np.diag([1.05, 1.05**-0.5]), (0.0, 0.0)),
    (np.diag([1.3, 1.3**-0.5]), (30.0, -45.0)),
    (np.array([[0.985, -0.174], [0.174, 0.985]]), (0.0, 0.0)),
])  # fmt: skip
def test_an_affine_map_is_found(shape, stretch, shift):
    """No point is lost; the mean is true within 4 mpx (a bias of interpolation), the scatter as stated."""
    settings = MatchSettings(shape=shape)
    followed = tracker(image(np.eye(2)), settings)
    found = next(followed.follow([image(stretch, shift, 1)]))
    wrong = errors(followed, found, stretch, shift)
    assert found.found.all()
    assert np.abs(wrong.mean(axis=0)).max() < 4.5e-3
    scatter = np.sqrt(((wrong / found.deviation) ** 2).mean(axis=0))
    assert ((scatter > 0.75) & (scatter < 1.5)).all()
    gradient = found.warp[:, :, 1:3].mean(axis=0) * [[1.0, -1.0], [-1.0, 1.0]]  # rows count downwards
    assert np.abs(gradient - (np.asarray(stretch) - np.eye(2))).max() < 2e-3


@pytest.mark.slow
def test_a_series_is_followed_to_threefold():
    """From a fixed reference, each image started from the one before."""
    camera = Camera(pixel=3.0 * PIXEL, size=(420, 240), noise=2.0)
    dots = speckle(4.0 * camera.pixel, (4.0 * HALF, 4.0 * HALF), seed=3)
    factors = np.linspace(1.0, 3.0, 21)

    def seen(factor, frame):
        moved = SQUARE * [factor, factor**-0.5]
        return camera.recorded(render(SQUARE, moved, TRIANGLES, dots, camera), frame)

    followed = tracker(seen(1.0, 0), MatchSettings(), 2, camera)
    series = list(followed.follow([seen(factor, k) for k, factor in enumerate(factors) if k]))
    wrong = np.hypot(*errors(followed, series[-1], np.diag([3.0, 3.0**-0.5]), (0.0, 0.0), camera).T)
    assert (~series[-1].found).mean() <= 0.02
    assert np.median(wrong) <= 0.07
    assert wrong.max() < 1.0


def test_a_tear_is_lost_and_not_believed():
    """Half of the specimen jumps by 40 px: its points are found there, and those astride the tear are lost."""
    first, settings = image(np.eye(2)), MatchSettings()
    second = first.copy()
    second[:, 210:] = np.roll(first, 40, axis=0)[:, 210:]
    followed = tracker(first, settings, 60)
    found = next(followed.follow([second]))
    x = followed.grid.points[:, 0]
    astride = np.abs(x - 210) <= settings.radius // 2
    assert (~found.found[astride]).mean() > 0.9
    left = found.found & (x < 210 - settings.radius)
    assert left.sum() > 0.95 * (x < 210 - settings.radius).sum()
    assert np.abs(found.warp[left, 1, 0]).max() < 0.2
    wrong = np.minimum(np.abs(found.warp[..., 1, 0]), np.abs(found.warp[..., 1, 0] - 40.0))
    assert wrong[found.found].max() < 1.0


def test_points_without_a_pattern_are_lost_with_their_reason():
    """A flat patch, and a subset that leaves the image."""
    grey = image(np.eye(2))
    grey[150:200, 150:200] = 100.0
    centres = np.array([[175, 175], [3, 3], [260, 260]])
    spline, whole = spline_image(grey), np.ones(grey.shape, dtype=bool)
    found = match(spline, spline, whole, centres, np.zeros((3, 2, 3)), MatchSettings())
    assert found.fate.tolist() == [Fate.FLAT, Fate.OUTSIDE, Fate.FOUND]
    with pytest.raises(MicrofemError, match="no subset of 17 px fits"):
        pixel_grid(np.zeros((40, 40), dtype=bool), 8, 5)


def test_another_pattern_is_not_found():
    """Negative control: an image of another specimen."""
    other = speckle(4.0 * PIXEL, (4.0 * HALF, 4.0 * HALF), seed=2)
    strange = CAMERA.recorded(render(SQUARE, SQUARE, TRIANGLES, other, CAMERA))
    with pytest.raises(MicrofemError, match="no point of the reference is found"):
        next(tracker(image(np.eye(2)), MatchSettings()).follow([strange]))


def test_a_pattern_is_measured():
    """Dots of four pixels, a contrast of 0.35 of the range, and the mean of the light."""
    light = render(SQUARE, SQUARE, TRIANGLES, pattern(), CAMERA, Lighting(mean=0.5, contrast=0.35))[80:340, 80:340]
    seen = pattern_of(light)
    assert abs(seen.size / 4.0 - 1.0) < 0.35
    assert abs(light.mean() - 0.5) < 0.02


@pytest.mark.parametrize(("rotation", "distortion"), [(0.0, 0.0), (0.3, 0.02), (-2.0, -0.01)])
def test_places_and_pixels_are_inverse(rotation, distortion):
    """To rounding; the nearer of two equal things looks larger."""
    camera = Camera(pixel=7.0, size=(800, 600), centre=(30.0, -20.0), rotation=rotation, distortion=distortion)
    places = np.random.default_rng(0).uniform(-2000.0, 2000.0, (100, 2))
    assert np.abs(camera.places(camera.pixels(places)) - places).max() < 1e-8
    near = Camera(pixel=7.0, size=(800, 600), standoff=1e5)
    assert np.allclose(near.pixels(places, 1e3) - near.middle, (near.pixels(places) - near.middle) / 0.99)


# ------------------------------------------------------------------------------------------------------- real images


def grey_levels(name):
    """Return a real image."""
    from PIL import Image

    with Image.open(Path(DATA) / name) as opened:
        return np.asarray(opened.convert("L") if opened.mode == "P" else opened, dtype=float)


@real
def test_open_hole_beside_opencorr():
    """OpenCorr's own result at every ninth of its points, of which the median differs by 1.4 mpx at most."""
    first, second = (grey_levels(f"opencorr/oht_cfrp_{k}.bmp") for k in (0, 4))
    with (Path(DATA) / "opencorr/oht_cfrp_4_fftcc_icgn1_r16_every9th.csv").open() as file:
        rows = [{key: float(one) for key, one in row.items()} for row in csv.DictReader(file)]
    rows = [row for row in rows if row["ZNCC"] > 0.9]
    points = np.array([[row["x"], row["y"]] for row in rows]).astype(int)
    theirs = np.array([[row["u"], row["v"]] for row in rows])
    settings, whole = MatchSettings(subset=33), np.ones(first.shape, dtype=bool)
    guess = np.zeros((len(points), 2, 3))
    guess[..., 0] = np.round(theirs)
    found = match(spline_image(first), spline_image(second), whole, points, guess, settings)
    assert found.found.mean() > 0.99
    assert (np.median(np.abs(found.warp[..., 0] - theirs)[found.found], axis=0) < 1.4e-3).all()


@real
@pytest.mark.slow
@pytest.mark.parametrize(("subset", "most"), [(21, 4.5e-3), (33, 3.2e-3)])
def test_sample_14_of_the_challenge(subset, most):
    """The mean of each column against the prescribed displacement, whose amplitude is 0.1 px."""
    first, second = (grey_levels(f"challenge14/Sample14 {name}.tif") for name in ("Reference", "L1 Amp0.1b"))
    command = np.loadtxt(Path(DATA) / "challenge14/command.csv", delimiter=",")[:, 1]
    settings, whole = MatchSettings(subset=subset), np.ones(first.shape, dtype=bool)
    grid = pixel_grid(whole, settings.radius, 5)
    found = next(Tracker(reference=spline_image(first), mask=whole, grid=grid, settings=settings).follow([second]))
    columns = grid.points[:, 0]
    means = np.array([found.warp[(columns == x) & found.found, 0, 0].mean() for x in np.unique(columns)])
    wrong = means - command[np.unique(columns)]
    assert np.sqrt((wrong**2).mean()) < most
