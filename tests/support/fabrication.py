"""Techniques of fabrication made for tests, and what breaks their limits."""

from __future__ import annotations

from microfem.fabrication import LIMITS, Technique, violations
from microfem.layout import Layout
from microfem.materials import Property

COMB = {"finger_pairs": 2, "anode_width": 160.0, "cathode_width": 160.0, "busbar_width": 160.0, "gap": 100.0}


def technique(**limits: float) -> Technique:
    """Return a technique of these limits alone."""
    return Technique(
        "test", "made for a test", {k: Property(value=v, unit=LIMITS[k], source="this test") for k, v in limits.items()}
    )


def broken(layout: Layout, **limits: float) -> list[str]:
    """Return the rules that a layout breaks, warnings aside."""
    return [one.rule for one in violations(layout, technique(**limits)) if not one.warning]
