"""YAML read safely, with line and column of every value, by the rules of YAML 1.2: only true and false are booleans.

PyYAML alone reads `1e-3` as text, `no` and `on` as booleans, and keeps the last of two equal keys.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from microfem.base.errors import MOST_TOLD, InputError, InputProblem

Path_ = tuple[str | int, ...]
_FLOAT = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INT = re.compile(r"[-+]?\d{1,18}")  # a number with more digits is a float
_INT_TAG = "tag:yaml.org,2002:int"
MOST_BYTES = 1_000_000  # largest size of an input file
MOST_NODES, DEEPEST = 100_000, 50
FROM_OUTSIDE = (0, 0)  # line and column of values that --set has replaced
STUDY = "this is a study, of one or more layouts: 'microfem run' runs it, and 'microfem export STUDY:DESIGN' takes one"
GEOMETRY = (
    "this is a geometry file, one layout without cases: print a study that runs with 'microfem new FAMILY --study', "
    "and name this file in it, as in designs: {mine: FILE.yaml}"
)
KINDS = {"designs": STUDY, "family": GEOMETRY, "layers": GEOMETRY}  # of files, by a key at their left edge


class _Loader(yaml.SafeLoader):
    """SafeLoader with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(_INT_TAG, re.compile(rf"(?:{_INT.pattern})$"), list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(rf"(?:{_FLOAT.pattern})$"), list("-+0123456789."))
_NESTED = re.compile(r"[ \t]+[\w-]+[ \t]*:")


def remarks(text: str) -> list[str]:
    """Return the comments at the top of a file: lines that start with # before the first nested key."""
    lines = text.splitlines()
    end = next((k for k, line in enumerate(lines) if _NESTED.match(line)), len(lines))
    return [line for line in lines[:end] if line.startswith("#")]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file's data, its name, and the line and column (from 1) of each path of keys and indices.

    found: its problems so far.
    """

    name: str
    folder: Path
    text: str
    data: object
    marks: dict[Path_, tuple[int, int]]
    found: list[InputProblem] = field(default_factory=list)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the file."""
        return self.text.splitlines()

    def stated(self) -> str:
        """Return the file's text; if --set has replaced values, the comments at its top and the data as YAML."""
        if FROM_OUTSIDE not in self.marks.values():
            return self.text
        return "\n".join([*remarks(self.text), yaml.safe_dump(self.data, sort_keys=False, allow_unicode=True)])

    def problem(self, path: Path_, message: str) -> InputProblem:
        """Return a problem located at the path, or at its nearest parent in the file; data of no file have no place.

        Raises:
            InputError: the file has too many problems to tell, and reading ends.
        """
        problem = self._located(path, message)
        self.found.append(problem)
        if len(self.found) > MOST_TOLD:
            self.refuse(self.found)
        return problem

    def _located(self, path: Path_, message: str) -> InputProblem:
        if not self.marks:
            return InputProblem(path=".".join(str(part) for part in path), message=message)
        located = path
        while located and located not in self.marks:
            located = located[:-1]
        line, column = self.marks.get(located, (1, 1))
        if (line, column) == FROM_OUTSIDE:
            return InputProblem(path=".".join(str(part) for part in path), message=f"{message} (given by --set)")
        excerpt = self.lines[line - 1] if line <= len(self.lines) else ""
        return InputProblem(
            path=".".join(str(part) for part in path), message=message, line=line, column=column, excerpt=excerpt
        )

    def refuse(self, problems: Sequence[InputProblem]) -> None:
        """Raise all problems at once, sorted by line and column.

        Raises:
            InputError: there are problems.
        """
        if problems:
            raise InputError(self.name, sorted(problems, key=lambda one: (one.line, one.column)))


