"""What every case of a potential states: its view, and the deformed geometry that it is solved on."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from microfem.physics.frame import Case, On


class PotentialCase(Case):
    """A case of a scalar field, which is also solved in the half section of a layout that is round about an axis."""

    dimension: Literal["3d", "plan", "section", "axisymmetric"] = "3d"  # type: ignore[assignment]
    on: On | None = None

    @model_validator(mode="after")
    def check_rings(self) -> PotentialCase:
        """Refuse a section of rings on a deformed geometry.

        Raises:
            ValueError: with the dimension that has one.
        """
        if self.dimension == "axisymmetric" and self.on:
            raise ValueError("dimension: axisymmetric shows the undeformed geometry; use 3d, or leave out `on`")
        return self
