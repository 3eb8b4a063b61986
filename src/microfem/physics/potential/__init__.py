"""Potential problems between terminals: conduction, electrostatics."""
