"""The axes of a map, changed by small amounts about its middle, and what remains of a comparison then."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from microfem.dic.level import stated
from microfem.dic.records import DicMap, Floats, Registration

PROBE = 0.25  # px, at the map's rim: step of the differences that tell what a parameter does


def changed(at: Registration, by: Mapping[str, float], middle: Floats) -> Registration:
    """Return a registration with parameters changed: shift x and shift y of a place of the map, um, and about that
    place rotation, radians, and the logarithm of the scale.
    """
    wanted = at.on_design(middle[None])[0] + [by.get("shift x", 0.0), by.get("shift y", 0.0)]
    new = replace(
        at,
        rotation=at.rotation + by.get("rotation", 0.0),
        scale=at.scale * math.exp(by.get("scale", 0.0)),
        shift=(0.0, 0.0),
    )
    shift = wanted - new.on_design(middle[None])[0]
    return replace(new, shift=(float(shift[0]), float(shift[1])))


@dataclass(frozen=True)
class Frame:
    """The place of a map about which its axes turn, and the distance from there to its rim, um."""

    middle: Floats
    half: float
    pixel: float

    @classmethod
    def of(cls, one: DicMap) -> Frame:
        """Return the frame of a map's points that were found."""
        points = one.points[one.valid]
        middle = points.mean(axis=0)
        return cls(middle, float(np.abs(points - middle).max()), stated(one.settings).pixel)

    def moved(self, at: Registration, names: Sequence[str], by: Floats) -> Registration:
        """Return a registration with parameters changed by px at the map's rim."""
        change = dict(zip(names, (by * self.pixel).tolist(), strict=True))
        turns = {name: value / self.half for name, value in change.items() if name in ("rotation", "scale")}
        return changed(at, change | turns, self.middle)

    def columns(self, rest: Callable[[Registration], Floats], at: Registration, names: Sequence[str]) -> Floats:
        """Return the changes of what remains with each parameter, per px, and last what remains, (values, columns).

        rest: (points, components) on a registration, nan at points where it is not known.
        """
        slopes = []
        for step in PROBE * np.eye(len(names)):
            ahead, behind = (rest(self.moved(at, names, sign * step)) for sign in (1.0, -1.0))
            slopes.append((ahead - behind) / (2.0 * PROBE))
        every = np.stack([*slopes, rest(at)])
        every[:, ~np.isfinite(every).all(axis=(0, 2))] = np.nan
        return every.reshape(len(every), -1).T
