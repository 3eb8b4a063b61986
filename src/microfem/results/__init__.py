"""What a run leaves: folders, fields, tables, and how runs compare."""
