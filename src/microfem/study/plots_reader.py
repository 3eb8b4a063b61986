"""The plots of a study, checked against its metrics, its curves and its space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microfem.base.located_yaml import Path_
from microfem.base.registry import did_you_mean
from microfem.metrics.curve import PARAMETER
from microfem.study.plots import FRONT, TRIAL, PlotModel
from microfem.study.records import Study


def wrong_in_plots(study: Study) -> Iterator[tuple[Path_, str]]:
    """Yield the place of each problem in the plots of a study, and the problem."""
    names = [one.title for one in study.plots]
    for index, plot in enumerate(study.plots):
        place: Path_ = ("plots", index)
        if names.index(plot.title) < index:
            yield place, f"another plot is called '{plot.title}' too; name one of them with name: NAME"
        for key, message in _wrong(study, plot):
            yield (*place, key), message


def _wrong(study: Study, plot: PlotModel) -> Iterator[tuple[str, str]]:
    curves, free = curves_in(study), varied(study)
    stated = list(dict.fromkeys(name for one in study.designs.values() for name in one.params))
    known = [PARAMETER, *curves, *stated, *([TRIAL, FRONT, *free, *study.metrics] if free else [])]
    for name in plot.over:
        if name not in known:
            hint = did_you_mean(name, known) if free or name not in (TRIAL, FRONT) else ": this study states no space"
            yield "against", f"nothing can be plotted against '{name}'{hint}"
    if plot.against == FRONT and free and len(study.search.objectives if study.search else ()) < 2:
        yield "against", "a front needs two objectives; plot against one metric instead"
    if plot.by and plot.by not in (*free, *stated):
        yield "by", f"no parameter '{plot.by}'{did_you_mean(plot.by, (*free, *stated))}"
    for name in plot.cases:
        if name not in study.cases:
            yield "cases", f"no case '{name}'{did_you_mean(name, study.cases)}"
        elif plot.against not in study.curves_of(name):
            yield "cases", f"case '{name}' has no curve '{plot.against}'{did_you_mean(plot.against, curves)}"
    for name in plot.metrics if plot.against not in curves else ():
        if name not in study.metrics:
            yield "metrics", f"no metric '{name}'{did_you_mean(name, study.metrics)}"


def curves_in(study: Study) -> list[str]:
    """Return the names of all curves of a study."""
    return list(dict.fromkeys(name for case in study.cases for name in study.curves_of(case)))


def varied(study: Study) -> list[str]:
    """Return the free parameters of a study's spaces, and those that follow from others there."""
    spaces = study.search.spaces if study.search else {}
    told = [study.designs[name].dependents.in_space(one.free, one.expressions).told for name, one in spaces.items()]
    return list(dict.fromkeys([*(name for one in spaces.values() for name in one.free), *(n for t in told for n in t)]))


def plots_of(study: Study, search: bool) -> Sequence[PlotModel]:
    """Return the plots of a study that its run draws, or those that its sweeps and searches draw."""
    free = varied(study)
    own = {TRIAL, FRONT, *free, *(study.metrics if free else ())} - set(curves_in(study))
    return [one for one in study.plots if bool(own.intersection({*one.over, one.by})) is search]
