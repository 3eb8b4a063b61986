"""The commands run and check: a study is run into a folder, or checked with an estimate of what it costs."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microfem.base.errors import WriteError
from microfem.cli.options import Json, Quiet, Set, StudyFile, counted, fail, load_to_run, print_json

if TYPE_CHECKING:
    from microfem.results.summary import Summary


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
    started = time.monotonic()
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
    _print_summary(summary, folder, quiet, as_json, time.monotonic() - started)
    succeeded = all(design.status == "ok" for design in summary.designs.values())
    met = succeeded and all(expected.met for expected in summary.expect)
    raise typer.Exit(0 if met else 1)


def _print_summary(summary: Summary, folder: Path, quiet: bool, as_json: bool, seconds: float) -> None:
    if as_json:
        print_json(summary)
        return
    from microfem.base.progress import duration
    from microfem.results.comparison import after, bounds, number, print_summary

    for name, design in summary.designs.items():
        if design.status != "ok":
            print(f"{name} failed: {design.message}", file=sys.stderr)
    for expected in summary.expect:
        if not expected.met:
            metric = summary.designs[expected.design].metrics.get(expected.metric)
            value, unit = (number(metric), after(metric.unit)) if metric else ("no value", "")
            failure = f"{expected.metric} = {value} must be {bounds(expected)}{unit}: {expected.why}"
            print(f"{expected.design}: {failure}", file=sys.stderr)
    if not quiet:
        print_summary(summary)
        print(f"\n{counted(len(summary.designs), 'design')} in {duration(seconds)}\n{folder / 'index.html'}")


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
    from microfem.run.cost import cost_lines
    from microfem.run.ranges import costs
    from microfem.solve.first_mesh import foreseen

    refused, coarse = foreseen(loaded)
    dependent = [line for design in loaded.designs.values() for line in design.dependent()]
    told = [*loaded.unused, *dependent, *loaded.beyond(), *loaded.unchecked(), *costs(loaded), *refused, *coarse]
    for line in [*told, *cost_lines(loaded)]:
        print(line)
    if picture is not None:
        from microfem.render.fabrication import draw_study

        draw_study(loaded, picture)
        print(picture)
    hard = sum(not violation.warning for design in loaded.violations().values() for violation in design)
    verdict = "no problem found"
    if loaded.fabrication and hard:
        verdict = f"{counted(hard, 'violation')} of {loaded.fabrication.name}"
    if refused:
        verdict = f"{counted(len(refused), 'case')} would be refused"
    parts = {"metric": loaded.metrics, "view": loaded.views, "expectation": loaded.expect}
    size = f"{counted(len(loaded.designs), 'design')} x {counted(len(loaded.cases), 'case')}"
    print(f"{loaded.name}: {', '.join([size, *(counted(len(part), name) for name, part in parts.items())])}: {verdict}")
    raise typer.Exit(1 if hard or refused else 0)
