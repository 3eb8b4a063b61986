"""Export of layouts for fabrication (GDSII, OASIS, DXF, SVG, STL, STEP), and import of drawings as layouts."""

from microfem.cad.write import Order, write_layout

__all__ = ["Order", "write_layout"]