def read_source(path: Path, *keys: str) -> Source:
    """Read a YAML file; keys: each file of its kind has one of them.

    Raises:
        InputError: the file is missing, too large, not text, of another kind, not YAML, or has a key twice.
    """
    name = str(path)
    try:
        if path.exists() and not path.is_file():
            raise InputError(name, [InputProblem(path="", message="not a file")])
        if path.stat().st_size > MOST_BYTES:
            raise InputError(name, [InputProblem(path="", message=f"larger than {MOST_BYTES} bytes: not a study file")])
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(name, [InputProblem(path="", message="there is no such file")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(name, [InputProblem(path="", message=f"cannot be read: {error}")]) from None
    other = next(
        (kind for key, kind in KINDS.items() if key not in keys and re.search(rf"(?m)^{key}[ \t]*:", text)), ""
    )
    either = "|".join(keys)
    found = re.search(rf"(?m)(?:^|[{{,])[ \t]*[\"']?(?:{either})[\"']?[ \t]*:", text)
    if not found or other == STUDY:  # a secret is not quoted
        message = f"this key is missing; {other or 'every file of this kind has it'}"
        raise InputError(name, [InputProblem(path=" or ".join(keys), message=message, line=1, column=1)])
    return parse_source(text, name, path.parent)


def parse_source(text: str, name: str, folder: Path) -> Source:
    """Parse YAML text; name, folder: of its file.

    Raises:
        InputError: the text is not YAML, or has a key twice.
    """
    builder = _Builder(text)
    try:
        data = builder.build(_Loader(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = InputProblem(
            path="", message=f"not YAML: {error.problem or error}", line=line, column=column, excerpt=builder.line(line)
        )
        raise InputError(name, [problem]) from None
    except yaml.reader.ReaderError as error:
        lines_before = text[: error.position].split("\n")
        line, column = len(lines_before), len(lines_before[-1]) + 1
        problem = InputProblem(
            path="",
            message=f"not YAML: the character #x{error.character:02x} is not allowed",
            line=line,
            column=column,
        )
        raise InputError(name, [problem]) from None
    except RecursionError:
        raise InputError(
            name, [InputProblem(path="", message="not YAML: nested too deeply", line=1, column=1)]
        ) from None
    source = Source(name=name, folder=folder, text=text, data=data, marks=builder.marks)
    source.refuse(builder.problems)
    return source


class _Builder:
    """A builder of plain data from YAML nodes, which collects their lines and columns and keys that appear twice."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._count = 0
        self.marks: dict[Path_, tuple[int, int]] = {}
        self.problems: list[InputProblem] = []

    def line(self, number: int) -> str:
        return self._lines[number - 1] if 1 <= number <= len(self._lines) else ""

    def build(self, loader: _Loader) -> object:
        self._loader = loader
        node = loader.get_single_node()
        return {} if node is None else self._value(node, ())

    def _value(self, node: yaml.Node, path: Path_) -> object:
        self._count += 1
        if self._count > MOST_NODES or len(path) > DEEPEST:
            message = f"more than {MOST_NODES} values, or nested deeper than {DEEPEST} levels"
            raise yaml.MarkedYAMLError(problem=message, problem_mark=node.start_mark)
        self.marks.setdefault(path, _place(node))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(one, (*path, k)) for k, one in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node)

    def _scalar(self, node: yaml.ScalarNode) -> object:
        implicit = (node.style is None, node.style is not None)
        if node.tag != self._loader.resolve(yaml.ScalarNode, node.value, implicit):  # type: ignore[no-untyped-call]
            message = f"remove the tag of '{node.value}': values have no tags"
            raise yaml.MarkedYAMLError(problem=message, problem_mark=node.start_mark)
        return int(node.value) if node.tag == _INT_TAG else self._loader.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key_node, value_node in _rejoined(node.value):
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            here = (*path, key)
            line, column = _place(key_node)
            if key in mapping:
                where = ".".join(map(str, here))
                self.problems.append(
                    InputProblem(
                        path=where, message="this key appears twice", line=line, column=column, excerpt=self.line(line)
                    )
                )
                continue
            self.marks[here] = (line, column)
            mapping[key] = self._value(value_node, here)
        return mapping


def _rejoined(pairs: list[tuple[yaml.Node, yaml.Node]]) -> list[tuple[yaml.Node, yaml.Node]]:
    """Rejoin calls that the flow style of YAML splits at commas: `{a: f(x, y=1), b: ...}`."""
    rejoined: list[tuple[yaml.Node, yaml.Node]] = []
    for key, value in pairs:
        last = rejoined[-1][1] if rejoined else None
        if _is_open(last) and isinstance(key, yaml.ScalarNode) and getattr(value, "value", None) == "":
            assert isinstance(last, yaml.ScalarNode)
            text = f"{last.value}, {key.value}"
            rejoined[-1] = (rejoined[-1][0], yaml.ScalarNode(last.tag, text, last.start_mark, key.end_mark, last.style))
        else:
            rejoined.append((key, value))
    return rejoined


def _is_open(node: yaml.Node | None) -> bool:
    """Tell whether a plain scalar has an open bracket."""
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value.count("(") > node.value.count(")")


def _place(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
