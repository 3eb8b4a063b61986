"""Solids at finite elastic strain: P2 displacements and P1 pressures, in 3D and in plane strain.

    W = psi(Fe J^(-1/3)) + p (J - 1) - p^2 / (2 kappa),   Fe = F Fg^-1,   J = det Fe,

P2 with P1 (Taylor and Hood) neither locks nor oscillates for large or infinite kappa. The pressure is continuous
within a material and jumps between materials: a continuous one would tie a stiff film to the pressure of its soft
substrate. Fg is the deformation of a free cell by its eigenstrain (growth, swelling, misfit); it changes the reference
shape and is not part of the law. T. Sussman and K.-J. Bathe, Comput. Struct. 26 (1987) 357; E. K. Rodriguez, A. Hoger
and A. D. McCulloch, J. Biomech. 27 (1994) 455.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from microfem.fem.compiled import compiled
from microfem.fem.field_set import FieldSet, field_on, jumping_field
from microfem.fem.finite_strain.continuum import DISPLACEMENT, Continuum
from microfem.fem.finite_strain.laws import Law, log_slopes
from microfem.fem.finite_strain.principal_stretches import from_logs, principal, shear_entries
from microfem.fem.finite_strain.quadrature_points import (
    add_forces,
    add_product,
    add_stiff,
    determinant,
    gradient,
    number_unknowns,
    scatter_forces,
)
from microfem.fem.solvers.scatter import add_element
from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature, shape_gradients, shape_values

PRESSURE = "pressure"
LEAST_J = 0.02  # volume ratio below which a cell counts as inverted


@dataclass(frozen=True, kw_only=True)
class Solid(Continuum):
    """Cells of a mesh with their laws.

    space: P2; cells: (n,) numbers of the cells that carry load; law: (n,) into laws; eigenstrain: (n, 3) along the
    mesh's axes, in 2D the last one out of plane; it grows with the load factor t: Fg = diag(1 + t eigenstrain).
    """

    space: Space
    cells: Ints
    law: Ints
    laws: tuple[Law, ...]
    eigenstrain: Floats

    @property
    def dim(self) -> int:
        """Number of displacement components."""
        return self.space.mesh.dim

    @cached_property
    def fields(self) -> FieldSet:
        """Displacements at all nodes of the space, then pressures, which jump where the law does."""
        mesh = self.space.mesh
        return FieldSet(
            field_on(DISPLACEMENT, self.space.cell_dofs[self.cells], self.space.ndofs, self.dim),
            jumping_field(PRESSURE, mesh.cells[self.cells], self.law),
        )

    @cached_property
    def _cells(self) -> tuple[Any, ...]:
        """Constant arguments of the compiled loop."""
        mesh, d = self.space.mesh, self.dim
        inverse, volume = jacobians(mesh.points, mesh.cells[self.cells])
        points = quadrature(d)
        coefficients = np.array([law.coefficients for law in self.laws])
        softness = np.array([1.0 / law.bulk for law in self.laws])
        return (
            np.ascontiguousarray(self.fields.simplices()),
            np.ascontiguousarray(self.law),
            coefficients,
            softness,
            inverse,
            volume / len(points),
            np.ascontiguousarray(shape_gradients(d, 2, points)),
            np.ascontiguousarray(shape_values(d, 1, points)),
            self.space.ndofs,
        )

    def _assemble(self, *arguments: Any) -> int:
        return int(_assemble(*self._cells, *arguments))

    def gradients(self, x: Floats, load: float) -> Floats:  # noqa: ARG002 - as of a Membrane
        """Return the deformation gradient F (n, nq, 3, 3) at the quadrature points, growth included."""
        mesh, d = self.space.mesh, self.dim
        inverse, _ = jacobians(mesh.points, mesh.cells[self.cells])
        u = self.fields[DISPLACEMENT].values(x)[self.space.cell_dofs[self.cells]]
        f = np.zeros((len(self.cells), d + 1, 3, 3))
        f[...] = np.eye(3)
        f[..., :d, :d] += np.einsum(
            "qak,nai,nkj->nqij", shape_gradients(d, 2, quadrature(d)), u, inverse, optimize=True
        )
        return f

    def pressures(self, x: Floats) -> Floats:
        """Return p (n, nq) at the quadrature points, MPa, positive in tension."""
        field = self.fields[PRESSURE]
        return np.asarray(field.values(x)[field.nodes, 0] @ shape_values(self.dim, 1, quadrature(self.dim)).T)

    def stresses(self, x: Floats, load: float) -> Floats:
        """Return the Cauchy stress (n, nq, 3, 3), MPa."""
        f = self.gradients(x, load) / self.growth(load)[:, None, None, :]
        return principal_stresses(f, self.law, self.laws, self.pressures(x))

    @cached_property
    def weights(self) -> Floats:
        """Undeformed volume (n,) of each quadrature point, um3 (2D: um2)."""
        return np.asarray(self.space.mesh.volumes[self.cells] / (self.dim + 1))

    def energy(self, x: Floats, load: float) -> float:
        """Return the stored elastic energy, uN um (2D: uN), in equilibrium.

        The volumetric part is p^2 / (2 kappa): J - 1 equals p / kappa only in a weighted mean, not at each point.
        """
        from microfem.fem.finite_strain.laws import energy

        f = self.gradients(x, load) / self.growth(load)[:, None, None, :]
        volume, pressure = np.linalg.det(f), self.pressures(x)
        stretches = np.linalg.svd(f, compute_uv=False) / np.cbrt(volume)[..., None]
        density = np.empty(volume.shape)
        for k, law in enumerate(self.laws):
            here = self.law == k
            density[here] = energy(law, stretches[here])
            if np.isfinite(law.bulk):
                density[here] += 0.5 * pressure[here] ** 2 / law.bulk
        return float((self.weights * self.growth(load).prod(axis=1)) @ density.sum(axis=1))


def principal_stresses(f: Floats, law: Ints, laws: Sequence[Law], pressure: Floats) -> Floats:
    """Return the Cauchy stress (n, nq, 3, 3) of elastic gradients f (n, nq, 3, 3) and pressures (n, nq), MPa."""
    left, stretch, _ = np.linalg.svd(f)
    volume = stretch.prod(axis=-1)
    first = np.empty(stretch.shape)
    coefficients = np.array([kind.coefficients for kind in laws])
    _slopes(coefficients, np.ascontiguousarray(law), stretch / np.cbrt(volume)[..., None], first)
    deviator = first - first.mean(axis=-1, keepdims=True)
    size = deviator / volume[..., None] + pressure[..., None]
    return np.asarray(np.einsum("nqia,nqa,nqja->nqij", left, size, left))


@compiled
def _slopes(coefficients: Any, law: Any, stretch: Any, first: Any) -> None:
    second = np.empty((3, 3))
    for e in range(stretch.shape[0]):
        for q in range(stretch.shape[1]):
            at = stretch[e, q]
            log_slopes(coefficients[law[e]], at[0], at[1], at[2], first[e, q], second)


@compiled
def _assemble(
    nodes: Any,
    law: Any,
    coefficients: Any,
    softness: Any,
    inverse: Any,
    weight: Any,
    reference: Any,
    corner: Any,
    ndofs: int,
    growth: Any,
    x: Any,
    tangent: bool,
    slots: Any,
    blocks: Any,
    forces: Any,
    sizes: Any,
    increments: Any,
    products: Any,
) -> int:
    """Add forces and, if `tangent`, the tangent of all cells; return the first inadmissible cell, or -1."""
    points, nloc, dim = reference.shape
    count = nloc + dim + 1
    number, local = np.empty(count * dim, np.int64), np.empty((count, dim))
    grad, g = np.zeros((nloc, 3)), np.zeros((3, nloc))
    f, left, right = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
    stretch, first, second = np.empty(3), np.empty(3), np.empty((3, 3))
    slope, curve, abab, abba = np.empty(3), np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
    stiff, matrix = np.empty((nloc, dim, dim, nloc)), np.zeros((count, dim, count, dim))
    for e in range(len(nodes)):
        number_unknowns(nodes[e], nloc, dim, ndofs, number)
        local[:], stiff[:], matrix[:] = 0.0, 0.0, 0.0
        for q in range(points):
            gradient(reference[q], inverse[e], growth[e], x, number, grad, f)
            f[2, 2] = 1.0 / growth[e, 2] if dim == 2 else f[2, 2]
            pressure, volume = _pressure(corner[q], x, number, nloc, dim), determinant(f)
            if not volume > LEAST_J:
                return e
            principal(f, stretch, right, left)
            root = volume ** (-1.0 / 3.0)
            if not log_slopes(
                coefficients[law[e]], root * stretch[0], root * stretch[1], root * stretch[2], first, second
            ):
                return e
            _volume_terms(volume, pressure, stretch, first, second, slope, curve)
            w = weight[e] * growth[e, 0] * growth[e, 1] * growth[e, 2]
            add_forces(w, grad, right, left, slope, g, local)
            for v in range(dim + 1):
                local[nloc + v, 0] += w * (volume - 1.0 - softness[law[e]] * pressure) * corner[q, v]
            if tangent:
                shear_entries(stretch, slope, curve, abab, abba)
                add_stiff(w, g, left, curve, abab, abba, stiff)
                _add_pressure(w, volume, softness[law[e]], g, left, stretch, corner[q], matrix)
        scatter_forces(local, number, forces, sizes)
        if tangent:
            _close(stiff, matrix)
            add_element(matrix, slots[e], blocks)
            for m in range(len(increments)):
                add_product(matrix, number, increments[m], products[m])
    return -1


@compiled
def _pressure(corner: Any, x: Any, number: Any, nloc: int, dim: int) -> float:
    """Return the pressure at a point."""
    total = 0.0
    for v in range(dim + 1):
        total += corner[v] * x[number[(nloc + v) * dim]]
    return total


@compiled
def _volume_terms(
    volume: float, pressure: float, stretch: Any, first: Any, second: Any, slope: Any, curve: Any
) -> None:
    """Write dW / dl_a and d2W / dl_a dl_b of psi, from its derivatives by isochoric ln l, and of p (J - 1)."""
    mean = (first[0] + first[1] + first[2]) / 3.0
    rows = second.sum(axis=1) / 3.0
    whole = rows.sum() / 3.0
    for a in range(3):
        slope[a] = first[a] - mean + pressure * volume
        for b in range(3):
            curve[a, b] = second[a, b] - rows[a] - rows[b] + whole + pressure * volume
    from_logs(stretch, slope, curve)


@compiled
def _add_pressure(
    w: float, volume: float, soft: float, g: Any, left: Any, stretch: Any, corner: Any, matrix: Any
) -> None:
    """Add d2W / du dp = J F^-T grad phi and d2W / dp2 = -1 / kappa to an element matrix."""
    dim, nloc = matrix.shape[1], g.shape[1]
    for a in range(nloc):
        for i in range(dim):
            h = 0.0
            for p in range(3):
                h += left[p, i] * g[p, a] / stretch[p]
            for v in range(dim + 1):
                matrix[a, i, nloc + v, 0] += w * volume * h * corner[v]
    for v in range(dim + 1):
        for m in range(dim + 1):
            matrix[nloc + v, 0, nloc + m, 0] -= w * soft * corner[v] * corner[m]


@compiled
def _close(stiff: Any, matrix: Any) -> None:
    """Copy the stiffness (a, i, k, b) into an element matrix, and mirror its pressure part."""
    nloc, dim = stiff.shape[0], stiff.shape[1]
    for a in range(nloc):
        for i in range(dim):
            for b in range(nloc):
                for k in range(dim):
                    matrix[a, i, b, k] = stiff[a, i, k, b]
            for v in range(dim + 1):
                matrix[nloc + v, 0, a, i] = matrix[a, i, nloc + v, 0]
