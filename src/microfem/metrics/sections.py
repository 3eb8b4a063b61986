"""Metrics of rods by their cross-section: strains and stresses of layers, stiffnesses, neutral axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from microfem.errors import MicrofemError
from microfem.metrics.metric import metric
from microfem.physics import Solution
from microfem.registry import did_you_mean

ON = ("rod",)


def _rows(solution: Solution, region: str) -> Any:
    """Return which of the solid cells are of a region or a role; all if none is named.

    Raises:
        MicrofemError: there are none.
    """
    mesh = solution.mesh
    solid = mesh.region_of_cell[solution.state.profile.cells]
    if not region:
        return np.arange(len(solid))
    names = [mesh.regions[k] for k in np.unique(solid)]
    roles = {name: mesh.layout.part(name).role for name in names}
    wanted = [mesh.regions.index(name) for name in names if region in (name, roles[name])]
    if not wanted:
        known = [*names, *sorted(set(roles.values()) - set(names))]
        raise MicrofemError(f"no solid region or role '{region}' in this case{did_you_mean(region, known)}")
    return np.flatnonzero(np.isin(solid, wanted))


def _strain(solution: Solution, region: str, recovered: bool) -> float:
    from microfem.fem.rods.profile import largest_strain

    state, rows = solution.state, _rows(solution, region)
    axial, shear = state.corners(recovered)
    return float(largest_strain(axial[rows], shear[rows], state.profile.poisson[rows]).max())


def _stress(solution: Solution, region: str, recovered: bool) -> float:
    profile, rows = solution.state.profile, _rows(solution, region)
    axial, shear = solution.state.corners(recovered)
    young, modulus = profile.young[rows, None], profile.shear_modulus[rows, None]
    return float(np.sqrt((young * axial[rows]) ** 2 + 3.0 * (modulus * shear[rows]) ** 2).max())


def _error(measure: Callable[[Solution, str, bool], float]) -> Callable[..., float]:
    """Return what recovery of the warping's gradient changes."""
    return lambda solution, region: abs(measure(solution, region, True) - measure(solution, region, False))


def _none(*_: object, **__: object) -> float:
    """Return the error of what follows from the outline alone."""
    return 0.0


@metric("1", on=ON, better="lower", pointwise=True, error=_error(_strain))
def layer_strain(solution: Solution, *, region: str = "") -> float:
    """Largest principal small strain in a region or role of a rod that is bent and twisted; in all if none is named."""
    return _strain(solution, region, False)


@metric("MPa", on=ON, better="lower", pointwise=True, error=_error(_stress))
def layer_stress(solution: Solution, *, region: str = "") -> float:
    """Largest von Mises stress in a region or role of a rod that is bent and twisted; in all if none is named."""
    return _stress(solution, region, False)


@metric("N mm2", on=ON, better="lower", error=_none)
def flexural_rigidity(solution: Solution, *, axis: Literal["x", "y"] = "y") -> float:
    """Bending moment over curvature about an axis through the neutral point, EI of the whole rod."""
    return solution.totals[f"bending_stiffness.{axis}"][0] * 1e-12


@metric("N mm2", on=ON, better="lower", error=lambda s: float(s.indicator.of_cell.sum()) * 1e-12)
def torsional_rigidity(solution: Solution) -> float:
    """Torque over twist per length, GJ of the whole rod."""
    return solution.totals["torsional_stiffness"][0] * 1e-12


@metric("N", on=ON, better="lower", error=_none)
def axial_rigidity(solution: Solution) -> float:
    """Axial force over strain, EA of the whole rod."""
    return solution.totals["axial_stiffness"][0] * 1e-6


@metric("um", on=ON, error=_none)
def neutral_place(solution: Solution, *, along: Literal["x", "y"] = "x") -> float:
    """Where the neutral axes of all bends cross, x or y in the cross-section."""
    return solution.totals[f"neutral_axis.{along}"][0]
