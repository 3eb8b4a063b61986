"""Materials that state no more than a test needs, in microfem's units."""

from __future__ import annotations

from microfem.materials import Material, Property
from microfem.materials.anisotropy import Anisotropy
from microfem.materials.material import PROPERTIES


def matter(**stated: float | Anisotropy) -> Material:
    """Return a material of these properties, named as a study names them, and no others."""
    return Material("made", "", {name: _property(name, value) for name, value in stated.items()})


def _property(name: str, stated: float | Anisotropy) -> Property:
    """Return a property that is one number or differs along axes."""
    axes = stated if isinstance(stated, Anisotropy) else None
    value = float(stated) if axes is None else max(axes.values.values())
    return Property(value=value, unit=PROPERTIES[name], source="made for a test", axes=axes)


def medium(conductivity: float | Anisotropy | None = None, permittivity: float | Anisotropy | None = None) -> Material:
    """Return what current or charge passes, S/m and relative; what is not given is not stated."""
    given = {"conductivity": conductivity, "relative_permittivity": permittivity}
    return matter(**{name: value for name, value in given.items() if value is not None})


def elastic(young: float, poisson: float) -> Material:
    """Return what Hooke's law describes, MPa and 1."""
    return matter(youngs_modulus=young, poisson_ratio=poisson)
