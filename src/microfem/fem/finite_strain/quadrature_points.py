"""Steps of compiled loops over cells at finite strain: kinematics, forces and tangent at a quadrature point."""

from __future__ import annotations

from typing import Any

import numpy as np

from microfem.fem.compiled import compiled


@compiled
def number_unknowns(nodes: Any, nloc: int, dim: int, ndofs: int, number: Any) -> None:
    """Write the unknowns of a cell's nodes: dim for each of the first nloc, one for each other, -1 as filler."""
    for a in range(len(nodes)):
        for i in range(dim):
            if a < nloc:
                number[a * dim + i] = dim * nodes[a] + i
            else:
                number[a * dim + i] = dim * ndofs + nodes[a] - ndofs if i == 0 else -1


@compiled
def gradient(reference: Any, inverse: Any, growth: Any, x: Any, number: Any, grad: Any, f: Any) -> None:
    """Write gradients (nloc, 3) of shape functions in the grown shape, and Fe = F Fg^-1 (3, 3)."""
    nloc, dim = reference.shape
    f[:] = 0.0
    for i in range(dim):
        f[i, i] = 1.0 / growth[i]
    for a in range(nloc):
        for j in range(dim):
            total = 0.0
            for k in range(dim):
                total += reference[a, k] * inverse[k, j]
            grad[a, j] = total / growth[j]
        for i in range(dim):
            u = x[number[a * dim + i]]
            for j in range(dim):
                f[i, j] += u * grad[a, j]


@compiled
def determinant(f: Any) -> float:
    """Return the determinant of a matrix (3, 3)."""
    return float(
        f[0, 0] * (f[1, 1] * f[2, 2] - f[1, 2] * f[2, 1])
        - f[0, 1] * (f[1, 0] * f[2, 2] - f[1, 2] * f[2, 0])
        + f[0, 2] * (f[1, 0] * f[2, 1] - f[1, 1] * f[2, 0])
    )


@compiled
def add_forces(w: float, grad: Any, right: Any, left: Any, slope: Any, g: Any, local: Any) -> None:
    """Add w P grad phi to the nodal forces; write the gradients g (3, nloc) in the axes N."""
    dim = local.shape[1]
    for a in range(len(grad)):
        for p in range(3):
            g[p, a] = grad[a, 0] * right[p, 0] + grad[a, 1] * right[p, 1] + grad[a, 2] * right[p, 2]
        for i in range(dim):
            local[a, i] += w * (
                slope[0] * left[0, i] * g[0, a] + slope[1] * left[1, i] * g[1, a] + slope[2] * left[2, i] * g[2, a]
            )


@compiled
def scatter_forces(local: Any, number: Any, forces: Any, sizes: Any) -> None:
    """Add a cell's forces and their absolute values to the global vectors."""
    count, dim = local.shape
    for a in range(count):
        for i in range(dim):
            at = number[a * dim + i]
            if at >= 0:
                forces[at] += local[a, i]
                sizes[at] += abs(local[a, i])


@compiled
def add_stiff(w: float, g: Any, left: Any, curve: Any, abab: Any, abba: Any, stiff: Any) -> None:
    """Add w A_iJkL d_J phi_a d_L phi_b to stiff (a, i, k, b); g: gradients (3, nloc) in the axes N."""
    nloc, dim = stiff.shape[0], stiff.shape[1]
    part, half = np.empty((3, 3)), np.empty((3, 3))
    for a in range(nloc):
        for m in range(3):
            for i in range(3):
                for k in range(3):
                    if i == k:
                        part[i, k] = abab[i, m] * g[m, a]
                    elif m == k:
                        part[i, k] = curve[i, k] * g[i, a]
                    elif m == i:
                        part[i, k] = abba[i, k] * g[k, a]
                    else:
                        part[i, k] = 0.0
            for i in range(dim):
                for k in range(3):
                    half[i, k] = left[0, i] * part[0, k] + left[1, i] * part[1, k] + left[2, i] * part[2, k]
            for i in range(dim):
                for k in range(dim):
                    t = w * (half[i, 0] * left[0, k] + half[i, 1] * left[1, k] + half[i, 2] * left[2, k])
                    for b in range(nloc):
                        stiff[a, i, k, b] += t * g[m, b]


@compiled
def add_product(matrix: Any, number: Any, increment: Any, product: Any) -> None:
    """Add an element matrix times an increment; most increments are zero in most cells."""
    count, dim = matrix.shape[0], matrix.shape[1]
    for b in range(count):
        for k in range(dim):
            j = number[b * dim + k]
            if j < 0 or increment[j] == 0.0:
                continue
            for a in range(count):
                for i in range(dim):
                    if number[a * dim + i] >= 0:
                        product[number[a * dim + i]] += matrix[a, i, b, k] * increment[j]
