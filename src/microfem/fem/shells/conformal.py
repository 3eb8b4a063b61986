"""A layered film pressed onto a curved surface without friction: one linear solve in the plan.

The strain at the height z in the film is

    e(z) = sym grad u + ln(g) / 2 + (z - z0) k,

with the tangential displacement u along the surface, the metric g of the chart and the curvature k of the surface
(surface.py); ln(g) / 2 is the misfit strain. Each layer is in plane stress. The displacement u minimises the energy of
all layers: div N = 0 with the membrane force N = sum t sigma, and no force on the rim. T. von Karman,
Enzyklopaedie der math. Wissenschaften IV/4 (1910); C. Majidi and R. S. Fearing, Proc. R. Soc. A 464 (2008) 1309, for
films on spheres.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from microfem.fem.error_estimates.dual_solution import slope_load
from microfem.fem.error_estimates.pieces import corner_values
from microfem.fem.level_sets.shares import share_above, share_slopes
from microfem.fem.linear_elasticity.bodies import Body, Response, lame, respond, strained
from microfem.fem.linear_elasticity.rigid_body_constraints import Held, hold
from microfem.fem.shells.surface import lay
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature
from microfem.layout.surfaces import Surface


@dataclass(frozen=True, kw_only=True)
class FilmLayer:
    """A solid layer: name, heights (um), rows (n,) among the film's cells, Young's modulus (MPa), Poisson's ratio."""

    name: str
    low: float
    high: float
    rows: Ints
    young: float
    poisson: float

    @property
    def thickness(self) -> float:
        """Thickness, um."""
        return self.high - self.low

    @property
    def middle(self) -> float:
        """Height of the middle plane, um."""
        return 0.5 * (self.low + self.high)

    @property
    def plate(self) -> float:
        """Plate modulus E / (1 - nu2), MPa."""
        return self.young / (1.0 - self.poisson**2)

    def stress(self, strain: Floats) -> Floats:
        """Return the plane stress (..., 2, 2) of a strain (..., 2, 2), MPa."""
        trace = np.trace(strain, axis1=-2, axis2=-1)[..., None, None]
        return self.plate * ((1.0 - self.poisson) * strain + self.poisson * trace * np.eye(2))


@dataclass(frozen=True)
class LayeredFilm:
    """The layers of a film; cells: (n,) cells of the plan view with a layer."""

    space: Space
    cells: Ints
    layers: Sequence[FilmLayer]

    def summed(self, value: Callable[[FilmLayer], float]) -> Floats:
        """Return the sum of a value over the layers of each cell, (n,)."""
        total = np.zeros(len(self.cells))
        for layer in self.layers:
            total[layer.rows] += value(layer)
        return total

    @cached_property
    def thickness(self) -> Floats:
        """Thickness of all layers of each cell (n,), um."""
        return self.summed(lambda layer: layer.thickness)

    @cached_property
    def neutral(self) -> Floats:
        """Height of the neutral plane of each cell (n,), sum E' t z / sum E' t, um."""
        return self.summed(lambda layer: layer.plate * layer.thickness * layer.middle) / self._membrane

    @cached_property
    def _membrane(self) -> Floats:
        return self.summed(lambda layer: layer.plate * layer.thickness)

    @cached_property
    def bending(self) -> Floats:
        """Bending stiffness D of each cell (n,) about its neutral plane, uN um."""
        about = self.summed(lambda layer: layer.plate * (layer.high**3 - layer.low**3) / 3.0)
        return about - self._membrane * self.neutral**2

    @cached_property
    def reference(self) -> float:
        """Height z0 of the reference plane: the mean of the neutral planes, um."""
        return float(np.average(self.neutral, weights=self._membrane * self.space.mesh.volumes[self.cells]))

    @cached_property
    def body(self) -> Body:
        """The membrane of all layers: a body in plane stress with the modulus E t, MPa um."""
        mu = self.summed(lambda layer: layer.thickness * _lame(layer)[1])
        lam = self.summed(lambda layer: layer.thickness * _lame(layer)[0])
        poisson = lam / (lam + 2.0 * mu)
        return Body(
            space=self.space,
            cells=self.cells,
            young=2.0 * mu * (1.0 + poisson),
            poisson=poisson,
            eigenstrain=0.0 * mu,
            plane="stress",
        )


def _lame(layer: FilmLayer) -> tuple[float, float]:
    lam, mu = lame(np.array(layer.young), np.array(layer.poisson), 2, "stress")
    return float(lam), float(mu)


