"""The command plot: metrics and curves of results as figures for a paper."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from microfem.base.errors import MicrofemError
from microfem.cli.figures import Dpi, Font, Formats, Width, files_of


def plot(
    folder: Annotated[Path, typer.Argument(help="folder of results", show_default=False)],
    metrics: Annotated[
        list[str] | None, typer.Argument(help="metrics, or lines of a curve (default: all)", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="FILE (default: FOLDER-plot)", show_default=False)
    ] = None,
    formats: Formats = "pdf",
    width: Width = "single",
    font: Font = "8",
    dpi: Dpi = 300,
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
    from microfem.study.figure_schema import read_style
    from microfem.study.plots import PlotModel

    if points and against != "ragone":
        raise MicrofemError("--points are drawn beside a Ragone plot alone; add --against ragone")
    options = {"metrics": metrics, "against": against, "by": by, "cases": case, "width": width, "format": formats,
               "font": font, "dpi": dpi}  # fmt: skip
    wanted = read_style(PlotModel, "plot", options)
    paths = files_of(out, folder, "plot", wanted.format)
    cells = read_reported(points) if points else reported()
    write_plot(folder, wanted, paths, cells)
    for line in remarks_on(cells) if against == "ragone" else []:
        print(line, file=sys.stderr)
    for path in paths:
        print(path)
