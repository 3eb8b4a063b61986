"""Export of layouts for fabrication (GDSII, OASIS, DXF, SVG, STL, STEP), and import of drawings as layouts."""

from microfem.cad.write import Order, remarks, write_layout

__all__ = ["Order", "remarks", "write_layout"]
