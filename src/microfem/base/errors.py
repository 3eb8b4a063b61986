"""What can go wrong, as exceptions that keep their data and say what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LONGEST = 60  # characters of a value in a message


def brief(value: object) -> str:
    """Return a value as text, shortened where it is an outline or the like."""
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"


class MicrofemError(Exception):
    """Base of every error that a user's input or a run can cause."""


class UnitError(MicrofemError):
    """A quantity without a unit, with an unknown one, or with one of the wrong dimension."""


@dataclass(frozen=True, kw_only=True)
class InputProblem:
    """One thing that is wrong with an input file: where, what, and what was probably meant."""

    path: str
    message: str
    line: int = 0
    column: int = 0
    excerpt: str = ""

    def describe(self, source: str) -> str:
        """Return `file:line:column: path: message`, the source line and a caret under the place."""
        where = f"{source}:{self.line}:{self.column}" if self.line else source
        text = f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"
        if self.excerpt:
            text += f"\n    {self.excerpt}\n    {' ' * (self.column - 1)}^"
        return text


class DimensionError(UnitError):
    """A quantity of another dimension than is asked for, such as a length for a potential."""


class WriteError(MicrofemError):
    """A file that cannot be written: the disk is full, or its folder is not for us."""


class InputError(MicrofemError):
    """All that is wrong with one input file."""

    def __init__(self, source: str, problems: Sequence[InputProblem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.describe(source) for problem in self.problems))


class LayoutError(MicrofemError):
    """A layout that cannot exist: the parameter, its value and the bound it breaks."""

    def __init__(self, parameter: str, value: object, bound: str) -> None:
        self.parameter, self.value, self.bound = parameter, value, bound
        super().__init__(f"{parameter} = {brief(value)} is impossible: {bound}")


class MeshError(MicrofemError):
    """A layout that could not be meshed; carries the family and its parameters."""

    def __init__(self, message: str, family: str = "", params: Mapping[str, object] | None = None) -> None:
        self.family, self.params = family, dict(params or {})
        told = ", ".join(f"{name} = {brief(value)}" for name, value in self.params.items())
        super().__init__(f"{message} (family {family}: {told})" if family else message)


class SolveError(MicrofemError):
    """A system that could not be solved, or whose solution fails its own checks."""


class MetricRefused(MicrofemError):
    """A metric that has no value for the case asked: why, and what to ask instead."""

    def __init__(self, metric: str, reason: str, alternative: str) -> None:
        self.metric, self.reason, self.alternative = metric, reason, alternative
        super().__init__(f"{metric} is refused: {reason}; use {alternative} instead")
