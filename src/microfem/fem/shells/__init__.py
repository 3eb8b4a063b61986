"""Films pressed onto curved surfaces."""
