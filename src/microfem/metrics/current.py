"""The current density on an electrode, its statistics relative to the mean, and their derivatives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.metrics.quantity_of_interest import QuantityOfInterest
from microfem.physics.potential.solution import PotentialSolution

if TYPE_CHECKING:
    from microfem.fem.potential.flux import FacetFlux, FluxRows
    from microfem.fem.tensors import Bools
    from microfem.mesh import Mesh
    from microfem.physics.frame import Floats, Ints

# Exponent of the flux at the corner of a polygon of 18 chords; such a corner represents a circle and not an edge.
ROUND = 0.1
AROUND = 8.0  # lengths of a facet over which the flux beside a corner of chords is followed; 4 to 5.3 were seen
UNCERTAIN = 0.3  # share of the area with a flux nearer to a level than its error: errors rarely have one sign there


class Evenness(Protocol):
    """A statistic of values (n, nq) at points with weights (n, nq), and its derivatives with respect to the values."""

    def value(self, values: Floats, weights: Floats) -> float:
        """Return the statistic."""

    def slopes(self, values: Floats, weights: Floats) -> Floats:
        """Return the derivatives (n, nq)."""

    def uncertainty(self, values: Floats, weights: Floats, error: Floats) -> float:
        """Return the uncertainty of the statistic for errors (n, nq) of the values with unknown signs."""


def mean(values: Floats, weights: Floats) -> float:
    """Return the weighted mean of values (n, nq); weights: (n, nq)."""
    return float((values * _shares(weights)).sum())


def _shares(weights: Floats) -> Floats:
    """Return each point's share of the area, (n, nq): the derivative of the mean."""
    return weights / weights.sum()


def _mean_share(shares: Floats, weights: Floats) -> float:
    """Return the share of the area from the shares (n,) of facets."""
    return float(np.average(shares, weights=weights.sum(axis=1)))


@dataclass(frozen=True)
class ShareAbove:
    """Share of the area above `times` the mean, with values linear on each facet."""

    times: float

    def value(self, values: Floats, weights: Floats) -> float:
        """Return the share."""
        from microfem.fem.level_sets.shares import share_above

        return _mean_share(share_above(values, self.times * mean(values, weights)), weights)

    def slopes(self, values: Floats, weights: Floats) -> Floats:
        """Return the derivatives, including that of the level, which is minus the sum of the others."""
        from microfem.fem.level_sets.shares import share_slopes

        shares = _shares(weights)
        own = shares.sum(axis=1, keepdims=True) * share_slopes(values, self.times * mean(values, weights))
        return np.asarray(own - own.sum() * self.times * shares)

    def uncertainty(self, values: Floats, weights: Floats, error: Floats) -> float:
        """Return a fixed share (UNCERTAIN) of the area whose values differ from the level by less than the error."""
        from microfem.fem.level_sets.shares import share_above

        level = self.times * mean(values, weights)
        low, high = (_mean_share(share_above(values + sign * np.abs(error), level), weights) for sign in (-1.0, 1.0))
        return UNCERTAIN * (high - low)


@dataclass(frozen=True)
class ShareBelow:
    """Share of the area below `times` the mean."""

    times: float

    def value(self, values: Floats, weights: Floats) -> float:
        """Return the share."""
        return 1.0 - ShareAbove(self.times).value(values, weights)

    def slopes(self, values: Floats, weights: Floats) -> Floats:
        """Return the derivatives."""
        return -ShareAbove(self.times).slopes(values, weights)

    def uncertainty(self, values: Floats, weights: Floats, error: Floats) -> float:
        """Return the uncertainty, that of the area above."""
        return ShareAbove(self.times).uncertainty(values, weights, error)


@dataclass(frozen=True)
class ShareOf:
    """Share of the current that enters through a part of each facet; part: (n,), from 0 to 1."""

    part: Floats

    def value(self, values: Floats, weights: Floats) -> float:
        """Return the share."""
        return mean(self.part[:, None] * values, weights) / mean(values, weights)

    def slopes(self, values: Floats, weights: Floats) -> Floats:
        """Return the derivatives."""
        away = self.part[:, None] - self.value(values, weights)
        return np.asarray(away * _shares(weights) / mean(values, weights))

    def uncertainty(self, *_: Floats) -> float:
        """Return 0, since no value is compared with a level."""
        return 0.0


class Deviation:
    """Standard deviation over mean."""

    def value(self, values: Floats, weights: Floats) -> float:
        """Return the ratio."""
        middle = mean(values, weights)
        return mean((values - middle) ** 2, weights) ** 0.5 / middle

    def slopes(self, values: Floats, weights: Floats) -> Floats:
        """Return the derivatives."""
        middle, value = mean(values, weights), self.value(values, weights)
        away = (values - middle) / max(value * middle, 1e-300) - value
        return np.asarray(away * _shares(weights) / middle)

    def uncertainty(self, *_: Floats) -> float:
        """Return 0, since no value is compared with a level."""
        return 0.0


