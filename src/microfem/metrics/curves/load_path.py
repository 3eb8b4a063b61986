"""Metrics and totals along a load path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microfem.base.series import Look, Series
from microfem.metrics.curve import SolvedCase, State, curve

FACTOR = "load factor"  # the abscissa for loads that state no number
SAME = {"curvature": "radius"}  # a stated number -> a total that repeats it


@curve("path", Look(title="Along the load"), always=True)
def along_path(case: SolvedCase) -> Iterator[Series]:
    """Metrics of each state of a load path, then the totals, against the number that the load states."""
    states = case.states
    if not states or (case.solution.traced and not case.solution.case.deformed_by):
        return
    stated = states[-1].stated
    for name in dict.fromkeys(name for state in states for name in state.values):
        known = [state for state in states if name in state.values]
        values = [state.values[name] for state in known]
        yield _line(name, values[-1].unit, known, [v.value for v in values], [v.error for v in values])
    for name in dict.fromkeys(name for state in states for name in state.numbers):
        if name not in (stated, SAME.get(stated)):
            known = [state for state in states if name in state.numbers]
            numbers = [state.numbers[name] for state in known]
            yield _line(name, numbers[-1][1], known, [value for value, _ in numbers], [None] * len(known))


def _line(name: str, unit: str, states: Sequence[State], y: Sequence[float], error: Sequence[float | None]) -> Series:
    stated = states[-1].stated
    x_unit = states[-1].numbers[stated][1] if stated else "1"
    x = tuple(one.numbers[stated][0] if stated else one.at for one in states)
    return Series(name=name, unit=unit, x_name=stated or FACTOR, x_unit=x_unit, x=x, y=tuple(y), error=tuple(error))
