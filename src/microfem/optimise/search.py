"""A whole search in its folder: claimed, gone on with, driven, and written down."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.extensions import code_version
from microfem.base.progress import listening, tell
from microfem.optimise.folder import MARK, write_all
from microfem.optimise.gradient import descents
from microfem.optimise.ledger import Ledger, open_storage
from microfem.optimise.loop import Driver, Evaluate, begin_as_stated
from microfem.optimise.pool import Pool, missing
from microfem.optimise.results import REFERENCES, TRIALS, Found
from microfem.optimise.space import Chosen
from microfem.optimise.trial import TrialOutcome, evaluate, kept, tidy
from microfem.results.files import LOG, PAGE, STUDY, read_json, write_text
from microfem.results.folders import claimed, logged
from microfem.study.records import Search, Study, digest

OFTEN = 60.0  # s between two pages, which take the driver a second or two
Pools = Callable[[], AbstractContextManager[Pool]]
Points = Mapping[str, Sequence[Chosen]]


def sought(study: Study, objectives: bool = True) -> Search:
    """Return what a study seeks.

    Raises:
        MicrofemError: nothing.
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
) -> Found:
    """Search the spaces of a study into a folder; what is there already is gone on with.

    pools: gives workers. storage: address of a database that several commands share. points: values to try in turn, by
    design, in place of a sampler's; growing: they may be others next time, and those that are new are then run.

    Raises:
        MicrofemError: nothing is sought, the folder cannot be used, or it holds another search.
    """
    search, out = sought(study, objectives=points is None), out.resolve()
    try:
        import optuna
    except ImportError:
        raise missing("optimise") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with claimed(out, MARK):
        told = _inputs(study, search, None if growing else points)
        before = read_json(out / MARK).get("inputs", told)
        if before != told:
            changed = ", ".join(key for key in told if told[key] != before.get(key))
            raise MicrofemError(
                f"{out} holds another search ({changed} changed); name another folder with -o, or remove this one"
            )
        write_text(out / MARK, json.dumps({"study": study.name, "inputs": told}, indent=1))
        write_text(out / STUDY, study.text)
        with logged(out / LOG, out / LOG) as log, listening(log), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # optuna's, of what is experimental
            if search.sampler == "gradient" and points is None:
                with pools() as pool:
                    points = descents(study, search, out, pool)
            name, kept_in = f"{study.name}-{digest(told)}", open_storage(out, storage)
            driver = str(out) if storage else ""
            ledgers = {
                one: Ledger(kept_in, name, one, search, driver, None if points is None else points.get(one, ()))
                for one in search.spaces
            }
            if points is None:
                begin_as_stated(study, ledgers)
            return _go_on(study, search, out, pools, ledgers, evaluate)


def _inputs(study: Study, search: Search, points: Points | None) -> dict[str, Any]:
    """Return hashes of what trials depend on: all but how many there are."""
    return {
        "designs": {name: study.fingerprint(one, code_version()) for name, one in study.designs.items()},
        "space": digest(dict(search.spaces)),
        "fabrication": study.fabrication.name if study.fabrication else "",
        "objectives": dict(search.objectives),
        "constraints": digest(dict(search.constraints)),
        "sampler": [search.sampler, search.seed] if points is None else digest(dict(points)),
    }


def _go_on(
    study: Study, search: Search, out: Path, pools: Pools, ledgers: Mapping[str, Ledger], evaluate: Evaluate
) -> Found:
    """Run what is left of a search, and write down what was found."""
    written = time.monotonic()

    def found(over: bool) -> Found:
        trials = [trial for ledger in ledgers.values() for trial in ledger.trials]
        return Found(study=study, search=search, trials=trials, references=references(study, search, out), over=over)

    def watch() -> None:
        nonlocal written
        if time.monotonic() - written > OFTEN:
            write_all(found(over=False), out)
            written = time.monotonic()

    alone = [name for name in study.designs if name not in search.spaces]
    lacking = [name for name in alone if name not in references(study, search, out)]
    if not lacking and not any(ledger.left() for ledger in ledgers.values()) and (out / PAGE).is_file():
        tell(f"nothing to do: {out} is up to date")
        return found(over=True)
    tell("starting workers", done=sum(len(ledger.trials) for ledger in ledgers.values()))
    tidy(out / TRIALS)
    tidy(out / REFERENCES)
    with pools() as pool:
        driver = Driver(
            study=study, search=search, ledgers=ledgers, pool=pool, folder=out, evaluate=evaluate, watch=watch
        )
        driver.refer(lacking)
        driver.run()
    write_all(found(over=True), out)
    return found(over=True)


def references(study: Study, search: Search, out: Path) -> dict[str, TrialOutcome]:
    """Return what came of the designs that do not vary, as far as they have run."""
    alone = [one for name, one in study.designs.items() if name not in search.spaces]
    there = {one.name: kept(study, one, out / REFERENCES / one.name) for one in alone}
    return {name: outcome for name, outcome in there.items() if outcome is not None}
