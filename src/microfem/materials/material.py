"""A material and its properties, as records."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from microfem.base.errors import MicrofemError
from microfem.base.units import format_quantity
from microfem.materials.anisotropy import Anisotropy, Axes, Tensor
from microfem.materials.dependence import UNITS, Dependence, integrated

# Properties that a material may state, with microfem's units.
PROPERTIES: dict[str, str] = {
    "conductivity": "S/m",
    "relative_permittivity": "1",
    "youngs_modulus": "MPa",
    "poisson_ratio": "1",
    "yield_stress": "MPa",
    "strength": "MPa",
    "fracture_strain": "1",
    "density": "g/cm3",
    "specific_capacity": "mAh/g",
    "porosity": "1",
    "diffusivity": "m2/s",
    "transference_number": "1",
    "thermodynamic_factor": "1",
    "concentration": "mol/m3",
    "cation_charge": "1",
    "anion_charge": "1",
    "bruggeman": "1",
    "exchange_current_density": "A/m2",
    "charge_transfer_coefficient": "1",
    "electrons": "1",
    "open_circuit_potential": "V",
    "film_resistance": "ohm m2",
    "double_layer_capacitance": "F/m2",
    "volumetric_capacitance": "F/cm3",
    "leakage_resistance": "ohm cm3",
    "active_fraction": "1",
    "particle_radius": "um",
    "max_concentration": "mol/m3",
    "solid_diffusivity": "m2/s",
    "molar_volume": "cm3/mol",
    "activation_energy": "kJ/mol",
    "neo_hooke_mu": "MPa",
    "mooney_c10": "MPa",
    "mooney_c01": "MPa",
    "yeoh_c1": "MPa",
    "yeoh_c2": "MPa",
    "yeoh_c3": "MPa",
    "ogden_mu1": "MPa",
    "ogden_alpha1": "1",
    "ogden_mu2": "MPa",
    "ogden_alpha2": "1",
    "ogden_mu3": "MPa",
    "ogden_alpha3": "1",
    "gent_mu": "MPa",
    "gent_jm": "1",
    "hardening_modulus": "MPa",
    "voce_stress": "MPa",
    "voce_rate": "1",
    "gauge_factor": "1",
    "stress_strain": "MPa",
    "thermal_conductivity": "W/m/K",
    "thermal_expansion": "1/K",
}
# Bounds of each property, in that unit; an insulator has conductivity 0, vacuum has permittivity 1.
POSITIVE = "(0, inf)"
ANY = "(-inf, inf)"  # of coefficients whose sign alone does not decide whether their law is stable
BOUNDS: dict[str, str] = {
    **dict.fromkeys(PROPERTIES, POSITIVE),
    "conductivity": "[0, inf)",
    "relative_permittivity": "[1, inf)",
    "poisson_ratio": "(-1, 0.5)",
    "porosity": "[0, 1]",
    "transference_number": "[0, 1]",
    "bruggeman": "[0, inf)",
    "active_fraction": "(0, 1]",
    "charge_transfer_coefficient": "(0, 1)",
    "open_circuit_potential": ANY,
    "film_resistance": "[0, inf)",
    "activation_energy": "[0, inf)",
    **dict.fromkeys((name for name in PROPERTIES if name.startswith(("mooney", "yeoh", "ogden"))), ANY),
    "hardening_modulus": "[0, inf)",
    "gauge_factor": ANY,
    "stress_strain": "[0, inf)",
    "thermal_conductivity": "[0, inf)",
    "thermal_expansion": ANY,
}

# Properties that may depend on the state, each on one of these.
DEPENDS: dict[str, tuple[str, ...]] = {
    "conductivity": ("concentration", "temperature"),
    "diffusivity": ("concentration", "temperature"),
    "thermodynamic_factor": ("concentration",),
    "open_circuit_potential": ("filling",),
    "exchange_current_density": ("temperature",),
    "solid_diffusivity": ("temperature",),
    "double_layer_capacitance": ("potential",),
    "volumetric_capacitance": ("potential",),
    "stress_strain": ("strain",),
    **dict.fromkeys(
        (
            "relative_permittivity",
            "youngs_modulus",
            "poisson_ratio",
            "yield_stress",
            "strength",
            "fracture_strain",
            "hardening_modulus",
            "neo_hooke_mu",
            "gauge_factor",
            "thermal_conductivity",
            "thermal_expansion",
        ),
        ("temperature",),
    ),
}
ANISOTROPIC = ("conductivity", "relative_permittivity", "thermal_conductivity")  # properties that may differ along axes
ROOM = 298.15  # K, the temperature of values for which none is stated
GAS = 8.31446261815324  # J/(mol K)
# Properties that an activation energy changes.
ACTIVATED = ("conductivity", "diffusivity", "exchange_current_density", "solid_diffusivity")


def in_bounds(name: str, value: float) -> bool:
    """Tell whether the value of a property, in microfem's unit, lies within its physical bounds."""
    bounds = BOUNDS[name]
    low, high = (float(end) for end in bounds[1:-1].split(","))
    above = low <= value if bounds[0] == "[" else low < value
    below = value <= high if bounds[-1] == "]" else value < high
    return above and below


class Grade(StrEnum):
    """How well a value is known.

    exact: by definition, or computed from constants; cited: read in its source; range: chosen within what was read, or
    sources disagree; unverified: no source of it was read; illustrative: borrowed from a similar material, or chosen;
    stated: by the study, which is responsible for it.
    """

    EXACT = "exact"
    CITED = "cited"
    RANGE = "range"
    UNVERIFIED = "unverified"
    ILLUSTRATIVE = "illustrative"
    STATED = "stated"


NOT_READ = (Grade.UNVERIFIED, Grade.ILLUSTRATIVE)
UNSURE = (Grade.RANGE, *NOT_READ)


