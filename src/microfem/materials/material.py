"""A material and its properties, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from microfem.base.errors import MicrofemError

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
# Bounds of each property, in that unit; an insulator has conductivity 0, vacuum has permittivity 1.
POSITIVE = "(0, inf)"
ANY = "(-inf, inf)"  # of coefficients whose sign alone does not decide whether their law is stable
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
    """Tell whether the value of a property, in microfem's unit, lies within its physical bounds."""
    bounds = BOUNDS[name]
    low, high = (float(end) for end in bounds[1:-1].split(","))
    above = low <= value if bounds[0] == "[" else low < value
    below = value <= high if bounds[-1] == "]" else value < high
    return above and below


class Grade(StrEnum):
    """The reliability of a value.

    exact: by definition, or computed from constants; cited: the value in its source; range: chosen within the range of
    its source, or sources disagree; unverified: remembered from a source that was not read again; illustrative:
    typical of such a material, or taken from a similar one; stated: by the study, which is responsible for it.
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
    """The value of a property in microfem's unit, with its source, its grade and a note."""

    value: float
    unit: str
    source: str
    note: str = ""
    grade: Grade = Grade.STATED


@dataclass(frozen=True)
class Material:
    """A named set of properties."""

    name: str
    description: str
    properties: Mapping[str, Property]

    def has(self, name: str) -> bool:
        """Tell whether the property is stated."""
        return name in self.properties

    def value(self, name: str) -> float:
        """Return a property in microfem's unit.

        Raises:
            MicrofemError: the material does not state the property; the message shows how to state it.
        """
        if name not in self.properties:
            raise MicrofemError(
                f"material '{self.name}' has no {name}; state it in the study, for example\n"
                f"    materials: {{{self.name}: {{{name}: "
                f"{{value: ..., unit: {PROPERTIES[name]}, source: ...}}}}}}"
            )
        return self.properties[name].value
