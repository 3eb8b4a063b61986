"""Commands that run many layouts of one study: optimise, sweep, sensitivity."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from microfem.cli.options import Quiet, Set, StudyFile, counted, fail, load_to_run

if TYPE_CHECKING:
    from microfem.optimise.results import SearchResult
    from microfem.study.records import Study

Out = Annotated[Path | None, typer.Option("-o", "--out", help="folder (default: searches/NAME)", show_default=False)]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, max=4096, help="workers, each with one thread")]
Scheduler = Annotated[str, typer.Option(help="address of a Dask scheduler: tcp://host:8786", show_default=False)]
Slurm = Annotated[
    str, typer.Option(help="workers as Slurm jobs: cpus=4,memory=8GB,time=2:00:00,queue=short", show_default=False)
]
Samples = Annotated[int, typer.Option(min=1, max=1_000_000, help="number of designs, or base points of the indices")]


def optimise(
    study: StudyFile,
    out: Out = None,
    changes: Set = None,
    jobs: Jobs = 1,
    scheduler: Scheduler = "",
    slurm: Slurm = "",
    storage: Annotated[str, typer.Option(help="shared database (default: a journal in the folder)")] = "",
    quiet: Quiet = False,
) -> None:
    """Search for the best layouts of a study's space; the same command resumes a stopped search."""
    started = time.monotonic()
    loaded = load_to_run(study, changes)
    from microfem.optimise.search import search_of
    from microfem.optimise.whole import last_folder, number_of_runs, optimise_study

    search, folder = search_of(loaded), out or Path("searches") / loaded.name
    pools = _pools(jobs, scheduler, slurm, folder)
    result = _run(lambda: optimise_study(loaded, folder, pools, storage), loaded, number_of_runs(search), quiet)
    _end(result, last_folder(search, folder), quiet, started)


def sweep(
    study: StudyFile,
    out: Out = None,
    changes: Set = None,
    method: Annotated[str, typer.Option(help="grid, lhs (Latin hypercube) or sobol")] = "sobol",
    samples: Samples = 64,
    jobs: Jobs = 1,
    scheduler: Scheduler = "",
    slurm: Slurm = "",
    quiet: Quiet = False,
) -> None:
    """Run designs that fill a study's space evenly; collect all metrics in one table."""
    started = time.monotonic()
    loaded = load_to_run(study, changes)
    from microfem.optimise.search import search_of
    from microfem.optimise.whole import sweep_study

    search, folder = search_of(loaded, objectives=False), out or Path("searches") / f"{loaded.name}-{method}"
    pools, total = _pools(jobs, scheduler, slurm, folder), samples * len(search.spaces)
    result = _run(lambda: sweep_study(loaded, folder, method, samples, pools), loaded, total, quiet)
    _end(result, folder, quiet, started)


def sensitivity(
    study: StudyFile,
    out: Out = None,
    changes: Set = None,
    samples: Samples = 64,
    jobs: Jobs = 1,
    scheduler: Scheduler = "",
    slurm: Slurm = "",
    quiet: Quiet = False,
    local: Annotated[bool, typer.Option("--local", help="exact derivatives at each design as stated")] = False,
) -> None:
    """Compute which parameters the metrics depend on: Sobol indices over the space, or local derivatives."""
    started = time.monotonic()
    loaded = load_to_run(study, changes)
    if local:
        _local(loaded, out, quiet)
        return
    from microfem.optimise.indices import base_points, print_indices, write_indices
    from microfem.optimise.search import search_layouts, search_of

    search, folder = search_of(loaded, objectives=False), out or Path("searches") / f"{loaded.name}-sensitivity"
    points = {name: base_points(space, samples, search.seed) for name, space in search.spaces.items()}
    pools, total = _pools(jobs, scheduler, slurm, folder), sum(map(len, points.values()))
    result = _run(lambda: search_layouts(loaded, folder, pools, points=points), loaded, total, quiet)
    rows = write_indices(result, folder, points)
    if not quiet:
        print_indices(rows)
    _end(result, folder, quiet, started)


def _local(study: Study, out: Path | None, quiet: bool) -> None:
    """Print the derivatives of the metrics with each parameter, and write them as CSV if a folder is named."""
    from microfem.cli.progress_board import showing
    from microfem.optimise.local_sensitivity import local, print_local, write_local

    try:
        with showing(quiet, len(study.designs)):
            results = {name: local(study, design) for name, design in study.designs.items()}
    except KeyboardInterrupt:
        fail("stopped", 130)
    for name, result in results.items():
        print_local(name, result, study.beside())
    if out is not None:
        print(write_local(results, out))
    raise typer.Exit(0 if any(result.slopes for result in results.values()) else 1)


def _pools(jobs: int, scheduler: str, slurm: str, folder: Path) -> Callable[[], Any]:
    """Return a function that starts workers when they are needed."""
    if scheduler and slurm:
        fail("error: --scheduler and --slurm do not go together: state one of them", 2)
    from microfem.optimise.pool import workers

    return lambda: workers(jobs, scheduler, slurm, folder.resolve())


def _run(search: Callable[[], SearchResult], study: Study, total: int, quiet: bool) -> SearchResult:
    from microfem.cli.progress_board import showing

    alone = len(study.designs) - len(study.search.spaces if study.search else ())
    try:
        with showing(quiet, total + alone):
            return search()
    except KeyboardInterrupt:
        fail("stopped; finished trials are kept; the same command resumes", 130)


def _end(result: SearchResult, folder: Path, quiet: bool, started: float) -> None:
    """Print the result of a search; the exit status is 1 if no trial is valid."""
    from microfem.base.progress import duration
    from microfem.results.search_table import print_search

    if not quiet:
        print_search(result.summary())
        print(f"\n{counted(len(result.trials), 'trial')}; this command took {duration(time.monotonic() - started)}")
        print(folder / "index.html")
    raise typer.Exit(0 if any(trial.good for trial in result.trials) else 1)
