"""How unlike two pictures look to an eye: the share of small tiles whose colour differs noticeably.

Colours are compared in CIELAB, where equal distances look about equally large; a distance of 2.3 is just noticeable
(M. Mahy, L. Van Eycken and A. Oosterlinck, Color Res. Appl. 19, 1994, 105). Tiles are means, so that the smoothing of
edges and the hinting of letters, which differ between versions of libraries, weigh little, and a line that is missing
or a field that is shifted still counts wherever it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

NOTICEABLE = 2.3  # distance in CIELAB
TILE = 8  # pixels


def unlike(one: Any, other: Any) -> float:
    """Return the share of tiles in which two pictures (height, width, 3) of one size differ noticeably."""
    return float((difference(one, other) > NOTICEABLE).mean())


def difference(one: Any, other: Any) -> Any:
    """Return the distance in CIELAB of the mean colours of each tile; what is left of a tile at the rim is dropped."""
    apart = _lab(one) - _lab(other)
    rows, columns = apart.shape[0] // TILE, apart.shape[1] // TILE
    tiles = apart[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE, 3)
    return np.linalg.norm(tiles.mean(axis=(1, 3)), axis=2)


def _lab(image: Any) -> Any:
    """Return CIELAB (height, width, 3) of sRGB from 0 to 255."""
    import pyvista as pv
    from vtkmodules.vtkImagingColor import vtkImageRGBToXYZ, vtkImageXYZToLAB

    height, width, _ = np.shape(image)
    grid = pv.ImageData(dimensions=(width, height, 1))
    grid.point_data["rgb"] = np.asarray(image, dtype=np.float32).reshape(-1, 3) / 255.0
    xyz, lab = vtkImageRGBToXYZ(), vtkImageXYZToLAB()
    xyz.SetInputData(grid)
    lab.SetInputConnection(xyz.GetOutputPort())
    lab.Update()
    return np.asarray(pv.wrap(lab.GetOutput()).active_scalars).reshape(height, width, 3)
