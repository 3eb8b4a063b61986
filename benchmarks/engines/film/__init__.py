"""Engines of the film on a substrate: `Engine(arrays, variant).solve()` returns the force and Newton's iterations."""
