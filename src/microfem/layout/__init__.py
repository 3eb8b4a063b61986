"""What is made of what, where: regions, sheets, layouts, placements. Nothing here knows of meshes."""

from microfem.layout.placement import Cylinder, Flat, Placement, Saddle, SphericalCap
from microfem.layout.records import ROLES, Layout, Outline, Region, Sheet, union
from microfem.layout.spiral import Spiral

__all__ = ["ROLES", "Cylinder", "Flat", "Layout", "Outline", "Placement", "Region", "Saddle", "Sheet",
           "SphericalCap", "Spiral", "union"]  # fmt: skip