@dataclass(frozen=True)
class ImposedStrain:
    """Misfit strain and curvature (1/um) that a surface imposes on a film, (n, k, 2, 2) at k points of each cell."""

    misfit: Floats
    curvature: Floats


@dataclass(frozen=True)
class PressedFilm:
    """A film on its surface.

    inside, corners: imposed strain at the quadrature points and at the corners of cells; slide: (n, nq, 2, 2) strain
    of the tangential displacement, sym grad u, at the quadrature points.
    """

    film: LayeredFilm
    inside: ImposedStrain
    corners: ImposedStrain
    slide: Floats

    @property
    def body(self) -> Body:
        """The membrane of all layers."""
        return self.film.body

    @property
    def strain(self) -> Floats:
        """Strain of the reference plane, (n, nq, 2, 2)."""
        return self.slide + self.inside.misfit

    def law(self, layer: FilmLayer) -> Callable[[Floats], Response]:
        """Return the response of a layer's cells to a strain (rows, nq, 2, 2)."""
        ones = np.ones(len(layer.rows))
        cells = self.film.cells[layer.rows]
        return partial(
            strained,
            Body(
                space=self.film.space,
                cells=cells,
                young=layer.young * ones,
                poisson=layer.poisson * ones,
                eigenstrain=0.0 * ones,
                plane="stress",
            ),
        )

    def faces(self, layer: FilmLayer) -> list[tuple[Response, Response]]:
        """Return the response at a layer's two faces, with half its volume each: at quadrature points, and at corners.

        At corners the imposed strain is exact; only the strain of u is extrapolated from the quadrature points.
        """
        law, at_corners, responses = self.law(layer), corner_values(self.slide[layer.rows]), []
        for z in (layer.low, layer.high):
            inside = law(self.slide[layer.rows] + self._imposed(self.inside, layer, z))
            inside = replace(inside, weight=0.5 * layer.thickness * inside.weight)
            responses.append((inside, law(at_corners + self._imposed(self.corners, layer, z))))
        return responses

    def _imposed(self, strain: ImposedStrain, layer: FilmLayer, z: float) -> Floats:
        return strain.misfit[layer.rows] + (z - self.film.reference) * strain.curvature[layer.rows]

    @cached_property
    def force(self) -> Floats:
        """Membrane force (n, nq, 2, 2), sum of thickness times mean stress, MPa um."""
        return self._force(self.inside, self.slide)

    @cached_property
    def least_force(self) -> Floats:
        """Smallest principal membrane force (n, nq), MPa um, below 0 in compression."""
        return np.asarray(np.linalg.eigvalsh(self.force)[..., 0], dtype=float)

    @cached_property
    def force_at_corners(self) -> Floats:
        """Membrane force at the corners of cells, (n, 3, 2, 2), MPa um."""
        return self._force(self.corners, corner_values(self.slide))

    def _force(self, imposed: ImposedStrain, slide: Floats) -> Floats:
        total = np.zeros_like(slide)
        for layer in self.film.layers:
            strain = slide[layer.rows] + self._imposed(imposed, layer, layer.middle)
            total[layer.rows] += layer.thickness * layer.stress(strain)
        return total

    def force_of(self, slide: Floats) -> Floats:
        """Return the membrane force (n, any, 2, 2) of a strain sym grad u (n, any, 2, 2) alone, MPa um."""
        total = np.zeros_like(slide)
        for layer in self.film.layers:
            total[layer.rows] += layer.thickness * layer.stress(slide[layer.rows])
        return total

    @cached_property
    def energy(self) -> float:
        """Stretching and bending energy, uN um."""
        weight, total = self.film.space.mesh.volumes[self.film.cells] / self.slide.shape[1], 0.0
        for layer in self.film.layers:
            middle = self.slide[layer.rows] + self._imposed(self.inside, layer, layer.middle)
            parts = ((layer.thickness, middle), (layer.thickness**3 / 12.0, self.inside.curvature[layer.rows]))
            density = sum(t * np.einsum("nqij,nqij->n", e, layer.stress(e)) for t, e in parts)
            total += 0.5 * float(weight[layer.rows] @ density)
        return total


