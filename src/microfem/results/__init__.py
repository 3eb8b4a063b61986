"""Results of runs: folders, fields, tables, comparison."""
