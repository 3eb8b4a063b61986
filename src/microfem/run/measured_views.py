"""Pictures of maps beside the cases of a run: the computed field as a camera would show it, the map, the difference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from microfem.base.errors import MicrofemError, WriteError
from microfem.base.progress import tell
from microfem.dic.beside import beside
from microfem.render.measured import draw_comparison
from microfem.results.summary import DesignResult
from microfem.results.surfaces import case_path
from microfem.study.measured_reader import SEEN_FIELDS
from microfem.study.records import Study


def draw_measured(
    study: Study, folder: Path, designs: Mapping[str, DesignResult], first: int
) -> tuple[list[str], list[str]]:
    """Draw each view with a measurement for each design that has its case; first: number of the first picture.

    Returns the file names within `folder`, and the reasons why views could not be drawn.
    """
    drawn: list[str] = []
    failed: list[str] = []
    for number, view in enumerate((one for one in study.views if one.measured), first):
        of = SEEN_FIELDS[view.field]
        for design in (name for name, one in designs.items() if view.case in one.cases):
            tell(f"drawing {view.measured} beside {view.case} of {design}")
            name = f"pictures/{number:02d}-{design}-{view.measured}-{of}.png"
            try:
                path = case_path(folder / "designs" / design, view.case, designs[design].cases[view.case].states)
                draw_comparison(beside(path, study.measured[view.measured], view.level)[1], of, folder / name)
            except WriteError:
                raise
            except MicrofemError as error:
                failed.append(f"no picture of {view.measured} beside {view.case} of {design}: {error}")
            else:
                drawn.append(name)
    return drawn, failed
