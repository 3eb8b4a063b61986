"""Figures that others report of microbatteries and microsupercapacitors, to stand beside computed ones."""

from microfem.literature.reported import REVIEW, Reported, read_reported, reported

__all__ = ["REVIEW", "Reported", "read_reported", "reported"]
