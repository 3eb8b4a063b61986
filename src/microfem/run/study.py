"""A whole study: every design run or re-used, then the summary, the table, the pictures, the page."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.progress import listening, tell
from microfem.physics import Case
from microfem.physics.mechanics.hyperelasticity import HyperelasticityCase
from microfem.physics.mechanics.loads import Stretch
from microfem.report import write_index
from microfem.results.comparison import differences
from microfem.results.store import (
    FIELDS,
    FINGERS,
    HISTORY,
    LOG,
    RESULT,
    SUMMARY,
    logged,
    publish,
    read_json,
    read_summary,
    workspace,
    write_csv,
    write_text,
)
from microfem.run.design import Result, run_design
from microfem.run.processes import ctrl_c_later, processes
from microfem.study.design import Design
from microfem.study.records import Study


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    names = ("microfem", "numpy", "scipy", "scikit-fem", "gmsh", "shapely", "pyvista")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def run_study(study: Study, out: Path, jobs: int = 1) -> dict[str, Any]:
    """Run a study into a folder and return its summary; what is there and still true is re-used.

    Raises:
        MicrofemError: the folder cannot be used.
    """
    out = out.resolve()
    told = read_summary(out)
    if told.get("inputs") == inputs(study) and _complete(out, told):
        tell(f"nothing to do: {out} is up to date")
        return told
    with workspace(out) as work:
        with logged(work / LOG, out / LOG) as log, listening(log):
            summary = _run_into(study, work, out, jobs)
        publish(work, out)
    return summary


def _run_into(study: Study, work: Path, out: Path, jobs: int) -> dict[str, Any]:
    """Make all that a run leaves, in the work folder; return its summary."""
    _tidy(study, work)
    todo = [design for design in study.designs.values() if not _reuse(study, design, work, out)]
    for name, result in _run_all(study, todo, work, jobs):
        tell(result, design=name, ended=True)
    numbers = summarise(study, work)
    summary = {**numbers, "undrawn": _draw(study, work, numbers)}
    write_text(work / SUMMARY, json.dumps(summary, indent=1, allow_nan=False))
    write_text(work / "study.yaml", study.text)
    write_csv(work / "metrics.csv", summary)
    write_index(work, summary)
    return summary


def inputs(study: Study) -> dict[str, Any]:
    """Return what a run depends on, as it stands in the summary."""
    return {
        "designs": {name: study.fingerprint(one, version("microfem")) for name, one in study.designs.items()},
        "study": [study.name, study.source],
        "fabrication": study.fabrication.name if study.fabrication else "",
        "views": [view.model_dump(mode="json") for view in study.views],
        "expect": [[e.design, e.metric, f"{e.low:.12g}", f"{e.high:.12g}", e.why] for e in study.expect],
    }


def _complete(out: Path, told: Mapping[str, Any]) -> bool:
    """Tell whether every design went well and every file of the run is still there."""
    whole = all((out / name).is_file() for name in ("index.html", "metrics.csv"))
    return whole and all(
        one["status"] == "ok" and _all_there(out / "designs" / name, one["cases"])
        for name, one in told["designs"].items()
    )


def _all_there(folder: Path, cases: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether a design's folder holds what its cases have left; of each case what `_beside` tells."""
    files = [f"{case}{end}" for case, one in cases.items() for end in (
        *FIELDS, *(HISTORY if one.get("history") else ()), *(FINGERS if one.get("fingers") else ())
    )]  # fmt: skip
    return all((folder / file).is_file() for file in (RESULT, *files))


def _tidy(study: Study, work: Path) -> None:
    """Remove what a run that was killed has left half done, or done of designs that are no longer asked for."""
    for folder in (work / "designs").glob("*"):
        if folder.name not in study.designs:
            shutil.rmtree(folder, ignore_errors=True)


def _reuse(study: Study, design: Design, work: Path, out: Path) -> bool:
    """Tell whether a design's result is in the work folder, fetching it from an earlier run where it can."""
    wanted = study.fingerprint(design, version("microfem"))
    for folder in (work / "designs" / design.name, out / "designs" / design.name):
        told = read_json(folder / RESULT)
        if told.get("fingerprint") != wanted or told.get("status") != "ok":
            continue
        if _all_there(folder, {case: _beside(told, case) for case in told["reports"]}):
            tell("re-used", design=design.name, ended=True)
            if folder.parent.parent != work:
                shutil.copytree(folder, work / "designs" / design.name, dirs_exist_ok=True)
            return True
    return False


def _beside(told: Mapping[str, Any], case: str) -> dict[str, Any]:
    """Return what a result holds of a case beside its fields: its history, what leaves along fingers."""
    return {"history": told.get("history", {}).get(case, []), "fingers": told.get("fingers", {}).get(case, {})}


