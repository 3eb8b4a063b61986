"""Points followed from one image to the next: first guesses, waves from good neighbours, and what is lost and why.

In the first image some points are found by the cross-correlation of large windows; the others start from a neighbour
that was found, with its gradient. Each further image starts from the warps of the one before. The reference is the
first image for all, so that errors do not add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.dic.grid import PixelGrid
from microfem.dic.match import Fate, Matches, MatchSettings, match, unmatched
from microfem.dic.records import Bools, Floats
from microfem.dic.seeds import seed
from microfem.dic.splines import SplineImage, spline_image
from microfem.dic.warps import moved, shape_terms
from microfem.fem.compiled import compiled, in_chunks

Ints = NDArray[np.int64]

TRIES = 3  # of a point, each from a better neighbour
FEW = 3  # neighbours that an outlier test needs
FAR = 4.0  # median residuals of neighbours beyond which a displacement is an outlier
ROUGH = 0.05  # px: residual that is always in order; J. Westerweel and F. Scarano, Exp. Fluids 39 (2005) 1096


@dataclass(frozen=True, kw_only=True)
class Tracker:
    """A reference image with its mask (rows, columns) and its points, and how they are followed."""

    reference: SplineImage
    mask: Bools
    grid: PixelGrid
    settings: MatchSettings

    def follow(self, images: Iterable[Floats]) -> Iterator[Matches]:
        """Yield the matches in each image (rows, columns) of a series, in its order.

        Raises:
            MicrofemError: an image has another size, or no point of the first one is found.
        """
        before: Matches | None = None
        for number, grey in enumerate(images):
            tell(f"image {number + 1}: matching {len(self.grid.points):,} points")
            if grey.shape != self.reference.grey.shape:
                told = " x ".join(map(str, grey.shape[::-1]))
                raise MicrofemError(f"image {number + 1} has {told} px, the reference another size; crop both alike")
            before = self.matched(spline_image(grey, self.settings.blur), before)
            yield before

    def matched(self, image: SplineImage, before: Matches | None) -> Matches:
        """Return the matches in one image; before: those in the image before it, from which points start.

        Raises:
            MicrofemError: no point is found.
        """
        found = unmatched(len(self.grid.points), self.settings.shape)
        if before is not None and before.found.any():
            self._update(found, image, np.flatnonzero(before.found), before.warp[before.found])
        if not found.found.any():
            points, warps = seed(self.reference, image, self.mask, self.grid, self.settings)
            self._update(found, image, points, warps)
        if not found.found.any():
            raise MicrofemError(
                "no point of the reference is found in the image; state images that follow one another more closely, "
                "a larger subset, or a mask that holds the specimen alone"
            )
        self._spread(found, image)
        for _ in range(2):  # what was an outlier may be found from better neighbours
            outliers = self._outliers(found)
            if not len(outliers):
                break
            found.fate[outliers] = Fate.OUTLIER
            self._spread(found, image)
        found.fate[self._outliers(found)] = Fate.OUTLIER
        return found

    def _update(self, found: Matches, image: SplineImage, points: Ints, guess: Floats) -> None:
        """Match points from first guesses; keep what is better than before."""
        new = match(self.reference, image, self.mask, self.grid.points[points], guess, self.settings)
        better = new.found | ~found.found[points]
        at = points[better]
        found.warp[at], found.likeness[at] = new.warp[better], new.likeness[better]
        found.fate[at], found.deviation[at] = new.fate[better], new.deviation[better]

    def _spread(self, found: Matches, image: SplineImage) -> None:
        """Match points beside those that were found, wave by wave, until none is left that has a better neighbour."""
        around, places = self.grid.neighbours(), self.grid.points
        tries, used = np.zeros(len(places), dtype=np.int64), np.full(len(places), -1.0)
        fresh = np.flatnonzero(found.found)
        while len(fresh):
            beside = np.unique(around[fresh])
            beside = beside[(beside >= 0) & ~found.found[beside]]
            likeness = np.where(
                (around[beside] >= 0) & found.found[around[beside]], found.likeness[around[beside]], -1.0
            )
            best = likeness.argmax(axis=1)
            quality = np.take_along_axis(likeness, best[:, None], axis=1)[:, 0]
            chosen = (quality > used[beside]) & (tries[beside] < TRIES)
            wave, source = beside[chosen], around[beside[chosen], best[chosen]]
            used[wave], tries[wave] = quality[chosen], tries[wave] + 1
            self._update(found, image, wave, moved(found.warp[source], places[wave] - places[source]))
            fresh = wave[found.found[wave]]

    def _outliers(self, found: Matches) -> Ints:
        """Return the points whose displacement is far from what their neighbours' displacements and gradients say."""
        around, places = self.grid.neighbours(), self.grid.points
        far = np.zeros(len(places), dtype=bool)
        in_chunks(_far, len(places), around, places, found.warp, found.found, far)
        return np.flatnonzero(far)


@compiled
def _far(low: int, high: int, around: Ints, places: Ints, warp: Floats, found: Bools, far: Bools) -> None:
    """Mark the points from low to high whose residual from their neighbours is far above the neighbours' scatter."""
    terms = np.empty(warp.shape[2])
    residual = np.empty((2, around.shape[1]))
    for k in range(low, high):
        if not found[k]:
            continue
        count = 0
        for near in around[k]:
            if near < 0 or not found[near]:
                continue
            shape_terms(float(places[k, 0] - places[near, 0]), float(places[k, 1] - places[near, 1]), terms)
            for axis in range(2):
                residual[axis, count] = warp[k, axis, 0]
                for m in range(len(terms)):
                    residual[axis, count] -= warp[near, axis, m] * terms[m]
            count += 1
        if count < FEW:
            continue
        for axis in range(2):
            middle = np.median(residual[axis, :count])
            scatter = np.median(np.abs(residual[axis, :count] - middle))
            far[k] |= abs(middle) > FAR * scatter + ROUGH * FAR
