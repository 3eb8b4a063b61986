"""Maps of a series beside a computed path: each at its load, all on one registration, alike in strain as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.dic.compare import Comparison, compare, noise_of
from microfem.dic.computed import SurfacePath
from microfem.dic.level import displacements, place
from microfem.dic.records import STRAINS, DicMap, Level, Measure, Registration
from microfem.dic.register import QUANTITIES, register
from microfem.dic.summary import GlobalStrain, global_strain

UNLIKE = 0.02  # of the largest strain as a whole: difference above which load or model is another
SURE = 2.0  # standard errors of that difference


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """How maps are compared: level: of the computed field; fitted: what is registered; matched: the load is that with
    the map's strain as a whole; edges: points count whose gauge reaches over the rim; static: maps at rest.
    """

    level: Level = "subset"
    fitted: tuple[str, ...] = QUANTITIES
    measure: Measure | None = None
    matched: bool = False
    edges: bool = False
    static: tuple[DicMap, ...] = ()


def compare_series(maps: Sequence[DicMap], path: SurfacePath, how: Comparing) -> Iterator[Comparison]:
    """Yield each map beside the computed field at its load.

    The map with the largest load tells most of the axes: its registration serves for all, and each has its own rigid
    motion.

    Raises:
        MicrofemError: a map has no load, lies outside of the design, or has another strain as a whole.
    """
    loads = [load_like(one, path) if how.matched else _load(one, path) for one in maps]
    most = int(np.argmax(np.abs(loads)))
    tell(f"{maps[most].name}: registering its axes on the design")
    on = _registered(maps[most], path, loads[most], how, None)
    for one, load in zip(maps, loads, strict=True):
        at = load_like(one, path, on) if how.matched else load
        own = on if one is maps[most] and at == load else _registered(one, path, at, how, on)
        tell(f"{one.name}: comparing {int(one.valid.sum()):,} points at {path.quantity} {at:g}")
        noise = noise_of(one, how.static)
        found = compare(one, path.at(at), how.level, own, noise, how.measure, at, how.edges)
        if not how.matched:
            require_same_strain(found)
        yield found


def _load(one: DicMap, path: SurfacePath) -> float:
    """Return the load that a map states; that of a path with one state is the only one."""
    if one.load is None and len(path.loads) > 2:
        raise MicrofemError(
            f"{one.name} does not tell its load ({path.quantity} from {path.loads[0]:g} to {path.loads[-1]:g}): state "
            "--loads, or --match strain to take the load with the strain of the map"
        )
    return float(path.loads[-1]) if one.load is None else one.load


def _registered(
    one: DicMap, path: SurfacePath, load: float, how: Comparing, start: Registration | None
) -> Registration:
    """Return the registration of a map; start: that of its series, of which the axes are kept."""
    noise = noise_of(one, how.static)
    fitted = () if start is not None else how.fitted
    found = register(one, path.at(load), fitted, start, noise.displacement if noise else None)
    return found if start is None else replace(found, fitted=start.fitted, held=start.held)


def strains_as_a_whole(comparison: Comparison) -> tuple[GlobalStrain, GlobalStrain, GlobalStrain]:
    """Return the strain as a whole of the map, of the computed field, and of their difference.

    Raises:
        MicrofemError: the points lie on a line.
    """
    one, levelled = comparison.map, comparison.levelled
    fields = (one.displacement, levelled.displacement, one.displacement - levelled.displacement)
    found = [global_strain(replace(one, displacement=field)) for field in fields]
    if any(each is None for each in found):
        raise MicrofemError("the points of the map lie on a line and tell no strain as a whole")
    return found[0], found[1], found[2]  # type: ignore[return-value]


def require_same_strain(comparison: Comparison) -> None:
    """Refuse a map whose strain as a whole is another than that of the computed field.

    Raises:
        MicrofemError: it differs by more than 2 % of the largest strain, beyond its error.
    """
    measured, computed, off = strains_as_a_whole(comparison)
    largest = max(map(abs, computed.values[:3]))
    for name, m, c, error in zip(STRAINS, measured.values, computed.values, off.errors, strict=False):
        if abs(m - c) > UNLIKE * largest + SURE * np.nan_to_num(error):
            raise MicrofemError(
                f"{comparison.map.name}: e{name} as a whole is {100 * m:.4g} % in the map and {100 * c:.4g} % in the "
                "computed field: load or pixel are another; state them, or --match strain to take the load with the "
                "strain of the map"
            )


def load_like(one: DicMap, path: SurfacePath, on: Registration | None = None) -> float:
    """Return the load at which the computed strain as a whole is that of a map, in its largest component.

    Raises:
        MicrofemError: no load of the path has it, or the points lie on a line.
    """
    from scipy.optimize import brentq

    known, measured = on or Registration(), global_strain(one)
    if measured is None:
        raise MicrofemError("the points of the map lie on a line and tell no strain as a whole")
    largest = int(np.argmax(np.abs(measured.values[:2])))

    def over(load: float) -> float:
        values = displacements(one, place(one, path.at(load), known), "gauge")
        seen = one.valid & np.isfinite(values).all(axis=1)
        whole = global_strain(replace(one, displacement=values, valid=seen))
        return (whole.values[largest] if whole else np.nan) - measured.values[largest]

    low, high = float(path.loads[0]), float(path.loads[-1])
    ends = over(low), over(high)
    if not ends[0] * ends[1] <= 0.0:
        reach = [100 * (end + measured.values[largest]) for end in ends]
        raise MicrofemError(
            f"{one.name}: e{STRAINS[largest]} as a whole is {100 * measured.values[largest]:.4g} %; the computed path "
            f"goes from {reach[0]:.4g} to {reach[1]:.4g} %: run the study to a larger load"
        )
    return float(brentq(over, low, high, xtol=1e-6 * (high - low)))
