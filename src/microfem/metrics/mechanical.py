"""Metrics of the strains and stresses of devices, and of their safety.

Strains of elasticity are small strains; those of hyperelasticity have a `measure` (nominal unless stated, logarithmic,
green_lagrange) and are the largest principal ones or those of lines along an `axis`. The mismatch is left out of
principal strains. The largest principal strain is what cracks a brittle layer. Where
no region is named, strains and stresses are taken over what must not break (electrodes, collectors, tabs,
bridges, substrate) and not over gels, separators, covers and cores, which are soft and strain most. A region is
named by its name or its role. Films count with their thickness. Peaks are sought at the corners of cells, where
the strain of a P2 solution is largest, but within cells where metal has flowed; at a re-entrant or bimaterial corner
the exact peak may be unbounded, and percentiles converge where peaks do not.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.base.registry import did_you_mean
from microfem.metrics import large
from microfem.metrics.large import Axis, Measure
from microfem.metrics.layers import layer_parts
from microfem.metrics.metric import metric
from microfem.metrics.quantity_of_interest import BEYOND, Goal
from microfem.metrics.spread import (
    STRAIN,
    STRESS,
    VON_MISES,
    Mean,
    Part,
    Percentile,
    Quantity,
    Statistic,
    spread_goal,
    spread_value,
)
from microfem.physics import Solution
from microfem.physics.mechanics.conformal import ConformalState

ON = ("elasticity",)
YIELDING = (*ON, "plasticity")
STRESSED = (*YIELDING, "conformal")
STRAINED = (*STRESSED, "hyperelasticity")
FIRM_ROLES = ("anode", "cathode", "anode_collector", "cathode_collector", "anode_tab", "cathode_tab", "substrate",
              "bridge")  # fmt: skip


def _parts(solution: Solution, region: str) -> list[str]:
    """Return the solid regions and films of a name or role, or of all firm roles.

    Raises:
        MicrofemError: there are none in this solution.
    """
    layout, there = solution.mesh.layout, _solid(solution)
    role = {name: layout.part(name).role for name in there}
    found = [name for name in there if (region in (name, role[name]) if region else role[name] in FIRM_ROLES)]
    if not found:
        known = [*there, *sorted(set(role.values()) - set(there))]
        raise MicrofemError(f"no solid region or role '{region or 'firm'}' in this case{did_you_mean(region, known)}")
    return found


def _solid(solution: Solution) -> list[str]:
    """Return the names of what carries load."""
    if isinstance(solution.state, ConformalState):
        return list(solution.state.layers)
    mesh = solution.mesh
    solid = np.unique(mesh.region_of_cell[solution.state.body.cells])
    return [*(mesh.regions[i] for i in solid), *solution.state.films]


def _responses(solution: Solution, names: list[str]) -> list[Part]:
    """Return the parts' strain and stress."""
    from microfem.fem.linear_elasticity.bodies import strained, strained_film

    if isinstance(solution.state, ConformalState):
        return layer_parts(solution, names)
    mesh, state, dual = solution.mesh, solution.state, solution.dual
    body = state.body
    regions = [mesh.regions.index(name) for name in names if name in mesh.regions]
    rows = np.flatnonzero(np.isin(mesh.region_of_cell[body.cells], regions))
    if dual is None:
        flowed = (state.equivalent[rows] > 0.0).any(axis=1)
        return [Part(state.solid, rows, mesh.cells[body.cells[rows]], flowed=flowed)]
    found = []
    if regions:
        found.append(Part(state.solid, rows, mesh.cells[body.cells[rows]], partial(strained, body), dual.inside,
                          dual.error[rows, : mesh.dim + 1]))  # fmt: skip
    for name in names:
        if name in state.films:
            film = body.films[name]
            beside = dual.form.beside[name]
            corners = dual.form.on_facets(dual.error, beside)[:, : mesh.dim]
            found.append(Part(state.films[name], slice(None), film.facets, partial(strained_film, body, film),
                              dual.on_films[name], corners, beside))  # fmt: skip
    return found


def _peak(solution: Solution, region: str, quantity: Quantity) -> float:
    return max(float(part.corners(quantity).max()) for part in _responses(solution, _parts(solution, region)))


