"""Metrics: one decorated function each. Heavy imports stay inside the functions."""

from microfem.metrics.metric import METRICS, RENAMED, Metric, MetricCall, Value, metric, parse_call, warnings

__all__ = ["METRICS", "RENAMED", "Metric", "MetricCall", "Value", "metric", "parse_call", "warnings"]
