"""Solids at small strain: elastic and plastic bodies, how they are gripped and loaded."""
