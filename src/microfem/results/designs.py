"""The designs of a run as the trials of a search, so that both are plotted against parameters in one way."""

from __future__ import annotations

from microfem.results.searches import SearchSummary
from microfem.results.summary import DesignResult, Summary
from microfem.results.trials import Trial, TrialOutcome, Value
from microfem.study.records import Choice, Range, SearchSpace


def as_search(summary: Summary) -> SearchSummary:
    """Return a run as a search whose free parameters are those in which designs of one family differ."""
    families = {one.family: [two for two in summary.designs.values() if two.family == one.family]
                for one in summary.designs.values()}  # fmt: skip
    spaces = {family: SearchSpace(_differing(ones), {}) for family, ones in families.items()}
    free = {name for space in spaces.values() for name in space.free}
    units = {name: unit for ones in families.values() for name, unit in ones[0].units().items() if name in free}
    return SearchSummary(
        study=summary.study,
        source=summary.source,
        versions=summary.versions,
        over=True,
        spaces=spaces,
        units={name: "" if unit == "1" else unit for name, unit in units.items()},
        calls=summary.calls,
        families={family: family for family in families},
        measures=summary.measures,
        sampler="",
        seed=0,
        trials=tuple(
            _trial(one, number, {name: value for name, value in one.params.items() if name in free})
            for number, one in enumerate(summary.designs.values())
        ),
    )


def _differing(ones: list[DesignResult]) -> dict[str, Range | Choice]:
    """Return the parameters that differ between designs, with the range or the list of their values."""
    values = {name: [one.params[name] for one in ones if name in one.params] for name in ones[0].params}
    return {name: _free(each) for name, each in values.items() if len(set(each)) > 1}


def _free(values: list[Value]) -> Range | Choice:
    if any(isinstance(one, str | bool) for one in values):
        return Choice(tuple(dict.fromkeys(values)))
    numbers = [float(one) for one in values]
    return Range(min(numbers), max(numbers))


def _trial(one: DesignResult, number: int, chosen: dict[str, Value]) -> Trial:
    values = {name: metric for name, metric in one.metrics.items() if metric.value is not None}
    refused = {name: metric.refused or metric.failed for name, metric in one.metrics.items() if metric.value is None}
    outcome = TrialOutcome(status=one.status, message=one.message, values=values, refused=refused)
    return Trial(design=one.family, number=number, chosen=chosen, outcome=outcome, excess={})
