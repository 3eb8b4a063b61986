"""Whole searches of a study: the sweep of its space, and its optimisation with screening and finer runs."""

from __future__ import annotations

from pathlib import Path

from microfem.optimise.designs_of_experiments import sample_space
from microfem.optimise.finer import search_finer
from microfem.optimise.results import SearchResult
from microfem.optimise.screen import CONFIRMED, search_screened
from microfem.optimise.search import Pools, search_layouts, search_of
from microfem.study.records import Search, Study


def optimise_study(study: Study, folder: Path, pools: Pools, storage: str = "") -> SearchResult:
    """Search a study's space into a folder: by stand-ins first if it states them, the best again with smaller errors.

    Raises:
        MicrofemError: the study states no search, or a folder cannot be used.
    """
    search = search_of(study)
    if search.screen:
        found, _ = search_screened(study, folder, pools, storage)
    else:
        found = search_layouts(study, folder, pools, storage)
    return search_finer(study, found, last_folder(search, folder), pools, storage) if search.finer else found


def last_folder(search: Search, folder: Path) -> Path:
    """Return the folder of the trials that a search ends with."""
    return folder / CONFIRMED if search.screen else folder


def number_of_runs(search: Search) -> int:
    """Return how many designs a search runs at most."""
    return (search.trials + (search.screen.confirm if search.screen else 0) + search.finer) * len(search.spaces)


def sweep_study(study: Study, folder: Path, method: str, samples: int, pools: Pools) -> SearchResult:
    """Run designs that fill a study's space evenly into a folder; method: grid, lhs or sobol.

    Raises:
        MicrofemError: the study states no space, the method is unknown, or the folder cannot be used.
    """
    search = search_of(study, objectives=False)
    points = {name: sample_space(space, method, samples, search.seed) for name, space in search.spaces.items()}
    return search_layouts(study, folder, pools, points=points)
