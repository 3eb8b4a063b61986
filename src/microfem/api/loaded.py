"""A study in a program or a notebook: loaded, checked, run, swept, optimised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from microfem.api.board import progress_in_notebook
from microfem.api.searched import Searched
from microfem.base.memory import require_address_space
from microfem.base.shown import ShownInNotebook
from microfem.layout import Layout
from microfem.results.opened import Results
from microfem.study.reader import load_study
from microfem.study.records import Study

if TYPE_CHECKING:
    from microfem.optimise.results import SearchResult
    from microfem.optimise.search import Pools


@dataclass(frozen=True, eq=False)
class LoadedStudy(ShownInNotebook):
    """A checked study, and what can be done with it. A notebook shows progress while it works."""

    study: Study

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """The layout of each design."""
        return {name: design.layout() for name, design in self.study.designs.items()}

    def run(self, folder: str | Path = "", jobs: int = 1) -> Results:
        """Run all designs into a folder, and open it; designs with unchanged inputs are not run again.

        folder: of the results, by default results/NAME; jobs: designs run in parallel.

        Raises:
            WriteError: a file cannot be written; earlier results in the folder are as they were.
            MicrofemError: the folder cannot be used.
        """
        from microfem.run.study import run_study

        out = Path(folder or Path("results") / self.study.name)
        with progress_in_notebook(len(self.study.designs)):
            return Results(out, run_study(self.study, out, jobs))

    def sweep(self, folder: str | Path = "", method: str = "sobol", samples: int = 64, jobs: int = 1) -> Searched:
        """Run designs that fill the study's space evenly.

        folder: by default searches/NAME-METHOD; method: grid, lhs (Latin hypercube) or sobol; samples: designs.

        Raises:
            MicrofemError: the study states no space, the method is unknown, or the folder cannot be used.
        """
        from microfem.optimise.search import search_of
        from microfem.optimise.whole import sweep_study

        out = Path(folder or Path("searches") / f"{self.study.name}-{method}")
        total = samples * len(search_of(self.study, objectives=False).spaces)
        return _searched(lambda pools: sweep_study(self.study, out, method, samples, pools), out, jobs, total)

    def optimise(self, folder: str | Path = "", jobs: int = 1) -> Searched:
        """Search for the best layouts of the study's space; a stopped search in the folder goes on.

        folder: by default searches/NAME.

        Raises:
            MicrofemError: the study states no space or no objectives, or the folder cannot be used.
        """
        from microfem.optimise.search import search_of
        from microfem.optimise.whole import last_folder, number_of_runs, optimise_study

        out, search = Path(folder or Path("searches") / self.study.name), search_of(self.study)
        found = _searched(lambda pools: optimise_study(self.study, out, pools), out, jobs, number_of_runs(search))
        return Searched(last_folder(search, out), found.result)


def _searched(search: Callable[[Pools], SearchResult], out: Path, jobs: int, total: int) -> Searched:
    from microfem.optimise.pool import workers

    with progress_in_notebook(total):
        return Searched(out, search(lambda: workers(jobs, folder=out.resolve())))


def load(path: str | Path, *changes: str) -> LoadedStudy:
    """Load a study file; `changes` such as "designs.comb.params.gap=50um" replace its values.

    Raises:
        InputError: all problems of the file, with line and column.
    """
    require_address_space()
    return LoadedStudy(load_study(path, changes))
