"""What each load does to a body: its end motion, its eigenstrains, and the names of what it yields.

A load is one class here and one schema in loads.py; mechanics at small and at finite strain read it from here alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from microfem.physics.frame import Case
from microfem.physics.mechanics.loads import Bend, Mismatch, OneLoad, Press, Stretch, ThreePoint, Twist

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Body, Response
    from microfem.fem.linear_elasticity.end_motions import EndMotion

Totals = dict[str, tuple[float, str]]
Units = tuple[str, str]  # of a whole body, and per um of depth
L = TypeVar("L", bound=OneLoad)

FORCE: Units = ("uN", "uN/um")
MOMENT: Units = ("uN um", "uN")
BENDING: Units = ("uN um2", "uN um")
ENERGY: Units = ("pJ", "pJ/um")
STILL = 1e-9  # of the size of a load: an end that has moved less has no neutral axis


@dataclass(frozen=True)
class Effect:
    """What a load has brought about at an equilibrium, by the end motion that it is.

    factor: of the load; force: generalised, work-conjugate to the amount; amount: of the motion, in the unit of its
    size; free: amounts of its free modes; reactions: by direction; whole: whether forces are those of a whole body and
    not per um of depth.
    """

    motion: EndMotion
    whole: bool
    factor: float
    force: float
    amount: float
    free: tuple[float, ...] = ()
    reactions: Mapping[str, float] = field(default_factory=dict)

    def told(self, name: str, value: float, units: Units) -> Totals:
        """Return one total in the unit that it has here."""
        return {name: (value, units[0 if self.whole else 1])}


@dataclass(frozen=True)
class Action(ABC, Generic[L]):
    """What one load means to mechanics. Totals are named by it, in the three kinds of mechanics that there are."""

    load: L

    @property
    def eigenstrains(self) -> Mapping[str, float]:
        """Mismatch strains that the load states, by region or role."""
        return {}

    @abstractmethod
    def motion(self, body: Body, most: float = 1.0, finite: bool = False) -> EndMotion:
        """Return how the load moves a body; most: its largest factor; finite: at finite strain."""

    def stated(self, factor: float) -> Totals:
        """Return what the load states in numbers, times a factor."""
        del factor
        return {}

    def elastic(self, at: Effect) -> Totals:
        """Name what the load yields at small strain of an elastic body."""
        return self.plastic(at)

    @abstractmethod
    def plastic(self, at: Effect) -> Totals:
        """Name what the load yields at small strain of a body that may flow, whose ends may be let go."""

    @abstractmethod
    def finite(self, at: Effect) -> Totals:
        """Name what the load yields at finite strain."""

    def shape(self, body: Body, response: Response) -> Totals:
        """Name what the strain of the whole body tells at small strain."""
        del body, response
        return {}


class Moving(Action[L]):
    """A load that moves the ends: a generalised force over the amount of the motion is a stiffness."""

    force: ClassVar[tuple[str, Units]]
    stiffness: ClassVar[tuple[str, Units]]
    reached: ClassVar[tuple[str, str]]

    def elastic(self, at: Effect) -> Totals:
        """Name the stiffness and the force."""
        return at.told(self.stiffness[0], at.force / at.amount, self.stiffness[1]) | self._force(at)

    def plastic(self, at: Effect) -> Totals:
        """Name the force and the motion that is reached, which differs from the stated one where ends are let go."""
        return self._force(at) | {self.reached[0]: (at.amount, self.reached[1])}

    def finite(self, at: Effect) -> Totals:
        """Name the force and what is stated."""
        return self._force(at) | self.stated(at.factor)

    def _force(self, at: Effect) -> Totals:
        return at.told(self.force[0], at.force, self.force[1])


class Stretching(Moving[Stretch]):
    """Ends that move apart."""

    force, stiffness, reached = ("axial_force", FORCE), ("axial_stiffness", FORCE), ("end_stretch", "1")

    def motion(self, body: Body, most: float = 1.0, finite: bool = False) -> EndMotion:  # noqa: ARG002
        """Return it; the same at small and finite strain."""
        from microfem.fem.linear_elasticity.end_motions import stretch

        return stretch(body, self.load.axis, self.load.strain, self.load.clamped)

    def stated(self, factor: float) -> Totals:
        """Return the strain."""
        return {"strain": (factor * self.load.strain, "1")}

    def finite(self, at: Effect) -> Totals:
        """Name the force along each axis, as the far end feels it, and the strain."""
        told: Totals = {}
        for axis, force in at.reactions.items():
            told |= at.told("axial_force" if len(at.reactions) == 1 else f"axial_force.{axis}", force, FORCE)
        return told | self.stated(at.factor)


class Bending(Moving[Bend]):
    """Ends that turn about a line, without axial force."""

    force, stiffness = ("bending_moment", MOMENT), ("bending_stiffness", BENDING)
    reached = ("end_curvature", "1/um")

    def motion(self, body: Body, most: float = 1.0, finite: bool = False) -> EndMotion:
        """Return it: faces that turn rigidly at finite strain, and only stay plane at small strain."""
        from microfem.fem.linear_elasticity.end_motions import bend

        return bend(body, "x" if self.load.axis == "y" else "y", self.load.radius, most, finite)

    def stated(self, factor: float) -> Totals:
        """Return curvature and radius."""
        bent: Totals = {"curvature": (1e3 * factor / self.load.radius + 0.0, "1/mm")}
        return {**bent, "radius": (self.load.radius / factor, "um")} if factor else bent

    def elastic(self, at: Effect) -> Totals:
        """Name stiffness, moment, curvature, and the height at which lengths stay."""
        return super().elastic(at) | {"curvature": (at.amount, "1/um")} | self._neutral(at)

    def plastic(self, at: Effect) -> Totals:
        """Name moment, curvature, and the height at which lengths stay while there is a curvature."""
        return super().plastic(at) | (self._neutral(at) if abs(at.amount) > STILL * abs(at.motion.size) else {})

    def _neutral(self, at: Effect) -> Totals:
        return {"neutral_axis": (at.motion.middle + at.free[0] / at.amount, "um")}

    def finite(self, at: Effect) -> Totals:
        """Name moment and curvature."""
        return self._force(at) | {"curvature": (at.amount, "1/um")}


class Twisting(Moving[Twist]):
    """Ends that turn against each other."""

    force, stiffness, reached = ("torque", MOMENT), ("torsional_stiffness", BENDING), ("end_twist", "1/um")

    def motion(self, body: Body, most: float = 1.0, finite: bool = False) -> EndMotion:  # noqa: ARG002
        """Return it, linear in the angle at small strain."""
        from microfem.fem.linear_elasticity.end_motions import twist

        return twist(body, self.load.axis, self.load.over, finite)

    def stated(self, factor: float) -> Totals:
        """Return the rate or the angle, whichever is stated."""
        if self.load.angle is not None:
            return {"angle": (factor * self.load.angle, "rad")}
        return {"rate": (factor * (self.load.rate or 0.0), "1/um")}

    def finite(self, at: Effect) -> Totals:
        """Name torque and angle."""
        return self._force(at) | {"angle": (at.amount * at.motion.length, "rad")}


class PushedOver(Moving[ThreePoint]):
    """A line that pushes a body down between two supports."""

    force, stiffness, reached = ("force", FORCE), ("stiffness", ("uN/um", "uN/um2")), ("end_deflection", "um")

    def motion(self, body: Body, most: float = 1.0, finite: bool = False) -> EndMotion:  # noqa: ARG002
        """Return it; the same at small and finite strain."""
        from microfem.fem.linear_elasticity.end_motions import three_point

        return three_point(body, self.load.deflection, self.load.span)

    def stated(self, factor: float) -> Totals:
        """Return the deflection."""
        return {"deflection": (factor * self.load.deflection, "um")}


class Pressing(Action[Press]):
    """A pressure on a body with a clamped face."""

    def motion(self, body: Body, most: float = 1.0, finite: bool = False) -> EndMotion:  # noqa: ARG002
        """Return what is clamped and what pushes."""
        from microfem.fem.linear_elasticity.end_motions import press

        return press(body, self.load.on, self.load.side, self.load.fixed, self.load.value)

    def stated(self, factor: float) -> Totals:
        """Return the pressure."""
        return {"pressure": (factor * self.load.value, "MPa")}

    def plastic(self, at: Effect) -> Totals:
        """Name the forces on the clamped face."""
        return _reactions(at)

    def finite(self, at: Effect) -> Totals:
        """Name the forces on the clamped face, and the pressure."""
        return _reactions(at) | self.stated(at.factor)


class Swelling(Action[Mismatch]):
    """Regions that would change their lengths."""

    @property
    def eigenstrains(self) -> Mapping[str, float]:
        """Those that are stated."""
        return self.load.strain

    def motion(self, body: Body, most: float = 1.0, finite: bool = False) -> EndMotion:  # noqa: ARG002
        """Return what is clamped."""
        from microfem.fem.linear_elasticity.end_motions import clamp

        return clamp(body, self.load.fixed)

    def plastic(self, at: Effect) -> Totals:
        """Name the forces on the clamped face."""
        return _reactions(at)

    def finite(self, at: Effect) -> Totals:
        """Name nothing."""
        del at
        return {}

    def shape(self, body: Body, response: Response) -> Totals:
        """Name the curvatures of a free body, which a plan does not show."""
        from microfem.fem.linear_elasticity.bodies import curvatures

        if self.load.fixed is not None or body.space.mesh.dimension == "plan":
            return {}
        return {f"curvature.{axis}": (k, "1/um") for axis, k in curvatures(body, response).items()}


def _reactions(at: Effect) -> Totals:
    told: Totals = {}
    for axis, force in at.reactions.items():
        told |= at.told(f"reaction.{axis}", force, FORCE)
    return told


_ACTIONS: Mapping[type[OneLoad], type[Action]] = {  # type: ignore[type-arg]
    Stretch: Stretching,
    Bend: Bending,
    Twist: Twisting,
    ThreePoint: PushedOver,
    Press: Pressing,
    Mismatch: Swelling,
}


def action_of(load: OneLoad) -> Action[OneLoad]:
    """Return what a load does."""
    return _ACTIONS[type(load)](load)


def stated(case: Case, factor: float) -> Totals:
    """Return what the load of a case states in numbers, times a factor; nothing of a case without such a load."""
    load = getattr(getattr(case, "load", None), "chosen", None)
    return action_of(load).stated(factor) if isinstance(load, OneLoad) and type(load) in _ACTIONS else {}
