"""The checks of `figure:` against the rest of a study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from microfem.base.registry import did_you_mean
from microfem.physics import PHYSICS, Case
from microfem.study.figure_schema import FigureModel
from microfem.study.file_schema import StudyModel


def wrong_in_figure(model: StudyModel, cases: Mapping[str, Case]) -> Iterator[tuple[str, str]]:
    """Yield the keys of a study's figure that are wrong, and why; cases: those without problems."""
    figure = model.figure
    if figure is None:
        return
    count = sum(not view.measured for view in model.views)
    for number in figure.views:
        if number > count:
            yield "views", f"no view {number}; the study has {count} views of computed fields"
    for name in figure.designs:
        if name not in model.designs:
            yield "designs", f"no design '{name}'{did_you_mean(name, model.designs)}"
    if figure.case and figure.case not in model.cases:
        yield "case", f"no case '{figure.case}'{did_you_mean(figure.case, model.cases)}"
    if not count and not figure.field:
        yield "views", "the study has no views; state case and field of the figure, or views"
    yield from _wrong_field(model, figure, cases)


def _wrong_field(model: StudyModel, figure: FigureModel, cases: Mapping[str, Case]) -> Iterator[tuple[str, str]]:
    case = figure.case or (next(iter(model.cases)) if len(model.cases) == 1 else "")
    if figure.field and case in cases:
        known = PHYSICS.get(cases[case].physics).fields
        if figure.field not in known:
            yield "field", f"no field '{figure.field}'{did_you_mean(figure.field, known)}"
    views = [view for view in model.views if not view.measured]
    chosen = [views[number - 1] for number in figure.views if number <= len(views)] or views
    fields = {view.field for view in chosen if figure.case in ("", view.case) and figure.field in ("", view.field)}
    if figure.range and len(fields) > 1:
        yield "range", f"one range does not fit {' and '.join(sorted(fields))}; state views of one field"
