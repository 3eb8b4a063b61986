"""Solids and sheets at finite strain: laws, tangent stiffness, follower pressure."""
