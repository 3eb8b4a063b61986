"""What limits the answer of a report, by weight; regions where a material law is extrapolated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from microfem.materials import Material
from microfem.report.materials import unsure
from microfem.report.runs import Run, Runs
from microfem.report.sections import describe_end
from microfem.report.wording import chapter, section, told
from microfem.results.notes import Note, Weight, by_weight, weighed
from microfem.results.opened import design_folder
from microfem.results.summary import Summary
from microfem.solve.ending import Reason

# property -> the field that it limits, the text beyond the limit
LIMITS = {
    "fracture_strain": ("max_principal_strain", "strained beyond the fracture strain"),
    "yield_stress": ("von_mises", "stressed beyond the yield stress"),
}
LEAST_OF_REGION = 0.01  # of a region's volume; singular stresses at corners take less


def limits(runs: Runs, fields: bool = True) -> str:
    """Return what limits the answer, the heaviest first; fields: also what the stored fields tell."""
    found = dict.fromkeys(note for run in runs.each for note in _notes(run, fields))
    groups: dict[Weight, list[str]] = {}
    for note in by_weight(list(found)):
        groups.setdefault(note.weight, []).append(f"<li>{told(note.text)}</li>")
    return chapter(
        "What limits it",
        *(section(weight, f"<ul class='warn'>{''.join(lines)}</ul>") for weight, lines in groups.items()),
    )


def _notes(run: Run, fields: bool) -> Iterator[Note]:
    """Yield the notes on a run, with its name where a page has several."""
    before = f"{run.name}: " if run.name else ""
    doubtful = [*_stopped(run.summary), *(beyond(run) if fields else ())]
    every = [*weighed(run.summary), *(Note(Weight.DOUBTFUL, text) for text in doubtful), *unsure(run.summary)]
    yield from (Note(note.weight, before + note.text) for note in every)


def _stopped(summary: Summary) -> Iterator[str]:
    """Yield a line for each case whose load path or refinement failed before its end."""
    for name, design in summary.designs.items():
        for case, one in design.cases.items():
            if one.stopped or one.ended.reason == Reason.FAILED:
                yield f"{name}: {case}: {describe_end(one)}"


def beyond(run: Run) -> list[str]:
    """Return a line for each region of which a part is loaded beyond the range of its material law."""
    from microfem.results.description import read_description
    from microfem.results.files import ABOUT

    lines = []
    for name, design in run.summary.designs.items():
        for case in design.cases:
            about = read_description(design_folder(run.folder, name) / f"{case}{ABOUT}")
            limits = list(_limits(about, design.materials))
            if limits:
                lines += [f"{name}: {case}: {text}" for text in _shares(run, name, case, limits)]
    return lines


def _limits(about: Mapping[str, Any], materials: Mapping[str, Material]) -> Iterator[tuple[str, str, float, str]]:
    """Yield region, field, limit and the text beyond the limit."""
    for region in about.get("regions", ()):
        material = materials.get(region)
        for key, (field, text) in LIMITS.items():
            if material and material.has(key) and field in about["fields"] and key not in about["limits_known"]:
                yield region, field, material.value(key), f"{text} of {material.name}"


def _shares(run: Run, design: str, case: str, limits: list[tuple[str, str, float, str]]) -> Iterator[str]:
    """Yield a line for each region whose share of volume beyond a limit exceeds LEAST_OF_REGION."""
    from microfem.base.units import format_quantity
    from microfem.results.stored import read_case

    stored = read_case(design_folder(run.folder, design), case)
    size = stored.sizes
    owner, regions = np.asarray(stored.grid.cell_data["region"]), list(stored.about["regions"])
    for region, field, limit, text in limits:
        inside = owner == regions.index(region)
        over = inside & (np.nan_to_num(np.asarray(stored.grid.cell_data[field])) > limit)
        share = size[over].sum() / max(size[inside].sum(), 1e-300)
        if share > LEAST_OF_REGION:
            shown = format_quantity(limit, stored.field(field)[1])
            yield f"{100.0 * share:.0f} % of '{region}' is {text}, {shown}: its law is extrapolated there"
