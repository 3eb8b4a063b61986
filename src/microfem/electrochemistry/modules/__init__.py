"""Modules: cells in series and in parallel with their collectors, from a case to a path in time."""
