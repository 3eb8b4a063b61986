"""Metrics of maps that a camera measured, beside a case that is levelled and registered as they need it.

The map of the largest load counts, and of it the points whose gauge lies on the device (`edges: true` of the
measurement adds the others). Strains are nominal. Each value has, beside the error of the mesh, those of the noise, of
the registration and of the load between stored states; they are added.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import InstanceOf

from microfem.base.errors import MicrofemError
from microfem.dic.computed import computed_path
from microfem.dic.measurement import Measurement
from microfem.dic.records import Bools, DicMap, Floats, Level
from microfem.metrics.metric import metric
from microfem.physics import Solution
from microfem.physics.frame import offering
from microfem.physics.mechanics.solution import MechanicalSolution

if TYPE_CHECKING:
    from microfem.dic.compare import Comparison

STRAINED = offering(MechanicalSolution)
Maps = InstanceOf[Measurement]
Component = Literal["x", "y", "xy"]
Of = Literal["rms", "bias", "p95"]
COLUMNS = {"x": 0, "y": 1, "xy": 2}

Statistic = Callable[[Floats, Floats, Floats], float]  # of measured and computed strains and their noise, each (n,)


def _compared(
    solution: Solution, measured: Measurement, level: Level, ideal: bool = False
) -> tuple[DicMap, Comparison]:
    from microfem.dic.beside import compared

    return compared(solution, measured, level, ideal)


def _value(
    solution: Solution, statistic: Statistic, measured: Measurement, region: str, axis: Component, level: Level,
    ideal: bool = False,
) -> float:  # fmt: skip
    """Return a statistic of a map and the computed field.

    ideal: of a virtual experiment without images, which tells how the statistic changes with the mesh; images are made
    on the last mesh.

    Raises:
        MicrofemError: nothing tells the noise.
    """
    _, one = _compared(solution, measured, level, ideal)
    _require_noise(one)
    return statistic(*_strains(one, solution, region, axis))


def _strains(one: Comparison, solution: Solution, region: str, axis: Component) -> tuple[Floats, Floats, Floats]:
    """Return measured and computed strains and deviations of their difference, at points of a region.

    Raises:
        MicrofemError: no point counts.
    """
    used = one.used & _inside(one, solution, region)
    if not used.any():
        raise MicrofemError(f"no point of {one.map.name} in '{region}' counts; take a smaller gauge, or edges: true")
    column = COLUMNS[axis]
    assert one.map.strain is not None
    return one.map.strain[used, column], one.levelled.strain[used, column], one.scatter[used, column]


def _inside(one: Comparison, solution: Solution, region: str) -> Bools:
    """Return the points (n,) in a region, by its name or its role; all for none."""
    parts = [part.name for part in solution.mesh.layout.parts() if region in ("", part.name, part.role)]
    numbers = [k for k, name in enumerate(one.levelled.regions) if name in parts]
    return np.isin(one.levelled.region, numbers)


def _errors(
    solution: Solution, measured: Measurement, region: str, axis: Component, level: Level, statistic: Statistic
) -> Mapping[str, float]:
    """Return the errors of a value that no mesh lowers, by their cause.

    noise: of a mean or a root mean square over gauges, of which as many count as fit side by side, for those that share
    pixels err alike; registration: the changes with a standard error of each parameter, the root of their squares;
    states: of displacements at a load between stored ones, one way at one end of the gauge and the other at its other.

    Raises:
        MicrofemError: nothing tells the noise.
    """
    from microfem.dic.axes import changed
    from microfem.dic.compare import compare

    raw, one = _compared(solution, measured, level)
    _require_noise(one)
    seen = _strains(one, solution, region, axis)
    errors = {"noise": _root(seen[2]) / math.sqrt(_independent(one, len(seen[0])))}
    path, load, changes = computed_path(solution), one.levelled.load, list[float]()
    middle = raw.points.mean(axis=0)
    for name, error in one.on.errors:
        on = changed(one.on, {name: error}, middle)
        other = compare(raw, path.at(load), level, on, one.noise, one.levelled.measure, load, measured.edges)
        changes.append(statistic(*_strains(other, solution, region, axis)) - statistic(*seen))
    if changes:
        errors["registration"] = math.hypot(*changes)
    if not path.stored(load):
        errors["states"] = 2.0 * path.error / one.levelled.gauge[1]
    return errors


def _require_noise(one: Comparison) -> None:
    """Refuse a map whose noise nothing tells.

    Raises:
        MicrofemError: it is not known.
    """
    if one.noise is None:
        remedy = "state static: a map, or two images, of the device at rest"
        raise MicrofemError(f"nothing tells the noise of {one.map.name}; {remedy}")


def _without_noise(
    solution: Solution, *, like: Measurement, region: str, axis: Component, level: Level
) -> Mapping[str, float]:
    """Return the errors of a computed strain, which the noise does not change."""
    errors = _errors(solution, like, region, axis, level, _mean(1))
    return {cause: error for cause, error in errors.items() if cause != "noise"}


def _size(solution: Solution, *, measured: Measurement, axis: Component, level: Level, **_: object) -> float:
    """Return the root mean square of the levelled strain at the points that count, to which a difference is small."""
    return _root(_strains(_compared(solution, measured, level, ideal=True)[1], solution, "", axis)[1])


def _root(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _independent(one: Comparison, count: int) -> float:
    """Return the number of gauges without a common pixel to which a number of points amounts, 1 at least."""
    step = one.map.settings.step
    assert step
    return max(count * (step / one.levelled.gauge[0]) ** 2, 1.0)


def _mean(which: int) -> Statistic:
    return lambda *strains: float(strains[which].mean())


def _difference(of: Of) -> Statistic:
    """Return a statistic of measured less computed strains: root mean square, mean, or 95th percentile of the size."""

    def statistic(measured: Floats, computed: Floats, noise: Floats) -> float:
        del noise
        off = measured - computed
        if of == "bias":
            return float(off.mean())
        return _root(off) if of == "rms" else float(np.quantile(np.abs(off), 0.95))

    return statistic


def _within(measured: Floats, computed: Floats, noise: Floats) -> float:
    """Return the share of points whose strains differ by no more than twice the noise."""
    from microfem.dic.compare import WITHIN

    return float(np.mean(np.abs(measured - computed) <= WITHIN * noise))


def _share_errors(
    solution: Solution, *, measured: Measurement, region: str, axis: Component, level: Level
) -> Mapping[str, float]:
    """Return the errors of a share: by noise that of a share of as many gauges as fit side by side."""
    errors = dict(_errors(solution, measured, region, axis, level, _within))
    _, one = _compared(solution, measured, level)
    seen = _strains(one, solution, region, axis)
    share, count = _within(*seen), _independent(one, len(seen[0]))
    spread = (share * (1.0 - share) + 0.25 / count) / count  # of none or all among a few the share is not sure either
    return errors | {"noise": math.sqrt(spread)}


@metric(
    "1",
    on=STRAINED,
    added=lambda s, *, measured, region, axis, level: _errors(s, measured, region, axis, level, _mean(0)),
    final=lambda s, *, measured, region, axis, level: _value(s, _mean(0), measured, region, axis, level),
)
def measured_strain(
    solution: Solution, *, measured: Maps, region: str = "", axis: Component = "x", level: Level = "subset"
) -> float:
    """Mean of the measured strain over the points of a region or role; over all points if none is named."""
    return _value(solution, _mean(0), measured, region, axis, level, ideal=True)


@metric(
    "1",
    on=STRAINED,
    added=_without_noise,
    final=lambda s, *, like, region, axis, level: _value(s, _mean(1), like, region, axis, level),
)
def levelled_strain(
    solution: Solution, *, like: Maps, region: str = "", axis: Component = "x", level: Level = "subset"
) -> float:
    """Mean of the computed strain as subsets and gauge of a map show it, over the points of a region or role."""
    return _value(solution, _mean(1), like, region, axis, level, ideal=True)


@metric(
    "1",
    on=STRAINED,
    better="lower",
    scale=_size,
    added=lambda s, *, measured, region, axis, of, level: _errors(s, measured, region, axis, level, _difference(of)),
    final=lambda s, *, measured, region, axis, of, level: _value(s, _difference(of), measured, region, axis, level),
)
def strain_difference(
    solution: Solution,
    *,
    measured: Maps,
    region: str = "",
    axis: Component = "x",
    of: Of = "rms",
    level: Level = "subset",
) -> float:
    """Measured less levelled strain over the points of a region or role: root mean square, bias, or 95th percentile."""
    return _value(solution, _difference(of), measured, region, axis, level, ideal=True)


@metric(
    "1",
    on=STRAINED,
    better="higher",
    scale=lambda *_, **__: 1.0,
    added=_share_errors,
    final=lambda s, *, measured, region, axis, level: _value(s, _within, measured, region, axis, level),
)
def share_within_noise(
    solution: Solution, *, measured: Maps, region: str = "", axis: Component = "x", level: Level = "subset"
) -> float:
    """Share of the points whose measured and levelled strains differ by two standard deviations of noise at most."""
    return _value(solution, _within, measured, region, axis, level, ideal=True)
