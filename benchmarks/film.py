"""A stiff film on a soft substrate, clamped at its ends and pulled to 1.5 times its length in ten equal steps.

A block of 10 x 5 x 1.1 um: the film is the uppermost 0.1 um and has ten times the shear modulus of the substrate. In
all programs W = mu / 2 (J^(-2/3) I1 - 3) + kappa / 2 (J - 1)^2 with kappa = 500 mu, on the same tetrahedra with
displacements of P2 and the same four points of integration. The number is the force at the end, uN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.meshes import Arrays

LENGTH, WIDTH, SUBSTRATE, FILM = 10.0, 5.0, 1.0, 0.1  # um
SHEAR, RATIO = (1.0, 10.0), 500.0  # MPa of substrate and film; kappa / mu
STRETCH, STEPS = 1.5, 10
EDGES = np.array([(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)])  # with middle nodes, in the usual order
CUBE = np.array([(0, 1, 3, 7), (0, 1, 5, 7), (0, 2, 3, 7), (0, 2, 6, 7), (0, 4, 5, 7), (0, 4, 6, 7)])  # Kuhn's


@dataclass(frozen=True)
class Film:
    """cells: bricks along length and width, and across the substrate; the film is one brick thick."""

    name: str
    cells: tuple[int, int, int]

    @property
    def arrays(self) -> Arrays:
        """Six tetrahedra in each brick; region 1 is the film."""
        nx, ny, nz = self.cells
        z = np.r_[np.linspace(0.0, SUBSTRATE, nz + 1), SUBSTRATE + FILM]
        axes = np.linspace(0.0, LENGTH, nx + 1), np.linspace(0.0, WIDTH, ny + 1), z
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        number = np.arange(len(points)).reshape(nx + 1, ny + 1, nz + 2)
        corners = [number[i : i + nx, j : j + ny, k : k + nz + 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)]
        tets = np.stack(corners, axis=-1).reshape(-1, 8)[:, CUBE].reshape(-1, 4)
        sides = points[tets[:, 1:]] - points[tets[:, :1]]
        turned = np.linalg.det(sides) < 0.0
        tets[turned, 2:] = tets[turned, :1:-1]
        return Arrays(points, tets, (points[tets].mean(axis=1)[:, 2] > SUBSTRATE).astype(np.int64))


FILMS = {
    one.name: one
    for one in (
        Film("film_1k", (4, 3, 2)),
        Film("film_6k", (10, 5, 3)),
        Film("film_17k", (18, 8, 3)),
        Film("film_70k", (30, 14, 5)),
    )
}


def quadratic(arrays: Arrays) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return points and tetrahedra (ntets, 10) with the middle nodes of edges, which come after the vertices."""
    pairs = np.sort(arrays.tets[:, EDGES], axis=2).reshape(-1, 2)
    edges, number = np.unique(pairs, axis=0, return_inverse=True)
    points = np.vstack([arrays.points, arrays.points[edges].mean(axis=1)])
    return points, np.hstack([arrays.tets, len(arrays.points) + number.reshape(-1, 6)])


def pressure_vertices(arrays: Arrays) -> NDArray[np.int64]:
    """Return the vertices (ntets, 4) of pressures, from 0: those on the interface are there once for each material."""
    keys = 2 * arrays.tets + arrays.region[:, None]
    return np.unique(keys, return_inverse=True)[1].reshape(keys.shape)
