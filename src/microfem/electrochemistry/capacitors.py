"""What a capacitor stores and what it loses: double layers and pseudo-capacity, and the leak in parallel to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from microfem.base.errors import MicrofemError
from microfem.electrochemistry.materials import LACKING, LEAK, OF_SURFACE, OF_VOLUME, law, number
from microfem.fem.cell.kinetics import Kinetics, butler_volmer
from microfem.fem.cell.laws import constant
from microfem.fem.cell.particles import deposit
from microfem.fem.cell.sites import DoubleLayer, Reaction

if TYPE_CHECKING:
    from microfem.fem.cell.electrolyte import Salt
    from microfem.fem.cell.sites import Sites
    from microfem.materials import Material


def layers_of(
    electrode: str, material: Material, kelvin: float, surface: Sites, volume: Sites | None
) -> list[DoubleLayer]:
    """Return the double layers of a region.

    surface: its sites with their areas; volume: those of a capacitor with the volume around them, um3, in 2D um2.

    Raises:
        MicrofemError: a capacitor states no capacitance.
    """
    sites = {OF_SURFACE: surface} | ({OF_VOLUME: volume} if volume else {})  # F/cm3 um = F/m2
    layers = [
        DoubleLayer(electrode=electrode, sites=at, capacitance=law(material, name, kelvin))
        for name, at in sites.items()
        if material.has(name)
    ]
    if volume and not layers:
        raise MicrofemError(f"material '{material.name}' of a capacitor {LACKING}")
    return layers


def leak_of(electrode: str, region: str, material: Material, volume: Sites, salt: Salt) -> Reaction:
    """Return the leak of a capacitor: a resistance, over the volume around its sites, towards its potential at rest."""
    exponents = butler_volmer(0.5, 1.0, salt.volts)
    return Reaction(
        name=region,
        electrode=electrode,
        sites=volume,
        kinetics=Kinetics(law="linear", exponents=exponents),
        exchange=1.0 / (sum(exponents) * material.value(LEAK)),  # ohm cm3 / um = ohm m2
        transfer=0.0,
        salt=salt.initial,
        potential=constant(number(material, "open_circuit_potential", 0.0)),
        store=deposit(0.0, 1.0, 1.0),
        host=False,
        cations=salt.transference,
        leak=True,
    )
