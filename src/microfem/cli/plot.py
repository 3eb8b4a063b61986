"""The command plot: metrics and curves of results as figures for a paper."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from microfem.base.errors import MicrofemError


def plot(
    folder: Annotated[Path, typer.Argument(help="folder of results", show_default=False)],
    metrics: Annotated[
        list[str] | None, typer.Argument(help="metrics, or lines of a curve (default: all)", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="FILE (default: FOLDER-plot)", show_default=False)
    ] = None,
    kinds: Annotated[str, typer.Option("--format", help="pdf, svg, png, or several: pdf,png")] = "pdf",
    width: Annotated[str, typer.Option(help="single (90 mm) or double (190 mm) column")] = "single",
    against: Annotated[
        str,
        typer.Option(
            help="parameter, path (load factor), mesh (errors), finger (current), ragone or another curve; "
            "of a search: a parameter, two for a map (gap,width), a metric, front or trial"
        ),
    ] = "parameter",
    by: Annotated[str, typer.Option(help="of a search: parameter with a line for each value", show_default=False)] = "",
    case: Annotated[str, typer.Option(help="case of a curve, or several: a,b (default: all)", show_default=False)] = "",
    points: Annotated[
        Path | None,
        typer.Option(help="FILE.csv of reported cells, for a Ragone plot (default: those of a review)"),
    ] = None,
) -> None:
    """Plot for a paper: metrics against a parameter or a load factor, their errors, the current along fingers."""
    from microfem.literature import read_reported, reported
    from microfem.render.literature import remarks_on
    from microfem.render.plot import write_plot
    from microfem.study.plots import stated_plot

    stem = out or Path(f"{folder.resolve().name}-plot")
    if not stem.name:
        raise MicrofemError(f"'{stem}' is not the name of a file; name the plot with -o")
    if points and against != "ragone":
        raise MicrofemError("--points are drawn beside a Ragone plot alone; add --against ragone")
    wanted = [kind.strip() for kind in kinds.split(",")]
    paths = [stem.with_name(f"{stem.name.removesuffix(f'.{kind}')}.{kind}") for kind in wanted]
    cells = read_reported(points) if points else reported()
    write_plot(folder, stated_plot(metrics or [], against, by, width, case), paths, cells)
    for line in remarks_on(cells) if against == "ragone" else []:
        print(line, file=sys.stderr)
    for path in paths:
        print(path)
