"""Maps of a series beside a computed path: each at its load, all on one registration, alike in strain as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.dic.compare import Comparison, compare, noise_of
from microfem.dic.computed import SurfacePath
from microfem.dic.level import at_edge, displacements, place, stated
from microfem.dic.records import QUANTITIES, DicMap, Floats, Level, Measure, Registration
from microfem.dic.register import OVER, on_outline, outside, register
from microfem.dic.summary import GlobalStrain, global_strain

UNLIKE = 0.02  # of the largest strain as a whole: difference above which load or model is another
SURE = 2.0  # standard errors of that difference


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """How maps are compared: level: of the computed field; fitted: what is registered; matched: the load is that with
    the map's strain as a whole; edges: points count whose gauge reaches over the rim; static: maps at rest;
    origin: place on the design of the maps' origin, um, where a fit begins.
    """

    level: Level = "subset"
    fitted: tuple[str, ...] = QUANTITIES
    measure: Measure | None = None
    matched: bool = False
    edges: bool = False
    static: tuple[DicMap, ...] = ()
    origin: tuple[float, float] = (0.0, 0.0)


def compare_series(maps: Sequence[DicMap], path: SurfacePath, how: Comparing) -> Iterator[Comparison]:
    """Yield each map beside the computed field at its load.

    The map with the largest load tells most of the axes: its registration serves for all, and each has its own rigid
    motion.

    Raises:
        MicrofemError: a map has no load, lies outside of the design, or has another strain as a whole.
    """
    unfitted = Registration(shift=how.origin)
    starts = [on_outline(one, path.surface, unfitted) if "shift" in how.fitted else unfitted for one in maps]
    pairs = list(zip(maps, starts, strict=True))
    loads = [load_like(one, path, at) if how.matched else _load(one, path) for one, at in pairs]
    for (one, at), load in zip(pairs, loads, strict=True):
        require_same_strain(one, path, load, at)
    most = int(np.argmax(np.abs(loads)))
    tell(f"{maps[most].name}: registering its axes on the design")
    on = _registered(maps[most], path, loads[most], how, None)
    for one, load in zip(maps, loads, strict=True):
        reached = load_like(one, path, on) if how.matched else load
        own = _registered(one, path, reached, how, on)
        tell(f"{one.name}: comparing {int(one.valid.sum()):,} points at {path.quantity} {reached:g}")
        noise = noise_of(one, how.static)
        yield compare(one, path.at(reached), how.level, own, noise, how.measure, reached, how.edges)


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
    begun, fitted = (Registration(shift=how.origin), how.fitted) if start is None else (start, ())
    found = register(one, path.at(load), fitted, begun, noise.displacement if noise else None)
    return found if start is None else replace(found, fitted=start.fitted, held=start.held, errors=start.errors)


def strains_as_a_whole(comparison: Comparison) -> tuple[GlobalStrain, GlobalStrain, GlobalStrain]:
    """Return the strain as a whole of the map, of the computed field, and of their difference."""
    return _strains(comparison.map, comparison.levelled.displacement)


def _strains(one: DicMap, computed: Floats) -> tuple[GlobalStrain, GlobalStrain, GlobalStrain]:
    """Return the strain as a whole of a map, of computed displacements (n, 2) at its points, and of the difference.

    Raises:
        MicrofemError: the points lie on a line.
    """
    known = replace(one, valid=one.valid & np.isfinite(computed).all(axis=1))
    fields = (one.displacement, computed, one.displacement - computed)
    found = [each for field in fields if (each := global_strain(replace(known, displacement=field))) is not None]
    if len(found) < len(fields):
        raise MicrofemError(f"{one.name}: its points on the design lie on a line and tell no strain as a whole")
    return found[0], found[1], found[2]


def _computed(one: DicMap, path: SurfacePath, load: float, on: Registration) -> Floats:
    """Return the computed displacements (n, 2) at the points of a map, um, in its frame.

    Points whose subset reaches over the rim, where the background is in it, have none, unless they are most points.

    Raises:
        MicrofemError: the map lies outside of the design.
    """
    placed = place(one, path.at(load), on)
    values = displacements(one, placed, "gauge")
    inside = np.asarray(np.isfinite(values).all(axis=1))
    if not inside[one.valid].mean() > OVER:
        raise MicrofemError(outside(on.on_design(one.points[one.valid]), path.surface))
    cut = at_edge(placed, stated(one.settings).subset)
    if (inside & ~cut & one.valid).mean() > OVER:
        values[cut] = np.nan
    return values


def require_same_strain(one: DicMap, path: SurfacePath, load: float, on: Registration) -> None:
    """Refuse a map whose strain as a whole is another than that of the computed field.

    It is asked before the axes are fitted, which would take up a part of the difference.

    Raises:
        MicrofemError: it differs by more than 2 % of the largest strain, beyond its error.
    """
    whole, like, off = _strains(one, _computed(one, path, load, on))
    measured, computed = _principal(whole), _principal(like)
    slack = UNLIKE * np.abs(computed).max() + SURE * np.nan_to_num(max(off.errors[:3]))
    if (np.abs(measured - computed) > slack).any():
        (m1, m2), (c1, c2) = 100 * measured, 100 * computed
        raise MicrofemError(
            f"{one.name}: principal strains as a whole are {m2:.4g} and {m1:.4g} % in the map, {c2:.4g} and {c1:.4g} % "
            f"in the computed field at {path.quantity} {load:g}: load or pixel are another; state them, or "
            "--match strain to take the load with the strain of the map"
        )


def _principal(whole: GlobalStrain) -> Floats:
    """Return the principal strains (2,), the lower first, which do not depend on the axes of the map."""
    xx, yy, xy = whole.values[:3]
    return np.asarray(np.linalg.eigvalsh([[xx, xy], [xy, yy]]))


def load_like(one: DicMap, path: SurfacePath, on: Registration) -> float:
    """Return the load at which the computed strain as a whole is that of a map, in its larger principal value.

    Raises:
        MicrofemError: no load of the path has it, or the points lie on a line or outside of the design.
    """
    from scipy.optimize import brentq

    low, high = float(path.loads[0]), float(path.loads[-1])
    measured = _principal(_strains(one, _computed(one, path, high, on))[0])
    largest = int(np.argmax(np.abs(measured)))

    def over(load: float) -> float:
        whole, computed, _ = _strains(one, _computed(one, path, load, on))
        return float(_principal(computed)[largest] - _principal(whole)[largest])

    ends = over(low), over(high)
    if abs(ends[1]) <= UNLIKE * abs(measured[largest]) and ends[0] * ends[1] > 0.0:
        return high
    if not ends[0] * ends[1] <= 0.0:
        first, last = (100 * (end + measured[largest]) for end in ends)
        raise MicrofemError(
            f"{one.name}: its larger strain as a whole is {100 * measured[largest]:.4g} %; the computed path goes from "
            f"{first:.4g} to {last:.4g} %: run the study to a larger load"
        )
    return float(brentq(over, low, high, xtol=1e-6 * (high - low)))
