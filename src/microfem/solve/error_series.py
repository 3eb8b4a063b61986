"""The values on the meshes of a refinement, and the error of the last value from their series."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from microfem.base.errors import MetricRefused
from microfem.base.units import format_quantity
from microfem.metrics import METRICS, Call, Value
from microfem.metrics.curve import OnMesh
from microfem.physics import Solution

ONE_MESH, TWO_MESHES, THREE_MESHES = 1.25, 3.0, 1.25  # Roache's factors of safety
LEAST_ORDER, HALVINGS = 0.2, 40  # least observed order, and bisections of the interval that contains it
SLOWEST, LEAST_REFINEMENT = 0.85, 0.1  # largest observed ratio of changes, and least growth r - 1 in a denominator
ROUND_OFF = 1e-12  # relative to a value: the smallest error
FALLEN = 3.0  # fall of the indicated error between two meshes over which a change of a value tells of its error
JUST_ABOVE = 1.0 + 1e-9  # relative to the target: an error that another mesh must confirm
NOT_CONVERGED = 0.1  # relative change beyond which a value at one point does not converge


@dataclass(frozen=True)
class Measured:
    """Values and refusals of one case, or of the layout; meshes: values on each mesh of a refinement, in order.

    unconfirmed: values whose errors a finer mesh must confirm.
    """

    values: Mapping[str, Value]
    refused: Mapping[str, str]
    meshes: Mapping[str, Sequence[OnMesh]] = field(default_factory=dict)
    unconfirmed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Grid:
    """The results of one mesh: its fineness, cells^(1/dim), its values, and the order of its elements.

    indicated: the squared error of its fields, relative, by the indicator of its physics.
    """

    fineness: float
    measured: Measured
    order: int = 2
    indicated: float = 0.0


def round_off(solution: Solution) -> float:
    """Return the relative uncertainty of a value due to the residual of its solve."""
    return max(ROUND_OFF, solution.report.residual, solution.report.balance_error)


def with_errors(history: Sequence[Grid], calls: Mapping[str, Call], unknown: float = ROUND_OFF) -> Measured:
    """Return the values of the last mesh with their errors; refuse peaks that do not converge.

    Proven bounds stay. A dual estimate is raised to the extrapolated change (v2 - v1) / (r^p - 1), since it is
    unreliable where a share jumps or a corner is not resolved: r is the ratio of mesh fineness (cells^(1/dim)), p the
    order of convergence, that of the elements for shares and peaks and twice that for smooth numbers. Without a dual
    estimate the changes from mesh to mesh give the error, with the factors of safety of P. J. Roache, J. Fluids Eng.
    116 (1994) 405. An error of time steps stands beside that of the mesh, see `_with_space`. unknown: round-off
    relative to a value. The error is an estimate, not a bound.
    """
    values, refused, unconfirmed = {}, dict(history[-1].measured.refused), set[str]()
    for name, value in history[-1].measured.values.items():
        kind = METRICS.get(calls[name].name)
        series = [grid.measured.values[name].value for grid in history if name in grid.measured.values]
        change = abs(series[-1] - series[-2]) if len(series) > 1 else None
        if value.lower is not None or kind.of_solve:
            values[name] = value
        elif (kind.pointwise or kind.floor) and change is None:
            values[name] = replace(value, error=None)  # one mesh shows no error of space, nor whether a peak converges
        elif kind.pointwise and change is not None and change > NOT_CONVERGED * abs(value.value):
            step = f"{series[-2]:.4g} to {format_quantity(value.value, value.unit)}"
            reason = f"it went from {step} from one mesh to the next, as at a singular corner"
            refused[name] = str(MetricRefused(kind.name, reason, "a percentile or a mean of the same field"))
        else:
            error = value.error
            if kind.floor and change is not None:
                error, confirmed = _with_space(name, value, history)
                unconfirmed |= set() if confirmed else {name}
            elif change is not None:
                fineness = [grid.fineness for grid in history if name in grid.measured.values]
                power = history[-1].order * (1.0 if kind.meshes > 1 else 2.0)
                growth = fineness[-1] / fineness[-2]
                factor = _series_factor(series, growth) if error is None else _dual_factor(series, fineness, power)
                error = max(change * factor, error or 0.0)
            elif error is not None:
                error *= ONE_MESH
            values[name] = replace(value, error=error if error is None else max(error, _least(value, unknown)))
    return Measured(values, refused, unconfirmed=frozenset(unconfirmed))


def _with_space(name: str, value: Value, history: Sequence[Grid]) -> tuple[float, bool]:
    """Return the errors of time steps and of the mesh in sum, and whether the meshes tell the latter.

    A value may stay while a mesh is refined where it does not matter to it. So changes count since the mesh on which
    the squared error of the fields was FALLEN times as large: then cells have become smaller wherever much of it was.
    The error that is left is F times the sum of the changes, times q / (1 - q) for a value whose error is in proportion
    to the squared error of the fields, as of an energy, and 1 / (r - 1) at least; q is its fall, F Roache's factor for
    an order that is not observed.
    """
    grids = [grid for grid in history if name in grid.measured.values]
    last = grids[-1]
    coarser = [k for k, grid in enumerate(grids[:-1]) if grid.indicated >= FALLEN * last.indicated]
    since = grids[coarser[-1] if coarser else 0 :]
    values = [grid.measured.values[name].value for grid in since]
    change = sum(abs(finer - coarse) for coarse, finer in pairwise(values))
    fall = min(last.indicated / max(since[0].indicated, 1e-300), SLOWEST)
    first_order = 1.0 / max(last.fineness / since[0].fineness - 1.0, LEAST_REFINEMENT)
    return value.floor + TWO_MESHES * change * max(first_order, fall / (1.0 - fall)), bool(coarser)


def _series_factor(series: Sequence[float], fineness: float) -> float:
    """Return the error over the last change, from the series of meshes alone.

    error = F max(1 / (r - 1), q / (1 - q)) |v2 - v1|: the order is at least 1, as with edge singularities of a
    potential; q = |v2 - v1| / |v1 - v0| is the observed ratio. F is Roache's factor: 1.25 with three meshes, 3 with
    two.
    """
    first_order = 1.0 / max(fineness - 1.0, LEAST_REFINEMENT)
    if len(series) < 3:
        return TWO_MESHES * first_order
    last, before = abs(series[-1] - series[-2]), abs(series[-2] - series[-3])
    observed = min(last / before, SLOWEST) if before > 0.0 else 0.0
    return THREE_MESHES * max(first_order, observed / (1.0 - observed))


def _dual_factor(series: Sequence[float], fineness: Sequence[float], power: float) -> float:
    """Return the remaining over the last change, 1 / (r^p - 1), for a value with a dual estimate.

    power: the expected order p. Changes in one direction that fall more slowly, as at an edge where the square of the
    flux is hardly integrable, give a lower observed order.
    """
    growth = fineness[-1] / fineness[-2]
    factor = 1.0 / max(growth**power - 1.0, LEAST_REFINEMENT)
    if len(series) > 2 and (last := series[-1] - series[-2]) * (before := series[-2] - series[-3]) > 0.0:
        order = _observed(before / last, fineness[-2] / fineness[-3], growth, power)
        factor = max(factor, min(1.0 / max(growth**order - 1.0, 1e-9), SLOWEST / (1.0 - SLOWEST)))
    return factor


def _observed(fall: float, first: float, second: float, power: float) -> float:
    """Return the observed order p of errors h^p on three meshes, between LEAST_ORDER and `power`.

    It solves (r1^p - 1) / (1 - r2^-p) = fall; fall: ratio of the two changes; first, second: r1 and r2, the ratios of
    fineness, which differ within a series.
    """
    low, high = LEAST_ORDER, power
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        slower = first**middle - 1.0 < fall * (1.0 - second**-middle)
        low, high = (middle, high) if slower else (low, middle)
    return 0.5 * (low + high)


def _least(value: Value, unknown: float) -> float:
    """Return the smallest error of a value, its round-off; of shares and strains the round-off of 1."""
    return max(unknown * abs(value.value), ROUND_OFF if value.unit == "1" or value.value == 0.0 else 0.0)


def excess(
    measured: Measured, accuracy: Mapping[str, float], unknown: float, unconfirmed: Collection[str] = ()
) -> tuple[float, str]:
    """Return the largest error relative to its target, and the name of the metric.

    No mesh lowers errors of time steps: the mesh is good enough where it adds no more, see `of_time_steps`.
    unknown: ratio for values without an error; unconfirmed: metrics whose errors another mesh must confirm.
    """
    ratios = {
        name: unknown
        if value.error is None
        else value.error / max(_wanted(value, accuracy[name]), 2.0 * value.floor, 1e-300)
        for name, value in measured.values.items()
    }
    return max(
        ((max(one, JUST_ABOVE) if name in unconfirmed else one, name) for name, one in ratios.items()),
        default=(0.0, ""),
    )


def of_time_steps(measured: Measured, accuracy: Mapping[str, float]) -> list[str]:
    """Return the metrics that miss their targets by errors of time steps, which are half of their errors then."""
    return [
        name
        for name, value in measured.values.items()
        if value.floor > 0.0 and (value.error or 0.0) > _wanted(value, accuracy[name])
    ]


def wanted(value: float, unit: str, scale: float, accuracy: float) -> float:
    """Return the target of the error of a value, in its unit.

    A value of 0 has no relative error: for a share the error is absolute, for other units it is round-off, and for a
    metric with a scale of its own it is relative to that.
    """
    size = abs(value if value or unit != "1" else 1.0)
    least = ROUND_OFF if unit == "1" or value == 0.0 else 0.0
    return max(accuracy * max(size, scale), least)


def _wanted(value: Value, accuracy: float) -> float:
    return wanted(value.value, value.unit, value.scale, accuracy)
