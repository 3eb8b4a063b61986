"""A film of variable thickness that is fed over its area and drained at some of its edges, in numbers near one.

    div J = q,   J = -sigma t grad u,   u = 0 where the film is drained,   J . n = 0 along all other edges.

Potentials are linear in each triangle: continuous at vertices (P1), whose energies are too low, or at the middles of
edges, whose flux J = -sigma t grad u + q (x - x_K) / 2 is continuous across edges and has exactly the divergence q
(M. Crouzeix and P.-A. Raviart, RAIRO 7 (1973) 33; L. D. Marini, SIAM J. Numer. Anal. 22 (1985) 493).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from microfem.fem.potential.sides import side_keys
from microfem.fem.solvers.assembly import Stiffness, StiffnessPart
from microfem.fem.space import Floats, Ints, Space, jacobians, shared_out
from microfem.mesh import Mesh
from microfem.mesh.record import facet_keys


@dataclass(frozen=True)
class MiddleSpace(Space):
    """Functions continuous at the middles of edges; number: (n, 3) of the edge opposite each vertex of triangles."""

    number: Ints

    @property
    def ndofs(self) -> int:
        """Number of edges."""
        return int(self.number.max(initial=-1)) + 1


@dataclass(frozen=True, kw_only=True)
class FilmElements:
    """The potentials of one kind on the triangles of a film.

    space: at vertices or at middles of edges; dofs: (n, 3); metric: (n, 2, 2) energy of the differences from the first
    degree of freedom, per area of the whole film, at the mean thickness; area: (n,) of each triangle, a share of the
    whole; load: (ndofs,) of the feed; free: degrees of freedom that are not drained; bubble: (n,) energy of the flux
    q (x - x_K) / 2 at the mean thickness, which falls with the thickness, 0 at vertices.
    """

    space: Space
    dofs: Ints
    metric: Floats
    area: Floats
    load: Floats
    free: Ints
    bubble: Floats

    def stiffness(self, metric: Floats) -> Stiffness:
        """Return the form whose energy of differences is `metric` (n, 2, 2)."""
        return Stiffness(self.space, (StiffnessPart(dofs=self.dofs, h=metric[:, None, None], order=1),))

    def differences(self, u: Floats) -> Floats:
        """Return the differences (n, 2) of a potential (ndofs,) from the first degree of freedom of each triangle."""
        local = u[self.dofs]
        return np.asarray(local[:, 1:] - local[:, :1])

    def forces(self, flux: Floats) -> Floats:
        """Return the sum (ndofs,) of what fluxes (n, 2), conjugate to differences, do at each degree of freedom."""
        local = np.column_stack([-flux.sum(axis=1), flux])
        return np.asarray(np.bincount(self.dofs.ravel(), local.ravel(), self.space.ndofs), dtype=float)

    def flux(self, u: Floats) -> Floats:
        """Return the fluxes (n, 2) of a potential at the mean thickness."""
        return times(self.metric, self.differences(u))

    def heat(self, u: Floats) -> Floats:
        """Return sigma |grad u|^2 of each triangle, (n,), the derivative of the loss by thickness."""
        return np.asarray((self.differences(u) * self.flux(u)).sum(axis=1) / self.area)


def times(matrices: Floats, vectors: Floats) -> Floats:
    """Return the products (n, 2) of matrices (n, 2, 2) and vectors (n, 2)."""
    return np.asarray(matrices[:, :, 0] * vectors[:, :1] + matrices[:, :, 1] * vectors[:, 1:])


@dataclass(frozen=True, kw_only=True)
class CollectorFilm:
    """A film on triangles of a plan.

    mesh: the plan; cells: (n,) the film's triangles; corners: (n, 3) their vertices, sorted; conductivity, feed: (n,)
    relative to the largest; drained: (m,) keys of the edges at which the film is drained; least, cap: bounds of the
    thickness relative to its mean, infinite without a cap.
    """

    mesh: Mesh
    cells: Ints
    corners: Ints
    conductivity: Floats
    feed: Floats
    drained: Ints
    least: float
    cap: float

    @cached_property
    def sizes(self) -> Floats:
        """The area of each triangle, (n,), um2."""
        return self.mesh.volumes[self.cells]

    @cached_property
    def area(self) -> Floats:
        """The share of each triangle in the area of the film, (n,)."""
        return self.sizes / self.sizes.sum()

    @cached_property
    def inverse(self) -> Floats:
        """Inverse Jacobians (n, 2, 2): from differences to gradients."""
        return jacobians(self.mesh.points, self.corners)[0]

    @cached_property
    def metric(self) -> Floats:
        """Energy of the differences of vertices, (n, 2, 2), see `FilmElements`."""
        j = self.inverse
        return np.asarray((self.area * self.conductivity)[:, None, None] * (j @ j.swapaxes(1, 2)))

    @cached_property
    def centroids(self) -> Floats:
        """The centroid of each triangle, (n, 2), um."""
        return np.asarray(self.mesh.points[self.corners].mean(axis=1))

    @cached_property
    def moments(self) -> Floats:
        """The mean outer product (n, 2, 2) of the flux q (x - x_K) / 2 of each triangle."""
        arms = self.mesh.points[self.corners] - self.centroids[:, None]
        return np.asarray(self.feed[:, None, None] ** 2 / 48.0 * (arms.swapaxes(1, 2) @ arms))

    @cached_property
    def edges(self) -> tuple[Ints, Ints]:
        """Sorted keys of all edges, and the number (n, 3) of the edge opposite each vertex."""
        keys, number = np.unique(side_keys(self.corners, len(self.mesh.points)), return_inverse=True)
        return keys, number.reshape(-1, 3)

    @cached_property
    def at_vertices(self) -> FilmElements:
        """Potentials at the vertices."""
        ends = np.column_stack(np.divmod(self.drained, len(self.mesh.points)))
        return self._elements(Space(self.mesh, 1), self.corners, self.metric, ends, 0.0 * self.area)

    @cached_property
    def at_middles(self) -> FilmElements:
        """Potentials at the middles of edges."""
        keys, number = self.edges
        bubble = np.trace(self.moments, axis1=1, axis2=2) / self.conductivity
        space = MiddleSpace(self.mesh, 1, number)
        return self._elements(space, number, 4.0 * self.metric, np.searchsorted(keys, self.drained), bubble)

    def _elements(self, space: Space, dofs: Ints, metric: Floats, held: Ints, bubble: Floats) -> FilmElements:
        load = shared_out(self.feed * self.area, dofs, space.ndofs)
        return FilmElements(
            space=space,
            dofs=dofs,
            metric=metric,
            area=self.area,
            load=load,
            free=np.setdiff1d(dofs, held),
            bubble=bubble,
        )


def boundary_keys(corners: Ints, npoints: int) -> Ints:
    """Return the sorted keys of the edges that belong to one triangle alone; corners: (n, 3), sorted."""
    keys, count = np.unique(side_keys(corners, npoints), return_counts=True)
    return keys[count == 1]


def keys_of(simplices: Ints, npoints: int) -> Ints:
    """Return the keys of edges (n, 2), or of the sides of triangles (n, 3)."""
    ordered = np.sort(simplices, axis=1)
    return side_keys(ordered, npoints).ravel() if simplices.shape[1] == 3 else facet_keys(ordered, npoints)
