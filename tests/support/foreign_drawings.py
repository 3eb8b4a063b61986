"""Drawings as other programs write them."""

from __future__ import annotations

from pathlib import Path

import ezdxf
import gdstk
import numpy as np
import shapely


def cell_of(path: Path, *items: object, unit: float = 1e-6) -> Path:
    library = gdstk.Library("test", unit=unit, precision=1e-9)
    library.new_cell("TOP").add(*items)
    library.write_gds(path)
    return path


def corners(outline: shapely.Polygon) -> np.ndarray:
    return shapely.get_coordinates(outline.exterior)[:-1]


def dxf_of(path: Path, draw, units: int = 4) -> Path:
    drawing = ezdxf.new("R2010", units=units)
    draw(drawing, drawing.modelspace())
    drawing.saveas(path)
    return path
