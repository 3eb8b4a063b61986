"""Shares of simplices above a level."""
