"""Metrics of films on curved surfaces: energy, compression and wrinkling.

The strains and stresses of their layers are metrics of mechanics (metrics/mechanical.py), evaluated at both faces of
each layer, where bending strain is largest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from microfem.metrics.metric import metric
from microfem.metrics.quantity_of_interest import BEYOND, QuantityOfInterest
from microfem.metrics.statistics import Percentile
from microfem.physics.mechanics.conformal_solution import ConformalSolution

if TYPE_CHECKING:
    from microfem.physics.frame import Floats

ON = ("conformal",)
NO_STRAIN = 1e-12  # a smaller strain is round-off


def _energy_qoi(solution: ConformalSolution) -> QuantityOfInterest:
    """Return the error of the energy, -a(e, e) / 2: the exact solution minimises the energy.

    The energy grows as the third power of a disc's area, hence the factor 3 of the error of the chords.
    """
    from microfem.mesh.roundness import roundness

    least = 3.0 * roundness(solution.mesh).areas * conformal_energy(solution)
    return QuantityOfInterest(load=None, change=-0.5e-12 * solution.dual.energy, least=least)


@metric("J", on=ON, better="lower", qoi=lambda s: _energy_qoi(s))
def conformal_energy(solution: ConformalSolution) -> float:
    """Energy of stretching and bending the film to the surface; of the whole film, not per unit depth."""
    return solution.totals["strain_energy"][0] * 1e-12


def _compression(solution: ConformalSolution) -> tuple[Floats, Floats]:
    """Return the compressive membrane stress at the corners of cells (n, 3), MPa, and its recovered error."""
    pressed, dual = solution.pressed, solution.dual
    error = dual.error[:, :3]
    moved = pressed.force_of(0.5 * (error + np.swapaxes(error, 2, 3)))
    own, recovered = (
        -np.linalg.eigvalsh(force)[..., 0] / pressed.film.thickness[:, None]
        for force in (pressed.force_at_corners, pressed.force_at_corners + moved)
    )
    return own, np.abs(recovered - own)


def _compression_qoi(solution: ConformalSolution) -> QuantityOfInterest:
    """Return the largest recovered excess over the peak, and the change that chords of a round rim cause."""
    from microfem.mesh.roundness import roundness

    own, error = _compression(solution)
    peak = max(0.0, float(own.max()))
    return QuantityOfInterest(
        load=None,
        change=max(0.0, float((own + error).max())) - peak,
        least=BEYOND * roundness(solution.mesh).walls * peak,
    )


@metric("MPa", on=ON, better="lower", pointwise=True, qoi=lambda s: _compression_qoi(s))
def max_compression(solution: ConformalSolution) -> float:
    """Largest compressive membrane stress, force over thickness; 0 where there is only tension."""
    compression = float(_compression(solution)[0].max())
    stiffest = max(layer.young for layer in solution.pressed.film.layers)
    return compression if compression > NO_STRAIN * stiffest else 0.0


def _wrinkled(solution: ConformalSolution) -> float:
    from microfem.fem.level_sets.shares import share_above

    area = solution.areas
    return float(area @ share_above(solution.share, 1.0) / area.sum())


def _wrinkling(solution: ConformalSolution, percent: float) -> float:
    return max(0.0, Percentile(percent).value([solution.share], [solution.areas / 3.0]))


def _of_force(solution: ConformalSolution, measure: Callable[[ConformalSolution], float]) -> QuantityOfInterest:
    """Return the larger change of a number when the recovered error of the strain is added or subtracted.

    The width of the compressed region changes too; it is nearly unknown where the membrane force is close to 0.
    """
    from microfem.mesh.roundness import roundness

    error = solution.dual.inside
    slide = 0.5 * (error + np.swapaxes(error, 2, 3))
    shifted = [measure(solution.slid(sign * slide)) for sign in (-1.0, 1.0)]
    value = measure(solution)
    return QuantityOfInterest(
        load=None,
        change=max(abs(end - value) for end in shifted),
        least=BEYOND * roundness(solution.mesh).walls * value,
    )


@metric("1", on=ON, better="lower", meshes=2, qoi=lambda s: _of_force(s, _wrinkled))
def wrinkled_share(solution: ConformalSolution) -> float:
    """Share of the film's area whose compression exceeds the onset of wrinkling."""
    return _wrinkled(solution)


@metric(
    "1", on=ON, better="lower", meshes=2, qoi=lambda s, *, percent: _of_force(s, lambda film: _wrinkling(film, percent))
)
def wrinkling(solution: ConformalSolution, *, percent: float = 99.0) -> float:
    """Percentile over the area of compression over its value at the onset of wrinkling; above 1 the film wrinkles."""
    return _wrinkling(solution, percent)
