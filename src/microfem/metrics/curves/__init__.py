"""Curves of a case, one file each."""
