"""What one more micrometre does: derivatives of a design's metrics with each of its continuous parameters."""

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
from microfem.solve.first_mesh import first_mesh
from microfem.solve.refinement import measure, solve_to_accuracy, solved
from microfem.solve.shape_sensitivity import Variation, of_layout, of_solution, variations
from microfem.study.design import Design
from microfem.study.records import Study

SMALL = 5e-4  # % of a metric per % of a parameter: below, nothing depends


@dataclass(kw_only=True)
class Local:
    """What a design's metrics are, and their derivatives.

    values: metric -> value and unit; slopes: metric -> parameter -> in the metric's unit per that of the parameter;
    at, units: value and unit of each parameter; refused: why a metric, a parameter or a pair of them has none.
    """

    values: dict[str, tuple[float, str]] = field(default_factory=dict)
    slopes: dict[str, dict[str, float]] = field(default_factory=dict)
    at: dict[str, float] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def local(study: Study, design: Design) -> Local:
    """Return the derivatives of all metrics of a design, each case on the mesh that its accuracy asks for.

    A parameter that is zero has none: a layer would come. Neither has one that no mesh follows.
    """
    params = FAMILIES.get(design.family).params
    names = [name for name, (_, param, _) in params.items() if param.unit and design.params[name]]
    at = {name: float(str(design.params[name])) for name in names}
    found = Local(at=at, units={name: params[name][1].unit for name in names})
    flat = {name: call for name, call in study.metrics.items() if not call.case}
    measured = measure(design.layout(), flat)
    _add(found, measured.values, measured.refused)
    for name in flat:
        if name in found.values:
            _of_layout(found, design, name, flat[name], names)
    for case in dict.fromkeys(call.case for call in study.metrics.values() if call.case):
        if not study.cases[case].of(design.name):
            continue
        calls = {name: call for name, call in study.metrics.items() if call.case == case}
        with within(design=design.name, case=case):
            try:
                _of_case(found, study, design, case, calls, names)
            except MicrofemError as error:
                found.refused |= dict.fromkeys(calls, str(error))
    return found


def _of_layout(found: Local, design: Design, name: str, call: Call, parameters: Sequence[str]) -> None:
    for parameter in parameters:
        try:
            [slope] = of_layout(call, variations(design, [parameter]))
        except MicrofemError as error:
            found.refused[f"{name} with {parameter}"] = str(error)
        else:
            found.slopes.setdefault(name, {})[parameter] = float(slope)


def _of_case(
    found: Local, study: Study, design: Design, name: str, calls: Mapping[str, Call], parameters: Sequence[str]
) -> None:
    case = study.cases[name]
    if case.deformed_by:
        raise MicrofemError(f"case {name} stands on a deformed geometry, of which no derivative is known")
    tell("meshing")
    last, measured, _ = solve_to_accuracy(
        first_mesh(design.layout(), case, study.limits), case, calls, study.wanted(), study.limits
    )
    _add(found, measured.values, measured.refused)
    tell("derivatives")
    varied = _varied(found, design, parameters, last.mesh)
    solution = solved(last.mesh, case)
    try:
        for key in measured.values:
            try:
                slopes = of_solution(solution, calls[key], varied)
            except MicrofemError as error:
                found.refused[key] = str(error)
            else:
                found.slopes[key] = {one.parameter: float(slope) for one, slope in zip(varied, slopes, strict=True)}
    finally:
        solution.close()


def _varied(found: Local, design: Design, parameters: Sequence[str], mesh: Mesh) -> list[Variation]:
    """Return how the mesh varies with those parameters that it can follow."""
    varied = []
    for parameter in parameters:
        try:
            varied += variations(design, [parameter], mesh)
        except MicrofemError as error:
            found.refused[parameter] = str(error)
    return varied


def _add(found: Local, values: Mapping[str, Value], refused: Mapping[str, str]) -> None:
    found.values |= {name: (one.value, one.unit) for name, one in values.items()}
    found.refused |= refused


def rows(found: Local) -> Iterator[tuple[str, str, float, float]]:
    """Yield metric, parameter, derivative, and % of the metric per % of the parameter, the strongest first."""
    for metric, slopes in found.slopes.items():
        size = abs(found.values[metric][0]) or 1.0
        told = [(name, slope, slope * found.at[name] / size) for name, slope in slopes.items()]
        for name, slope, share in sorted(told, key=lambda one: -abs(one[2])):
            if abs(share) > SMALL:
                yield metric, name, slope, share


def print_local(design: str, found: Local, beside: Mapping[str, str]) -> None:
    """Print what one more unit of each parameter does to each metric of a design; beside: what stands by a metric."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=design, header_style="bold")
    for head in ("metric", "parameter", "one more changes it by", "% per %"):
        table.add_column(head, justify="left" if head in ("metric", "parameter") else "right", no_wrap=True)
    last = ""
    for metric, name, slope, share in rows(found):
        value, unit = found.values[metric]
        told = f" ({beside[metric]})" if metric in beside else ""
        shown = "" if metric == last else f"{metric}{told} = {format_quantity(value, unit)}"
        change = f"{slope:+.3g}" if unit == "1" else f"{slope:+.3g} {pretty_unit(unit)}"
        table.add_row(
            shown,
            f"{name} = {format_quantity(found.at[name], found.units[name])}",
            f"{change} per {pretty_unit(found.units[name])}",
            f"{share:+.3f}",
        )
        last = metric
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)
    for name, reason in found.refused.items():
        console.print(f"{name}: {reason}", markup=False, style="dim", soft_wrap=True)


def write_local(found: Mapping[str, Local], out: Path) -> Path:
    """Write all derivatives as one CSV in a folder; return its path."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["design", "metric", "unit", "value", "parameter", "parameter_unit", "at", "derivative"])
    for design, one in found.items():
        for metric, slopes in one.slopes.items():
            value, unit = one.values[metric]
            writer.writerows(
                [design, metric, unit, value, name, one.units[name], one.at[name], slope]
                for name, slope in slopes.items()
            )
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "local.csv", text.getvalue())
    return out / "local.csv"
