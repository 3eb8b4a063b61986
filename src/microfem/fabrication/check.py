"""A layout held against a technique: violations for people, margins for optimisers, and what is not checked."""

from __future__ import annotations

from microfem.fabrication.layers import crossed, drawn
from microfem.fabrication.rules import REACH, RULES, RuleReading, Violation
from microfem.fabrication.technique import LIMITS, Technique
from microfem.layout import Flat, Layout
from microfem.layout.shapes import SAGITTA

CHORDS = SAGITTA  # relative, by which a distance may be short of its bound: circles are drawn by chords
CLEAR = 1.0 - REACH  # the margin of a layout that is nowhere near a bound


def violations(layout: Layout, technique: Technique) -> tuple[Violation, ...]:
    """Return where a layout is beyond a technique: of each rule and part the worst place, in the order of LIMITS."""
    found = []
    for name in _checked(layout, technique):
        rule, limit = RULES[name], technique.limits[name]
        worst: dict[str, RuleReading] = {}
        for one in sorted(rule.measure(layout, limit.value), key=lambda one: -one.excess):
            worst.setdefault(one.part, one)
        found += [
            Violation(
                rule=name,
                part=one.part,
                place=one.place,
                value=one.value,
                bound=one.bound,
                unit=one.unit,
                source=limit.source,
                warning=rule.warning,
            )
            for one in worst.values()
            if one.excess > CHORDS
        ]
    return tuple(found)


def margins(layout: Layout, technique: Technique) -> dict[str, float]:
    """Return by how much a layout exceeds each bound, relative to it: at most 0 where it can be made, -0.5 the least.

    Constraints of an optimisation. Continuous in the parameters of a layout that keeps its parts; warnings are left
    out, and the keys are the same for all layouts of a family.
    """
    hard = [name for name in _checked(layout, technique) if not RULES[name].warning]
    return {
        name: max([CLEAR, *(one.excess for one in RULES[name].measure(layout, technique.limits[name].value))])
        for name in hard
    }


def unchecked(layout: Layout, technique: Technique) -> dict[str, str]:
    """Return the rules that say nothing of a layout, and why."""
    told = {name: f"{technique.name} states none" for name in LIMITS if name not in technique.limits}
    for name in technique.limits:
        if not drawn(layout):
            told[name] = "the layout has no conductor"
        elif crossed(layout) and not (RULES[name].crossed and (name != "minimum_width" or layout.spiral)):
            told[name] = "the plan is a cross-section"
    if layout.placement != Flat() and not crossed(layout):
        told["placement"] = "measured flat, before it is carried onto its surface"
    return told


def _checked(layout: Layout, technique: Technique) -> list[str]:
    silent = unchecked(layout, technique)
    return [name for name in LIMITS if name not in silent]
