"""Metrics of the distribution of current and energy; a metric that does not converge is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.layout import union
from microfem.layout.section import half_section
from microfem.metrics.current import (
    ROUND,
    Deviation,
    ShareAbove,
    ShareBelow,
    ShareOf,
    deviation_qoi,
    edge_powers,
    electrode_flux,
    evenness,
    evenness_qoi,
    largest,
    largest_qoi,
    resisted,
    wetted,
)
from microfem.metrics.electrical import refuse_axes, without_frequency
from microfem.metrics.metric import metric
from microfem.metrics.quantity_of_interest import QuantityOfInterest
from microfem.physics.potential.solution import PotentialSolution

if TYPE_CHECKING:
    from microfem.fem.error_estimates.clip import Parts
    from microfem.fem.error_estimates.pieces import FieldPieces
    from microfem.physics.frame import Floats, Ints

UNCERTAIN = 0.2  # share of the volume with values nearer to a level than their error: errors rarely have one sign there
SNAPPED = 3e-5  # relative to the smallest feature: a little more than the grid of outlines in the mesh
ALIKE = 1e-6  # relative to the smallest feature: distances that differ by less are equal


@metric(
    "1",
    on=("conduction", "electrostatics"),
    better="higher",
    qoi=lambda s, *, above, region: _strength_qoi(s, above, region),
    suits=without_frequency,
)
def energy_fraction(solution: PotentialSolution, *, above: float = 0.5, region: str = "electrolyte") -> float:
    """Share of a region over the footprint whose energy density exceeds `above` x c (V / gap)2.

    This is the high-energy region of a layout. The reference is the energy density of the same voltage across
    the declared gap in a uniform field (c = sigma for conduction, eps / 2 for electrostatics), so layouts of one
    gap are compared with one reference; electrolyte beyond the electrodes and their gaps does not count. Where c
    differs along axes there is no such reference, and the metric is refused.
    """
    from microfem.fem.level_sets.shares import share_above

    pieces, _ = _strength(solution, above, region)
    return float(np.average(share_above(_norm(pieces.fields), above**0.5), weights=pieces.weights))


def _norm(field: Floats) -> Floats:
    return np.sqrt(np.einsum("...i,...i->...", field, field))


def _strength(solution: PotentialSolution, above: float, region: str) -> tuple[FieldPieces, Ints]:
    """Return grad u over V / gap, (n, nq, dim), whose square is the energy density over the reference, and the cells.

    Cells are cut along the footprint, and where the density is near the level; far above the level, at edges, its
    course has no influence. The second value are the cells of the region.
    """
    from microfem.fem.error_estimates.pieces import make_pieces
    from microfem.fem.space import gradients

    mesh, cells = solution.mesh, _solved(solution, region)
    key = "conductivity" if solution.case.physics == "conduction" else "relative_permittivity"
    for number in np.unique(mesh.region_of_cell[cells]):
        refuse_axes(mesh.layout.material(mesh.regions[number]), key, "energy_fraction", "potential_homogeneity(case)")
    scale = mesh.layout.gap / solution.terminals.voltage
    potential = np.nan_to_num(solution.field("potential").values)
    field = scale * gradients(solution.space, potential, solution.space.mesh.cells[cells])
    parts = _over_footprint(solution, cells)
    return make_pieces(
        field, solution.weights[cells], lambda one: np.minimum(_norm(one), 2.0 * above**0.5), parts
    ), cells


def _strength_qoi(solution: PotentialSolution, above: float, region: str) -> QuantityOfInterest:
    from microfem.fem.error_estimates.dual_solution import slope_load
    from microfem.fem.level_sets.shares import share_above, share_slopes
    from microfem.mesh.roundness import roundness

    dual, mesh, level = solution.dual, solution.mesh, above**0.5
    assert dual is not None
    pieces, cells = _strength(solution, above, region)
    rows, scale = np.searchsorted(dual.form.cells, cells), mesh.layout.gap / solution.terminals.voltage
    size = _norm(pieces.fields)
    moved = _norm(pieces.fields + scale * pieces.spread(dual.inside[rows, :, 0]))
    weights = pieces.weights / pieces.weights.sum()
    slopes = weights[:, None] * share_slopes(size, level)
    own = pieces.gathered((slopes / np.maximum(size, 1e-300))[..., None] * pieces.fields)
    of_cell = np.zeros(len(dual.form.cells))
    of_cell[rows] = pieces.summed((slopes * (moved - size)).sum(axis=1))
    change = float(weights @ (share_above(moved, level) - share_above(size, level)))
    share = float(weights @ share_above(size, level))
    low, high = (float(weights @ share_above(size + sign * np.abs(moved - size), level)) for sign in (-1.0, 1.0))
    least = max(UNCERTAIN * (high - low), roundness(mesh).areas * share * (1.0 - share))
    if share in (0.0, 1.0):  # within less than a cell, edges exceed any level and inner corners stay below it
        least = max(least, 1.0 / len(cells))
    load = slope_load(solution.space, solution.space.mesh.cells[cells], scale * own[:, :, None])
    return QuantityOfInterest(load=load, change=change, of_cell=of_cell, least=least)


def _solved(solution: PotentialSolution, region: str) -> Ints:
    """Return the cells of a region or role.

    Raises:
        MicrofemError: the layout has no such region, or the region has no field, as in an ideal conductor.
    """
    mesh = solution.mesh
    roles = [part.name for part in mesh.layout.with_role(region) if part.name in mesh.regions]
    cells = mesh.cells_of(*(roles or [region]))
    if np.isnan(solution.field("energy_density").values[cells]).any():
        raise MicrofemError(f"there is no field in '{region}': it is a terminal or does not conduct")
    return cells


def _over_footprint(solution: PotentialSolution, cells: Ints) -> Parts:
    """Return the parts of the cells over the footprint; in a section, all of them.

    The footprint is no edge of the mesh, except along electrodes, where cells follow the grid of outlines, and circles
    instead of the outlines' chords.

    Raises:
        MicrofemError: no part of the cells lies over the footprint.
    """
    from microfem.fem.error_estimates.clip import parts_inside, whole

    mesh = solution.mesh
    if mesh.dimension == "section":
        return whole(len(cells), mesh.dim)
    layout = mesh.layout
    slack = SNAPPED * layout.feature + 2.0 * max((circle.slack for circle in layout.drawn_circles), default=0.0)
    outline = half_section(layout, layout.device_outline()) if mesh.upright else layout.device_outline()
    parts = parts_inside(mesh.flat[mesh.cells[cells]], outline, slack)
    if not len(parts.parent):
        raise MicrofemError("no part of the region lies over the footprint, which is the electrodes and their gaps")
    return parts


@metric(
    "1",
    on=("conduction", "electrostatics"),
    better="higher",
    qoi=lambda s, *, region: _homogeneity_qoi(s, region),
    suits=without_frequency,
)
def potential_homogeneity(solution: PotentialSolution, *, region: str = "electrolyte") -> float:
    """1 - standard deviation of the potential / (V / 2) over the footprint: 1 if uniform, 0 if split in two levels."""
    phi, mass, _ = _deviation(solution, region)
    return float(1.0 - np.sqrt((phi * mass).sum()) / (0.5 * solution.terminals.voltage))


def _deviation(solution: PotentialSolution, region: str) -> tuple[Floats, Floats, Ints]:
    """Return the potential minus its mean at nodes, its mean products with shape functions, the degrees of freedom.

    All are (n, nloc), for the nodes of n cells; the first two are exact and in V.
    """
    from microfem.fem.error_estimates.clip import node_products

    mesh, space, cells = solution.mesh, solution.space, _solved(solution, region)
    dofs, parts = space.cell_dofs[cells], _over_footprint(solution, cells)
    measure = np.abs(mesh.signed_volumes[cells])[:, None] * mesh.around_corners(mesh.cells[cells])
    measure /= np.einsum("nac,nc->n", parts.corners, measure[parts.parent]) @ parts.share / (mesh.dim + 1)
    phi = solution.field("potential").values[dofs]
    phi = phi - node_products(parts, measure, phi, space.order).sum()
    return phi, node_products(parts, measure, phi, space.order), dofs


def _homogeneity_qoi(solution: PotentialSolution, region: str) -> QuantityOfInterest:
    from microfem.fem.error_estimates.dual_solution import scatter
    from microfem.mesh.roundness import roundness

    phi, mass, dofs = _deviation(solution, region)
    deviation, volts = max(float(np.sqrt((phi * mass).sum())), 1e-300), 0.5 * solution.terminals.voltage
    load = scatter(solution.space, dofs, -mass[..., None] / (deviation * volts))
    return QuantityOfInterest(load=load, least=roundness(solution.mesh).areas * deviation / volts)


@metric(
    "1", on=("conduction",), meshes=2, qoi=lambda s, *, electrode, above: evenness_qoi(s, electrode, ShareAbove(above))
)
def area_fraction_above(solution: PotentialSolution, *, electrode: str = "cathode", above: float = 1.5) -> float:
    """Share of an electrode's wetted area that carries more than `above` x the mean current density."""
    return evenness(solution, electrode, ShareAbove(above))


