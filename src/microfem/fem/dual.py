"""How much a number is off that is made of a solution, by a second solution of the same system.

Let a number J have the derivative J'(v) along a change v of the solution u. The dual solution z, a(v, z) = J'(v) for
all v at rest where u is given, tells what residuals are worth in J:

    J(u) - J(u_h) = a(u - u_h, z - z_h) + terms of second order,

and both errors are estimated by the gradients recovered from u_h and z_h (R. Becker and R. Rannacher, Acta Numerica
10 (2001) 1; F. Cirak and E. Ramm, Comput. Methods Appl. Mech. Eng. 156 (1998) 351).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from microfem.fem.form import Form
from microfem.fem.solve import System
from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature, shape_gradients, shape_values


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
        """Recovered less own gradient of the solution at the nodes of P2, (n, nnodes, m, dim)."""
        return self.form.error(self.values)

    @cached_property
    def error_inside(self) -> Floats:
        """The same at the quadrature points, (n, nq, m, dim)."""
        dim = self.form.space.mesh.dim
        return np.einsum("qa,namk->nqmk", shape_values(dim, 2, quadrature(dim)), self.error)

    @cached_property
    def energy(self) -> float:
        """a(u - u_h, u - u_h)."""
        return float(self.form.products(self.error, self.error).sum())

    def solve(self, load: Floats) -> Floats:
        """Return z with a(v, z) = load . v for all v at rest where values are given; both (ndofs, m)."""
        load = load.reshape(1, -1)
        z = self.system.solve(np.zeros((1, len(self.system.given))), load).u[0]
        if len(self.loose):
            z += np.linalg.solve(self.system.form.products(self.loose), self.loose @ load[0]) @ self.loose
        return np.asarray(z.reshape(self.values.shape))

    def missing(self, z: Floats) -> float:
        """Return a(u - u_h, z - z_h)."""
        return float(self.form.products(self.error, self.form.error(z)).sum())


def slope_load(space: Space, simplices: Ints, slope: Floats) -> Floats:
    """Return the load (ndofs, m) of a number's derivatives with the gradients at quadrature points of simplices.

    slope: (n, nq, m, dim).
    """
    k = simplices.shape[1] - 1
    inverse, _ = jacobians(space.mesh.points, simplices)
    local = np.einsum("qak,nkd,nqmd->nam", shape_gradients(k, space.order, quadrature(k)), inverse, slope, optimize=True)
    return scatter(space, space.dofs(simplices), local)


def scatter(space: Space, dofs: Ints, local: Floats) -> Floats:
    """Sum local values (n, nloc, m) into those of all degrees of freedom (ndofs, m)."""
    columns = [np.bincount(dofs.ravel(), weights=one.ravel(), minlength=space.ndofs) for one in np.moveaxis(local, 2, 0)]
    return np.stack(columns, axis=1)
