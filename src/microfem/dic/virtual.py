"""Virtual experiments: images of a computed device along its load path, as a camera takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.dic.camera import Camera
from microfem.dic.computed import SIDES, SurfacePath, TopSurface
from microfem.dic.raster import raster
from microfem.dic.records import Bools, DicMap, DicSettings, Floats
from microfem.dic.render import Lighting, render
from microfem.dic.speckle import Speckle, speckle

Ints = NDArray[np.int64]

CHORD = 0.005  # px: largest distance of a side that is drawn straight from the computed one
FINEST = 16  # pieces of a side
MARGIN = 24  # px around the device in all states
MOST = 2**26  # pixels of an image
APART = 10  # px: distance of the points at which the truth is told
RIM = 2  # px at the rim of a device whose grey levels the background changes


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A device along its path, its camera, and the diameter of the dots on it, px; seed: of the pattern."""

    path: SurfacePath
    camera: Camera
    dot: float = 4.0
    seed: int = 0
    lighting: Lighting = field(default_factory=Lighting)

    def pattern(self) -> Speckle:
        """Return a pattern that covers the device without repeating."""
        size = np.ptp(self.path.surface.box, axis=0)
        return speckle(self.dot * self.camera.pixel, (float(size[0]), float(size[1])), self.seed)

    def images(self, loads: Sequence[float]) -> Iterator[Floats]:
        """Yield the grey levels (rows, columns) at each load, each with noise of its own."""
        pattern = self.pattern()
        for frame, load in enumerate(loads):
            tell(f"image {frame + 1} of {len(loads)}: rendering at {self.path.quantity} {load:g}")
            light = seen(self.path.at(load), self.camera, pattern, self.lighting)
            yield self.camera.recorded(light, frame)


def seen(surface: TopSurface, camera: Camera, pattern: Speckle, lighting: Lighting | None = None) -> Floats:
    """Return the light (rows, columns) of an image of a surface in its state."""
    flat, moved, triangles = straight(surface, CHORD * camera.pixel)
    near = 1.0 - (moved[:, 2:] - surface.height.max()) / camera.standoff
    looks = camera.centre + (moved[:, :2] - camera.centre) / near
    return render(flat, np.ascontiguousarray(looks), triangles, pattern, camera, lighting)


def straight(surface: TopSurface, chord: float) -> tuple[Floats, Floats, Ints]:
    """Return flat vertices (n, 2), moved ones (n, 3) and triangles (m, 3) whose sides are straight, within a chord, um.

    A parabola between two nodes departs from its chord by the middle node's distance d from it, and by d / k^2 in k
    pieces.
    """
    nodes = surface.nodes
    flat, height = surface.points, surface.height
    if nodes.shape[1] == 3:
        whole = np.column_stack([flat, height]) + surface.displacement
        return flat, whole, nodes
    ends = [surface.displacement[nodes[:, pair]].mean(axis=1) for pair in SIDES]
    off = max(float(np.abs(surface.displacement[nodes[:, 3 + k]] - one).max()) for k, one in enumerate(ends))
    pieces = int(np.clip(np.ceil(np.sqrt(off / chord)), 1, FINEST))
    weights, small = _lattice(pieces)
    r, s, t = weights.T
    shapes = np.stack([r * (2 * r - 1), s * (2 * s - 1), t * (2 * t - 1), 4 * r * s, 4 * s * t, 4 * r * t], axis=1)
    places = np.einsum("pk,mkd->mpd", weights, np.column_stack([flat, height])[nodes[:, :3]])
    moved = places + np.einsum("pk,mkd->mpd", shapes, surface.displacement[nodes])
    triangles = (small[None] + len(weights) * np.arange(len(nodes))[:, None, None]).reshape(-1, 3)
    return np.ascontiguousarray(places[..., :2].reshape(-1, 2)), moved.reshape(-1, 3), triangles


def _lattice(pieces: int) -> tuple[Floats, Ints]:
    """Return barycentric weights (p, 3) of a lattice in a triangle, and its small triangles (pieces^2, 3)."""
    places = [(i, j) for i in range(pieces + 1) for j in range(pieces + 1 - i)]
    number = {place: k for k, place in enumerate(places)}
    up = [[(i, j), (i + 1, j), (i, j + 1)] for i, j in places if i + j < pieces]
    down = [[(i + 1, j), (i + 1, j + 1), (i, j + 1)] for i, j in places if i + j < pieces - 1]
    i, j = np.array(places).T
    weights = np.stack([pieces - i - j, i, j], axis=1) / pieces
    return weights, np.array([[number[one] for one in corners] for corners in up + down])


def camera_over(path: SurfacePath, camera: Camera, size: tuple[int, int] | None) -> Camera:
    """Return a camera over the middle of a device; size: columns and rows, None for all that the device comes to cover.

    Raises:
        MicrofemError: the image would have too many pixels.
    """
    box = path.surface.box
    middle = box.mean(axis=0)
    over = replace(camera, centre=(float(middle[0]), float(middle[1])))
    if size is None:
        nodes = np.unique(path.surface.nodes)
        seen_at = [path.surface.points[nodes] + state[nodes, :2] for state in path.displacements]
        corners = over.pixels(np.vstack([*seen_at, box])) - over.middle
        half = np.abs(corners).max(axis=0) + MARGIN
        size = (2 * int(np.ceil(half[0])), 2 * int(np.ceil(half[1])))
    if size[0] * size[1] > MOST:
        raise MicrofemError(f"an image of {size[0]} x {size[1]} px is too large; state a larger pixel, or a size")
    return replace(over, size=size)


def truth(path: SurfacePath, camera: Camera, load: float, name: str) -> DicMap:
    """Return the computed displacements at a load on a grid of pixels of the undeformed device, as a map."""
    columns, rows = (np.arange(APART, size, APART) for size in camera.size)
    found = raster(path.at(load), camera)
    column, row = (one.ravel() for one in np.meshgrid(columns, rows))
    inside = found.inside[row, column]
    column, row = column[inside], row[inside]
    return DicMap(
        points=camera.places(np.stack([column, row], axis=1).astype(float)),
        displacement=found.displacement[row, column],
        valid=np.ones(len(column), dtype=bool),
        settings=DicSettings(program="microfem", pixel=camera.pixel),
        load=load,
        name=name,
    )


def specimen(path: SurfacePath, camera: Camera) -> Bools:
    """Return the pixels (rows, columns) of the undeformed device whose grey levels the background does not change."""
    from scipy.ndimage import binary_erosion

    inside = raster(path.surface, camera).inside
    return np.asarray(binary_erosion(inside, np.ones((3, 3)), RIM, border_value=1))
