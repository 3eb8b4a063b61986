"""The action of loads that strain a device from within: stated eigenstrains, and thermal expansion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from microfem.base.errors import MicrofemError
from microfem.physics.mechanics.action import Action, Effect, Totals, reactions_of
from microfem.physics.mechanics.loads import Mismatch, OneLoad, Thermal

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Body, Response
    from microfem.fem.linear_elasticity.end_motions import EndMotion
    from microfem.layout import Layout

M = TypeVar("M", Mismatch, Thermal)
MOST = 0.1  # of a free thermal expansion


class Misfit(Action[M]):
    """Regions with an eigenstrain (misfit strain)."""

    def motion(self, body: Body, largest_factor: float = 1.0, finite: bool = False) -> EndMotion:  # noqa: ARG002
        """Return the clamped face."""
        from microfem.fem.linear_elasticity.end_motions import clamp

        return clamp(body, self.load.fixed)

    def plastic(self, at: Effect) -> Totals:
        """Return the forces on the clamped face."""
        return reactions_of(at)

    def finite(self, at: Effect) -> Totals:
        """Return no totals."""
        del at
        return {}

    def shape(self, body: Body, response: Response) -> Totals:
        """Return the curvatures of a free body, which a plan does not show."""
        from microfem.fem.linear_elasticity.bodies import curvatures

        if self.load.fixed is not None or body.space.mesh.dimension == "plan":
            return {}
        return {f"curvature.{axis}": (k, "1/um") for axis, k in curvatures(body, response).items()}


class Swelling(Misfit[Mismatch]):
    """Regions whose eigenstrains are stated."""

    def eigenstrains(self, layout: Layout) -> Mapping[str, float]:
        """Return the stated eigenstrains."""
        del layout
        return self.load.strain


class Warming(Misfit[Thermal]):
    """Parts that expand as their materials do."""

    def eigenstrains(self, layout: Layout) -> Mapping[str, float]:
        """Return the free thermal expansion of each part that carries load."""
        return thermal_strains(self.load, layout)

    def stated(self, factor: float) -> Totals:
        """Return the change of temperature, if it is stated."""
        return {"temperature_change": (factor * self.load.change, "K")} if self.load.change is not None else {}

    def finite(self, at: Effect) -> Totals:
        """Return the change of temperature."""
        return self.stated(at.factor)


def thermal_strains(load: Thermal, layout: Layout) -> dict[str, float]:
    """Return the free thermal expansion of each part that carries load, to the temperature of its material.

    Raises:
        MicrofemError: a material does not state its expansion, or expands by MOST or more.
    """
    from microfem.fem.finite_strain.bodies import is_stiff

    strains = {}
    for name in (one for one in layout.names() if is_stiff(layout, one)):
        material = layout.material(name)
        strains[name] = material.expansion(load.start(material.temperature))
        if abs(strains[name]) >= MOST:
            raise MicrofemError(
                f"material '{material.name}' would expand by {100.0 * strains[name]:.4g} %, which no solid does: check "
                "its thermal_expansion and the change of temperature"
            )
    return strains


def lacking_expansion(load: OneLoad | None, layout: Layout) -> Iterator[str]:
    """Yield what the materials of a layout lack for a thermal load; nothing for other loads."""
    try:
        if isinstance(load, Thermal):
            thermal_strains(load, layout)
    except MicrofemError as error:
        yield str(error)
