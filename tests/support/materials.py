"""Materials that state no more than a test needs, in microfem's units."""

from __future__ import annotations

from microfem.materials import Material, Property
from microfem.materials.material import PROPERTIES


def matter(**stated: float) -> Material:
    """Return a material of these properties, named as a study names them, and no others."""
    made = {
        name: Property(value=float(value), unit=PROPERTIES[name], source="made for a test")
        for name, value in stated.items()
    }
    return Material("made", "", made)


def medium(conductivity: float | None = None, permittivity: float | None = None) -> Material:
    """Return what current or charge passes, S/m and relative; what is not given is not stated."""
    given = {"conductivity": conductivity, "relative_permittivity": permittivity}
    return matter(**{name: value for name, value in given.items() if value is not None})


def elastic(young: float, poisson: float) -> Material:
    """Return what Hooke's law describes, MPa and 1."""
    return matter(youngs_modulus=young, poisson_ratio=poisson)
