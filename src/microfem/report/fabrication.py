"""The section of a report on fabrication: each design rule with its limit and source, and which designs keep it."""

from __future__ import annotations

from collections.abc import Mapping

from microfem.base.errors import MicrofemError
from microfem.base.units import format_quantity
from microfem.fabrication import Technique, Violation, unchecked, violations
from microfem.report.runs import Run, Runs, table
from microfem.report.wording import section, told
from microfem.results.summary import DesignResult

KEPT = "<span class='good'>✓</span>"
Judged = tuple[tuple[Violation, ...], Mapping[str, str]]  # violations, and why other rules were not checked


def fabrication(runs: Runs) -> str:
    """Return the design rules of the fabrication process of each run, such as its kerf, and the designs that fit."""
    return "".join(_rules(run, run.summary.technique) for run in runs.each if run.summary.technique)


def _rules(run: Run, technique: Technique) -> str:
    judged = {name: _judged(one, technique) for name, one in run.summary.designs.items()}
    rows = []
    for key, limit in technique.limits.items():
        cells = [_verdict(key, one) for one in judged.values()]
        grade = f"{limit.grade}: {limit.source}" + (f"; {limit.note}" if limit.note else "")
        rows.append([told(key), f"<span class='n'>{told(limit.text)}</span>", *cells, told(grade)])
    head = ["design rule", "limit", *(told(run.prefix + name) for name in judged), "source of the limit"]
    before = f"{run.name}: " if run.name else ""
    text = f"<p>{told(technique.description)}. ✓: the design keeps the rule; –: the rule was not checked.</p>"
    return section(f"{told(before)}Fabrication by {told(technique.name)}", text, table(head, rows, "last small"))


def _judged(one: DesignResult, technique: Technique) -> Judged | None:
    """Check the layout of a design; None if this version cannot build it."""
    from microfem.families import build_layout

    try:
        layout = build_layout(one.family, one.params, one.materials, layers=one.layers)
        return violations(layout, technique), unchecked(layout, technique)
    except (MicrofemError, TypeError):  # the family has other parameters in this version
        return None


def _verdict(key: str, judged: Judged | None) -> str:
    """Return a tick, the values that break a rule, or a dash where it was not checked."""
    if judged is None or key in judged[1]:
        return "–"
    broken = [one for one in judged[0] if one.rule == key]
    shown = [f"{told(format_quantity(one.value, one.unit))} at the {told(one.part)}" for one in broken]
    kind = "bad" if any(not one.warning for one in broken) else "ask"
    return f"<span class='{kind}'>{'<br>'.join(shown)}</span>" if broken else KEPT
