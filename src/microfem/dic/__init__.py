"""Digital image correlation: maps that a camera measured, and what of a computed field it would see."""
