"""Derivatives of solutions with the layout."""
