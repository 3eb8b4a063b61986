"""The foundation of all packages: errors, units, registries, progress, YAML with line numbers, memory."""
