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

import time
from collections.abc import Mapping
from dataclasses import replace

from microfem.layout import Layout
from microfem.layout.repetition import Shortened, shorten
from microfem.metrics import METRICS, Call
from microfem.physics import Case, Solution
from microfem.physics.potential.potential_case import PotentialCase
from microfem.physics.potential.solution import PotentialSolution
from microfem.solve.ending import Ended, Reason
from microfem.solve.error_series import Measured, excess
from microfem.solve.refinement import measure, solve_layout
from microfem.study.records import Limits

KEPT = (3, 7)  # strips of the device that is solved, of one that is solved where that is not enough
OWN = 0.7  # accuracy of each part relative to that of the whole, since bounds of different parts make its interval


def solve_device(
    layout: Layout, case: Case, calls: Mapping[str, Call], accuracy: Mapping[str, float], limits: Limits
) -> tuple[Solution, Measured, Ended]:
    """Solve a case on a layout, see `solve_layout`; where symmetry is looked for, on one with fewer equal fingers."""
    started = time.perf_counter()
    for shortened in shortened_for(layout, case, calls):
        left = replace(limits, seconds=limits.seconds - (time.perf_counter() - started))
        solution, measured, ended = _solve_short(shortened, case, calls, accuracy, left)
        if ended.reason != Reason.ACCURATE or excess(measured, accuracy, 0.0)[0] <= 1.0:
            return solution, measured, ended
    return solve_layout(layout, case, calls, accuracy, limits)


def shortened_for(layout: Layout, case: Case, calls: Mapping[str, Call]) -> tuple[Shortened, ...]:
    """Return the layouts with fewer fingers that may stand for a layout, the shortest first.

    There is none for metrics that do not follow from the energy, since they are of all fingers.
    """
    if (
        not calls
        or not isinstance(case, PotentialCase)
        or not all(METRICS.get(c.name).of_energy for c in calls.values())
    ):
        return ()
    strips = case.strips(layout)
    found = [shorten(layout, strips, kept) for kept in KEPT] if strips else []
    return tuple(one for one in found if one is not None)


def _solve_short(
    shortened: Shortened, case: Case, calls: Mapping[str, Call], accuracy: Mapping[str, float], limits: Limits
) -> tuple[Solution, Measured, Ended]:
    """Return the solution with fewer fingers, with the terminals of the whole device and bounds of its energy."""
    from microfem.fem.potential.strip import share_between

    started, lower = time.perf_counter(), 0.0
    case, own = case.model_copy(update={"symmetry": "off"}), {name: OWN * one for name, one in accuracy.items()}
    ends = []
    for layout, count in (*shortened.pieces, (shortened.short, 0)):
        left = replace(limits, seconds=limits.seconds - (time.perf_counter() - started))
        solution, _, ended = solve_layout(layout, case, calls, own, left)
        assert isinstance(solution, PotentialSolution) and solution.bounds is not None
        lower += count * solution.bounds.lower
        ends.append(ended)
    unit = solution.terminal_field.unit
    share = share_between(unit.space, unit.coefficient, solution.terminal_field.values, *shortened.strip)
    inserted, upper = shortened.count - shortened.kept, solution.bounds.upper
    bounds = replace(solution.bounds, lower=lower, upper=upper * (1.0 + inserted * share))
    whole = solution.with_energy(0.5 * (bounds.lower + bounds.upper))
    told = f"solved and shown with {shortened.kept} of the {shortened.count} equal strips between middles of fingers"
    remarks = (*solution.remarks, f"{told}; totals and proven bounds are of the whole device")
    whole = replace(whole, bounds=bounds, totals=whole.terminals.totals, solved=None, remarks=remarks)
    return whole, measure(whole, calls), next((end for end in ends if end.reason != Reason.ACCURATE), ends[-1])
