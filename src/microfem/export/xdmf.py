"""Meshes as XDMF in one file of text, which meshio writes with h5py alone."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
from numpy.typing import NDArray

from microfem.mesh import Mesh


def write_xdmf(path: Path, mesh: Mesh) -> None:
    """Write points, cells, and the number of each cell's region from 1 as the attribute `region`."""
    root = Xml.Element("Xdmf", Version="3.0")
    grid = Xml.SubElement(Xml.SubElement(root, "Domain"), "Grid", Name="mesh", GridType="Uniform")
    geometry = Xml.SubElement(grid, "Geometry", GeometryType="XYZ" if mesh.dim == 3 else "XY")
    _item(geometry, mesh.points, "Float", "%.17g")
    kind = "Tetrahedron" if mesh.dim == 3 else "Triangle"
    topology = Xml.SubElement(grid, "Topology", TopologyType=kind, NumberOfElements=str(len(mesh.cells)))
    _item(topology, mesh.cells, "Int", "%d")
    region = Xml.SubElement(grid, "Attribute", Name="region", AttributeType="Scalar", Center="Cell")
    _item(region, mesh.region_of_cell + 1, "Int", "%d")
    Xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _item(parent: Xml.Element, values: NDArray[np.generic], kind: str, form: str) -> None:
    shape = " ".join(map(str, values.shape))
    item = Xml.SubElement(parent, "DataItem", DataType=kind, Precision="8", Format="XML", Dimensions=shape)
    rows = values.reshape(len(values), -1).tolist()
    item.text = "\n" + "\n".join(" ".join(form % one for one in row) for row in rows) + "\n"
