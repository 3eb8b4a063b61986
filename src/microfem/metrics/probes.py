"""What a probe measures: the potential of a conductor and at a point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import BeforeValidator

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.base.units import quantity
from microfem.layout import Layout
from microfem.layout.faces import AXES
from microfem.layout.surroundings import shown_box
from microfem.metrics.electrical import without_frequency
from microfem.metrics.metric import metric
from microfem.metrics.quantity_of_interest import QuantityOfInterest
from microfem.physics import Case
from microfem.physics.potential.solution import PotentialSolution

if TYPE_CHECKING:
    from microfem.fem.potential.point import LocatedPoint

Interval = tuple[float, float]
WITHIN = 0.25  # of an edge: distance over which the gradient errs with one sign


def _is_length(text: object) -> str:
    """Return the text of a length.

    Raises:
        ValueError: it is none.
    """
    quantity("um")(text)
    return str(text)


LengthText = Annotated[str, BeforeValidator(_is_length)]


def _span(solution: PotentialSolution, **_: object) -> float:
    """Return the largest difference of potential between terminals, V."""
    return float(np.ptp(list(solution.terminals.potentials.values())))


# ------------------------------------------------------------------------------------------------------- conductors


def _at_one_potential(layout: Layout, case: Case, *, part: str) -> str:
    """Return why a part has no potential of its own in a case, "" if it has one."""
    stated = case.terminals  # type: ignore[attr-defined]
    if any(part in (name, *layout.terminal(name)) for name in stated):
        return ""
    try:
        material = layout.material(part)
    except MicrofemError as error:
        return str(error)
    if case.physics == "electrostatics" and not material.has("relative_permittivity"):
        return ""
    return (
        f"the potential varies in '{part}', which is no ideal conductor of the case; use potential_at, or make it a "
        "terminal" + (f", {part}: 0 A" if case.physics == "conduction" else "")
    )


def _conductor(solution: PotentialSolution, part: str) -> str:
    """Return the terminal or floating conductor of a part; refuse one that the view does not meet."""
    name = solution.terminal_field.terminal_of(part)
    if not name:
        raise MetricRefused("potential_of", f"the view does not meet '{part}'", "a view that does")
    return name


def _potential_interval(solution: PotentialSolution, *, part: str) -> Interval:
    """Return bounds of the potential of a conductor: what the held terminals and what the currents make of it."""
    from microfem.fem.potential.polarised import floating_level, level_between

    solved, name = solution.terminal_field, _conductor(solution, part)
    if name in solved.held:
        return solved.held[name], solved.held[name]
    low, high = floating_level(solved.unit, name, solved.held)
    if any(solved.fed.values()):
        more = level_between(solved.unit, solved.fed, {**dict.fromkeys(solved.fed, 0.0), name: 1.0})
        low, high = low + more[0], high + more[1]
    return low, high


@metric(
    "V",
    on=("conduction", "electrostatics"),
    suits=without_frequency,
    fits=_at_one_potential,
    interval=_potential_interval,
    scale=_span,
)
def potential_of(solution: PotentialSolution, *, part: str) -> float:
    """Potential of a conductor that floats or carries a stated current; its accuracy is relative to the voltage.

    Bounds follow from bounds of energies by polarisation. In electrostatics every conductor that is no terminal floats
    without net charge; in conduction a terminal with 0 A does.
    """
    return solution.terminal_field.levels[_conductor(solution, part)]


# ------------------------------------------------------------------------------------------------------------ points


def _in_view(layout: Layout, case: Case, **stated: str | None) -> str:
    """Return why a point is none of a case's view or of a layout, "" if it is one."""
    axes, given = AXES[case.dimension], "".join(name for name, text in stated.items() if text is not None)
    if given != axes:
        wanted = ", ".join(f"{axis}=0 um" for axis in axes)
        return f"a point of dimension: {case.dimension} is stated as {wanted}, got {', '.join(given) or 'none'}"
    box = shown_box(layout)
    for axis in axes:
        low, high = box["xyz".index(axis)], box["xyz".index(axis) + 3]
        if not low <= (at := quantity("um")(stated[axis])) <= high:
            return f"{axis} = {at:g} um is outside; it reaches from {low:.6g} um to {high:.6g} um"
    return ""


def _found(solution: PotentialSolution, **stated: str | None) -> tuple[LocatedPoint, int]:
    """Return a point, and the number of the first of its cells with a potential.

    Raises:
        MetricRefused: the point lies in no cell, or where nothing is solved.
    """
    from microfem.fem.potential.point import find_point

    place = np.array([quantity("um")(stated[axis]) for axis in AXES[solution.mesh.dimension]])
    at = find_point(solution.mesh, solution.mesh.folded(place))
    told = ", ".join(f"{axis}={stated[axis]}" for axis in AXES[solution.mesh.dimension])
    if not len(at.cells):
        raise MetricRefused("potential_at", f"({told}) lies in no part of the layout", "a point in a part")
    known = np.flatnonzero(np.isfinite(at.values(solution.space, solution.field("potential").values)))
    if not len(known):
        name = solution.mesh.regions[solution.mesh.region_of_cell[at.cells[0]]]
        raise MetricRefused("potential_at", f"'{name}' does not conduct, so ({told}) has no potential", "a conductor")
    return at, int(known[0])


def _point_qoi(solution: PotentialSolution, **stated: str | None) -> QuantityOfInterest:
    """Return the potential at a point as quantity of interest: the mean over a ball of the size of a cell.

    What the potential errs within the cell itself is not in that mean: the recovered error of the gradient there.
    """
    from microfem.fem.potential.point import ball_load, longest_edge

    at, k = _found(solution, **stated)
    space, cell = solution.space, int(at.cells[k])
    potential = solution.field("potential").values
    known = np.flatnonzero(np.isfinite(potential[space.cell_dofs]).all(axis=1))
    dual, least = solution.dual, 0.0
    assert dual is not None
    rows = np.flatnonzero(dual.form.cells == cell)
    if len(rows):
        slope = np.linalg.norm(dual.error[rows[0], :, 0], axis=-1).max()
        least = float(WITHIN * slope * longest_edge(solution.mesh, cell))
    return QuantityOfInterest(load=ball_load(space, cell, at.barycentric[k], known), least=least)


@metric(
    "V",
    on=("conduction", "electrostatics"),
    qoi=_point_qoi,
    suits=without_frequency,
    fits=_in_view,
    scale=_span,
    meshes=2,
)
def potential_at(
    solution: PotentialSolution,
    *,
    x: LengthText | None = None,
    y: LengthText | None = None,
    z: LengthText | None = None,
) -> float:
    """Potential at a point of the flat layout: x, y and z, in a plan x and y, in a section x and z.

    Its accuracy is relative to the voltage. On a placed or deformed device it is the point that has moved there.
    """
    at, k = _found(solution, x=x, y=y, z=z)
    return float(at.values(solution.space, solution.field("potential").values)[k])
