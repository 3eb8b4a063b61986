"""Layered sheets at finite strain in plan view: incompressible, in plane stress, all layers with the same stretch.

    W = sum_k t_k psi_k(l1, l2, 1 / (l1 l2)),   per area of the undeformed plan,

without a pressure as unknown. This holds for a sheet that is thin against the distances in its plan and stays flat;
in compression a real sheet wrinkles or buckles. Stiff layers keep their Young's modulus and become incompressible.
J. E. Adkins and R. S. Rivlin, Phil. Trans. R. Soc. A 244 (1952) 505.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from microfem.fem.compiled import compiled
from microfem.fem.field_set import FieldSet, field_on
from microfem.fem.finite_strain.continuum import DISPLACEMENT, Continuum
from microfem.fem.finite_strain.laws import Law, energy, log_slopes
from microfem.fem.finite_strain.principal_stretches import from_logs, principal, shear_entries
from microfem.fem.finite_strain.quadrature_points import (
    add_forces,
    add_product,
    add_stiff,
    gradient,
    number_unknowns,
    scatter_forces,
)
from microfem.fem.finite_strain.solid import LEAST_J, principal_stresses
from microfem.fem.solvers.scatter import add_element
from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature, shape_gradients


@dataclass(frozen=True, kw_only=True)
class Membrane(Continuum):
    """Cells of a plan with the laws and thicknesses of their layers.

    space: P1 or P2; cells: (n,) that carry load; stack: (n,) into thickness; thickness: (nstacks, nlaws) of each law's
    layers, um; laws: incompressible; eigenstrain: (n, 3) as of a Solid.
    """

    space: Space
    cells: Ints
    stack: Ints
    thickness: Floats
    laws: tuple[Law, ...]
    eigenstrain: Floats

    @property
    def dim(self) -> int:
        """Number of displacement components."""
        return 2

    @cached_property
    def fields(self) -> FieldSet:
        """Displacements at all nodes of the space."""
        return FieldSet(field_on(DISPLACEMENT, self.space.cell_dofs[self.cells], self.space.ndofs, 2))

    @cached_property
    def _cells(self) -> tuple[Any, ...]:
        mesh, points = self.space.mesh, quadrature(2)
        inverse, area = jacobians(mesh.points, mesh.cells[self.cells])
        coefficients = np.array([law.coefficients for law in self.laws])
        return (
            np.ascontiguousarray(self.fields.simplices()),
            self.thickness[self.stack],
            coefficients,
            inverse,
            area / len(points),
            np.ascontiguousarray(shape_gradients(2, self.space.order, points)),
        )

    def _assemble(self, *arguments: Any) -> int:
        return int(_assemble(*self._cells, *arguments))

    def gradients(self, x: Floats, load: float) -> Floats:
        """Return F (n, nq, 3, 3), growth included; the out-of-plane stretch keeps the volume."""
        mesh, order = self.space.mesh, self.space.order
        inverse, _ = jacobians(mesh.points, mesh.cells[self.cells])
        u, reference = x.reshape(-1, 2)[self.space.cell_dofs[self.cells]], shape_gradients(2, order, quadrature(2))
        f = np.zeros((len(self.cells), 3, 3, 3))
        f[..., :2, :2] = np.eye(2) + np.einsum("qak,nai,nkj->nqij", reference, u, inverse, optimize=True)
        f[..., 2, 2] = self.growth(load).prod(axis=1)[:, None] / np.linalg.det(f[..., :2, :2])
        return f

    @cached_property
    def weights(self) -> Floats:
        """Undeformed volume (n,) of each quadrature point, um3."""
        return np.asarray(self.space.mesh.volumes[self.cells] / 3.0 * self.thickness[self.stack].sum(axis=1))

    def stresses(self, x: Floats, load: float) -> Floats:
        """Return the Cauchy stress (n, nq, 3, 3) of the layer with the largest norm of stress, MPa."""
        f = self.gradients(x, load) / self.growth(load)[:, None, None, :]
        best = np.zeros(f.shape)
        for k, law in enumerate(self.laws):
            stress = self.layer_stresses(f, law)
            there = (self.thickness[self.stack, k] > 0.0)[:, None] & (_size(stress) > _size(best))
            best[there] = stress[there]
        return best

    def layer_stresses(self, f: Floats, law: Law) -> Floats:
        """Return the plane stress (n, nq, 3, 3) of one law at elastic gradients f, MPa."""
        none = np.zeros(f.shape[:2])
        stress = principal_stresses(f, np.zeros(len(f), dtype=np.int64), (law,), none)
        return np.asarray(stress - stress[..., 2:3, 2:3] * np.eye(3))

    def energy(self, x: Floats, load: float) -> float:
        """Return the stored elastic energy, uN um."""
        growth = self.growth(load)
        f = self.gradients(x, load) / growth[:, None, None, :]
        stretches = np.asarray(np.linalg.svd(f, compute_uv=False), dtype=float)
        layers = self.thickness[self.stack].T[:, :, None]
        density = np.sum([t * energy(law, stretches) for t, law in zip(layers, self.laws, strict=True)], axis=0)
        return float((self._cells[4] * growth.prod(axis=1)) @ density.sum(axis=1))


def _size(stress: Floats) -> Floats:
    return np.asarray(np.einsum("nqij,nqij->nq", stress, stress))


@compiled
def _assemble(
    nodes: Any,
    thickness: Any,
    coefficients: Any,
    inverse: Any,
    weight: Any,
    reference: Any,
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
    points, nloc, _ = reference.shape
    number, local = np.empty(nloc * 2, np.int64), np.empty((nloc, 2))
    grad, g = np.zeros((nloc, 3)), np.zeros((3, nloc))
    f, left, right = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
    stretch, slope, curve = np.empty(3), np.empty(3), np.empty((3, 3))
    abab, abba, matrix = np.empty((3, 3)), np.empty((3, 3)), np.zeros((nloc, 2, nloc, 2))
    stiff = np.empty((nloc, 2, 2, nloc))
    for e in range(len(nodes)):
        number_unknowns(nodes[e], nloc, 2, 0, number)
        local[:], stiff[:] = 0.0, 0.0
        for q in range(points):
            gradient(reference[q], inverse[e], growth[e], x, number, grad, f)
            area = f[0, 0] * f[1, 1] - f[0, 1] * f[1, 0]
            if not area > LEAST_J:
                return e
            f[2, 2] = 1.0 / area
            principal(f, stretch, right, left)
            if not _add_layers(thickness[e], coefficients, stretch, _flat(right), slope, curve):
                return e
            w = weight[e] * growth[e, 0] * growth[e, 1] * growth[e, 2]
            add_forces(w, grad, right, left, slope, g, local)
            if tangent:
                shear_entries(stretch, slope, curve, abab, abba)
                add_stiff(w, g, left, curve, abab, abba, stiff)
        scatter_forces(local, number, forces, sizes)
        if tangent:
            for a in range(nloc):
                for i in range(2):
                    for k in range(2):
                        matrix[a, i, :, k] = stiff[a, i, k]
            add_element(matrix, slots[e], blocks)
            for m in range(len(increments)):
                add_product(matrix, number, increments[m], products[m])
    return -1


@compiled
def _add_layers(thickness: Any, coefficients: Any, stretch: Any, normal: int, slope: Any, curve: Any) -> bool:
    """Write derivatives of the energy of all layers by the in-plane stretches; return False if a law is unstable."""
    first, second = np.empty(3), np.empty((3, 3))
    slope[:], curve[:] = 0.0, 0.0
    for k in range(len(coefficients)):
        if thickness[k] > 0.0:
            if not log_slopes(coefficients[k], stretch[0], stretch[1], stretch[2], first, second):
                return False
            _add_layer(thickness[k], normal, first, second, slope, curve)
    from_logs(stretch, slope, curve)
    return True


@compiled
def _flat(right: Any) -> int:
    """Return which principal direction is normal to the plan."""
    best = 0
    for a in range(1, 3):
        if abs(right[a, 2]) > abs(right[best, 2]):
            best = a
    return best


@compiled
def _add_layer(thickness: float, normal: int, first: Any, second: Any, slope: Any, curve: Any) -> None:
    """Add a layer's derivatives by the logarithms of the in-plane stretches; the third logarithm is minus their sum."""
    for a in range(3):
        if a != normal:
            slope[a] += thickness * (first[a] - first[normal])
            for b in range(3):
                if b != normal:
                    curve[a, b] += thickness * (
                        second[a, b] - second[a, normal] - second[b, normal] + second[normal, normal]
                    )
