"""Computed fields as a camera's subsets and gauge show them, at the points of a map.

A camera sees no strain at a point: a subset finds an average of the displacement over its pixels, a gauge the slope of
the plane through those in its window. Nothing is comparable before the computed field went through the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.dic.camera import Camera
from microfem.dic.computed import TopSurface
from microfem.dic.gauge import displacement_gradient, gauge_weights, strain, window_of
from microfem.dic.match import MatchSettings, match
from microfem.dic.raster import NOTHING, Raster, gradients, raster
from microfem.dic.records import Bools, DicMap, DicSettings, Floats, Level, Levelled, Measure, Registration
from microfem.dic.speckle import WIDTH, speckle
from microfem.dic.splines import spline_image
from microfem.dic.subsets import Fits, Motion, fitted, motion_of
from microfem.dic.unfollowed import scatter
from microfem.dic.virtual import MOST, seen
from microfem.dic.warps import TERMS, moved

Ints = NDArray[np.int64]

DOWN = np.array([1.0, -1.0])  # rows count downwards
OTHER_SEED = 20_011  # of the pattern of images that level: not that of an experiment
DOT = 4.0  # px, of that pattern, and of a map that does not tell its own
BITS = 16  # of those images, so that their grey levels add no noise
SPARE = 4  # px around the subsets of a map


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A surface in the frame of a map, and what the map's camera sees of it.

    pixels (n, 2): columns and rows of the map's points in the raster, which need not be whole; settings: of the map.
    """

    surface: TopSurface
    camera: Camera
    raster: Raster
    pixels: Floats
    settings: DicSettings

    @property
    def nearest(self) -> Ints:
        """The nearest whole columns and rows (n, 2)."""
        return np.asarray(np.rint(self.pixels).astype(np.int64))

    @property
    def triangle(self) -> Ints:
        """The triangle (n,) at each point, -1 off the device."""
        columns, rows = self.nearest.T
        return np.asarray(self.raster.triangle[rows, columns])

    @cached_property
    def motion(self) -> Motion:
        """The displacement at all pixels."""
        return motion_of(self.raster.displacement * DOWN / self.camera.pixel, _spread(self.settings))

    @cached_property
    def fits(self) -> Fits:
        """What the map's subsets would find."""
        return fitted(self.motion, self.pixels, stated(self.settings).subset // 2, self.settings.shape or "affine")

    def in_um(self, moved: Floats) -> Floats:
        """Return displacements (n, 2) in um, y upwards, from those along columns and rows, px."""
        return np.asarray(moved * DOWN * self.camera.pixel)


def place(one: DicMap, surface: TopSurface, on: Registration) -> Placed:
    """Return a surface as the camera of a map sees it.

    Raises:
        MicrofemError: the map does not tell its subset or pixel, or its points need too large an image.
    """
    settings = stated(one.settings)
    pixel, margin = settings.pixel, settings.subset // 2 + SPARE
    moving = surface.displacement.copy()
    moving[:, :2] = moving[:, :2] @ on.axes / on.scale
    there = replace(surface, points=np.ascontiguousarray(on.on_map(surface.points)), displacement=moving)
    low, high = one.points.min(axis=0) - margin * pixel, one.points.max(axis=0) + margin * pixel
    columns, rows = np.ceil((high - low) / pixel - 1e-6).astype(int) + 1
    if columns * rows > MOST:
        raise MicrofemError(f"points over {columns} x {rows} px are too large an image; state the pixel of the map")
    corner = np.array([low[0], high[1]])
    middle = corner + 0.5 * pixel * DOWN * [columns - 1, rows - 1]
    camera = Camera(pixel=pixel, size=(int(columns), int(rows)), centre=(float(middle[0]), float(middle[1])))
    pixels = (one.points - corner) * DOWN / pixel
    return Placed(surface=there, camera=camera, raster=raster(there, camera), pixels=pixels, settings=one.settings)


@dataclass(frozen=True)
class Known:
    """Subset, px, and pixel, um, of a map."""

    subset: int
    pixel: float


def stated(settings: DicSettings) -> Known:
    """Return the subset and the pixel of a map.

    Raises:
        MicrofemError: one is not known.
    """
    if settings.subset is None or settings.pixel is None:
        examples = {"subset": "subset 17", "pixel": "pixel 12um"}
        lacking = [name for name in examples if getattr(settings, name) is None]
        remedy = " and ".join(examples[name] for name in lacking)
        raise MicrofemError(f"the map does not tell its {' and '.join(lacking)}; state it, such as {remedy}")
    return Known(settings.subset, settings.pixel)


def displacements(one: DicMap, placed: Placed, how: Level) -> Floats:
    """Return the computed displacements (n, 2) at the points of a map, um, in its frame; nan where nothing is seen."""
    if how in ("none", "gauge"):
        values = np.full(one.points.shape, np.nan)
        on = placed.triangle != NOTHING
        columns, rows = placed.nearest[on].T
        away = (placed.pixels[on] - placed.nearest[on]) * DOWN * placed.camera.pixel
        slopes = gradients(placed.surface, placed.triangle[on], one.points[on])
        values[on] = placed.raster.displacement[rows, columns] + np.einsum("nij,nj->ni", slopes, away)
        return values
    return placed.in_um(placed.fits.values if how == "subset" else _through_images(one, placed))


def _through_images(one: DicMap, placed: Placed) -> Floats:
    """Return the displacements (n, 2), px, that the matcher finds in images of the surface without noise."""
    pixel, radius, fits = placed.camera.pixel, stated(one.settings).subset // 2, placed.fits
    camera, columns, rows = _wider(placed)
    settings = MatchSettings(
        subset=2 * radius + 1, shape="quadratic" if one.settings.shape == "quadratic" else "affine"
    )
    size = np.ptp(placed.surface.box, axis=0)
    pattern = speckle(DOT * pixel, (float(size[0]), float(size[1])), OTHER_SEED)
    still = replace(placed.surface, displacement=np.zeros_like(placed.surface.displacement))
    before, after = (camera.recorded(seen(surface, camera, pattern)) for surface in (still, placed.surface))
    mask = np.zeros(before.shape, dtype=bool)
    mask[rows, columns] = placed.raster.inside
    tried = np.flatnonzero(np.isfinite(fits.values).all(axis=1))
    corner = np.array([columns.start, rows.start])
    guess = np.zeros((len(tried), 2, TERMS[settings.shape]))
    away = placed.nearest[tried] - placed.pixels[tried]
    guess[..., 0] = fits.values[tried] + np.einsum("nij,nj->ni", fits.slopes[tried], away)
    guess[..., 1:3] = fits.slopes[tried]
    points = placed.nearest[tried] + corner
    found = match(spline_image(before), spline_image(after), mask, points, guess, settings)
    seen_at = np.full_like(fits.values, np.nan)
    good = found.found
    seen_at[tried[good]] = moved(found.warp[good], -away[good])[..., 0]
    return seen_at


def _wider(placed: Placed) -> tuple[Camera, slice, slice]:
    """Return a camera that holds the device before and after, and the columns and rows of the narrower one in it."""
    surface, camera = placed.surface, placed.camera
    nodes = np.unique(surface.nodes)
    corners = camera.pixels(np.vstack([surface.points[nodes], surface.moved[nodes]]))
    spare = _beyond(corners, camera)
    size = (camera.size[0] + 2 * spare[0], camera.size[1] + 2 * spare[1])
    if size[0] * size[1] > MOST:
        raise MicrofemError(f"images of {size[0]} x {size[1]} px are too large; level by subset")
    columns, rows = (slice(one, one + length) for one, length in zip(spare, camera.size, strict=True))
    return replace(camera, size=size, bits=BITS), columns, rows


def _beyond(corners: Floats, camera: Camera) -> tuple[int, int]:
    """Return the pixels on each side, along columns and rows, that corners (n, 2) need beyond a camera's image."""
    beyond = np.maximum(-corners.min(axis=0), corners.max(axis=0) - np.array(camera.size) + 1.0)
    columns, rows = np.ceil(np.maximum(beyond, 0.0)).astype(int) + SPARE
    return int(columns), int(rows)


def level(
    one: DicMap, surface: TopSurface, how: Level = "subset", on: Registration | None = None,
    measure: Measure | None = None, load: float = float("nan"),
) -> Levelled:  # fmt: skip
    """Return a computed field as the subsets and the gauge of a map show it.

    how: `none` the field at the points, `gauge` through the plane fit alone, `subset` through the subsets' fit before
    it, `images` by the matcher in rendered images. Points that the map lost count in no gauge.

    Raises:
        MicrofemError: the map does not tell its subset, pixel, step or window.
    """
    known, settings = on or Registration(), one.settings
    placed = place(one, surface, known)
    values = displacements(one, placed, how)
    joint = one.valid & np.isfinite(values).all(axis=1)
    if how == "none":
        gradient = np.full((len(values), 2, 2), np.nan)
        inside = placed.triangle != NOTHING
        gradient[inside] = gradients(placed.surface, placed.triangle[inside], one.points[inside])
    else:
        gradient = displacement_gradient(one.points, values, joint, window_of(settings))
    moved_by, slopes_by = _by_pattern(placed, how, joint)
    chosen: Measure = measure or settings.measure or "nominal"
    turned, squares = known.axes @ gradient @ known.axes.T, known.axes**2
    pixels = round(window_of(settings) / stated(settings).pixel) + stated(settings).subset
    return Levelled(
        points=known.on_design(one.points),
        displacement=known.scale * values @ known.axes.T,
        gradient=turned,
        strain=strain(turned, chosen),
        scatter=known.scale * np.sqrt(moved_by**2 @ squares.T),
        gradient_scatter=np.sqrt(squares @ slopes_by**2 @ squares.T),
        measure=chosen,
        how=how,
        gauge=(pixels, pixels * placed.camera.pixel * known.scale),
        region=np.where(placed.triangle == NOTHING, NOTHING, surface.region[placed.triangle]),
        regions=surface.regions,
        edge=at_edge(placed, pixels),
        load=load,
    )


def _spread(settings: DicSettings) -> float:
    """Return s, px, of a pattern whose grey levels correlate by exp(-d2 / 4 s2) over a distance d."""
    return WIDTH * DOT if settings.speckle is None else settings.speckle / (4.0 * float(np.sqrt(np.log(2.0))))


def _by_pattern(placed: Placed, how: Level, joint: Bools) -> tuple[Floats, Floats]:
    """Return standard deviations of displacements (n, 2), um, and of their gradients (n, 2, 2), by the pattern.

    The field through images has a pattern of its own, which adds; one without subsets is not what a camera sees.
    """
    if how in ("none", "gauge"):
        return np.zeros((len(joint), 2)), np.zeros((len(joint), 2, 2))
    weights = gauge_weights(placed.pixels, joint, window_of(placed.settings) / placed.camera.pixel)
    found = scatter(placed.motion, placed.fits, weights)
    more = 1.0 if how == "subset" else float(np.hypot(1.0, WIDTH * DOT / placed.motion.spread))
    return more * placed.camera.pixel * found[0], more * found[1]


def at_edge(placed: Placed, side: int) -> Bools:
    """Return the points (n,) whose gauge, a square of a side in px, is not wholly on the device."""
    from scipy.ndimage import minimum_filter

    whole = np.pad(placed.raster.inside, side, mode="edge")
    columns, rows = placed.nearest.T + side
    return ~np.asarray(minimum_filter(whole, side)[rows, columns])
