"""The best designs of a search once more, to a smaller error: whether the best keeps its rank, ties or falls behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from microfem.optimise.folder import write_all
from microfem.optimise.loop import Evaluate
from microfem.optimise.results import SearchResult
from microfem.optimise.search import Pools, search_layouts, search_of
from microfem.optimise.trial import evaluate
from microfem.results.comparison import number
from microfem.results.ranking import costs, ties
from microfem.results.trials import Trial
from microfem.study.records import Study

FINER = "finer"  # folder of these runs
FACTOR = 4.0  # by which the accuracy is smaller: about one level of refinement in 2D

Pair = tuple[Trial, Trial]  # a trial, and the same design run finer


def search_finer(
    study: Study, result: SearchResult, out: Path, pools: Pools, storage: str = "", evaluate: Evaluate = evaluate
) -> SearchResult:
    """Run the best designs of each space again into the folder `finer`; return the result with what became of them.

    out: folder of the result; evaluate: function that runs a design into a folder, in a worker.

    Raises:
        MicrofemError: as of search_layouts.
    """
    search, folder = search_of(study), out.resolve()
    points = {name: [dict(one.chosen) for one in result.best(name)[: search.finer]] for name in search.spaces}
    again = search_layouts(finer(study), folder / FINER, pools, storage, points, evaluate, growing=True)
    lines = [line for name in search.spaces if (line := verdict(result, again, name))]
    result = replace(result, remarks=[*result.remarks, *lines])
    write_all(result, folder)
    return result


def finer(study: Study) -> Study:
    """Return a study whose metrics have smaller errors."""
    stated = {name: one / FACTOR for name, one in study.accuracy_of.items()}
    return replace(study, accuracy=study.accuracy / FACTOR, accuracy_of=stated)


def verdict(result: SearchResult, again: SearchResult, design: str) -> str:
    """Return what became of the best design of a space, as text; "" without a valid one."""
    [metric] = result.search.objectives
    pairs = _pairs(result, again, design)
    if not pairs:
        return ""
    best = pairs[0][0].name
    wanted = f"{best}, run again with {100.0 * again.study.wanted()[metric]:.3g} % accuracy,"
    order = sorted((pair for pair in pairs if pair[1].good), key=lambda pair: costs(pair[1], result.search.objectives))
    values = ", ".join(f"{one.name} {number(fine.outcome.values[metric])}" for one, fine in order)
    if not order or not pairs[0][1].good:
        why = pairs[0][1].outcome.message or "it violates a constraint there"
        return f"{wanted} is not valid: {why}" + (f"; {metric}: {values}" if values else "")
    tied = [one for one, fine in order if fine in ties([fine for _, fine in order], metric)]
    first = order[0][0].name
    if best in (first, *(one.name for one in tied)) and tied:
        others = [name for name in (first, *(one.name for one in tied)) if name != best]
        return f"{wanted} ties with {', '.join(others)}: {metric}: {values}"
    if best == first:
        return f"{wanted} keeps its rank: {metric}: {values}"
    return f"{wanted} falls behind {first}, which is the best: {metric}: {values}"


def _pairs(result: SearchResult, again: SearchResult, design: str) -> Sequence[Pair]:
    """Return the best trials, the best first, each with its finer run."""
    fine = {frozenset(one.chosen.items()): one for one in again.of(design)}
    order = result.best(design)[: result.search.finer]
    return [(one, fine[key]) for one in order if (key := frozenset(one.chosen.items())) in fine]
