"""Cheap metrics first: a search on stand-ins for expensive metrics, then a confirmation of some designs with both.

Spearman's rank correlation and the ratio of the two metrics show how well a stand-in orders designs. The best design
is chosen among those that were run in full.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from microfem.metrics import METRICS
from microfem.optimise.folder import write_all
from microfem.optimise.results import SearchResult
from microfem.optimise.search import Pools, search_layouts, search_of
from microfem.optimise.space import Chosen
from microfem.results.files import write_text
from microfem.study.records import Study

CONFIRMED = "confirmed"
TRUSTED = 0.8  # least rank correlation of a stand-in that orders designs reliably


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Agreement of a metric and its stand-in over some designs of one space.

    rank: Spearman's rank correlation, of the reversed order where the stand-in is better in the other direction
    (opposed); ratio, low, high: median, least and largest of the metric over its stand-in.
    """

    design: str
    metric: str
    stand_in: str
    designs: int
    rank: float
    ratio: float
    low: float
    high: float
    opposed: bool

    def text(self) -> str:
        """Return one line of text."""
        verdict = "" if self.rank >= TRUSTED else f"; below {TRUSTED:g}: do not trust it, run more designs in full"
        how = (
            f"{self.metric} falls where {self.stand_in} rises"
            if self.opposed
            else f"{self.metric} is {self.ratio:.4g} x {self.stand_in} ({self.low:.4g} to {self.high:.4g})"
        )
        return (
            f"{self.design}: {self.stand_in} stood in for {self.metric}: rank correlation {self.rank:.2f} over "
            f"{self.designs} designs, {how}{verdict}"
        )


def search_screened(study: Study, out: Path, pools: Pools, storage: str = "") -> tuple[SearchResult, list[Agreement]]:
    """Search with stand-ins into a folder, then run the best and some other designs in full in its folder `confirmed`.

    Returns the result of the full runs, and the agreement of the stand-ins.

    Raises:
        MicrofemError: as of search_layouts.
    """
    search = search_of(study)
    assert search.screen is not None
    screened = search_layouts(cheap(study), out, pools, storage)
    write_all(replace(screened, remarks=[_waits(study)]), out.resolve())
    points = {design: picked(screened, design, search.screen.confirm) for design in search.spaces}
    folder = out.resolve() / CONFIRMED
    result = search_layouts(study, folder, pools, storage, points=points, growing=True)
    agreed = [agreement for design in search.spaces for agreement in agreements(result, design)]
    result = replace(result, remarks=[line for design in search.spaces for line in remarks(result, design)])
    write_all(result, folder)
    write_text(folder / "screen.json", json.dumps([asdict(agreement) for agreement in agreed], indent=1))
    return result, agreed


def _waits(study: Study) -> str:
    """Return what the page of the search with stand-ins says of them."""
    assert study.search is not None
    assert study.search.screen is not None
    stood = ", ".join(f"{other} stands in for {name}" for name, other in study.search.screen.stands_in.items())
    return f"{stood}: the designs that ran in full, and the best of them, are in {CONFIRMED}/index.html"


def cheap(study: Study) -> Study:
    """Return a study without the expensive metrics, and without the cases that no other objective or constraint needs.

    A stand-in is sought in the other direction where it is better the other way: least resistance for most energy.
    """
    search = search_of(study)
    assert search.screen is not None
    other = search.screen.stands_in
    sought = {other.get(name, name): _way(study, name, way) for name, way in search.objectives.items()}
    kept = {name: one for name, one in search.constraints.items() if name not in other}
    wanted = {study.metrics[name].case for name in (*sought, *kept, *other.values())}
    wanted |= {study.cases[name].deformed_by for name in wanted if name} | {""}
    metrics = {name: call for name, call in study.metrics.items() if name not in other and call.case in wanted}
    fast = replace(search, screen=None, objectives=sought, constraints=kept)
    return replace(
        study, search=fast, metrics=metrics, cases={name: case for name, case in study.cases.items() if name in wanted}
    )


def _way(study: Study, metric: str, way: str) -> str:
    """Return the direction in which an objective, or its stand-in, is sought."""
    if not _opposed(study, metric):
        return way
    return "minimise" if way == "maximise" else "maximise"


def _opposed(study: Study, metric: str) -> bool:
    """Tell whether a metric and its stand-in are better in opposite directions."""
    assert study.search is not None
    assert study.search.screen is not None
    names = (metric, study.search.screen.stands_in.get(metric, metric))
    ways = {METRICS.get(study.metrics[name].name).better for name in names}
    return ways == {"lower", "higher"}


def picked(result: SearchResult, design: str, count: int) -> list[Chosen]:
    """Return the parameters of `count` designs: one half the best, the other half evenly spaced in the ranking."""
    order = result.best(design)
    best = order[: (count + 1) // 2]
    rest = order[len(best) :] or [one for one in result.of(design) if one.outcome.status == "ok" and one not in best]
    ranks = np.unique(np.linspace(0, len(rest) - 1, min(count - len(best), len(rest))).round().astype(int))
    return [dict(trial.chosen) for trial in [*best, *(rest[k] for k in ranks)]]


def agreements(result: SearchResult, design: str) -> list[Agreement]:
    """Return the agreement of each stand-in over the designs of a space that were run in full."""
    from scipy.stats import spearmanr

    assert result.search.screen is not None
    agreed = []
    for metric, other in result.search.screen.stands_in.items():
        pairs = _pairs(result, design, metric, other)
        if len(pairs) < 3:
            continue
        full, fast = np.array(pairs).T
        ratio = full / np.where(fast == 0.0, np.nan, fast)
        opposed = _opposed(result.study, metric)
        rank = round(float(spearmanr(full, fast).statistic), 9) if np.ptp(full) > 0.0 and np.ptp(fast) > 0.0 else 0.0
        agreed.append(
            Agreement(
                design=design,
                metric=metric,
                stand_in=other,
                designs=len(pairs),
                rank=-rank if opposed else rank,
                ratio=float(np.nanmedian(ratio)),
                low=float(np.nanmin(ratio)),
                high=float(np.nanmax(ratio)),
                opposed=opposed,
            )
        )
    return agreed


def remarks(result: SearchResult, design: str) -> list[str]:
    """Return a line of text on each stand-in, also where there are too few designs to compare."""
    assert result.search.screen is not None
    lines = {one.metric: one.text() for one in agreements(result, design)}
    return [
        lines.get(
            metric,
            f"{design}: {other} stood in for {metric}: {len(_pairs(result, design, metric, other))} "
            "designs are too few to compare them",
        )
        for metric, other in result.search.screen.stands_in.items()
    ]


def _pairs(result: SearchResult, design: str, metric: str, other: str) -> Sequence[tuple[float, float]]:
    trials = [one for one in result.of(design) if metric in one.outcome.values and other in one.outcome.values]
    return [(one.value(metric), one.value(other)) for one in trials]
