"""The pipeline: one design, a whole study, and the processes that share the work."""
