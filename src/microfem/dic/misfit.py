"""What remains between the maps of a camera and a computed device, over the points of all maps, and their weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.dic.axes import Frame
from microfem.dic.computed import TopSurface
from microfem.dic.gauge import displacement_gradient, strain, window_of
from microfem.dic.level import level, stated
from microfem.dic.noise import MAD, Noise
from microfem.dic.records import Bools, DicMap, Floats, Ints, Registration
from microfem.dic.register import BLOCKS, FEWEST, HUBER, MOST, RegistrationFit
from microfem.dic.unknown import Of

ALIKE = 0.1  # largest correlation of points that share pixels
COMPONENTS = {"displacement": 2, "strain": 3}
UNITS = {"displacement": "um", "strain": ""}


@dataclass(frozen=True, kw_only=True)
class Observed:
    """A map and its noise."""

    map: DicMap
    noise: Noise


def apart(one: DicMap, side: int | None = None) -> Ints:
    """Return the points of a map, and not too many, whose squares of a side, px, or subsets, hardly overlap."""
    known = stated(one.settings)
    step = one.settings.step or 1
    distance = math.ceil((1.0 - ALIKE) * (side or known.subset) / step) * step * known.pixel
    cells = np.floor((one.points - one.points.min(axis=0)) / distance + 1e-9).astype(np.int64)
    order = np.flatnonzero(one.valid)
    _, first = np.unique(cells[order], axis=0, return_index=True)
    kept = np.sort(order[first])
    return kept[np.unique(np.linspace(0, len(kept) - 1, MOST).astype(int))]


class MapMisfit:
    """Measured less computed values at points of all maps, in one column (values,), on axes that all maps share.

    of: displacements, um of the map, after the best rigid motion of each map, or strains through the gauge; block: of
    the area, of each point; sd (values,): noise; own (values,): what the maps hold, about the mean of a displacement.
    """

    def __init__(self, seen: Sequence[Observed], of: Of = "displacement") -> None:
        self.seen, self.of, self.per = tuple(seen), of, COMPONENTS[of]
        self.chosen = [apart(one.map, _side(one.map, of)) for one in self.seen]
        for one, kept in zip(self.seen, self.chosen, strict=True):
            if len(kept) < FEWEST:
                raise MicrofemError(f"{one.map.name or 'the map'}: {len(kept)} points are apart; {FEWEST} are needed")
        sd = [one.noise.displacement if of == "displacement" else one.noise.gradient for one in self.seen]
        values = [self.per * len(kept) for kept in self.chosen]
        self.sd, self.map = np.repeat(sd, values), np.repeat(np.arange(len(values)), values)
        every = np.vstack([one.map.points[kept] for one, kept in zip(self.seen, self.chosen, strict=True)])
        self.own = np.concatenate([_own(one.map, kept, of) for one, kept in zip(self.seen, self.chosen, strict=True)])
        self.block, self.frame = _blocks(every), Frame.of(self.seen[-1].map)

    def columns(self, surfaces: Sequence[TopSurface], on: Registration, names: Sequence[str]) -> Floats:
        """Return the changes of all values with the axes, per px, and last the values, (values, axes + 1).

        surfaces: of the device, one for each map; nan at points off the device.
        """
        return np.vstack([self._columns(k, surface, on, names) for k, surface in enumerate(surfaces)])

    def _columns(self, k: int, surface: TopSurface, on: Registration, names: Sequence[str]) -> Floats:
        one, kept = self.seen[k].map, self.chosen[k]
        if self.of == "displacement":
            some = replace(one, points=one.points[kept], displacement=one.displacement[kept], valid=one.valid[kept])
            return self.frame.columns(RegistrationFit(some, surface, None).distances, on, names)
        return self.frame.columns(lambda at: strains_off(one, surface, at)[kept], on, names)

    def weights(self, rest: Floats, known: Bools) -> Floats:
        """Return Huber's weights (values,) over the variance of each map; 0 where a value is not known."""
        weights, light = np.zeros(len(rest)), self.robust(rest, known)
        for k in range(len(self.seen)):
            here = known & (self.map == k)
            weights[here] = light[here] / self._spread(rest, here) ** 2
        return weights

    def robust(self, rest: Floats, known: Bools) -> Floats:
        """Return Huber's weights (values,): below 1 of points that are far off."""
        size = np.repeat(np.linalg.norm(rest.reshape(-1, self.per), axis=1), self.per)
        spread = np.array([self._spread(rest, known & (self.map == k)) for k in range(len(self.seen))])
        return np.asarray(np.minimum(1.0, HUBER * spread[self.map] / np.maximum(size, 1e-300)))

    def _spread(self, rest: Floats, here: Bools) -> float:
        """Return the standard deviation of values of one map, at least its noise."""
        return max(
            MAD * float(np.median(np.abs(rest[here]))) if here.any() else 0.0,
            float(self.sd[here].max(initial=0.0)),
            1e-300,
        )

    def by_block(self, pull: Floats) -> tuple[Floats, int]:
        """Return the sums (blocks, columns) of values over the blocks of the area, and the number of blocks."""
        pulls = np.zeros((BLOCKS**2, pull.shape[1]))
        np.add.at(pulls, np.repeat(self.block, self.per), pull)
        return pulls, len(np.unique(self.block))


def _side(one: DicMap, of: Of) -> int | None:
    """Return the side of the region on which a value rests, px, None for a subset."""
    known = stated(one.settings)
    return None if of == "displacement" else round(window_of(one.settings) / known.pixel) + known.subset


def _blocks(points: Floats) -> Ints:
    """Return the block (n,) of the area of each point."""
    size = np.maximum(np.ptp(points, axis=0), 1e-300)
    cell = np.minimum((BLOCKS * (points - points.min(axis=0)) / size).astype(np.int64), BLOCKS - 1)
    return np.asarray(cell @ (1, BLOCKS))


def strains_off(one: DicMap, surface: TopSurface, on: Registration) -> Floats:
    """Return measured less computed nominal strains (n, 3) on the design's axes, both through the gauge of a map.

    nan where the gauge reaches over the rim. The specimen's own turn does not change a nominal strain.
    """
    levelled = level(one, surface, "subset", on, "nominal")
    joint = one.valid & np.isfinite(levelled.displacement).all(axis=1)
    off = _measured(one, joint, on) - levelled.strain
    off[levelled.edge] = np.nan
    return off


def _measured(one: DicMap, valid: Bools, on: Registration) -> Floats:
    """Return the nominal strains (n, 3) of a map through its gauge, on the design's axes."""
    slopes = displacement_gradient(one.points, one.displacement, valid, window_of(one.settings))
    return strain(on.axes @ slopes @ on.axes.T, "nominal")


def _own(one: DicMap, kept: Ints, of: Of) -> Floats:
    """Return what a map holds at points (values,)."""
    if of == "strain":
        return np.nan_to_num(_measured(one, one.valid, Registration())[kept]).ravel()
    moved = one.displacement[kept]
    return np.asarray(moved - moved.mean(axis=0)).ravel()
