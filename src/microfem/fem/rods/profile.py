"""A cross-section of any outlines and materials: stretch, bending and Saint-Venant torsion, solved on its mesh.

Cross-sections stay plane except for a warping w: with the stretch e0, the curvatures kx, ky towards +x and +y and the twist t,

    e = e0 - kx x - ky y,   gamma = t (grad w + (-y, x)),   div(G gamma) = 0,   G gamma . n = 0 on free sides,

one scalar equation for any materials. G J = integral of G |grad w + (-y, x)|2. Different Poisson's ratios of bonded
materials cause lateral stresses, which are neglected: their effect on stiffnesses is at most the squared difference. S. P. Timoshenko
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
from microfem.fem.solvers.solve import solve_constrained
from microfem.fem.space import Floats, Ints, Space, gradients, quadrature, shape_values


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A solved cross-section.

    cells: (n,) solid cells; young (MPa), poisson: (n,) of each; warping: (ndofs,) um2; residual: of the solve.
    """

    space: Space
    cells: Ints
    young: Floats
    poisson: Floats
    warping: Floats
    residual: float

    @property
    def shear_modulus(self) -> Floats:
        """Shear modulus G (n,), MPa."""
        return 0.5 * self.young / (1.0 + self.poisson)

    @cached_property
    def places(self) -> Floats:
        """Positions of the quadrature points, (n, nq, 2), um."""
        return _places(self.space, self.cells)

    @cached_property
    def areas(self) -> Floats:
        """Area of each quadrature point (n,), um2."""
        return np.asarray(self.space.mesh.volumes[self.cells] / len(quadrature(2)))

    @cached_property
    def moments(self) -> Floats:
        """Integral of E f f^T, f = (1, x, y), (3, 3): EA, first and second moments about the origin."""
        f = np.concatenate([np.ones((*self.places.shape[:2], 1)), self.places], axis=2)
        return np.asarray(np.einsum("n,nqi,nqj->ij", self.young * self.areas, f, f))

    @property
    def axial(self) -> float:
        """Axial stiffness EA, uN."""
        return float(self.moments[0, 0])

    @property
    def centre(self) -> Floats:
        """Intersection of the neutral axes of all bending directions (2,), um."""
        return np.asarray(self.moments[0, 1:] / self.moments[0, 0])

    @property
    def bending(self) -> Floats:
        """Bending stiffness EI (2, 2) of curvatures towards x and y, about the centre, uN um2."""
        return np.asarray(self.moments[1:, 1:] - self.axial * np.outer(self.centre, self.centre))

    @cached_property
    def shears(self) -> Floats:
        """Shear strain along x and y per twist at the quadrature points (n, nq, 2), um."""
        slopes = gradients(self.space, self.warping, self.space.mesh.cells[self.cells])
        return np.asarray(slopes + _turn(self.places))

    @cached_property
    def slack(self) -> Floats:
        """Estimated error of the shears, recovered minus own, (n, nq, 2), um."""
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
        """Return the contribution of each cell to the error of G J, and its anisotropy; see energy_error."""
        return energy_error(self._form, self._error)

    @cached_property
    def torsion(self) -> float:
        """Torsional stiffness G J, uN um2."""
        return float((self.shear_modulus * self.areas * (self.shears**2).sum(axis=(1, 2))).sum())

    def strain(self, curvature: Floats, twist: float = 0.0, places: Floats | None = None) -> Floats:
        """Return the axial strain at zero axial force at places (n, any, 2), um, or at the quadrature points if None.

        A twist lengthens fibres at the distance r from the centre by twist2 r2 / 2 and so shortens the axis (H. Wagner
        1929). curvature: (2,) 1/um; twist: 1/um.
        """
        weights = (self.young * self.areas)[:, None]

        def raised(at: Floats) -> Floats:
            return np.asarray(0.5 * twist**2 * ((at - self.centre) ** 2).sum(axis=-1))

        there = self.places if places is None else places
        mean = float((weights * raised(self.places)).sum() / self.axial)
        return np.asarray(raised(there) - mean - (there - self.centre) @ curvature)

    def section(self) -> Section:
        """Return the section of a rod along the centre; its surface points are all quadrature points."""
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
    """Solve for the warping of a cross-section.

    space: on a 2D mesh; cells: (n,) solid cells; young (MPa), poisson: (n,) of each.

    Raises:
        SolveError: the solve fails.
    """
    solid = space.mesh.cells[cells]
    shear = 0.5 * young / (1.0 + poisson)
    form = scalar_stiffness(space, solid, shear)
    weights = shear * space.mesh.volumes[cells] / len(quadrature(2))
    load = -slope_load(space, solid, weights[:, None, None, None] * _turn(_places(space, cells))[:, :, None])
    constrained = _one_of_each(space, cells)
    free = np.setdiff1d(form.dofs, constrained)
    solved = solve_constrained(form, constrained, np.zeros((1, len(constrained))), free, load.T, settings)
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
    """Return one degree of freedom of each connected piece, where the warping is constrained to 0."""
    solid, n = space.mesh.cells[cells], len(space.mesh.points)
    pairs = np.vstack([solid[:, [0, 1]], solid[:, [1, 2]]])
    graph = sp.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    label = connected_components(graph, directed=False)[1]
    used = np.unique(solid)
    return np.asarray(used[np.unique(label[used], return_index=True)[1]])


def at_corners(values: Floats) -> Floats:
    """Extrapolate a field that is linear in each cell from quadrature points (n, nq, ...) to corners (n, 3, ...)."""
    inverse = np.linalg.inv(shape_values(2, 1, quadrature(2)))
    return np.asarray(np.einsum("vq,nq...->nv...", inverse, values))


def largest_strain(along: Floats, shear: Floats, poisson: Floats) -> Floats:
    """Return the largest principal strain (n, any) of an axial strain, its lateral contraction and a shear."""
    nu = poisson[:, None]
    return np.asarray(0.5 * (1.0 - nu) * along + np.hypot(0.5 * (1.0 + nu) * along, 0.5 * shear))
