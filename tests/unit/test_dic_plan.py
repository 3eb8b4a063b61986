"""Plans of experiments: the noise of a gauge and the strain of narrow strips that it shows, against closed forms."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from microfem.cli.main import app
from microfem.dic.camera import Camera
from microfem.dic.correlate import Correlation, correlate
from microfem.dic.expected import Sensor, expected_noise, strip_share, widest_pixel
from microfem.dic.match import MatchSettings
from microfem.dic.noise import stated_noise
from microfem.dic.records import DicSettings
from microfem.dic.render import render
from microfem.dic.speckle import speckle

STUDIES = Path(__file__).parents[2] / "studies"
GAUGE = DicSettings(subset=17, step=5, window=5, pixel=12.0)


def least_noise(subset: int, dot: float, grey: float) -> float:
    """Return sqrt(2) s / sqrt(sum of squared slopes), px, of a field tanh(1.2 g), g normal with exp(-r2 / 4 w2).

    E (dg/dx)2 = 1 / 2 w2, w = 0.36 dot; a pixel takes the mean of four samples, so w2 grows by 1/16 in the spectrum.
    """
    z, weights = np.polynomial.hermite_e.hermegauss(60)
    steep = weights @ np.cosh(1.2 * z) ** -4.0 / math.sqrt(2.0 * math.pi)
    w2 = (0.36 * dot) ** 2
    slope = 0.35 * 255.0 * 1.2 * math.sqrt(steep / (2.0 * w2)) * w2 / (w2 + 1.0 / 16.0)
    return math.sqrt(2.0 * (grey**2 + 1.0 / 12.0)) / (subset * slope)


@pytest.mark.slow
@pytest.mark.parametrize(("dot", "subset"), [(3.0, 25), (4.0, 25), (4.0, 17), (6.0, 35)])
def test_noise_is_that_of_theory_and_somewhat_more(dot: float, subset: int) -> None:
    """The closed form is a lower bound (Cramer-Rao); gradients that are fitted too, and few speckles, add to it."""
    settings = DicSettings(subset=subset, step=5, window=5, pixel=1.0)
    found, least = expected_noise(settings, Sensor(dot=dot)), least_noise(subset, dot, 2.0)
    slack = 2.0 * found.error
    assert least * (1.0 - slack) < found.displacement < 1.25 * least
    strain = stated_noise(replace(settings, noise=least))
    assert strain is not None
    assert strain.gradient * (1.0 - slack) < found.strain < (1.25 + slack) * strain.gradient


def test_noise_grows_with_the_stretch_and_falls_with_the_gauge() -> None:
    small = DicSettings(subset=13, step=4, window=3, pixel=10.0)
    rest, far = (expected_noise(small, Sensor(), stretch) for stretch in (1.0, 2.0))
    assert far.strain > 1.2 * rest.strain > 2.0 * expected_noise(replace(small, window=7), Sensor()).strain


def test_a_strip_is_two_kinks() -> None:
    """The slope that a plane over half a width 1 sees of a kink at a distance a is 3 a / 2 - a3 / 2."""
    fine = DicSettings(subset=1, step=1, window=2001, pixel=1.0)
    for half in (100.0, 437.0, 900.0):
        a = half / 1000.0
        assert strip_share(fine, 2.0 * half) == pytest.approx(1.5 * a - 0.5 * a**3, abs=2e-3)
    assert strip_share(GAUGE, 1e4) == pytest.approx(1.0, abs=1e-12)
    assert strip_share(GAUGE, 300.0, off=1e4) == pytest.approx(0.0, abs=1e-12)
    inside = (204.0 + 2.0 * 192.0 + 2.0 * 132.0) / 5.0  # of subsets of 204 um at 0, 60 and 120 um from the middle
    assert strip_share(GAUGE, 300.0, crossed=False) == pytest.approx(inside / 204.0, rel=1e-12)


def test_the_widest_pixel_shows_just_enough() -> None:
    pixel = widest_pixel(GAUGE, 300.0, 0.9)
    shares = [strip_share(replace(GAUGE, pixel=pixel), 300.0, crossed) for crossed in (True, False)]
    assert min(shares) == pytest.approx(0.9, abs=1e-6)
    assert min(strip_share(replace(GAUGE, pixel=1.02 * pixel), 300.0, crossed) for crossed in (True, False)) < 0.9


def seen_in_images(settings: DicSettings, width: float, crossed: bool) -> float:
    """Return the share of a strip's strain, along x or along y, that matcher and gauge find in images of it."""
    size, strain, pixel = 240, 0.02, settings.pixel
    assert pixel
    assert settings.subset
    assert settings.step
    assert settings.window
    ends, half = 0.5 * size * pixel, 0.5 * width
    across = [-ends, -half, half, ends]
    quads = [[(a, -ends), (b, -ends), (b, ends), (a, ends)] for a, b in pairwise(across)]
    places = np.array(quads).reshape(-1, 2)  # each quad has corners of its own: beside one strained along y it tears
    moved = places.copy()
    if crossed:
        moved[:, 0] += strain * np.clip(places[:, 0], -half, half)
    else:
        moved[4:8, 1] *= 1.0 + strain
    triangles = np.array([[k, k + 1, k + 2] for k in (0, 4, 8)] + [[k, k + 2, k + 3] for k in (0, 4, 8)])
    camera = Camera(pixel=pixel, size=(size, size), bits=16)
    pattern = speckle(4.0 * pixel, (2.0 * ends, 2.0 * ends), 7)
    images = [camera.recorded(render(places, one, triangles, pattern, camera)) for one in (places, moved)]
    matching = MatchSettings(subset=settings.subset)
    how = Correlation(pixel=pixel, step=settings.step, window=settings.window, measure="small", matching=matching)
    [one] = correlate(images[0], images[1:], how)
    assert one.strain is not None
    x, y = np.abs(one.points.T)
    middle = (x < 0.5 * settings.step * pixel) & (y < 0.6 * ends)
    assert x[middle].max() == pytest.approx(0.5 * pixel)  # the middle of the image lies between two pixels
    return float(np.mean(one.strain[middle, 0 if crossed else 1])) / strain


