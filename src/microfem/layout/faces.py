"""Names of faces: `anode.xmin` is where the anode ends towards low x, `xmin` where the device does.

A wound layer ends at `anode.inner` and `anode.outer`, whether it is rolled or laid flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SIDES = ("xmin", "xmax", "ymin", "ymax", "zmin", "zmax")
ENDS = ("inner", "outer")  # of a wound layer
AXES = {"3d": "xyz", "plan": "xy", "section": "xz"}  # the coordinates of each view


@dataclass(frozen=True)
class NamedFace:
    """A plane face of the flat layout; parts: regions and films that end there, () for the whole device.

    The face of a film is its edge.
    """

    parts: tuple[str, ...]
    side: str

    @property
    def axis(self) -> str:
        """The coordinate along which the parts end."""
        return self.side[0]

    @property
    def upper(self) -> bool:
        """Whether the parts end at their largest coordinate."""
        return self.side.endswith("max")


def sides_of(dimension: str) -> Sequence[str]:
    """Return the sides that a view has."""
    return [side for side in SIDES if side[0] in AXES[dimension]]
