"""Collectors between cells as sheets: resistances from a material, a thickness, a width and lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from microfem.base.errors import MicrofemError
from microfem.electrochemistry.modules.arrangement import CellArrangement
from microfem.materials import Material, load_material

if TYPE_CHECKING:
    from microfem.layout import Layout


@dataclass(frozen=True, kw_only=True)
class CollectorSheet:
    """A sheet of a material, um thick and wide; pitch: between neighbours along a strip, um; tab: length of a tab."""

    material: str
    thickness: float
    width: float
    pitch: float
    tab: float

    def along(self, layout: Layout, length: float) -> float:
        """Return the resistance of a length, um, in Mohm: L / (sigma d w), since 1 S/m is 1 / (Mohm um).

        Raises:
            MicrofemError: neither the layout nor the library has the material, or it does not conduct.
        """
        conductivity = self.named(layout).value("conductivity")
        if conductivity == 0.0:
            raise MicrofemError(f"material '{self.material}' does not conduct; name one of a collector, such as copper")
        return length / (conductivity * self.thickness * self.width)

    def named(self, layout: Layout) -> Material:
        """Return the material, of the layout or of the library."""
        own = {one.name: one for one in layout.materials.values()}
        return own[self.material] if self.material in own else load_material(self.material)

    def between(self, arrangement: CellArrangement, layout: Layout) -> CellArrangement:
        """Return an arrangement with the resistances of strips and tabs."""
        return replace(arrangement, strip=self.along(layout, self.pitch), tab=self.along(layout, self.tab))
