"""Maps beside the cases of a run: their numbers and points, and pictures of both fields and their difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from microfem.base.errors import MicrofemError, WriteError
from microfem.base.progress import tell
from microfem.physics import Solution
from microfem.render.measured import draw_map
from microfem.results.measured_maps import MapResult, map_picture, map_points, map_result, read_points, write_points
from microfem.results.summary import DesignResult
from microfem.results.surfaces import case_path
from microfem.study.file_schema import ViewModel
from microfem.study.measured_reader import SEEN_FIELDS
from microfem.study.records import Study


def write_maps(study: Study, folder: Path, case: str, solution: Solution, remarks: list[str]) -> Iterator[MapResult]:
    """Write the points of each map beside a solved case, and yield its record; a map that fails becomes a remark.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    from microfem.dic.beside import compared  # imported here, because checks of studies need no compiled code

    for measurement, level in study.seen(case):
        tell(f"comparing {measurement.name} with {case}")
        try:
            _, found = compared(solution, measurement, level)
        except MicrofemError as error:
            remarks.append(f"{case}: no map of '{measurement.name}': {error}")
            continue
        one = map_result(found, measurement.name, measurement.source, f"{case}.{measurement.name}.{level}.csv")
        write_points(folder / one.file, map_points(found))
        yield one


def draw_maps(study: Study, folder: Path, designs: Mapping[str, DesignResult]) -> tuple[list[str], list[str]]:
    """Draw each view with a measurement for each design that has its case.

    Returns the file names within `folder`, and the reasons why views could not be drawn.
    """
    drawn: list[str] = []
    failed: list[str] = []
    for view in (one for one in study.views if one.measured):
        of = SEEN_FIELDS[view.field]
        for design in (name for name, one in designs.items() if view.case in one.cases):
            tell(f"drawing {view.measured} beside {view.case} of {design}")
            try:
                drawn.append(_draw(folder, design, designs[design], view, of))
            except WriteError:
                raise
            except MicrofemError as error:
                failed.append(f"no picture of {view.measured} beside {view.case} of {design}: {error}")
    return drawn, failed


def _draw(folder: Path, design: str, result: DesignResult, view: ViewModel, of: str) -> str:
    """Draw the map of a view from its stored points; return the name of the picture within the folder of the run.

    Raises:
        MicrofemError: the case has no such map, or a file is missing, damaged or cannot be written.
    """
    case, place = result.cases[view.case], folder / "designs" / design
    shown = (one for one in case.maps if (one.measurement, one.level) == (view.measured, view.level))
    one = next(shown, None)
    if one is None:
        raise MicrofemError("it could not be compared, see the warnings")
    outline = case_path(place, view.case, case.states).surface.outline
    name = f"pictures/{map_picture(design, one, of)}"
    draw_map(one, read_points(place / one.file), outline, of, folder / name)
    return name
