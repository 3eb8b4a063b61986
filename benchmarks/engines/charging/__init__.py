"""Engines of the discharge in equal steps: `Engine(size, variant).solve()` returns voltages and iterations."""
