"""Metrics: one decorated function each. Heavy imports stay inside the functions."""

from microfem.metrics.metric import METRICS, Metric, MetricCall, Value, metric, parse_call

__all__ = ["METRICS", "Metric", "MetricCall", "Value", "metric", "parse_call"]
