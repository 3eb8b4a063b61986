"""Free curvature of a multilayer with misfit strain: plane sections, two unknowns.

The layers are bonded and have different natural lengths; the height z runs from the first layer to the last. They
are incompressible neo-Hooke, F = Fe Fg with det Fg = 1, with the moduli of small strain: E' = E / (1 - nu2) and
mu = E' / 4 in wide rolls, which are in plane strain, mu = E / 3 in narrow ribbons. A strip that bends into a circular
arc of angle k per length keeps its area,

    lambda dr = dz,  lambda = k r,  so  lambda^c = a + c k z,   c = 2 wide, 3/2 narrow (the width contracts as well),

with the stretch lambda along the arc. R. S. Rivlin, Proc. R. Soc. A 195 (1949) 463, has one layer without growth. With
the natural stretch L of a layer alone and y = (lambda / L)^c, the energy per area is the sum over layers of

    integral mu/2 (y + 1/y - 2) dz wide,   integral mu/2 (y^(4/3) + 2 y^(-2/3) - 3) dz narrow:

convex in a and k, so that there is one roll. Its stationary point has no force, no moment and no traction on the faces:
the wide roll is the exact solution away from the ends. The narrow one neglects radial stress, of the order of thickness
over radius. S. P. Timoshenko, J. Opt. Soc. Am. 11 (1925) 233, has two layers at small strain.

L is exp((1 + nu) ln(1 + e)) wide, 1 + e narrow. A wide layer is also compressed along the width, by 1 / (1 + e), which
multiplies mu by 1 + e: nu = 1/2 is then isotropic growth without approximation. Thicknesses are those of the strip
held flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from microfem.base.errors import SolveError
from microfem.fem.space import Floats

Plane = Literal["strain", "stress"]  # a wide roll, a narrow ribbon
GAUSS = 24  # points per layer: exact to round-off while its stretch varies by less than a factor of two
MOST_ITERATIONS = 100  # Newton iterations
SETTLED = 1e-26  # Newton decrement at convergence, relative to the energy


@dataclass(frozen=True)
class Ply:
    """A layer: thickness (um), Young's modulus (MPa), Poisson's ratio, misfit strain."""

    thickness: float
    young: float
    poisson: float
    strain: float = 0.0

    def modulus(self, plane: Plane) -> float:
        """Return E', MPa."""
        return self.young / (1.0 - self.poisson**2) if plane == "strain" else self.young

    def shear(self, plane: Plane) -> float:
        """Return mu of the incompressible neo-Hooke law, MPa, with the effect of the compression along the width."""
        return 0.25 * self.modulus(plane) * (1.0 + self.strain) if plane == "strain" else self.young / 3.0

    def natural_stretch(self, plane: Plane) -> float:
        """Return the natural stretch L of the layer alone, along the strip."""
        return float((1.0 + self.strain) ** (1.0 + self.poisson if plane == "strain" else 1.0))


@dataclass(frozen=True)
class Roll:
    """A strip in the shape of a circular arc.

    level: a = lambda^c at mid-height; curvature: k, angle per flat length, 1/um, above 0 with the first layer inside.
    Heights z are measured from mid-height of the flat strip.
    """

    plies: tuple[Ply, ...]
    plane: Plane
    level: float
    curvature: float

    @property
    def power(self) -> float:
        """Exponent c of lambda^c = a + c k z."""
        return 2.0 if self.plane == "strain" else 1.5

    @cached_property
    def edges(self) -> Floats:
        """Heights z (nplies + 1,) of the faces of the layers, um."""
        return _edges(self.plies)

    def stretch(self, z: Floats | float) -> Floats:
        """Return the stretch along the arc at heights z, um."""
        return np.asarray((self.level + self.power * self.curvature * np.asarray(z)) ** (1.0 / self.power))

    def radius(self, z: Floats | float) -> Floats:
        """Return the radius of the arc at heights z, um; below 0 if the last layer is inside."""
        return self.stretch(z) / self.curvature

    @property
    def thickness(self) -> float:
        """Thickness of the bent strip, um."""
        ends = self.radius(self.edges[[0, -1]])
        return float(ends[1] - ends[0])

    def windings(self, length: float) -> float:
        """Return the number of turns of a strip of a flat length, um, that overlaps itself."""
        return abs(self.curvature) * length / (2.0 * np.pi)

    def stresses(self, ply: int, z: Floats) -> Floats:
        """Return the Cauchy stress (..., 3) along the arc, the radius and the axis of a wide roll, MPa.

        z: heights within the layer, um. The radial stress follows from the energy density W:
        d sigma_r / dr = (sigma_t - sigma_r) / r = dW / dr.
        """
        low = np.array([self._density(i, at) for i, at in enumerate(self.edges[:-1])])
        high = np.array([self._density(i, at) for i, at in enumerate(self.edges[1:])])
        through = (high - low)[:ply].sum() + self._density(ply, z) - low[ply]
        layer = self.plies[ply]
        y = (self.stretch(z) / layer.natural_stretch("strain")) ** 2
        mu, squeezed = layer.shear("strain"), (1.0 + layer.strain) ** -3
        return np.stack([through + mu * (y - 1.0 / y), through, through + mu * (squeezed - 1.0 / y)], axis=-1)

    def _density(self, ply: int, z: Floats | float) -> Floats:
        layer = self.plies[ply]
        y = (self.stretch(z) / layer.natural_stretch(self.plane)) ** self.power
        return np.asarray(layer.shear(self.plane) * _density(y, self.plane)[0])


