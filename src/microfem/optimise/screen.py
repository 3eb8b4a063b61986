"""Cheap metrics first: a search on those that stand in for others, then some of its designs with both.

How well the cheap ones order designs is told by Spearman's rank correlation and by the ratio of the two. Only then is
the winner named, among the designs that were run in full.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from microfem.optimise.folder import write_all
from microfem.optimise.results import Found
from microfem.optimise.search import Pools, search_layouts, sought
from microfem.optimise.space import Chosen
from microfem.results.files import write_text
from microfem.study.records import Study

CONFIRMED = "confirmed"
TRUSTED = 0.8  # least rank correlation of a screen that orders designs as what it stands in for does


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How a metric and what stood in for it go together over some designs of one space.

    rank: Spearman's rank correlation; ratio, low, high: median, least and largest of the metric over its stand-in.
    """

    design: str
    metric: str
    stand_in: str
    designs: int
    rank: float
    ratio: float
    low: float
    high: float

    def told(self) -> str:
        """Return one line for people."""
        verdict = "" if self.rank >= TRUSTED else f"; below {TRUSTED:g}: it is not to be trusted, run more in full"
        return (
            f"{self.design}: {self.stand_in} stood in for {self.metric}: rank correlation {self.rank:.2f} over "
            f"{self.designs} designs, {self.metric} is {self.ratio:.4g} times it ({self.low:.4g} to "
            f"{self.high:.4g}){verdict}"
        )


def search_screened(study: Study, out: Path, pools: Pools, storage: str = "") -> tuple[Found, list[Agreement]]:
    """Search with stand-ins into a folder, then run the best and some others in full into its folder `confirmed`.

    Returns what was found in full, and how well the stand-ins did.

    Raises:
        MicrofemError: as of search_layouts.
    """
    search = sought(study)
    assert search.screen is not None
    screened = search_layouts(cheap(study), out, pools, storage)
    points = {design: picked(screened, design, search.screen.confirm) for design in search.spaces}
    folder = out.resolve() / CONFIRMED
    found = search_layouts(study, folder, pools, points=points, growing=True)
    told = [one for design in search.spaces for one in agreements(found, design)]
    found = replace(found, remarks=[line for design in search.spaces for line in remarks(found, design)])
    write_all(found, folder)
    write_text(folder / "screen.json", json.dumps([asdict(one) for one in told], indent=1))
    return found, told


def cheap(study: Study) -> Study:
    """Return a study without the metrics that others stand in for, and without the cases that only they need."""
    search = sought(study)
    assert search.screen is not None
    other = search.screen.stands_in
    metrics = {name: call for name, call in study.metrics.items() if name not in other}
    wanted = {call.case for call in metrics.values()}
    wanted |= {study.cases[name].deformed_by for name in wanted if name}
    fast = replace(
        search,
        screen=None,
        objectives={other.get(name, name): way for name, way in search.objectives.items()},
        constraints={name: one for name, one in search.constraints.items() if name not in other},
    )
    return replace(
        study, search=fast, metrics=metrics, cases={name: case for name, case in study.cases.items() if name in wanted}
    )


def picked(found: Found, design: str, count: int) -> list[Chosen]:
    """Return the values of the best half of `count` designs, and of others evenly down the order."""
    order = found.best(design)
    best = order[: (count + 1) // 2]
    rest = order[len(best) :] or [one for one in found.of(design) if one.outcome.status == "ok" and one not in best]
    places = np.unique(np.linspace(0, len(rest) - 1, min(count - len(best), len(rest))).round().astype(int))
    return [dict(trial.chosen) for trial in [*best, *(rest[k] for k in places)]]


def agreements(found: Found, design: str) -> list[Agreement]:
    """Return how well each stand-in did over the designs of a space that were run in full."""
    from scipy.stats import spearmanr

    assert found.search.screen is not None
    told = []
    for metric, other in found.search.screen.stands_in.items():
        pairs = _pairs(found, design, metric, other)
        if len(pairs) < 3:
            continue
        full, fast = np.array(pairs).T
        ratio = full / np.where(fast == 0.0, np.nan, fast)
        rank = round(float(spearmanr(full, fast).statistic), 9) if np.ptp(full) > 0.0 and np.ptp(fast) > 0.0 else 0.0
        told.append(
            Agreement(
                design=design,
                metric=metric,
                stand_in=other,
                designs=len(pairs),
                rank=rank,
                ratio=float(np.nanmedian(ratio)),
                low=float(np.nanmin(ratio)),
                high=float(np.nanmax(ratio)),
            )
        )
    return told


def remarks(found: Found, design: str) -> list[str]:
    """Return a line for people on each stand-in, also where there are too few designs to tell."""
    assert found.search.screen is not None
    told = {one.metric: one.told() for one in agreements(found, design)}
    return [
        told.get(
            metric,
            f"{design}: {other} stood in for {metric}: {len(_pairs(found, design, metric, other))} "
            "designs are too few to tell how well they go together",
        )
        for metric, other in found.search.screen.stands_in.items()
    ]


def _pairs(found: Found, design: str, metric: str, other: str) -> Sequence[tuple[float, float]]:
    trials = [one for one in found.of(design) if metric in one.outcome.values and other in one.outcome.values]
    return [(one.value(metric), one.value(other)) for one in trials]
