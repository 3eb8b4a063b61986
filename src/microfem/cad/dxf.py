"""DXF, by ezdxf: closed lines with exact arcs in millimetres, one layer per pattern layer, a device as a block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from microfem.cad.pattern import LAYERS, LayerPattern, PatternLayer
from microfem.drawings.library import library

MM = 1e-3  # mm per um
MILLIMETRES = 4  # $INSUNITS


def write_dxf(path: Path, pattern: LayerPattern) -> None:
    """Write a pattern as DXF of AutoCAD 2010: every outline, hole and line is an LWPOLYLINE."""
    ezdxf = library("ezdxf")

    drawing = ezdxf.new("R2010", units=MILLIMETRES)
    for layer in pattern.layers():
        if layer.name not in drawing.layers:
            entry = drawing.layers.add(layer.name, color=LAYERS[layer.role][1])
            entry.description = f"z = {layer.z[0]:g} to {layer.z[1]:g} um"
    model = drawing.modelspace()
    if pattern.grid.repeated or pattern.shared:
        block = drawing.blocks.new("DEVICE")
        _add(block, pattern.device)
        for x, y in pattern.grid.places():
            model.add_blockref("DEVICE", (MM * x, MM * y))
        _add(model, pattern.shared)
    else:
        _add(model, pattern.device)
    drawing.saveas(path)


def _add(space: Any, layers: Sequence[PatternLayer]) -> None:
    for layer in layers:
        for line in layer.lines:
            space.add_lwpolyline((MM * line.points).tolist(), close=line.closed, dxfattribs={"layer": layer.name})
        for ring in (ring for shape in layer.shapes for ring in shape):
            corners = np.column_stack([MM * ring.points, ring.bulges])
            space.add_lwpolyline(corners.tolist(), format="xyb", close=True, dxfattribs={"layer": layer.name})
