"""Rods and their cross-sections: bending, twist, buckling."""
