"""Sizes of regions and films of a mesh on the layout as stated, by quadrature over its exact shape."""

from __future__ import annotations

import math

import numpy as np

from microfem.fem.potential.curved import simplex_rule
from microfem.mesh import Mesh
from microfem.mesh.exact import ExactShape, exact_shape


def true_sizes(mesh: Mesh, degree: int) -> dict[str, float]:
    """Return the volume, area or length of each region and film where the mesh belongs, um."""
    shape = exact_shape(mesh)
    cells = size_of_each(shape, mesh.cells, degree)
    regions = {name: float(cells[mesh.cells_of(name)].sum()) for name in mesh.regions}
    return regions | {name: float(size_of_each(shape, film, degree).sum()) for name, film in mesh.sheets.items()}


def size_of_each(shape: ExactShape, simplices: np.ndarray, degree: int) -> np.ndarray:
    """Return the true sizes of cells or facets, um."""
    rule = simplex_rule(simplices.shape[1] - 1, degree)
    tangents = shape.tangents(simplices, rule.points)
    gram = np.linalg.det(tangents @ tangents.swapaxes(2, 3))
    return np.sqrt(gram) @ rule.weights / math.factorial(simplices.shape[1] - 1)
