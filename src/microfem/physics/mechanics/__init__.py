"""Loaded devices: elastic, plastic, at finite strain, rolled up, on surfaces, as rods."""
