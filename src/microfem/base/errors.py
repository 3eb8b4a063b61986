"""Exceptions that keep their data; their messages name the place, the value and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LONGEST = 60  # largest number of characters of a value in a message
WIDEST = 1000  # largest number of characters of a line of a message
EXCERPT = 120  # largest number of characters of a line of a file in a message
MOST_TOLD = 50  # largest number of problems of one file in a message


def brief(value: object) -> str:
    """Return a value as text, shortened if it is long, such as an outline."""
    try:
        text = str(value)
    except ValueError:
        text = "a whole number of thousands of digits"  # which Python converts to no text
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"


def is_unicode(text: str) -> bool:
    """Tell whether text can be written as UTF-8, as names of files in another encoding cannot."""
    return not any("\ud800" <= one <= "\udfff" for one in text)


def printable(text: str, widest: int = WIDEST) -> str:
    """Return one line of text, shortened if it is long, with characters escaped that would control a terminal."""
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text[:widest])
    return shown if len(text) <= widest else f"{shown}... ({len(text)} characters)"


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
        where = f"{printable(source)}:{self.line}:{self.column}" if self.line else printable(source)
        message = "\n".join(printable(line) for line in self.message.split("\n"))
        text = f"{where}: {printable(self.path)}: {message}" if self.path else f"{where}: {message}"
        if self.excerpt:
            start = max(0, self.column - 1 - EXCERPT // 2) if self.column > EXCERPT else 0
            before = printable(self.excerpt[start : self.column - 1])
            shown = printable(self.excerpt[start : start + EXCERPT])
            text += f"\n    {shown}\n    {' ' * len(before)}^"
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
    """All problems of one input file, or of the arguments of one call."""

    def __init__(self, source: str, problems: Sequence[InputProblem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        told = [problem.describe(source) for problem in self.problems[:MOST_TOLD]]
        more = [f"{printable(source)}: and more problems"] if len(self.problems) > MOST_TOLD else []
        super().__init__("\n".join([*told, *more]))


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
