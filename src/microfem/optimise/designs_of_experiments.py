"""Designs that fill a space evenly: grids, Latin hypercubes, Sobol sequences."""

from __future__ import annotations

import itertools

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.optimise.space import Chosen, at
from microfem.study.records import Choice, Range, SearchSpace

METHODS = ("grid", "lhs", "sobol")
MOST_DESIGNS = 1_000_000  # designs of a grid


def sample_space(space: SearchSpace, method: str, samples: int, seed: int) -> list[Chosen]:
    """Return `samples` designs; a grid has as many values of each parameter as fit into `samples` designs.

    Raises:
        MicrofemError: the method is unknown, or the grid is too large.
    """
    if method not in METHODS:
        raise MicrofemError(f"unknown method '{method}'{did_you_mean(method, METHODS)}")
    if method == "grid":
        return grid(space, samples)
    from scipy.stats import qmc

    count = len(space.free)
    if method == "lhs":
        points = qmc.LatinHypercube(count, rng=seed).random(samples)
    else:
        points = qmc.Sobol(count, rng=seed).random_base2((samples - 1).bit_length())[:samples]
    return [at(space, point) for point in points]


def grid(space: SearchSpace, samples: int) -> list[Chosen]:
    """Return all combinations of evenly spaced values, ends included: two values of each parameter or more.

    A grid has at most `samples` designs, unless two values of each parameter are already more.

    Raises:
        MicrofemError: two values of each parameter are already too many designs.
    """
    steps = dict.fromkeys(space.free, 2)
    most = {name: _values(free) for name, free in space.free.items()}
    while True:  # add a value to the parameter with the fewest values, as long as the grid fits
        grow = [name for name, free in space.free.items() if steps[name] < most[name]]
        for name in sorted(grow, key=steps.__getitem__):
            wider = {**steps, name: steps[name] + 1}
            if _size(space, wider) <= samples:
                steps = wider
                break
        else:
            break
    if _size(space, steps) > max(samples, MOST_DESIGNS):
        raise MicrofemError(f"a grid of {len(steps)} parameters has {_size(space, steps)} designs; use lhs or sobol")
    axes = [_axis(free, steps[name]) for name, free in space.free.items()]
    return [dict(zip(space.free, point, strict=True)) for point in itertools.product(*axes)]


def _values(free: Range | Choice) -> float:
    if isinstance(free, Choice):
        return len(free.values)
    return free.high - free.low + 1 if free.whole else float("inf")


def _size(space: SearchSpace, steps: dict[str, int]) -> int:
    size = 1
    for name, free in space.free.items():
        size *= len(free.values) if isinstance(free, Choice) else steps[name]
    return size


def _axis(free: Range | Choice, count: int) -> list[str | float | int | bool]:
    if isinstance(free, Choice):
        return list(free.values)
    import numpy as np

    space = np.geomspace if free.log else np.linspace
    values = space(free.low, free.high, count).clip(free.low, free.high)
    return list(dict.fromkeys(round(one) for one in values)) if free.whole else values.tolist()
