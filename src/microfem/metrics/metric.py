"""The frame of every metric: a decorator with unit and direction, and the call that a study writes."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from microfem.base.registry import Registry
from microfem.layout import Layout
from microfem.physics import Solution

if TYPE_CHECKING:
    from microfem.metrics.quantity_of_interest import QuantityOfInterest

Better = Literal["lower", "higher", ""]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number computed from a solved case, or from the layout alone.

    on: names of the physics it applies to; empty for the layout.
    unit, depth_unit: its unit in 3D, and per unit depth in 2D.
    pointwise: True for a value at one point, which is refused if it does not converge, as at a singular corner.
    of_energy: True if it follows from the energy fed into the terminals, so that bounds of the energy bound it.
    model: the schema of its options.
    qoi: (solution, *, options) -> the quantity of interest, for the estimate of its error, see
    metrics/quantity_of_interest.py; None if the metric has none.
    error: (solution, *, options) -> an error estimate by the physics itself; None if the physics has none.
    floor: True if `error` is one that no mesh lowers, that of the time steps: the mesh need not be better than it.
    warn: solution -> a warning to the reader of the value, "" for none; None if the metric never warns.
    meshes: number of meshes that an error estimate needs: two if the first mesh may miss the counted feature.
    of_solve: True for a number of the solve itself, such as a balance, which approximates nothing.
    unit_of: option -> its value -> the unit, for a metric whose unit depends on an option.
    suits: case -> why the metric has no value in it, "" if it has one; None if it has one in all cases of its physics.
    fits: (layout, case, *, options) -> why it has no value in the case on a layout, "" if it has one; None if it fits
    all layouts.
    interval: (solution, *, options) -> proven bounds of the value, nothing where none hold; None if it has none of its
    own.
    scale: (solution, *, options) -> least size to which its accuracy is relative, in its unit, for a value whose zero
    has no meaning or may be met by chance; None for the size of the value itself.
    added: (solution, *, options) -> errors that no mesh lowers, such as the noise of a measurement, by their cause,
    which are added to that of the mesh; None if it has none.
    final: (solution, *, options) -> the value on the last mesh, where it costs too much on each, and that of the
    function changes with the mesh alike; None if the function gives it.
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
    floor: bool = False
    warn: Callable[[Any], str] | None = None
    meshes: int = 1
    of_solve: bool = False
    unit_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    suits: Callable[[Any], str] | None = None
    fits: Callable[..., str] | None = None
    interval: Callable[..., Sequence[float]] | None = None
    scale: Callable[..., float] | None = None
    added: Callable[..., Mapping[str, float]] | None = None
    final: Callable[..., float] | None = None

    def unit_in(self, per_depth: bool, options: Mapping[str, object]) -> str:
        """Return the unit of a call with its options, in 2D (per_depth) or in 3D."""
        for option, units in self.unit_of.items():
            if (stated := str(options.get(option, ""))) in units:
                return units[stated]
        return self.depth_unit if per_depth else self.unit


@dataclass(frozen=True)
class Call:
    """A metric or a curve as a study requests it, `name(case, option=value)`; case is "" for a layout's metric.

    measured: the second name, of what is compared with the case, "" for none or once it stands in the options.
    """

    name: str
    case: str
    options: Mapping[str, object]
    measured: str = ""


@dataclass(frozen=True, kw_only=True)
class Value:
    """A number with its unit and its discretisation error; error: None without a reliable estimate.

    lower, upper: proven bounds, with the value in their middle; None without proven bounds.
    scale: the least size to which the accuracy is relative, for a value that may be 0 by chance or by convention.
    added: parts of the error that no mesh lowers, by their cause.
    floor: the part of the error that time steps leave on any mesh.
    """

    value: float
    unit: str
    error: float | None
    lower: float | None = None
    upper: float | None = None
    scale: float = 0.0
    added: Mapping[str, float] = field(default_factory=dict)
    floor: float = 0.0


_BARE = re.compile(r"(=\s*)((?:[-+]?\.?|[cC] ?/ ?)\d[^,()'\"]*?)(?=\s*[,)])")  # a value such as 5C or C/5, to its end

METRICS: Registry[Metric] = Registry("metric", "microfem.metrics")


def metric(
    unit: str,
    on: tuple[str, ...] = (),
    depth_unit: str | None = None,
    better: Better = "",
    pointwise: bool = False,
    of_energy: bool = False,
    qoi: Callable[..., QuantityOfInterest] | None = None,
    error: Callable[..., float] | None = None,
    floor: bool = False,
    warn: Callable[[Any], str] | None = None,
    meshes: int = 1,
    of_solve: bool = False,
    unit_of: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    suits: Callable[[Any], str] | None = None,
    fits: Callable[..., str] | None = None,
    interval: Callable[..., Sequence[float]] | None = None,
    scale: Callable[..., float] | None = None,
    added: Callable[..., Mapping[str, float]] | None = None,
    final: Callable[..., float] | None = None,
) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """Register `(solution, *, options) -> float` as a metric, or `(layout, *, options) -> float` if `on` is empty."""

    def register(function: Callable[..., float]) -> Callable[..., float]:
        model = options_of(function, Solution=Solution, Layout=Layout)
        METRICS.add(
            function.__name__,
            Metric(
                name=function.__name__,
                summary=inspect.getdoc(function) or "",
                on=on,
                unit=unit,
                depth_unit=unit if depth_unit is None else depth_unit,
                better=better,
                pointwise=pointwise,
                of_energy=of_energy,
                function=function,
                model=model,
                qoi=qoi,
                error=error,
                floor=floor,
                warn=warn,
                meshes=2 if pointwise else meshes,
                of_solve=of_solve,
                unit_of=unit_of,
                suits=suits,
                fits=fits,
                interval=interval,
                scale=scale,
                added=added,
                final=final,
            ),
        )
        return function

    return register


def options_of(function: Callable[..., Any], **known: type) -> type[BaseModel]:
    """Return the schema of the options of a metric or a curve: its keyword arguments.

    known: types in the function's annotations that its module imports for type checking alone.
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
    """Return the warnings of the metrics of a solution, each told once, with the names of its metrics in the study."""
    told: dict[str, list[str]] = {}
    for name, call in calls.items():
        warn = METRICS.get(call.name).warn
        if warn and (text := warn(solution)):
            told.setdefault(text, []).append(name)
    return [f"{', '.join(names)}: {text}" for text, names in told.items()]


