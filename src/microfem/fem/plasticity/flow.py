"""Elastic-plastic equilibrium as an EquilibriumProblem of fem/solvers/newton.py, with history at quadrature points."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from microfem.fem.field_set import FieldSet, field_on, jumping_field
from microfem.fem.linear_elasticity.bodies import Body, Response
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.linear_elasticity.linear_response import eigenstrain_load
from microfem.fem.plasticity.bodies import add_cells, update
from microfem.fem.solvers.newton import Linear
from microfem.fem.solvers.scatter import Scatter, make_scatter
from microfem.fem.space import Floats, Ints, gradients, jacobians, quadrature, shape_gradients, shape_values

DISPLACEMENT, PRESSURE = "displacement", "pressure"
ENTRIES = np.array([[0, 3, 4], [3, 1, 5], [4, 5, 2]])  # position of each tensor component among six entries


@dataclass(frozen=True)
class History:
    """Plastic strain (ncells, nq, 6), engineering shears, and equivalent plastic strain (ncells, nq)."""

    plastic: Floats
    equivalent: Floats


@dataclass(frozen=True, kw_only=True)
class PlasticEquilibrium:
    """A converged state.

    load: load factor; x: (n,); forces: (n,), uN; strain: (ncells, nq, 6) minus eigenstrain, with plastic strain and
    engineering shears; stress: (ncells, nq, 6), MPa; history: plastic strains.
    """

    load: float
    x: Floats
    forces: Floats
    strain: Floats
    stress: Floats
    history: History


@dataclass(kw_only=True)
class Flow:
    """An elastic-plastic body; an EquilibriumProblem in displacements, then scaled pressures.

    laws: (ncells, 6) mu, K, sy0, H, Q, b of each cell of the body, or more with curves, see `strength`; fields:
    displacements and, but in plane stress, pressures; stated, outer: prescribed values and external forces, each as a
    pair: at load factor 0, and the increase per unit of the load factor; reached: converged states; work: largest
    internal forces so far, the reference of residuals.
    """

    body: Body
    laws: Floats
    fields: FieldSet
    constrained: Ints
    free_modes: Floats
    stated: tuple[Floats, Floats]
    outer: tuple[Floats, Floats]
    history: History
    reached: list[PlasticEquilibrium] = field(default_factory=list)
    work: float = 0.0
    free: Ints = field(init=False)
    _size: float = 0.0

    def __post_init__(self) -> None:
        """Find the free degrees of freedom."""
        free = np.zeros(self.count, dtype=bool)
        free[self.body.unknowns(self.body.dofs)] = True
        free[self.first :] = True
        free[self.constrained] = False
        self.free = np.flatnonzero(free)

    @property
    def first(self) -> int:
        """Number of displacement unknowns."""
        return self.fields[DISPLACEMENT].part.stop

    @property
    def count(self) -> int:
        """Number of unknowns."""
        return self.fields.size

    @cached_property
    def _cells(self) -> tuple[Any, ...]:
        """Mesh arguments of the compiled loops; the last scales pressures to the size of displacements."""
        body, space = self.body, self.body.space
        mesh, dim = space.mesh, body.dim
        cells = mesh.cells[body.cells]
        extent = float(np.ptp(space.locations[body.dofs], axis=0).max())
        none = np.zeros((len(cells), 0), dtype=np.int64)
        return (
            np.ascontiguousarray(space.cell_dofs[body.cells]),
            *jacobians(mesh.points, cells),
            shape_gradients(dim, space.order, quadrature(dim)),
            shape_values(dim, 1, quadrature(dim)),
            self.fields[PRESSURE].nodes if PRESSURE in self.fields else none,
            self.first,
            float(body.young.max()) / extent,
        )

    @cached_property
    def _scatter(self) -> Scatter:
        return make_scatter(self.fields.simplices(), self.fields.numbers(self.free))

    def values(self, load: float) -> Floats:
        """Return the prescribed values at a load factor."""
        return self.stated[0] + load * self.stated[1]

    def forces(self, x: Floats, load: float) -> Floats | None:
        """Return internal minus external forces (n,), uN; None if they are not finite."""
        forces = self._add(x, load, np.zeros((0, self.count)), None)[0]
        return forces if np.isfinite(forces).all() else None

    def _add(self, x: Floats, load: float, increments: Floats, blocks: Floats | None) -> tuple[Floats, Floats]:
        """Return forces and the tangent times increments; add the tangent to `blocks` unless that is None."""
        forces, size, products = np.zeros(self.count), np.zeros(self.count), np.zeros_like(increments)
        past = (self.history.plastic, self.history.equivalent)
        with_matrix = blocks is not None
        slots = self._scatter.slots if with_matrix else np.zeros((0, 0), dtype=np.int32)
        add_cells(
            x,
            self._cells,
            self.laws,
            load * self.body.eigenstrain,
            past,
            forces,
            size,
            with_matrix,
            slots,
            np.zeros((0, 0, 0)) if blocks is None else blocks,
            increments,
            products,
        )
        self._size = float(np.linalg.norm(size[: self.first]))
        return forces - self.outer[0] - load * self.outer[1], products

    def error(self, x: Floats, forces: Floats, load: float) -> float:  # noqa: ARG002 (the size is that of the last forces)
        """Return the norm of residual forces relative to the sum of absolute element forces."""
        return float(np.linalg.norm(forces)) / max(self._size, self.work, 1e-300)

    def place(self, forces: Floats) -> str:
        """Return the name of the region where forces are largest."""
        mesh = self.body.space.mesh
        node = int(np.abs(forces[: self.first]).argmax()) // self.body.dim
        cell = self.body.cells[int((self._cells[0] == node).any(axis=1).argmax())]
        return str(mesh.regions[mesh.region_of_cell[cell]])

    def linearise(self, x: Floats, load: float, increments: Floats) -> Linear:
        """Return forces, tangent times increments and the upper triangle of the consistent tangent."""
        blocks = self._scatter.zeros()
        forces, products = self._add(x, load, increments, blocks)
        return Linear(forces, products, self._scatter.upper(blocks))

    def commit(self, x: Floats, load: float) -> None:
        """Store the plastic strains at x as history."""
        forces, _ = self._add(x, load, np.zeros((0, self.count)), None)
        past = self.history
        after = History(np.empty_like(past.plastic), np.empty_like(past.equivalent))
        strain, stress = np.empty_like(past.plastic), np.empty_like(past.plastic)
        update(
            x,
            self._cells,
            self.laws,
            load * self.body.eigenstrain,
            (past.plastic, past.equivalent),
            strain,
            stress,
            (after.plastic, after.equivalent),
        )
        self.history, self.work = after, max(self.work, self._size)
        self.reached.append(
            PlasticEquilibrium(load=load, x=x, forces=forces, strain=strain, stress=stress, history=after)
        )


def make_flow(body: Body, hardening: Floats, motion: EndMotion) -> Flow:
    """Return the problem of an undeformed body.

    hardening: (ncells, 4) yield stress (infinite where a cell stays elastic), H, Q, b of each cell of the body, then
    its curve, see `strength`.
    """
    mu, bulk = body.young / (2.0 + 2.0 * body.poisson), body.young / (3.0 - 6.0 * body.poisson)
    laws = np.ascontiguousarray(np.column_stack([mu, bulk, hardening]))
    cells = body.space.mesh.cells[body.cells]
    kinds = [field_on(DISPLACEMENT, body.space.cell_dofs[body.cells], body.space.ndofs, body.dim)]
    if body.dim == 3 or body.plane == "strain":
        law = np.unique(np.column_stack([laws, body.eigenstrain]), axis=0, return_inverse=True)[1].ravel()
        kinds.append(jumping_field(PRESSURE, cells, law))
    fields = FieldSet(*kinds)
    shape, count = (len(cells), body.dim + 1), fields.size
    push = np.zeros(count)
    if motion.push is not None:
        push[: len(motion.push)] = motion.push
    stated = (np.zeros(len(motion.constrained)), motion.path(1.0))
    past = History(np.zeros((*shape, 6)), np.zeros(shape))
    return Flow(
        body=body,
        laws=laws,
        fields=fields,
        constrained=motion.constrained,
        free_modes=motion.free_modes,
        stated=stated,
        outer=(np.zeros(count), push),
        history=past,
        work=float(np.linalg.norm(eigenstrain_load(body))),  # a free body has no other forces
    )


def released(flow: Flow, mode: Floats) -> Flow:
    """Return the problem that releases a motion `mode` (nconstrained,) of the last state; at load factor 1 it is free.

    The motion becomes a free mode; the reactions that held it act as external forces that decrease to 0.
    """
    last = flow.reached[-1]
    held = np.zeros(flow.count)
    held[flow.constrained] = last.forces[flow.constrained]
    free_modes = np.vstack([flow.free_modes, mode])
    still = (last.x[flow.constrained], np.zeros(len(flow.constrained)))
    fading = (flow.outer[0] + last.load * flow.outer[1] + held, -held)
    return replace(flow, free_modes=free_modes, stated=still, outer=fading, reached=[])


def tensors(entries: Floats, doubled: bool) -> Floats:
    """Return tensors (..., 3, 3) of six entries (..., 6); doubled: shears are engineering strains and are halved."""
    return np.asarray(entries[..., ENTRIES] * np.where(np.eye(3) == 0.0, 0.5 if doubled else 1.0, 1.0))


def response(body: Body, step: PlasticEquilibrium) -> Response:
    """Return strain, strain minus eigenstrain (with plastic strain) and stress at quadrature points."""
    mesh = body.space.mesh
    u = step.x[: body.dim * body.space.ndofs].reshape(-1, body.dim)
    gradient = gradients(body.space, u, mesh.cells[body.cells])
    return Response(
        0.5 * (gradient + np.swapaxes(gradient, 2, 3)),
        tensors(step.strain, doubled=True),
        tensors(step.stress, doubled=False),
        mesh.volumes[body.cells] / (mesh.dim + 1),
    )
