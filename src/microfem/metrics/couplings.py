"""What two pairs of terminals have in common: transfer resistances, direct capacitances and conductances."""

from __future__ import annotations

from microfem.layout import Layout
from microfem.metrics.electrical import with_ions, without_frequency
from microfem.metrics.metric import metric
from microfem.physics import Case
from microfem.physics.potential.solution import PotentialSolution

Interval = tuple[float, float]
LEAST_COUPLING = 0.01  # of what each of two pairs has alone: the accuracy of a smaller coupling is relative to that


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
    rest = dict.fromkeys((name for name in solution.terminal_field.unit.names if name != sink), 0.0)
    currents = []
    for enters, leaves in ((source, sink), (plus, minus)):
        flows = {**rest, enters: 1.0, **({leaves: -1.0} if leaves != sink else {})}
        currents.append({name: flows[name] for name in rest})
    return currents


def _transfer_interval(solution: PotentialSolution, *, source: str, sink: str, plus: str, minus: str) -> Interval:
    from microfem.fem.potential.polarised import level_between

    first, second = _pairs(solution, source, sink, plus, minus)
    low, high = level_between(solution.terminal_field.unit, first, second)
    return _ohm(solution) * low, _ohm(solution) * high


def _transfer_scale(solution: PotentialSolution, *, source: str, sink: str, plus: str, minus: str) -> float:
    """Return a share of the geometric mean of the resistances of both pairs, the most that a transfer can be."""
    unit, energy = solution.terminal_field.unit, 1.0
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
    unit = solution.terminal_field.unit
    first, _ = _pairs(solution, source, sink, plus, minus)
    volts = dict(zip(unit.names, unit.drive({sink: 0.0}, first), strict=True))
    return _ohm(solution) * float(volts[plus] - volts[minus])


def _guarded(solution: PotentialSolution) -> list[str]:
    """Return the terminals of a case that do not float: those at a potential or with a current."""
    fed = solution.terminal_field.fed
    return [name for name in solution.terminals.potentials if fed.get(name) != 0.0]


def _coupling(solution: PotentialSolution, first: str, second: str) -> float:
    """Return the flux at `first` per volt of it with all others at 0 or, at another terminal, out of `second`."""
    names = _guarded(solution)
    matrix = solution.terminal_field.unit.between(names)
    ordered = [name for name in solution.terminal_field.unit.names if name in names]
    value = float(matrix[ordered.index(first), ordered.index(second)])
    return _per_volt(solution) * (value if first == second else -value)


def _coupling_interval(solution: PotentialSolution, *, first: str, second: str) -> Interval:
    from microfem.fem.potential.polarised import flux_between

    rest = dict.fromkeys(_guarded(solution), 0.0)
    low, high = flux_between(solution.terminal_field.unit, {**rest, first: 1.0}, {**rest, second: 1.0})
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
