"""Solve a case to its accuracy: first meshes, refinement, errors, deformed geometries, shape sensitivities."""
