"""The frame of every curve: a decorator with title and axes, and the data of a solved case that a curve reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from microfem.base.registry import Registry
from microfem.base.series import Look, Series
from microfem.metrics.metric import Value, options_of
from microfem.physics import Case, Solution


@dataclass(frozen=True)
class OnMesh:
    """The value of a metric, with unit and error, on one mesh of a refinement."""

    cells: int
    value: Value


@dataclass(frozen=True, kw_only=True)
class State:
    """One state of a load path: the load factor or the time, its totals, its metrics.

    numbers: name -> (value, unit); stated: name of the number that the load states, "" if none.
    """

    at: float
    stated: str
    numbers: Mapping[str, tuple[float, str]]
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SolvedCase:
    """A solved case as curves read it: its last solution, metrics on each mesh, states of its load path.

    meshes: name of a metric -> its value on each mesh of the refinement, the last mesh last.
    """

    solution: Solution
    meshes: Mapping[str, Sequence[OnMesh]]
    states: Sequence[State]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A kind of curve.

    name: name of the abscissa, as in `plot --against path`; on: names of the physics, empty for all physics.
    function: (case, *, options) -> its lines, none if the case has no data; model: the schema of its options.
    look: how it is shown; always: True if every case has it without a request.
    suits: case -> why the curve has no lines in it, "" if it has; None if it has in all cases of its physics.
    """

    name: str
    summary: str
    on: tuple[str, ...]
    function: Callable[..., Iterable[Series]]
    model: type[BaseModel]
    look: Look
    always: bool
    suits: Callable[[Any], str] | None = None

    def fits(self, case: Case) -> bool:
        """Tell whether a case has this curve."""
        return (not self.on or case.physics in self.on) and not (self.suits and self.suits(case))


PARAMETER = "parameter"  # no curve: the abscissa of plots of metrics over designs
CURVES: Registry[Curve] = Registry("curve", "microfem.metrics")


def curve(
    name: str,
    look: Look,
    *,
    on: tuple[str, ...] = (),
    always: bool = False,
    suits: Callable[[Any], str] | None = None,
) -> Callable[[Callable[..., Iterable[Series]]], Callable[..., Iterable[Series]]]:
    """Register `(case: SolvedCase, *, options) -> lines` as a curve; `Curve` describes the arguments."""

    def register(function: Callable[..., Iterable[Series]]) -> Callable[..., Iterable[Series]]:
        summary, model = inspect.getdoc(function) or "", options_of(function, SolvedCase=SolvedCase)
        entry = Curve(
            name=name, summary=summary, on=on, function=function, model=model, look=look, always=always, suits=suits
        )
        CURVES.add(name, entry)
        return function

    return register
