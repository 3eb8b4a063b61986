"""The page of one run or of several: one HTML file that needs nothing else, and its PDF."""

from microfem.report.page import write_index, write_report

__all__ = ["write_index", "write_report"]
