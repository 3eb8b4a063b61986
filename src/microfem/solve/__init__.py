"""A case to its accuracy: first meshes, refinement, errors, deformed geometries, derivatives with a layout."""
