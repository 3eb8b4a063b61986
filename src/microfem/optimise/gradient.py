"""Search by gradient: sequential quadratic programming on exact derivatives (SLSQP of D. Kraft, in scipy).

Parameters are scaled from 0 to 1 over their ranges; the objective and the constraints are divided by their values at
the start. One evaluation gives all values and all derivatives. A file keeps every evaluation, so that a killed search
repeats its steps without solving. The result is a local optimum; other starts may lead to better ones.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.optimise.following import RULE, Follower, Point
from microfem.optimise.pool import Pool
from microfem.optimise.space import Chosen, at, place, stated, varied
from microfem.physics.frame import Floats
from microfem.results.files import write_text
from microfem.study.design import Design
from microfem.study.records import Constraint, Range, Search, SearchSpace, Study

TOLERANCE = 1e-6  # relative change of the objective at which the search ends
WALL = 1e3  # x objective at the start: value of a point that cannot be evaluated, so that the line search shortens
MARGIN = 1e-6  # relative distance kept from a bound, because the search ends on constraints up to round-off
DESCENTS = "descents"

Evaluate = Callable[[Chosen], Point]


@dataclass(frozen=True)
class Descent:
    """Course of a search by gradient: all points in order, the index of the best, the reason of the end."""

    chosen: Sequence[Chosen]
    points: Sequence[Point]
    best: int
    ended: str


class _BudgetSpent(Exception):
    """The budget is used up; the message names which budget."""


@dataclass(kw_only=True)
class _Way:
    """The evaluated points of a search, by their coordinates in the unit cube."""

    space: SearchSpace
    evaluate: Evaluate
    most: int
    until: float
    chosen: list[Chosen] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    seen: dict[bytes, int] = field(default_factory=dict)
    failed: dict[bytes, MicrofemError] = field(default_factory=dict)

    def at(self, x: Floats) -> Point:
        key = x.tobytes()
        if key in self.failed:
            raise self.failed[key]
        if key not in self.seen:
            if len(self.points) + len(self.failed) >= self.most:
                raise _BudgetSpent(f"the budget of {self.most} evaluations is used up")
            if self.points and time.monotonic() > self.until:
                raise _BudgetSpent("the budget of time is used up")
            chosen = at(self.space, np.clip(x, 0.0, 1.0).tolist())
            try:
                self.points.append(self.evaluate(chosen))
            except MicrofemError as error:
                self.failed[key] = error
                raise
            self.chosen.append(chosen)
            self.seen[key] = len(self.points) - 1
        return self.points[self.seen[key]]

    def value(self, x: Floats, metric: str, failed: float) -> float:
        """Return a metric, or `failed` where the point cannot be evaluated."""
        try:
            return self.at(x).values[metric]
        except MicrofemError:
            return failed

    def slopes(self, x: Floats, metric: str) -> Floats:
        """Return the derivatives of a metric with respect to the coordinates of the unit cube."""
        slopes = self.at(x).slopes[metric]
        chosen = self.chosen[self.seen[x.tobytes()]]
        return np.array([slopes[name] * _stretch(free, float(chosen[name])) for name, free in self.space.free.items()])


def _stretch(free: object, value: float) -> float:
    """Return the derivative of a parameter with respect to its coordinate of the unit cube."""
    assert isinstance(free, Range)
    return value * float(np.log(free.high / free.low)) if free.log else free.high - free.low


def descend(
    space: SearchSpace,
    start: Chosen,
    evaluate: Evaluate,
    objective: str,
    maximise: bool,
    constraints: Mapping[str, Constraint],
    most: int,
    seconds: float = np.inf,
) -> Descent:
    """Search from a start for the best objective within constraints and design rules.

    most: number of evaluations; seconds: time after which no evaluation but the first begins.

    Raises:
        MicrofemError: the start cannot be evaluated.
    """
    from scipy.optimize import minimize

    way, begin = (
        _Way(space=space, evaluate=evaluate, most=most, until=time.monotonic() + seconds),
        np.array(place(space, start)),
    )
    first = way.at(begin)
    constraints = {**constraints, **{name: Constraint(-np.inf, 0.0) for name in first.values if name.startswith(RULE)}}
    scale = (-1.0 if maximise else 1.0) / max(abs(first.values[objective]), 1e-300)
    try:
        optimum = minimize(
            lambda x: scale * way.value(x, objective, WALL / scale),
            begin,
            method="SLSQP",
            jac=lambda x: scale * way.slopes(x, objective),
            bounds=[(0.0, 1.0)] * len(begin),
            constraints=_bounds(way, constraints, first),
            options={"ftol": TOLERANCE, "maxiter": most},
        )
        ended = str(optimum.message)
    except _BudgetSpent as budget:
        ended = str(budget)
    except MicrofemError:
        ended = "the line search found no acceptable step"
    if way.failed:
        *_, last = way.failed.values()
        ended += f"; {len(way.failed)} points cannot be evaluated, the last: {last}"
    ranks = [_rank(one, scale * one.values[objective], constraints) for one in way.points]
    return Descent(way.chosen, way.points, ranks.index(min(ranks)), ended)


def _bounds(way: _Way, constraints: Mapping[str, Constraint], first: Point) -> list[dict[str, object]]:
    """Return constraints as scipy takes them: functions that must not be negative, each divided by its size."""
    functions: list[dict[str, object]] = []
    for metric, one in constraints.items():
        for bound, sign in ((one.low, 1.0), (one.high, -1.0)):
            if np.isfinite(bound):
                size = sign / max(abs(bound), abs(first.values[metric]), 1e-300)
                functions.append(
                    {
                        "type": "ineq",
                        "fun": lambda x, m=metric, b=bound, s=size: s * (way.value(x, m, b) - b) - MARGIN,
                        "jac": lambda x, m=metric, s=size: s * way.slopes(x, m),
                    }
                )
    return functions


def _rank(point: Point, objective: float, constraints: Mapping[str, Constraint]) -> tuple[float, float]:
    """Return the largest violation of a constraint, then the objective; the smallest pair is best."""
    missed = max((one.excess(point.values[name]) for name, one in constraints.items()), default=0.0)
    return max(missed, 0.0), objective


def descents(study: Study, search: Search, out: Path, pool: Pool) -> dict[str, list[Chosen]]:
    """Search by gradient, one worker per design; return the designs to run in full: each start and each optimum.

    Raises:
        MicrofemError: a parameter is not continuous, a start lies outside its space, or there are several objectives.
    """
    for name, space in search.spaces.items():
        _start(study.designs[name], space, search)
        pool.submit(name, descended, study, name, out)
    found: dict[str, list[Chosen]] = {}
    while len(found) < len(search.spaces):
        for name, result in pool.ended():
            if isinstance(result, BaseException):
                raise MicrofemError(f"{name}: the search by gradient failed: {result}") from result
            found[name] = result
    return {name: found[name] for name in search.spaces}


def descended(study: Study, name: str, out: Path) -> list[Chosen]:
    """Search by gradient from a design as stated; return the start, and the best point where it is another one."""
    assert study.search is not None
    search, space = study.search, study.search.spaces[name]
    start = _start(study.designs[name], space, search)
    kept = _Kept(study, search, study.designs[name], out / DESCENTS / f"{name}.jsonl")
    [(objective, direction)] = search.objectives.items()
    descent = descend(
        space, start, kept, objective, direction == "maximise", search.constraints, search.trials, search.seconds
    )
    best = "; ".join(f"{key} {value:.6g}" for key, value in descent.points[descent.best].values.items())
    tell(f"{len(descent.points)} evaluations, {kept.follower.solves} solves: {descent.ended}", design=name, detail=best)
    return [start, descent.chosen[descent.best]] if descent.best else [start]


def _start(design: Design, space: SearchSpace, search: Search) -> Chosen:
    if len(search.objectives) != 1:
        raise MicrofemError(
            f"a search by gradient has one objective, not {len(search.objectives)}; state the others "
            "as constraints, or use sampler: nsga-ii"
        )
    for name, free in space.free.items():
        if not isinstance(free, Range) or free.whole:
            raise MicrofemError(
                f"{design.name}: {name} is a count or a choice and has no gradient; "
                "leave it out of the space, or use another sampler"
            )
    start = stated(design, space)
    if start is None:
        raise MicrofemError(
            f"{design.name}: a search by gradient starts at the design as stated, which lies "
            "outside its space, or has other values than its expressions"
        )
    return start


class _Kept:
    """Evaluates points and keeps them in a file, from which a resumed search reads them."""

    def __init__(self, study: Study, search: Search, design: Design, path: Path) -> None:
        self.design, self.space, self.path = design, search.spaces[design.name], path
        wanted = [*search.objectives, *search.constraints]
        self.follower = Follower(study=study, names=list(self.space.free), wanted=wanted)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.known = [] if not path.is_file() else [json.loads(line) for line in _whole_lines(path)]

    def __call__(self, chosen: Chosen) -> Point:
        for record in self.known:
            if record["chosen"] == chosen:
                return Point(record["values"], record["slopes"])
        point = self.follower.at(varied(self.design, self.space, chosen))
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"chosen": chosen, **asdict(point)}) + "\n")
        values = ", ".join(f"{name} {value:.6g}" for name, value in point.values.items())
        tell("evaluated", design=self.design.name, detail=values)
        return point


def _whole_lines(path: Path) -> list[str]:
    """Return the complete lines of a file, and remove a partial line that a killed driver left at its end."""
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")[:-1]
    if not text.endswith("\n"):
        write_text(path, "".join(f"{line}\n" for line in lines))
    return lines
