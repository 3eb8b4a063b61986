"""How much a number is off that is made of a solution, by a second solution of the same system.

Let a number J have the derivative J'(v) along a change v of the solution u_h. Its dual solution z_h has a(v, z_h) =
J'(v) for all v of the space, at rest where u is given. The error e = u - u_h is orthogonal to it, a(e, z_h) = 0, so

    J(u) - J(u_h) = J(u_h + e) - J(u_h) - a(e, z_h),

where grad e is estimated by the recovered gradient less that of u_h: what recovery makes of J, less what of that the
solution cannot be wrong by. (R. Becker and R. Rannacher, Acta Numerica 10 (2001) 1, weigh residuals by z - z_h, which
is the same for the exact e; here z need not be smooth.)
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
    """A solution with what is needed for others of the same system.

    values: (ndofs, m); system: factorised, m unknowns per degree of freedom; loose: (nmodes, ndofs x m) solutions of
    the system for given values whose size the case leaves open: a conductor that floats, a neutral axis.
    """

    form: Form
    values: Floats
    system: System
    loose: Floats

    @cached_property
    def error(self) -> Floats:
        """Grad e, the recovered less own gradient of the solution at the nodes of P2, (n, nnodes, m, dim)."""
        return self.form.error(self.values)

    @cached_property
    def inside(self) -> Floats:
        """The same at the quadrature points of the cells, (n, nq, m, dim)."""
        return at_points(self.error)

    @cached_property
    def on_films(self) -> dict[str, Floats]:
        """The same at the quadrature points of films, (nf, nq, m, dim)."""
        return {name: at_points(self.form.on_facets(self.error, one)) for name, one in self.form.beside.items()}

    @cached_property
    def energy(self) -> float:
        """a(e, e)."""
        return float(self.form.products(self.error, self.error).sum())

    def solve(self, load: Floats) -> Floats:
        """Return z with a(v, z) = load . v for all v at rest where values are given; both (ndofs, m)."""
        load = load.reshape(1, -1)
        z = self.system.solve(np.zeros((1, len(self.system.given))), load).u[0]
        if len(self.loose):
            z += np.linalg.solve(self.system.form.products(self.loose), self.loose @ load[0]) @ self.loose
        return np.asarray(z.reshape(self.values.shape))

    def orthogonal(self, z: Floats) -> Floats:
        """Return each cell's part (n,) of a(e, z_h), which vanishes for the true e but not for the recovered one.

        z: (ndofs, m); a film's part is in the cells beside it.
        """
        form, space = self.form, self.form.space
        stress = form.stresses(gradients(space, z, form.simplices))
        weight = space.mesh.volumes[form.cells] / stress.shape[1]
        of_cell = np.einsum("n,nqik,nqik->n", weight, stress, self.inside, optimize=True)
        for name, (facets, moduli) in form.films.items():
            along, beside = gradients(space, z, facets), form.beside[name]
            weight = jacobians(space.mesh.points, facets)[1] / along.shape[1]
            part = np.einsum("n,nikjl,nqik,nqjl->n", weight, moduli, along, self.on_films[name], optimize=True)
            of_cell += np.bincount(beside.cells, weights=beside.share * part[beside.facets], minlength=len(of_cell))
        return np.asarray(of_cell)

    def weighted_residuals(self, z: Floats) -> Floats:
        """Return each cell's part (n,) of a(e, z - z_h), the error of z recovered too: for a z that is smooth."""
        return self.form.products(self.error, self.form.error(z))

    def unseen(self, trace: Floats, load: Floats) -> float:
        """Return J(u) - J(u_h) of a J that weighs the flux through terminals by `trace`, (ndofs, m) and zero elsewhere.

        J(u_h) = load . u_h is that of the differentiated u_h; the balanced flux, a(u_h, trace), is nearer to the
        truth, most of all at edges where the flux is unbounded. What is left is a(e, z), z = trace at the terminals.
        """
        apply, free = self.system.form.apply, self.system.free
        push = np.zeros(trace.size)
        push[free] = -apply(trace.reshape(1, -1))[0][0, free]
        z = trace + self.solve(push.reshape(trace.shape))
        balanced = float(apply(self.values.reshape(1, -1))[0][0] @ trace.ravel())
        return balanced - float((load * self.values).sum()) - float(self.weighted_residuals(z).sum())


def at_points(error: Floats) -> Floats:
    """Take a field from the nodes of P2 to the quadrature points."""
    k = {3: 1, 6: 2, 10: 3}[error.shape[1]]
    return np.asarray(np.einsum("qa,na...->nq...", shape_values(k, 2, quadrature(k)), error))


def slope_load(space: Space, simplices: Ints, slope: Floats) -> Floats:
    """Return the load (ndofs, m) of a number's derivatives with the gradients at quadrature points of simplices.

    slope: (n, nq, m, dim).
    """
    k = simplices.shape[1] - 1
    inverse, _ = jacobians(space.mesh.points, simplices)
    reference = shape_gradients(k, space.order, quadrature(k))
    local = np.einsum("qak,nkd,nqmd->nam", reference, inverse, slope, optimize=True)
    return scatter(space, space.dofs(simplices), local)


def scatter(space: Space, dofs: Ints, local: Floats) -> Floats:
    """Sum local values (n, nloc, m) into those of all degrees of freedom (ndofs, m)."""
    total = np.zeros((space.ndofs, local.shape[2]))
    for component, values in zip(total.T, np.moveaxis(local, 2, 0), strict=True):
        component += np.bincount(dofs.ravel(), weights=values.ravel(), minlength=space.ndofs)
    return total
