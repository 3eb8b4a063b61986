"""Scenes in three dimensions that a reader turns, as long as they are small; pictures where no script runs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from importlib.resources import files

from microfem.report.figures import image, picture
from microfem.report.runs import Run, Runs
from microfem.study.file_schema import ViewModel

MOST_CHARACTERS = 3_000_000  # characters that all scenes of a page may take
HELP = "Drag or use the arrow keys to turn; click, then wheel, + or − to zoom; double click to go back."
SEEN = "microfem view shows them"


def scenes(runs: Runs) -> str:
    """Show a field of the first 3D case of each run, a scene for each design; name those that would be too much."""
    used, parts, left = 0, [], []
    for run in runs.each:
        figures = []
        for name, text in _figures(run):
            if used + len(text) > MOST_CHARACTERS:
                left.append(name)
                continue
            used += len(text)
            figures.append(text)
        parts += [f"<div class='flow scenes'>{''.join(figures)}</div>"] if len(figures) > 1 else []
    told = f"<p class='small help'>{HELP}</p>" if parts else ""
    if left:
        names = escape(", ".join(left))
        told += (
            f"<p class='small'>Left out, since all scenes may take {MOST_CHARACTERS / 1e6:g} MB: {names}; {SEEN}.</p>"
        )
    return f"<h2>In three dimensions</h2>{''.join(parts)}{told}" if told else ""


def _figures(run: Run) -> Iterator[tuple[str, str]]:
    """Yield the colour bar of a run, if it has a 3D case, then each design's name and scene."""
    from microfem.render.embed import draw_bar, make_scene
    from microfem.render.sheet import make_row

    view = _view(run)
    if view is None:
        return
    good = [name for name, one in run.summary.designs.items() if view.case in one.cases]
    row = make_row(view, run.folder, good)
    yield "", picture(lambda: draw_bar(row), f"case {view.case}")
    for k, design in enumerate(row.names):
        one, name = make_scene(row, k), run.prefix + design
        told = f", displacement drawn {one.factor:.3g} times" if one.factor else ", a quarter cut away"
        yield name, (f"<figure class='scene'>{image(one.still, 'png', name)}<canvas hidden tabindex='0' width='1000' "
                     f"height='800' data-scene='{one.packed}'></canvas>"
                     f"<figcaption>{escape(name + told)}</figcaption></figure>")  # fmt: skip


def _view(run: Run) -> ViewModel | None:
    """Return the view of a 3D case that the study shows first, as a scene; a view that is one already comes first."""
    from microfem.results.files import ABOUT, read_json

    views = run.summary.inputs.views if run.summary.inputs else ()
    for view in sorted(views, key=lambda one: one.plane != "3d"):
        told = (read_json(path) for path in sorted(run.folder.glob(f"designs/*/{view.case}{ABOUT}")))
        if any(one.get("dimension") == "3d" for one in told):
            return view.model_copy(update={"plane": "3d", "streamlines": False})
    return None


def script() -> str:
    """Return what draws and turns the scenes of a page."""
    return files("microfem.report").joinpath("scene.js").read_text(encoding="utf-8")


def allowed(text: str) -> str:
    """Return the source by which a page's policy allows one script and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
