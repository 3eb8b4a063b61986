"""Error of a quantity of interest by its dual solution, a second solution of the same system.

Let a quantity of interest J have the derivative J'(v) along a change v of the solution u_h. Its dual solution z_h, zero
at the constrained degrees of freedom, satisfies a(v, z_h) = J'(v) for all v of the space. The error e = u - u_h is
orthogonal to it, a(e, z_h) = 0, so

    J(u) - J(u_h) = J(u_h + e) - J(u_h) - a(e, z_h),

where grad e is estimated as recovered gradient minus gradient of u_h: J of the recovered solution, without the part
that Galerkin orthogonality excludes. (The dual-weighted residuals of R. Becker and R. Rannacher, Acta Numerica 10
(2001) 1, with weights z - z_h, are the same for the exact e; here z need not be smooth.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from microfem.fem.error_estimates.form import Form
from microfem.fem.solvers.solve import System
from microfem.fem.space import Floats, Ints, Space, gradients, jacobians, quadrature, shape_gradients, shape_values


@dataclass(frozen=True)
class Dual:
    """A solution and its system, for dual problems.

    values: (ndofs, m) solution; system: factorised, m unknowns per degree of freedom; loose: (nmodes, ndofs x m)
    solutions of the system for free modes of the constrained values: a floating conductor, a neutral axis.
    """

    form: Form
    values: Floats
    system: System
    loose: Floats

    @cached_property
    def error(self) -> Floats:
        """Estimated grad e, recovered minus own gradient of the solution at the nodes of P2, (n, nnodes, m, dim)."""
        return self.form.error(self.values)

    @cached_property
    def inside(self) -> Floats:
        """Estimated grad e at the quadrature points of the cells, (n, nq, m, dim)."""
        return at_points(self.error)

    @cached_property
    def on_films(self) -> dict[str, Floats]:
        """Estimated grad e at the quadrature points of films, name -> (nf, nq, m, dim)."""
        return {name: at_points(self.form.on_facets(self.error, cells)) for name, cells in self.form.beside.items()}

    @cached_property
    def energy(self) -> float:
        """Estimated squared error in energy, a(e, e)."""
        return float(self.form.products(self.error, self.error).sum())

    def solve(self, load: Floats) -> Floats:
        """Return z with a(v, z) = load . v for all v that are zero at the constraints; both (ndofs, m)."""
        load = load.reshape(1, -1)
        z = self.system.solve(np.zeros((1, len(self.system.constrained))), load).u[0]
        if len(self.loose):
            z += np.linalg.solve(self.system.form.products(self.loose), self.loose @ load[0]) @ self.loose
        return np.asarray(z.reshape(self.values.shape))

    def orthogonal(self, z: Floats) -> Floats:
        """Return each cell's part (n,) of a(e, z_h), which vanishes for the exact e but not for the estimated one.

        z: (ndofs, m); a film's part belongs to the cells beside it.
        """
        form, space = self.form, self.form.space
        stress = form.stresses(gradients(space, z, form.simplices))
        weight = space.mesh.volumes[form.cells] / stress.shape[1]
        of_cell = np.einsum("n,nqik,nqik->n", weight, stress, self.inside, optimize=True)
        for name, (facets, moduli) in form.films.items():
            along, beside = gradients(space, z, facets), form.beside[name]
            weight = space.mesh.swept(facets) * jacobians(space.mesh.points, facets)[1] / along.shape[1]
            part = np.einsum("n,nikjl,nqik,nqjl->n", weight, moduli, along, self.on_films[name], optimize=True)
            of_cell += np.bincount(beside.cells, weights=beside.share * part[beside.facets], minlength=len(of_cell))
        return np.asarray(of_cell)

    def weighted_residuals(self, z: Floats) -> Floats:
        """Return each cell's part (n,) of a(e, z - z_h), with the error of z from recovery: for a smooth z."""
        return self.form.products(self.error, self.form.error(z))

    def unseen(self, trace: Floats, load: Floats) -> float:
        """Return the error J(u) - J(u_h) of J = flux through terminals weighted by `trace` (ndofs, m), zero elsewhere.

        J(u_h) = load . u_h differentiates u_h; the balanced flux a(u_h, trace) is more accurate, most of all at edges
        where the flux is unbounded. Its error is a(e, z), z = trace at the terminals.
        """
        apply, free = self.system.form.apply, self.system.free
        push = np.zeros(trace.size)
        push[free] = -apply(trace.reshape(1, -1))[0][0, free]
        z = trace + self.solve(push.reshape(trace.shape))
        balanced = float(apply(self.values.reshape(1, -1))[0][0] @ trace.ravel())
        return balanced - float((load * self.values).sum()) - float(self.weighted_residuals(z).sum())


def at_points(error: Floats) -> Floats:
    """Return a field (n, nnodes, ...) at the nodes of P2 interpolated to the quadrature points (n, nq, ...)."""
    k = {3: 1, 6: 2, 10: 3}[error.shape[1]]
    return np.asarray(np.einsum("qa,na...->nq...", shape_values(k, 2, quadrature(k)), error))


def slope_load(space: Space, simplices: Ints, slope: Floats) -> Floats:
    """Return the load vector (ndofs, m) of derivatives by the gradients at the quadrature points of simplices.

    slope: (n, nq, m, dim) derivatives.
    """
    k = simplices.shape[1] - 1
    inverse, _ = jacobians(space.mesh.points, simplices)
    reference = shape_gradients(k, space.order, quadrature(k))
    local = np.einsum("qak,nkd,nqmd->nam", reference, inverse, slope, optimize=True)
    return scatter(space, space.dofs(simplices), local)


def scatter(space: Space, dofs: Ints, local: Floats) -> Floats:
    """Return the assembled vector (ndofs, m) of element vectors (n, nloc, m)."""
    total = np.zeros((space.ndofs, local.shape[2]))
    for component, values in zip(total.T, np.moveaxis(local, 2, 0), strict=True):
        component += np.bincount(dofs.ravel(), weights=values.ravel(), minlength=space.ndofs)
    return total
