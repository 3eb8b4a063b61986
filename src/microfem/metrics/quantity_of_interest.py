"""The quantity of interest of a metric: its derivatives, from which a dual solution estimates the metric's error."""

from __future__ import annotations

from dataclasses import dataclass

from microfem.physics.frame import Floats

# Relative change of a peak at a round rim, divided by the relative distance of chord corners from the circle: the hoop
# stress of a pressed disc, a2 - 3 r2, changes by 3 at r = a, and the corners add to it.
BEYOND = 4.0


@dataclass(frozen=True, kw_only=True)
class QuantityOfInterest:
    """The change of a metric J with its solution u_h, in the unit of J.

    load: (ndofs, m) derivatives of J with respect to the degrees of freedom, None if `change` is the error itself.
    change: J of the recovered gradient minus J; of_cell: (n,) contribution of each cell of the solution's form, to
    first order. Both None if J does not depend on the gradient.
    trace: (ndofs, m) derivative with respect to the flux density on a terminal, if J depends on the flux through it.
    stationary: True if J follows from the energy of prescribed displacements, which is stationary in all others.
    least: smallest error that is assumed, for effects outside the solution: values near a level, chords of a curve.
    """

    load: Floats | None
    change: float | None = None
    of_cell: Floats | None = None
    trace: Floats | None = None
    stationary: bool = False
    least: float = 0.0
