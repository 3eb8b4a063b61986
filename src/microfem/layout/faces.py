"""Names of faces: `anode.xmin` is where the anode ends towards low x, `xmin` where the device does.

A wound layer ends at `anode.inner` and `anode.outer`, whether it is rolled or laid flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from microfem.base.errors import MicrofemError

if TYPE_CHECKING:
    from microfem.layout.records import Layout

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


def find_face(layout: Layout, name: str) -> NamedFace | None:
    """Return the face of that name of a layout, None if it names no face.

    Raises:
        MicrofemError: the face is one of a part or terminal that the layout does not have, or that does not end there.
    """
    owner, dot, side = name.rpartition(".")
    if name in layout.names() or side not in (*SIDES, *ENDS) or (dot and not owner):
        return None
    parts = layout.terminal(owner) if owner else ()
    if (owner,) == parts and owner not in layout.names():
        raise MicrofemError(f"'{owner}' is a face and has none itself, so that there is no '{name}'")
    if side in ENDS and not (layout.spiral and layout.spiral.has(owner)):
        raise MicrofemError(f"'{owner}' is no wound layer, which alone has an {side} end; state {', '.join(SIDES)}")
    if layout.reach and (not owner or any(layout.part(part).role == "medium" for part in parts)):
        raise MicrofemError(f"there is no '{name}': the medium around the device has no end")
    return NamedFace(parts, side)


def sides_of(dimension: str) -> Sequence[str]:
    """Return the sides that a view has."""
    return [side for side in SIDES if side[0] in AXES[dimension]]
