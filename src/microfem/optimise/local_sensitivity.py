"""Local sensitivity: derivatives of a design's metrics with each of its continuous parameters."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell, within
from microfem.base.units import format_quantity, pretty_unit
from microfem.families import FAMILIES
from microfem.mesh import Mesh
from microfem.metrics import Call, Value
from microfem.results.comparison import WIDE
from microfem.results.files import write_text
from microfem.solve.refinement import measure, solve_layout, solved
from microfem.solve.shape_sensitivity import ShapeDerivatives, Variation, of_layout, variations
from microfem.study.design import Design
from microfem.study.records import Study

SMALL = 5e-4  # % of a metric per % of a parameter, below which the dependence is not shown


@dataclass(kw_only=True)
class Local:
    """Metrics of a design and their derivatives.

    values: metric -> value and unit; slopes: metric -> parameter -> derivative, in the metric's unit per that of the
    parameter; at, units: value and unit of each parameter; refused: why a metric, a parameter or a pair has no
    derivative.
    """

    values: dict[str, tuple[float, str]] = field(default_factory=dict)
    slopes: dict[str, dict[str, float]] = field(default_factory=dict)
    at: dict[str, float] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def local(study: Study, design: Design) -> Local:
    """Return the derivatives of all metrics of a design, each case on the mesh that reaches its accuracy.

    A parameter that is zero has no derivative, because a new layer would appear; nor has one that no mesh can follow.
    Parameters that follow from others change with them.
    """
    params, dependent = FAMILIES.get(design.family).params, design.dependents.told
    free = [name for name in params if name not in dependent]
    names = [name for name in free if params[name][1].unit and design.params[name]]
    at = {name: float(str(design.params[name])) for name in names}
    result = Local(at=at, units={name: params[name][1].unit for name in names})
    flat = {name: call for name, call in study.metrics.items() if not call.case}
    measured = measure(design.layout(), flat)
    _add(result, measured.values, measured.refused)
    for name in flat:
        if name in result.values:
            _of_layout(result, design, name, flat[name], names)
    for case in dict.fromkeys(call.case for call in study.metrics.values() if call.case):
        if not study.cases[case].covers(design.name):
            continue
        calls = {name: call for name, call in study.metrics.items() if call.case == case}
        with within(design=design.name, case=case):
            try:
                _of_case(result, study, design, case, calls, names)
            except MicrofemError as error:
                result.refused |= dict.fromkeys(calls, str(error))
    return result


def _of_layout(result: Local, design: Design, name: str, call: Call, parameters: Sequence[str]) -> None:
    for parameter in parameters:
        try:
            [slope] = of_layout(call, variations(design, [parameter]))
        except MicrofemError as error:
            result.refused[f"{name} with {parameter}"] = str(error)
        else:
            result.slopes.setdefault(name, {})[parameter] = float(slope)


def _of_case(
    result: Local, study: Study, design: Design, name: str, calls: Mapping[str, Call], parameters: Sequence[str]
) -> None:
    case = study.cases[name]
    if case.deformed_by:
        raise MicrofemError(f"case {name} is on a deformed geometry, where no derivative is known")
    last, measured, _ = solve_layout(design.layout(), case, calls, study.wanted(), study.limits)
    _add(result, measured.values, measured.refused)
    tell("derivatives")
    varied = _varied(result, design, parameters, last.mesh)
    solution = solved(last.mesh, case)
    derivatives = ShapeDerivatives(solution, varied)
    try:
        for key in measured.values:
            try:
                slopes = derivatives.of(calls[key])
            except MicrofemError as error:
                result.refused[key] = str(error)
            else:
                result.slopes[key] = {one.parameter: float(slope) for one, slope in zip(varied, slopes, strict=True)}
    finally:
        solution.close()


def _varied(result: Local, design: Design, parameters: Sequence[str], mesh: Mesh) -> list[Variation]:
    """Return the variations of the mesh with the parameters that it can follow."""
    varied = []
    for parameter in parameters:
        try:
            varied += variations(design, [parameter], mesh)
        except MicrofemError as error:
            result.refused[parameter] = str(error)
    return varied


def _add(result: Local, values: Mapping[str, Value], refused: Mapping[str, str]) -> None:
    result.values |= {name: (one.value, one.unit) for name, one in values.items()}
    result.refused |= refused


def rows(result: Local) -> Iterator[tuple[str, str, float, float]]:
    """Yield metric, parameter, derivative, and % of the metric per % of the parameter, the strongest first."""
    for metric, slopes in result.slopes.items():
        size = abs(result.values[metric][0]) or 1.0
        shares = [(name, slope, slope * result.at[name] / size) for name, slope in slopes.items()]
        for name, slope, share in sorted(shares, key=lambda row: -abs(row[2])):
            if abs(share) > SMALL:
                yield metric, name, slope, share


def print_local(design: str, result: Local, beside: Mapping[str, str]) -> None:
    """Print the derivatives of each metric of a design; beside: remark beside a metric."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=design, header_style="bold")
    for head in ("metric", "parameter", "derivative", "% per %"):
        table.add_column(head, justify="left" if head in ("metric", "parameter") else "right", no_wrap=True)
    last = ""
    for metric, name, slope, share in rows(result):
        value, unit = result.values[metric]
        remark = f" ({beside[metric]})" if metric in beside else ""
        shown = "" if metric == last else f"{metric}{remark} = {format_quantity(value, unit)}"
        change = f"{slope:+.3g}" if unit == "1" else f"{slope:+.3g} {pretty_unit(unit)}"
        table.add_row(
            shown,
            f"{name} = {format_quantity(result.at[name], result.units[name])}",
            f"{change} per {pretty_unit(result.units[name])}",
            f"{share:+.3f}",
        )
        last = metric
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)
    for name, reason in result.refused.items():
        console.print(f"{name}: {reason}", markup=False, style="dim", soft_wrap=True)


def write_local(result: Mapping[str, Local], out: Path) -> Path:
    """Write all derivatives as one CSV in a folder; return its path."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["design", "metric", "unit", "value", "parameter", "parameter_unit", "at", "derivative"])
    for design, one in result.items():
        for metric, slopes in one.slopes.items():
            value, unit = one.values[metric]
            writer.writerows(
                [design, metric, unit, value, name, one.units[name], one.at[name], slope]
                for name, slope in slopes.items()
            )
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "local.csv", text.getvalue())
    return out / "local.csv"
