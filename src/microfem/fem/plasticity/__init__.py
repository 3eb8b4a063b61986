"""Bodies whose metals flow."""
