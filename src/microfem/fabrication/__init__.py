"""Fabrication processes with their design rules and sources, and the check of a layout against them."""

from microfem.fabrication.check import margins, unchecked, violations
from microfem.fabrication.rules import RULES, Violation
from microfem.fabrication.technique import (
    LIMITS,
    Technique,
    load_technique,
    read_technique,
    stated_technique,
    technique_names,
)

__all__ = [
    "LIMITS",
    "RULES",
    "Technique",
    "Violation",
    "load_technique",
    "margins",
    "read_technique",
    "stated_technique",
    "technique_names",
    "unchecked",
    "violations",
]
