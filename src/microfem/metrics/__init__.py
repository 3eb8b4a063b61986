"""Metrics: one decorated function each. Heavy imports stay inside the functions."""

from microfem.metrics.curve import CURVES, SolvedCase, curve
from microfem.metrics.metric import METRICS, Call, Metric, Value, metric, parse_call, warnings

__all__ = [
    "CURVES",
    "METRICS",
    "Call",
    "Metric",
    "SolvedCase",
    "Value",
    "curve",
    "metric",
    "parse_call",
    "warnings",
]
