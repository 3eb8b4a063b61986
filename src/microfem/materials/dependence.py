"""Properties that depend on a state: a table, with a monotone and smooth interpolation between its points."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from microfem.base.errors import MicrofemError

UNITS = {"concentration": "mol/m3", "filling": "1", "temperature": "K"}  # of the states
STEEPEST = 1e100  # change of a value over that of its state, beyond which polynomials overflow
LARGEST = {"concentration": math.inf, "filling": 1.0, "temperature": math.inf}  # in these units; the least is 0


@dataclass(frozen=True)
class Dependence:
    """A property against a state, in microfem's units.

    of: the state, a key of UNITS; points: (state, value) by rising state, two or more.
    """

    of: str
    points: tuple[tuple[float, float], ...]

    @property
    def span(self) -> tuple[float, float]:
        """The smallest and the largest state of the table."""
        return self.points[0][0], self.points[-1][0]

    def at(self, state: float, what: str) -> float:
        """Return the property at one state; what: its name, for the message.

        Raises:
            MicrofemError: the table does not reach that state.
        """
        low, high = self.span
        if not low <= state <= high:
            unit = "" if UNITS[self.of] == "1" else f" {UNITS[self.of]}"
            raise MicrofemError(
                f"{what} is stated for a {self.of} from {low:.6g} to {high:.6g}{unit}, not for {state:.6g}{unit}"
            )
        return float(interpolated(self)[0](state))


def dependence(of: str, points: Sequence[tuple[float, float]]) -> Dependence:
    """Return the table of a property, sorted by its state.

    Raises:
        ValueError: fewer than two points, two values at one state, or a state that cannot be.
    """
    largest = LARGEST[of]
    for state, _ in points:
        if not 0.0 <= state <= largest:
            span = f"from 0 to {largest:g}" if math.isfinite(largest) else "0 or more"
            unit = "; state of_unit, such as of_unit: '%'" if UNITS[of] == "1" else f", in {UNITS[of]}"
            raise ValueError(f"a {of} is {span}, got {state:g}{unit}")
    ordered = tuple(sorted((float(x), float(y)) for x, y in points))
    if len(ordered) < 2:
        raise ValueError("a table needs two points or more")
    for (x, first), (again, second) in pairwise(ordered):
        if x == again:
            raise ValueError(f"the table has two values, {first:g} and {second:g}, at the {of} {x:g}")
        if abs(second - first) > STEEPEST * (again - x):
            raise ValueError(f"the table is steeper than any property between the {of}s {x:g} and {again:g}")
    return Dependence(of, ordered)


@cache
def interpolated(table: Dependence) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return a property and its derivative as functions of an array of states.

    Cubic polynomials with continuous slopes, monotone where the table is (F. N. Fritsch and J. Butland, SIAM J. Sci.
    Stat. Comput. 5 (1984) 300). Beyond its ends the table goes on along its last slopes, for the iterates of a solver;
    results there are refused.
    """
    import numpy as np
    from scipy.interpolate import PchipInterpolator

    states, values = np.array(table.points).T
    inside = PchipInterpolator(states, values)
    low, high = inside.derivative()(states[[0, -1]])
    before, after = [0.0, 0.0, low, values[0]], [0.0, 0.0, high, values[-1]]
    cubics = np.column_stack([before, inside.c, after])
    starts = np.concatenate([states[:1], states])
    slopes = cubics[:3] * np.array([[3.0], [2.0], [1.0]])

    def value(state: Any) -> Any:
        k = np.searchsorted(states, state, side="right")
        x = state - starts[k]
        cubed, squared, once, constant = cubics.take(k, axis=1)
        return ((cubed * x + squared) * x + once) * x + constant

    def slope(state: Any) -> Any:
        k = np.searchsorted(states, state, side="right")
        x = state - starts[k]
        squared, once, constant = slopes.take(k, axis=1)
        return (squared * x + once) * x + constant

    return value, slope
