"""The sections of a page that are pictures, each inside the page as data."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.report.runs import Run, Runs
from microfem.report.sections import parameters

HEAVY = 400_000  # characters of an SVG above which a PNG is lighter to open
SHEET = "sheet.png"
PLACED = {"Cylinder": "wrapped around a cylinder", "SphericalCap": "on a sphere", "Saddle": "on a saddle"}


def layouts(runs: Runs) -> str:
    """Draw each layout once, to scale, with the parameters of the designs that have it."""
    groups: dict[str, list[str]] = {}
    for name, one in runs.designs.items():
        if one.get("params"):
            groups.setdefault(str((one["family"], one["params"], one.get("placement"))), []).append(name)
    if not groups:
        return ""
    drawn = "".join(_layout(runs, names) for names in groups.values())
    families: dict[str, dict[str, Any]] = {}
    for names in groups.values():
        families.setdefault(runs.designs[names[0]]["family"], {})[", ".join(names)] = runs.designs[names[0]]
    told = "".join(f"<h3>Parameters, {escape(family)}</h3>{parameters(one)}" for family, one in families.items())
    return f"<h2>Layouts</h2><div class='flow'>{drawn}</div>{told}"


def _layout(runs: Runs, names: list[str]) -> str:
    from microfem.families import build_layout
    from microfem.render.layout import draw_layout

    one = runs.designs[names[0]]
    placed = one.get("placement") or {}
    told = PLACED.get(placed.get("surface", ""), "")
    told = f", {told} of radius {placed['radius'] / 1000:g} mm, drawn flat" if told else ""
    caption = f"{', '.join(names)} ({one['family']}{told})"
    try:
        layout = build_layout(one["family"], one["params"])
    except (MicrofemError, TypeError) as error:  # of another version, which had other parameters
        return f"<p class='small'>{escape(caption)} cannot be drawn by this version: {escape(str(error))}</p>"
    return picture(lambda: draw_layout(layout), caption)


def picture(draw: Callable[[], Any], caption: str) -> str:
    """Draw a figure in the style of papers and return it as SVG, or as PNG where that is lighter."""
    from microfem.render.style import save, styled

    buffer = io.BytesIO()
    with styled():
        save(draw(), buffer, "svg")
    kind = "svg+xml"
    if len(buffer.getvalue()) > HEAVY:
        buffer, kind = io.BytesIO(), "png"
        with styled():
            save(draw(), buffer, kind)
    return _figure(buffer.getvalue(), kind, caption)


def _figure(data: bytes, kind: str, caption: str) -> str:
    return f"<figure>{image(data, kind, caption)}<figcaption>{escape(caption)}</figcaption></figure>"


def image(data: bytes, kind: str, told: str) -> str:
    """Return a picture as an element; told: what it is, for who cannot see it."""
    text = base64.b64encode(data).decode()
    return f"<img alt='{escape(told, quote=True)}' src='data:image/{kind};base64,{text}'>"


def stored(runs: Runs, histories: bool) -> str:
    """Show the comparison sheet of each run, or its only view; the histories' pictures too where asked for."""
    parts = []
    for run in runs.each:
        names = drawn(run.folder)
        sheet = [one for one in names if one.name == SHEET] or [one for one in names if not _told(one)]
        shown = [*sheet, *(one for one in names if histories and _told(one))]
        parts += [_figure(one.read_bytes(), "png", _caption(run, one)) for one in shown]
    return f"<h2>Fields</h2>{''.join(parts)}" if parts else ""


def drawn(folder: Path) -> list[Path]:
    """Return the pictures of a run in their order."""
    return sorted((folder / "pictures").glob("*.png"))


def _told(path: Path) -> bool:
    return path.name.startswith("history-")


def _caption(run: Run, path: Path) -> str:
    views = run.summary.get("inputs", {}).get("views", [])
    told = "; ".join(f"{one['field'].replace('_', ' ')} of {one['case']}" for one in views)
    caption = f"{path.stem}" if _told(path) else told
    return f"{run.name}: {caption}" if run.name else caption


def histories(runs: Runs) -> str:
    """Draw what changes along load paths, a figure for each case."""
    from microfem.render import history

    parts = []
    for case in dict.fromkeys(case for one in runs.designs.values() for case in one["cases"]):
        if rows := history.histories(runs.merged, case):
            parts.append(picture(partial(history.draw_history, rows, history.told(rows),
                                         history.beside(runs.merged, case)), f"case {case}"))  # fmt: skip
    return f"<h2>Along the load</h2>{''.join(parts)}" if parts else ""


def fingers(runs: Runs) -> str:
    """Draw where along fingers the current leaves the electrodes, a figure for each case."""
    from microfem.render.fingers import draw_shares, shares

    parts = [picture(lambda one=one: draw_shares(one), f"case {case}: how much of the current has left up to there")  # type: ignore[misc]
             for case, one in shares(runs.designs).items()]  # fmt: skip
    return f"<h2>Current along the fingers</h2>{''.join(parts)}" if parts else ""


def convergence(runs: Runs) -> str:
    """Draw how errors fall from mesh to mesh."""
    from microfem.render.convergence import converging, draw_convergence

    found = converging(runs.designs)
    if not found:
        return ""
    wanted = runs.merged.get("accuracy", {})
    note = "error of each mesh's value; hollow: no error is known, distance from the last mesh's value"
    return f"<h2>Convergence</h2>{picture(lambda: draw_convergence(found, wanted), note)}"
