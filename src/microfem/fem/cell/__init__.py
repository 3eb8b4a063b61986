"""The equations of an electrochemical cell: fields, reaction sites, terminals."""
