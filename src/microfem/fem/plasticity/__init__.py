"""Elastic-plastic bodies at small strain."""
