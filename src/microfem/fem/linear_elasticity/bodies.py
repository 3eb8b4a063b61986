"""Small-strain elastic bodies: isotropic moduli, stiffness of cells and films, strain and stress.

    sigma = lambda tr(e) 1 + 2 mu e,    e = sym grad u - e*,    div sigma = 0.

In 2D lambda is replaced by 2 lambda mu / (lambda + 2 mu) for plane stress. A film (sheet) carries a membrane
force: thickness times the plane-stress law of its tangential strain, and no bending moment. Timoshenko and
Goodier, Theory of Elasticity, 3rd ed., ch. 2 and 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from microfem.fem.solvers.assembly import Stiffness, vector_stiffness
from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature, shape_gradients


@dataclass(frozen=True, kw_only=True)
class Film:
    """A membrane on facets (n, dim): Young's modulus (MPa), Poisson's ratio, thickness (um), eigenstrain."""

    facets: Ints
    young: float
    poisson: float
    thickness: float
    eigenstrain: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Body:
    """The elastic body on a mesh: solid cells and films.

    cells: (n,) numbers of the solid cells; young (MPa), poisson, eigenstrain: (n,) of each cell;
    plane: 'strain' or 'stress', in 2D.
    """

    space: Space
    cells: Ints
    young: Floats
    poisson: Floats
    eigenstrain: Floats
    plane: str = "strain"
    films: Mapping[str, Film] = field(default_factory=dict)

    @property
    def dim(self) -> int:
        """Number of displacement components."""
        return self.space.mesh.dim

    @cached_property
    def dofs(self) -> Ints:
        """Degrees of freedom, of the scalar space, of solid cells and films, sorted."""
        parts = [self.space.cell_dofs[self.cells].ravel()]
        return np.unique(np.concatenate([*parts, *(self.space.dofs(f.facets).ravel() for f in self.films.values())]))

    def unknowns(self, dofs: Ints) -> Ints:
        """Return the unknowns (n, dim), dim x dof + component, of degrees of freedom (n,) of the scalar space."""
        return self.dim * dofs[:, None] + np.arange(self.dim)

    @cached_property
    def stiffness(self) -> Stiffness:
        """Stiffness of cells and films, uN/um (2D: MPa)."""
        c = moduli(*lame(self.young, self.poisson, self.dim, self.plane), np.eye(self.dim)[None])
        total = vector_stiffness(self.space, self.space.mesh.cells[self.cells], c)
        for film in self.films.values():
            total = total + vector_stiffness(self.space, film.facets, film_moduli(self, film))
        return total

    @cached_property
    def components(self) -> tuple[int, Ints]:
        """Number of connected components, and the component of each vertex (-1 outside the body)."""
        mesh = self.space.mesh
        simplices = [mesh.cells[self.cells], *(film.facets for film in self.films.values())]
        links = np.vstack([s[:, [0, k]] for s in simplices for k in range(1, s.shape[1])])
        shape = (len(mesh.points),) * 2
        label = connected_components(sp.coo_matrix((np.ones(len(links)), links.T), shape=shape), directed=False)[1]
        used = self.dofs[self.dofs < len(mesh.points)]
        part = np.full(len(mesh.points), -1, dtype=np.int64)
        names, part[used] = np.unique(label[used], return_inverse=True)
        return len(names), part


def lame(young: Floats, poisson: Floats, dim: int, plane: str) -> tuple[Floats, Floats]:
    """Return Lame's lambda and mu in `dim` dimensions, MPa."""
    mu = young / (2.0 * (1.0 + poisson))
    full = young * poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson))
    return (2.0 * full * mu / (full + 2.0 * mu) if dim == 2 and plane == "stress" else full), mu


def moduli(lam: Floats, mu: Floats, unit: Floats) -> Floats:
    """Return c_ikjl = lambda P_ik P_jl + mu (P_ij P_kl + P_il P_kj), (n, dim, dim, dim, dim), MPa.

    unit: P (n or 1, dim, dim), the identity, or the projector onto the plane of a film.
    """
    p = np.broadcast_to(unit, (len(lam), *unit.shape[1:]))
    volume = np.einsum("n,nik,njl->nikjl", lam, p, p)
    return volume + np.einsum("n,nij,nkl->nikjl", mu, p, p) + np.einsum("n,nil,njk->nikjl", mu, p, p)