@pytest.mark.slow
@pytest.mark.parametrize("crossed", [True, False])
@pytest.mark.parametrize("width", [120.0, 300.0, 600.0])
def test_a_strip_in_images_shows_the_share(crossed: bool, width: float) -> None:
    """The subset counts: negative control, a gauge of points alone would show more than is found."""
    found, alone = seen_in_images(GAUGE, width, crossed), replace(GAUGE, subset=1)
    assert found == pytest.approx(strip_share(GAUGE, width, crossed, 0.5 * GAUGE.pixel), abs=0.03)
    if width == 300.0:
        assert abs(found - strip_share(alone, width, crossed, 0.5 * GAUGE.pixel)) > 0.05


def test_the_command_tells_what_a_comb_shows() -> None:
    """A comb of 8.5 mm at 200 % with 10 % margin fits 2448 columns at 1.1 x 25500 / 2448 um."""
    study = str(STUDIES / "stretch_interdigital_bai.yaml")
    done = CliRunner().invoke(app, ["dic", "plan", study, "--design", "comb_7", "--size", "2448x2048", "--json"])
    [told] = json.loads(done.stdout)
    assert told["pixel_um"] == pytest.approx(1.1 * 25500.0 / 2448.0)
    assert told["gauges"]["stated"]["side_um"] == pytest.approx(37.0 * told["pixel_um"])
    assert told["parts"][0]["names"] == ["anode", "cathode"]
    assert told["parts"][0]["width_um"] == pytest.approx(300.0)
    assert "smallest gauge" in told["advice"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--subset", "16"], "a subset has a middle pixel"),
        (["--camera", "many"], "millions of pixels"),
        (["--size", "20x20"], "columns x rows"),
        (["--case", "pulld"], "did you mean 'pulled'"),
    ],
)
def test_the_command_refuses(options: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["dic", "plan", str(STUDIES / "stretch_interdigital_bai.yaml"), *options])
    assert told in str(done.exception)
