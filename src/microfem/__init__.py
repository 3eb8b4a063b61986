"""microfem."""
