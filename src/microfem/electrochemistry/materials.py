"""From materials to the laws of a cell, at its temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from microfem.base.errors import MicrofemError
from microfem.materials.dependence import integrated, interpolated
from microfem.materials.material import GAS

if TYPE_CHECKING:
    from microfem.fem.cell.electrolyte import Salt
    from microfem.fem.cell.laws import StateLaw
    from microfem.materials import Material

VOLTS_PER_KELVIN = GAS / 96485.33212331
ROUNDED = 1e-6  # above 1: shares that are rounded, such as 0.666667 and 0.333334
OF_SURFACE, OF_VOLUME, LEAK = "double_layer_capacitance", "volumetric_capacitance", "leakage_resistance"
CAPACITANCES = (OF_VOLUME, OF_SURFACE)
LACKING = f"states neither {OF_VOLUME} (F/cm3) nor {OF_SURFACE} (F/m2)"


def number(material: Material, name: str, default: float | None = None) -> float:
    """Return a property that does not depend on the state; `default` where it is not stated.

    Raises:
        MicrofemError: it is not stated, and there is no default.
    """
    return default if default is not None and not material.has(name) else material.value(name)


def active_share(material: Material, porous: bool) -> float:
    """Return the share of an electrode's volume that stores charge; of a film all, if it is not stated.

    Raises:
        MicrofemError: together with the pores it is more than the whole, or it is not stated.
    """
    active = number(material, "active_fraction", None if porous else 1.0)
    pores = material.value("porosity") if porous else 0.0
    if active + pores > 1.0 + ROUNDED:
        raise MicrofemError(
            f"material '{material.name}' has an active_fraction of {active:.4g} and a porosity of {pores:.4g}: more "
            "than the whole volume"
        )
    return active


def at_temperature(material: Material, name: str, kelvin: float) -> float:
    """Return a property at a temperature."""
    return material.warmed(kelvin).value(name)


def law(material: Material, name: str, kelvin: float, default: float | None = None) -> StateLaw:
    """Return a property as a function of the state on which it depends, at a temperature."""
    from microfem.fem.cell.laws import StateLaw, constant

    if default is not None and not material.has(name):
        return constant(default)
    table = material.stated(name).table
    if table is None or table.of == "temperature":
        return constant(at_temperature(material, name, kelvin))
    value, slope = interpolated(table)
    known = StateLaw(value=value, slope=slope, primitive=integrated(table), span=table.span)
    return known.scaled(material.warmed(kelvin).activation(name))


def salt_of(material: Material, kelvin: float) -> Salt:
    """Return the salt of an electrolyte.

    Raises:
        MicrofemError: a property is missing; the message shows how to state it.
    """
    from microfem.fem.cell.electrolyte import Salt

    initial = material.value("concentration")
    for name in ("conductivity", "diffusivity", "thermodynamic_factor"):
        table = material.stated(name).table if material.has(name) else None
        if table is not None and table.of == "concentration":
            table.at(initial, f"{name} of '{material.name}'")
    return Salt(
        conductivity=law(material, "conductivity", kelvin),
        diffusivity=law(material, "diffusivity", kelvin),
        factor=law(material, "thermodynamic_factor", kelvin, 1.0),
        transference=material.value("transference_number"),
        charges=(round(material.value("cation_charge")), round(material.value("anion_charge"))),
        initial=initial,
        volts=VOLTS_PER_KELVIN * kelvin,
    )
