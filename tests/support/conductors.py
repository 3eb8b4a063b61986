"""Conductors between two terminals, and what flows through them."""

from __future__ import annotations

from support.materials import medium
from support.solving import solve_conduction

LIQUID = {"electrolyte": medium(1.0)}


def unit_conductance(mesh, order=2):
    """Return G at sigma = 1 S/m."""
    return solve_conduction(mesh, order).totals["current.anode"][0]
