"""Drawings read within limits, in a child process, since the libraries that read them may crash on damaged files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from microfem.base.child import CallLimits, in_child
from microfem.base.errors import ChildError, MicrofemError, brief
from microfem.base.registry import did_you_mean
from microfem.drawings.dxf import read_dxf
from microfem.drawings.gds import read_gds
from microfem.drawings.heal import heal
from microfem.drawings.record import MOST_DRAWING_BYTES, MOST_MEGABYTES, MOST_SECONDS, DrawnShapes
from microfem.layout import Outline

T = TypeVar("T")
NEEDS = ("gdstk", "ezdxf", "scipy.sparse.csgraph", "shapely")  # what reads drawings
KINDS = {".gds": "GDSII", ".oas": "OASIS", ".dxf": "DXF"}
GRID = 0.01  # um, of a drawing that has none
STEPS = 10  # of the grid, within which a drawing is healed


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a drawing is read.

    cell: of GDSII and OASIS, "" for the only top-level cell. tolerance: largest distance of chords from curves of DXF,
    um, None for 1 um. unit: of DXF, um, None for the one that the drawing states. join: the tolerance of healing, um,
    None for ten steps of the drawing's grid. window: (x0, y0, x1, y1) of the pieces to keep, um. smallest: area of the
    pieces to keep, um2.
    """

    cell: str = ""
    tolerance: float | None = None
    unit: float | None = None
    join: float | None = None
    window: tuple[float, float, float, float] | None = None
    smallest: float | None = None


def guarded(read: Callable[..., T], path: Path, reading: Reading, *arguments: Any) -> T:
    """Return read(path, reading, *arguments), called in a child process.

    Raises:
        MicrofemError: the file is missing, damaged or too large, or has no such contents.
    """
    _check(path, reading)
    try:
        limits = CallLimits(MOST_SECONDS, MOST_MEGABYTES)
        return in_child(read, path, reading, *arguments, limits=limits, needs=NEEDS)
    except ChildError as error:
        if error.kind == "error":
            raise MicrofemError(f"{path} cannot be imported: {error}") from None
        remedy = "save it anew with the program that made it, or keep one device in it"
        raise MicrofemError(f"{path} is damaged or too large: {error}; {remedy}") from None


def read_layer(path: Path, layer: str, reading: Reading = Reading()) -> Outline:
    """Return the outline of one layer of a drawing, um, as it lies there.

    Raises:
        MicrofemError: the file is missing, damaged or too large, or has no outlines on that layer.
    """
    return guarded(_layer, path, reading, layer)


def _layer(path: Path, reading: Reading, layer: str) -> Outline:
    drawing = read_drawing(path, reading)
    if layer not in drawing.layers:
        known = did_you_mean(layer, drawing.layers)
        raise MicrofemError(f"{path}: it has no outlines on a layer '{layer}'{known}")
    try:
        return heal(drawing, [layer], reach_of_healing(drawing, reading)).outlines[layer]
    except MicrofemError as error:
        raise MicrofemError(f"{path}: {error}") from None


def reach_of_healing(drawing: DrawnShapes, reading: Reading) -> float:
    """Return the distance within which the lines of a drawing are joined, um."""
    return STEPS * (drawing.grid or GRID) if reading.join is None else reading.join


def read_drawing(path: Path, reading: Reading = Reading()) -> DrawnShapes:
    """Return the shapes of a drawing.

    Raises:
        MicrofemError: the file is damaged or too large.
    """
    try:
        if path.suffix.lower() == ".dxf":
            return read_dxf(path, 1.0 if reading.tolerance is None else reading.tolerance, reading.unit)
        return read_gds(path, reading.cell)
    except MicrofemError as error:
        raise MicrofemError(f"{path}: {error}") from None
    except Exception as error:  # libraries raise all kinds of errors on damaged files, gdstk a MemoryError too
        told = "".join(one if one.isprintable() else "?" for one in str(error))
        raise MicrofemError(f"{_damaged(path)}: {type(error).__name__}: {brief(told)}") from None


def _damaged(path: Path) -> str:
    kind = KINDS[path.suffix.lower()]
    return f"{path} is damaged or no {kind} file; save it anew with the program that made it"


def _check(path: Path, reading: Reading) -> None:
    """Raise a MicrofemError if the format or the file cannot be read, or an option has no meaning for the format."""
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise MicrofemError(f"'{path.suffix}' is no supported format of drawings; use {', '.join(KINDS)}")
    others = (
        {"--tolerance": reading.tolerance, "--unit": reading.unit} if suffix != ".dxf" else {"--cell": reading.cell}
    )
    if without := next((option for option, value in others.items() if value), ""):
        raise MicrofemError(f"{without} has no meaning for {KINDS[suffix]}: {path}; leave it out")
    if not path.is_file():
        raise MicrofemError(f"{path}: there is no such file")
    if path.stat().st_size > MOST_DRAWING_BYTES:
        raise MicrofemError(f"{path} is larger than {MOST_DRAWING_BYTES} bytes; keep one device in it")
