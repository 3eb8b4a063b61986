"""Potentials between terminals, and equilibrated fluxes for guaranteed bounds of their energy."""
