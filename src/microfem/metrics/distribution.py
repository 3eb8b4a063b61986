"""Metrics of how evenly current and energy are spread; those that do not converge are refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from microfem.errors import MetricRefused, MicrofemError
from microfem.layout import union
from microfem.metrics.electrical import voltage
from microfem.metrics.metric import metric
from microfem.physics import Solution

if TYPE_CHECKING:
    from microfem.fem.flux import FacetFlux

# The power that a corner of a polygon of 18 or more chords has, which stands for a circle and not for an edge.
ROUND = 0.1
ALIKE = 1e-6  # of the smallest feature: distances that differ by less are the same


@metric("1", on=("conduction", "electrostatics"), better="higher")
def energy_fraction(solution: Solution, *, above: float = 0.5, region: str = "electrolyte") -> float:
    """Share of a region over the footprint whose energy density exceeds `above` x c (V / gap)2.

    This is the high-energy region of a layout. The reference is the energy density of the same voltage across
    the declared gap in a uniform field (c = sigma for conduction, eps / 2 for electrostatics), so layouts of one
    gap are held to one measure; electrolyte beyond the electrodes and their gaps does not count.
    """
    mesh = solution.mesh
    cells = _over_footprint(solution, _solved(solution, region))
    density = solution.field("energy_density").values[cells]
    reference = solution.state[mesh.region_of_cell[cells]] * (voltage(solution) / mesh.layout.gap) ** 2 * 1e12
    weights = solution.weights[cells][:, None]
    high = density > above * reference[:, None]
    return float((weights * high).sum() / (weights * np.ones_like(density)).sum())


def _solved(solution: Solution, region: str) -> np.ndarray:
    """Return the cells of a region or role.

    Raises:
        MicrofemError: there is none, or it is a conductor in which there is no field.
    """
    mesh = solution.mesh
    roles = [one.name for one in mesh.layout.with_role(region) if one.name in mesh.regions]
    cells = mesh.cells_of(*(roles or [region]))
    if np.isnan(solution.field("energy_density").values[cells]).any():
        raise MicrofemError(f"there is no field in '{region}': it is a terminal or does not conduct")
    return cells


def _over_footprint(solution: Solution, cells: np.ndarray) -> np.ndarray:
    """Return those of the cells that lie over the footprint; in a section, all."""
    import shapely

    mesh = solution.mesh
    if mesh.dimension == "section":
        return cells
    centres = mesh.flat[mesh.cells[cells]].mean(axis=1)
    outline = mesh.layout.device_outline()
    shapely.prepare(outline)
    return cells[shapely.contains_xy(outline, centres[:, 0], centres[:, 1])]


@metric("1", on=("conduction", "electrostatics"), better="higher")
def potential_homogeneity(solution: Solution, *, region: str = "electrolyte") -> float:
    """1 - deviation of the potential / (V / 2) over the footprint: 1 if uniform, 0 if split in two levels."""
    from microfem.fem.space import quadrature, shape_values

    mesh, space = solution.mesh, solution.space
    cells = _over_footprint(solution, _solved(solution, region))
    shape = shape_values(mesh.dim, space.order, quadrature(mesh.dim))
    phi = solution.field("potential").values[space.cell_dofs[cells]] @ shape.T
    weights = np.broadcast_to(solution.weights[cells][:, None], phi.shape)
    mean = np.average(phi, weights=weights)
    return float(1.0 - np.sqrt(np.average((phi - mean) ** 2, weights=weights)) / (0.5 * voltage(solution)))


@metric("1", on=("conduction",))
def area_fraction_above(solution: Solution, *, electrode: str = "cathode", above: float = 1.5) -> float:
    """Share of an electrode's wetted area that carries more than `above` x the mean current density."""
    flux = electrode_flux(solution, electrode)
    return flux.share_above(above * _mean(flux))


@metric("1", on=("conduction",), better="lower")
def area_fraction_below(solution: Solution, *, electrode: str = "cathode", below: float = 0.5) -> float:
    """Share of an electrode's wetted area that carries less than `below` x the mean current density."""
    flux = electrode_flux(solution, electrode)
    return 1.0 - flux.share_above(below * _mean(flux))