def electrode_flux(solution: PotentialSolution, electrode: str) -> FacetFlux:
    """Return the normal current density on an electrode, uA/um2, with the sign that makes its mean positive.

    Raises:
        MicrofemError: no electrolyte touches the electrode, or all terminals are at one potential.
    """
    rows, sign = _flux_rows(solution, electrode)
    return rows.flux(sign * np.nan_to_num(solution.field("potential").values))


def _flux_rows(solution: PotentialSolution, electrode: str) -> tuple[FluxRows, float]:
    """Return the operator from potentials to the current density on an electrode, and the sign of the mean."""
    from microfem.fem.potential.flux import flux_rows

    _ = solution.terminals.voltage  # raises without a current
    facets, cells = wetted(solution, electrode)
    rows = flux_rows(solution.space, solution.coefficient[cells], facets, cells)
    flux = rows.flux(np.nan_to_num(solution.field("potential").values))
    return rows, float(np.sign(mean(flux.values, flux.weights)) or 1.0)


def wetted(solution: PotentialSolution, electrode: str) -> tuple[Ints, Ints]:
    """Return the facets where electrolyte touches an electrode, and the electrolyte's cells there.

    Vertices are numbered as in the mesh of the potential, which is cut along contacts.

    Raises:
        MicrofemError: no electrolyte touches the electrode in this view.
    """
    mesh = solution.mesh
    parts = tuple(name for name in mesh.layout.terminal(electrode) if name in mesh.regions)
    facets, cells = mesh.interface(electrolytes(mesh), parts)
    if not len(facets):
        remedy = "" if parts else ", whose parts are ideal sheets or films there; give it a thickness"
        raise MicrofemError(f"no electrolyte touches a region of '{electrode}' in this view{remedy}")
    from microfem.mesh.cut import numbered

    return numbered(facets, cells, mesh, solution.space.mesh), cells


def edge_powers(solution: PotentialSolution, electrode: str) -> Floats:
    """Return the least exponent p (nfacets,) of the flux, distance^p, at the edges of each wetted facet."""
    from microfem.fem.potential.flux import facet_powers

    mesh = solution.space.mesh
    facets, cells = wetted(solution, electrode)
    around = np.unique(mesh.region_of_cell[cells])
    powers = facet_powers(mesh, solution.coefficient, np.flatnonzero(np.isin(mesh.region_of_cell, around)), facets)
    return np.where(resisted(solution, facets), 0.0, powers)


def resisted(solution: PotentialSolution, facets: Ints) -> Bools:
    """Return which facets (nfacets, dim) are in a contact: its resistance times the flux is a potential, so bounded."""
    from microfem.mesh.record import facet_keys

    interface, count = solution.terminal_field.unit.interface, len(solution.space.mesh.points)
    both = np.vstack([interface.near, interface.far])
    own, resisted = (facet_keys(np.sort(one, axis=1), count) for one in (facets, both))
    return np.isin(own, resisted)


def deviation_qoi(solution: PotentialSolution, electrode: str) -> QuantityOfInterest:
    """Return the deviation as quantity of interest, with the missing square of a flux that is unbounded at edges.

    The integral of (A r^p)2 over a facet of height h is A2 h^(1 + 2p) / (1 + 2p); the mean m of the flux misses
    m2 h p2 / (1 + 2p) of it.
    """
    flux, statistic = electrode_flux(solution, electrode), Deviation()
    power = np.clip(edge_powers(solution, electrode), -0.49, 0.0)
    power[power > -ROUND] = 0.0
    relative = flux.values.mean(axis=1) / mean(flux.values, flux.weights)
    missed = float(np.average(relative**2 * power**2 / (1.0 + 2.0 * power), weights=flux.weights.sum(axis=1)))
    value, qoi = statistic.value(flux.values, flux.weights), evenness_qoi(solution, electrode, statistic)
    return replace(qoi, least=max(qoi.least, (value**2 + missed) ** 0.5 - value))


def electrolytes(mesh: Mesh) -> tuple[str, ...]:
    """Return the names of the electrolyte and separator regions, through which current passes between electrodes."""
    return tuple(r.name for r in mesh.layout.with_role("electrolyte", "separator") if r.name in mesh.regions)


def evenness(solution: PotentialSolution, electrode: str, statistic: Evenness) -> float:
    """Return a statistic of the current density on an electrode."""
    flux = electrode_flux(solution, electrode)
    return statistic.value(flux.values, flux.weights)


