"""Shapes that change: how a mesh follows its layout, and what that does to forms."""
