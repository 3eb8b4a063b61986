"""Maps as text: CSV with the unit of every column and all settings above it, which reads back as the same map."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from microfem.dic.records import STRAINS, DicMap, DicSettings

TITLE = "# map of digital image correlation, microfem 1"


def csv_of(one: DicMap) -> str:
    """Return a map as text: settings, names of columns with units, a row for each point; nan where it is lost."""
    columns = {"x [um]": one.points[:, 0], "y [um]": one.points[:, 1]}
    columns |= {"u [um]": one.displacement[:, 0], "v [um]": one.displacement[:, 1]}
    if one.out_of_plane is not None:
        columns["w [um]"] = one.out_of_plane
    if one.strain is not None:
        columns |= {f"e{name} [1]": one.strain[:, k] for k, name in enumerate(STRAINS)}
    if one.quality is not None:
        columns["quality [1]"] = one.quality
    values = [map(repr, np.asarray(column, dtype=float).tolist()) for column in columns.values()]
    rows = zip(*values, map(str, one.valid.astype(int).tolist()), strict=True)
    return "\n".join([*_head(one), ",".join([*columns, "valid [1]"]), *map(",".join, rows), ""])


def _head(one: DicMap) -> Iterator[str]:
    yield TITLE
    if one.name:
        yield f"# name: {_line(one.name)}"
    if one.load is not None:
        yield f"# load: {one.load!r}"
    yield from _told(one.settings)
    for why, count in one.why_lost:
        yield f"# lost: {count} {_line(why)}"
    for note in one.notes:
        yield f"# note: {_line(note)}"


def _told(settings: DicSettings) -> Iterator[str]:
    """Yield a line for each setting that is known."""
    lines = {
        "program": (settings.program or None, ""),
        "subset": (settings.subset, " px"),
        "step": (settings.step, " px"),
        "window": (settings.window, " points"),
        "shape functions": (settings.shape, ""),
        "measure": (settings.measure, ""),
        "reference": (settings.reference, ""),
        "pixel": (settings.pixel, " um"),
        "noise": (settings.noise, " um"),
        "strain noise": (settings.strain_noise, ""),
        "speckle": (settings.speckle, " px"),
    }
    yield from (f"# {name}: {_line(str(value))}{unit}" for name, (value, unit) in lines.items() if value is not None)


def _line(text: str) -> str:
    """Return text on one line."""
    return " ".join(text.split())
