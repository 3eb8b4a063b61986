"""Techniques of fabrication: what each can make, with sources, and where a layout is beyond it."""

from microfem.fabrication.check import margins, unchecked, violations
from microfem.fabrication.rules import RULES, Violation
from microfem.fabrication.technique import LIMITS, Technique, load_technique, technique_names

__all__ = [
    "LIMITS",
    "RULES",
    "Technique",
    "Violation",
    "load_technique",
    "margins",
    "technique_names",
    "unchecked",
    "violations",
]