def roll_up(plies: Sequence[Ply], plane: Plane = "strain") -> Roll:
    """Return the equilibrium shape of the free strip, by Newton's method in a and k.

    Raises:
        SolveError: Newton's method does not converge.
    """
    points, thickness = _points(plies), sum(ply.thickness for ply in plies)
    power = 2.0 if plane == "strain" else 1.5
    lengths = np.array([ply.natural_stretch(plane) ** power for ply in plies])
    now = Roll(tuple(plies), plane, float(np.exp(np.log(lengths).mean())), 0.0)
    energy, gradient, hessian = _derivatives(now, *points)
    scale = sum(ply.shear(plane) * ply.thickness for ply in plies)
    for _ in range(MOST_ITERATIONS):
        step = -np.linalg.solve(hessian, gradient)
        decrement, part = -float(step @ gradient), 1.0
        if decrement <= SETTLED * scale:
            return now
        while True:
            new = Roll(now.plies, plane, now.level + part * float(step[0]), now.curvature + part * float(step[1]))
            if new.level > 0.5 * power * abs(new.curvature) * thickness:
                derivatives = _derivatives(new, *points)
                if derivatives[0] <= energy - 1e-4 * part * decrement + 1e-15 * scale:
                    break
            part *= 0.5
            if part < 1e-9:
                raise SolveError("the free curvature of the strip was not found")
        now, (energy, gradient, hessian) = new, derivatives
    raise SolveError(f"the free curvature of the strip was not found in {MOST_ITERATIONS} iterations")


def bent(plies: Sequence[Ply], curvature: float, plane: Plane = "strain") -> Roll:
    """Return the shape of a strip bent to a curvature (1/um) by a moment, without axial force.

    Raises:
        SolveError: Newton's method does not converge.
    """
    points, power = _points(plies), 2.0 if plane == "strain" else 1.5
    least = 0.5 * power * abs(curvature) * sum(ply.thickness for ply in plies)
    level = max(1.0, 2.0 * least)
    for _ in range(MOST_ITERATIONS):
        _, gradient, hessian = _derivatives(Roll(tuple(plies), plane, level, curvature), *points)
        step = -float(gradient[0] / hessian[0, 0])
        level += max(step, 0.5 * (least - level))
        if abs(step) < 1e-15 * level:
            return Roll(tuple(plies), plane, level, curvature)
    raise SolveError(f"no strip without force was found at a curvature of {curvature:.4g} / um")


def _edges(plies: Sequence[Ply]) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum([ply.thickness for ply in plies])])
    return np.asarray(sums - 0.5 * sums[-1])


def _points(plies: Sequence[Ply]) -> tuple[Floats, Floats]:
    """Return heights and weights (nplies, GAUSS) of the Gauss points, um."""
    at, weight = np.polynomial.legendre.leggauss(GAUSS)
    edges = _edges(plies)
    half, middle = 0.5 * np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
    return middle[:, None] + half[:, None] * at, half[:, None] * weight


def _density(y: Floats, plane: Plane) -> tuple[Floats, Floats, Floats]:
    """Return the energy density divided by mu, and its first two derivatives by y."""
    if plane == "strain":
        return 0.5 * (y + 1.0 / y - 2.0), 0.5 * (1.0 - y**-2.0), y**-3.0
    first = (2.0 / 3.0) * (y ** (1.0 / 3.0) - y ** (-5.0 / 3.0))
    second = (2.0 / 9.0) * (y ** (-2.0 / 3.0) + 5.0 * y ** (-8.0 / 3.0))
    return 0.5 * (y ** (4.0 / 3.0) + 2.0 * y ** (-2.0 / 3.0) - 3.0), first, second


def _derivatives(roll: Roll, z: Floats, weight: Floats) -> tuple[float, Floats, Floats]:
    """Return the energy per area (uN/um), its gradient (2,) and Hessian (2, 2) by a and k."""
    natural = np.array([ply.natural_stretch(roll.plane) for ply in roll.plies])[:, None] ** roll.power
    mu = weight * np.array([ply.shear(roll.plane) for ply in roll.plies])[:, None]
    value, first, second = _density((roll.level + roll.power * roll.curvature * z) / natural, roll.plane)
    by = np.stack([1.0 / natural * np.ones_like(z), roll.power * z / natural])
    gradient = np.einsum("pq,ipq->i", mu * first, by)
    return float((mu * value).sum()), gradient, np.einsum("pq,ipq,jpq->ij", mu * second, by, by)