@metric(
    "1",
    on=("conduction",),
    better="lower",
    meshes=2,
    qoi=lambda s, *, electrode, below: evenness_qoi(s, electrode, ShareBelow(below)),
)
def area_fraction_below(solution: PotentialSolution, *, electrode: str = "cathode", below: float = 0.5) -> float:
    """Share of an electrode's wetted area that carries less than `below` x the mean current density."""
    return evenness(solution, electrode, ShareBelow(below))


@metric(
    "1",
    on=("conduction",),
    better="lower",
    qoi=lambda s, *, electrode, fraction: evenness_qoi(s, electrode, _outer(s, electrode, fraction)),
)
def outer_share(solution: PotentialSolution, *, electrode: str = "cathode", fraction: float = 0.2) -> float:
    """Share of an electrode's current that enters through the `fraction` of its area nearest its plan edges."""
    return evenness(solution, electrode, _outer(solution, electrode, fraction))


def _outer(solution: PotentialSolution, electrode: str, fraction: float) -> ShareOf:
    """Return the part of each facet that belongs to the `fraction` of the area nearest the electrode's edges."""
    import shapely

    if not 0.0 < fraction < 1.0:
        raise MetricRefused("outer_share", f"fraction = {fraction:g} is not between 0 and 1", "fraction=0.2")
    mesh = solution.mesh
    if mesh.dim == 2:
        raise MetricRefused(
            "outer_share", "it needs the electrode's face, which only 3D has", "area_fraction_above(case)"
        )
    flux = electrode_flux(solution, electrode)
    centres = solution.space.mesh.flat[flux.facets].mean(axis=1)
    edge = union(mesh.layout.part(name).footprint for name in mesh.layout.terminal(electrode)).boundary
    distance = shapely.distance(edge, shapely.points(centres[:, :2]))
    # Facets at equal distance, such as those of a side wall, count together in any order; round walls follow their
    # circles and not the outline's chords.
    distance[distance < 2.0 * max((circle.slack for circle in mesh.layout.drawn_circles), default=0.0)] = 0.0
    _, group = np.unique(np.round(distance / (ALIKE * mesh.layout.feature)), return_inverse=True)
    area = np.bincount(group, weights=flux.weights.sum(axis=1))
    before = np.cumsum(area) - area
    return ShareOf(np.clip((fraction * area.sum() - before) / area, 0.0, 1.0)[group])


