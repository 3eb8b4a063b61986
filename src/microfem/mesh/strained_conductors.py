"""How a deformation of the geometry changes conductors: the thickness of films, the resistivity of materials."""

from __future__ import annotations

import numpy as np

from microfem.base.errors import SolveError
from microfem.mesh.deformed import film_stretches, stretches
from microfem.mesh.record import Floats, Mesh


def film_passage(mesh: Mesh, name: str) -> Floats:
    """Return the thickness of a film's facets, um, times mirror images; in 2D times their out-of-plane stretch."""
    thickness: float = mesh.layout.part(name).thickness  # type: ignore[union-attr]
    return np.asarray(mesh.copies * thickness * film_stretches(mesh, name)[:, mesh.dim - 1 :].prod(axis=1))


def film_growth(mesh: Mesh, name: str) -> Floats:
    """Return the factor (nfacets,) of the resistivity of a film's facets."""
    return _growth(mesh, name, film_stretches(mesh, name))


def growth_of_resistivity(mesh: Mesh, region: str) -> Floats:
    """Return the factor (n,) of the resistivity of the cells of a region; 1 where its material has no gauge factor."""
    cells = mesh.cells_of(region)
    if mesh.deformed is None or not mesh.layout.material(region).has("gauge_factor"):
        return np.ones(len(cells))
    return _growth(mesh, region, stretches(mesh)[cells])


def _growth(mesh: Mesh, name: str, stretch: Floats) -> Floats:
    """Return the factor 1 + K e (n,) of the resistivity for principal stretches (n, 3).

    Raises:
        SolveError: it is not above 0.
    """
    material = mesh.layout.material(name)
    factor = material.value("gauge_factor") if material.has("gauge_factor") else 0.0
    strain = stretch.max(axis=1) - 1.0
    growth = 1.0 + factor * strain
    if (growth <= 0.0).any():
        raise SolveError(
            f"'{name}': a gauge factor of {factor:.4g} leaves no resistivity at a strain of "
            f"{strain[growth.argmin()]:.4g}; 1 + K e must be above 0"
        )
    return growth
