"""Properties that depend on a state: a table, with a monotone and smooth interpolation between its points."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from microfem.base.errors import MicrofemError

UNITS = {  # of the states
    "concentration": "mol/m3",
    "filling": "1",
    "temperature": "K",
    "potential": "V",
    "strain": "1",
    "voltage": "V",
    "time": "s",
}
STEEPEST = 1e100  # change of a value over that of its state, beyond which polynomials overflow
SPANS = {  # of what a state can be, in these units
    "concentration": (0.0, math.inf),
    "filling": (0.0, 1.0),
    "temperature": (0.0, math.inf),
    "potential": (-math.inf, math.inf),
    "strain": (0.0, math.inf),
    "voltage": (-math.inf, math.inf),
    "time": (0.0, math.inf),
}


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
    least, largest = SPANS[of]
    for state, _ in points:
        if not least <= state <= largest:
            span = f"from {least:g} to {largest:g}" if math.isfinite(largest) else f"{least:g} or more"
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


@dataclass(frozen=True)
class _Cubics:
    """The polynomials of a table: `of` each in the distance from its start, highest power first, two beyond the ends.

    ends: states between which they change; starts, of (4, n).
    """

    ends: Any
    starts: Any
    of: Any


@cache
def _cubics(table: Dependence) -> _Cubics:
    import numpy as np
    from scipy.interpolate import PchipInterpolator

    states, values = np.array(table.points).T
    inside = PchipInterpolator(states, values)
    low, high = inside.derivative()(states[[0, -1]])
    before, after = [0.0, 0.0, low, values[0]], [0.0, 0.0, high, values[-1]]
    return _Cubics(states, np.concatenate([states[:1], states]), np.column_stack([before, inside.c, after]))


@cache
def interpolated(table: Dependence) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return a property and its derivative as functions of an array of states.

    Cubic polynomials with continuous slopes, monotone where the table is (F. N. Fritsch and J. Butland, SIAM J. Sci.
    Stat. Comput. 5 (1984) 300). Beyond its ends the table goes on along its last slopes, for the iterates of a solver;
    results there are refused.
    """
    import numpy as np

    cubics = _cubics(table)
    slopes = cubics.of[:3] * np.array([[3.0], [2.0], [1.0]])

    def value(state: Any) -> Any:
        k = np.searchsorted(cubics.ends, state, side="right")
        x = state - cubics.starts[k]
        cubed, squared, once, constant = cubics.of.take(k, axis=1)
        return ((cubed * x + squared) * x + once) * x + constant

    def slope(state: Any) -> Any:
        k = np.searchsorted(cubics.ends, state, side="right")
        x = state - cubics.starts[k]
        squared, once, constant = slopes.take(k, axis=1)
        return (squared * x + once) * x + constant

    return value, slope


@cache
def integrated(table: Dependence) -> Callable[[Any], Any]:
    """Return the integral of a property from the first state of its table on, as a function of an array of states."""
    import numpy as np

    cubics = _cubics(table)
    quartics = cubics.of / np.array([[4.0], [3.0], [2.0], [1.0]])
    widths = np.diff(cubics.starts)
    pieces = (
        ((quartics[0, :-1] * widths + quartics[1, :-1]) * widths + quartics[2, :-1]) * widths + quartics[3, :-1]
    ) * widths
    before = np.concatenate([[0.0], np.cumsum(pieces)])

    def integral(state: Any) -> Any:
        k = np.searchsorted(cubics.ends, state, side="right")
        x = state - cubics.starts[k]
        fourth, cubed, squared, once = quartics.take(k, axis=1)
        return (((fourth * x + cubed) * x + squared) * x + once) * x + before[k]

    return integral
