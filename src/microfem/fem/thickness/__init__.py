"""The thickness of a film as a field: the least loss for a given mass, by an interior-point method, and its bounds."""
