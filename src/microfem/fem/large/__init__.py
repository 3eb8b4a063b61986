"""Solids and sheets at large strain: laws, cells, grips, and strips that roll themselves up."""
