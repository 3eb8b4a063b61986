"""Maps of displacement and strain from the files of programs of image correlation, in microfem's units and axes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from microfem.base.errors import MicrofemError, UnitError
from microfem.base.units import convert
from microfem.dic.presets import NEEDED, Preset, load_preset, presets, stated_preset
from microfem.dic.records import Bools, DicMap, DicSettings, Floats, MapSource, Measure
from microfem.dic.settings import listed, load_of, settings_of, stated
from microfem.dic.strains import measure_of, strains_of
from microfem.dic.table import Table, read_bytes, read_table

PIXELS = ("px", "pixel", "pixels")
FARTHEST = 1e9  # um: no device has such a place or displacement
MATLAB = (b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file")
Lost = list[tuple[str, Bools]]  # reason and points


@dataclass(frozen=True, kw_only=True)
class MapReading:
    """What a user states about a file; what is left out is found in it or refused.

    program: name of a preset; columns: what a column holds -> its name; y: where it points; pixel: um on the undeformed
    device; unit: of lengths that state none; measure: of strains that state none; with_strains: whether to take them.
    """

    program: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    y: Literal["", "up", "down"] = ""
    pixel: float | None = None
    unit: str = ""
    measure: Measure | None = None
    with_strains: bool = True


def read_maps(path: Path, how: MapReading = MapReading()) -> tuple[DicMap, ...]:
    """Read the maps of a file: one of a text, one for each image of a file of Ncorr.

    Raises:
        InputError: something in the file cannot be known or is wrong; with line and column.
        MicrofemError: the program is unknown, or columns are stated that no map has.
    """
    known = _known(how)
    data = read_bytes(path)
    if data.startswith(MATLAB):
        from microfem.dic.ncorr import read_ncorr

        tables: Sequence[Table] = read_ncorr(str(path), data, load_preset("ncorr"))
    else:
        tables = [read_table(str(path), data, [one for one in known if one.format == "text"])]
    source = MapSource(file=str(path), sha256=hashlib.sha256(data).hexdigest())
    return tuple(replace(_map(one, how), source=source) for one in tables)


def _known(how: MapReading) -> list[Preset]:
    """Return the presets among which that of a file is found."""
    if how.columns and how.program:
        raise MicrofemError("state a program or columns, not both")
    if how.columns:
        if not how.y:
            raise MicrofemError("stated columns need to know where y points; state y: up, or y: down as in images")
        return [stated_preset(how.columns, how.y)]
    return [load_preset(how.program)] if how.program else presets()


def _map(table: Table, how: MapReading) -> DicMap:
    """Return the map of a table: um, y upwards, shear of the tensor, lost points marked."""
    table = _with_places(table)
    settings = _settings(table, how)
    x, y, u, v = (_length(table, what, settings.pixel, how.unit) for what in NEEDED)
    w = _length(table, "w", settings.pixel, how.unit) if "w" in table.values else None
    strain, notes = strains_of(table) if how.with_strains else (None, [])
    if table.preset.places == "deformed":
        x, y = x - u, y - v
        notes.append("places of the deformed device moved back by their displacements")
    if (how.y or table.preset.y) == "down":
        y, v = 0.0 - y, 0.0 - v  # no -0
        w = None if w is None else 0.0 - w  # the frame stays right-handed
        strain = None if strain is None else strain * (1.0, 1.0, -1.0)
        notes.append("y turned upwards, with v and the sign of the shear" + ("" if w is None else ", and w with it"))
    lost = _lost(table, u, v)
    gone = np.any([points for _, points in lost], axis=0)
    points, displacement = np.column_stack([x, y]), np.column_stack([u, v])
    _refuse_impossible(table, points, displacement, strain, gone)
    for one in (displacement, *(each for each in (strain, w) if each is not None)):
        one[gone] = np.nan
    return DicMap(
        points=points,
        displacement=displacement,
        valid=~gone,
        settings=replace(settings, measure=measure_of(table, settings.measure, how.measure, strain)),
        out_of_plane=w,
        strain=strain,
        quality=table.values.get("quality"),
        shape=shape_of(points),
        load=load_of(table),
        name=stated(table, "name"),
        why_lost=_counts(table, lost, int(gone.sum())),
        notes=(*listed(table, "notes"), *table.notes, *notes),
    )


def _settings(table: Table, how: MapReading) -> DicSettings:
    """Return the settings that the file states, with the pixel that the user states."""
    settings = settings_of(table)
    if how.pixel is None:
        return settings
    if settings.pixel is not None and not np.isclose(settings.pixel, how.pixel, rtol=1e-6):
        table.refuse("", f"the file says that a pixel has {settings.pixel:g} um, and {how.pixel:g} um is stated")
    return replace(settings, pixel=how.pixel)


def _length(table: Table, what: str, pixel: float | None, unit: str) -> Floats:
    """Return a length of a table, um."""
    own = table.units[what] or table.preset.unit or unit
    if not own:
        table.refuse(what, f"no unit of {what} in the header; state the unit of lengths, such as mm or px")
    if own.lower() in PIXELS:
        if pixel is None:
            table.refuse(what, f"{what} is in px; state how large a pixel is on the device, as in --pixel 12um")
        factor = pixel
    else:
        try:
            factor = convert(own, "um")
        except UnitError:
            table.refuse(what, f"{what} is in '{own}', which is no unit of length")
    with np.errstate(over="ignore"):
        return table.values[what] * factor


def _with_places(table: Table) -> Table:
    """Return a table without the rows that have no place, as some programs write lost points."""
    values = table.values
    nowhere = np.isnan(values["x"]) | np.isnan(values["y"])
    if not nowhere.any():
        return table
    moved = nowhere & ~np.isnan(values["u"]) & ~np.isnan(values["v"])
    if moved.any():
        table.refuse("x", "has a displacement and no place", int(moved.argmax()))
    if nowhere.all():
        table.refuse("x", "no point has a place")
    kept = {what: column[~nowhere] for what, column in values.items()}
    lines = table.lines[~nowhere] if len(table.lines) else table.lines
    note = f"{nowhere.sum()} lost points without a place left out"
    return replace(table, values=kept, lines=lines, notes=(*table.notes, note))


def _lost(table: Table, u: Floats, v: Floats) -> Lost:
    """Return the points that were not found, each reason with its points.

    A program writes 0 for the displacement of a point that it lost; so where no column tells which are lost, points
    with u = v = 0 are.
    """
    rules = [one for one in table.preset.lost if one.column in table.values]
    lost = [("u or v is no number", np.isnan(u) | np.isnan(v))]
    lost += [(one.why, ~(table.values[one.column] >= one.below)) for one in rules]
    if not rules:
        lost.append(("u = v = 0, and no column tells which points are lost", (u == 0.0) & (v == 0.0)))
    if np.any([points for _, points in lost], axis=0).all():
        why, _ = max(lost, key=lambda one: one[1].sum())
        table.refuse("u", f"all of its {len(u)} points are lost: {why}")
    return lost


def _counts(table: Table, lost: Lost, total: int) -> tuple[tuple[str, int], ...]:
    """Return the number of points by the first reason for which each is lost, or as the file counts them."""
    told = [one.partition(" ") for one in listed(table, "why_lost")]
    counted = tuple((why, int(count)) for count, _, why in told if count.isdigit())
    if total and sum(count for _, count in counted) == total:
        return counted
    left, counts = np.ones(len(lost[0][1]), dtype=bool), []
    for why, points in lost:
        counts.append((why, int((points & left).sum())))
        left &= ~points
    return tuple(one for one in counts if one[1])


def _refuse_impossible(table: Table, points: Floats, displacement: Floats, strain: Floats | None, gone: Bools) -> None:
    """Refuse numbers that no device has, and two points at one place."""
    for what, values, kept in (("x", points, np.ones_like(gone)), ("u", displacement, ~gone)):
        if (wrong := ~(np.abs(values) < FARTHEST).all(axis=1) & kept).any():
            found = values[wrong.argmax()]
            table.refuse(what, f"({found[0]:.3g}, {found[1]:.3g}) um lies beyond any device", int(wrong.argmax()))
    if strain is not None and (wrong := (np.abs(strain) > FARTHEST).any(axis=1) & ~gone).any():
        table.refuse("exx", "a strain is no finite number", int(wrong.argmax()))
    order = np.lexsort(points.T)
    same = (points[order[1:]] == points[order[:-1]]).all(axis=1)
    if same.any():
        one, other = sorted(int(order[same.argmax() + k]) for k in (0, 1))
        first = f"line {table.lines[one]}" if len(table.lines) else f"point {one + 1}"
        table.refuse("x", f"has the same place as {first}: a map has one point at a place", other)


def shape_of(points: Floats) -> tuple[int, int] | None:
    """Return rows and columns of points that fill a grid, row by row; None if they do not."""
    x, y = points.T
    columns = int((y == y[0]).sum())
    rows = len(x) // columns
    if min(rows, columns) < 2 or rows * columns != len(x):
        return None
    across, down = x.reshape(rows, columns), y.reshape(rows, columns)
    regular = (across == across[0]).all() and (down == down[:, :1]).all()
    return (rows, columns) if regular else None
