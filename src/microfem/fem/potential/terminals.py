"""Potential problems between terminals: div(c grad u) = 0, each terminal in turn at potential 1, the others at 0.

The flux through terminal i at unit potential of terminal j is a(u_i, u_j), not a differentiated field. It equals the
reaction A u_j summed over the terminal's degrees of freedom, but the solver's error enters squared and metal adds no
round-off: the matrix is symmetric and its rows sum to zero to machine precision.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.solvers.assembly import Stiffness, jump_stiffness, scalar_stiffness
from microfem.fem.solvers.factors import Numbers
from microfem.fem.solvers.pattern import find_pieces
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.solve import System
from microfem.fem.space import Floats, Ints, Space
from microfem.fem.tensors import conducts
from microfem.layout.contacts import PartContact
from microfem.mesh import Mesh
from microfem.mesh.cut import Interface, cut_along
from microfem.mesh.named import simplices_of
from microfem.mesh.record import facet_keys

LEAST_JOINT = 1e-12  # flux between two terminals relative to the larger: less is round-off


@dataclass(frozen=True, kw_only=True)
class TerminalMatrix:
    """The fluxes at unit potential of each terminal, real or, where fields alternate, complex.

    matrix: (nterminals, nterminals), flux into terminal i at unit potential of terminal j, in coefficient x um (3D) or
    coefficient (2D), symmetric; potentials: (nterminals, ndofs), NaN where nothing conducts.
    """

    names: tuple[str, ...]
    matrix: Numbers
    potentials: Numbers

    def drive(self, potentials: Mapping[str, float], fluxes: Mapping[str, float]) -> Numbers:
        """Return the potentials (nterminals,) of all terminals, from those of some and the fluxes of the others.

        Raises:
            SolveError: nothing that conducts joins a terminal with a flux to one with a potential.
        """
        value = np.array([potentials.get(name, fluxes.get(name, 0.0)) for name in self.names])
        held = np.array([name in potentials for name in self.names])
        volts = np.where(held, value, 0.0).astype(self.matrix.dtype)
        if not held.all():
            self._refuse_loose(held)
            right = value[~held] - self.matrix[np.ix_(~held, held)] @ value[held]
            volts[~held] = np.linalg.solve(self.matrix[np.ix_(~held, ~held)], right)
        return volts

    def _refuse_loose(self, held: NDArray[np.bool_]) -> None:
        """Refuse terminals from which nothing leads to one of those at a potential, held: (nterminals,)."""
        size = np.abs(self.matrix)
        joined = size > LEAST_JOINT * np.abs(np.diagonal(size))[:, None]
        reached = held.copy()
        for _ in self.names:
            reached |= (joined | joined.T)[reached].any(axis=0)
        if not reached.all():
            name = self.names[int(np.argmin(reached))]
            raise SolveError(
                f"nothing that conducts joins terminal '{name}' to one with a potential: its own potential is undefined"
            )

    def between(self, names: Sequence[str]) -> Numbers:
        """Return the matrix between the named terminals; the others float without net flux (Schur complement)."""
        kept = np.array([name in names for name in self.names])
        inner, cross = self.matrix[np.ix_(kept, kept)], self.matrix[np.ix_(kept, ~kept)]
        return np.asarray(inner - cross @ np.linalg.solve(self.matrix[np.ix_(~kept, ~kept)], cross.T))


@dataclass(frozen=True, kw_only=True)
class TerminalProblem:
    """What a potential problem between terminals is made of, before it is solved.

    dofs: of each terminal; constrained, free: all of theirs, and those to solve for; unit: (nterminals, nconstrained)
    each terminal at 1 and the others at 0; mesh, interface, coefficient, films: see `TerminalSolutions`.
    """

    mesh: Mesh
    interface: Interface
    space: Space
    dofs: Mapping[str, Ints]
    constrained: Ints
    free: Ints
    unit: Floats
    form: Stiffness
    coefficient: Floats
    films: Mapping[str, Floats]

    def form_of(self, coefficient: Floats, films: Mapping[str, Floats]) -> Stiffness:
        """Return the form with other coefficients on the same cells and films, where they may be zero."""
        active = np.flatnonzero(conducts(self.coefficient))
        return _form(self.space, active, coefficient, {name: films[name] for name in self.films}, self.interface)

    def balance(self, reactions: Numbers) -> float:
        """Return the sum of reactions (n, ndofs) at the terminals, relative to the largest."""
        sums = np.array([[row[owned].sum() for owned in self.dofs.values()] for row in reactions])
        missing, largest = np.abs(sums.sum(axis=1)), np.abs(sums).max(axis=1)
        return float(np.divide(missing, largest, out=np.zeros_like(missing), where=largest > 0.0).max(initial=0.0))

    def completed(self, u: Numbers) -> Numbers:
        """Return the potentials of all terminals from those of all but the last; both (n, ndofs), unknown ones 0.

        With all terminals at 1 the potential is 1: the last solution is 1 minus the sum of the others.
        """
        last = np.zeros((1, self.space.ndofs), dtype=u.dtype)
        last[0, self.free], last[0, self.constrained] = 1.0 - u[:, self.free].sum(axis=0), self.unit[-1]
        return np.vstack([u, last])

    def known(self, u: Numbers) -> Numbers:
        """Return potentials (n, ndofs) with NaN where none is solved."""
        potentials = np.full(u.shape, np.nan, dtype=u.dtype)
        for dofs in (self.free, self.constrained):
            potentials[:, dofs] = u[:, dofs]
        return potentials


@dataclass(frozen=True, kw_only=True)
class TerminalSolutions(TerminalMatrix):
    """Solutions at unit potential of each terminal.

    space: on the mesh that is cut along contacts; mesh: before it is cut; interface: of the contacts; coefficient:
    (ncells,) or (ncells, dim, dim), zero where no field was solved; films: coefficient x thickness of the facets of
    films that conduct along themselves, likewise; parts: regions, sheets and faces of each terminal;
    residual: of the solve; balance: sum of the reactions at the terminals, relative to the largest; seconds, method: of
    the solve; system: for further loads.
    """

    mesh: Mesh
    interface: Interface
    space: Space
    coefficient: Floats
    films: Mapping[str, Floats]
    parts: Mapping[str, Sequence[str]]
    residual: float
    balance: float
    seconds: float
    method: str
    system: System

    @property
    def ideal(self) -> frozenset[str]:
        """Names of all regions, sheets and faces that are terminals."""
        return frozenset(part for parts in self.parts.values() for part in parts)

    @property
    def active(self) -> NDArray[np.bool_]:
        """Cells in which the field was solved, (ncells,)."""
        return conducts(self.coefficient)


def solve_terminals(
    mesh: Mesh,
    order: int,
    coefficient: Floats,
    sheet_coefficient: Mapping[str, float | Floats],
    terminals: Mapping[str, Sequence[str]],
    contacts: Sequence[PartContact] = (),
    repeated: bool = False,
    settings: SolverSettings = SolverSettings(),
) -> TerminalSolutions:
    """Solve div(c grad u) = 0 once per terminal.

    coefficient: (ncells,) or (ncells, dim, dim), zero where nothing conducts; sheet_coefficient: sheet name ->
    coefficient x thickness, one value or that of its facets, likewise; terminals: name -> regions, sheets or faces that
    are ideal conductors at one potential; contacts: interfaces that resist the flux, by integral [u] [v] / resistance
    in the weak form; repeated: dual problems follow.

    Raises:
        SolveError: terminals touch, or no terminal reaches a conducting part.
    """
    problem = terminal_problem(mesh, order, coefficient, sheet_coefficient, terminals, contacts)
    system = System(problem.form, problem.constrained, problem.free, repeated, settings)
    solved = system.solve(problem.unit[:-1])
    u = problem.completed(solved.u)
    return TerminalSolutions(
        mesh=mesh,
        interface=problem.interface,
        space=problem.space,
        names=tuple(problem.dofs),
        potentials=problem.known(u),
        matrix=problem.form.products(u),
        coefficient=problem.coefficient,
        films=problem.films,
        parts=terminals,
        residual=solved.residual,
        balance=problem.balance(solved.reactions),
        seconds=solved.seconds,
        method=solved.method,
        system=system,
    )


def terminal_problem(
    mesh: Mesh,
    order: int,
    coefficient: Floats,
    sheet_coefficient: Mapping[str, float | Floats],
    terminals: Mapping[str, Sequence[str]],
    contacts: Sequence[PartContact] = (),
) -> TerminalProblem:
    """Return the problem between terminals, with arguments as of `solve_terminals`.

    Raises:
        SolveError: terminals touch, or no terminal reaches a conducting part.
    """
    ideal = frozenset(part for parts in terminals.values() for part in parts)
    coefficient, held = coefficient.copy(), mesh.cells_of(*ideal.intersection(mesh.regions))
    coefficient[held] = 0.0
    conducting = conducts(coefficient)
    active = np.flatnonzero(conducting)
    conducting[held] = True
    films = {
        name: np.broadcast_to(value, (len(mesh.sheets[name]), *np.shape(value)[1:]))
        for name, value in sheet_coefficient.items()
        if name not in ideal and conducts(np.atleast_1d(value)).all()
    }
    _merge({name: _terminal_dofs(Space(mesh, 1), name, parts) for name, parts in terminals.items()})
    cut, interface = cut_along(mesh, contacts, conducting, [n for n in mesh.sheets if n in films or n in ideal])
    _check_faces(mesh, interface, ideal)
    space = Space(cut, order)
    dofs = {name: _terminal_dofs(space, name, parts) for name, parts in terminals.items()}
    constrained, owner = _merge(dofs)
    joined = np.hstack([interface.passing.near, interface.passing.far])
    _check_connected(cut, active, [joined, *(cut.sheets[n] for n in films)], constrained)
    form = _form(space, active, coefficient, films, interface)
    return TerminalProblem(
        mesh=mesh,
        interface=interface,
        space=space,
        dofs=dofs,
        constrained=constrained,
        free=np.setdiff1d(form.dofs, constrained),
        unit=np.equal.outer(np.arange(len(dofs)), owner).astype(float),
        form=form,
        coefficient=coefficient,
        films=films,
    )


def _form(
    space: Space, active: Ints, coefficient: Floats, films: Mapping[str, Floats], interface: Interface
) -> Stiffness:
    """Return the form of coefficients in the active cells, of films along themselves, and of jumps at contacts."""
    mesh = space.mesh
    form = scalar_stiffness(space, mesh.cells[active], coefficient[active])
    for name, value in films.items():
        form = form + scalar_stiffness(space, mesh.sheets[name], value)
    return form + contact_form(space, interface) if len(interface.facets) else form


def contact_form(space: Space, interface: Interface) -> Stiffness:
    """Return the form integral [u] [v] / resistance over contacts."""
    there = interface.passing
    return jump_stiffness(space, there.near, there.far, 1.0 / there.resistance)


def _terminal_dofs(space: Space, name: str, parts: Sequence[str]) -> Ints:
    met = [simplices for part in parts for simplices in simplices_of(space.mesh, part)]  # a view need not meet all
    if not met:
        raise SolveError(f"the {space.mesh.dimension} view of this layout does not meet terminal '{name}'")
    return np.unique(np.concatenate([space.dofs(simplices).ravel() for simplices in met]))


def _merge(dofs: Mapping[str, Ints]) -> tuple[Ints, Ints]:
    dofs_of_all = np.concatenate(list(dofs.values()))
    owner = np.repeat(np.arange(len(dofs)), [len(numbers) for numbers in dofs.values()])
    constrained, first, count = np.unique(dofs_of_all, return_index=True, return_counts=True)
    if (count > 1).any():
        shared = np.unique(owner[dofs_of_all == constrained[count > 1][0]])
        names = list(dofs)
        raise SolveError(f"terminals {' and '.join(names[k] for k in shared)} touch each other: a short circuit")
    return constrained, owner[first]


def _check_faces(mesh: Mesh, interface: Interface, ideal: Collection[str]) -> None:
    """Refuse terminals that are faces of parts and lie on a contact: the flux into them would have two ways."""
    taken = facet_keys(interface.facets, len(mesh.points))
    for name in [name for name in ideal if name not in (*mesh.regions, *mesh.sheets)]:
        for face in simplices_of(mesh, name):
            if face.shape[1] == mesh.dim and np.isin(facet_keys(np.sort(face, axis=1), len(mesh.points)), taken).any():
                raise SolveError(
                    f"terminal '{name}' is a face on a contact; make the part, or a film there, a terminal"
                )


def _check_connected(mesh: Mesh, active: Ints, joined: Sequence[Ints], constrained: Ints) -> None:
    """Refuse conducting parts that no terminal reaches: their potential is undefined.

    joined: vertices of films and of contacts, which join cells.
    """
    count = len(mesh.points)
    label = find_pieces([mesh.cells[active], *joined], count)
    reached = np.isin(label, label[constrained[constrained < count]])
    lost = ~reached[mesh.cells[active][:, 0]]
    if lost.any():
        name = mesh.regions[mesh.region_of_cell[active[lost][0]]]
        raise SolveError(
            f"no terminal reaches a part of '{name}': its potential is undefined; "
            f"make '{name}' a terminal or give it a material of zero conductivity"
        )
