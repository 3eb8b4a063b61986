"""What a study states of electrostatics: conductors at potentials, constant or alternating."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field as Entry
from pydantic import PlainValidator, WithJsonSchema

from microfem.base.errors import UnitError
from microfem.base.frequencies import Frequencies, OneFrequency
from microfem.base.units import parse_quantity
from microfem.layout.contacts import left_out
from microfem.physics.potential.potential_case import PotentialCase

if TYPE_CHECKING:
    from microfem.layout import Layout


def _volts(value: object) -> float:
    try:
        return parse_quantity(value, "V")
    except UnitError as error:
        raise ValueError(str(error)) from None


Potential = Annotated[float, PlainValidator(_volts), WithJsonSchema({"type": "string", "examples": ["1 V"]})]


class ElectrostaticsCase(PotentialCase):
    """Conductors by name, each at a potential, which alternates where a frequency is stated.

    frequency: of the fields and of metrics that state none; frequencies: of curves. Each is taken from the other where
    it is not stated: the highest of the frequencies, or the one alone.
    """

    physics: Literal["electrostatics"]
    terminals: dict[str, Potential] = Entry(min_length=2)
    frequency: OneFrequency | None = None
    frequencies: Frequencies = ()

    @property
    def alternating(self) -> bool:
        """Whether the potentials alternate, so that dielectrics conduct too."""
        return self.frequency is not None or bool(self.frequencies)

    @property
    def held(self) -> tuple[str, ...]:
        """The terminals of a case that constant potentials drive, () of any other."""
        return () if self.alternating else tuple(self.terminals)

    def conducts(self, layout: Layout, part: str) -> float:
        """Return the relative permittivity of a part, 0 for a film, infinite for a conductor, which states none.

        Along axes it is one of them.
        """
        material = layout.material(part)
        if not material.has("relative_permittivity"):
            return math.inf
        inside = part in {one.name for one in layout.regions}
        return material.properties["relative_permittivity"].value if inside else 0.0

    def lacking(self, layout: Layout) -> Iterator[str]:
        """Return contacts, and electrolytes that would be metals, since they state no permittivity."""
        yield from left_out(layout.contacts, "electrostatics")
        for region in layout.with_role("electrolyte", "separator") if self.alternating else ():
            material = layout.material(region.name)
            if region.name not in self.terminals and not material.has("relative_permittivity"):
                yield (
                    f"'{region.name}' ({material.name}) has no relative_permittivity and would be an ideal conductor; "
                    "state one, and its conductivity"
                )
