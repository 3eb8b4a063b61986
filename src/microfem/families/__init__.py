"""Families of layouts, one file each. A family is one function: its signature gives its schema and documentation."""

from microfem.families.family import FAMILIES, Family, Param, build_layout, family, require

__all__ = ["FAMILIES", "Family", "Param", "build_layout", "family", "require"]
