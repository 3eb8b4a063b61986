"""Samplers by name; a sampler proposes the next trial from the finished ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.optimise.space import Chosen
from microfem.study.records import Search, SearchSpace

GENERATION = 8, 50  # least and most designs of a generation
GENERATIONS = 10  # number of generations that a budget should allow


def sampler(search: Search, space: SearchSpace, distributions: Mapping[str, Any], ended: int, command: str) -> Any:
    """Return the sampler of a search.

    `ended`, the number of earlier trials, changes its random numbers on resumption, and so does `command`, the name of
    one command of several: they would propose the same designs.

    Raises:
        MicrofemError: its library is not installed.
    """
    import numpy as np
    from optuna import samplers

    name, seed = search.sampler, search.seed
    fresh = int(np.random.SeedSequence([seed, ended, *command.encode()]).generate_state(1)[0])
    if name == "random":
        return samplers.RandomSampler(seed=fresh)
    if name == "sobol":  # a sequence; the trials record the position in it
        return samplers.QMCSampler(scramble=True, seed=seed, warn_asynchronous_seeding=False)
    if name == "nsga-ii":
        low, high = GENERATION
        return samplers.NSGAIISampler(population_size=min(max(search.trials // GENERATIONS, low), high), seed=fresh)
    if name == "cma-es":
        from microfem.optimise.cma import cma_sampler

        return cma_sampler(fresh, space, distributions, "minimise" in search.objectives.values())
    if name == "gp":
        try:
            import torch  # noqa: F401
        except ImportError:
            raise MicrofemError("the sampler gp needs torch; install it with: pip install 'microfem[gp]'") from None
        return samplers.GPSampler(seed=fresh, deterministic_objective=True)
    return samplers.TPESampler(seed=fresh)


def listed(distributions: Mapping[str, Any], todo: Callable[[], Sequence[Chosen]]) -> Any:
    """Return a sampler that proposes the first of the designs that are still to be tried."""
    from optuna.samplers import BaseSampler

    class Listed(BaseSampler):  # type: ignore[misc]
        def infer_relative_search_space(self, *_: Any) -> dict[str, Any]:
            return dict(distributions)

        def sample_relative(self, *_: Any) -> dict[str, Any]:
            return dict(next(iter(todo()), {}))  # none left: the trial is one that was queued with its values

        def sample_independent(self, *_: Any) -> Any:
            raise AssertionError("every parameter that varies belongs to the space")

    return Listed()
