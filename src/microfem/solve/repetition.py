"""A device of many equal fingers from one of few: proven bounds of its energy without solving all of it.

Planes through the middles of fingers cut the device into strips, each the mirror image of the next. The energy of the
terminals, sum V I, is the minimum over potentials and the maximum over fluxes (Thomson's principle), so that

* any potential gives an upper bound: that of a device with fewer strips, with a strip and its mirror image inserted
  over and over, which fits since both agree on their planes;
* any flux gives a lower bound: those of the ends and of one strip, each solved with insulation on the planes, so that
  no flux has to fit.

Both ends of the interval are those of the whole device. What the ends change in the middle falls exponentially with
their distance; the interval contains it, and more strips make it smaller.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace

from microfem.base.errors import MicrofemError
from microfem.layout import Layout
from microfem.layout.repetition import Shortened
from microfem.metrics import Call
from microfem.physics import Case, Solution
from microfem.physics.potential.solution import PotentialSolution
from microfem.solve.ending import Ended, Reason
from microfem.solve.error_series import Measured, excess
from microfem.solve.first_mesh import shortened_for, told_whole
from microfem.solve.refinement import measure, solve_layout
from microfem.study.records import Limits

Found = tuple[Solution, Measured, Ended]
OWN = 0.7  # accuracy of each part relative to that of the whole, since bounds of different parts make its interval


def solve_device(
    layout: Layout, case: Case, calls: Mapping[str, Call], accuracy: Mapping[str, float], limits: Limits
) -> Found:
    """Solve a case on a layout, see `solve_layout`; where symmetry is looked for, on one with fewer equal fingers."""
    started, best = time.perf_counter(), None
    for shortened in (*shortened_for(layout, case, calls), None):
        spent = time.perf_counter() - started
        try:
            if shortened is None:
                found = solve_layout(layout, case, calls, accuracy, limits, spent)
            else:
                found = _solve_short(shortened, case, calls, accuracy, limits, spent)
        except MicrofemError as error:
            if best is None:
                raise
            return *best[:2], Ended(Reason.FAILED, str(error))  # what fewer fingers gave stays
        if best is None or _excess(found, accuracy) < _excess(best, accuracy):
            best = found
        if found[2].reason != Reason.ACCURATE or _excess(found, accuracy) <= 1.0:
            break
    assert best is not None
    solution, measured, ended = best
    remarks = (*solution.remarks, *told_whole(layout, case, calls))
    return replace(solution, remarks=remarks), measured, ended


def _excess(found: Found, accuracy: Mapping[str, float]) -> float:
    return excess(found[1], accuracy, math.inf)[0]


def _solve_short(
    shortened: Shortened,
    case: Case,
    calls: Mapping[str, Call],
    accuracy: Mapping[str, float],
    limits: Limits,
    spent: float,
) -> Found:
    """Return the solution with fewer fingers, with the terminals of the whole device and bounds of its energy."""
    lower, ends, started = 0.0, list[Ended](), time.perf_counter() - spent
    stated, own = case.model_copy(update={"symmetry": "off"}), {name: OWN * one for name, one in accuracy.items()}
    for layout, count in (*shortened.pieces, (shortened.short, 0)):
        solution, _, ended = solve_layout(layout, stated, calls, own, limits, time.perf_counter() - started)
        assert isinstance(solution, PotentialSolution)
        assert solution.bounds is not None
        lower += count * solution.bounds.lower
        ends.append(ended)
    whole = _whole(shortened, solution, lower)
    return whole, measure(whole, calls), next((end for end in ends if end.reason != Reason.ACCURATE), ends[-1])


def _whole(shortened: Shortened, short: Solution, lower: float) -> PotentialSolution:
    """Return the solution with fewer fingers, with terminals and bounds of the energy of the whole device."""
    from microfem.fem.potential.strip import share_between

    assert isinstance(short, PotentialSolution)
    assert short.bounds is not None
    unit, values = short.terminal_field.unit, short.terminal_field.values
    share = share_between(unit.space, unit.coefficient, values, *shortened.strip)
    upper = short.bounds.upper * (1.0 + (shortened.count - shortened.kept) * share)
    whole = short.with_energy(0.5 * (lower + upper))
    told = f"solved and shown with {shortened.kept} of the {shortened.count} equal strips between middles of fingers"
    return replace(
        whole,
        bounds=replace(short.bounds, lower=lower, upper=upper),
        totals=whole.terminals.totals,
        solved=None,
        remarks=(*short.remarks, f"{told}; totals and proven bounds are of the whole device"),
    )
