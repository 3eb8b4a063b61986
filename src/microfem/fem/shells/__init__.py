"""Films that are forced onto curved surfaces."""