@dataclass(frozen=True, kw_only=True)
class Property:
    """The value of a property in microfem's unit, with its source, its grade and a note.

    value: of a property that depends on the state, that in the middle of its table, of one that differs along axes the
    largest; table, axes: None for a constant.
    range: the lowest and the highest value that it may have, where a study states them.
    """

    value: float
    unit: str
    source: str
    note: str = ""
    grade: Grade = Grade.STATED
    table: Dependence | None = None
    axes: Anisotropy | None = None
    range: tuple[float, float] | None = None

    @property
    def text(self) -> str:
        """The property with its unit, and its range; of a table its first and last points."""
        if self.axes is not None:
            return self.axes.text(self.unit)
        if self.range is not None:
            least, most = (format_quantity(end, self.unit) for end in self.range)
            return f"{format_quantity(self.value, self.unit)}, from {least} to {most}"
        if self.table is None:
            return format_quantity(self.value, self.unit)
        (low, first), (high, last) = self.table.points[0], self.table.points[-1]
        of = UNITS[self.table.of]
        ends = f"{format_quantity(first, self.unit)} to {format_quantity(last, self.unit)}"
        span = f"{self.table.of} {low:.4g} to {format_quantity(high, of)}"
        return f"{ends} for a {span} ({len(self.table.points)} points)"


@dataclass(frozen=True)
class Material:
    """A named set of properties at a temperature, K."""

    name: str
    description: str
    properties: Mapping[str, Property]
    temperature: float = ROOM

    def at(self, name: str, value: float) -> Material:
        """Return the material with another value of a property, in microfem's unit, and without a range of it."""
        other = replace(self.properties[name], value=value, range=None)
        return replace(self, properties={**self.properties, name: other})

    def warmed(self, kelvin: float) -> Material:
        """Return the material at a temperature."""
        return replace(self, temperature=kelvin)

    def activation(self, name: str) -> float:
        """Return the factor exp(-E / R (1 / T - 1 / 298.15 K)) of a property for transport or kinetics."""
        if name not in ACTIVATED or not self.has("activation_energy"):
            return 1.0
        return math.exp(-1e3 * self.value("activation_energy") / GAS * (1.0 / self.temperature - 1.0 / ROOM))

    def expansion(self, free_of_stress: float) -> float:
        """Return the strain of free thermal expansion from a temperature, K, to that of the material.

        The integral of the thermal expansion coefficient, a tangent to the expansion where it depends on temperature.

        Raises:
            MicrofemError: the material does not state the coefficient, or its table does not reach both temperatures.
        """
        table = self.stated("thermal_expansion").table
        if table is None:
            return self.value("thermal_expansion") * (self.temperature - free_of_stress)
        for kelvin in (free_of_stress, self.temperature):
            table.at(kelvin, f"thermal_expansion of '{self.name}'")
        integral = integrated(table)
        return float(integral(self.temperature) - integral(free_of_stress))

    def has(self, name: str) -> bool:
        """Tell whether the property is stated."""
        return name in self.properties

    def value(self, name: str) -> float:
        """Return a property in microfem's unit at the temperature of the material, of an electrolyte at rest.

        At rest an electrolyte has its own concentration. A table of temperature goes before an activation energy.

        Raises:
            MicrofemError: the material does not state the property; the message shows how to state it. Or the property
                depends on a state that the material does not know.
        """
        stated = self.stated(name)
        what = f"{name} of '{self.name}'"
        if stated.table is None:
            return stated.value * self.activation(name)
        if stated.table.of == "temperature":
            return stated.table.at(self.temperature, what)
        if stated.table.of == "concentration":
            return stated.table.at(self.value("concentration"), what) * self.activation(name)
        raise MicrofemError(f"material '{self.name}': {name} depends on the {stated.table.of}; state one value here")

    def stated(self, name: str) -> Property:
        """Return a property that is one number in every state, as it is stated.

        Raises:
            MicrofemError: the material does not state the property; the message shows how to state it. Or the property
                differs along axes.
        """
        self.need(name)
        stated = self.properties[name]
        if stated.axes is not None:
            raise MicrofemError(
                f"material '{self.name}': {name} differs along axes ({stated.text}), and here one number is needed: "
                f"state its value, as in {name}: {{value: ..., unit: {stated.unit}, source: ...}}"
            )
        return stated

    def along(self, name: str, axes: Axes) -> float | Tensor:
        """Return a property at rest: one number, or its tensor (3, 3) in the axes of a layout.

        Raises:
            MicrofemError: the material does not state the property, or states it along axes that the layout lacks.
        """
        self.need(name)
        stated = self.properties[name]
        if stated.axes is None:
            return self.value(name)
        if not stated.axes.fits(axes):
            raise MicrofemError(
                f"material '{self.name}': {name} is stated along axes ({stated.text}) that this layout does not have; "
                f"state {', '.join(axes[:2])} and {axes[2]}, or in_plane and through, or along one of them and across"
            )
        factor = self.activation(name)
        return tuple(tuple(factor * one for one in row) for row in stated.axes.tensor(axes))

    def need(self, *names: str) -> None:
        """Check that all of these properties are stated.

        Raises:
            MicrofemError: some are not; the message shows how to state them.
        """
        lacks = [name for name in names if name not in self.properties]
        if lacks:
            lines = ", ".join(f"{name}: {{value: ..., unit: {PROPERTIES[name]}, source: ...}}" for name in lacks)
            raise MicrofemError(
                f"material '{self.name}' has no {', '.join(lacks)}; state {'it' if len(lacks) == 1 else 'them'} in the "
                f"study, for example\n    materials: {{{self.name}: {{{lines}}}}}"
            )
