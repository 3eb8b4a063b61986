"""What an electrode fills or deposits: host sites in particles and films, a metal's layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from microfem.electrochemistry.materials import active_share, at_temperature, number
from microfem.fem.cell.constants import CHARGE, FARADAY, FLOW
from microfem.fem.cell.particles import SHAPES, Store, deposit, host

if TYPE_CHECKING:
    from microfem.electrochemistry.electrodes import ElectrodeModel
    from microfem.materials import Material

NO_THICKNESS = 0.0  # cm3/mol, of a metal whose molar volume is not stated: its deposit has no thickness then


def walls(model: ElectrodeModel, material: Material) -> float:
    """Return the area of the pore walls per volume of a porous electrode, 1/um: (g + 1) active_fraction / radius."""
    return (SHAPES[model.particles] + 1) * material.value("active_fraction") / material.value("particle_radius")


def capacity_of(model: ElectrodeModel, material: Material, volume: float) -> float:
    """Return the capacity of a volume as designed, uA s, in 2D A s/m: F c_max active_fraction volume."""
    active = active_share(material, model.kind == "porous")
    return CHARGE * material.value("max_concentration") * active * volume


def store_of(model: ElectrodeModel, material: Material, kelvin: float, thickness: float, growth: float) -> Store:
    """Return what the sites of a host fill.

    thickness: of a film, um; growth: its volume over that as designed, in which the same sites are.
    """
    filled = FARADAY * material.value("max_concentration")
    diffusivity = at_temperature(material, "solid_diffusivity", kelvin) * FLOW
    if model.kind == "porous":
        return host(model.particles, material.value("particle_radius"), diffusivity, filled)
    return host("slab", thickness, diffusivity, filled * active_share(material, False) / growth)


def metal_of(material: Material, electrons: float) -> Store:
    """Return the layer that a metal deposits."""
    return deposit(number(material, "molar_volume", NO_THICKNESS), electrons, FARADAY)
