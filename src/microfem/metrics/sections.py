"""Metrics of rods by their cross-section: strains and stresses of layers, stiffnesses, neutral axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.metrics.metric import metric
from microfem.physics.mechanics.rod_cross_section import RodSolution

ON = ("rod",)
CENTRED = 1e-6  # relative to the radius: a neutral axis nearer to the middle is there, up to the mesh


def _rows(solution: RodSolution, region: str) -> Any:
    """Return the rows (n,) of the solid cells of a region or a role; all if none is named.

    Raises:
        MicrofemError: no solid cell has that name or role.
    """
    mesh = solution.mesh
    solid = mesh.region_of_cell[solution.profile.cells]
    if not region:
        return np.arange(len(solid))
    names = [mesh.regions[k] for k in np.unique(solid)]
    roles = {name: mesh.layout.part(name).role for name in names}
    wanted = [mesh.regions.index(name) for name in names if region in (name, roles[name])]
    if not wanted:
        known = [*names, *sorted(set(roles.values()) - set(names))]
        raise MicrofemError(f"no solid region or role '{region}' in this case{did_you_mean(region, known)}")
    return np.flatnonzero(np.isin(solid, wanted))


def _strain(solution: RodSolution, region: str, recovered: bool) -> float:
    from microfem.fem.rods.profile import largest_strain

    rows, (axial, shear) = _rows(solution, region), solution.corners(recovered)
    return float(largest_strain(axial[rows], shear[rows], solution.profile.poisson[rows]).max())


def _stress(solution: RodSolution, region: str, recovered: bool) -> float:
    profile, rows = solution.profile, _rows(solution, region)
    axial, shear = solution.corners(recovered)
    young, modulus = profile.young[rows, None], profile.shear_modulus[rows, None]
    return float(np.sqrt((young * axial[rows]) ** 2 + 3.0 * (modulus * shear[rows]) ** 2).max())


def _error(measure: Callable[[RodSolution, str, bool], float]) -> Callable[..., float]:
    """Return a function for the error: the change by recovery of the warping's gradient, or by chords of circles."""

    def error(solution: RodSolution, region: str) -> float:
        from microfem.mesh.roundness import roundness

        value = measure(solution, region, False)
        return max(abs(measure(solution, region, True) - value), roundness(solution.mesh).walls * value)

    return error


def _of_outline(measure: Callable[..., float]) -> Callable[..., float]:
    """Return a function for the error of a number that depends on the outline alone: twice that of areas."""

    def error(solution: RodSolution, **options: Any) -> float:
        from microfem.mesh.roundness import roundness

        return 2.0 * roundness(solution.mesh).areas * measure(solution, **options)

    return error


def _radius(solution: RodSolution, **_: object) -> float:
    """Return half the larger extent of the solid along x or y, um."""
    profile = solution.profile
    return 0.5 * float(np.ptp(profile.places.reshape(-1, 2), axis=0).max())


def _torsion_error(solution: RodSolution) -> float:
    """Return the larger of the excess of energy and the error of chords, N mm2."""
    excess = float(solution.indicator.of_cell.sum()) * 1e-12  # type: ignore[union-attr]
    return max(excess, _of_outline(lambda s: s.totals["torsional_stiffness"][0] * 1e-12)(solution))


@metric("1", on=ON, better="lower", pointwise=True, error=_error(_strain))
def layer_strain(solution: RodSolution, *, region: str = "") -> float:
    """Largest principal small strain in a region or role of a bent and twisted rod; in all if none is named."""
    return _strain(solution, region, False)


@metric("MPa", on=ON, better="lower", pointwise=True, error=_error(_stress))
def layer_stress(solution: RodSolution, *, region: str = "") -> float:
    """Largest von Mises stress in a region or role of a bent and twisted rod; in all if none is named."""
    return _stress(solution, region, False)


@metric(
    "N mm2",
    on=ON,
    better="lower",
    error=_of_outline(lambda s, *, axis: s.totals[f"bending_stiffness.{axis}"][0] * 1e-12),
)
def flexural_rigidity(solution: RodSolution, *, axis: Literal["x", "y"] = "y") -> float:
    """Bending moment over curvature about an axis through the neutral point, EI of the whole rod."""
    return solution.totals[f"bending_stiffness.{axis}"][0] * 1e-12


@metric("N mm2", on=ON, better="lower", error=_torsion_error)
def torsional_rigidity(solution: RodSolution) -> float:
    """Torque over twist per length, GJ of the whole rod."""
    return solution.totals["torsional_stiffness"][0] * 1e-12


@metric("N", on=ON, better="lower", error=_of_outline(lambda s: s.totals["axial_stiffness"][0] * 1e-6))
def axial_rigidity(solution: RodSolution) -> float:
    """Axial force over strain, EA of the whole rod."""
    return solution.totals["axial_stiffness"][0] * 1e-6


@metric("um", on=ON, error=_of_outline(_radius))
def neutral_place(solution: RodSolution, *, along: Literal["x", "y"] = "x") -> float:
    """Coordinate x or y of the intersection of the neutral axes of all bends; 0 where it is round-off."""
    place = solution.totals[f"neutral_axis.{along}"][0]
    return 0.0 if abs(place) < CENTRED * _radius(solution) else place
