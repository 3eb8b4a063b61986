"""Recovery, dual solutions and refinement."""
