"""Pictures of results: a row of panels for each view, a column for each design, one colour range, one scale."""
