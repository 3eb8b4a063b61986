"""A material and its properties, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microfem.errors import MicrofemError

# What a material may state, with the unit microfem computes in.
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
    "exchange_current_density": "A/m2",
}


@dataclass(frozen=True)
class Property:
    """One value in microfem's unit for it, where it comes from and what to know about it."""

    value: float
    unit: str
    source: str
    note: str = ""


@dataclass(frozen=True)
class Material:
    """A named set of properties; a property that is not stated is asked for in vain, by name."""

    name: str
    description: str
    properties: Mapping[str, Property]

    def has(self, name: str) -> bool:
        """Tell whether the property is stated."""
        return name in self.properties

    def value(self, name: str) -> float:
        """Return a property in microfem's unit.

        Raises:
            MicrofemError: the material does not state it.
        """
        if name not in self.properties:
            raise MicrofemError(
                f"material '{self.name}' has no {name}; give one in the study, for example\n"
                f"    materials: {{{self.name}: {{{name}: "
                f"{{value: ..., unit: {PROPERTIES[name]}, source: ...}}}}}}"
            )
        return self.properties[name].value