@metric("1", on=("conduction",), better="lower", qoi=lambda s, *, electrode: _largest_qoi(s, electrode))
def current_max_over_mean(solution: PotentialSolution, *, electrode: str = "cathode") -> float:
    """Largest over mean current density of an electrode; refused where its edges make it unbounded."""
    _refuse_unbounded(solution, electrode, "current_max_over_mean", 0.0)
    return largest(solution, electrode, 0.0)


def _largest_qoi(solution: PotentialSolution, electrode: str) -> QuantityOfInterest:
    _refuse_unbounded(solution, electrode, "current_max_over_mean", 0.0)
    return largest_qoi(solution, electrode)


@metric("1", on=("conduction",), better="lower", meshes=2, qoi=lambda s, *, electrode: _deviation_qoi(s, electrode))
def current_deviation(solution: PotentialSolution, *, electrode: str = "cathode") -> float:
    """Standard deviation over mean of an electrode's current density; refused where the square is not integrable."""
    _refuse_unbounded(solution, electrode, "current_deviation", -0.5)
    return evenness(solution, electrode, Deviation())


def _deviation_qoi(solution: PotentialSolution, electrode: str) -> QuantityOfInterest:
    _refuse_unbounded(solution, electrode, "current_deviation", -0.5)
    return deviation_qoi(solution, electrode)


def _refuse_unbounded(solution: PotentialSolution, electrode: str, name: str, bound: float) -> None:
    """Refuse a metric if the flux grows as r^p with p below `bound` at an edge of the electrode, or nearly does."""
    if bound == 0.0 and resisted(solution, wetted(solution, electrode)[0]).any():
        raise MetricRefused(
            name,
            f"the contact at '{electrode}' bounds the current at its edges only within resistance x conductivity of "
            "them, where the field is not resolved",
            "area_fraction_above(case), current_deviation(case) or outer_share(case)",
        )
    worst = float(edge_powers(solution, electrode).min())
    if worst < (bound + 0.02 if bound < 0.0 else -ROUND):
        raise MetricRefused(
            name,
            f"the primary distribution grows as distance^{worst:.2f} at the edges of "
            f"'{electrode}', so the value depends on the mesh alone",
            "area_fraction_above(case), area_fraction_below(case) or outer_share(case)",
        )
