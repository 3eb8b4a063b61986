"""Collectors between cells as sheets: resistances from a material, a thickness, a width and lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace

from microfem.base.errors import MicrofemError
from microfem.electrochemistry.modules.arrangement import CellArrangement
from microfem.materials import Material


@dataclass(frozen=True, kw_only=True)
class CollectorSheet:
    """A sheet of a material, um thick and wide; pitch: between neighbours along a strip, um; tab: length of a tab."""

    material: Material
    thickness: float
    width: float
    pitch: float
    tab: float

    def along(self, length: float, kelvin: float) -> float:
        """Return the resistance of a length, um, in Mohm: L / (sigma d w), since 1 S/m is 1 / (Mohm um).

        Raises:
            MicrofemError: the material has no conductivity at the temperature, or does not conduct.
        """
        conductivity = self.material.warmed(kelvin).value("conductivity")
        if conductivity == 0.0:
            name = self.material.name
            raise MicrofemError(f"material '{name}' does not conduct; name one of a collector, such as copper")
        return length / (conductivity * self.thickness * self.width)

    def between(self, arrangement: CellArrangement, kelvin: float) -> CellArrangement:
        """Return an arrangement with the resistances of strips and tabs at a temperature."""
        return replace(arrangement, strip=self.along(self.pitch, kelvin), tab=self.along(self.tab, kelvin))
