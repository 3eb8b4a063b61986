"""The window of the viewer: a panel for each design, a foot for what they share, one camera for all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from microfem.render.viewer.pieces import Piece, moved
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import MOST_SHOWN
from microfem.results.stored import Floats

ROOM = 1.06  # x size of the layout that a panel shows
HEAD, FOOT = 60, 88  # pixels of a panel for its title, and for a scalar bar with its label
SAMPLES = 4  # of a pixel of a picture that stands still
DPI = 72  # of a window whose pixels are those of the page
DIRECTIONS = {
    "iso": ((-1.0, -1.6, 1.1), (0.0, 0.0, 1.0)),
    "top": ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0)),
    "front": ((0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
    "side": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
}
USUAL = {"3d": "iso", "plan": "top", "section": "front", "axisymmetric": "front"}


def new_plotter(size: tuple[int, int] = (1200, 800), ratio: float = 1.0) -> Any:
    """Return a plotter off-screen with all panels and the foot; ratio: its pixels per pixel of a page."""
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    import pyvista as pv

    plotter = pv.Plotter(
        shape=(1, MOST_SHOWN + 1), off_screen=True, window_size=size, lighting="light kit", border=False
    )
    plotter.set_background("white")
    plotter.link_views()
    plotter.enable_parallel_projection()
    set_ratio(plotter, ratio)
    set_samples(plotter, SAMPLES)
    return plotter


def set_ratio(plotter: Any, ratio: float) -> None:
    """Set the pixels of a window per pixel of the page; letters, lines and margins keep their size in the page."""
    plotter.render_window.SetDPI(round(DPI * ratio))


def set_samples(plotter: Any, count: int) -> None:
    """Set the samples of a pixel: with none, edges are rough and a picture takes a third of the time."""
    if plotter.render_window.GetMultiSamples() != count:
        plotter.render_window.SetMultiSamples(count)


def ratio_of(plotter: Any) -> float:
    """Return the pixels of a window per pixel of the page."""
    return float(plotter.render_window.GetDPI()) / DPI


def foot_of(plotter: Any) -> Any:
    """Return the renderer of the foot: scale bar, axes, and the scalar bar that panels share."""
    return plotter.renderers[MOST_SHOWN]


def arrange(plotter: Any, count: int, wide: float, high: float, own: bool) -> float:
    """Divide the window among panels so that contents of this width and height are largest; hide unused panels.

    own: whether each panel has its own scalar bar. Returns half the height of a panel, in the units of wide and high.
    """
    grids = {(1, count), (count, 1), *([(2, 2)] if count > 3 else [])}
    ratio, (width, height) = ratio_of(plotter), plotter.window_size
    foot = min(FOOT * ratio / height, 0.5)
    head = (HEAD + (FOOT if own else 0)) * ratio

    def half(grid: tuple[int, int]) -> float:
        tall = (1.0 - foot) * height / grid[0]
        return 0.5 * ROOM * max(high * tall / max(tall - head, 1.0), wide * tall / (width / grid[1]))

    rows, columns = min(sorted(grids), key=lambda grid: half(grid) * grid[0])
    for k, renderer in enumerate(plotter.renderers[:MOST_SHOWN]):
        row, column = divmod(k, columns)
        low, top = (foot + (1.0 - foot) * (1.0 - (row + down) / rows) for down in (1, 0))
        _place(renderer, (column / columns, low, (column + 1) / columns, top) if k < count else None)
    _place(foot_of(plotter), (0.0, 0.0, 1.0, foot))
    foot_of(plotter).SetInteractive(False)
    return half((rows, columns))


def _place(renderer: Any, box: tuple[float, float, float, float] | None) -> None:
    """Give a renderer its part of the window, or hide it."""
    renderer.SetViewport(*(box or (0.0, 0.0, 0.001, 0.001)))
    renderer.SetDraw(box is not None)
    renderer.SetInteractive(box is not None)


def size_of(plotter: Any, renderer: Any) -> tuple[float, float]:
    """Return width and height of a panel in pixels of the page."""
    left, low, right, high = renderer.GetViewport()
    width, height = plotter.window_size
    ratio = ratio_of(plotter)
    return float(right - left) * width / ratio, max(float(high - low) * height / ratio, 1.0)


def pixels_per_um(plotter: Any) -> float:
    """Return how many pixels of the page 1 um takes in a panel."""
    _, height = size_of(plotter, plotter.renderers[0])
    return 0.5 * height / float(plotter.renderers[0].camera.parallel_scale)


def bounds_of(pieces: Sequence[Piece | None], shown: Shown) -> Floats:
    """Return lowest and highest coordinates (3, 2) of the drawing, um."""
    meshes = [moved(one.surface, shown.factor) for one in pieces if one]
    meshes += [one.edges for one in pieces if one and shown.ghost and one.edges.n_cells]
    boxes = np.array([mesh.bounds for mesh in meshes] or [(-1.0, 1.0) * 3]).reshape(-1, 3, 2)
    return np.stack([boxes[:, :, 0].min(axis=0), boxes[:, :, 1].max(axis=0)], axis=1)


def look(plotter: Any, bounds: Floats, count: int, direction: str, own: bool) -> None:
    """Turn the camera of all panels, arrange the panels, and fit the bounds."""
    place, up = DIRECTIONS[direction]
    centre, corners = bounds.mean(axis=1), np.array(np.meshgrid(*bounds)).reshape(3, -1).T
    back = np.asarray(place) / np.linalg.norm(place)
    right = np.cross(up, back) / np.linalg.norm(np.cross(up, back))
    upward = np.cross(back, right)
    seen = corners - centre
    wide, high = (2.0 * float(np.abs(seen @ axis).max()) for axis in (right, upward))
    camera = plotter.renderers[0].camera
    camera.focal_point, camera.up = tuple(centre), up
    camera.position = tuple(centre + 3.0 * float(np.linalg.norm(bounds[:, 1] - bounds[:, 0])) * back)
    camera.parallel_scale = arrange(plotter, count, wide, high, own)


def copy_view(source: Any, target: Any) -> None:
    """Give a plotter the panels and the camera of another one."""
    for one, other in zip(source.renderers, target.renderers, strict=True):
        other.SetViewport(*one.GetViewport())
        other.SetDraw(one.GetDraw())
    set_camera(target, camera_of(source))


def camera_of(plotter: Any) -> tuple[float, ...]:
    """Return position, focal point, upward direction, and half the height of a panel in um: 10 numbers."""
    camera = plotter.renderers[0].camera
    return (*camera.position, *camera.focal_point, *camera.up, camera.parallel_scale)


def set_camera(plotter: Any, numbers: tuple[float, ...]) -> None:
    """Set what `camera_of` returns."""
    camera = plotter.renderers[0].camera
    camera.position, camera.focal_point, camera.up = numbers[:3], numbers[3:6], numbers[6:9]
    camera.parallel_scale = numbers[9]
