"""Layouts: regions, sheets, terminals, materials and placements. This package does not depend on meshes."""

from microfem.layout.arcs import Circle
from microfem.layout.placement import BentAxis, Composed, Cylinder, Flat, Placement, Saddle, SphericalCap, TwistedAxis
from microfem.layout.records import Counts, Layout, Region, Sheet, union
from microfem.layout.rings import Outline
from microfem.layout.roles import ROLES
from microfem.layout.spiral import Spiral

__all__ = [
    "ROLES",
    "BentAxis",
    "Circle",
    "Composed",
    "Counts",
    "Cylinder",
    "Flat",
    "Layout",
    "Outline",
    "Placement",
    "Region",
    "Saddle",
    "Sheet",
    "SphericalCap",
    "Spiral",
    "TwistedAxis",
    "union",
]
