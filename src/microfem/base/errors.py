"""Exceptions that keep their data; their messages name the place, the value and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LONGEST = 60  # largest number of characters of a value in a message


def brief(value: object) -> str:
    """Return a value as text, shortened if it is long, such as an outline."""
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"


class MicrofemError(Exception):
    """The base of all errors that a user's input or a run can cause; they can be sent from one process to another."""

    def __reduce__(self) -> tuple[object, ...]:
        """Return how to rebuild the error in another process."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[MicrofemError], arguments: tuple[object, ...], state: Mapping[str, object]) -> MicrofemError:
    """Return an error from its parts: constructors take data, not the message that `args` holds."""
    error = kind.__new__(kind)
    error.args = arguments
    error.__dict__.update(state)
    return error


class ChildError(MicrofemError):
    """A call in a child process that failed; kind: 'time', 'memory', 'crash', or 'error' of an unforeseen kind."""

    def __init__(self, message: str, kind: str) -> None:
        self.kind = kind
        super().__init__(message)


class UnitError(MicrofemError):
    """A quantity without a unit, with an unknown unit, or with a unit of the wrong dimension."""


@dataclass(frozen=True, kw_only=True)
class InputProblem:
    """A problem in an input file: its path of keys, its message, and its line, column and text in the file."""

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


class CurveError(MicrofemError, ValueError):
    """A curve whose columns have different lengths, or which has a value that is no finite number."""


class WriteError(MicrofemError):
    """A file that cannot be written: the disk is full, or the folder denies access."""

    @classmethod
    def of(cls, error: OSError, path: object) -> WriteError:
        """Return the error of a system call on a file."""
        return cls(f"cannot write {path}: {error.strerror or error}")


class InputError(MicrofemError):
    """All problems of one input file."""

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
    """A layout that could not be meshed; it keeps the family and its parameters."""

    def __init__(self, message: str, family: str = "", params: Mapping[str, object] | None = None) -> None:
        self.family, self.params = family, dict(params or {})
        listed = ", ".join(f"{name} = {brief(value)}" for name, value in self.params.items())
        super().__init__(f"{message} (family {family}: {listed})" if family else message)


class SolveError(MicrofemError):
    """A system that could not be solved, or whose solution fails its checks."""


class MetricRefused(MicrofemError):
    """A metric without a value for a case: the reason, and an alternative."""

    def __init__(self, metric: str, reason: str, alternative: str) -> None:
        self.metric, self.reason, self.alternative = metric, reason, alternative
        super().__init__(f"{metric} is refused: {reason}; use {alternative} instead")
