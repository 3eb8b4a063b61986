"""Text for people is for people: no module decides by the words of an error, a message, a note or an end.

What a reader must tell apart is an enum, a class of an exception, or a record's own field. The words may then change.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import microfem

SOURCE = sorted(Path(microfem.__file__).parent.rglob("*.py"))
PROSE = {"message", "note", "text", "detail", "ended", "stopped", "refused", "failed", "source", "why", "warnings",
         "description", "caption", "title", "told"}  # fmt: skip
ASKED = {"startswith", "endswith", "find", "rfind", "index", "count"}  # of a text
MATCHED = {"search", "match", "fullmatch", "findall"}  # by an expression
Function = ast.FunctionDef | ast.AsyncFunctionDef


def literal(node: ast.expr) -> bool:
    """Tell whether an expression is text that stands in the source, or a collection of it; empty text tells nothing."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(literal(one) for one in node.elts)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)


class Decisions(ast.NodeVisitor):
    """Lines that decide by prose; names: those that hold an exception or prose where the visit is."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.errors: set[str] = set()
        self.names: set[str] = set()

    def prose(self, node: ast.expr) -> bool:
        """Tell whether an expression is text for people."""
        match node:
            case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=name)]):
                return name in self.errors or name in self.names
            case ast.Call(func=ast.Attribute(value=inner, attr="lower" | "upper" | "strip" | "casefold")):
                return self.prose(inner)
            case ast.Attribute(value=ast.Name(id=name), attr="args"):
                return name in self.errors
            case ast.Attribute(attr=attr):
                return attr in PROSE
            case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
                return key in PROSE or self.prose(inner)
            case ast.Name(id=name):
                return name in self.names
        return False

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.errors.add(node.name)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: Function) -> None:
        before, self.names = self.names, set(self.names)
        self.generic_visit(node)
        self.names = before

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Assign(self, node: ast.Assign) -> None:
        self.bind(node.targets, node.value)
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.bind([node.target], node.value)
        self.generic_visit(node)

    def bind(self, targets: list[ast.expr] | list[ast.Name], value: ast.expr) -> None:
        if self.prose(value):
            self.names |= {one.id for one in targets if isinstance(one, ast.Name)}

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        if any(map(self.prose, sides)) and any(map(literal, sides)):
            self.lines.append(node.lineno)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            asked = node.func.attr in ASKED and self.prose(node.func.value) and any(map(literal, node.args))
            matched = node.func.attr in MATCHED and any(map(self.prose, node.args))
            if asked or matched:
                self.lines.append(node.lineno)
        self.generic_visit(node)

    def visit_Match(self, node: ast.Match) -> None:
        if self.prose(node.subject):
            self.lines.append(node.lineno)
        self.generic_visit(node)


def decisions(text: str) -> Iterator[int]:
    """Yield the lines of a module that decide by text for people."""
    visitor = Decisions()
    visitor.visit(ast.parse(text))
    yield from sorted(set(visitor.lines))


@pytest.mark.parametrize("path", SOURCE, ids=lambda path: path.relative_to(SOURCE[0].parent).as_posix())
def test_nothing_is_decided_by_words(path: Path) -> None:
    assert list(decisions(path.read_text(encoding="utf-8"))) == []


CONTROLS = [
    'if one.ended.startswith("limits."): pass',
    'if "within the accuracy" == case.ended: pass',
    'if case["ended"] in ("within the accuracy", "limits"): pass',
    'told = [one for one in values if "unsure" in one.note.lower()]',
    'try: f()\nexcept ValueError as error:\n    if "no room" in str(error): pass',
    'try: f()\nexcept ValueError as error:\n    if error.args[0] == "no room": pass',
    'try: f()\nexcept ValueError as error:\n    text = str(error)\n    if text.endswith("room"): pass',
    'def f(one):\n    if (words := one.message) and "room" in words: pass',
    'if re.search("not measured|guess", value.source): pass',
    "if UNSURE.match(value.note): pass",
    'match one.stopped:\n    case "": pass\n    case _: pass',
]  # fmt: skip
HARMLESS = [
    "if one.ended.reason == Reason.ACCURATE: pass",
    "if one.stopped: pass",
    'if one.message != "": pass',
    'told = f"{one.name}: {one.message}"',
    'if status.startswith("ok"): pass',
    'try: f()\nexcept ValueError as error:\n    raise MicrofemError(f"no: {error}") from error',
]  # fmt: skip


@pytest.mark.parametrize("text", CONTROLS)
def test_a_decision_by_words_is_seen(text: str) -> None:
    """Negative control: each of these is what a reader of words does."""
    assert list(decisions(text)) != []


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_tells_is_no_decision(text: str) -> None:
    assert list(decisions(text)) == []
