"""Shape sensitivities: derivatives of metrics with respect to layout parameters, exact for the discrete problem.

The mesh follows its layout (fem/shape_derivatives/motion.py), so a metric J of a solution u changes by

    dJ = d_x J(u) - d_x a(u, z),      a(v, z) = J'(v) for all v,

where d_x is the change with the points at fixed degrees of freedom. One dual solution z serves any number of
parameters; metrics of the energy of the terminals need none, since u is its own dual solution. A physics with several
fields gives the solutions at both ends of a step instead, by its linearised equations: the direct method. R. T. Haftka
and Z. Gurdal, Elements of Structural Optimization, 3rd ed., ch. 7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from microfem.base.errors import MeshError, MetricRefused, MicrofemError
from microfem.families import FAMILIES
from microfem.layout import Flat, Layout, Sheet
from microfem.layout.frames import axes_of
from microfem.materials.anisotropy import FLAT
from microfem.mesh import Mesh
from microfem.metrics import METRICS, Call
from microfem.metrics.metric import Metric
from microfem.physics import PHYSICS, Solution
from microfem.physics.frame import Floats
from microfem.physics.potential.solution import PotentialSolution
from microfem.study.design import Design

if TYPE_CHECKING:
    from microfem.fem.error_estimates.dual_solution import Dual

STEP = 1e-5  # of finite differences of formulas, relative to a parameter, or to the smallest feature if it is zero
BENT = (
    0.1  # largest difference of both halves of a difference, relative to it; more is a jump, as in an order of facets
)
ROUND_OFF = 1e-6  # the same relative to the value: a jump of that size is 0.05 % per % of a parameter
SHARE = 1e-5  # step of finite differences with respect to the energy, relative to it

Pair = tuple[Solution, Solution]


@dataclass(frozen=True, kw_only=True)
class Variation:
    """The layouts at a parameter plus and minus a step.

    step: of the parameter, in its unit; velocity: (npoints, dim) derivative of the mesh's points, um per unit of the
    parameter, empty without a mesh.
    """

    parameter: str
    above: Layout
    below: Layout
    step: float
    velocity: Floats

    def slope(self, function: Callable[[Layout], float]) -> float:
        """Return the derivative of a function of the layout."""
        return (function(self.above) - function(self.below)) / (2.0 * self.step)


def variations(design: Design, parameters: Sequence[str], mesh: Mesh | None = None) -> list[Variation]:
    """Return the variations of a design, and of its flat mesh, with its parameters and those that depend on them.

    Raises:
        MicrofemError: a parameter is a count or a choice, or no mesh of the same cells follows it.
    """
    from microfem.fem.shape_derivatives.motion import motion

    if mesh is not None and mesh.layout.placement != Flat():
        raise MicrofemError("derivatives with respect to a layout need a flat layout; leave out the placement")
    if mesh is not None and axes_of(mesh.layout) != FLAT and (name := _directed(mesh.layout)):
        raise MicrofemError(f"no derivative follows the axes of material '{name}', which turn with the layout")
    if mesh is not None and (contacts := mesh.layout.contacts):
        raise MicrofemError(f"no derivative with respect to a layout knows the contact between {contacts[0].label}")
    varied, dependent = [], design.dependents.told
    for name in parameters:
        _, param, _ = FAMILIES.get(design.family).params[name]
        value = design.params[name]
        if not param.unit or not isinstance(value, float):
            raise MicrofemError(f"{name} is a count or a choice, which has no derivative")
        if name in dependent:
            raise MicrofemError(f"{name} follows from {dependent[name]} and has no derivative of its own")
        step = STEP * (abs(value) or design.layout().feature)
        above, below = (design.at({name: value + s * step}).layout() for s in (1.0, -1.0))
        try:
            velocity = np.zeros((0, 0)) if mesh is None else (motion(mesh, above) - motion(mesh, below)) / (2.0 * step)
        except MeshError as error:
            raise MeshError(f"no mesh follows {name}: {error}") from error
        varied.append(Variation(parameter=name, above=above, below=below, step=step, velocity=velocity))
    return varied


def _directed(layout: Layout) -> str:
    """Return the name of a material with a property that differs along axes, "" without one."""
    every = layout.materials.values()
    return next((one.name for one in every if any(p.axes for p in one.properties.values())), "")


def of_layout(call: Call, varied: Sequence[Variation]) -> Floats:
    """Return the derivatives (nparameters,) of a metric of the layout."""
    kind = METRICS.get(call.name)
    return np.array(
        [variation.slope(lambda layout: float(kind.function(layout, **call.options))) for variation in varied]
    )


@dataclass(frozen=True)
class ShapeDerivatives:
    """Derivatives of the metrics of a solution with parameters of its layout.

    varied: variations with the velocities of the solution's mesh.
    """

    solution: Solution
    varied: Sequence[Variation]

    def of(self, call: Call) -> Floats:
        """Return the derivatives (nparameters,) of a metric, in its unit per unit of each parameter.

        Raises:
            MetricRefused: no derivative of the metric is known.
        """
        solution, kind = self.solution, METRICS.get(call.name)
        if kind.of_solve:
            raise _refused(kind, "it is a number of the solve itself")
        if PHYSICS.get(solution.case.physics).nearby is not None:
            return self._differences(kind, call, self._nearby, solution)
        if solution.undeformed is not None or solution.steps or solution.dual is None:
            raise _refused(kind, "the case has a load path or a deformed geometry")
        if kind.of_energy:
            return _of_energy(solution, kind, call.options, self.varied)
        if kind.qoi is None or (again := PHYSICS.get(solution.case.physics).again) is None:
            raise _refused(kind, "it has no quantity of interest, or its physics no evaluation on a moved mesh")
        qoi = kind.qoi(solution, **kind.model(**call.options).model_dump())
        if qoi.load is None and not qoi.stationary:
            raise _refused(kind, "it is a value at one point, or not a function of the solution alone")
        explicit = self._differences(kind, call, self._moved, again(solution, solution.mesh))
        if qoi.load is None:
            return explicit
        z = solution.dual.solve(qoi.load)
        return explicit - _changes(solution, z, self.varied) - _end_terms(solution.dual, z, self._moved, self.varied)

    def _differences(self, kind: Metric, call: Call, ends: Sequence[Pair], here: Solution) -> Floats:
        """Return the differences of a metric between the ends of each variation, over twice the step.

        Raises:
            MetricRefused: they are no derivatives, because the metric jumps.
        """
        centre, *values = (float(kind.function(one, **call.options)) for one in (here, *chain(*ends)))
        slopes = []
        for high, low, variation in zip(values[::2], values[1::2], self.varied, strict=True):
            if abs(high + low - 2.0 * centre) > BENT * abs(high - low) + ROUND_OFF * abs(centre):
                raise _refused(kind, f"on this mesh it jumps where {variation.parameter} changes")
            slopes.append((high - low) / (2.0 * variation.step))
        return np.array(slopes)

    @cached_property
    def _meshes(self) -> list[tuple[Mesh, Mesh]]:
        """The meshes at both ends of each variation."""
        mesh = self.solution.mesh
        return [(_moved_mesh(mesh, one, one.above), _moved_mesh(mesh, one, one.below)) for one in self.varied]

    @cached_property
    def _moved(self) -> list[Pair]:
        """The solutions at both ends of each variation with the same degrees of freedom."""
        again = PHYSICS.get(self.solution.case.physics).again
        assert again is not None
        return [(again(self.solution, above), again(self.solution, below)) for above, below in self._meshes]

    @cached_property
    def _nearby(self) -> list[Pair]:
        """The solutions at both ends of each variation, as its physics finds them close by."""
        nearby = PHYSICS.get(self.solution.case.physics).nearby
        assert nearby is not None
        found = list(nearby(self.solution, list(chain(*self._meshes))))
        return list(zip(found[::2], found[1::2], strict=True))


def _end_terms(dual: Dual, z: Floats, ends: Sequence[Pair], varied: Sequence[Variation]) -> Floats:
    """Return the change of a(u, z) by constrained values that follow the mesh, such as those of the ends.

    z may differ from 0 there, at the ends of a bend with a free neutral axis, but u has no force along that mode.
    """
    apply, constrained = dual.system.form.apply, dual.system.constrained
    forces = apply(z.reshape(1, -1))[0][0, constrained]
    terms = []
    for (high, low), variation in zip(ends, varied, strict=True):
        assert high.dual is not None
        assert low.dual is not None
        increment = (high.dual.values - low.dual.values).ravel()[constrained]
        terms.append(float(forces @ increment) / (2.0 * variation.step))
    return np.array(terms)


def _of_energy(solution: Solution, kind: Metric, options: Mapping[str, object], varied: Sequence[Variation]) -> Floats:
    """Return the derivatives of a metric of the energy W fed into the terminals.

    W is a(u, u) with prescribed potentials; with prescribed fluxes 2 W - a(u, u) is stationary.
    """
    assert solution.dual is not None
    if not isinstance(solution, PotentialSolution) or solution.bounds is None:
        raise _refused(kind, "the energy of this case is not that of its terminals")
    energy, own = solution.energy, solution.dual.values
    high, low = (float(kind.function(solution.with_energy(s * energy), **options)) for s in (1.0 + SHARE, 1.0 - SHARE))
    sign = -1.0 if solution.bounds.fed else 1.0
    return sign * (high - low) / (2.0 * SHARE * energy) * _changes(solution, own, varied)


def _changes(solution: Solution, z: Floats, varied: Sequence[Variation]) -> Floats:
    """Return d_x a(u, z) for each variation, including the thickness of films."""
    from microfem.fem.shape_derivatives.forces import configurational_forces, film_energies

    assert solution.dual is not None
    form, u = solution.dual.form, solution.dual.values
    forces, films = configurational_forces(form, u, z), film_energies(form, u, z)
    changes = []
    for variation in varied:
        change = float((forces * variation.velocity).sum())
        for name, part in films.items():
            thickness = partial(_thickness, name)
            change += part / thickness(solution.mesh.layout) * variation.slope(thickness)
        changes.append(change)
    return np.array(changes)


def _thickness(name: str, layout: Layout) -> float:
    sheet = layout.part(name)
    assert isinstance(sheet, Sheet)
    return sheet.thickness


def _moved_mesh(mesh: Mesh, variation: Variation, layout: Layout) -> Mesh:
    """Return the mesh that follows a layout one step away."""
    shift = (variation.step if layout is variation.above else -variation.step) * variation.velocity
    return replace(mesh, points=mesh.points + shift, flat=mesh.flat + shift, layout=layout)


def _refused(kind: Metric, reason: str) -> MetricRefused:
    return MetricRefused(kind.name, f"no derivative of it is known: {reason}", "differences of two runs")
