"""Images to maps: subsets followed through a series, their displacements in um on the device, and their strains."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from microfem.dic.gauge import gauged
from microfem.dic.grid import pixel_grid
from microfem.dic.images import read_image, read_series
from microfem.dic.match import WHY, Fate, Matches, MatchSettings
from microfem.dic.noise import alike_by_blur
from microfem.dic.records import Bools, DicMap, DicSettings, Floats, MapSource, Measure
from microfem.dic.speckle import pattern_of
from microfem.dic.splines import spline_image
from microfem.dic.track import Tracker

PROGRAM = "microfem"


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """How images become maps: pixel: um; step: distance of points, px; window: points along a side of the gauge."""

    pixel: float
    step: int = 5
    window: int = 5
    measure: Measure = "green_lagrange"
    matching: MatchSettings = field(default_factory=MatchSettings)


def correlate(
    reference: Floats, images: Iterable[Floats], how: Correlation, mask: Bools | None = None
) -> Iterator[DicMap]:
    """Yield the map of each image (rows, columns) against the reference, in um from the image's middle, y upwards.

    mask: pixels of the specimen in the reference, None for all.

    Raises:
        MicrofemError: no subset fits the mask, or no point is found in an image.
    """
    region = np.ones(reference.shape, dtype=bool) if mask is None else mask
    grid = pixel_grid(region, how.matching.radius, how.step)
    first = spline_image(reference, how.matching.blur)
    tracker = Tracker(reference=first, mask=region, grid=grid, settings=how.matching)
    middle = 0.5 * (np.array(reference.shape[::-1]) - 1.0)
    upwards = how.pixel * np.array([1.0, -1.0])
    settings = DicSettings(
        program=PROGRAM,
        subset=how.matching.subset,
        step=how.step,
        window=how.window,
        shape=how.matching.shape,
        measure=how.measure,
        pixel=how.pixel,
        speckle=pattern_of(reference).size,
    )
    more = how.pixel * alike_by_blur(first.slopes, how.matching.blur)
    for found in tracker.follow(images):
        one = DicMap(
            points=(grid.points - middle) * upwards,
            displacement=np.where(found.found[:, None], found.warp[..., 0] * upwards, np.nan),
            valid=found.found,
            quality=found.likeness,
            settings=replace(settings, noise=more * float(np.median(found.deviation[found.found]))),
            why_lost=lost(found),
        )
        yield gauged(one)


def lost(found: Matches) -> tuple[tuple[str, int], ...]:
    """Return why points were lost, and how many."""
    counts = np.bincount(found.fate, minlength=len(Fate))
    return tuple((WHY[fate], int(counts[fate])) for fate in WHY if counts[fate])


def correlate_files(
    reference: Path, files: Sequence[Path], how: Correlation, mask: Bools | None = None
) -> Iterator[DicMap]:
    """Yield the map of each file against the reference.

    Raises:
        MicrofemError: a file cannot be read, or as `correlate`.
    """
    first = read_image(reference)
    maps = correlate(first, read_series(files, first.shape), how, mask)
    for file, one in zip(files, maps, strict=True):
        source = MapSource(file=file.name, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
        yield replace(one, name=file.stem, source=source)
