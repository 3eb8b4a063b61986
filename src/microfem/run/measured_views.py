"""Pictures of maps beside the cases of a run: the computed field as a camera would show it, the map, the difference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from microfem.base.errors import MicrofemError, WriteError
from microfem.base.progress import tell
from microfem.dic.measurement import beside
from microfem.render.measured import draw_comparison
from microfem.results.surfaces import stored_path
from microfem.study.measured_reader import SEEN_FIELDS
from microfem.study.records import Study


def draw_measured(study: Study, folder: Path, designs: Sequence[str], first: int) -> tuple[list[str], list[str]]:
    """Draw each view with a measurement for each design of its case; first: number of the first picture.

    Returns the file names within `folder`, and the reasons why views could not be drawn.
    """
    drawn: list[str] = []
    failed: list[str] = []
    for number, view in enumerate((one for one in study.views if one.measured), first):
        of = SEEN_FIELDS[view.field]
        for design in (name for name in designs if study.cases[view.case].covers(name)):
            tell(f"drawing {view.measured} beside {view.case} of {design}")
            name = f"pictures/{number:02d}-{design}-{view.measured}-{of}.png"
            try:
                path = stored_path(folder, design, view.case)
                draw_comparison(beside(path, study.measured[view.measured], view.level)[1], of, folder / name)
            except WriteError:
                raise
            except MicrofemError as error:
                failed.append(f"no picture of {view.measured} beside {view.case} of {design}: {error}")
            else:
                drawn.append(name)
    return drawn, failed
