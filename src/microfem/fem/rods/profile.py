"""A cross-section of any outlines and materials: stretch, bending and Saint-Venant torsion, solved on its mesh.

Cross-sections stay plane up to a warping w: with the stretch e0, the curvatures kx, ky towards +x and +y and the twist t,

    e = e0 - kx x - ky y,   gamma = t (grad w + (-y, x)),   div(G gamma) = 0,   G gamma . n = 0 on free sides,

one scalar equation whatever the materials. G J = integral of G |grad w + (-y, x)|2. Differences of Poisson's ratio between
materials press them together, which is left out: it adds at most their squared difference to stiffnesses. S. P. Timoshenko
and J. N. Goodier, Theory of Elasticity, 3rd ed., art. 109 to 116; W. D. Pilkey, Analysis and Design of Elastic Beams,
Wiley 2002, ch. 5.
"""  # noqa: E501

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from microfem.fem.error_estimates.dual_solution import at_points, slope_load
from microfem.fem.error_estimates.form import Form, energy_error, potential_form
from microfem.fem.rods.cross_section import Section
from microfem.fem.solvers.assembly import scalar_stiffness
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.solve import solve_given
from microfem.fem.space import Floats, Ints, Space, gradients, quadrature, shape_values


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A solved cross-section. cells: (n,) those that are solid; young, poisson: (n,) of each; warping: (ndofs,) um2;
    residual: of the solve."""

    space: Space
    cells: Ints
    young: Floats
    poisson: Floats
    warping: Floats
    residual: float

    @property
    def shear_modulus(self) -> Floats:
        """G (n,), MPa."""
        return 0.5 * self.young / (1.0 + self.poisson)

    @cached_property
    def places(self) -> Floats:
        """Where quadrature points are, (n, nq, 2), um."""
        return _places(self.space, self.cells)

    @cached_property
    def areas(self) -> Floats:
        """Area of each quadrature point (n,), um2."""
        return np.asarray(self.space.mesh.volumes[self.cells] / len(quadrature(2)))

    @cached_property
    def moments(self) -> Floats:
        """Integral of E f f, f = (1, x, y), (3, 3): EA, first and second moments about the origin."""
        f = np.concatenate([np.ones((*self.places.shape[:2], 1)), self.places], axis=2)
        return np.asarray(np.einsum("n,nqi,nqj->ij", self.young * self.areas, f, f))

    @property
    def axial(self) -> float:
        """EA, uN."""
        return float(self.moments[0, 0])

    @property
    def centre(self) -> Floats:
        """Where the neutral axes of all bends cross (2,), um."""
        return np.asarray(self.moments[0, 1:] / self.moments[0, 0])

    @property
    def bending(self) -> Floats:
        """Moments of curvatures towards x and y (2, 2) about the centre, uN um2: EI by the axis across."""
        return np.asarray(self.moments[1:, 1:] - self.axial * np.outer(self.centre, self.centre))

    @cached_property
    def shears(self) -> Floats:
        """Shear strain along x and y per twist at the quadrature points (n, nq, 2), um."""
        slopes = gradients(self.space, self.warping, self.space.mesh.cells[self.cells])
        return np.asarray(slopes + _turn(self.places))

    @cached_property
    def slack(self) -> Floats:
        """What recovery adds to those (n, nq, 2): their error, as far as it can be told."""
        return np.asarray(at_points(self._error)[:, :, 0])

    @cached_property
    def _error(self) -> Floats:
        return self._form.error(self.warping[:, None])

    @cached_property
    def _form(self) -> Form:
        modulus = np.zeros(len(self.space.mesh.cells))
        modulus[self.cells] = self.shear_modulus
        return potential_form(self.space, modulus, {})

    def error(self) -> tuple[Floats, Floats]:
        """Return the excess of G J that each cell of the mesh adds, and where it points; see energy_error."""
        return energy_error(self._form, self._error)

    @cached_property
    def torsion(self) -> float:
        """G J, uN um2."""
        return float((self.shear_modulus * self.areas * (self.shears**2).sum(axis=(1, 2))).sum())

    def strain(self, curvature: Floats, twist: float = 0.0, places: Floats | None = None) -> Floats:
        """Return the strain along the axis without axial force at places (n, any, 2), quadrature points if None.

        A twist lengthens fibres by twist2 r2 / 2 from the centre and so shortens the axis (H. Wagner 1929).
        """
        weights = (self.young * self.areas)[:, None]

        def raised(at: Floats) -> Floats:
            return np.asarray(0.5 * twist**2 * ((at - self.centre) ** 2).sum(axis=-1))

        there = self.places if places is None else places
        mean = float((weights * raised(self.places)).sum() / self.axial)
        return np.asarray(raised(there) - mean - (there - self.centre) @ curvature)

    def section(self) -> Section:
        """Return the section of a rod along the centre; its surface is every quadrature point."""
        places = (self.places - self.centre).reshape(-1, 2)
        weights = np.repeat(self.young * self.areas, len(quadrature(2)))
        shear = 5.0 / 6.0 * float((self.shear_modulus * self.space.mesh.volumes[self.cells]).sum())
        return Section(
            fibres=places,
            weights=weights,
            torsion=self.torsion,
            shear=np.full(2, shear),
            surface=places,
            shears=np.linalg.norm(self.shears, axis=2).ravel(),
            poisson=float(self.poisson.max()),
        )


def solve_profile(
    space: Space, cells: Ints, young: Floats, poisson: Floats, settings: SolverSettings = SolverSettings()
) -> Profile:
    """Solve for the warping of a cross-section that is a 2D mesh.

    cells: (n,) those that are solid; young, poisson: (n,) of each.

    Raises:
        SolveError: the solve fails.
    """
    solid = space.mesh.cells[cells]
    shear = 0.5 * young / (1.0 + poisson)
    form = scalar_stiffness(space, solid, shear)
    weights = shear * space.mesh.volumes[cells] / len(quadrature(2))
    load = -slope_load(space, solid, weights[:, None, None, None] * _turn(_places(space, cells))[:, :, None])
    given = _one_of_each(space, cells)
    free = np.setdiff1d(form.dofs, given)
    solved = solve_given(form, given, np.zeros((1, len(given))), free, load.T, settings)
    return Profile(
        space=space, cells=cells, young=young, poisson=poisson, warping=solved.u[0], residual=solved.residual
    )


def _places(space: Space, cells: Ints) -> Floats:
    values = shape_values(2, 1, quadrature(2))
    return np.asarray(np.einsum("qv,nvd->nqd", values, space.mesh.points[space.mesh.cells[cells]]))


def _turn(places: Floats) -> Floats:
    """Return (-y, x)."""
    return np.stack([-places[..., 1], places[..., 0]], axis=-1)


def _one_of_each(space: Space, cells: Ints) -> Ints:
    """Return a degree of freedom of each connected piece, where its warping is set to 0."""
    solid, n = space.mesh.cells[cells], len(space.mesh.points)
    pairs = np.vstack([solid[:, [0, 1]], solid[:, [1, 2]]])
    graph = sp.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    label = connected_components(graph, directed=False)[1]
    used = np.unique(solid)
    return np.asarray(used[np.unique(label[used], return_index=True)[1]])


def at_corners(values: Floats) -> Floats:
    """Prolong what is linear in each cell from the quadrature points (n, nq, ...) to the corners (n, 3, ...)."""
    inverse = np.linalg.inv(shape_values(2, 1, quadrature(2)))
    return np.asarray(np.einsum("vq,nq...->nv...", inverse, values))


def largest_strain(along: Floats, shear: Floats, poisson: Floats) -> Floats:
    """Return the largest principal strain of a strain along the axis, its contraction and a shear (size), (n, any)."""
    nu = poisson[:, None]
    return np.asarray(0.5 * (1.0 - nu) * along + np.hypot(0.5 * (1.0 + nu) * along, 0.5 * shear))