def film_projectors(body: Body, film: Film) -> Floats:
    """Return the projectors (n, dim, dim) onto the planes of a film's facets."""
    points = body.space.mesh.points[film.facets]
    inverse, _ = jacobians(body.space.mesh.points, film.facets)
    return np.einsum("nka,nkb->nab", points[:, 1:] - points[:, :1], inverse)


def film_moduli(body: Body, film: Film) -> Floats:
    """Return thickness times the film's plane-stress moduli (n, dim, dim, dim, dim), MPa um.

    In 2D the film is a line of modulus E in plane stress, E / (1 - nu2) in plane strain.
    """
    along = film_projectors(body, film)
    ones = np.ones(len(along))
    lam, mu = lame(film.young * ones, film.poisson * ones, 2, "stress")
    if body.dim == 2 and body.plane == "stress":
        lam, mu = 0.0 * lam, 0.5 * film.young * ones
    return film.thickness * moduli(lam, mu, along)


@dataclass(frozen=True)
class Response:
    """Strain and stress at the quadrature points of a body's cells or of a film.

    strain: (n, nq, dim, dim), symmetric gradient of the displacement; elastic: (n, nq, 3, 3), strain minus eigenstrain;
    stress: (n, nq, 3, 3), MPa; in 2D the third axis is out of plane; weight: (n,) volume (um3, 2D: um2) of each point.
    """

    strain: Floats
    elastic: Floats
    stress: Floats
    weight: Floats

    @cached_property
    def energy_density(self) -> Floats:
        """Strain energy density (n, nq), MPa."""
        return 0.5 * np.einsum("nqij,nqij->nq", self.elastic, self.stress)

    @cached_property
    def energy(self) -> float:
        """Strain energy, uN um (2D: uN)."""
        return float(self.weight @ self.energy_density.sum(axis=1))

    @cached_property
    def von_mises(self) -> Floats:
        """Von Mises stress (n, nq), sqrt(3/2 s : s) of the stress deviator s, MPa."""
        pressure = np.trace(self.stress, axis1=2, axis2=3) / 3.0
        s = self.stress - pressure[..., None, None] * np.eye(3)
        return np.sqrt(1.5 * np.einsum("nqij,nqij->nq", s, s))

    @cached_property
    def largest_strain(self) -> Floats:
        """Largest principal elastic strain (n, nq)."""
        return np.asarray(np.linalg.eigvalsh(self.elastic)[..., -1], dtype=float)

    @cached_property
    def largest_stress(self) -> Floats:
        """Largest principal stress (n, nq), MPa."""
        return np.asarray(np.linalg.eigvalsh(self.stress)[..., -1], dtype=float)

    @cached_property
    def peak_strain(self) -> float:
        """Largest principal elastic strain at the vertices of all simplices."""
        return float(self.at_corners.largest_strain.max())

    @cached_property
    def at_corners(self) -> Response:
        """The response at the vertices of each simplex, where linear strains are largest; exact for P1 and P2."""
        inner = np.array(quadrature(self.strain.shape[1] - 1))
        weights = np.linalg.inv(np.column_stack([1.0 - inner.sum(axis=1), inner]))
        strain, elastic, stress = (
            np.einsum("vq,nqij->nvij", weights, t) for t in (self.strain, self.elastic, self.stress)
        )
        return Response(strain, elastic, stress, self.weight)


def respond(body: Body, u: Floats) -> Response:
    """Return strain and stress of a body's cells under displacements u (ndofs, dim), um."""
    return strained(body, _strain(body.space, body.space.mesh.cells[body.cells], u))


def strained(body: Body, strain: Floats) -> Response:
    """Return the response of a body's cells to a strain (n, nq, dim, dim)."""
    mesh = body.space.mesh
    star, nu = body.eigenstrain[:, None], body.poisson[:, None]
    elastic = np.zeros((*strain.shape[:2], 3, 3))
    elastic[..., : body.dim, : body.dim] = strain - star[..., None, None] * np.eye(body.dim)
    if body.dim == 2:
        inside = np.trace(elastic, axis1=2, axis2=3)
        elastic[..., 2, 2] = -star if body.plane == "strain" else -nu / (1.0 - nu) * inside
    lam, mu = (value[:, None, None, None] for value in lame(body.young, body.poisson, 3, body.plane))
    stress = lam * np.trace(elastic, axis1=2, axis2=3)[..., None, None] * np.eye(3) + 2.0 * mu * elastic
    return Response(strain, elastic, stress, mesh.volumes[body.cells] / (mesh.dim + 1))


