"""What the action of a load is: its end motion, its eigenstrains, and the names of its totals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from microfem.physics.mechanics.loads import OneLoad

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Body, Response
    from microfem.fem.linear_elasticity.end_motions import EndMotion
    from microfem.layout import Layout

Totals = dict[str, tuple[float, str]]
Units = tuple[str, str]  # for a whole body, and per um of depth
L = TypeVar("L", bound=OneLoad)

FORCE: Units = ("uN", "uN/um")
MOMENT: Units = ("uN um", "uN")
BENDING: Units = ("uN um2", "uN um")
ENERGY: Units = ("pJ", "pJ/um")


@dataclass(frozen=True, kw_only=True)
class Effect:
    """The forces and amplitudes of a load's end motion at an equilibrium.

    factor: load factor; force: generalised force, work-conjugate to the amount; amount: of the motion, in the unit of
    its size; free: amplitudes of its free modes; reactions: by direction; whole: True for forces of a whole body, False
    for forces per um of depth.
    """

    motion: EndMotion
    whole: bool
    factor: float
    force: float
    amount: float
    free: tuple[float, ...] = ()
    reactions: Mapping[str, float] = field(default_factory=dict)

    def total(self, name: str, value: float, units: Units) -> Totals:
        """Return a total with its unit, for a whole body or per um of depth."""
        return {name: (value, units[0 if self.whole else 1])}


@dataclass(frozen=True)
class Action(ABC, Generic[L]):
    """The action of one load; it names the totals at small strain (elastic, plastic) and at finite strain."""

    load: L

    def eigenstrains(self, layout: Layout) -> Mapping[str, float]:
        """Return the eigenstrains of the load in a layout, by region or role.

        Raises:
            MicrofemError: a material lacks what they follow from.
        """
        del layout
        return {}

    @abstractmethod
    def motion(self, body: Body, largest_factor: float = 1.0, finite: bool = False) -> EndMotion:
        """Return the end motion of a body; largest_factor: the largest load factor; finite: at finite strain."""

    def stated(self, factor: float) -> Totals:
        """Return the numbers that the load states, times a load factor."""
        del factor
        return {}

    def elastic(self, at: Effect) -> Totals:
        """Return the totals at small strain of an elastic body."""
        return self.plastic(at)

    @abstractmethod
    def plastic(self, at: Effect) -> Totals:
        """Return the totals at small strain of a body that may yield, whose ends may be released."""

    @abstractmethod
    def finite(self, at: Effect) -> Totals:
        """Return the totals at finite strain."""

    def shape(self, body: Body, response: Response) -> Totals:
        """Return the totals that follow from the strain of the whole body at small strain."""
        del body, response
        return {}


def reactions_of(at: Effect) -> Totals:
    """Return the forces on the clamped face."""
    totals: Totals = {}
    for axis, force in at.reactions.items():
        totals |= at.total(f"reaction.{axis}", force, FORCE)
    return totals