@metric("1", on=("conduction",), better="lower")
def outer_share(solution: Solution, *, electrode: str = "cathode", fraction: float = 0.2) -> float:
    """Share of an electrode's current that enters through the `fraction` of its area nearest its plan edges."""
    import shapely

    if not 0.0 < fraction < 1.0:
        raise MetricRefused("outer_share", f"fraction = {fraction:g} is not between 0 and 1", "fraction=0.2")
    mesh = solution.mesh
    if mesh.dim == 2:
        raise MetricRefused(
            "outer_share", "it needs the electrode's face, which only 3D has", "area_fraction_above(case)"
        )
    flux = electrode_flux(solution, electrode)
    centres = mesh.flat[flux.facets].mean(axis=1)
    edge = union(mesh.layout.part(name).footprint for name in mesh.layout.terminal(electrode)).boundary
    distance = shapely.distance(edge, shapely.points(centres[:, :2]))
    # Facets equally far, as all of a side wall are, count together, whatever their order.
    _, group = np.unique(np.round(distance / (ALIKE * mesh.layout.feature)), return_inverse=True)
    area = np.bincount(group, weights=flux.weights * flux.values.shape[1])
    current = np.bincount(group, weights=(flux.values * flux.weights[:, None]).sum(axis=1))
    reached = np.concatenate([[0.0], np.cumsum(area)]) / area.sum()
    return float(np.interp(fraction, reached, np.concatenate([[0.0], np.cumsum(current)])) / current.sum())


@metric("1", on=("conduction",), better="lower")
def current_max_over_mean(solution: Solution, *, electrode: str = "cathode") -> float:
    """Largest over mean current density of an electrode; refused where its edges make it unbounded."""
    flux = electrode_flux(solution, electrode)
    _refuse_unbounded(solution, electrode, "current_max_over_mean", 0.0)
    return float(flux.values.max() / _mean(flux))


@metric("1", on=("conduction",), better="lower")
def current_deviation(solution: Solution, *, electrode: str = "cathode") -> float:
    """Standard deviation over mean of an electrode's current density; refused where the square is not integrable."""
    flux = electrode_flux(solution, electrode)
    _refuse_unbounded(solution, electrode, "current_deviation", -0.5)
    weights = np.broadcast_to(flux.weights[:, None], flux.values.shape)
    mean = _mean(flux)
    return float(np.sqrt(np.average((flux.values - mean) ** 2, weights=weights)) / abs(mean))


def electrode_flux(solution: Solution, electrode: str) -> FacetFlux:
    """Return the current density into or out of an electrode, taken positive in its mean, uA/um2.

    Raises:
        MicrofemError: the electrode is not a terminal region, so its surface is not that of the electrolyte.
    """
    from dataclasses import replace

    from microfem.fem.flux import facet_flux

    voltage(solution)  # refuses where nothing flows
    mesh = solution.mesh
    facets, cells = _wetted(solution, electrode)
    sigma = solution.state[mesh.region_of_cell[cells]]
    potential = np.nan_to_num(solution.field("potential").values)
    flux = facet_flux(solution.space, potential, sigma, facets, cells)
    return replace(flux, values=flux.values * np.sign(_mean(flux) or 1.0))


def _wetted(solution: Solution, electrode: str) -> tuple[np.ndarray, np.ndarray]:
    mesh = solution.mesh
    electrolytes = tuple(r.name for r in mesh.layout.with_role("electrolyte", "separator") if r.name in mesh.regions)
    parts = tuple(name for name in mesh.layout.terminal(electrode) if name in mesh.regions)
    facets, cells = mesh.interface(electrolytes, parts)
    if not len(facets):
        raise MicrofemError(f"no electrolyte touches '{electrode}' in this view")
    return facets, cells


def _mean(flux: FacetFlux) -> float:
    return float((flux.values * flux.weights[:, None]).sum() / (flux.weights.sum() * flux.values.shape[1]))


def _refuse_unbounded(solution: Solution, electrode: str, name: str, bound: float) -> None:
    """Refuse where the flux behaves as r^power with power below `bound` at some edge of a held electrode."""
    from microfem.fem.flux import singular_edges

    mesh = solution.mesh
    facets, cells = _wetted(solution, electrode)
    around = np.unique(mesh.region_of_cell[cells])
    rims, inner = singular_edges(mesh, np.flatnonzero(np.isin(mesh.region_of_cell, around)), facets)
    powers = np.concatenate([90.0 / rims - 1.0, 180.0 / inner - 1.0])
    worst = float(powers.min()) if len(powers) else 0.0
    if worst < (bound + 0.02 if bound < 0.0 else -ROUND):
        raise MetricRefused(name, f"the primary distribution grows as distance^{worst:.2f} at the edges of "
                            f"'{electrode}', so the value depends on the mesh alone",
                            "area_fraction_above(case), area_fraction_below(case) or outer_share(case)")  # fmt: skip
