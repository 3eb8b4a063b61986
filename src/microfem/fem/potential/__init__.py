"""Potentials between terminals, and the balanced fluxes that prove bounds of their energy."""
