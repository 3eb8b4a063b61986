"""What a metric registers beside its value, so that a dual solution tells its error."""

from __future__ import annotations

from dataclasses import dataclass

from microfem.physics.frame import Floats

# What a peak at a round rim changes by, times how far corners lie beyond the circle: the hoop stress of a pressed disc,
# a2 - 3 r2, by 3 at r = a, and corners add to it.
BEYOND = 4.0


@dataclass(frozen=True)
class QuantityOfInterest:
    """How a metric J changes with its solution u_h, in the unit of J.

    load: (ndofs, m) derivatives of J with the degrees of freedom, None where `change` is the error itself.
    change: J of the recovered gradient less J; of_cell: (n,) what each cell of the solution's form adds to it, to
    first order. Both None where J is not made of the gradient.
    trace: (ndofs, m), where J is made of the flux through a terminal, its derivative with that flux's density there.
    stationary: whether J follows from the energy of stated displacements, which no change of the others changes.
    least: what the error may be in any case, since the solution does not tell it: of a level, or of a curve's chords.
    """

    load: Floats | None
    change: float | None = None
    of_cell: Floats | None = None
    trace: Floats | None = None
    stationary: bool = False
    least: float = 0.0
