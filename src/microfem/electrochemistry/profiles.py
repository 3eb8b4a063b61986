"""Profiles: numbers against time, with jumps, once or again and again, such as daylight or a sensor's duty cycle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from microfem.materials.dependence import Dependence, dependence, interpolated

ROUNDED = 1e-9  # relative, of two times that are one


@dataclass(frozen=True)
class TimeProfile:
    """A number against time, s, from 0 on.

    points: (time, number) by rising time, two at one time where the number jumps; every: the period after which it
    begins anew, None for once; a single point is a constant.
    """

    points: tuple[tuple[float, float], ...]
    every: float | None = None

    def __post_init__(self) -> None:
        """Refuse points that are no function of time.

        Raises:
            ValueError: with the time.
        """
        if not self.points:
            raise ValueError("a profile needs a row at least, such as [0, 1]")
        times = [t for t, _ in self.points]
        if len(times) == 1:
            return
        if times[0] != 0.0:
            raise ValueError(f"a profile begins at the time 0, where its line begins, not at {times[0]:g} s")
        for before, after in pairwise(times):
            if after < before:
                raise ValueError(f"the times of a profile rise; {after:g} s follows {before:g} s")
        for first, _, last in zip(times, times[1:], times[2:], strict=False):
            if first == last:
                raise ValueError(f"the profile has more than two values at {first:g} s; a jump has two")
        if times[-1] == 0.0 or (self.every is not None and not math.isclose(times[-1], self.every, rel_tol=ROUNDED)):
            raise ValueError(
                f"the profile ends at {times[-1]:g} s"
                + (f", but begins anew every {self.every:g} s; let its last time be that" if self.every else "")
            )

    @cached_property
    def pieces(self) -> tuple[Dependence, ...]:
        """The smooth pieces between jumps."""
        pieces, piece = list[Dependence](), list[tuple[float, float]]()
        for point in self.points:
            if piece and piece[-1][0] == point[0]:
                pieces += [dependence("time", piece)] if len(piece) > 1 else []
                piece = []
            piece.append(point)
        return tuple([*pieces, dependence("time", piece)] if len(piece) > 1 else pieces)

    @property
    def lasts(self) -> float:
        """Its end, s; infinite for a constant or a cycle."""
        return math.inf if self.every is not None or len(self.points) == 1 else self.points[-1][0]

    def jumps(self, end: float) -> list[float]:
        """Return the times above 0 and below an end at which it jumps or begins anew, s."""
        inside = [piece.span[0] for piece in self.pieces[1:]]
        if self.every is None:
            return [one for one in inside if one < end]
        periods = range(int(end / self.every) + 1)
        times = [period * self.every + one for period in periods for one in (0.0, *inside)]
        return [one for one in times[1:] if one < end * (1.0 - ROUNDED)]

    def count(self, end: float) -> int:
        """Return the number of its pieces up to an end, without listing them."""
        periods = 1.0 if self.every is None else math.ceil(end / self.every * (1.0 - ROUNDED))
        return max(1, int(periods)) * max(1, len(self.pieces))

    def at(self, t: float, within: float) -> float:
        """Return the number at a time, on the piece to which another time belongs: a jump has two numbers."""
        if len(self.points) == 1:
            return self.points[0][1]
        start = self.every * math.floor(within / self.every) if self.every is not None else 0.0
        piece = next((one for one in self.pieces if one.span[1] >= within - start), self.pieces[-1])
        return float(interpolated(piece)[0](t - start))

    def scaled(self, factor: float) -> TimeProfile:
        """Return the profile times a factor."""
        return TimeProfile(tuple((t, factor * value) for t, value in self.points), self.every)


def merged(profiles: Sequence[TimeProfile], end: float) -> list[float]:
    """Return the times at which any of the profiles jumps, then the end, s."""
    times = sorted({one for profile in profiles for one in profile.jumps(end)})
    apart = [one for one, after in pairwise([*times, end]) if after - one > ROUNDED * end]
    return [*apart, end]
