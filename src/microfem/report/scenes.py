"""3D scenes that a reader can turn, within a limit of size; still pictures where no script runs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from microfem.report.figures import image, picture
from microfem.report.runs import Run, Runs
from microfem.report.wording import section, told
from microfem.study.file_schema import ViewModel

MOST_CHARACTERS = 3_000_000  # limit for all scenes of a page together
HELP = "Drag or use the arrow keys to turn; click, then wheel, + or − to zoom; double click to reset."
SEEN = "microfem view shows them"


def scenes(runs: Runs) -> str:
    """Return a field of the first 3D case of each run, one scene per design; name the designs beyond the limit."""
    used, parts, omitted = 0, [], []
    for run in runs.each:
        figures = []
        for name, text in _figures(run):
            if used + len(text) > MOST_CHARACTERS:
                omitted.append(name)
                continue
            used += len(text)
            figures.append(text)
        parts += [f"<div class='flow scenes'>{''.join(figures)}</div>"] if len(figures) > 1 else []
    note = f"<p class='small help'>{HELP}</p>" if parts else ""
    if omitted:
        names = told(", ".join(omitted))
        note += f"<p class='small'>Omitted, above the limit of {MOST_CHARACTERS / 1e6:g} MB: {names}; {SEEN}.</p>"
    return section("In three dimensions", *parts, note) if note else ""


def _figures(run: Run) -> Iterator[tuple[str, str]]:
    """Yield the colour bar of a run with a 3D case, then the name and the scene of each design."""
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
        detail = f", displacement x {one.factor:.3g}" if one.factor else ", a quarter cut away"
        yield (
            name,
            (
                f"<figure class='scene'>{image(one.still, 'png', name)}<canvas hidden tabindex='0' width='1000' "
                f"height='800' data-scene='{one.packed}'></canvas>"
                f"<figcaption>{told(name + detail)}</figcaption></figure>"
            ),
        )


def _view(run: Run) -> ViewModel | None:
    """Return the first view of a 3D case, changed to a 3D view; views with `plane: 3d` come first."""
    from microfem.results.description import read_description
    from microfem.results.files import ABOUT

    views = run.summary.inputs.views if run.summary.inputs else ()
    for view in sorted(views, key=lambda one: one.plane != "3d"):
        abouts = (read_description(path) for path in sorted(run.folder.glob(f"designs/*/{view.case}{ABOUT}")))
        if any(one.get("dimension") == "3d" for one in abouts):
            return view.model_copy(update={"plane": "3d", "streamlines": False})
    return None


def script() -> str:
    """Return the script that draws and turns the scenes of a page."""
    return files("microfem.report").joinpath("scene.js").read_text(encoding="utf-8")


def allowed(text: str) -> str:
    """Return the content-security source that allows exactly this script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
