"""How metrics change with the parameters of a layout: exact derivatives of the discrete problem.

The mesh follows its layout (fem/shape/motion.py), so a metric J of a solution u changes by

    dJ = d_x J(u) - d_x a(u, z),      a(v, z) = J'(v) for all v,

where d_x is the change with the points at the same degrees of freedom. One dual solution z serves any number of
parameters; what follows from the energy of the terminals needs none, since there u is its own. R. T. Haftka and
Z. Gurdal, Elements of Structural Optimization, 3rd ed., ch. 7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from microfem.base.errors import MeshError, MetricRefused, MicrofemError
from microfem.families import FAMILIES
from microfem.layout import Flat, Layout, Sheet
from microfem.mesh import Mesh
from microfem.metrics import METRICS, Call
from microfem.metrics.metric import Metric
from microfem.physics import PHYSICS, Solution
from microfem.physics.frame import Floats
from microfem.physics.potential.solution import PotentialSolution
from microfem.study.design import Design

if TYPE_CHECKING:
    from microfem.fem.error_estimates.dual_solution import Dual

STEP = 1e-5  # of a parameter, or of the smallest feature where it is zero, for differences of what is a formula
BENT = 0.1  # of a difference, by which its two halves may differ; more is a jump, as where facets change their order
ROUND_OFF = 1e-6  # of a value, likewise: a jump of that size is 0.05 % per % of a parameter
SHARE = 1e-5  # of the energy, likewise


@dataclass(frozen=True, kw_only=True)
class Variation:
    """A layout a little above and below, per unit of a parameter.

    step: of the parameter, in its unit; velocity: (npoints, dim) of the mesh's points, um per unit, empty without mesh.
    """

    parameter: str
    above: Layout
    below: Layout
    step: float
    velocity: Floats

    def slope(self, function: Callable[[Layout], float]) -> float:
        """Return the derivative of a number that a layout gives."""
        return (function(self.above) - function(self.below)) / (2.0 * self.step)


def variations(design: Design, parameters: Sequence[str], mesh: Mesh | None = None) -> list[Variation]:
    """Return how a design varies with its parameters, and a flat mesh of it with the design.

    Raises:
        MicrofemError: a parameter is a count or a choice, or no mesh of the same cells follows it.
    """
    from microfem.fem.shape_derivatives.motion import motion

    if mesh is not None and mesh.layout.placement != Flat():
        raise MicrofemError("derivatives with a layout are of flat ones; leave out the placement")
    found = []
    for name in parameters:
        _, param, _ = FAMILIES.get(design.family).params[name]
        value = design.params[name]
        if not param.unit or not isinstance(value, float):
            raise MicrofemError(f"{name} is a count or a choice: nothing changes with it smoothly")
        step = STEP * (abs(value) or design.layout().feature)
        above, below = (replace(design, params={**design.params, name: value + s * step}).layout() for s in (1.0, -1.0))
        try:
            velocity = np.zeros((0, 0)) if mesh is None else (motion(mesh, above) - motion(mesh, below)) / (2.0 * step)
        except MeshError as error:
            raise MeshError(f"no mesh follows {name}: {error}") from error
        found.append(Variation(parameter=name, above=above, below=below, step=step, velocity=velocity))
    return found


def of_layout(call: Call, varied: Sequence[Variation]) -> Floats:
    """Return the derivatives (nparameters,) of a metric of the layout."""
    kind = METRICS.get(call.name)
    return np.array([one.slope(lambda layout: float(kind.function(layout, **call.options))) for one in varied])


def of_solution(solution: Solution, call: Call, varied: Sequence[Variation]) -> Floats:
    """Return the derivatives (nparameters,) of a metric of a solution, in its unit per unit of each parameter.

    varied: with the velocities of the solution's mesh.

    Raises:
        MetricRefused: the metric has no derivative, or none that is known.
    """
    kind = METRICS.get(call.name)
    if solution.undeformed is not None or solution.steps or solution.dual is None:
        raise _refused(kind, "it is of a load path or a deformed geometry")
    if kind.of_energy:
        return _of_energy(solution, kind, call.options, varied)
    if kind.qoi is None or (again := PHYSICS.get(solution.case.physics).again) is None:
        raise _refused(kind, "nothing tells how it changes with the solution")
    qoi = kind.qoi(solution, **kind.model(**call.options).model_dump())
    if qoi.load is None and not qoi.stationary:
        raise _refused(kind, "it is a value at one place, or none of the solution alone")
    ends = [[again(solution, _moved(solution.mesh, one, layout)) for layout in (one.above, one.below)]
            for one in varied]  # fmt: skip
    values = [[float(kind.function(end, **call.options)) for end in both] for both in ends]
    explicit = np.array([(high - low) / (2.0 * one.step) for (high, low), one in zip(values, varied, strict=True)])
    if qoi.load is None:
        return explicit
    middle = float(kind.function(again(solution, solution.mesh), **call.options))
    for (high, low), one in zip(values, varied, strict=True):
        if abs(high + low - 2.0 * middle) > BENT * abs(high - low) + ROUND_OFF * abs(middle):
            raise _refused(kind, f"on this mesh it jumps where {one.parameter} changes")
    z = solution.dual.solve(qoi.load)
    return explicit - _changes(solution, z, varied) - _lifts(solution.dual, z, ends, varied)


def _lifts(dual: Dual, z: Floats, ends: Sequence[Sequence[Solution]], varied: Sequence[Variation]) -> Floats:
    """Return what a(u, z) changes by with values that are given and move with the mesh, as those of ends do.

    Where z is not at rest there, at the ends of a bend whose neutral axis is open, u has no force along it.
    """
    apply, constrained = dual.system.form.apply, dual.system.constrained
    forces = apply(z.reshape(1, -1))[0][0, constrained]
    found = []
    for (high, low), one in zip(ends, varied, strict=True):
        assert high.dual is not None
        assert low.dual is not None
        lift = (high.dual.values - low.dual.values).ravel()[constrained]
        found.append(float(forces @ lift) / (2.0 * one.step))
    return np.array(found)


def _of_energy(solution: Solution, kind: Metric, options: Mapping[str, object], varied: Sequence[Variation]) -> Floats:
    """Return the derivatives of what follows from the energy W fed into the terminals: a(u, u) at given potentials,
    of which at given fluxes 2 W - a(u, u) is stationary."""  # fmt: skip
    assert solution.dual is not None
    if not isinstance(solution, PotentialSolution) or solution.bounds is None:
        raise _refused(kind, "the energy of this case is not that of its terminals")
    energy, own = solution.energy, solution.dual.values
    high, low = (float(kind.function(solution.with_energy(s * energy), **options)) for s in (1.0 + SHARE, 1.0 - SHARE))
    sign = -1.0 if solution.bounds.fed else 1.0
    return sign * (high - low) / (2.0 * SHARE * energy) * _changes(solution, own, varied)


def _changes(solution: Solution, z: Floats, varied: Sequence[Variation]) -> Floats:
    """Return d_x a(u, z) for each variation, of films with their thickness too."""
    from microfem.fem.shape_derivatives.forces import configurational_forces, film_energies

    assert solution.dual is not None
    form, u = solution.dual.form, solution.dual.values
    forces, films = configurational_forces(form, u, z), film_energies(form, u, z)
    found = []
    for one in varied:
        change = float((forces * one.velocity).sum())
        for name, part in films.items():
            thickness = partial(_thickness, name)
            change += part / thickness(solution.mesh.layout) * one.slope(thickness)
        found.append(change)
    return np.array(found)


def _thickness(name: str, layout: Layout) -> float:
    sheet = layout.part(name)
    assert isinstance(sheet, Sheet)
    return sheet.thickness


def _moved(mesh: Mesh, one: Variation, layout: Layout) -> Mesh:
    """Return the mesh as it follows a layout a step away."""
    way = (one.step if layout is one.above else -one.step) * one.velocity
    return replace(mesh, points=mesh.points + way, flat=mesh.flat + way, layout=layout)


def _refused(kind: Metric, reason: str) -> MetricRefused:
    return MetricRefused(kind.name, f"no derivative of it is known: {reason}", "differences of two runs")
