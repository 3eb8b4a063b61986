"""What microfem alone is timed on at large strain: each has an aim in seconds.

The block is the film on its substrate with volumes kept exactly, three times as long in ten steps. The sheets are in
plan view, P2: square islands a thousand times as stiff as the substrate that carries them, as far apart as they are
wide, clamped at their ends and pulled to three or five times their length.
"""

from __future__ import annotations

import numpy as np

from benchmarks.engines.film.microfem import Engine
from benchmarks.film import FILMS
from microfem.fem.finite_strain.equilibrium import Balance
from microfem.fem.finite_strain.laws import neo_hooke
from microfem.fem.finite_strain.sheet import Membrane
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.solvers.newton import follow
from microfem.fem.space import Space
from microfem.mesh import Mesh

SIDE, THICK, SHEAR, RATIO = 1.0, 0.2, 1.0, 1000.0  # um, um, MPa; stiffness of islands over that of the substrate
Found = tuple[int, float, int]  # unknowns, force, iterations


def block(film: str) -> Found:
    """Stretch the block of a film."""
    engine = Engine(FILMS[film].arrays, "")
    force, iterations = engine.solve(3.0, 10, kept=True)
    return engine.dofs, force, iterations


def sheet(columns: int, rows: int, stretch: float, steps: int) -> Found:
    """Stretch a sheet of columns x rows islands, each a square of two triangles, with as much substrate around."""
    nx, ny = 2 * columns, 2 * rows
    x, y = np.meshgrid(SIDE * np.arange(nx + 1), SIDE * np.arange(ny + 1), indexing="ij")
    points, number = np.column_stack([x.ravel(), y.ravel()]), np.arange(x.size).reshape(x.shape)
    a, b, c, d = (part.ravel() for part in (number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]))
    cells = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    i, j = np.divmod(np.arange(nx * ny), ny)
    stack = np.tile(((i % 2 == 1) & (j % 2 == 1)).astype(np.int64), 2)
    mesh = Mesh(
        points=points,
        cells=cells,
        region_of_cell=stack,
        regions=("substrate", "islands"),
        dimension="plan",
        layout=None,
        sheets={},
        faces={},
        flat=points,
    )
    laws, thickness = (neo_hooke(SHEAR), neo_hooke(RATIO * SHEAR)), np.array([[THICK, 0.0], [THICK, THICK]])
    every = np.arange(len(cells))
    membrane = Membrane(
        space=Space(mesh, 2),
        cells=every,
        stack=stack,
        thickness=thickness,
        laws=laws,
        eigenstrain=np.zeros((len(cells), 3)),
    )
    at = membrane.space.locations[:, 0]
    low, high = 2 * np.flatnonzero(at == 0.0), 2 * np.flatnonzero(at == nx * SIDE)
    given = np.concatenate([low, low + 1, high + 1, high])
    moved = (stretch - 1.0) * nx * SIDE * np.isin(given, high)
    balance = Balance(
        continuum=membrane,
        motion=EndMotion(constrained=given, path=lambda load: load * moved, free_modes=np.zeros((0, len(given)))),
    )
    path = follow(balance, np.zeros(membrane.size), [(k + 1) / steps for k in range(steps)])
    if path.stopped:
        raise RuntimeError(path.stopped)
    forces = balance.forces(path.steps[-1].x, 1.0)
    assert forces is not None
    return len(balance.free), float(forces[high].sum()), path.iterations


ALONE = {
    "block to 200 %": (lambda: block("film_70k"), 30.0),
    "24 x 8 islands to 200 %": (lambda: sheet(24, 8, 3.0, 4), 0.3),
    "48 x 16 islands to 200 %": (lambda: sheet(48, 16, 3.0, 4), 0.3),
    "48 x 16 islands to 400 %": (lambda: sheet(48, 16, 5.0, 8), 2.0),
}  # with the CPU seconds aimed at
WARM = {"block": lambda: Engine(FILMS["film_1k"].arrays, "").solve(), "sheet": lambda: sheet(2, 2, 1.5, 2)}
