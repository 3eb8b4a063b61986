"""What probes measure: potentials of conductors and at points, transfer resistances, couplings of two terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import BeforeValidator

from microfem.base.errors import MetricRefused, MicrofemError
from microfem.base.units import quantity
from microfem.layout import Layout
from microfem.layout.faces import AXES
from microfem.metrics.electrical import with_ions, without_frequency
from microfem.metrics.metric import metric
from microfem.metrics.quantity_of_interest import QuantityOfInterest
from microfem.physics import Case
from microfem.physics.potential.solution import PotentialSolution

if TYPE_CHECKING:
    from microfem.fem.potential.point import Point
    from microfem.physics.potential.between_terminals import TerminalField

Interval = tuple[float, float]
WITHIN = 0.25  # of an edge: distance over which the gradient errs with one sign
LEAST_COUPLING = 0.01  # of what each of two pairs has alone: the accuracy of a smaller coupling is relative to that


def _is_length(text: object) -> str:
    """Return the text of a length.

    Raises:
        ValueError: it is none.
    """
    quantity("um")(text)
    return str(text)


LengthText = Annotated[str, BeforeValidator(_is_length)]


def _solved(solution: PotentialSolution) -> TerminalField:
    """Return the unit solutions of a physics that keeps them."""
    if solution.solved is None:
        raise MicrofemError(f"{solution.case.physics} keeps no solutions of single terminals")
    return solution.solved


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
    name = _solved(solution).terminal_of(part)
    if not name:
        raise MetricRefused("potential_of", f"the view does not meet '{part}'", "a view that does")
    return name


def _potential_interval(solution: PotentialSolution, *, part: str) -> Interval:
    """Return bounds of the potential of a conductor: what the held terminals and what the currents make of it."""
    from microfem.fem.potential.polarised import floating_level, level_between

    solved, name = _solved(solution), _conductor(solution, part)
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
    return _solved(solution).levels[_conductor(solution, part)]


# ------------------------------------------------------------------------------------------------------------ points


def _in_view(layout: Layout, case: Case, **stated: str | None) -> str:
    """Return why a point is none of a case's view or of a layout, "" if it is one."""
    axes, given = AXES[case.dimension], "".join(name for name, text in stated.items() if text is not None)
    if given != axes:
        wanted = ", ".join(f"{axis}=0 um" for axis in axes)
        return f"a point of dimension: {case.dimension} is stated as {wanted}, got {', '.join(given) or 'none'}"
    box = layout.box()
    for axis in axes:
        low, high = box["xyz".index(axis)], box["xyz".index(axis) + 3]
        if not low <= (at := quantity("um")(stated[axis])) <= high:
            return f"{axis} = {at:g} um is outside; it reaches from {low:.6g} um to {high:.6g} um"
    return ""


def _found(solution: PotentialSolution, **stated: str | None) -> tuple[Point, int]:
    """Return a point, and the number of the first of its cells with a potential.

    Raises:
        MetricRefused: the point lies in no cell, or where nothing is solved.
    """
    from microfem.fem.potential.point import find_point

    place = np.array([quantity("um")(stated[axis]) for axis in AXES[solution.mesh.dimension]])
    at = find_point(solution.mesh, place)
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


# --------------------------------------------------------------------------------------------------------- couplings


def _four_terminals(layout: Layout, case: Case, *, source: str, sink: str, plus: str, minus: str) -> str:
    """Return why four terminals have no transfer resistance, "" if they have one."""
    for one, other, kind in ((source, sink, "source and sink"), (plus, minus, "plus and minus")):
        if one == other:
            return f"{kind} are both '{one}'; state two terminals"
    return _both_stated(layout, case, first=source, second=sink) or _both_stated(layout, case, first=plus, second=minus)


def _both_stated(layout: Layout, case: Case, *, first: str, second: str) -> str:
    """Return why a metric of two terminals has no value in a case, "" if it has one."""
    del layout
    stated = case.terminals  # type: ignore[attr-defined]
    for one in (first, second):
        if one not in stated:
            return f"'{one}' is no terminal of the case, which has {', '.join(stated)}"
    return ""


def _ohm(solution: PotentialSolution) -> float:
    """Return what a resistance of microfem's is in ohm, in 2D in ohm m."""
    return 1e6 if solution.mesh.dim == 3 else 1.0


def _pairs(solution: PotentialSolution, source: str, sink: str, plus: str, minus: str) -> list[dict[str, float]]:
    """Return unit currents from the source, and from the plus terminal, back through the sink at potential 0."""
    rest = dict.fromkeys((name for name in _solved(solution).unit.names if name != sink), 0.0)
    currents = []
    for enters, leaves in ((source, sink), (plus, minus)):
        flows = {**rest, enters: 1.0, **({leaves: -1.0} if leaves != sink else {})}
        currents.append({name: flows[name] for name in rest})
    return currents


