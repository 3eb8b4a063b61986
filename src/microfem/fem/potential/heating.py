"""A scalar field with sources: -div(c grad u) = q, held at parts, in exchange with surroundings elsewhere.

    c du/dn = h (u0 - u)

on surfaces in exchange with surroundings at u0, no flux through all others. The surroundings are one more degree of
freedom, the last of the space; the integral of h (u - u0) v over a facet is the sum over its nodes of h w (u - u0) v, w
the integral of a node's shape function: exact to degree 2, so the order of P2 remains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from microfem.base.errors import SolveError
from microfem.fem.solvers.assembly import Stiffness, StiffnessPart, scalar_stiffness
from microfem.fem.solvers.pattern import find_pieces
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.solve import solve_constrained
from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature, shape_values
from microfem.fem.tensors import conducts
from microfem.mesh import Mesh
from microfem.mesh.named import simplices_of


@dataclass(frozen=True)
class OpenSpace(Space):
    """A space with one more degree of freedom, the last: the value of the surroundings."""

    @property
    def ndofs(self) -> int:
        """Number of degrees of freedom, with that of the surroundings."""
        return super().ndofs + 1


@dataclass(frozen=True, kw_only=True)
class HeatedBody:
    """What conducts, and what it exchanges.

    space: with the surroundings; coefficient: (ncells,) or (ncells, dim, dim) c, zero in cells that are left out;
    films: name -> c times thickness of their facets, likewise; held: name -> degrees of freedom of each part at one
    value; exchange: (ndofs,) h w of each node.
    """

    space: OpenSpace
    coefficient: Floats
    films: Mapping[str, Floats]
    held: Mapping[str, Ints]
    exchange: Floats

    @property
    def form(self) -> Stiffness:
        """The form of conduction and exchange."""
        mesh = self.space.mesh
        active = np.flatnonzero(conducts(self.coefficient))
        form = scalar_stiffness(self.space, mesh.cells[active], self.coefficient[active])
        for name, value in self.films.items():
            form = form + scalar_stiffness(self.space, mesh.sheets[name], value)
        nodes = np.flatnonzero(self.exchange)
        springs = np.column_stack([nodes, np.full(len(nodes), self.space.ndofs - 1)])
        h = self.exchange[nodes][:, None, None, None, None]
        return form + Stiffness(self.space, (StiffnessPart(springs, h, 1),)) if len(nodes) else form


@dataclass(frozen=True, kw_only=True)
class HeatedField:
    """The field and what flows into the body.

    values: (ndofs,) of all degrees of freedom but the last, NaN where nothing is solved; into: name -> flow from each
    held part, and from the surroundings under ""; balance: the sum of all flows and sources, relative to the largest.
    """

    values: Floats
    into: Mapping[str, float]
    residual: float
    balance: float


def make_body(
    mesh: Mesh,
    order: int,
    coefficient: Floats,
    films: Mapping[str, Floats],
    held: Mapping[str, Sequence[str]],
    surfaces: Sequence[tuple[Ints, float]],
) -> HeatedBody:
    """Return a body; held: name -> regions, films and faces; surfaces: facets (n, dim) and their h.

    Raises:
        SolveError: the mesh does not meet a held part, two touch, or a part of the body has no way to any value.
    """
    space = OpenSpace(mesh, order)
    ideal = {part for parts in held.values() for part in parts}
    inside = coefficient.copy()
    inside[mesh.cells_of(*ideal.intersection(mesh.regions))] = 0.0
    along = {name: value for name, value in films.items() if name not in ideal and conducts(value).all()}
    active = mesh.cells[conducts(inside)]
    dofs = {name: _dofs_of(space, name, parts) for name, parts in held.items()}
    _refuse_touching(dofs)
    body = np.zeros(len(mesh.points), dtype=bool)
    body[active] = True
    cooled = [(facets[body[facets].all(axis=1)], h) for facets, h in surfaces]
    ends = np.concatenate([*dofs.values(), *(facets.ravel() for facets, _ in cooled), np.zeros(0, dtype=np.int64)])
    _refuse_isolated(mesh, inside, [mesh.sheets[name] for name in along], ends)
    return HeatedBody(space=space, coefficient=inside, films=along, held=dofs, exchange=_exchange(space, cooled))


def solve_body(
    body: HeatedBody,
    sources: Sequence[tuple[Ints, Floats]],
    at: Mapping[str, float],
    surroundings: float,
    settings: SolverSettings = SolverSettings(),
) -> HeatedField:
    """Solve -div(c grad u) = q.

    sources: simplices (n, k + 1) and q at their quadrature points (n, nq); at: values of the held parts.
    """
    space, form = body.space, body.form
    owned = [*body.held.values(), np.array([space.ndofs - 1])]
    level = min([*at.values(), surroundings])  # values are counted from here, which keeps their digits
    wanted = [at[name] - level for name in body.held] + [surroundings - level]
    constrained = np.concatenate(owned)
    values = np.repeat(wanted, [len(dofs) for dofs in owned])
    load = sum((_load(space, simplices, q) for simplices, q in sources), np.zeros(space.ndofs))
    free = np.setdiff1d(form.dofs, constrained)
    order = np.argsort(constrained)
    if body.exchange.any():  # the levels of multigrid have vertices alone, and no surroundings
        settings = replace(settings, linear=replace(settings.linear, iterative_from=len(free) + 1))
    solved = solve_constrained(form, constrained[order], values[order][None], free, load[None], settings)
    flows = [float(solved.reactions[0, dofs].sum()) for dofs in owned]  # of a source at a held part too: it stays there
    u = np.full(space.ndofs, np.nan)
    u[free], u[constrained] = solved.u[0, free], values
    largest = max(np.abs(flows).max(), abs(load.sum()), 1e-300)
    return HeatedField(
        values=level + u[:-1],
        into=dict(zip([*body.held, ""], flows, strict=True)),
        residual=solved.residual,
        balance=float(abs(sum(flows) + load.sum()) / largest),
    )


def _load(space: Space, simplices: Ints, q: Floats) -> Floats:
    """Return the integral of q times each shape function, (ndofs,)."""
    k = simplices.shape[1] - 1
    weight = jacobians(space.mesh.points, simplices)[1] / (k + 1)
    local = np.einsum("n,nq,qa->na", weight, q, shape_values(k, space.order, quadrature(k)))
    return np.bincount(space.dofs(simplices).ravel(), local.ravel(), space.ndofs).astype(float)


def _exchange(space: Space, surfaces: Sequence[tuple[Ints, float]]) -> Floats:
    """Return h times the integral of the shape function of each node over surfaces, (ndofs,)."""
    total = np.zeros(space.ndofs)
    for facets, h in surfaces:
        total += _load(space, facets, np.full((len(facets), facets.shape[1]), h))
    total[np.abs(total) < 1e-12 * total.max()] = 0.0  # of the corners of triangles, whose integral vanishes
    return total


def _dofs_of(space: Space, name: str, parts: Sequence[str]) -> Ints:
    met = [space.dofs(simplices).ravel() for part in parts for simplices in simplices_of(space.mesh, part)]
    if not met:
        raise SolveError(f"the {space.mesh.dimension} view of this layout does not meet terminal '{name}'")
    return np.unique(np.concatenate(met))


def _refuse_touching(dofs: Mapping[str, Ints]) -> None:
    names = list(dofs)
    for k, name in enumerate(names):
        for other in names[k + 1 :]:
            if len(np.intersect1d(dofs[name], dofs[other])):
                raise SolveError(f"terminals {name} and {other} touch each other, so that one of them has no meaning")


def _refuse_isolated(mesh: Mesh, coefficient: Floats, films: Sequence[Ints], ends: Ints) -> None:
    count = len(mesh.points)
    cells = np.flatnonzero(conducts(coefficient))
    label = find_pieces([mesh.cells[cells], *films], count)
    lost = ~np.isin(label, label[ends[ends < count]])[mesh.cells[cells][:, 0]]
    if lost.any():
        name = mesh.regions[mesh.region_of_cell[cells[lost][0]]]
        raise SolveError(
            f"heat has no way out of a part of '{name}': hold a part at a temperature under terminals, or state a "
            "convection on its surface"
        )
