"""The content of a figure: which views, designs and states of a run it shows, and their colour scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.render.colours import MAPS, SIGNED, USUAL, Scale
from microfem.render.sheet import SheetRow, row_of
from microfem.results.files import GRID
from microfem.results.stored import Stored, read_fields
from microfem.results.summary import DesignResult, StoredState, Summary
from microfem.study.figure_schema import FigureModel
from microfem.study.file_schema import ViewModel

SAME = 1e-6  # relative distance of two load factors or times that are one


@dataclass(frozen=True)
class FigureRow:
    """A view of all its designs in a figure; at: what its label says of the state, "" at the end of the path."""

    sheet: SheetRow
    at: str


def content(run: Path, summary: Summary, wanted: FigureModel) -> list[FigureRow]:
    """Return the rows of a figure of a run.

    Raises:
        MicrofemError: the run has no such view, design, case, field or state, or the range does not fit the fields.
    """
    views = chosen_views(summary, wanted)
    for name in wanted.designs:
        if name not in summary.designs:
            raise MicrofemError(f"designs: no design '{name}' in these results{did_you_mean(name, summary.designs)}")
    fields = list(dict.fromkeys(view.field for view in views))
    if wanted.range and len(fields) > 1:
        raise MicrofemError(f"range: one range does not fit {' and '.join(fields)}; choose views of one field")
    return [_row(run, summary, view, wanted) for view in views]


def chosen_views(summary: Summary, wanted: FigureModel) -> list[ViewModel]:
    """Return the views that a figure shows: the numbered ones, those of its case and field, or a view of its own.

    Raises:
        MicrofemError: there is no such view.
    """
    known = [view for view in (summary.inputs.views if summary.inputs else ()) if not view.measured]
    if wanted.views:
        for number in wanted.views:
            if number > len(known):
                raise MicrofemError(f"views: no view {number}; {_listed(known)}")
        known = [known[number - 1] for number in wanted.views]
    fitting = [view for view in known if wanted.case in ("", view.case) and wanted.field in ("", view.field)]
    if fitting and not wanted.plane:
        return fitting
    if wanted.field and not wanted.views:
        return [_own_view(summary, wanted)]
    if fitting:
        return [view.model_copy(update={"plane": wanted.plane}) for view in fitting]
    stated = f"none of '{wanted.case or wanted.field}'; state case and field; " if known else ""
    raise MicrofemError(f"views: {stated}{_listed(known)}")


def _own_view(summary: Summary, wanted: FigureModel) -> ViewModel:
    case = wanted.case or (summary.cases[0] if len(summary.cases) == 1 else "")
    if case not in summary.cases:
        told = f"no case '{case}'" if case else f"which case has '{wanted.field}'"
        raise MicrofemError(f"case: {told}{did_you_mean(case, summary.cases)}")
    return ViewModel(case=case, field=wanted.field, plane=wanted.plane or "z=mid")


def _listed(views: Sequence[ViewModel]) -> str:
    if not views:
        return "the study has no views; state case and field"
    return "there are " + ", ".join(f"{k}: {view.field} of {view.case}" for k, view in enumerate(views, 1))


def _row(run: Path, summary: Summary, view: ViewModel, wanted: FigureModel) -> FigureRow:
    names = [
        name
        for name, one in summary.designs.items()
        if view.case in one.cases and (not wanted.designs or name in wanted.designs)
    ]
    if not names:
        raise MicrofemError(f"designs: none of them has the case '{view.case}'; see why with: microfem compare {run}")
    stored = [_stored(run / "designs" / name, view, summary.designs[name], wanted.at) for name in names]
    if view.field not in stored[0].about["fields"]:
        raise MicrofemError(
            f"field: no '{view.field}' in {view.case}{did_you_mean(view.field, stored[0].about['fields'])}"
        )
    sheet = row_of(view, names, stored)
    sheet = replace(sheet, scale=_scale(sheet.scale, view, wanted))
    return FigureRow(sheet, "" if wanted.at is None else f"at {wanted.at:g}")


def _stored(folder: Path, view: ViewModel, result: DesignResult, at: float | None) -> Stored:
    """Return the fields of a design at the end of its path, or at a stored state."""
    if at is None:
        return read_fields(folder / f"{view.case}{GRID}")
    return read_fields(folder / _state(view.case, result.cases[view.case].states, at).file)


def _state(case: str, states: Sequence[StoredState], at: float) -> StoredState:
    if not states:
        raise MicrofemError(f"at: {case} has no states beside its end; leave it out")
    places = np.array([one.at for one in states])
    near = int(np.abs(places - at).argmin())
    if abs(places[near] - at) > SAME * max(np.ptp(places), abs(at)):
        told = ", ".join(f"{place:g}" for place in places)
        raise MicrofemError(f"at: {case} stores no state at {at:g}; there are {told}")
    return states[near]


def _scale(found: Scale, view: ViewModel, wanted: FigureModel) -> Scale:
    """Return the scale of a view with the stated range and colour map."""
    scale = replace(found, colours=wanted.cmap) if wanted.cmap else found
    if wanted.range is None:
        return scale
    low, high = wanted.range
    if view.log and low <= 0.0:
        raise MicrofemError(f"range: {low:g} has no place on the log scale of {view.field}; state a lower end above 0")
    if scale.colours == SIGNED and low != -high and not wanted.cmap:
        scale = replace(scale, colours=MAPS.get(view.field, USUAL))
    return replace(scale, low=low, high=high)
