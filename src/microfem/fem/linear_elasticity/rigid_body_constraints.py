"""Solve an elastic body with some displacements given, its remaining rigid motions held by force-free pins.

The pins are as few as there are rigid motions left, picked by pivoted QR of those motions; statically
determinate, they carry no force when the loads balance, which is checked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr

from microfem.base.errors import SolveError
from microfem.fem.linear_elasticity.bodies import Body
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.solve import System
from microfem.fem.space import Floats, Ints

SLACK = 1e-6  # unbalanced or pin force, relative to all forces; beyond, the solution is refused
RANK = 1e-9  # singular value below which a rigid motion is not held, relative to the largest


@dataclass(frozen=True, kw_only=True)
class Held:
    """Displacements and residual forces A u - f, (nloads, n), and how well forces balance.

    system: for further loads with the same unknowns given.
    """

    u: Floats
    reactions: Floats
    residual: float
    balance: float
    system: System


def rigid_motions(points: Floats) -> Floats:
    """Return unit translations, then rotations with unit displacement at the far end: (npoints, dim, 3 or 6)."""
    dim = points.shape[1]
    x = points - 0.5 * (points.min(axis=0) + points.max(axis=0))
    x = x / max(float(np.abs(x).max()), 1e-300)
    motions = [np.broadcast_to(axis, x.shape) for axis in np.eye(dim)]
    for i in range(dim):
        for j in range(i + 1, dim):
            turn = np.zeros_like(x)
            turn[:, i], turn[:, j] = -x[:, j], x[:, i]
            motions.append(turn)
    return np.stack(motions, axis=2)


def find_pins(body: Body, given: Ints) -> Ints:
    """Return the unknowns to hold at zero so that no rigid motion of any part is left.

    given: unknowns that are prescribed already.

    Raises:
        SolveError: a part touches nothing that holds it.
    """
    mesh = body.space.mesh
    count, part = body.components
    held = np.zeros(body.dim * body.space.ndofs, dtype=bool)
    held[given] = True
    part_of_dof = np.full(body.space.ndofs, -1, dtype=np.int64)
    cell_part = part[mesh.cells[body.cells][:, 0]]
    part_of_dof[body.space.cell_dofs[body.cells]] = cell_part[:, None]
    for film in body.films.values():
        part_of_dof[body.space.dofs(film.facets)] = part[film.facets[:, :1]]
    pins = []
    for index in range(count):
        dofs = np.flatnonzero(part_of_dof[: len(mesh.points)] == index)  # vertices: what coarser levels keep
        unknowns = body.unknowns(dofs).ravel()
        here = held[unknowns]
        if not here.any() and (count > 1 or len(given)):
            names = {mesh.regions[r] for r in mesh.region_of_cell[body.cells[cell_part == index]]}
            raise SolveError(f"nothing holds a part made of {', '.join(sorted(names)) or 'films'}: it would float; "
                             "join it to the rest, or give what surrounds it a Young's modulus")  # fmt: skip
        pins.append(unknowns[_choose(rigid_motions(body.space.locations[dofs]).reshape(len(unknowns), -1), here)])
    return np.concatenate(pins)


def _choose(motions: Floats, held: Floats) -> Ints:
    """Return the rows that fix the motions which leave the held rows at rest."""
    left = np.eye(motions.shape[1])
    if held.any():
        padded = np.vstack([motions[held], np.zeros_like(left)])  # at least as many rows as motions
        _, sizes, rows = np.linalg.svd(padded, full_matrices=False)
        rank = int((sizes > RANK * sizes[0]).sum())
        left = rows[rank:].T
    if not left.shape[1]:
        return np.zeros(0, dtype=np.int64)
    loose = motions @ left
    _, _, order = qr(loose.T, mode="economic", pivoting=True)
    return np.asarray(order[: left.shape[1]], dtype=np.int64)


def hold(
    body: Body,
    given: Ints,
    values: Floats,
    loads: Floats | None = None,
    settings: SolverSettings = SolverSettings(),
) -> Held:
    """Solve A u = f with u = values (nloads, ngiven) on `given`, and pins at rest; loads f: (nloads, n) or None.

    Raises:
        SolveError: a part floats, the solve fails, or forces do not balance.
    """
    pins = find_pins(body, given)
    wanted = np.hstack([values, np.zeros((len(values), len(pins)))])
    return hold_pinned(body, np.concatenate([given, pins]), pins, wanted, loads, settings)


def hold_pinned(
    body: Body,
    given: Ints,
    pins: Ints,
    values: Floats,
    loads: Floats | None = None,
    settings: SolverSettings = SolverSettings(),
) -> Held:
    """Solve A u = f with u = values (nloads, ngiven) on `given`, pins among them.

    Raises:
        SolveError: the solve fails, or forces do not balance.
    """
    loose = np.zeros(body.stiffness.size, dtype=bool)
    loose[body.unknowns(body.dofs)] = True
    loose[given] = False
    free = np.flatnonzero(loose)
    system = System(body.stiffness, given, free, repeated=True, settings=settings)
    solved = system.solve(values, loads)
    balance = unbalanced(body, solved.reactions, loads, pins)
    if not balance < SLACK:
        raise SolveError(f"forces do not balance: {balance:.2e} of the largest is left over, above {SLACK:.0e}")
    return Held(u=solved.u, reactions=solved.reactions, residual=solved.residual, balance=balance, system=system)


def unbalanced(body: Body, reactions: Floats, loads: Floats | None, pins: Ints) -> float:
    """Return the largest unbalanced force, moment over length or pin force, relative to the sum of forces."""
    unknowns = body.unknowns(body.dofs).ravel()
    motions = rigid_motions(body.space.locations[body.dofs]).reshape(len(unknowns), -1)
    total = reactions + (0.0 if loads is None else loads)
    scale = np.abs(reactions).sum(axis=1) + (0.0 if loads is None else np.abs(loads).sum(axis=1))
    left = np.abs(total[:, unknowns] @ motions).max(axis=1)
    pinned = np.abs(reactions[:, pins]).max(axis=1) if len(pins) else 0.0
    return float((np.maximum(left, pinned) / np.maximum(scale, 1e-300)).max())
