"""Solve an elastic body with prescribed displacements; rigid-body constraints remove the remaining rigid-body modes.

There are as many constraints as remaining modes, chosen by pivoted QR of those modes. They are statically determinate:
their reactions vanish when the loads balance, which is checked.
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

SLACK = (
    1e-6  # unbalanced force or reaction of a rigid-body constraint, relative to all forces, above which a solve fails
)
RANK = 1e-9  # singular value, relative to the largest, below which a rigid-body mode is not constrained


@dataclass(frozen=True, kw_only=True)
class Held:
    """Displacements u and reactions A u - f, (nloads, n).

    residual: of the solve; balance: largest unbalanced force, relative to all forces; system: for further loads with
    the same constrained degrees of freedom.
    """

    u: Floats
    reactions: Floats
    residual: float
    balance: float
    system: System


def rigid_motions(points: Floats) -> Floats:
    """Return translations by 1, then rotations with a largest displacement of about 1: (npoints, dim, 3 or 6)."""
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


def find_rigid_constraints(body: Body, constrained: Ints) -> Ints:
    """Return the unknowns to constrain to zero so that no part has a rigid-body mode.

    constrained: unknowns that are constrained already.

    Raises:
        SolveError: a part touches no constraint.
    """
    mesh = body.space.mesh
    count, part = body.components
    held = np.zeros(body.dim * body.space.ndofs, dtype=bool)
    held[constrained] = True
    part_of_dof = np.full(body.space.ndofs, -1, dtype=np.int64)
    cell_part = part[mesh.cells[body.cells][:, 0]]
    part_of_dof[body.space.cell_dofs[body.cells]] = cell_part[:, None]
    for film in body.films.values():
        part_of_dof[body.space.dofs(film.facets)] = part[film.facets[:, :1]]
    rigid = []
    for index in range(count):
        dofs = np.flatnonzero(
            part_of_dof[: len(mesh.points)] == index
        )  # at vertices: multigrid keeps them on its P1 level
        unknowns = body.unknowns(dofs).ravel()
        here = held[unknowns]
        if not here.any() and (count > 1 or len(constrained)):
            names = {mesh.regions[r] for r in mesh.region_of_cell[body.cells[cell_part == index]]}
            raise SolveError(
                f"nothing holds a part made of {', '.join(sorted(names)) or 'films'}: it would float; "
                "join it to the rest, or give what surrounds it a Young's modulus"
            )
        rigid.append(unknowns[_choose(rigid_motions(body.space.locations[dofs]).reshape(len(unknowns), -1), here)])
    return np.concatenate(rigid)


def _choose(motions: Floats, held: Floats) -> Ints:
    """Return the rows to constrain so that no combination of motions leaves them and the held rows at rest."""
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
    constrained: Ints,
    values: Floats,
    loads: Floats | None = None,
    settings: SolverSettings = SolverSettings(),
) -> Held:
    """Solve A u = f with u = values (nloads, nconstrained) at `constrained`, and rigid-body constraints.

    loads: f (nloads, n), None for zero.

    Raises:
        SolveError: a part touches no constraint, the solve fails, or forces do not balance.
    """
    rigid = find_rigid_constraints(body, constrained)
    prescribed = np.hstack([values, np.zeros((len(values), len(rigid)))])
    return hold_constrained(body, np.concatenate([constrained, rigid]), rigid, prescribed, loads, settings)


def hold_constrained(
    body: Body,
    constrained: Ints,
    rigid_constraints: Ints,
    values: Floats,
    loads: Floats | None = None,
    settings: SolverSettings = SolverSettings(),
) -> Held:
    """Solve A u = f with u = values (nloads, nconstrained) at `constrained`, rigid-body constraints among them.

    Raises:
        SolveError: the solve fails, or forces do not balance.
    """
    loose = np.zeros(body.stiffness.size, dtype=bool)
    loose[body.unknowns(body.dofs)] = True
    loose[constrained] = False
    free = np.flatnonzero(loose)
    system = System(body.stiffness, constrained, free, repeated=True, settings=settings)
    solved = system.solve(values, loads)
    balance = unbalanced(body, solved.reactions, loads, rigid_constraints)
    if not balance < SLACK:
        raise SolveError(f"forces do not balance: {balance:.2e} of the largest is left over, above {SLACK:.0e}")
    return Held(u=solved.u, reactions=solved.reactions, residual=solved.residual, balance=balance, system=system)


def unbalanced(body: Body, reactions: Floats, loads: Floats | None, rigid_constraints: Ints) -> float:
    """Return the largest unbalanced force, moment over length or rigid reaction, relative to the sum of forces."""
    unknowns = body.unknowns(body.dofs).ravel()
    motions = rigid_motions(body.space.locations[body.dofs]).reshape(len(unknowns), -1)
    total = reactions + (0.0 if loads is None else loads)
    scale = np.abs(reactions).sum(axis=1) + (0.0 if loads is None else np.abs(loads).sum(axis=1))
    left = np.abs(total[:, unknowns] @ motions).max(axis=1)
    rigid = np.abs(reactions[:, rigid_constraints]).max(axis=1) if len(rigid_constraints) else 0.0
    return float((np.maximum(left, rigid) / np.maximum(scale, 1e-300)).max())
