"""The commands. Slow imports stand inside the commands, so that every command starts fast."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microfem.base.errors import InputError, MicrofemError, WriteError
from microfem.cli.catalogue import list_, new, schema, show
from microfem.cli.dic import dic
from microfem.cli.dic_compare import compare_maps
from microfem.cli.dic_identify import identify_parameters
from microfem.cli.dic_plan import plan_experiment
from microfem.cli.dic_render import render_images
from microfem.cli.dic_run import run_images
from microfem.cli.files import export, import_, steps
from microfem.cli.options import Json, Quiet, Set, StudyFile, fail, load_to_run, prepare
from microfem.cli.search import optimise, sensitivity, sweep

if TYPE_CHECKING:
    from microfem.results.summary import Summary

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Finite elements for microelectrode layouts: one YAML study to fields, numbers and pictures.",
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


@app.command()
def run(
    study: StudyFile,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="results folder (default: results/NAME)", show_default=False),
    ] = None,
    changes: Set = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="designs run in parallel")] = 1,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run a study: layouts, meshes, fields, metrics with errors, pictures side by side."""
    loaded = load_to_run(study, changes)
    from microfem.cli.progress_board import showing
    from microfem.run.study import run_study

    folder = out or Path("results") / loaded.name
    for line in loaded.unused:
        print(line, file=sys.stderr)
    try:
        with showing(quiet or as_json, len(loaded.designs)):
            summary = run_study(loaded, folder, jobs)
    except KeyboardInterrupt:
        fail("stopped; finished designs are kept; the same command resumes", 130)
    except WriteError as error:
        fail(f"error: {error}\n{folder} is as it was; finished designs are kept; the same command resumes", 2)
    _print_summary(summary, folder, quiet, as_json)
    succeeded = all(design.status == "ok" for design in summary.designs.values())
    met = succeeded and all(expected.met for expected in summary.expect)
    raise typer.Exit(0 if met else 1)


def _print_summary(summary: Summary, folder: Path, quiet: bool, as_json: bool) -> None:
    if as_json:
        _print_json(summary)
        return
    from microfem.results.comparison import bounds, print_summary

    for name, design in summary.designs.items():
        if design.status != "ok":
            print(f"{name} failed: {design.message}", file=sys.stderr)
    for expected in summary.expect:
        if not expected.met:
            failure = f"{expected.metric} = {expected.value} must be {bounds(expected)}: {expected.why}"
            print(f"{expected.design}: {failure}", file=sys.stderr)
    if not quiet:
        print_summary(summary)
        print(f"\n{folder / 'index.html'}")


def _print_json(summary: Summary) -> None:
    import json

    from microfem.results.summary import to_json

    print(json.dumps(to_json(summary), indent=1))


@app.command()
def check(
    study: StudyFile,
    changes: Set = None,
    picture: Annotated[
        Path | None,
        typer.Option("--draw", help="draw layouts and violations: FILE.svg, .png or .pdf", show_default=False),
    ] = None,
) -> None:
    """Check a study file, its meshes, and its designs against the design rules of its fabrication technique."""
    from microfem.study.reader import load_study

    loaded = load_study(study, changes or [])
    from microfem.run.ranges import costs
    from microfem.solve.first_mesh import foreseen

    refused, coarse = foreseen(loaded)
    dependent = [line for design in loaded.designs.values() for line in design.dependent()]
    told = [*loaded.unused, *dependent, *loaded.beyond(), *loaded.unchecked(), *costs(loaded), *refused, *coarse]
    for line in told:
        print(line)
    if picture is not None:
        from microfem.render.fabrication import draw_study

        draw_study(loaded, picture)
        print(picture)
    hard = sum(not violation.warning for design in loaded.violations().values() for violation in design)
    verdict = "no problem found"
    if loaded.fabrication and hard:
        verdict = f"{hard} violation{'s' if hard > 1 else ''} of {loaded.fabrication.name}"
    if refused:
        verdict = f"{len(refused)} case{'s' if len(refused) > 1 else ''} would be refused"
    print(
        f"{loaded.name}: {len(loaded.designs)} designs x {len(loaded.cases)} cases, {len(loaded.metrics)} metrics, "
        f"{len(loaded.views)} views, {len(loaded.expect)} expectations: {verdict}"
    )
    raise typer.Exit(1 if hard or refused else 0)


@app.command()
def mesh(
    geometry: Annotated[Path, typer.Argument(help="geometry file (YAML)", show_default=False)],
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
    """Show a run in the browser: fields, deformation, load steps, clip plane, values, designs side by side."""
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
    """Write a whole run as one self-contained HTML file, to send."""
    folder = folder.resolve()
    _write_report([folder], out or Path(f"{folder.name}-report.html"), pdf)


def _write_report(folders: list[Path], path: Path, pdf: bool = False) -> None:
    from microfem.report import write_report

    if path.suffix.lower() not in (".html", ".htm"):
        raise MicrofemError(f"'{path}' does not end in .html; a PDF is made beside it with --pdf")
    write_report(folders, path)
    print(path)
    if pdf:
        from microfem.report.browser import print_pdf

        print_pdf(path, path.with_suffix(".pdf"))
        print(path.with_suffix(".pdf"))


@app.command()
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
        typer.Option(help="parameter, path (load factor), mesh (errors), finger (current), ragone or another curve"),
    ] = "parameter",
    points: Annotated[
        Path | None,
        typer.Option(help="FILE.csv of reported cells, for a Ragone plot (default: those of a review)"),
    ] = None,
) -> None:
    """Plot for a paper: metrics against a parameter or a load factor, their errors, the current along fingers."""
    from microfem.literature import read_reported, reported
    from microfem.render.literature import remarks_on
    from microfem.render.plot import write_plot
    from microfem.results.comparison import merge

    stem = out or Path(f"{folder.resolve().name}-plot")
    if not stem.name:
        raise MicrofemError(f"'{stem}' is not the name of a file; name the plot with -o")
    if points and against != "ragone":
        raise MicrofemError("--points are drawn beside a Ragone plot alone; add --against ragone")
    wanted = [kind.strip() for kind in kinds.split(",")]
    paths = [stem.with_name(f"{stem.name.removesuffix(f'.{kind}')}.{kind}") for kind in wanted]
    cells = read_reported(points) if points else reported()
    write_plot(merge([folder]), metrics or [], paths, width, against, cells)
    for line in remarks_on(cells) if against == "ragone" else []:
        print(line, file=sys.stderr)
    for path in paths:
        print(path)


@app.command()
def compare(
    folders: Annotated[list[Path], typer.Argument(help="folders of results", show_default=False)],
    html: Annotated[
        Path | None, typer.Option(help="write a report of all runs to FILE.html", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the metrics of several runs; differences below the errors are ties."""
    if html is not None and as_json:
        raise MicrofemError("--html and --json do not go together: state one of them")
    if html is not None:
        _write_report(folders, html)
        return
    from microfem.results.comparison import merge, print_summary

    merged = merge(folders)
    if as_json:
        _print_json(merged)
    else:
        print_summary(merged)


for command in (optimise, sweep, sensitivity):
    app.command()(command)
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
