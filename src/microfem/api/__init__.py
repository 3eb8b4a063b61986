"""What programs and notebooks call: studies to run, layouts by keyword, records shown as tables and pictures."""
