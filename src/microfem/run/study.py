"""A whole study: run or re-use every design, then write the summary, the table, the pictures, the page."""

from __future__ import annotations

import math
import os
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from microfem.base.checkpoints import keeping
from microfem.base.errors import MicrofemError, WriteError
from microfem.base.extensions import code_version
from microfem.base.progress import listening, tell
from microfem.report import write_index
from microfem.results.comparison import differences
from microfem.results.files import LOG, METRICS, PAGE, RESULT, STUDY, SUMMARY, write_text
from microfem.results.folders import logged, publish, workspace
from microfem.results.summary import (
    DesignResult,
    ExpectedResult,
    Inputs,
    Summary,
    read_result,
    read_summary,
    write_record,
)
from microfem.results.tables import write_metrics
from microfem.run.design import failed, run_design
from microfem.run.processes import ctrl_c_later, processes
from microfem.run.ranges import with_ranges
from microfem.study.design import Design
from microfem.study.plots_reader import plots_of
from microfem.study.records import Study

KEPT = ".kept"  # in the work folder: states of long work


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    names = ("numpy", "scipy", "scikit-fem", "gmsh", "shapely", "pyvista")
    python = {"python": platform.python_version(), "microfem": code_version()}
    return {**python, **{name: version(name) for name in names}}


def run_study(study: Study, out: str | Path, jobs: int = 1) -> Summary:
    """Run a study into a folder and return its summary; results with unchanged inputs are re-used.

    Raises:
        WriteError: a file cannot be written; earlier results in the folder are as they were.
        MicrofemError: the folder cannot be used.
    """
    out = Path(out).resolve()
    earlier = read_summary(out)
    if earlier and earlier.inputs == inputs(study) and _complete(out, earlier):
        tell(f"nothing to do: {out} is up to date")
        return earlier
    with workspace(out) as work:
        try:
            with logged(work / LOG, out / LOG) as log, listening(log):
                summary = _run_into(study, work, out, jobs)
        except OSError as error:
            raise WriteError.of(error, error.filename or work) from error
        publish(work, out)
    return summary


def _run_into(study: Study, work: Path, out: Path, jobs: int) -> Summary:
    """Write all files of a run into the work folder; return its summary."""
    _tidy(study, work)
    todo = [design for design in study.designs.values() if not _reuse(study, design, work, out)]
    for name, result in _run_all(study, todo, work, jobs):
        tell(result, design=name, ended=True)
    shutil.rmtree(work / KEPT, ignore_errors=True)
    summary = summarise(study, work)
    summary = _draw(study, work, summary)
    write_record(work / SUMMARY, summary)
    write_text(work / STUDY, study.text)
    write_metrics(work / METRICS, summary)
    write_index(work, summary)
    return summary


def inputs(study: Study) -> Inputs:
    """Return the inputs of a run, as the summary records them."""
    return Inputs(
        designs={name: study.fingerprint(one, code_version()) for name, one in study.designs.items()},
        study=(study.name, study.source),
        fabrication=study.fabrication.name if study.fabrication else "",
        views=study.views,
        plots=tuple(plots_of(study, search=False)),
        expect=tuple((e.design, e.metric, f"{e.low:.12g}", f"{e.high:.12g}", e.why) for e in study.expect),
        figure=study.figure,
    )


def _complete(out: Path, summary: Summary) -> bool:
    """Tell whether every design succeeded and every file of the run exists."""
    whole = all((out / name).is_file() for name in (PAGE, METRICS, *summary.pictures, *summary.figures))
    return whole and all(
        one.status == "ok" and _all_there(out / "designs" / name, one) for name, one in summary.designs.items()
    )


def _all_there(folder: Path, result: DesignResult) -> bool:
    """Tell whether a design's folder holds all files of its cases."""
    files = [RESULT, *(file for case in result.cases.values() for file in case.files)]
    return all((folder / file).is_file() for file in files)


def _tidy(study: Study, work: Path) -> None:
    """Remove the partial results of a killed run, and results of designs that the study no longer has."""
    for folder in (work / "designs").glob("*"):
        if folder.name not in study.designs:
            shutil.rmtree(folder, ignore_errors=True)


def _reuse(study: Study, design: Design, work: Path, out: Path) -> bool:
    """Tell whether a design's result is in the work folder; copy it from an earlier run where possible."""
    wanted = study.fingerprint(design, code_version())
    for folder in (work / "designs" / design.name, out / "designs" / design.name):
        result = read_result(folder)
        if result and result.fingerprint == wanted and result.status == "ok" and _all_there(folder, result):
            tell("re-used", design=design.name, ended=True)
            if folder.parent.parent != work:
                _copy(folder, work / "designs" / design.name)
            return True
    return False