def expected_call(text: str) -> str:
    """Return the message on a text that is no call."""
    return f"expected a call such as 'resistance(field)' or 'energy_fraction(field, above=0.5)', got {text!r}"


def parse_call(text: str) -> Call:
    """Read `energy_fraction(field, above=0.5)`.

    Raises:
        ValueError: the text is not such a call.
    """
    wanted = expected_call(text)
    try:
        call = ast.parse(_BARE.sub(_quoted, text.strip()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(wanted) from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or len(call.args) > 2:
        raise ValueError(wanted)
    names = [one.id for one in call.args if isinstance(one, ast.Name)]
    if len(names) < len(call.args):
        raise ValueError(wanted)
    options: dict[str, object] = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise ValueError(wanted)
        if keyword.arg in options:
            raise ValueError(f"{keyword.arg} appears twice in {text!r}")
        options[keyword.arg] = _constant(keyword.value, wanted)
    case, measured, *_ = *names, "", ""
    return Call(call.func.id, case, options, measured)


def _quoted(option: re.Match[str]) -> str:
    """Return the value of an option as a string of Python where it is a quantity, such as 5C or 1 mA/cm2."""
    try:
        float(option[2])
    except ValueError:
        return f"{option[1]}{option[2]!r}"
    return option[0]


def _constant(node: ast.expr, wanted: str) -> object:
    if isinstance(node, ast.Name):
        return node.id  # region=anode is as clear as region='anode'
    if isinstance(node, ast.Attribute):
        return f"{_constant(node.value, wanted)}.{node.attr}"  # so is plus=film.xmax
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(wanted) from None
