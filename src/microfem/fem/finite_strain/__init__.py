"""Solids and sheets at finite strain: laws, pressures, end motions."""
