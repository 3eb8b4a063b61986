"""Physics of electrochemical cells."""
