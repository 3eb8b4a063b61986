"""Files of a search: tables of all trials, the best layouts as geometry files, a summary, a page."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.families import FAMILIES
from microfem.materials import Material, load_material, material_names
from microfem.optimise.results import SearchResult, varied_units
from microfem.optimise.space import varied
from microfem.render.plot import draw_plots
from microfem.render.searches import draw_search
from microfem.report.search_page import write_search_page
from microfem.results.files import PAGE, SUMMARY, read_json, write_bytes, write_text
from microfem.results.ranking import ties
from microfem.results.searches import RECORD, open_search
from microfem.results.summary import to_json
from microfem.results.trials import Trial, TrialOutcome
from microfem.run.study import versions
from microfem.study.contact_reader import stated_contact
from microfem.study.design import stated_placement
from microfem.study.layer_reader import stated_layers
from microfem.study.plots_reader import plots_of

BEST = "best"
AGAIN = 30  # s after which a browser reloads the page of a running search
ERRORS = ("error", "lower", "upper")


def write_all(result: SearchResult, folder: Path) -> None:
    """Write the tables, the best layouts, the summary and the page.

    Raises:
        MicrofemError: the disk is full or the folder cannot be written.
    """
    columns = table(result)
    write_text(folder / "trials.csv", _csv(columns))
    write_bytes(folder / "trials.parquet", _parquet(columns))
    _write_best(result, folder / BEST)
    write_progress(result, folder)
    search = result.summary()
    for text in draw_plots(search.plots, partial(draw_search, search), folder)[1]:
        tell(text)
    write_search_page(search, folder, folder / PAGE, 0 if result.over else AGAIN)
    write_text(folder / SUMMARY, json.dumps(summary(result), indent=1, allow_nan=False))


def write_progress(result: SearchResult, folder: Path) -> None:
    """Write the record of all trials so far, which takes milliseconds.

    Raises:
        MicrofemError: the disk is full or the folder cannot be written.
    """
    write_text(folder / RECORD, json.dumps(to_json(result.summary()), allow_nan=False))


def is_current(result: SearchResult, folder: Path) -> bool:
    """Tell whether the files in a folder are those of this result: the summary is written last."""
    written = read_json(folder / SUMMARY)
    counts = {name: entry["trials"] for name, entry in written.get("designs", {}).items()}
    now = {name: len(result.of(name)) for name in result.search.spaces}
    if written.get("over") != result.over or counts != now or not (folder / PAGE).is_file():
        return False
    try:
        return open_search(folder).plots == tuple(plots_of(result.study, search=True))
    except MicrofemError:  # of another version
        return False


def table(result: SearchResult) -> dict[str, list[Any]]:
    """Return all trials as columns: name, status, `parameter [unit]`, `metric [unit]` with errors, command, message."""
    trials, search, study = sorted(result.trials, key=lambda one: (one.design, one.number)), result.search, result.study
    columns: dict[str, list[Any]] = {
        "trial": [one.name for one in trials],
        "design": [one.design for one in trials],
        "number": [one.number for one in trials],
        "status": [one.outcome.status for one in trials],
        "keeps_constraints": [one.good if one.outcome.status == "ok" else None for one in trials],
    }
    for name, unit in varied_units(study, search).items():
        columns[_head(name, unit)] = [one.params.get(name) for one in trials]
    for name in study.metrics:
        values = [one.outcome.values.get(name) for one in trials]
        unit = next((one.unit for one in values if one), "1")
        columns[_head(name, unit)] = [one and one.value for one in values]
        for key in ERRORS:
            columns[f"{name} {key}"] = [one and getattr(one, key) for one in values]
    columns["seconds"] = [one.outcome.seconds for one in trials]
    columns["by"] = [one.by for one in trials]
    columns["message"] = [one.outcome.message for one in trials]
    return columns


def _head(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit not in ("", "1") else name


def _csv(columns: Mapping[str, Sequence[Any]]) -> str:
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue()


def _parquet(columns: Mapping[str, Sequence[Any]]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    buffer = io.BytesIO()
    arrays = {name: pa.array(_alike(values)) for name, values in columns.items()}
    parquet.write_table(pa.table(arrays), buffer)
    return buffer.getvalue()


def _alike(values: Sequence[Any]) -> Sequence[Any]:
    """Return the values of a column as one type: as text where the types differ between designs."""
    kinds = {type(one) for one in values if one is not None}
    return values if len(kinds) < 2 or kinds == {int, float} else [None if one is None else str(one) for one in values]


def _write_best(result: SearchResult, folder: Path) -> None:
    """Write geometry files: the best trial of each design, named after the design, or the front, named after trials."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for design in result.search.spaces:
        for trial in result.shown(design):
            name = design if len(result.search.objectives) == 1 else trial.name
            write_text(partial / f"{name}.yaml", geometry(result, trial))
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def geometry(result: SearchResult, trial: Trial) -> str:
    """Return the design of a trial as the text of a geometry file.

    A geometry file cannot define materials, so its `source` names those that the study defines.
    """
    base = result.study.designs[trial.design]
    design = varied(base, result.search.spaces[trial.design], trial.chosen)
    known = FAMILIES.get(design.family).params
    params = {name: _quantity(value, known[name][1].unit) for name, value in design.params.items()}
    entries: dict[str, Any] = {"family": design.family, "params": params}
    own = sorted({one.name for one in design.materials.values() if not _of_library(one)})
    entries["source"] = f"trial {trial.name} of the study {result.study.name}" + (
        f", which defines {', '.join(own)}; copy these materials into the study that uses this file" if own else ""
    )
    if design.materials:
        entries["materials"] = {role: one.name for role, one in design.materials.items()}
    if design.placement is not None:
        entries["placement"] = stated_placement(design.placement)
    entries |= stated_layers(design.layers)
    if design.contacts:
        entries["contacts"] = [stated_contact(contact) for contact in design.contacts]
    return yaml.safe_dump(entries, sort_keys=False)


def _of_library(material: Material) -> bool:
    return material.name in material_names() and load_material(material.name) == material


def _quantity(value: object, unit: str) -> object:
    return f"{value!r} {unit}" if unit else value


def summary(result: SearchResult) -> dict[str, Any]:
    """Return a search as JSON data for summary.json."""
    designs = {}
    for name in result.search.spaces:
        trials, best = result.of(name), result.best(name)
        entry: dict[str, Any] = {
            "trials": len(trials),
            "failed": sum(trial.outcome.status != "ok" for trial in trials),
            "keep_constraints": sum(trial.good for trial in trials),
        }
        if len(result.search.objectives) == 1 and best:
            [metric] = result.search.objectives
            entry["ties"] = [trial.name for trial in ties(best, metric)]
        designs[name] = {**entry, "best": [_entry(trial) for trial in result.shown(name)]}
    return {
        "study": result.study.name,
        "source": result.study.source,
        "versions": versions(),
        "over": result.over,
        "remarks": list(result.remarks),
        "objectives": dict(result.search.objectives),
        "sampler": result.search.sampler,
        "seed": result.search.seed,
        "designs": designs,
        "references": {
            name: {"status": one.status, "message": one.message, "values": _values(one)}
            for name, one in result.references.items()
        },
    }


def _entry(trial: Trial) -> dict[str, Any]:
    return {"trial": trial.name, "chosen": trial.chosen, "values": _values(trial.outcome)}


def _values(outcome: TrialOutcome) -> dict[str, Any]:
    return {name: to_json(one) for name, one in outcome.values.items()}
