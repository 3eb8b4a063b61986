"""The frame of every metric: a decorator with unit and direction, and the call that a study writes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from microfem.base.registry import Registry
from microfem.layout import Layout
from microfem.physics import Solution

if TYPE_CHECKING:
    from microfem.metrics.quantity_of_interest import QuantityOfInterest

Better = Literal["lower", "higher", ""]


@dataclass(frozen=True)
class Metric:
    """A number that can be asked of a case, or of the layout alone.

    on: names of the physics it can be asked of; empty for the layout.
    unit, depth_unit: its unit in 3D, and per unit depth in 2D.
    pointwise: a value at one place, which may not converge at a singular corner; it is refused where it does not.
    of_energy: it follows from the energy fed into the terminals, and is bounded where that is.
    model: the schema of its options.
    qoi: (solution, *, options) -> how the value changes with the solution, for the estimate of its error, see
    metrics/quantity_of_interest.py; None where there is none.
    error: (solution, *, options) -> an estimate of its error that the physics itself has; None where it has none.
    warn: solution -> what a reader of the value must know, "" if nothing; None where there never is anything.
    meshes: how many meshes an estimate of its error takes: two where the first may miss what the number counts.
    """

    name: str
    summary: str
    on: tuple[str, ...]
    unit: str
    depth_unit: str
    better: Better
    pointwise: bool
    of_energy: bool
    function: Callable[..., float]
    model: type[BaseModel]
    qoi: Callable[..., QuantityOfInterest] | None = None
    error: Callable[..., float] | None = None
    warn: Callable[[Any], str] | None = None
    meshes: int = 1


@dataclass(frozen=True)
class Call:
    """A metric or a curve as a study asks for it, `name(case, option=value)`; case is empty for a layout's metric."""

    name: str
    case: str
    options: Mapping[str, object]


@dataclass(frozen=True)
class Value:
    """A number with its unit and its discretisation error; error None where no estimate can be defended.

    lower, upper: proven bounds, whose middle the value then is; None where nothing is proven.
    """

    value: float
    unit: str
    error: float | None
    lower: float | None = None
    upper: float | None = None


METRICS: Registry[Metric] = Registry("metric", "microfem.metrics")
RENAMED = {"utilisation": "fill_factor"}  # what a metric was called before


def metric(
    unit: str,
    on: tuple[str, ...] = (),
    depth_unit: str | None = None,
    better: Better = "",
    pointwise: bool = False,
    of_energy: bool = False,
    qoi: Callable[..., QuantityOfInterest] | None = None,
    error: Callable[..., float] | None = None,
    warn: Callable[[Any], str] | None = None,
    meshes: int = 1,
) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """Register `(solution, *, options) -> float`, or `(layout, *, options) -> float` where `on` is empty."""

    def register(function: Callable[..., float]) -> Callable[..., float]:
        model = options_of(function, Solution=Solution, Layout=Layout)
        METRICS.add(
            function.__name__,
            Metric(function.__name__, inspect.getdoc(function) or "", on, unit,
                   unit if depth_unit is None else depth_unit, better, pointwise, of_energy, function, model, qoi,
                   error, warn, 2 if pointwise else meshes),
        )  # fmt: skip
        return function

    return register


def options_of(function: Callable[..., Any], **known: type) -> type[BaseModel]:
    """Return the schema of the options of a metric or a curve: its keyword arguments.

    known: types in the function's annotations that its module names for type checking alone.
    """
    hints = get_type_hints(function, include_extras=True, localns=known)
    options: dict[str, Any] = {
        name: (hints[name], ... if parameter.default is parameter.empty else parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    config = ConfigDict(extra="forbid", frozen=True)
    return create_model(f"{function.__name__}_options", __config__=config, **options)


def warnings(solution: Solution, calls: Mapping[str, Call]) -> list[str]:
    """Return what a reader of these metrics of a solution must know, each with the metric's name in the study."""
    found = {name: METRICS.get(call.name).warn for name, call in calls.items()}
    return [f"{name}: {text}" for name, warn in found.items() if warn and (text := warn(solution))]


def parse_call(text: str) -> Call:
    """Read `energy_fraction(field, above=0.5)`.

    Raises:
        ValueError: the text is not such a call.
    """
    wanted = f"expected a call such as 'resistance(field)' or 'energy_fraction(field, above=0.5)', got {text!r}"
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(wanted) from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or len(call.args) > 1:
        raise ValueError(wanted)
    if call.args and not isinstance(call.args[0], ast.Name):
        raise ValueError(wanted)
    options: dict[str, object] = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise ValueError(wanted)
        if keyword.arg in options:
            raise ValueError(f"{keyword.arg} stands twice in {text!r}")
        options[keyword.arg] = _constant(keyword.value, wanted)
    case = call.args[0].id if call.args and isinstance(call.args[0], ast.Name) else ""
    return Call(call.func.id, case, options)


def _constant(node: ast.expr, wanted: str) -> object:
    if isinstance(node, ast.Name):
        return node.id  # region=anode is as clear as region='anode'
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(wanted) from None
