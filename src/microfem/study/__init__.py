"""Studies: the shape of their files, their records, how they are read."""
