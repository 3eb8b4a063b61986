"""Configurational forces: the derivative of an energy form by the motion of the mesh, at fixed degrees of freedom.

With the velocity v of the points, linear in each cell, gradients of fields that move with the mesh change by
d(grad u) = -grad u . grad v and volumes by div v, so that

    d a(u, z) = sum over cells of the integral of E : grad v,
    E_kj = (s(z) : grad u) delta_kj - u_i,k s_ij(z) - z_i,k s_ij(u),

with E the energy-momentum tensor of J. D. Eshelby (J. Elasticity 5 (1975) 321), here of two fields. The same
holds for films, with gradients along them; they must not tilt.
"""

from __future__ import annotations

import numpy as np

from microfem.fem.error_estimates.form import Form
from microfem.fem.space import Floats, Ints, gradients, jacobians


def configurational_forces(form: Form, u: Floats, z: Floats) -> Floats:
    """Return f (npoints, dim) with d a(u, z) = sum of f . v over all points.

    u, z: (ndofs, m), finite everywhere, with fixed degrees of freedom.
    """
    space = form.space
    total = np.zeros_like(space.mesh.points)
    of_u, of_z = (gradients(space, field, form.simplices) for field in (u, z))
    _add(total, space.mesh.points, form.simplices, of_u, of_z, form.stresses(of_u), form.stresses(of_z))
    for facets, moduli in form.films.values():
        of_u, of_z = (gradients(space, field, facets) for field in (u, z))
        s_u, s_z = (np.einsum("nikjl,nqjl->nqik", moduli, slope) for slope in (of_u, of_z))
        _add(total, space.mesh.points, facets, of_u, of_z, s_u, s_z)
    return total


def film_energies(form: Form, u: Floats, z: Floats) -> dict[str, float]:
    """Return each film's part of a(u, z), which is proportional to its thickness."""
    energies = {}
    for name, (facets, moduli) in form.films.items():
        of_u, of_z = (gradients(form.space, field, facets) for field in (u, z))
        weight = jacobians(form.space.mesh.points, facets)[1] / of_u.shape[1]
        energies[name] = float(np.einsum("n,nikjl,nqik,nqjl->", weight, moduli, of_u, of_z, optimize=True))
    return energies


def _add(total: Floats, points: Floats, simplices: Ints, of_u: Floats, of_z: Floats, s_u: Floats, s_z: Floats) -> None:
    """Add the forces of simplices to total, from gradients and stresses (n, nq, m, dim)."""
    inverse, measure = jacobians(points, simplices)
    weight = measure / of_u.shape[1]
    product = np.einsum("nqil,nqil->n", s_z, of_u)
    mixed = np.einsum("nqik,nqij->nkj", of_u, s_z) + np.einsum("nqik,nqij->nkj", of_z, s_u)
    momentum = weight[:, None, None] * (product[:, None, None] * np.eye(points.shape[1]) - mixed)
    corners = np.concatenate([-inverse.sum(axis=1, keepdims=True), inverse], axis=1)  # grad lambda
    np.add.at(total, simplices, np.einsum("nkj,naj->nak", momentum, corners))
