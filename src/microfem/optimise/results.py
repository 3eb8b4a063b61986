"""The result of a search so far, with its study, and the record of it that is written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from microfem.families import FAMILIES
from microfem.results.ranking import Ranked
from microfem.results.searches import Allowed, SearchSummary
from microfem.results.trials import Trial, TrialOutcome
from microfem.run.study import versions
from microfem.study.plots_reader import plots_of
from microfem.study.records import Constraint, Search, Study


@dataclass(frozen=True, kw_only=True)
class SearchResult(Ranked):
    """The result of a search so far: finished trials, outcomes of designs without a space, whether it is over.

    remarks: lines shown below the table.
    """

    study: Study
    search: Search
    trials: Sequence[Trial]
    references: Mapping[str, TrialOutcome]
    over: bool
    remarks: Sequence[str] = ()

    @property
    def directions(self) -> Mapping[str, str]:
        """Whether each objective is to `minimise` or `maximise`."""
        return self.search.objectives

    def summary(self) -> SearchSummary:
        """Return the record of the search, without what only a running search needs."""
        study, search = self.study, self.search
        spaces = {name: (study.designs[name].dependents, one) for name, one in search.spaces.items()}
        return SearchSummary(
            study=study.name,
            source=study.source,
            versions=versions(),
            over=self.over,
            spaces=search.spaces,
            follows={name: one.in_space(space.free, space.expressions).told for name, (one, space) in spaces.items()},
            units=(units := varied_units(study, search)),
            calls={name: call.name for name, call in study.metrics.items()},
            measures=study.beside(),
            families={name: one.family for name, one in study.designs.items()},
            sampler=search.sampler,
            seed=search.seed,
            trials=tuple(sorted(self.trials, key=lambda one: (one.design, one.number))),
            references=self.references,
            objectives=search.objectives,
            constraints={name: _bounds(one) for name, one in search.constraints.items()},
            stated={
                name: {key: value for key, value in one.params.items() if key in units}
                for name, one in study.designs.items()
                if name not in search.spaces
            },
            remarks=tuple(self.remarks),
            plots=tuple(plots_of(study, search=True)),
        )


def _bounds(stated: Constraint) -> Allowed:
    low, high = (None if math.isinf(bound) else bound for bound in (stated.low, stated.high))
    return Allowed(low, high)


def varied_units(study: Study, search: Search) -> dict[str, str]:
    """Return the unit of each parameter that is free in any design, then of those that follow from others there."""
    of = {name: FAMILIES.get(study.designs[name].family).params for name in search.spaces}
    units = {name: of[design][name][1].unit for design, space in search.spaces.items() for name in space.free}
    for design, space in search.spaces.items():
        told = study.designs[design].dependents.in_space(space.free, space.expressions).told
        units |= {name: of[design][name][1].unit for name in told}
    return units
