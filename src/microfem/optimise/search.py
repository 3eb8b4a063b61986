"""A search and its folder: create, resume, run, write results."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.extensions import code_version
from microfem.base.progress import listening, tell
from microfem.optimise.folder import is_current, write_all, write_progress
from microfem.optimise.gradient import descents
from microfem.optimise.ledger import Ledger
from microfem.optimise.loop import Driver, Evaluate, begin_as_stated
from microfem.optimise.pool import Pool, missing
from microfem.optimise.results import SearchResult
from microfem.optimise.space import Chosen
from microfem.optimise.storage import open_storage, reachable
from microfem.optimise.team import command_name
from microfem.optimise.trial import evaluate, kept, tidy
from microfem.results.files import LOG, STUDY, read_json, write_text
from microfem.results.folders import claimed, logged
from microfem.results.searches import MARK, REFERENCES, TRIALS
from microfem.results.trials import TrialOutcome
from microfem.study.fingerprints import digest
from microfem.study.records import Search, Study

OFTEN = 60.0  # s between two updates of the page, which takes the driver a second or two
SOON = 2.0  # s between two updates of the record of trials, which takes milliseconds
Pools = Callable[[], AbstractContextManager[Pool]]
Points = Mapping[str, Sequence[Chosen]]


def search_of(study: Study, objectives: bool = True) -> Search:
    """Return the search of a study.

    Raises:
        MicrofemError: the study states no space or, where needed, no objectives.
    """
    if study.search is None:
        raise MicrofemError(
            f"{study.name} states no space; state which parameters may vary, such as\n"
            "    space: {DESIGN: {gap: {low: 20 um, high: 200 um}}}"
        )
    if objectives and not study.search.objectives:
        raise MicrofemError(f"{study.name} states no objectives, such as\n    objectives: {{resistance: minimise}}")
    return study.search


def search_layouts(
    study: Study,
    out: Path,
    pools: Pools,
    storage: str = "",
    points: Points | None = None,
    evaluate: Evaluate = evaluate,
    growing: bool = False,
) -> SearchResult:
    """Search the spaces of a study into a folder; an earlier, stopped search in it resumes.

    pools: function that starts workers; storage: address of a database that several commands share; points: values to
    try in turn, by design, in place of a sampler's; growing: the points may change between calls, and new ones run.

    Raises:
        MicrofemError: the study states no search, the folder cannot be used, or it holds another search.
    """
    search, out = search_of(study, objectives=points is None), out.resolve()
    try:
        import optuna
    except ImportError:
        raise missing("optimise") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if storage and search.sampler == "gradient":
        raise MicrofemError("the sampler gradient descends in one command; leave --storage out")
    with claimed(out, MARK):
        inputs = _inputs(study, search, None if growing else points)
        _mark(study, inputs, out)
        with logged(out / LOG, out / LOG) as log, listening(log), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # optuna warns of its experimental features
            if search.sampler == "gradient" and points is None:
                with pools() as pool:
                    points = descents(study, search, out, pool)
            name, kept_in = f"{study.name}-{digest(inputs)}", open_storage(out, storage)
            with reachable(storage):
                command = command_name(out) if storage else ""
                ledgers = {
                    one: Ledger(kept_in, name, one, search, command, None if points is None else points.get(one, ()))
                    for one in search.spaces
                }
                if points is None:
                    begin_as_stated(study, ledgers)
                return _finish(study, search, out, pools, ledgers, evaluate)


def _mark(study: Study, inputs: Mapping[str, Any], out: Path) -> None:
    """Write the study and its inputs into the folder.

    Raises:
        MicrofemError: the folder holds another search.
    """
    before = read_json(out / MARK).get("inputs", inputs)
    if before != inputs:
        changed = ", ".join(key for key in inputs if inputs[key] != before.get(key))
        raise MicrofemError(
            f"{out} holds another search ({changed} changed); name another folder with -o, or remove this one"
        )
    write_text(out / MARK, json.dumps({"study": study.name, "inputs": inputs}, indent=1))
    write_text(out / STUDY, study.text)


def _inputs(study: Study, search: Search, points: Points | None) -> dict[str, Any]:
    """Return hashes of the inputs of trials: everything but their number."""
    return {
        "designs": {name: study.fingerprint(one, code_version()) for name, one in study.designs.items()},
        "space": digest(dict(search.spaces)),
        "fabrication": digest(dict(study.fabrication.limits)) if study.fabrication else "",
        "objectives": dict(search.objectives),
        "constraints": digest(dict(search.constraints)),
        "sampler": [search.sampler, search.seed] if points is None else digest(dict(points)),
    }


def _finish(
    study: Study, search: Search, out: Path, pools: Pools, ledgers: Mapping[str, Ledger], evaluate: Evaluate
) -> SearchResult:
    """Run the remaining trials of a search and write its results."""

    def result(over: bool) -> SearchResult:
        trials = [trial for ledger in ledgers.values() for trial in ledger.trials]
        outcomes = references(study, search, out)
        return SearchResult(study=study, search=search, trials=trials, references=outcomes, over=over)

    kept_up = [Saving(OFTEN, lambda: write_all(result(over=False), out)),
               Saving(SOON, lambda: write_progress(result(over=False), out))]  # fmt: skip

    def watch() -> None:
        for one in kept_up:
            one.if_due()

    alone = [name for name in study.designs if name not in search.spaces]
    missing_designs = [name for name in alone if name not in references(study, search, out)]
    if missing_designs or any(ledger.left() or ledger.elsewhere for ledger in ledgers.values()):
        tell("starting workers", done=sum(len(ledger.trials) for ledger in ledgers.values()))
        write_progress(result(over=False), out)
        tidy(out / TRIALS)
        tidy(out / REFERENCES)
        with pools() as pool:
            driver = Driver(
                study=study, search=search, ledgers=ledgers, pool=pool, folder=out, evaluate=evaluate, watch=watch
            )
            try:
                driver.refer(missing_designs)
                driver.run()
            except BaseException:  # a stopped search is shown as far as it is
                with suppress(MicrofemError):
                    write_progress(result(over=False), out)
                raise
    elif is_current(result(over=True), out):
        tell(f"nothing to do: {out} is up to date")
        return result(over=True)
    write_all(result(over=True), out)
    return result(over=True)


@dataclass
class Saving:
    """What is written again after a while: the first time `every` seconds after the start."""

    every: float
    write: Callable[[], None]
    at: float = field(default_factory=time.monotonic)

    def if_due(self) -> None:
        """Write it if the time has come."""
        if time.monotonic() - self.at > self.every:
            self.write()
            self.at = time.monotonic()


def references(study: Study, search: Search, out: Path) -> dict[str, TrialOutcome]:
    """Return the outcomes of the designs without a space that have run."""
    alone = [one for name, one in study.designs.items() if name not in search.spaces]
    outcomes = {one.name: kept(study, one, out / REFERENCES / one.name) for one in alone}
    return {name: outcome for name, outcome in outcomes.items() if outcome is not None}
