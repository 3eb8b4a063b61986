"""Measured less computed: a map against the field that its own subsets and gauge would show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.dic.computed import TopSurface
from microfem.dic.gauge import displacement_gradient, strain, window_of
from microfem.dic.level import level
from microfem.dic.noise import Noise, stated_noise, static_noise, strain_scatter
from microfem.dic.records import (
    STRAINS,
    Bools,
    DicMap,
    Difference,
    Floats,
    Level,
    Levelled,
    Measure,
    Registration,
    turned,
)
from microfem.dic.register import unmoved

WITHIN = 2.0  # standard deviations of noise that count as within it
CUT = 0.9  # least zero-mean normalised cross-correlation of a point that counts


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A map beside a computed field.

    map: on the design's axes, without the specimen's own rigid motion, its strains through the gauge, nan where a point
    does not count; levelled: the computed field; on: the registration; differences: by name, exx, eyy, exy, u and v;
    outline (k, 2, 2): the layout's edges, um; noise: of the map, None if not known; used (n,): points that count;
    scatter (n, 5): standard deviations of the differences by noise and pattern, in their order, nan if not known.
    """

    map: DicMap
    levelled: Levelled
    on: Registration
    differences: Mapping[str, Difference]
    outline: Floats
    noise: Noise | None
    used: Bools
    scatter: Floats

    def values(self, of: str) -> tuple[Floats, Floats]:
        """Return measured and computed values (n,) each of exx, eyy, exy, u or v."""
        assert self.map.strain is not None
        if of in ("u", "v"):
            column = "uv".index(of)
            return self.map.displacement[:, column], self.levelled.displacement[:, column]
        column = STRAINS.index(of[1:])
        return self.map.strain[:, column], self.levelled.strain[:, column]


def compare(
    one: DicMap, surface: TopSurface, how: Level = "subset", on: Registration | None = None, noise: Noise | None = None,
    measure: Measure | None = None, load: float = float("nan"), edges: bool = False,
) -> Comparison:  # fmt: skip
    """Return a map beside the computed field of a surface, levelled and registered.

    on: as `register` returns it; edges: whether points count whose gauge reaches over the rim of the device.

    Raises:
        MicrofemError: the map does not tell its subset and gauge, or no point counts.
    """
    known = on or Registration()
    levelled = level(one, surface, how, known, measure, load)
    joint = one.valid & np.isfinite(levelled.displacement).all(axis=1)
    slopes = displacement_gradient(one.points, one.displacement, joint, window_of(one.settings))
    gradient = turned(known.turn).T @ (np.eye(2) + known.axes @ slopes @ known.axes.T) - np.eye(2)
    measured = strain(gradient, levelled.measure)
    still = unmoved(one, known)
    map_ = replace(
        still, points=levelled.points, displacement=np.where(joint[:, None], still.displacement, np.nan), valid=joint,
        strain=measured, settings=replace(one.settings, measure=levelled.measure),
    )  # fmt: skip
    used, masked = _used(one, levelled, measured, edges)
    sd = _scatter(levelled, noise)
    every = np.column_stack([measured - levelled.strain, map_.displacement - levelled.displacement])
    names = [*(f"e{name}" for name in STRAINS), "u", "v"]
    differences = {
        name: _difference(name, every[:, k], used, sd[:, k], levelled, masked) for k, name in enumerate(names)
    }
    return Comparison(
        map=map_, levelled=levelled, on=known, differences=differences, outline=surface.outline, noise=noise, used=used,
        scatter=sd,
    )  # fmt: skip


def _scatter(levelled: Levelled, noise: Noise | None) -> Floats:
    """Return the standard deviations (n, 5) of differences by noise and pattern: of strains and displacements."""
    if noise is None:
        return np.full((len(levelled.points), 5), np.nan)
    moved, slopes = noise.stretched(levelled.gradient)
    slopes = np.hypot(slopes, levelled.gradient_scatter)
    strains = strain_scatter(levelled.gradient, slopes, levelled.measure)
    return np.column_stack([strains, np.hypot(moved, levelled.scatter)])


def _used(one: DicMap, levelled: Levelled, measured: Floats, edges: bool) -> tuple[Bools, tuple[tuple[str, int], ...]]:
    """Return the points (n,) that count, and why others do not.

    Raises:
        MicrofemError: none counts.
    """
    quality = np.full(len(one.points), 1.0) if one.quality is None else np.nan_to_num(one.quality, nan=1.0)
    reasons = {
        "lost": ~one.valid,
        "outside": levelled.region < 0,
        "quality": quality < CUT,
        "edge": levelled.edge & (not edges),
        "no computed value": ~np.isfinite(levelled.displacement).all(axis=1),
        "no gauge": ~np.isfinite(measured + levelled.strain).all(axis=1),
    }
    used, masked = np.ones(len(one.points), dtype=bool), []
    for name, points in reasons.items():
        masked.append((name, int((points & used).sum())))
        used &= ~points
    told = tuple((name, count) for name, count in masked if count)
    if not used.any():
        listed = ", ".join(f"{count:,} {name}" for name, count in told)
        raise MicrofemError(
            f"no point of {one.name or 'the map'} counts: {listed}; a gauge of {levelled.gauge[1]:g} um on a narrower "
            "device reaches over its rim everywhere: keep the edges, or state a smaller window"
        )
    return used, told


def _difference(
    of: str, values: Floats, used: Bools, sd: Floats, levelled: Levelled, masked: tuple[tuple[str, int], ...]
) -> Difference:
    """Return a difference over all points that count, and over those of each region."""
    whole = _over(of, values, used, sd)
    regions = tuple(
        (name, _over(of, values, points, sd))
        for k, name in enumerate(levelled.regions)
        if (points := used & (levelled.region == k)).any()
    )
    return replace(whole, masked=masked, regions=regions)


def _over(of: str, values: Floats, used: Bools, sd: Floats) -> Difference:
    off, noise = values[used], sd[used]
    size = np.abs(off)
    known = bool(np.isfinite(noise).all())
    return Difference(
        of=of,
        unit="um" if of in ("u", "v") else "1",
        n=len(off),
        bias=float(off.mean()),
        rms=float(np.sqrt(np.mean(off**2))),
        median=float(np.median(size)),
        p95=float(np.quantile(size, 0.95)),
        noise=float(np.median(noise)) if known else None,
        share_within=float(np.mean(size <= WITHIN * noise)) if known else None,
    )


def noise_of(one: DicMap, static: Sequence[DicMap] = ()) -> Noise | None:
    """Return the noise of a map: that of maps at rest, or what the map states, None if nothing tells it.

    A stretched pattern is found less well; where both maps state the noise of their matches, that at rest grows alike.
    """
    own = one.settings.noise
    if not static:
        found = stated_noise(one.settings)
        known = one.settings.strain_noise
        return replace(found, gradient=known) if found and known else found
    rest = static_noise(static)
    stated = [each.settings.noise for each in static if each.settings.noise]
    more = max(1.0, own / float(np.mean(stated))) if own and stated else 1.0
    return replace(rest, displacement=rest.displacement * more, gradient=rest.gradient * more)
