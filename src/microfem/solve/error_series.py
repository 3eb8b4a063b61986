"""What the meshes of a refinement gave, and what error their series tells of the last value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from microfem.base.errors import MetricRefused
from microfem.base.units import format_quantity
from microfem.metrics import METRICS, Call, Value
from microfem.metrics.curve import OnMesh
from microfem.physics import Solution

ONE_MESH, TWO_MESHES, THREE_MESHES = 1.25, 3.0, 1.25  # Roache's factors of safety
LEAST_ORDER, HALVINGS = 0.2, 40  # of the order that changes show, and of the interval in which it is sought
SLOWEST, LEAST_REFINEMENT = 0.85, 0.1  # limits of the observed ratio of changes, and of a refinement that counts
ROUND_OFF = 1e-12  # of a value: no error is below
JUST_ABOVE = 1.0 + 1e-9  # of the wanted error, where another mesh is to confirm it
NOT_CONVERGED = 0.1  # relative change at which a value at one place counts as not converging


@dataclass(frozen=True)
class Measured:
    """Values and refusals of one case, or of the layout; what each mesh of a refinement gave, the last one last."""

    values: Mapping[str, Value]
    refused: Mapping[str, str]
    meshes: Mapping[str, Sequence[OnMesh]] = field(default_factory=dict)


@dataclass(frozen=True)
class Grid:
    """What one mesh gave: its fineness, cells^(1/dim), the values found on it, and the order of its elements."""

    fineness: float
    found: Measured
    order: int = 2


def round_off(solution: Solution) -> float:
    """Return what part of a value its solve leaves unknown."""
    return max(ROUND_OFF, solution.report.residual, solution.report.balance_error)


def with_errors(history: Sequence[Grid], calls: Mapping[str, Call], unknown: float = ROUND_OFF) -> Measured:
    """Give each value of the last mesh its error; refuse peaks that do not settle.

    Proven bounds stay. What a dual solution estimates is no less than what the changes from mesh to mesh leave to come,
    (v2 - v1) / (r^p - 1): r is the ratio of mesh fineness (cells^(1/dim)), p the order with which the error falls, that
    of the elements for shares and peaks and twice that for smooth numbers. A dual solution tells little where a share
    jumps or a corner is not resolved. Where there is no dual solution the changes alone tell, with the
    factors of safety of P. J. Roache, J. Fluids Eng. 116 (1994) 405. unknown: part of a value that is round-off.
    It is an estimate, not a bound.
    """
    values, refused = {}, dict(history[-1].found.refused)
    for name, value in history[-1].found.values.items():
        kind = METRICS.get(calls[name].name)
        trail = [grid.found.values[name].value for grid in history if name in grid.found.values]
        change = abs(trail[-1] - trail[-2]) if len(trail) > 1 else None
        if value.lower is not None:
            values[name] = value
        elif kind.pointwise and change is None:
            values[name] = replace(value, error=None)  # one mesh does not tell whether a peak settles
        elif kind.pointwise and change is not None and change > NOT_CONVERGED * abs(value.value):
            was = f"{trail[-2]:.4g} to {format_quantity(value.value, value.unit)}"
            reason = f"it went from {was} from one mesh to the next, as at a singular corner"
            refused[name] = str(MetricRefused(kind.name, reason, "a percentile or a mean of the same field"))
        else:
            error = value.error
            if change is not None:
                fineness = [grid.fineness for grid in history if name in grid.found.values]
                power = history[-1].order * (1.0 if kind.meshes > 1 else 2.0)
                whole = _rest(trail, fineness[-1] / fineness[-2]) if error is None else _left(trail, fineness, power)
                rest = change * whole
                error = max(rest, error or 0.0)
            elif error is not None:
                error *= ONE_MESH
            values[name] = replace(value, error=error if error is None else max(error, _least(value, unknown)))
    return Measured(values, refused)


def _rest(trail: Sequence[float], fineness: float) -> float:
    """Return how many times the last change still is to come, where nothing else tells.

    error = F max(1 / (r - 1), q / (1 - q)) |v2 - v1|: first order at least is assumed, as edge singularities of
    potential leave it; q = |v2 - v1| / |v1 - v0| is what was seen. F is Roache's: 1.25 with three meshes, 3 with two.
    """
    rest = 1.0 / max(fineness - 1.0, LEAST_REFINEMENT)
    if len(trail) < 3:
        return TWO_MESHES * rest
    last, before = abs(trail[-1] - trail[-2]), abs(trail[-2] - trail[-3])
    seen = min(last / before, SLOWEST) if before > 0.0 else 0.0
    return THREE_MESHES * max(rest, seen / (1.0 - seen))


def _left(trail: Sequence[float], fineness: Sequence[float], power: float) -> float:
    """Return how many times the last change is to come of what a dual solution estimates too: 1 / (r^p - 1).

    power: the order p that errors should have. Changes in one direction that fall more slowly, as at an edge where the
    square of the flux is hardly integrable, have a lower one.
    """
    growth = fineness[-1] / fineness[-2]
    left = 1.0 / max(growth**power - 1.0, LEAST_REFINEMENT)
    if len(trail) > 2 and (last := trail[-1] - trail[-2]) * (before := trail[-2] - trail[-3]) > 0.0:
        order = _observed(before / last, fineness[-2] / fineness[-3], growth, power)
        left = max(left, min(1.0 / max(growth**order - 1.0, 1e-9), SLOWEST / (1.0 - SLOWEST)))
    return left


def _observed(fall: float, first: float, second: float, power: float) -> float:
    """Return the order p of errors h^p whose change falls by that factor, meshes growing finer by first, then second.

    (r1^p - 1) / (1 - r2^-p) = fall, between LEAST_ORDER and `power`; meshes of a series grow by unlike factors.
    """
    low, high = LEAST_ORDER, power
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        slower = first**middle - 1.0 < fall * (1.0 - second**-middle)
        low, high = (middle, high) if slower else (low, middle)
    return 0.5 * (low + high)


def _least(value: Value, unknown: float) -> float:
    """Return the least error of a value that a mesh gave: round-off, of 1 where it is a share or a strain."""
    return max(unknown * abs(value.value), ROUND_OFF if value.unit == "1" or value.value == 0.0 else 0.0)


def excess(
    found: Measured, accuracy: Mapping[str, float], unknown: float, early: Collection[str] = ()
) -> tuple[float, str]:
    """Return the largest error relative to the wanted one, and whose it is.

    A value of 0 has no relative error: that of a share is taken as it is, that of others is round-off.
    unknown: what stands for no error; early: whose errors another mesh is to confirm.
    """
    wanted = {name: max(accuracy[name] * abs(value.value if value.value or value.unit != "1" else 1.0),
                        _least(value, 0.0)) for name, value in found.values.items()}  # fmt: skip
    ratios = {name: unknown if value.error is None else value.error / max(wanted[name], 1e-300)
              for name, value in found.values.items()}  # fmt: skip
    return max(((max(one, JUST_ABOVE) if name in early else one, name) for name, one in ratios.items()),
               default=(0.0, ""))  # fmt: skip
