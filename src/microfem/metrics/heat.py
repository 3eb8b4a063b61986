"""Metrics of heat: how warm a device becomes, and where the heat goes."""

from __future__ import annotations

import numpy as np

from microfem.base.errors import MetricRefused
from microfem.layout import Layout
from microfem.metrics.metric import metric
from microfem.physics.potential.heat import AMBIENT, HeatCase, HeatSolution


@metric("K", on=("heat",), better="lower", pointwise=True)
def max_temperature_rise(solution: HeatSolution, *, region: str = "") -> float:
    """Highest temperature above the coldest that the case states; of one region, or of the whole device."""
    values = solution.rise[solution.space.cell_dofs[_cells(solution, region, "max_temperature_rise")]]
    return float(np.nanmax(values))


@metric("K", on=("heat",), better="lower")
def mean_temperature_rise(solution: HeatSolution, *, region: str = "") -> float:
    """Mean temperature above the coldest that the case states; of one region, or of the whole device."""
    from microfem.fem.space import quadrature, shape_values

    mesh, space = solution.mesh, solution.space
    cells = _cells(solution, region, "mean_temperature_rise")
    at = shape_values(mesh.dim, space.order, quadrature(mesh.dim))
    means = (solution.rise[space.cell_dofs[cells]] @ at.T).mean(axis=1)
    return float(np.average(means, weights=mesh.volumes[cells]))


def _leads(_: Layout, case: HeatCase, *, terminal: str) -> str:
    """Return why no heat leaves at a terminal, "" if some does."""
    known = [*case.terminals, *([AMBIENT] if case.convection else [])]
    return "" if terminal in known else f"no heat leaves at '{terminal}'; it leaves at {' and '.join(known)}"


@metric("W", on=("heat",), depth_unit="W/m", fits=_leads)
def heat_flow(solution: HeatSolution, *, terminal: str) -> float:
    """Heat that leaves at a terminal, or to the surroundings with `terminal=ambient`; per unit depth in 2D."""
    return -solution.into[terminal] * (1e-6 if solution.mesh.dim == 3 else 1.0)


@metric("W", on=("heat",), depth_unit="W/m", better="lower")
def heating_power(solution: HeatSolution) -> float:
    """Heat of the current, the integral of sigma E2; per unit depth in 2D."""
    return solution.power * (1e-6 if solution.mesh.dim == 3 else 1.0)


def _cells(solution: HeatSolution, region: str, name: str) -> np.ndarray:
    """Return the cells of a region in which the temperature is solved, of all regions if none is named."""
    cells = np.flatnonzero(np.isfinite(solution.rise[solution.space.cell_dofs]).all(axis=1))
    if region:
        cells = np.intersect1d(cells, solution.mesh.cells_of(region))
    if not len(cells):
        raise MetricRefused(name, f"no temperature is solved in '{region}'", "another region")
    return cells