def lay_film(film: LayeredFilm, surface: Surface, bending: bool) -> PressedFilm:
    """Return a film on a surface before its tangential displacement: u = 0."""
    simplices, points = film.space.mesh.cells[film.cells], film.space.mesh.points
    inner = np.array(quadrature(2))
    weights = np.column_stack([1.0 - inner.sum(axis=1), inner])
    at = lay(surface, np.einsum("qv,nvi->nqi", weights, points[simplices]).reshape(-1, 2))
    inside = ImposedStrain(*(strain.reshape(-1, 3, 2, 2) for strain in (at.misfit, bending * at.shape)))
    at = lay(surface, points)
    corners = ImposedStrain(at.misfit[simplices], bending * at.shape[simplices])
    return PressedFilm(film, inside, corners, np.zeros_like(inside.misfit))


def press(laid: PressedFilm, settings: SolverSettings = SolverSettings()) -> tuple[PressedFilm, Held]:
    """Solve for the tangential displacement of least energy.

    Raises:
        SolveError: the film has several unconnected parts, or the solve fails.
    """
    film = laid.film
    weight = film.space.mesh.volumes[film.cells] / laid.slide.shape[1]
    load = -slope_load(film.space, film.space.mesh.cells[film.cells], weight[:, None, None, None] * laid.force)
    held = hold(film.body, np.zeros(0, dtype=np.int64), np.zeros((1, 0)), load.reshape(1, -1), settings)
    return replace(laid, slide=respond(film.body, held.u[0].reshape(-1, 2)).strain), held


def wrinkling_on(film: LayeredFilm, foundation: float) -> Floats:
    """Return the membrane force (n,), MPa um, at which a film on a soft half-space of plate modulus Es' wrinkles.

    N(k) = D k2 + Es' / 2k is least at k3 = Es' / 4D, where it is 3 D k2: for one layer a strain of
    (3 Es' / Ef')^(2/3) / 4. X. Chen and J. W. Hutchinson, J. Appl. Mech. 71 (2004) 597.
    """
    return np.asarray(3.0 * film.bending ** (1.0 / 3.0) * (0.25 * foundation) ** (2.0 / 3.0))


def wrinkling_free(film: LayeredFilm, width: float) -> Floats:
    """Return the Euler force pi2 D / b2 (n,), MPa um, of a free film with a compressed zone of the width b, um.

    The buckling force of a long strip is between 0.43 (hinged, free) and 1.28 (clamped, free) times that: S. P.
    Timoshenko and J. M. Gere, Theory of Elastic Stability, 2nd ed., art. 9.2 to 9.4.
    """
    return np.asarray(np.pi**2 * film.bending / width**2)


def compressed_width(film: LayeredFilm, least: Floats) -> float:
    """Return the width 2 x area / perimeter, um, of the zone where a field (n, nq) is below 0; exact for strips, rings.

    In each cell the line where a linear field v is 0 has the length |grad v| d(area above)/dv. Without such a zone the
    width is 0.
    """
    mesh, simplices = film.space.mesh, film.space.mesh.cells[film.cells]
    inverse, measure = jacobians(mesh.points, simplices)
    corners = corner_values(-least)
    area = float(measure @ share_above(-least, 0.0))
    if area == 0.0:
        return 0.0
    slope = np.einsum("nk,nkd->nd", corners[:, 1:] - corners[:, :1], inverse)
    inside = measure * share_slopes(-least, 0.0).sum(axis=1) * np.linalg.norm(slope, axis=1)
    facets, cells = _rim(film)
    ends = np.stack([corners[cells, (simplices[cells] == facets[:, [k]]).argmax(axis=1)] for k in (0, 1)])
    low, high = ends.min(axis=0), ends.max(axis=0)
    part = np.clip(high / np.maximum(high - low, 1e-300), 0.0, 1.0)
    length = np.linalg.norm(mesh.points[facets[:, 1]] - mesh.points[facets[:, 0]], axis=1)
    return 2.0 * area / (float(inside.sum()) + float(part @ length))


def _rim(film: LayeredFilm) -> tuple[Ints, Ints]:
    """Return the facets (m, 2) of the film's rim, and the row of the cell beside each."""
    mesh = film.space.mesh
    row = np.full(len(mesh.cells) + 1, -1, dtype=np.int64)  # the last row is the outside
    row[film.cells] = np.arange(len(film.cells))
    facets, a, b = mesh.facets
    beside = np.column_stack([row[a], row[b]])
    rim = (beside >= 0).sum(axis=1) == 1
    return facets[rim], beside[rim].max(axis=1)
