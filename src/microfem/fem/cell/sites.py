"""Reaction sites: where charge passes between the electrons of an electrode and the ions of the electrolyte.

A site is a point with an area. Pores give a site at each node, with the area of the pore walls around it; a surface of
metal or of a film gives one at each node of its facets. Kinetics, double layers, the filling of particles and the
thickness of a deposit live on sites and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.cell.constants import SITE
from microfem.fem.cell.kinetics import Kinetics
from microfem.fem.cell.laws import StateLaw
from microfem.fem.cell.particles import Store

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Sites:
    """Points of reaction.

    liquid, solid: (n, m) nodes of the electrolyte, and unknowns of the electronic potential, between which a site
    interpolates; weight: (n, m) of each; m = 1 for sites at nodes. area: (n,) um2, in 2D um.
    """

    liquid: Ints
    solid: Ints
    weight: Floats
    area: Floats

    def at_nodes(self) -> tuple[Sites, Ints]:
        """Return sites of no area at the nodes between which these interpolate, and one of these at each."""
        nodes, first = np.unique(self.liquid.ravel(), return_index=True)
        at = Sites(
            liquid=nodes[:, None],
            solid=self.solid.ravel()[first][:, None],
            weight=np.ones((len(nodes), 1)),
            area=np.zeros(len(nodes)),
        )
        return at, first // self.liquid.shape[1]

    @property
    def strength(self) -> Floats:
        """Current of 1 A/m2 at each site, uA, in 2D A/m."""
        return SITE * self.area

    def of_liquid(self, values: Floats) -> Floats:
        """Return values of the electrolyte's nodes at the sites."""
        return np.einsum("nm,nm->n", self.weight, values[self.liquid])

    def drop(self, ionic: Floats, electronic: Floats) -> Floats:
        """Return phi_s - phi_e at the sites, V."""
        return np.einsum("nm,nm->n", self.weight, electronic[self.solid] - ionic[self.liquid])


@dataclass(frozen=True, kw_only=True)
class Passing:
    """The current density at sites, A/m2, and its derivatives with the drop, the salt and the surface value."""

    current: Floats
    by_drop: Floats
    by_salt: Floats
    by_surface: Floats


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """One reaction at the sites of an electrode.

    exchange: exchange current density at the initial concentration, of a host at half filling, A/m2; transfer: the
    anodic charge-transfer coefficient, the exponent of the salt in it; host: True for insertion, whose exchange current
    goes with the free and the filled sites; potential: U against the reference electrode, of the surface value.
    cations: share of the current that cations of the salt carry across the interface, 1 or 0. leak: whether it only
    discharges a capacitor, which changes no concentration: then cations carry their transference number.
    """

    name: str
    electrode: str
    sites: Sites
    kinetics: Kinetics
    exchange: float
    transfer: float
    salt: float
    potential: StateLaw
    store: Store
    host: bool
    cations: float = 1.0
    leak: bool = False

    def passing(self, salt: Floats, drop: Floats, surface: Floats) -> Passing:
        """Return the current density for a concentration, a drop of potential and a surface value at each site.

        Raises:
            SolveError: a filling is not between 0 and 1, or a concentration not above 0.
        """
        if not (salt > 0.0).all() or (self.host and not ((surface > 0.0) & (surface < 1.0)).all()):
            raise SolveError(f"{self.name}: there is no current at an impossible filling or concentration")
        a = self.transfer
        exchange = self.exchange * (salt / self.salt) ** a
        by_surface = np.zeros_like(salt)
        if self.host:
            exchange = exchange * 2.0 * (1.0 - surface) ** a * surface ** (1.0 - a)
            by_surface = exchange * ((1.0 - a) / surface - a / (1.0 - surface))
        current, by_drop, by_exchange = self.kinetics.current(drop - self.potential.value(surface), exchange)
        return Passing(
            current=current,
            by_drop=by_drop,
            by_salt=by_exchange * exchange * a / salt,
            by_surface=by_exchange * by_surface - by_drop * self.potential.slope(surface),
        )


@dataclass(frozen=True, kw_only=True)
class DoubleLayer:
    """A capacitance at sites, F/m2, of the drop of potential: it stores the integral of C(phi), C/m2.

    Its ions are those that move anyway: cations carry the transference number of its current, so that it changes no
    concentration.
    """

    electrode: str
    sites: Sites
    capacitance: StateLaw

    def charge(self, ionic: Floats, electronic: Floats) -> Floats:
        """Return what it stores at each site, up to a constant."""
        return np.asarray(self.capacitance.primitive(self.sites.drop(ionic, electronic)))


def spread(nodes: Ints, weight: Floats, values: Floats, count: int) -> Floats:
    """Return the sum (count,) at nodes (n, m) of values (n,) times their weights (n, m)."""
    return np.asarray(np.bincount(nodes.ravel(), (weight * values[:, None]).ravel(), count), dtype=np.float64)
