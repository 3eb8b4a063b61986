"""Strain gauges: planes fitted to the displacements of points in a window, and measures of strain from them.

The same lines serve maps of a camera and computed fields at its points, so that both are seen through one gauge.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.dic.records import Bools, DicMap, DicSettings, Floats, Measure

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = NDArray[np.int64]

LEAST_POINTS = 3  # of a plane
FLAT = 1e-6  # of the squared window: least scatter of its points in any direction
SLACK = 1e-6  # of a window: points on its edge belong to it


def displacement_gradient(points: Floats, displacement: Floats, valid: Bools, window: float) -> Floats:
    """Return grad u (n, 2, 2) of the plane that fits best the displacements in a square window around each point.

    points, displacement (n, 2): in one unit; window: side of the square between its outermost points, in that unit;
    valid (n,): points that count. NaN where a point does not count, or too few around it do for a plane.
    """
    known = np.where(valid[:, None], displacement, 0.0)
    return np.stack([one @ known for one in gauge_weights(points, valid, window)], axis=2)


def gauge_weights(points: Floats, valid: Bools, window: float) -> tuple[csr_array, csr_array]:
    """Return the weights (n, n) of displacements in d/dx and d/dy of the planes of `displacement_gradient`.

    A row whose point has no plane is nan.
    """
    from scipy.sparse import csr_array

    used = np.flatnonzero(valid)
    places, count = points[used], len(used)
    near, far = pairs_within(places, 0.5 * window * (1.0 + SLACK))
    away = places[far] - places[near]

    def gathered(of_pairs: Floats) -> Floats:
        return np.asarray(np.bincount(near, weights=of_pairs, minlength=count), dtype=float)

    sizes, (x, y) = gathered(np.ones(len(near))), away.T
    mean = np.stack([gathered(x), gathered(y)], axis=1) / sizes[:, None]
    x, y = (away - mean[near]).T
    xx, xy, yy = gathered(x * x), gathered(x * y), gathered(y * y)
    area = xx * yy - xy**2
    flat = (sizes < LEAST_POINTS) | (area <= (sizes * (FLAT * window) ** 2) ** 2)
    area[flat] = np.nan
    along = (x * yy[near] - y * xy[near]) / area[near], (y * xx[near] - x * xy[near]) / area[near]
    lost = np.flatnonzero(~valid)
    rows, columns = np.concatenate([used[near], lost]), np.concatenate([used[far], lost])
    nothing, shape = np.full(len(lost), np.nan), (len(points), len(points))
    first, second = (csr_array((np.concatenate([one, nothing]), (rows, columns)), shape=shape) for one in along)
    return first, second


def pairs_within(places: Floats, reach: float) -> tuple[Ints, Ints]:
    """Return the numbers of all pairs of points no farther apart along any axis, each both ways and with itself."""
    from scipy.spatial import cKDTree

    own = np.arange(len(places))
    if not len(places):
        return own, own
    pairs = cKDTree(places).query_pairs(reach, p=np.inf, output_type="ndarray")
    return np.concatenate([pairs[:, 0], pairs[:, 1], own]), np.concatenate([pairs[:, 1], pairs[:, 0], own])


def strain(gradient: Floats, measure: Measure) -> Floats:
    """Return the strains (n, 3), components xx, yy, xy of a tensor, from grad u (n, 2, 2), F = 1 + grad u.

    nominal: U - 1, U the right stretch (Biot); green_lagrange: (U2 - 1) / 2; hencky: ln U; almansi: (1 - V^-2) / 2,
    V the left stretch, whose axes turn with the device; small: symmetric part of grad u, which sees rotations.
    """
    known = np.isfinite(gradient).all(axis=(1, 2))
    tensor = np.full_like(gradient, np.nan)
    if measure == "small":
        tensor[known] = 0.5 * (gradient[known] + gradient[known].swapaxes(1, 2))
    elif measure == "green_lagrange":
        change = gradient[known]
        tensor[known] = 0.5 * (change + change.swapaxes(1, 2) + change.swapaxes(1, 2) @ change)
    else:
        deformation = np.eye(2) + gradient[known]
        left = measure == "almansi"
        squared = deformation @ deformation.swapaxes(1, 2) if left else deformation.swapaxes(1, 2) @ deformation
        tensor[known] = _of_squared(squared, measure)
    return np.stack([tensor[:, 0, 0], tensor[:, 1, 1], tensor[:, 0, 1]], axis=1)


def _of_squared(squared: Floats, measure: Measure) -> Floats:
    """Return the strain of a squared stretch (n, 2, 2) by its principal values."""
    values, axes = np.linalg.eigh(squared)
    values = np.maximum(values, 1e-300)
    one = {
        "nominal": np.sqrt(values) - 1.0,
        "hencky": 0.5 * np.log(values),
        "almansi": 0.5 * (1.0 - 1.0 / values),
    }[measure]
    return np.einsum("nij,nj,nkj->nik", axes, one, axes)


def window_of(settings: DicSettings) -> float:
    """Return the side of the square between the outermost points of a gauge, um.

    Raises:
        MicrofemError: the settings do not tell it.
    """
    if settings.window is None or settings.step is None or settings.pixel is None:
        raise MicrofemError("a strain gauge needs a window, a step and a pixel; state window: 5 points, step and pixel")
    return (settings.window - 1) * settings.step * settings.pixel


def gauged(of: DicMap, window: int | None = None, measure: Measure | None = None) -> DicMap:
    """Return a map with strains from its displacements; window: points along the side of the gauge.

    Raises:
        MicrofemError: neither the call nor the map tells the window, or the map has no step.
    """
    chosen: Measure = measure or of.settings.measure or "green_lagrange"
    settings = replace(of.settings, window=window or of.settings.window, measure=chosen)
    gradient = displacement_gradient(of.points, of.displacement, of.valid, window_of(settings))
    return replace(of, strain=strain(gradient, chosen), settings=settings)
