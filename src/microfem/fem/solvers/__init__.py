"""Sums of element matrices and solvers: linear systems, small and large, and equilibria along a path."""
