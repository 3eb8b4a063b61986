"""Roll-up of multilayers with misfit strain."""
