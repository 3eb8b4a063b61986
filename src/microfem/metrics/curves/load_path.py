"""What changes along a load path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microfem.base.series import Look, Series
from microfem.metrics.curve import SolvedCase, State, curve

FACTOR = "load factor"  # what the states of a load that states no number are drawn against
SAME = {"curvature": "radius"}  # a stated number -> one that says the same of it


@curve("path", Look(title="Along the load"), always=True)
def along_path(case: SolvedCase) -> Iterator[Series]:
    """Metrics of each state of a load path, then the totals, against what the load states."""
    states = case.states
    if not states:
        return
    stated = states[-1].stated
    for name in dict.fromkeys(name for one in states for name in one.values):
        known = [one for one in states if name in one.values]
        values = [one.values[name] for one in known]
        yield _line(name, values[-1].unit, known, [one.value for one in values], [one.error for one in values])
    for name in dict.fromkeys(name for one in states for name in one.numbers):
        if name not in (stated, SAME.get(stated)):
            known = [one for one in states if name in one.numbers]
            numbers = [one.numbers[name] for one in known]
            yield _line(name, numbers[-1][1], known, [value for value, _ in numbers], [None] * len(known))


def _line(
    name: str, unit: str, states: Sequence[State], y: Sequence[float], error: Sequence[float | None]
) -> Series:  # fmt: skip
    stated = states[-1].stated
    x_unit = states[-1].numbers[stated][1] if stated else "1"
    x = tuple(one.numbers[stated][0] if stated else one.at for one in states)
    return Series(name=name, unit=unit, x_name=stated or FACTOR, x_unit=x_unit, x=x, y=tuple(y), error=tuple(error))
