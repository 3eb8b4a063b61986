"""Samplers by name: who proposes the next trial from those that were told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.study.records import Search, SearchSpace

GENERATION = 8, 50  # the least and the most designs of a generation
GENERATIONS = 10  # that a budget shall last for


def sampler(search: Search, space: SearchSpace, distributions: Mapping[str, Any], told: int) -> Any:
    """Return the sampler that a search asks for; after `told` trials it goes on with other numbers than it began with.

    Raises:
        MicrofemError: its library is not installed.
    """
    import numpy as np
    from optuna import samplers

    name, seed = search.sampler, search.seed
    fresh = int(np.random.SeedSequence([seed, told]).generate_state(1)[0])
    if name == "random":
        return samplers.RandomSampler(seed=fresh)
    if name == "sobol":  # a sequence, whose place is kept with the trials
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
