"""Layouts as files for machines, and drawings of such files as layouts: GDSII, OASIS, DXF, SVG, STL, STEP."""

from microfem.cad.write import Order, write_layout

__all__ = ["Order", "write_layout"]
