"""A material and its properties, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from microfem.base.errors import MicrofemError

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
}
# Where a property's value must lie, in that unit; an insulator has conductivity 0, vacuum permittivity 1.
POSITIVE = "(0, inf)"
ANY = "(-inf, inf)"  # coefficients whose sign alone does not tell whether their law is stable
BOUNDS: dict[str, str] = {
    **dict.fromkeys(PROPERTIES, POSITIVE),
    "conductivity": "[0, inf)",
    "relative_permittivity": "[1, inf)",
    "poisson_ratio": "(-1, 0.5)",
    "porosity": "[0, 1)",
    "transference_number": "[0, 1]",
    **dict.fromkeys((name for name in PROPERTIES if name.startswith(("mooney", "yeoh", "ogden"))), ANY),
    "hardening_modulus": "[0, inf)",
    "gauge_factor": ANY,
}


def in_bounds(name: str, value: float) -> bool:
    """Tell whether a value of a property, in microfem's unit, is one that matter can have."""
    bounds = BOUNDS[name]
    low, high = (float(end) for end in bounds[1:-1].split(","))
    above = low <= value if bounds[0] == "[" else low < value
    below = value <= high if bounds[-1] == "]" else value < high
    return above and below


class Grade(StrEnum):
    """How well a value is known.

    exact: by definition, or computed from constants; cited: as its source has it; range: chosen inside the range that
    its source gives, or sources disagree; unverified: from memory of a source that was not read again; illustrative:
    typical of such a material, or taken from a like one; stated: by the study, which answers for it.
    """

    EXACT = "exact"
    CITED = "cited"
    RANGE = "range"
    UNVERIFIED = "unverified"
    ILLUSTRATIVE = "illustrative"
    STATED = "stated"


UNSURE = (Grade.RANGE, Grade.UNVERIFIED, Grade.ILLUSTRATIVE)


@dataclass(frozen=True, kw_only=True)
class Property:
    """One value in microfem's unit for it, where it comes from, how well it is known and what to know about it."""

    value: float
    unit: str
    source: str
    note: str = ""
    grade: Grade = Grade.STATED


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
