"""The frame of every curve: a decorator with title and axes, and what a curve may read of a case that is solved."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from microfem.base.registry import Registry
from microfem.base.series import Look, Series
from microfem.metrics.metric import Value, options_of
from microfem.physics import Solution


@dataclass(frozen=True)
class OnMesh:
    """A value, its unit and its error as one mesh of a refinement gave them."""

    cells: int
    value: Value


@dataclass(frozen=True, kw_only=True)
class State:
    """One state of a path: the factor of the load or the time, numbers that go with it, metrics.

    numbers: name -> (value, unit); stated: which of them the load states, "" if none.
    """

    at: float
    stated: str
    numbers: Mapping[str, tuple[float, str]]
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SolvedCase:
    """A case that is solved, as curves read it: its last solution, what each mesh gave, the states of its path.

    meshes: name of a metric -> its value on each mesh of the refinement, the last mesh last.
    """

    solution: Solution
    meshes: Mapping[str, Sequence[OnMesh]]
    states: Sequence[State]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A kind of curve that cases have.

    name: what its values are drawn against, as in `plot --against path`; on: names of the physics, empty for all.
    function: (case, *, options) -> its lines, none where the case has nothing to show; model: the schema of options.
    look: how it is shown; always: every case has it, without being asked.
    """

    name: str
    summary: str
    on: tuple[str, ...]
    function: Callable[..., Iterable[Series]]
    model: type[BaseModel]
    look: Look
    always: bool

    def fits(self, physics: str) -> bool:
        """Tell whether cases of a physics have this curve."""
        return not self.on or physics in self.on


PARAMETER = "parameter"  # no curve: what metrics are plotted against
CURVES: Registry[Curve] = Registry("curve", "microfem.metrics")


def curve(
    name: str, look: Look, *, on: tuple[str, ...] = (), always: bool = False
) -> Callable[[Callable[..., Iterable[Series]]], Callable[..., Iterable[Series]]]:
    """Register `(case: SolvedCase, *, options) -> lines` as the curve of that name; see `Curve` for the arguments."""

    def register(function: Callable[..., Iterable[Series]]) -> Callable[..., Iterable[Series]]:
        summary, model = inspect.getdoc(function) or "", options_of(function, SolvedCase=SolvedCase)
        one = Curve(name=name, summary=summary, on=on, function=function, model=model, look=look, always=always)
        CURVES.add(name, one)
        return function

    return register