def _peak_goal(solution: Solution, region: str, quantity: Quantity) -> Goal:
    """Return by how much the peak may be higher, at any place: a dual solution would be as singular as a point load.

    At a corner that the mesh does not resolve yet the value is small and its error large.
    """
    highest = max(_highest(part, quantity) for part in _responses(solution, _parts(solution, region)))
    peak = _peak(solution, region, quantity)
    return Goal(None, highest - peak, least=_beyond(solution, peak))


def _highest(part: Part, quantity: Quantity) -> float:
    """Return the largest value with its error, by recovery, at the corners of a part."""
    own = part.corners(quantity)
    return float((own + np.abs(part.corners(quantity, recovered=True) - own)).max())


def _beyond(solution: Solution, value: float) -> float:
    """Return by how much a value at a rim may be off where corners of chords lie beyond their circle, see BEYOND."""
    from microfem.mesh.roundness import roundness

    return BEYOND * roundness(solution.mesh).walls * abs(value)


def _spread(solution: Solution, region: str, quantity: Quantity, statistic: Statistic) -> float:
    return spread_value(_responses(solution, _parts(solution, region)), quantity, statistic)


def _goal(solution: Solution, region: str, quantity: Quantity, statistic: Statistic) -> Goal:
    return spread_goal(solution, _responses(solution, _parts(solution, region)), quantity, statistic)


@metric("1", on=STRAINED, better="lower", pointwise=True, goal=lambda s, *, region, **_: _peak_goal(s, region, STRAIN))
def max_strain(solution: Solution, *, region: str = "", measure: Measure = "", axis: Axis = "principal") -> float:
    """Largest strain in a region or role; all but soft parts if none is named."""
    if large.is_large(solution):
        return large.peak(large.strains(solution, region, FIRM_ROLES, measure, axis, corners=True))
    large.refuse_measure("max_strain", measure, axis)
    return _peak(solution, region, STRAIN)


@metric(
    "1", on=STRAINED, better="lower",
    goal=lambda s, *, percent, region, **_: _goal(s, region, STRAIN, Percentile(percent)),
)  # fmt: skip
def strain_percentile(
    solution: Solution, *, percent: float = 99.0, region: str = "", measure: Measure = "", axis: Axis = "principal"
) -> float:
    """Strain that `percent` of the volume of a region or role stays below."""
    if large.is_large(solution):
        found = large.strains(solution, region, FIRM_ROLES, measure, axis, corners=False)
        return large.spread(found, Percentile(percent))
    large.refuse_measure("strain_percentile", measure, axis)
    return _spread(solution, region, STRAIN, Percentile(percent))


@metric("1", on=STRAINED, better="lower", goal=lambda s, *, region, **_: _goal(s, region, STRAIN, Mean()))
def mean_strain(solution: Solution, *, region: str = "", measure: Measure = "", axis: Axis = "principal") -> float:
    """Mean over the volume of a region or role of the strain."""
    if large.is_large(solution):
        return large.spread(large.strains(solution, region, FIRM_ROLES, measure, axis, corners=False), Mean())
    large.refuse_measure("mean_strain", measure, axis)
    return _spread(solution, region, STRAIN, Mean())


@metric("MPa", on=STRAINED, better="lower", pointwise=True, goal=lambda s, *, region: _peak_goal(s, region, VON_MISES))
def max_von_mises(solution: Solution, *, region: str = "") -> float:
    """Largest von Mises stress in a region or role; all but soft parts if none is named."""
    if large.is_large(solution):
        return large.peak([*large.stresses(solution, region, FIRM_ROLES, "von_mises").values()])
    return _peak(solution, region, VON_MISES)


@metric(
    "MPa", on=STRAINED, better="lower",
    goal=lambda s, *, percent, region: _goal(s, region, VON_MISES, Percentile(percent)),
)  # fmt: skip
def von_mises_percentile(solution: Solution, *, percent: float = 99.0, region: str = "") -> float:
    """Von Mises stress that `percent` of the volume of a region or role stays below."""
    if large.is_large(solution):
        found = [*large.stresses(solution, region, FIRM_ROLES, "von_mises").values()]
        return large.spread(found, Percentile(percent))
    return _spread(solution, region, VON_MISES, Percentile(percent))