def respond_film(body: Body, film: Film, u: Floats) -> Response:
    """Return strain and stress of a film: tangential strain, and the out-of-plane strain of plane stress."""
    return strained_film(body, film, _strain(body.space, film.facets, u))


def strained_film(body: Body, film: Film, strain: Floats) -> Response:
    """Return the response of a film to the tangential part of a strain (n, nq, dim, dim)."""
    along = film_projectors(body, film)
    if body.dim == 2:  # a line: axes along it, along the depth, and normal to it
        tangent = np.einsum("nab,nqbc,ncd->nqad", along, strain, along)
        first = np.trace(tangent, axis1=2, axis2=3) - film.eigenstrain
        depth = np.full_like(first, -film.eigenstrain) if body.plane == "strain" else -film.poisson * first
        plane = np.zeros((*first.shape, 3, 3))
        plane[..., 0, 0], plane[..., 1, 1] = first, depth
        normal = np.diag([0.0, 0.0, 1.0])[None]
    else:
        plane = np.einsum("nab,nqbc,ncd->nqad", along, strain, along) - film.eigenstrain * along[:, None]
        normal = np.eye(3) - along
    ratio = film.poisson / (1.0 - film.poisson)
    elastic = plane - ratio * np.trace(plane, axis1=2, axis2=3)[..., None, None] * normal[:, None]
    lam, mu = lame(np.array(film.young), np.array(film.poisson), 3, body.plane)
    stress = lam * np.trace(elastic, axis1=2, axis2=3)[..., None, None] * np.eye(3) + 2.0 * mu * elastic
    measure = jacobians(body.space.mesh.points, film.facets)[1]
    return Response(strain, elastic, stress, film.thickness * measure / film.facets.shape[1])


def _strain(space: Space, simplices: Ints, u: Floats) -> Floats:
    """Return the symmetric gradient at the quadrature points of cells or facets, (n, nq, dim, dim)."""
    k = simplices.shape[1] - 1
    inverse, _ = jacobians(space.mesh.points, simplices)
    reference = shape_gradients(k, space.order, quadrature(k))
    gradient = np.einsum("qak,nai,nkj->nqij", reference, u[space.dofs(simplices)], inverse, optimize=True)
    return 0.5 * (gradient + np.swapaxes(gradient, 2, 3))


def eigenstress(body: Body) -> Floats:
    """Return c : e* of each cell (n, dim, dim), MPa: minus the stress of a fully constrained eigenstrain."""
    factor = 1.0 - (2.0 if body.dim == 3 or body.plane == "strain" else 1.0) * body.poisson
    return (body.young * body.eigenstrain / factor)[:, None, None] * np.eye(body.dim)


def film_eigenstress(body: Body, film: Film) -> Floats:
    """Return thickness times c : e* of a film's facets (n, dim, dim), MPa um."""
    uniaxial = body.dim == 2 and body.plane == "stress"
    size = film.thickness * film.young * film.eigenstrain / (1.0 if uniaxial else 1.0 - film.poisson)
    return size * film_projectors(body, film)


def curvature_weights(body: Body) -> Floats:
    """Return the weights (n,), 1/um, of strains at quadrature points in the curvature k of the fit e = e0 - k z."""
    mesh = body.space.mesh
    z = mesh.points[mesh.cells[body.cells], -1].mean(axis=1)
    volume = mesh.volumes[body.cells]
    z = z - np.average(z, weights=volume)
    return -volume * z / (volume @ z**2) / (mesh.dim + 1)


def curvatures(body: Body, response: Response) -> dict[str, float]:
    """Return k of the fit e = e0 - k z to the cells' strain, by the name of each axis except the last, 1/um."""
    along = np.diagonal(response.strain, axis1=2, axis2=3).sum(axis=1)[:, :-1]
    return dict(zip("xy", (curvature_weights(body) @ along).tolist(), strict=False))