def evenness_qoi(solution: PotentialSolution, electrode: str, statistic: Evenness) -> QuantityOfInterest:
    """Return a statistic of the normal flux on an electrode as quantity of interest."""
    from microfem.fem.error_estimates.dual_solution import scatter
    from microfem.fem.error_estimates.form import find_beside
    from microfem.mesh.roundness import roundness

    dual = solution.dual
    assert dual is not None
    rows, sign = _flux_rows(solution, electrode)
    flux = rows.flux(sign * dual.values[:, 0])
    beside = find_beside(dual.form, rows.facets)
    error, _ = _flux_errors(solution, electrode)
    slopes = statistic.slopes(flux.values, flux.weights)
    contributions = (slopes * error).sum(axis=1)
    of_cell = np.zeros(len(dual.form.cells))
    np.add.at(of_cell, beside.cells, beside.share * contributions[beside.facets])
    load = scatter(solution.space, rows.dofs, sign * np.einsum("nq,nqa->na", slopes, rows.rows)[..., None])
    value = statistic.value(flux.values, flux.weights)
    change = statistic.value(flux.values + error, flux.weights) - value
    uncertain = statistic.uncertainty(flux.values, flux.weights, error)
    through = resisted(solution, rows.facets).any()  # the flux is no balance of a terminal's degrees of freedom then
    least = max(uncertain, roundness(solution.mesh).walls * value * abs(1.0 - value))
    if value in (0.0, 1.0) and edge_powers(solution, electrode).min() < -ROUND:  # the flux at an edge exceeds any level
        least = max(least, float(flux.weights.sum(axis=1).min() / flux.weights.sum()))
    return QuantityOfInterest(
        load=load,
        change=change,
        of_cell=of_cell,
        trace=None if through else sign * _trace(solution, rows.facets, slopes, flux.weights),
        least=least,
    )


def _trace(solution: PotentialSolution, facets: Ints, slopes: Floats, weights: Floats) -> Floats:
    """Return the derivative with respect to the flux density at nodes (ndofs, 1).

    slopes: (nfacets, nq) derivatives with respect to the flux at quadrature points; they are averaged at nodes.
    """
    from microfem.fem.error_estimates.dual_solution import scatter
    from microfem.fem.error_estimates.recovery import at_nodes

    dofs = solution.space.dofs(facets)
    density = (slopes / weights) @ at_nodes(facets.shape[1] - 1)[: dofs.shape[1]].T
    area = np.broadcast_to(weights.sum(axis=1, keepdims=True), dofs.shape)
    total, share = (scatter(solution.space, dofs, values[..., None]) for values in (area * density, area))
    return np.divide(total, share, out=np.zeros_like(total), where=share > 0.0)


def largest(solution: PotentialSolution, electrode: str, recovered: float) -> float:
    """Return the largest over the mean current density; recovered: 0 for the computed gradient, 1 for the recovered.

    The maximum is taken at the corners of facets, where a linear function is largest. The difference between the two
    gradients is the error of a peak, since a dual solution would be as singular as a point load.
    """
    from microfem.fem.error_estimates.pieces import corner_values

    flux = electrode_flux(solution, electrode)
    at_points, at_corners = _flux_errors(solution, electrode)
    peak = (corner_values(flux.values) + recovered * at_corners).max()
    return float(peak) / mean(flux.values + recovered * at_points, flux.weights)


def largest_qoi(solution: PotentialSolution, electrode: str) -> QuantityOfInterest:
    """Return the largest over the mean current density as a quantity of interest.

    Its error is that of the recovered gradient, and beside a corner of a circle's chords at least the change of the
    flux over the lengths of AROUND facets: it is as distance^p there, and even along the circle.
    """
    from microfem.fem.error_estimates.pieces import corner_values

    value = largest(solution, electrode, 0.0)
    peak = int(corner_values(electrode_flux(solution, electrode).values).max(axis=1).argmax())
    power = abs(float(edge_powers(solution, electrode)[peak]))
    growth = AROUND**power - 1.0 if power < ROUND else 0.0
    return QuantityOfInterest(load=None, change=largest(solution, electrode, 1.0) - value, least=growth * value)


def _flux_errors(solution: PotentialSolution, electrode: str) -> tuple[Floats, Floats]:
    """Return recovered minus computed current density at the quadrature points and corners of an electrode's facets."""
    from microfem.fem.error_estimates.dual_solution import at_points
    from microfem.fem.error_estimates.form import find_beside

    dual = solution.dual
    assert dual is not None
    rows, sign = _flux_rows(solution, electrode)
    error = dual.form.on_facets(dual.error, find_beside(dual.form, rows.facets))[:, :, 0]
    inside, corners = (
        sign * np.einsum("nd,nad->na", rows.normals, gradient)
        for gradient in (at_points(error), error[:, : solution.mesh.dim])
    )
    return inside, corners
