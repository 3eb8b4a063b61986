"""What everything stands on: errors, units, registries, progress, files with places, memory."""
