"""Pictures from result folders: one row of panels a view, one column a design, one colour range, one scale."""