def _copy(folder: Path, target: Path) -> None:
    with _replaced(target) as partial:
        for file in (one for one in folder.rglob("*") if one.is_file()):
            copied = partial / file.relative_to(folder)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copied)


def _run_all(study: Study, todo: Sequence[Design], work: Path, jobs: int) -> Iterator[tuple[str, str]]:
    """Run designs here or in `jobs` processes; yield the name and the outcome of each as it ends."""
    if jobs <= 1 or len(todo) <= 1:
        for design in todo:
            yield design.name, run_into(study, design, work / "designs" / design.name, work / KEPT, ranges=True)
        return
    with processes(min(jobs, len(todo))) as pool:
        with ctrl_c_later():
            names: dict[Future[str], str] = {
                pool.submit(run_into, study, one, work / "designs" / one.name, work / KEPT, True): one.name
                for one in todo
            }
        for future in as_completed(names):
            name = names[future]
            try:
                yield name, future.result()
            except BrokenProcessPool as error:
                died = failed(study, study.designs[name], f"its process died: {error}")
                with _replaced(work / "designs" / name) as partial:
                    write_record(partial / RESULT, died)
                yield name, "failed"


def run_into(study: Study, design: Design, folder: Path, kept: Path | None = None, ranges: bool = False) -> str:
    """Run one design into its folder, which appears only when complete; return the outcome as text.

    kept: a folder in which long work keeps its states, to go on from there if it is killed; ranges: tell whether the
    design runs again at both ends of each range of a material value.

    Raises:
        WriteError: a file cannot be written; the folder is as it was.
    """
    with _replaced(folder) as partial, keeping(kept):
        result = run_design(study, design, partial)
        if ranges and result.status == "ok":
            result = with_ranges(study, design, result)
        write_record(partial / RESULT, result)
    return f"{result.status} in {result.seconds:.1f} s" + (f": {result.message}" if result.message else "")


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """Yield an empty hidden folder, which takes the place of `folder` when it is complete.

    Raises:
        WriteError: a file cannot be written; `folder` is as it was.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        yield partial
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
    except OSError as error:
        raise WriteError.of(error, error.filename or partial) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def summarise(study: Study, work: Path) -> Summary:
    """Collect the results of all designs, and check the expectations.

    Raises:
        MicrofemError: the result of a design is missing.
    """
    designs = {}
    for name in study.designs:
        result = read_result(work / "designs" / name)
        if result is None:
            raise MicrofemError(f"the result of design '{name}' is missing; run the study again")
        designs[name] = result
    return Summary(
        study=study.name,
        source=study.source,
        versions=versions(),
        designs=designs,
        expect=tuple(judge(study, designs)),
        inputs=inputs(study),
        accuracy=study.wanted(),
        calls={name: call.name for name, call in study.metrics.items()},
        measures=study.beside(),
        stretched={name: case.nominal_strain for name, case in study.cases.items() if case.nominal_strain},
        differs=tuple(differences({name: one.layout() for name, one in study.designs.items()})),
        fabrication=tuple(study.beyond()),
        technique=study.fabrication,
        per_depth=tuple(name for name, case in study.cases.items() if case.per_depth),
    )


def judge(study: Study, designs: Mapping[str, DesignResult]) -> Iterator[ExpectedResult]:
    """Compare each expectation with its metric."""
    for one in study.expect:
        metric = designs[one.design].metrics.get(one.metric)
        value = metric.value if metric else None
        low, high = (None if math.isinf(bound) else bound for bound in (one.low, one.high))
        met = value is not None and one.low <= value <= one.high
        yield ExpectedResult(
            design=one.design, metric=one.metric, value=value, low=low, high=high, why=one.why, met=met
        )


def _draw(study: Study, work: Path, summary: Summary) -> Summary:
    """Draw all pictures; return the summary with them, and with the reasons why views could not be drawn."""
    from microfem.render.curves import draw_curves
    from microfem.render.figure import draw_stated
    from microfem.render.plot import draw_plots, draw_run
    from microfem.render.sheet import draw_views
    from microfem.run.measured_maps import draw_maps

    shutil.rmtree(work / "pictures", ignore_errors=True)
    solved = [name for name, one in summary.designs.items() if one.cases]
    computed = [view for view in study.views if not view.measured]
    views, undrawn = draw_views(computed, work, solved)
    measured, unseen = draw_maps(study, work, summary.designs)
    curves = draw_curves(summary, work)
    plots, unplotted = draw_plots(plots_of(study, search=False), partial(draw_run, summary), work)
    figures, missing = draw_stated(study.figure, work, summary)
    pictures = (*views, *measured, *curves, *plots)
    reasons = (*undrawn, *unseen, *unplotted, *missing)
    return replace(summary, pictures=pictures, figures=tuple(figures), undrawn=reasons)
