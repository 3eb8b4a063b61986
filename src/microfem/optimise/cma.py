"""CMA-ES as a sampler that is rebuilt from the trials that were told.

Optuna's own keeps its state as a pickle among the trials, so that to go on with someone's search would be to run their
code. This one keeps nothing: it folds the trials, in the order in which they ended, a generation at a time (library
cmaes, after N. Hansen, arXiv:1604.00772), in the unit cube, where whole numbers and choices are intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microfem.optimise.space import at, place
from microfem.study.records import SearchSpace

WIDTH = 0.25  # of the cube: the first standard deviation
BROKEN = 1e30  # times what a constraint is broken by: more than any objective, so that those who keep all win


def cma_sampler(seed: int, space: SearchSpace, distributions: Mapping[str, Any], minimise: bool) -> Any:
    """Return the sampler of one objective over a space."""
    import numpy as np
    from cmaes import CMA
    from optuna.samplers import BaseSampler
    from optuna.trial import TrialState

    count = len(space.free)
    spare = 1 if count == 1 else 0  # the library takes two dimensions at least; the second one means nothing

    class Evolution(BaseSampler):  # type: ignore[misc]
        def __init__(self) -> None:
            cube = np.array([[0.0, 1.0]] * (count + spare))
            self.cma = CMA(mean=np.full(count + spare, 0.5), sigma=WIDTH, bounds=cube, seed=seed)
            self.told = 0

        def infer_relative_search_space(self, *_: Any) -> dict[str, Any]:
            return dict(distributions)

        def sample_relative(self, study: Any, trial: Any, _: Any) -> dict[str, Any]:
            ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            ended = sorted(ended, key=lambda one: (one.datetime_complete, one.number))
            size = self.cma.population_size
            while len(ended) >= self.told + size:
                generation = ended[self.told : self.told + size]
                self.cma.tell([(np.array(place(space, one.params) + [0.5] * spare), cost(one)) for one in generation])
                self.told += size
            self.cma.reseed_rng(seed + trial.number)
            return at(space, self.cma.ask()[:count])

        def sample_independent(self, *_: Any) -> Any:
            raise AssertionError("all that varies is of the space")

    def cost(trial: Any) -> float:
        broken = sum(one for one in trial.constraints.values() if one > 0.0)
        return BROKEN * broken if broken > 0.0 else trial.values[0] * (1.0 if minimise else -1.0)

    return Evolution()
