"""The commands export and import: layouts written for fabrication machines, and drawings read as layouts."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microfem.base.errors import MicrofemError

if TYPE_CHECKING:
    from microfem.fabrication import Technique
    from microfem.study.design import Design

MOST_DEVICES = 100  # along a side of an array


def export(
    geometry: Annotated[str, typer.Argument(help="geometry file (YAML), or STUDY:DESIGN", show_default=False)],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="FILE.gds, .oas, .dxf, .svg, .stl or .step", show_default=False)
    ],
    layers: Annotated[str, typer.Option(help="roles to write: anode,cathode (default: all)", show_default=False)] = "",
    array: Annotated[str, typer.Option(help="repeat: columns x rows, such as 4x4", show_default=False)] = "",
    module: Annotated[str, typer.Option(help="join cells: 5S3P, 5 in series, 3 in parallel", show_default=False)] = "",
    pitch: Annotated[
        str,
        typer.Option(help="pitch of devices, '10 mm' or '10 mm,8 mm' (default: the least)", show_default=False),
    ] = "",
    strip: Annotated[
        str, typer.Option(help="width of a module's strips (default: the contacts')", show_default=False)
    ] = "0 um",
    tolerance: Annotated[str, typer.Option(help="largest distance between chord and arc: .gds, .oas")] = "0.1 um",
    grid: Annotated[str, typer.Option(help="database unit: .gds, .oas")] = "1 nm",
    level: Annotated[int, typer.Option(min=-2, max=4, help="mesh level: .stl")] = 0,
    kerf: Annotated[
        str,
        typer.Option(help="width that the tool removes, or a technique that states it: outlines lie outside by half"),
    ] = "",
    path: Annotated[str, typer.Option(help="outline, or centreline: one line in the middle of each gap")] = "outline",
    marks: Annotated[str, typer.Option(help="size of alignment marks: '200 um' (default: none)")] = "",
    label: Annotated[str, typer.Option(help="text below, with parameters: 'gap {gap} um' (default: none)")] = "",
    label_height: Annotated[str, typer.Option(help="height of the label's letters")] = "300 um",
    invert: Annotated[bool, typer.Option("--invert", help="the negative of each layer, for a mask")] = False,
) -> None:
    """Write a layout for fabrication: GDSII, OASIS, DXF, SVG, STL or STEP, with layers by role."""
    from microfem.base.units import quantity

    design, technique = _design(geometry)
    if array and module:
        raise MicrofemError("--array and --module do not go together: a module is an array already")
    if pitch and not (array or module):
        raise MicrofemError("--pitch is the distance between devices; it needs --array or --module")
    repeat = _counts(array, r"(\d+)x(\d+)", "--array 4x4") if array else (1, 1)
    if module:
        repeat = _counts(module, r"(\d+)[sS](\d+)[pP]", "--module 5S3P")
    from microfem.cad import Order, remarks, write_layout

    pitches = [length("--pitch", one, quantity("um", 0.1, 1e7)) for one in pitch.split(",")] if pitch else []
    if len(pitches) > 2:
        raise MicrofemError(f"--pitch = '{pitch}' is impossible: write one length, or one along x and one along y")
    if path not in ("outline", "centreline"):
        raise MicrofemError(f"--path = '{path}' is impossible: write outline or centreline")
    width = _kerf(kerf, technique) if kerf else 0.0
    order = Order(
        roles=tuple(role.strip() for role in layers.split(",")) if layers else (),
        repeat=repeat,
        joined=bool(module),
        pitch=(pitches[0], pitches[-1]) if pitches else None,
        strip=length("--strip", strip, quantity("um", 0.0, 1e6)),
        tolerance=length("--tolerance", tolerance, quantity("um", 1e-4, 100.0)),
        grid=length("--grid", grid, quantity("um", 1e-6, 1.0)),
        level=level,
        kerf=width,
        centreline=path == "centreline",
        marks=length("--marks", marks, quantity("um", 1.0, 1e5)) if marks else 0.0,
        label=label,
        label_height=length("--label-height", label_height, quantity("um", 1.0, 1e5)),
        inverted=invert,
    )
    layout = design.layout()
    for file in write_layout(out, layout, design.name, order):
        print(file)
    for line in remarks(layout, order):
        print(line, file=sys.stderr)


def steps(
    folder: Annotated[Path, typer.Argument(help="folder of results", show_default=False)],
    case: Annotated[str, typer.Argument(help="case of physics: thickness that states steps", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="FILE.gds, .oas, .dxf, .svg or .lyp", show_default=False)],
    design: Annotated[str, typer.Option(help="design (default: the first with the case)")] = "",
    tolerance: Annotated[str, typer.Option(help="largest distance between chord and arc: .gds, .oas")] = "0.1 um",
    grid: Annotated[str, typer.Option(help="database unit: .gds, .oas")] = "1 nm",
) -> None:
    """Write the masks of a collector in steps of thickness: one layer for each step, nested outlines."""
    from microfem.base.units import quantity
    from microfem.cad.steps import write_steps
    from microfem.results.opened import open_results

    results = open_results(folder)
    chosen = design or next((name for name, one in results.designs.items() if case in one.cases), "")
    if not chosen:
        raise MicrofemError(f"no design in {folder} has a case '{case}'")
    reads = quantity("um", 1e-4, 100.0), quantity("um", 1e-6, 1.0)
    lengths = (length("--tolerance", tolerance, reads[0]), length("--grid", grid, reads[1]))
    for file in write_steps(out, results.case(chosen, case), f"{chosen}_{case}", *lengths):
        print(file)


def import_(
    drawing: Annotated[Path, typer.Argument(help="FILE.gds, .oas or .dxf", show_default=False)],
    layers: Annotated[
        str,
        typer.Option(
            help="layers and their roles: 11/0=anode,21/0=cathode; or pieces by points, um: '1/0@(50,-100)=anode,...'; "
            "without it the pieces are listed",
            show_default=False,
        ),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="geometry file (default: DRAWING.yaml)", show_default=False)
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="a parameter of 'drawn': anode_thickness=20um", show_default=False)
    ] = None,
    cell: Annotated[
        str, typer.Option(help="cell to read: .gds, .oas (default: the top cell)", show_default=False)
    ] = "",
    tolerance: Annotated[
        str,
        typer.Option(help="largest distance between chord and arc or spline: .dxf (default: 1 um)", show_default=False),
    ] = "",
    unit: Annotated[str, typer.Option(help="unit of a drawing without a stated unit: .dxf", show_default=False)] = "",
    join: Annotated[
        str,
        typer.Option(
            help="gaps, slits and edges up to this length are healed (default: ten steps of the grid; .dxf: 0.1 um)",
            show_default=False,
        ),
    ] = "",
    window: Annotated[
        str, typer.Option(help="keep the pieces in a rectangle, um: X0,Y0,X1,Y1", show_default=False)
    ] = "",
    smallest: Annotated[
        str, typer.Option(help="drop smaller pieces, such as texts and marks: 500um2", show_default=False)
    ] = "",
) -> None:
    """Write a geometry file from a drawing: outlines by layer; thicknesses and materials are yours to complete."""
    from microfem.base.units import convert, quantity
    from microfem.cad.import_drawing import import_drawing
    from microfem.drawings.read import Reading

    imported = import_drawing(
        drawing,
        _roles_by_layer(layers),
        changes or [],
        Reading(
            cell=cell,
            tolerance=length("--tolerance", tolerance, quantity("um", 1e-4, 100.0)) if tolerance else None,
            unit=convert(unit, "um") if unit else None,
            join=length("--join", join, quantity("um", 1e-6, 1000.0)) if join else None,
            window=_window(window) if window else None,
            smallest=length("--smallest", smallest, quantity("um2", 0.0)) if smallest else None,
        ),
    )
    path = out or Path(f"{drawing.stem}.yaml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(imported.text, encoding="utf-8")
    for line in imported.told:
        typer.echo(line, err=True)
    print(path)


def _roles_by_layer(text: str) -> dict[str, str]:
    """Return layer -> role; commas within the brackets of a point separate nothing."""
    pairs = [pair.rpartition("=") for pair in re.split(r",(?![^(,]*\)=)", text)] if text else []
    if wrong := next((name + equals + role for name, equals, role in pairs if not (name and role)), ""):
        raise MicrofemError(f"--layers: '{wrong}' is impossible: write LAYER=ROLE, such as 11/0=anode")
    names = [name.strip() for name, _, _ in pairs]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise MicrofemError(f"--layers: '{twice}' is named twice; a layer has one role")
    return {name.strip(): role.strip() for name, _, role in pairs}


def _window(text: str) -> tuple[float, float, float, float]:
    try:
        x0, y0, x1, y1 = (float(number) for number in text.split(","))
    except ValueError:
        raise MicrofemError(f"--window: '{text}' is impossible: write X0,Y0,X1,Y1 in um, such as 0,0,900,500") from None
    if not (x0 < x1 and y0 < y1):
        raise MicrofemError(f"--window: '{text}' is empty: write the lower corner first, X0,Y0,X1,Y1")
    return x0, y0, x1, y1


def length(option: str, text: str, read: Callable[[object], float]) -> float:
    """Return the length that an option states; an error names the option."""
    try:
        return read(text)
    except ValueError as error:
        raise MicrofemError(f"{option}: {error}") from None


def _counts(text: str, pattern: str, example: str) -> tuple[int, int]:
    match = re.fullmatch(pattern, text.strip())
    counts = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(1 <= count <= MOST_DEVICES for count in counts):
        raise MicrofemError(f"'{text}' is impossible: write {example}, each number from 1 to {MOST_DEVICES}")
    return counts


def _kerf(stated: str, own: Technique | None) -> float:
    """Return a kerf, um, that is stated as a width or as the name of a technique, of the study or of the library."""
    from microfem.base.units import quantity
    from microfem.fabrication import load_technique

    if not stated[:1].isalpha():
        return length("--kerf", stated, quantity("um", 1e-3, 1e5))
    technique = own if own and own.name == stated else load_technique(stated)
    if "kerf" not in technique.limits:
        raise MicrofemError(f"--kerf: technique '{stated}' states no kerf; write a width, such as --kerf 40um")
    return technique.limits["kerf"].value


def _design(stated: str) -> tuple[Design, Technique | None]:
    """Return the design of a geometry file, or of STUDY:DESIGN with the study's technique."""
    from microfem.study.design import load_geometry

    file, colon, name = stated.rpartition(":")
    if not colon or Path(stated).is_file():
        return load_geometry(Path(stated)), None
    from microfem.base.registry import did_you_mean
    from microfem.study.reader import load_study

    study = load_study(Path(file))
    if name not in study.designs:
        raise MicrofemError(f"no design '{name}' in {file}{did_you_mean(name, study.designs)}")
    return study.designs[name], study.fabrication
