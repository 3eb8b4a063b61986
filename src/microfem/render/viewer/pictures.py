"""Pictures and films of the scene as files: larger than the page, on white ground."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from microfem.render.viewer.cameras import copy_view, new_plotter, ratio_of
from microfem.render.viewer.scene import draw
from microfem.render.viewer.shown import Place, Shown
from microfem.render.viewer.state import OpenRun

LARGEST = 8192  # pixels of a side
MOST_FRAMES = 200  # of a film: more states are passed over at equal distances
FILM_SIDE = 1280  # pixels of the longer side of a film


def has_films() -> bool:
    """Tell whether this machine writes MP4: with imageio-ffmpeg, which brings the program."""
    return find_spec("imageio_ffmpeg") is not None


@contextmanager
def beside(plotter: Any, times: float) -> Iterator[Callable[[OpenRun, Shown], Any]]:
    """Yield a function that draws a scene as `plotter` shows it, so many times larger, as (height, width, 3)."""
    times = min(times, LARGEST / max(plotter.window_size))
    size = tuple(max(2, round(times * side)) for side in plotter.window_size)
    other = new_plotter(size, times * ratio_of(plotter))

    def picture(run: OpenRun, shown: Shown) -> Any:
        copy_view(plotter, other)
        draw(other, run, shown)
        other.render_window.Render()
        return other.screenshot(None, return_img=True)

    try:
        yield picture
    finally:
        other.close()


def png(plotter: Any, run: OpenRun, shown: Shown, times: int) -> bytes:
    """Return the scene as a PNG file, so many times larger than in the page."""
    with beside(plotter, times) as picture:
        return saved([picture(run, shown)], "png")


def places_of_film(loads: Sequence[float]) -> list[Place | None]:
    """Return the states of a film, the end of the path among them."""
    last = len(loads) - 1
    numbers = np.unique(np.linspace(0, last, min(len(loads), MOST_FRAMES)).round().astype(int))
    return [None if k == last else Place(int(k), loads[k]) for k in numbers]


def frames(plotter: Any, run: OpenRun, shown: Shown, loads: Sequence[float]) -> Iterator[Any]:
    """Yield the picture of each state of a path."""
    with beside(plotter, min(1.0, FILM_SIDE / max(plotter.window_size))) as picture:
        for place in places_of_film(loads):
            yield picture(run, replace(shown, state=place))


def saved(images: Sequence[Any], kind: str, speed: float = 1.0) -> bytes:
    """Return pictures as a PNG, GIF or MP4 file; speed: pictures a second."""
    if kind == "mp4":
        return _film(images, speed)
    from PIL import Image

    buffer = io.BytesIO()
    first, *others = [Image.fromarray(image) for image in images]
    if kind == "png":
        first.save(buffer, "png")
        return buffer.getvalue()
    look: dict[str, Any] = {"colors": 256, "dither": Image.Dither.NONE}
    first, *others = [image.quantize(**look) for image in (first, *others)]
    first.save(buffer, "gif", save_all=True, append_images=others, duration=round(1000.0 / speed), loop=0)
    return buffer.getvalue()


def _film(images: Sequence[Any], speed: float) -> bytes:
    """Return pictures as an MP4 file, which ffmpeg writes to a file of its own."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from imageio_ffmpeg import write_frames

    with TemporaryDirectory(prefix="microfem-") as folder:
        path = Path(folder) / "film.mp4"
        high, wide = (side // 2 * 2 for side in images[0].shape[:2])  # the sides of a film are even
        writer = write_frames(str(path), (wide, high), fps=speed, quality=8, macro_block_size=2)
        writer.send(None)
        for image in images:
            writer.send(np.ascontiguousarray(image[:high, :wide]))
        writer.close()
        return path.read_bytes()
