"""CMA-ES as a sampler whose state is rebuilt from the finished trials.

Optuna's own CMA-ES sampler stores its state as a pickle among the trials: whoever resumed another person's search would
run that person's code. This sampler stores nothing. It replays the trials in the order in which they ended, one
generation at a time (library cmaes, after N. Hansen, arXiv:1604.00772), in the unit cube, where whole numbers and
choices are intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microfem.optimise.space import at, place
from microfem.study.records import SearchSpace

WIDTH = 0.25  # initial standard deviation, as a share of the unit cube
BROKEN = 1e30  # penalty per relative excess over a constraint: above any objective, so that valid trials win


def cma_sampler(seed: int, space: SearchSpace, distributions: Mapping[str, Any], minimise: bool) -> Any:
    """Return the CMA-ES sampler of one objective over a space."""
    import numpy as np
    from cmaes import CMA
    from optuna.samplers import BaseSampler
    from optuna.trial import TrialState

    count = len(space.free)
    spare = 1 if count == 1 else 0  # the library needs two dimensions; the second one has no effect

    class Evolution(BaseSampler):  # type: ignore[misc]
        def __init__(self) -> None:
            cube = np.array([[0.0, 1.0]] * (count + spare))
            self.cma = CMA(mean=np.full(count + spare, 0.5), sigma=WIDTH, bounds=cube, seed=seed)
            self.replayed = 0

        def infer_relative_search_space(self, *_: Any) -> dict[str, Any]:
            return dict(distributions)

        def sample_relative(self, study: Any, trial: Any, _: Any) -> dict[str, Any]:
            ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            ended = sorted(ended, key=lambda one: (one.datetime_complete, one.number))
            size = self.cma.population_size
            while len(ended) >= self.replayed + size:
                generation = ended[self.replayed : self.replayed + size]
                self.cma.tell([(np.array(place(space, one.params) + [0.5] * spare), cost(one)) for one in generation])
                self.replayed += size
            self.cma.reseed_rng(seed + trial.number)
            return at(space, self.cma.ask()[:count])

        def sample_independent(self, *_: Any) -> Any:
            raise AssertionError("every parameter that varies belongs to the space")

    def cost(trial: Any) -> float:
        broken = sum(one for one in trial.constraints.values() if one > 0.0)
        return BROKEN * broken if broken > 0.0 else trial.values[0] * (1.0 if minimise else -1.0)

    return Evolution()
