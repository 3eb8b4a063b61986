"""The capacity of an electrode's material, from its host sites or from its mass."""

from __future__ import annotations

from microfem.materials.material import Material

FARADAY = 96485.33212331  # C/mol


def capacity_density(material: Material) -> float:
    """Return the capacity of an electrode with its pores, mAh/cm3.

    F c_max x active fraction where the material states host sites, else density x (1 - porosity) x specific capacity.

    Raises:
        MicrofemError: a property is missing; the message shows how to state it.
    """
    if material.has("max_concentration"):
        active = material.value("active_fraction") if material.has("active_fraction") else 1.0
        return FARADAY * material.value("max_concentration") * active / 3600.0 * 1e-3
    return by_mass(material)


def by_mass(material: Material) -> float:
    """Return density x (1 - porosity) x specific capacity, mAh/cm3."""
    solid = 1.0 - (material.value("porosity") if material.has("porosity") else 0.0)
    return material.value("density") * solid * material.value("specific_capacity")


def disagreement(material: Material) -> float:
    """Return the relative difference of both capacities where a material states both, else 0."""
    if not all(material.has(name) for name in ("max_concentration", "density", "specific_capacity")):
        return 0.0
    return by_mass(material) / capacity_density(material) - 1.0
