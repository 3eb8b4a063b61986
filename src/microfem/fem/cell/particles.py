"""Diffusion inside particles and films in a few modes, which any implicit time step eliminates at each site.

The share x of filled host sites obeys dx/dt = D r^-g d/dr(r^g dx/dr), with -D dx/dr = j / (F c_max) at the surface
r = R; g = 2, 1, 0 for spheres, cylinders, slabs. Polynomials in r2 that make both forms diagonal turn this into

    dz_k/dt = -(D / R2) d_k z_k - w_k j / (F c_max R),    x(R) = sum w_k z_k,    mean of x = w_0 z_0.

This is the method of Galerkin with Legendre polynomials; J. Newman and N. P. Balsara, Electrochemical Systems, 4th ed.,
ch. 22, give the equation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHAPES = {"sphere": 2, "cylinder": 1, "slab": 0}  # g
SHALLOW = 0.5  # R sqrt(slope / D) below which six modes are exact to round-off
MODES = 6  # five are within 0.01 mV of twelve in a discharge at 1C


@dataclass(frozen=True, kw_only=True)
class Store:
    """What a reaction fills or deposits at each of its sites, in modes z (nsites, nmodes).

    dz/dt = -decay z - weight supply j, j in A/m2, anodic currents positive.
    decay (nmodes,): 1/s, the first is 0; weight (nmodes,): of each mode at the surface.
    """

    decay: Floats
    weight: Floats
    supply: float
    shape: str = ""  # of particles: a key of SHAPES
    diffusion: float = 0.0  # s: their radius squared over their diffusivity; 0 for an even filling

    def share(self, slope: complex) -> complex:
        """Return by how much the surface value falls per change of j, 1/(A/m2), where rates are slope times changes."""
        return self.supply * (self.weight**2 / (slope + self.decay)).sum()

    def exact_share(self, slope: complex) -> complex:
        """Return the same without modes, for a slope of any size that is no negative number.

        With q2 = R2 slope / D it is supply R2 / D times 1 / (q coth q - 1) for spheres, I0(q) / (q I1(q)) for cylinders
        and coth(q) / q for slabs.
        """
        from scipy.special import ive

        if self.diffusion == 0.0:
            return self.share(slope)
        q = np.sqrt(complex(slope * self.diffusion))
        if abs(q) < SHALLOW:  # no digits are left of q coth q - 1
            return self.share(slope)
        if self.shape == "cylinder":
            form = ive(0, q) / (q * ive(1, q))
        else:
            coth = (1.0 + np.exp(-2.0 * q)) / -np.expm1(-2.0 * q)
            form = coth / q if self.shape == "slab" else 1.0 / (q * coth - 1.0)
        return complex(self.supply * self.diffusion * form)

    def filled(self, mean: Floats) -> Floats:
        """Return the modes of sites that are evenly filled to `mean` (nsites,)."""
        modes = np.zeros((len(mean), len(self.weight)))
        modes[:, 0] = mean / self.weight[0]
        return modes

    def surface(self, modes: Floats) -> Floats:
        """Return the value at the surface of each site."""
        return np.asarray(modes @ self.weight)

    def mean(self, modes: Floats) -> Floats:
        """Return the mean value at each site."""
        return np.asarray(modes[:, 0] * self.weight[0])


def host(shape: str, radius: float, diffusivity: float, capacity: float) -> Store:
    """Return the store of insertion: the share of host sites that is filled.

    radius: um, of a particle, or the thickness of a film; diffusivity: um2/s, infinity for an even filling; capacity:
    F c_max, C/m3.
    """
    decay, weight = diffusion_modes(SHAPES[shape], MODES)
    supply = 1e6 / (capacity * radius)
    if np.isinf(diffusivity):
        return Store(decay=np.zeros(1), weight=weight[:1], supply=supply)
    time = radius**2 / diffusivity
    return Store(decay=decay / time, weight=weight, supply=supply, shape=shape, diffusion=time)


def deposit(molar_volume: float, electrons: float, faraday: float) -> Store:
    """Return the store of plating: the thickness that has grown, um; molar_volume: cm3/mol."""
    return Store(decay=np.zeros(1), weight=np.ones(1), supply=molar_volume / (electrons * faraday))


@cache
def diffusion_modes(g: int, count: int) -> tuple[Floats, Floats]:
    """Return the decays d_k and the values w_k at the surface of the modes, on the unit radius."""
    from numpy.polynomial import legendre
    from scipy.linalg import eigh

    at, weights = legendre.leggauss(2 * count + 2)
    r, weights = 0.5 * (at + 1.0), 0.5 * weights
    argument = 2.0 * r**2 - 1.0
    basis = legendre.legvander(argument, count - 1)
    slope = np.column_stack([legendre.legval(argument, legendre.legder(row)) for row in np.eye(count)])
    slope *= 4.0 * r[:, None]
    measure = (weights * r**g)[:, None]
    decay, vectors = eigh(slope.T @ (measure * slope), basis.T @ (measure * basis))
    surface = vectors.sum(axis=0)  # all polynomials are 1 at the surface
    decay[0] = 0.0
    return decay, surface * np.sign(surface)
