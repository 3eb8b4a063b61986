"""The sections of a report with pictures, embedded in the page as data."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal

from microfem.base.errors import MicrofemError
from microfem.render.curves import curves_of, draw_curve, panels_of
from microfem.render.plot import PLOT, draw_run
from microfem.report.runs import Run, Runs
from microfem.report.sections import parameters as values
from microfem.report.wording import chapter, section, told
from microfem.results.summary import DesignResult, map_pictures

HEAVY = 400_000  # characters of an SVG, above which a PNG opens faster
SHEET = "sheet.png"
PLACED = {"Cylinder": "wrapped around a cylinder", "SphericalCap": "on a sphere", "Saddle": "on a saddle"}


def layouts(runs: Runs) -> str:
    """Return drawings of the layouts, each once and to scale."""
    groups = _alike(runs)
    if not groups:
        return ""
    drawn = "".join(layout(runs.designs[one[0]], _named(runs.designs[one[0]], one)) for one in groups)
    return chapter("Designs", f"<div class='flow drawn'>{drawn}</div>")


def _alike(runs: Runs) -> list[list[str]]:
    """Return the names of designs in groups of equal layouts, without designs whose parameters are not known."""
    groups: dict[str, list[str]] = {}
    for name, one in runs.designs.items():
        if one.params:
            groups.setdefault(str((one.family, one.params, one.placement, one.layers)), []).append(name)
    return list(groups.values())


def parameters(runs: Runs) -> str:
    """Return the parameters of the designs, a table for each family."""
    families: dict[str, dict[str, DesignResult]] = {}
    for names in _alike(runs):
        families.setdefault(runs.designs[names[0]].family, {})[", ".join(names)] = runs.designs[names[0]]
    return "".join(section(f"Parameters, {told(family)}", values(one)) for family, one in families.items())


def layout(one: DesignResult, caption: str) -> str:
    """Return a drawing of a design's layout, or why there is none."""
    from microfem.families import build_layout
    from microfem.render.layout import draw_layout

    try:
        built = build_layout(one.family, one.params, one.materials, layers=one.layers)
    except (MicrofemError, TypeError) as error:  # the family has other parameters in this version
        return f"<p class='small'>{told(caption)} cannot be drawn by this version: {told(error)}</p>"
    return picture(lambda: draw_layout(built, row=False), caption)


def _named(one: DesignResult, names: Sequence[str]) -> str:
    """Return the names of equal designs, with their family and surface."""
    placed = one.placement or {}
    surface = PLACED.get(str(placed.get("surface", "")), "")
    surface = f", {surface} of radius {float(placed['radius']) / 1000:g} mm, drawn flat" if surface else ""
    return f"{', '.join(names)} ({one.family}{surface})"


def picture(draw: Callable[[], Any], caption: str) -> str:
    """Draw a figure in the style of papers; return it as SVG, or as PNG where that is smaller."""
    from microfem.render.style import save, styled

    buffer = io.BytesIO()
    with styled(fixed_letters=True):
        save(draw(), buffer, "svg")
    kind = "svg+xml"
    if len(buffer.getvalue()) > HEAVY:
        buffer, kind = io.BytesIO(), "png"
        with styled():
            save(draw(), buffer, kind)
    return figure(buffer.getvalue(), kind, caption)


def figure(data: bytes, kind: str, caption: str) -> str:
    """Return a picture with its caption as an HTML element."""
    return f"<figure>{image(data, kind, caption)}<figcaption>{told(caption)}</figcaption></figure>"


def image(data: bytes, kind: str, text: str) -> str:
    """Return a picture as an HTML element; text: its description for screen readers."""
    encoded = base64.b64encode(data).decode()
    return f"<img alt='{told(text)}' src='data:image/{kind};base64,{encoded}'>"


def stored(runs: Runs, curves: bool) -> str:
    """Return the comparison sheet of each run, or its only view; curves: also the pictures of curves."""
    parts = []
    for run in runs.each:
        names = drawn(run)
        of_curves = {one for one in names if one.stem in captions(run)}
        sheet = [one for one in names if one.name == SHEET] or [one for one in names if one not in of_curves]
        shown = [*sheet, *(one for one in names if curves and one in of_curves)]
        parts += [figure(one.read_bytes(), "png", _caption(run, one, one in of_curves)) for one in shown]
    return section("Fields", *parts)


def drawn(run: Run) -> list[Path]:
    """Return the pictures of a run in order, without those of maps, which have a section of their own."""
    of_maps = map_pictures(run.summary)
    return sorted(one for one in (run.folder / "pictures").glob("*.png") if one.name not in of_maps)


def captions(run: Run) -> dict[str, str]:
    """Return the captions of the pictures of curves and plots, by name."""
    plots = run.summary.inputs.plots if run.summary.inputs else ()
    return {f"{PLOT}{one.title}": one.title.replace("-", " ") for one in plots} | {
        f"{case}-{name}": f"case {case}: {look.title.lower()}"
        for case in run.summary.cases
        for name, look in curves_of(run.summary, case).items()
    }


def _caption(run: Run, path: Path, of_curve: bool) -> str:
    views = run.summary.inputs.views if run.summary.inputs else ()
    fields = "; ".join(f"{one.field} of {one.case}" for one in views if not one.measured)
    caption = captions(run)[path.stem] if of_curve else fields
    return f"{run.name}: {caption}" if run.name else caption


def plots(runs: Runs) -> str:
    """Return the plots that the studies state."""
    parts = []
    for run in runs.each:
        for plot in run.summary.inputs.plots if run.summary.inputs else ():
            caption = ": ".join(text for text in (run.name, plot.title.replace("-", " ")) if text)
            with suppress(MicrofemError):  # which the summary tells
                parts.append(picture(partial(draw_run, run.summary, plot), caption))
    return section("Plots", f"<div class='flow'>{''.join(parts)}</div>") if parts else ""


def curves(runs: Runs, shows: Literal["value", "error"]) -> str:
    """Return the curves of values, or those of errors: a section for each kind, a figure for each case."""
    sections: dict[str, list[str]] = {}
    looks = [(name, case, look) for case in runs.merged.cases for name, look in curves_of(runs.merged, case).items()]
    for name, case, look in sorted(looks, key=lambda row: (not row[2].pictured, row[0])):
        if look.shows == shows:
            caption = f"case {case}" + (f": {look.caption}" if look.caption else "")
            drawn = picture(partial(draw_curve, look, panels_of(runs.merged, case, name)), caption)
            sections.setdefault(look.title, []).append(drawn)
    return "".join(section(told(title), *parts) for title, parts in sections.items())
