"""The mechanical action of each load: its end motion, its eigenstrains, and the names of its totals.

Each load has one class here and one schema in loads.py; mechanics at small and at finite strain both use this class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from microfem.physics.frame import Case
from microfem.physics.mechanics.action import BENDING, FORCE, MOMENT, Action, Effect, L, Totals, Units, reactions_of
from microfem.physics.mechanics.loads import Bend, Mismatch, OneLoad, OneOf, Press, Stretch, Thermal, ThreePoint, Twist
from microfem.physics.mechanics.misfits import Swelling, Warming, lacking_expansion

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Body
    from microfem.fem.linear_elasticity.end_motions import EndMotion
    from microfem.layout import Layout

STILL = 1e-9  # relative to the size of the load: an end that has turned less has no neutral axis


class Moving(Action[L]):
    """A load that moves the ends; its stiffness is the generalised force over the amount of the motion."""

    force: ClassVar[tuple[str, Units]]
    stiffness: ClassVar[tuple[str, Units]]
    reached: ClassVar[tuple[str, str]]

    def elastic(self, at: Effect) -> Totals:
        """Return the stiffness and the force."""
        return at.total(self.stiffness[0], at.force / at.amount, self.stiffness[1]) | self._force(at)

    def plastic(self, at: Effect) -> Totals:
        """Return the force and the motion reached, which differs from the stated motion once the ends are released."""
        return self._force(at) | {self.reached[0]: (at.amount, self.reached[1])}

    def finite(self, at: Effect) -> Totals:
        """Return the force and the stated numbers."""
        return self._force(at) | self.stated(at.factor)

    def _force(self, at: Effect) -> Totals:
        return at.total(self.force[0], at.force, self.force[1])


class Stretching(Moving[Stretch]):
    """End faces that move apart."""

    force, stiffness, reached = ("axial_force", FORCE), ("axial_stiffness", FORCE), ("end_stretch", "1")

    def motion(self, body: Body, largest_factor: float = 1.0, finite: bool = False) -> EndMotion:  # noqa: ARG002
        """Return the stretch of the ends, the same at small and finite strain."""
        from microfem.fem.linear_elasticity.end_motions import stretch

        return stretch(body, self.load.axis, self.load.strain, self.load.clamped)

    def stated(self, factor: float) -> Totals:
        """Return the strain."""
        return {"strain": (factor * self.load.strain, "1")}

    def finite(self, at: Effect) -> Totals:
        """Return the force on the far end along each axis, and the strain."""
        totals: Totals = {}
        for axis, force in at.reactions.items():
            totals |= at.total("axial_force" if len(at.reactions) == 1 else f"axial_force.{axis}", force, FORCE)
        return totals | self.stated(at.factor)


class Bending(Moving[Bend]):
    """End faces that turn about a line, without axial force."""

    force, stiffness = ("bending_moment", MOMENT), ("bending_stiffness", BENDING)
    reached = ("end_curvature", "1/um")

    def motion(self, body: Body, largest_factor: float = 1.0, finite: bool = False) -> EndMotion:
        """Return the bend: at finite strain the end faces turn rigidly, at small strain they only stay plane."""
        from microfem.fem.linear_elasticity.end_motions import bend

        return bend(body, "x" if self.load.axis == "y" else "y", self.load.radius, largest_factor, finite)

    def stated(self, factor: float) -> Totals:
        """Return the curvature and the radius."""
        bent: Totals = {"curvature": (1e3 * factor / self.load.radius + 0.0, "1/mm")}
        return {**bent, "radius": (self.load.radius / factor, "um")} if factor else bent

    def elastic(self, at: Effect) -> Totals:
        """Return stiffness, moment, curvature and the height of the neutral axis."""
        return super().elastic(at) | {"curvature": (at.amount, "1/um")} | self._neutral(at)

    def plastic(self, at: Effect) -> Totals:
        """Return moment, curvature and, while the body is bent, the height of the neutral axis."""
        return super().plastic(at) | (self._neutral(at) if abs(at.amount) > STILL * abs(at.motion.size) else {})

    def _neutral(self, at: Effect) -> Totals:
        return {"neutral_axis": (at.motion.middle + at.free[0] / at.amount, "um")}

    def finite(self, at: Effect) -> Totals:
        """Return the moment and the curvature."""
        return self._force(at) | {"curvature": (at.amount, "1/um")}


class Twisting(Moving[Twist]):
    """End faces that turn against each other."""

    force, stiffness, reached = ("torque", MOMENT), ("torsional_stiffness", BENDING), ("end_twist", "1/um")

    def motion(self, body: Body, largest_factor: float = 1.0, finite: bool = False) -> EndMotion:  # noqa: ARG002
        """Return the twist, linear in the angle at small strain."""
        from microfem.fem.linear_elasticity.end_motions import twist

        return twist(body, self.load.axis, self.load.over, finite)

    def stated(self, factor: float) -> Totals:
        """Return the stated rate or angle."""
        if self.load.angle is not None:
            return {"angle": (factor * self.load.angle, "rad")}
        return {"rate": (factor * (self.load.rate or 0.0), "1/um")}

    def finite(self, at: Effect) -> Totals:
        """Return the torque and the angle."""
        return self._force(at) | {"angle": (at.amount * at.motion.length, "rad")}


class PushedOver(Moving[ThreePoint]):
    """A line that pushes a body down between two supports."""

    force, stiffness, reached = ("force", FORCE), ("stiffness", ("uN/um", "uN/um2")), ("end_deflection", "um")

    def motion(self, body: Body, largest_factor: float = 1.0, finite: bool = False) -> EndMotion:  # noqa: ARG002
        """Return the deflection between the supports, the same at small and finite strain."""
        from microfem.fem.linear_elasticity.end_motions import three_point

        return three_point(body, self.load.deflection, self.load.span)

    def stated(self, factor: float) -> Totals:
        """Return the deflection."""
        return {"deflection": (factor * self.load.deflection, "um")}


class Pressing(Action[Press]):
    """A pressure on a body with a clamped face."""

    def motion(self, body: Body, largest_factor: float = 1.0, finite: bool = False) -> EndMotion:  # noqa: ARG002
        """Return the clamped face and the pressed facets."""
        from microfem.fem.linear_elasticity.end_motions import press

        return press(body, self.load.on, self.load.side, self.load.fixed, self.load.value)

    def stated(self, factor: float) -> Totals:
        """Return the pressure."""
        return {"pressure": (factor * self.load.value, "MPa")}

    def plastic(self, at: Effect) -> Totals:
        """Return the forces on the clamped face."""
        return reactions_of(at)

    def finite(self, at: Effect) -> Totals:
        """Return the forces on the clamped face, and the pressure."""
        return reactions_of(at) | self.stated(at.factor)


_ACTIONS: Mapping[type[OneLoad], type[Action]] = {  # type: ignore[type-arg]
    Stretch: Stretching,
    Bend: Bending,
    Twist: Twisting,
    ThreePoint: PushedOver,
    Press: Pressing,
    Mismatch: Swelling,
    Thermal: Warming,
}


def action_of(load: OneLoad) -> Action[OneLoad]:
    """Return the action of a load."""
    return _ACTIONS[type(load)](load)


class LoadedCase(Case):
    """A case with one load, in its entry `load`; a path of states is told by the number that the load states."""

    load: OneOf

    def stated(self, at: float) -> Totals:
        """Return the numbers that the load states, times a load factor; none for the loads of rods alone."""
        load = self.load.chosen
        return action_of(load).stated(at) if type(load) in _ACTIONS else {}

    def lacking(self, layout: Layout) -> Iterator[str]:
        """Return what the materials lack for the eigenstrains of the load."""
        return lacking_expansion(self.load.chosen, layout)
