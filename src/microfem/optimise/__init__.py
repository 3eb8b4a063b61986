"""Searches for the best layout: spaces, samplers, trials and what they tell."""
