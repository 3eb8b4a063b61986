"""The commands. Slow imports stand inside the commands, so that every command starts fast."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microfem.base.errors import InputError, MicrofemError
from microfem.cli.catalogue import list_, new, schema, show
from microfem.cli.dic import dic
from microfem.cli.dic_compare import compare_maps
from microfem.cli.dic_identify import identify_parameters
from microfem.cli.dic_plan import plan_experiment
from microfem.cli.dic_render import render_images
from microfem.cli.dic_run import run_images
from microfem.cli.figures import figure
from microfem.cli.files import export, import_, steps
from microfem.cli.options import GeometryFile, Json, fail, prepare, print_json
from microfem.cli.plot import plot
from microfem.cli.search import optimise, sensitivity, sweep
from microfem.cli.study import check, run

if TYPE_CHECKING:
    from microfem.results.paper_tables import TableFormat

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; exit status: 1 for a failed design, 2 for bad input or a full disk, 130 for Ctrl-C."""
    prepare()
    try:
        app()
    except InputError as error:
        fail(str(error), 2)
    except (MicrofemError, OSError) as error:
        fail(f"error: {error}", 2)
    except (MemoryError, ImportError) as error:  # limited memory ends imports too
        fail(f"error: {error or 'no memory is left'}; is the memory limited, or the installation incomplete?", 2)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"microfem {version('microfem')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print the version and end")
    ] = False,
) -> None:
    """Finite elements for microelectrode layouts: one YAML study to fields, numbers and pictures."""


app.command()(run)
app.command()(check)


@app.command()
def mesh(
    geometry: GeometryFile,
    dimension: Annotated[str, typer.Option(help="3d, plan or section (default: the family's usual one)")] = "",
    level: Annotated[int, typer.Option(min=-2, max=8, help="mesh level; each halves the edges of cells")] = 0,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="FILE.msh, .vtu, .xdmf, .inp or .bdf", show_default=False)
    ] = None,
) -> None:
    """Mesh a geometry and write the mesh for other programs."""
    from microfem.base.memory import require_address_space
    from microfem.study.design import load_geometry

    require_address_space()
    design = load_geometry(geometry)
    from microfem.families import FAMILIES

    known = FAMILIES.get(design.family).dimensions
    if dimension and dimension not in known:
        raise MicrofemError(f"{design.family} has no '{dimension}' view; it has {', '.join(known)}")
    from microfem.export import known_suffix, write_mesh
    from microfem.mesh import build_mesh

    path = out or Path(f"{geometry.stem}.msh")
    known_suffix(path)  # before the mesh is made
    built = build_mesh(design.layout(), dimension or known[0], level)
    for name in built.regions:
        size = built.volumes[built.cells_of(name)].sum()
        print(f"{name:20s} {len(built.cells_of(name)):9,d} cells  {size:.6g} {'um3' if built.dim == 3 else 'um2'}")
    write_mesh(path, built)
    print(path)


@app.command()
def view(
    folder: Annotated[Path, typer.Argument(help="folder of results", show_default=False)],
    design: Annotated[str, typer.Option(help="design to show (default: the first ones)")] = "",
    case: Annotated[str, typer.Option(help="case to show (default: the first)")] = "",
    window: Annotated[bool, typer.Option("--window", help="open a window on the desktop, without a browser")] = False,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="open the browser, or print the address")
    ] = True,
    port: Annotated[int, typer.Option(min=1024, max=65535, help="preferred port; another one if it is in use")] = 8650,
    link: Annotated[str, typer.Option(help="address of an earlier viewer's page, whose scene to show")] = "",
) -> None:
    """Show a run, or the trials of a search, in the browser: fields, deformation, load steps, clip plane, values."""
    if window:
        from microfem.render.window import open_window

        open_window(folder, design, case)
        return
    from microfem.render.viewer.server import serve

    serve(folder, design, case, browser, port, link)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="folder of results", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="FILE.html (default: FOLDER-report.html)", show_default=False)
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="also print it to FILE.pdf, with Chromium")] = False,
) -> None:
    """Write a whole run, or a search, as one self-contained HTML file, to send."""
    folder = folder.resolve()
    _write_report([folder], out or Path(f"{folder.name}-report.html"), pdf)


def _write_report(folders: list[Path], path: Path, pdf: bool = False) -> None:
    from microfem.report import write_report
    from microfem.report.search_page import write_search_page
    from microfem.results.searches import is_search, open_search

    if path.suffix.lower() not in (".html", ".htm"):
        raise MicrofemError(f"'{path}' does not end in .html; a PDF is made beside it with --pdf")
    if len(folders) == 1 and is_search(folders[0]):
        write_search_page(open_search(folders[0]), folders[0], path)
    else:
        write_report(folders, path)
    print(path)
    if pdf:
        from microfem.report.browser import print_pdf

        print_pdf(path, path.with_suffix(".pdf"))
        print(path.with_suffix(".pdf"))


@app.command()
def compare(
    folders: Annotated[list[Path], typer.Argument(help="folders of results", show_default=False)],
    html: Annotated[
        Path | None, typer.Option(help="write a report of all runs to FILE.html", show_default=False)
    ] = None,
    as_json: Json = False,
    latex: Annotated[bool, typer.Option("--latex", help="print a table for LaTeX, rounded to errors")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="the same in Markdown")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="the same as CSV")] = False,
) -> None:
    """Compare the metrics of several runs, or of the best trials of searches; differences below the errors are ties."""
    tables: dict[TableFormat, bool] = {"latex": latex, "markdown": markdown, "csv": csv}
    stated = [name for name, on in tables.items() if on]
    chosen = [*(["--html"] if html else []), *(["--json"] if as_json else []), *(f"--{name}" for name in stated)]
    if len(chosen) > 1:
        raise MicrofemError(f"{' and '.join(chosen)} do not go together: state one of them")
    if html is not None:
        _write_report(folders, html)
        return
    from microfem.results.comparison import print_summary
    from microfem.results.merging import merge
    from microfem.results.paper_tables import paper_table
    from microfem.results.search_table import print_search
    from microfem.results.searches import is_search, open_search

    if len(folders) == 1 and is_search(folders[0]) and not as_json:
        print_search(open_search(folders[0]))
        return
    merged = merge(folders)
    if as_json:
        print_json(merged)
    elif stated:
        print(paper_table(merged, stated[0]))
    else:
        print_summary(merged)


for command in (plot, optimise, sweep, sensitivity):
    app.command()(command)
app.command()(figure)
app.command("list")(list_)
app.command()(show)
app.command()(new)
app.command()(schema)
app.command()(export)
app.command()(steps)
app.command("import")(import_)
dic.command("run")(run_images)
dic.command("render")(render_images)
dic.command("compare")(compare_maps)
dic.command("plan")(plan_experiment)
dic.command("identify")(identify_parameters)
app.add_typer(dic, name="dic")
