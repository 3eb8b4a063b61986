"""Strains and stresses at large strain, over the parts that a metric names, in the measure that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.base.registry import did_you_mean
from microfem.metrics.spread import Statistic
from microfem.physics import Case, Solution
from microfem.physics.mechanics.hyperelasticity import HyperelasticityCase, LargeState

Floats = NDArray[np.float64]
Measure = Literal["", "nominal", "logarithmic", "green_lagrange"]
Axis = Literal["principal", "x", "y", "z"]


def told_measure(options: Mapping[str, object], case: Case) -> str:
    """Return the measure and axis of a strain metric as a table tells it, "" where strains are small or it is none."""
    if "measure" not in options or not isinstance(case, HyperelasticityCase):
        return ""
    return f"{str(options['measure'] or 'nominal').replace('_', '-')}, {options['axis']}"


def is_large(solution: Solution) -> bool:
    """Tell whether a solution is of large strain."""
    return isinstance(solution.state, LargeState)


def refuse_measure(metric: str, measure: Measure, axis: Axis) -> None:
    """Refuse a measure or an axis where strains are small.

    Raises:
        MetricRefused: one is asked for.
    """
    if measure or axis != "principal":
        raise MetricRefused(metric, "small strains have one measure and are taken along their principal axis",
                            "the same of a hyperelasticity case, or leave measure and axis out")  # fmt: skip


def strains(solution: Solution, region: str, roles: tuple[str, ...], measure: Measure, axis: Axis, corners: bool,
            ) -> list[tuple[Floats, Floats]]:  # fmt: skip
    """Return strain (n, any) and weight (n,) of each part: principal ones of the elastic gradient, or of lines.

    corners: at the vertices of cells, where F of a P2 solution is largest, instead of quadrature points.
    """
    from microfem.fem.finite_strain.strain_measures import line_strain, principal_strain

    mesh, state = solution.mesh, solution.state
    names = {"3d": "xyz", "plan": "xyz", "section": "xzy"}[mesh.dimension]
    found = []
    for name in parts(solution, region, roles):
        rows = _rows(solution, name)
        f = (state.elastic if axis == "principal" else state.gradient)[rows]
        f = _at_corners(f, mesh.dim) if corners else f
        of = measure or "nominal"
        values = principal_strain(f, of) if axis == "principal" else line_strain(f, names.index(axis), of)
        found.append((values, _volumes(solution, name, rows)))
    return found


def stresses(solution: Solution, region: str, roles: tuple[str, ...], kind: Literal["von_mises", "largest"]
             ) -> dict[str, tuple[Floats, Floats]]:  # fmt: skip
    """Return von Mises' or the largest principal Cauchy stress (n, nq), MPa, and weight (n,), of each part by name."""
    from microfem.fem.finite_strain.strain_measures import mises

    mesh, state = solution.mesh, solution.state
    found = {}
    for name in parts(solution, region, roles):
        rows = _rows(solution, name)
        stress = _layer(solution, name, rows) if mesh.dimension == "plan" else state.stress[rows]
        size = mises(stress) if kind == "von_mises" else np.linalg.eigvalsh(stress)[..., -1]
        found[name] = (np.asarray(size, dtype=float), _volumes(solution, name, rows))
    return found


def _layer(solution: Solution, name: str, rows: NDArray[np.int64]) -> Floats:
    """Return the stress of one layer of a sheet."""
    from microfem.fem.finite_strain.laws import law_of

    law = law_of(solution.mesh.layout.material(name)).keeping_volume()
    return np.asarray(solution.state.continuum.layer_stresses(solution.state.elastic[rows], law))


def peak(blocks: list[tuple[Floats, Floats]]) -> float:
    """Return the largest value."""
    return max(float(values.max()) for values, _ in blocks)


def spread(blocks: list[tuple[Floats, Floats]], statistic: Statistic) -> float:
    """Return a statistic of values over their volume."""
    return statistic.value([v for v, _ in blocks], [w / v.shape[1] for v, w in blocks])


def parts(solution: Solution, region: str, roles: tuple[str, ...]) -> list[str]:
    """Return the parts of a name or role that carry load, or of all of `roles` where none is named.

    Raises:
        MicrofemError: there are none in this solution.
    """
    from microfem.fem.finite_strain.bodies import is_stiff

    layout = solution.mesh.layout
    known = layout.names() if solution.mesh.dimension == "plan" else solution.mesh.regions
    there = [name for name in known if is_stiff(layout, name) and len(_rows(solution, name))]
    role = {name: layout.part(name).role for name in there}
    found = [name for name in there if (region in (name, role[name]) if region else role[name] in roles)]
    if not found:
        told = [*there, *sorted(set(role.values()) - set(there))]
        raise MicrofemError(f"no solid region or role '{region or 'firm'}' in this case{did_you_mean(region, told)}")
    return found


def _rows(solution: Solution, name: str) -> NDArray[np.int64]:
    """Return the rows of the body's cells in which a part lies; in plan, above or below whatever else."""
    return np.flatnonzero(_thickness(solution, name) > 0.0)


def _volumes(solution: Solution, name: str, rows: NDArray[np.int64]) -> Floats:
    """Return the volume of a part in rows of the body's cells, um3; of a section the area, um2."""
    return np.asarray(solution.mesh.volumes[solution.state.body.cells[rows]] * _thickness(solution, name)[rows])


def _thickness(solution: Solution, name: str) -> Floats:
    """Return the thickness of a part at each of the body's cells of a plan, um; elsewhere 1 where it lies, else 0."""
    mesh, cells = solution.mesh, solution.state.body.cells
    if mesh.dimension != "plan":
        return (mesh.region_of_cell[cells] == mesh.regions.index(name)).astype(float)
    from microfem.mesh.layers import find_stacks

    stacks = find_stacks(mesh)
    own = [sum(high - low for part, low, high in layers if part == name) for layers in stacks.layers]
    return np.array(own)[stacks.kind[cells]]


def _at_corners(f: Floats, dim: int) -> Floats:
    """Return F (n, dim + 1, 3, 3) at vertices from quadrature points: it is linear in a cell of P2."""
    from microfem.fem.error_estimates.recovery import at_nodes

    if f.shape[1] != dim + 1:
        return f
    return np.asarray(np.einsum("vq,nqij->nvij", at_nodes(dim)[: dim + 1], f))
