"""Potential problems between terminals: div(c grad u) = 0, each terminal in turn at one, the others at zero.

The flux through terminal i at unit potential of terminal j is a(u_i, u_j), never a differentiated field. It equals
the residual A u_j summed over the terminal's unknowns, with the solver's error squared and without the round-off that
metal adds to residuals: the matrix is symmetric and its rows sum to zero to machine precision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.solvers.assembly import scalar_stiffness
from microfem.fem.solvers.pattern import find_pieces
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.solve import System
from microfem.fem.space import Floats, Ints, Space
from microfem.mesh import Mesh


@dataclass(frozen=True, kw_only=True)
class TerminalSolutions:
    """Unit solutions of all terminals.

    potentials: (nterminals, ndofs), NaN where nothing conducts; matrix: (nterminals, nterminals), flux into
    terminal i at unit potential of terminal j, in coefficient x um (3D) or coefficient (2D).
    coefficient: (ncells,), zero where no field was solved; films: coefficient x thickness (nfacets,) of the films that
    conduct along themselves; ideal: names of all regions and sheets that are terminals. balance: what residuals at the
    terminals miss of a sum of zero, relative to the largest; method: how the systems were solved, system: for
    further loads.
    """

    space: Space
    names: tuple[str, ...]
    potentials: Floats
    matrix: Floats
    coefficient: Floats
    films: Mapping[str, Floats]
    ideal: frozenset[str]
    residual: float
    balance: float
    seconds: float
    method: str
    system: System

    @property
    def active(self) -> NDArray[np.bool_]:
        """Cells in which the field was solved, (ncells,)."""
        return self.coefficient > 0.0

    def drive(self, potentials: Mapping[str, float], fluxes: Mapping[str, float]) -> Floats:
        """Return every terminal's potential (nterminals,), given some potentials and the others' fluxes."""
        value = np.array([potentials.get(name, fluxes.get(name, 0.0)) for name in self.names])
        held = np.array([name in potentials for name in self.names])
        volts = np.where(held, value, 0.0)
        if not held.all():
            right = value[~held] - self.matrix[np.ix_(~held, held)] @ value[held]
            volts[~held] = np.linalg.solve(self.matrix[np.ix_(~held, ~held)], right)
        return volts

    def between(self, names: Sequence[str]) -> Floats:
        """Return the matrix between the terminals named, the others floating without net flux (Schur complement)."""
        kept = np.array([name in names for name in self.names])
        inner, cross = self.matrix[np.ix_(kept, kept)], self.matrix[np.ix_(kept, ~kept)]
        return np.asarray(inner - cross @ np.linalg.solve(self.matrix[np.ix_(~kept, ~kept)], cross.T))


def solve_terminals(
    mesh: Mesh,
    order: int,
    coefficient: Floats,
    sheet_coefficient: Mapping[str, float | Floats],
    terminals: Mapping[str, Sequence[str]],
    repeated: bool = False,
    settings: SolverSettings = SolverSettings(),
) -> TerminalSolutions:
    """Solve div(c grad u) = 0 once per terminal.

    coefficient: (ncells,), zero where nothing conducts; sheet_coefficient: sheet name -> coefficient x thickness, one
    value or (nfacets,); terminals: name -> regions or sheets that are ideal conductors at one potential; repeated:
    dual problems follow.

    Raises:
        SolveError: terminals that touch, or a conducting part that no terminal reaches.
    """
    space = Space(mesh, order)
    ideal = frozenset(part for parts in terminals.values() for part in parts)
    coefficient = coefficient.copy()
    coefficient[mesh.cells_of(*ideal.intersection(mesh.regions))] = 0.0
    active = np.flatnonzero(coefficient > 0.0)
    dofs = {name: _terminal_dofs(space, name, parts) for name, parts in terminals.items()}
    constrained, owner = _merge(dofs)
    films = {
        name: np.broadcast_to(value, len(mesh.sheets[name]))
        for name, value in sheet_coefficient.items()
        if name not in ideal and np.min(value, initial=np.inf) > 0.0
    }
    form = scalar_stiffness(space, mesh.cells[active], coefficient[active])
    for name, value in films.items():
        form = form + scalar_stiffness(space, mesh.sheets[name], value)
    free = np.setdiff1d(form.dofs, constrained)
    _check_connected(mesh, active, [mesh.sheets[n] for n in films], constrained)
    unit = np.equal.outer(np.arange(len(dofs)), owner).astype(float)
    # Where all terminals are at one the potential is one: the last solution is what the others leave of it.
    system = System(form, constrained, free, repeated, settings)
    solved = system.solve(unit[:-1])
    reactions = np.array([[row[owned].sum() for owned in dofs.values()] for row in solved.reactions])
    u = np.vstack([solved.u, np.zeros(space.ndofs)])
    u[-1, free], u[-1, constrained] = 1.0 - solved.u[:, free].sum(axis=0), unit[-1]
    potentials = np.full(u.shape, np.nan)
    potentials[:, free], potentials[:, constrained] = u[:, free], u[:, constrained]
    balance = float(np.max(np.abs(reactions.sum(axis=1)) / np.abs(reactions).max(axis=1), initial=0.0))
    return TerminalSolutions(
        space=space,
        names=tuple(dofs),
        potentials=potentials,
        matrix=form.products(u),
        coefficient=coefficient,
        films=films,
        ideal=ideal,
        residual=solved.residual,
        balance=balance,
        seconds=solved.seconds,
        method=solved.method,
        system=system,
    )


def _terminal_dofs(space: Space, name: str, parts: Sequence[str]) -> Ints:
    mesh = space.mesh
    found = []
    for part in parts:
        if part in mesh.sheets:
            found.append(space.dofs(mesh.sheets[part]).ravel())
        elif part in mesh.regions:  # a plan or a section need not meet every part
            found.append(space.cell_dofs[mesh.cells_of(part)].ravel())
    if not found:
        raise SolveError(f"the {mesh.dimension} view of this layout does not meet terminal '{name}'")
    return np.unique(np.concatenate(found))


def _merge(dofs: Mapping[str, Ints]) -> tuple[Ints, Ints]:
    every = np.concatenate(list(dofs.values()))
    owner = np.repeat(np.arange(len(dofs)), [len(one) for one in dofs.values()])
    constrained, first, count = np.unique(every, return_index=True, return_counts=True)
    if (count > 1).any():
        shared = np.unique(owner[every == constrained[count > 1][0]])
        names = list(dofs)
        raise SolveError(f"terminals {' and '.join(names[k] for k in shared)} touch each other: a short circuit")
    return constrained, owner[first]


def _check_connected(mesh: Mesh, active: Ints, films: Sequence[Ints], constrained: Ints) -> None:
    """Refuse conducting parts that no terminal reaches: their potential is undefined."""
    count = len(mesh.points)
    label = find_pieces([mesh.cells[active], *films], count)
    reached = np.isin(label, label[constrained[constrained < count]])
    lost = ~reached[mesh.cells[active][:, 0]]
    if lost.any():
        name = mesh.regions[mesh.region_of_cell[active[lost][0]]]
        raise SolveError(
            f"no terminal reaches a part of '{name}': its potential is undefined; "
            f"make '{name}' a terminal or give it a material of zero conductivity"
        )
