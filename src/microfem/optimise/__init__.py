"""Search over layouts: trials asked for, run by workers, told, and kept whatever is killed."""
