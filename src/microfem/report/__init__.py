"""The report on one or more runs: one self-contained HTML file, and its PDF."""

from microfem.report.page import write_index, write_report

__all__ = ["write_index", "write_report"]
