"""What every case of a potential states: its view, and the deformed geometry that it is solved on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from microfem.layout.mirrors import mirror_planes
from microfem.layout.repetition import Shortened, shortened
from microfem.physics.frame import Case, On

if TYPE_CHECKING:
    from microfem.layout import Layout
    from microfem.mesh import Mesh

PROPERTIES = ("conductivity", "relative_permittivity")


class PotentialCase(Case):
    """A case of a scalar field, which is also solved in the half section of a layout that is round about an axis.

    symmetry: auto solves on one side of mirror planes x = 0 and y = 0 that layout and terminals have, or with fewer of
    many equal fingers.
    """

    dimension: Literal["3d", "plan", "section", "axisymmetric"] = "3d"  # type: ignore[assignment]
    on: On | None = None
    symmetry: Literal["off", "auto"] = "off"

    def seen(self, layout: Layout) -> Layout:
        """Return the layout with its mirror planes, of which meshes show one side, where symmetry is looked for."""
        faces = [name for name in getattr(self, "terminals", {}) if layout.named_face(name) is not None]
        if self.symmetry == "off" or self.deformed_by or faces or layout.contacts:
            return layout
        return replace(layout, mirrors=mirror_planes(layout, self.dimension, PROPERTIES))

    def shortened(self, layout: Layout) -> tuple[Shortened, ...]:
        """Return the layout with fewer of many equal fingers, the shortest first, where symmetry is looked for.

        Two terminals at potentials drive the case, so that one number, its energy, is known of all fingers.
        """
        if self.symmetry == "off" or self.deformed_by or len(self.held) != 2:
            return ()
        return shortened(layout, self.dimension, self.held, PROPERTIES)

    @property
    def held(self) -> tuple[str, ...]:
        """The terminals of a case that potentials alone drive, () of any other."""
        return ()

    @model_validator(mode="after")
    def check_rings(self) -> PotentialCase:
        """Refuse a section of rings on a deformed geometry.

        Raises:
            ValueError: with the dimension that has one.
        """
        if self.dimension == "axisymmetric" and self.on:
            raise ValueError("dimension: axisymmetric shows the undeformed geometry; use 3d, or leave out `on`")
        return self


def shown_of(mesh: Mesh) -> tuple[str, ...]:
    """Return a remark on which part of the device the mesh shows, () if that is all of it."""
    if mesh.around is not None:
        return ("solved and shown in the half section r, z, with the axis at the left; totals are of the whole device",)
    if planes := " and ".join(f"{axis} = 0" for axis in mesh.layout.mirrors):
        return (f"solved and shown on one side of the mirror plane {planes}; totals are of the whole device",)
    return ()
