"""Strained multilayers that roll up."""
