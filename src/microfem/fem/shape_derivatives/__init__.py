"""Derivatives of solutions by the layout."""