@metric("MPa", on=STRAINED, better="lower", pointwise=True, goal=lambda s, *, region: _peak_goal(s, region, STRESS))
def max_stress(solution: Solution, *, region: str = "") -> float:
    """Largest principal (tensile) stress in a region or role; all but soft parts if none is named."""
    if large.is_large(solution):
        return large.peak([*large.stresses(solution, region, FIRM_ROLES, "largest").values()])
    return _peak(solution, region, STRESS)


@metric(
    "MPa", on=STRAINED, better="lower",
    goal=lambda s, *, percent, region: _goal(s, region, STRESS, Percentile(percent)),
)  # fmt: skip
def stress_percentile(solution: Solution, *, percent: float = 99.0, region: str = "") -> float:
    """Largest principal (tensile) stress that `percent` of the volume of a region or role stays below."""
    if large.is_large(solution):
        return large.spread([*large.stresses(solution, region, FIRM_ROLES, "largest").values()], Percentile(percent))
    return _spread(solution, region, STRESS, Percentile(percent))


def _safety_goal(solution: Solution, region: str) -> Goal:
    layout, value = solution.mesh.layout, safety(solution, region=region)
    least = min(layout.material(name).value("yield_stress") / max(_highest(part, VON_MISES), 1e-300)
                for name in _yielding(solution, region, "safety", "max_von_mises")
                for part in _responses(solution, [name]))  # fmt: skip
    return Goal(None, least - value, least=_beyond(solution, value))


@metric("1", on=STRESSED, better="higher", pointwise=True, goal=lambda s, *, region: _safety_goal(s, region))
def safety(solution: Solution, *, region: str = "") -> float:
    """Smallest ratio of yield stress to von Mises stress over the parts whose material states a yield stress."""
    layout = solution.mesh.layout
    return min(layout.material(name).value("yield_stress") / max(_peak(solution, name, VON_MISES), 1e-300)
               for name in _yielding(solution, region, "safety", "max_von_mises"))  # fmt: skip


def _safety_percentile_goal(solution: Solution, percent: float, region: str) -> Goal:
    """Return the goal of the part that is least safe: that of its stress, S / s being its ratio."""
    layout, of = solution.mesh.layout, Percentile(percent)
    strength = {
        name: layout.material(name).value("yield_stress")
        for name in _yielding(solution, region, "safety_percentile", "von_mises_percentile")
    }
    stress = {name: max(_spread(solution, name, VON_MISES, of), 1e-300) for name in strength}
    weakest = min(strength, key=lambda name: strength[name] / stress[name])
    goal, ratio = _goal(solution, weakest, VON_MISES, of), -strength[weakest] / stress[weakest] ** 2
    assert goal.load is not None
    assert goal.change is not None
    assert goal.of_cell is not None
    return Goal(ratio * goal.load, ratio * goal.change, ratio * goal.of_cell, least=abs(ratio) * goal.least)


@metric("1", on=YIELDING, better="higher",
        goal=lambda s, *, percent, region: _safety_percentile_goal(s, percent, region))  # fmt: skip
def safety_percentile(solution: Solution, *, percent: float = 99.0, region: str = "") -> float:
    """Smallest ratio over the parts of yield stress to the von Mises stress that `percent` of the part stays below."""
    layout, of = solution.mesh.layout, Percentile(percent)
    return min(layout.material(name).value("yield_stress") / max(_spread(solution, name, VON_MISES, of), 1e-300)
               for name in _yielding(solution, region, "safety_percentile", "von_mises_percentile"))  # fmt: skip


def _yielding(solution: Solution, region: str, metric: str, instead: str) -> list[str]:
    """Return the parts whose material states a yield stress.

    Raises:
        MetricRefused: there are none; `instead` is the metric that needs none.
    """
    layout = solution.mesh.layout
    found = [name for name in _parts(solution, region) if layout.material(name).has("yield_stress")]
    if not found:
        raise MetricRefused(metric, "no part's material states a yield_stress", f"{instead}(case)")
    return found
