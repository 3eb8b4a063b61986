"""The command figure: views of a run at the width of a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microfem.base.errors import MicrofemError

Width = Annotated[str, typer.Option(help="exact width: '85 mm', single (90 mm) or double (190 mm)")]
Font = Annotated[str, typer.Option(help="size of letters in points, 6 or more; numbers are a point smaller")]
Formats = Annotated[str, typer.Option("--format", help="pdf, svg, png, or several: pdf,png")]
Dpi = Annotated[int, typer.Option(help="pixels per inch of fields and of PNG, 300 to 600")]


def figure(
    folder: Annotated[Path, typer.Argument(help="folder of results", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="FILE (default: FOLDER-figure)", show_default=False)
    ] = None,
    view: Annotated[
        str, typer.Option(help="views of the study by number, 1,3 (default: all)", show_default=False)
    ] = "",
    design: Annotated[str, typer.Option(help="designs, a,b (default: all)", show_default=False)] = "",
    width: Width = "single",
    formats: Formats = "pdf",
    font: Font = "8",
    dpi: Dpi = 600,
    cmap: Annotated[str, typer.Option(help="colour map of matplotlib, such as viridis", show_default=False)] = "",
    ends: Annotated[
        str, typer.Option("--range", help="range of the colour bar in its unit, 0:1", show_default=False)
    ] = "",
    case: Annotated[str, typer.Option(help="case of a view that the study does not have", show_default=False)] = "",
    field: Annotated[str, typer.Option(help="field of such a view", show_default=False)] = "",
    plane: Annotated[str, typer.Option(help="its plane: z=mid, 'x=30 um' or 3d", show_default=False)] = "",
    at: Annotated[
        float | None, typer.Option(help="load factor or time of a stored state (default: the end)", show_default=False)
    ] = None,
) -> None:
    """Draw views for a paper: exact width, no letter below 6 pt, fields as rasters between vector lines and letters."""
    from microfem.study.figure_schema import FigureModel, read_style

    options = {"views": view, "designs": design, "width": width, "format": formats, "font": font, "dpi": dpi,
               "cmap": cmap, "range": ends, "case": case, "field": field, "plane": plane, "at": at}  # fmt: skip
    wanted = read_style(FigureModel, "figure", options)
    paths = files_of(out, folder, "figure", wanted.format)
    from microfem.render.figure import write_figure
    from microfem.results.summary import open_summary

    write_figure(folder, open_summary(folder), wanted, paths)
    for path in paths:
        print(path)


def files_of(out: Path | None, folder: Path, what: str, formats: tuple[str, ...]) -> list[Path]:
    """Return the file of a picture in each format: FOLDER-WHAT by default, else `out`, with or without a suffix.

    Raises:
        MicrofemError: `out` is not the name of a file.
    """
    stem = out or Path(f"{folder.resolve().name}-{what}")
    if not stem.name:
        raise MicrofemError(f"'{stem}' is not the name of a file; name the {what} with -o")
    name = stem.stem if stem.suffix[1:] in formats else stem.name
    return [stem.with_name(f"{name}.{kind}") for kind in formats]