def _transfer_interval(solution: PotentialSolution, *, source: str, sink: str, plus: str, minus: str) -> Interval:
    from microfem.fem.potential.polarised import level_between

    first, second = _pairs(solution, source, sink, plus, minus)
    low, high = level_between(_solved(solution).unit, first, second)
    return _ohm(solution) * low, _ohm(solution) * high


def _transfer_scale(solution: PotentialSolution, *, source: str, sink: str, plus: str, minus: str) -> float:
    """Return a share of the geometric mean of the resistances of both pairs, the most that a transfer can be."""
    unit, energy = _solved(solution).unit, 1.0
    for currents in _pairs(solution, source, sink, plus, minus):
        volts = unit.drive({sink: 0.0}, currents)
        energy *= float(volts @ unit.matrix @ volts)
    return LEAST_COUPLING * _ohm(solution) * energy**0.5


@metric(
    "ohm",
    on=("conduction",),
    depth_unit="ohm m",
    fits=_four_terminals,
    interval=_transfer_interval,
    scale=_transfer_scale,
)
def transfer_resistance(solution: PotentialSolution, *, source: str, sink: str, plus: str, minus: str) -> float:
    """Voltage between two terminals over a current through two others, (V_plus - V_minus) / I, which may be below 0.

    The current enters at `source` and leaves at `sink`; all other terminals of the case carry none, whatever it states
    for them. It is that of a four-point probe, or of van der Pauw's method (Philips Res. Rep. 13 (1958) 1).
    """
    unit = _solved(solution).unit
    first, _ = _pairs(solution, source, sink, plus, minus)
    volts = dict(zip(unit.names, unit.drive({sink: 0.0}, first), strict=True))
    return _ohm(solution) * float(volts[plus] - volts[minus])


def _guarded(solution: PotentialSolution) -> list[str]:
    """Return the terminals of a case that do not float: those at a potential or with a current."""
    fed = _solved(solution).fed
    return [name for name in solution.terminals.potentials if fed.get(name) != 0.0]


def _coupling(solution: PotentialSolution, first: str, second: str) -> float:
    """Return the flux at `first` per volt of it with all others at 0 or, at another terminal, out of `second`."""
    names = _guarded(solution)
    matrix = _solved(solution).unit.between(names)
    ordered = [name for name in _solved(solution).unit.names if name in names]
    value = float(matrix[ordered.index(first), ordered.index(second)])
    return _per_volt(solution) * (value if first == second else -value)


def _coupling_interval(solution: PotentialSolution, *, first: str, second: str) -> Interval:
    from microfem.fem.potential.polarised import flux_between

    rest = dict.fromkeys(_guarded(solution), 0.0)
    low, high = flux_between(_solved(solution).unit, {**rest, first: 1.0}, {**rest, second: 1.0})
    factor = _per_volt(solution)
    return (factor * low, factor * high) if first == second else (-factor * high, -factor * low)


def _coupling_scale(solution: PotentialSolution, *, first: str, second: str) -> float:
    """Return a share of the geometric mean of what both terminals have alone."""
    own = [_coupling(solution, name, name) for name in (first, second)]
    return LEAST_COUPLING * (own[0] * own[1]) ** 0.5


def _per_volt(solution: PotentialSolution) -> float:
    """Return what a conductance or a capacitance of microfem's is in S or F, in 2D per metre."""
    return 1e-6 if solution.mesh.dim == 3 else 1.0


@metric(
    "F",
    on=("electrostatics",),
    depth_unit="F/m",
    warn=with_ions,
    suits=without_frequency,
    fits=_both_stated,
    interval=_coupling_interval,
    scale=_coupling_scale,
)
def capacitance_between(solution: PotentialSolution, *, first: str, second: str) -> float:
    """Direct capacitance between two of the terminals, the others being guards: -Q_second / V_first, V of others 0.

    With one terminal twice it is that to all others, C_ii of the capacitance matrix. Conductors that are no terminals
    float. J. C. Maxwell, A Treatise on Electricity and Magnetism, vol. 1, section 87.
    """
    return _coupling(solution, first, second)


@metric(
    "S",
    on=("conduction",),
    depth_unit="S/m",
    fits=_both_stated,
    interval=_coupling_interval,
    scale=_coupling_scale,
)
def conductance_between(solution: PotentialSolution, *, first: str, second: str) -> float:
    """Direct conductance between two terminals, the others being guards: -I_second / V_first, V of others 0.

    With one terminal twice it is that to all others. Terminals with 0 A float and are no guards.
    """
    return _coupling(solution, first, second)
