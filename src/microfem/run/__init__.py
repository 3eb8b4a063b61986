"""The pipeline of one design and of a whole study, and the processes that share the work."""
