"""The finite-element core: spaces, affine kernels, linear solves. Knows meshes, not physics."""
