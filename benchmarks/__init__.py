"""Benchmarks of microfem against other finite-element programs on the same meshes: `python -m benchmarks`."""
