"""The check of a layout against a fabrication process: violations, margins for optimisers, rules not checked."""

from __future__ import annotations

from microfem.fabrication.layers import crossed, drawn
from microfem.fabrication.rules import REACH, RULES, RuleReading, Violation
from microfem.fabrication.technique import LIMITS, Technique
from microfem.layout import Flat, Layout
from microfem.layout.shapes import SAGITTA

CHORDS = SAGITTA  # relative excess over a bound that is allowed, since outlines approximate circles by chords
CLEAR = 1.0 - REACH  # the margin of a layout far from a bound


def violations(layout: Layout, technique: Technique) -> tuple[Violation, ...]:
    """Return the worst violation of each design rule for each part, in the order of LIMITS."""
    violated = []
    for name in _checked(layout, technique):
        rule, limit = RULES[name], technique.limits[name]
        worst: dict[str, RuleReading] = {}
        for reading in sorted(rule.measure(layout, limit.value), key=lambda reading: -reading.excess):
            worst.setdefault(reading.part, reading)
        violated += [
            Violation(
                rule=name,
                part=reading.part,
                place=reading.place,
                value=reading.value,
                bound=reading.bound,
                unit=reading.unit,
                source=limit.source,
                warning=rule.warning,
            )
            for reading in worst.values()
            if reading.excess > CHORDS
        ]
    return tuple(violated)


def margins(layout: Layout, technique: Technique) -> dict[str, float]:
    """Return the relative excess of a layout over each bound: at most 0 for a layout that can be made, -0.5 at least.

    Optimisers use it as constraints: it is continuous in the parameters of a layout while its parts stay the same, and
    all layouts of a family have the same keys. Rules that only warn are left out.
    """
    hard = [name for name in _checked(layout, technique) if not RULES[name].warning]
    return {
        name: max([CLEAR, *(one.excess for one in RULES[name].measure(layout, technique.limits[name].value))])
        for name in hard
    }


def unchecked(layout: Layout, technique: Technique) -> dict[str, str]:
    """Return the design rules that do not apply to a layout, each with its reason."""
    reasons = {name: f"{technique.name} states none" for name in LIMITS if name not in technique.limits}
    for name in technique.limits:
        if not drawn(layout):
            reasons[name] = "the layout has no conductor"
        elif crossed(layout) and not (RULES[name].crossed and (name != "minimum_width" or layout.spiral)):
            reasons[name] = "the plan is a cross-section"
    if layout.placement != Flat() and not crossed(layout):
        reasons["placement"] = "the rules are checked on the flat layout, before its placement"
    return reasons


def _checked(layout: Layout, technique: Technique) -> list[str]:
    skipped = unchecked(layout, technique)
    return [name for name in LIMITS if name not in skipped]
