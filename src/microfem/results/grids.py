"""Meshes with fields as VTKHDF files, written by VTK in the child process.

VTK and HDF5 report a full disk on the terminal alone and are of no use after it; the child is ended then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microfem.base.child import end_child, in_child
from microfem.base.errors import ChildError, WriteError

LEVEL = 1  # of compression: a third of the size; higher levels take longer and save little


@dataclass(frozen=True, kw_only=True)
class FieldGrid:
    """Cells of one kind with arrays.

    points: (npoints, 3); cells: (ncells, nodes per cell); kind: VTK's number of the kind of cells; of_points, of_cells:
    arrays by name, with one row for each point or cell.
    """

    points: NDArray[np.float64]
    cells: NDArray[np.int64]
    kind: int
    of_points: Mapping[str, NDArray[Any]]
    of_cells: Mapping[str, NDArray[Any]]


def write_grid(path: Path, grid: FieldGrid) -> None:
    """Write a grid, compressed, and read it back, because the writer does not report a full disk.

    Raises:
        WriteError: the file is incomplete.
    """
    try:
        complete = in_child(_write, str(path), grid, needs=("vtkmodules.vtkIOHDF",))
    except ChildError as error:
        complete, reason = False, str(error)
    else:
        reason = "the file is incomplete; is the disk full?"
    if not complete:
        end_child()
        path.unlink(missing_ok=True)
        raise WriteError(f"cannot write {path}: {reason}")


def _write(path: str, grid: FieldGrid) -> bool:
    """Write a grid in this process; tell whether it can be read back whole."""
    from vtkmodules.vtkIOHDF import vtkHDFReader, vtkHDFWriter

    writer = vtkHDFWriter()
    writer.SetFileName(path)
    writer.SetInputData(as_vtk(grid))
    writer.SetCompressionLevel(LEVEL)
    writer.Write()
    reader = vtkHDFReader()
    reader.SetFileName(path)
    reader.Update()
    read = reader.GetOutput()
    if read is None or read.GetNumberOfCells() != len(grid.cells):
        return False
    groups = (read.GetPointData(), grid.of_points), (read.GetCellData(), grid.of_cells)
    return all(data.HasArray(name) for data, arrays in groups for name in arrays)


def as_vtk(grid: FieldGrid) -> Any:
    """Return a grid as VTK's own."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkUnstructuredGrid

    made, points, cells = vtkUnstructuredGrid(), vtkPoints(), vtkCellArray()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(grid.points)))
    made.SetPoints(points)
    offsets = np.arange(len(grid.cells) + 1, dtype=np.int64) * grid.cells.shape[1]
    connected = np.ascontiguousarray(grid.cells, dtype=np.int64).ravel()
    cells.SetData(numpy_to_vtkIdTypeArray(offsets), numpy_to_vtkIdTypeArray(connected))
    made.SetCells(grid.kind, cells)
    for data, arrays in ((made.GetPointData(), grid.of_points), (made.GetCellData(), grid.of_cells)):
        for name, values in arrays.items():
            array = numpy_to_vtk(np.ascontiguousarray(values))
            array.SetName(name)
            data.AddArray(array)
    return made
