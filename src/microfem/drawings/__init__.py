"""Import of drawings: files to shapes (`gds`, `dxf`), shapes to outlines (`heal`), outlines to roles (`pieces`)."""
