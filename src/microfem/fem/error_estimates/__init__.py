"""Gradient recovery, dual-weighted residuals and adaptive refinement."""