def _run_all(study: Study, todo: Sequence[Design], work: Path, jobs: int) -> Iterator[tuple[str, str]]:
    """Run designs here or in `jobs` processes; yield name and outcome as each ends."""
    if jobs <= 1 or len(todo) <= 1:
        for design in todo:
            yield design.name, run_into(study, design, work / "designs" / design.name)
        return
    with processes(min(jobs, len(todo))) as pool:
        with ctrl_c_later():
            names: dict[Future[str], str] = {
                pool.submit(run_into, study, one, work / "designs" / one.name): one.name for one in todo
            }
        for future in as_completed(names):
            name = names[future]
            try:
                yield name, future.result()
            except BrokenProcessPool as error:
                died = Result(name, "failed", f"its process died: {error}")
                _store(study, study.designs[name], work / "designs" / name, died)
                yield name, "failed"


def run_into(study: Study, design: Design, folder: Path) -> str:
    """Run one design into its folder, which appears whole; return how it ended."""
    partial = _partial(folder)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    result = run_design(study, design, partial)
    _store(study, design, folder, result)
    return f"{result.status} in {result.seconds:.1f} s" + (f": {result.message}" if result.message else "")


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.partial")


def _store(study: Study, design: Design, folder: Path, result: Result) -> None:
    told = {"fingerprint": study.fingerprint(design, version("microfem")), "family": design.family,
            "source": design.source, **_made_of(design), **asdict(result)}  # fmt: skip
    write_text(_partial(folder) / RESULT, json.dumps(told, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(_partial(folder), folder)


def _made_of(design: Design) -> dict[str, Any]:
    """Return what a design is made of: parameters, in the family's units, the surface, the material of each part."""
    surface = design.placement and {"surface": type(design.placement).__name__, **vars(design.placement)}
    materials = {name: asdict(material) for name, material in design.layout().materials.items()}
    return {"params": dict(design.params), "placement": surface, "materials": materials}


def summarise(study: Study, work: Path) -> dict[str, Any]:
    """Gather all designs' results: status, metrics with unit and error, cases, and how expectations fared."""
    designs = {}
    for name in study.designs:
        told = read_json(work / "designs" / name / RESULT)
        if not told:
            raise MicrofemError(f"the result of design '{name}' is lost")
        failures = told.get("failures") or {}
        failed = {key: call.case for key, call in study.metrics.items() if call.case in failures}
        metrics = {key: told["values"].get(key) or {"value": None, "unit": "", "error": None} for key in study.metrics
                   if key in {*told["values"], *told["refused"], *failed}}  # fmt: skip
        for key, reason in told["refused"].items():
            metrics[key] = {**metrics[key], "value": None, "error": None, "refused": reason}
        for key, case in failed.items():
            metrics[key] = {**metrics[key], "failed": f"its case {case} failed"}
        ended = told["ended"]
        designs[name] = {"status": told["status"], "message": told["message"], "family": told["family"],
                         "source": told["source"], "seconds": told["seconds"], "metrics": metrics,
                         "warnings": told.get("warnings") or [],
                         **{key: told.get(key) or {} for key in ("params", "placement", "materials", "meshes")},
                         "cases": {case: {**one, "ended": ended[case], **_beside(told, case)}
                                   for case, one in told["reports"].items()},
                         "failures": failures, "totals": told["totals"]}  # fmt: skip
    calls = {name: call.metric for name, call in study.metrics.items()}
    return {
        "study": study.name, "source": study.source, "versions": versions(), "accuracy": study.wanted(),
        "calls": calls, "measures": study.beside(), "stretched": _stretched(study.cases),
        "differs": differences({name: one.layout() for name, one in study.designs.items()}),
        "designs": designs, "expect": judge(study, designs), "inputs": inputs(study),
        "fabrication": study.beyond(), "per_depth": [name for name, case in study.cases.items() if case.per_depth],
    }  # fmt: skip


def _stretched(cases: Mapping[str, Case]) -> dict[str, float]:
    """Return the nominal strain that each case stretches a device by, the largest of its path."""
    large = {name: case for name, case in cases.items() if isinstance(case, HyperelasticityCase)}
    return {name: max(case.path, key=abs) * load.strain for name, case in large.items()
            if isinstance(load := case.load.chosen, Stretch)}  # fmt: skip


def judge(study: Study, designs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Hold each expectation against its value."""
    rows = []
    for one in study.expect:
        value = designs[one.design]["metrics"].get(one.metric, {}).get("value")
        met = value is not None and one.low <= value <= one.high
        low, high = (None if abs(bound) == float("inf") else bound for bound in (one.low, one.high))
        rows.append({"design": one.design, "metric": one.metric, "value": value, "low": low, "high": high,
                     "why": one.why, "met": met})  # fmt: skip
    return rows


def _draw(study: Study, work: Path, summary: Mapping[str, Any]) -> list[str]:
    """Draw all pictures; return why views could not be drawn."""
    from microfem.render.history import draw_histories
    from microfem.render.sheet import draw_views

    shutil.rmtree(work / "pictures", ignore_errors=True)
    solved = [name for name, one in summary["designs"].items() if one["cases"]]
    _, failed = draw_views(study.views, work, solved)
    draw_histories(summary, work)
    return failed
