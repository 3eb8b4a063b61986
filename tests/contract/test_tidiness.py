"""Test files that can be read at one sitting, and what several of them need in one place."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping

from support.repository import TESTS, name_of

LONGEST_FILE = 400
SMALLEST_COPY = 3  # statements of a function, below which two that are alike may each say what they say
FILES = {name_of(path): path.read_text() for path in sorted(TESTS.rglob("*.py"))}


def too_long(files: Mapping[str, str]) -> list[str]:
    """Return the files that have too many lines."""
    counts = {name: len(text.splitlines()) for name, text in files.items()}
    return [f"{name}: {count} lines" for name, count in counts.items() if count > LONGEST_FILE]


def copies(files: Mapping[str, str]) -> list[list[str]]:
    """Return the places of functions whose bodies are the same, docstrings aside."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, text in files.items():
        for one in ast.parse(text).body:
            if isinstance(one, ast.FunctionDef):
                body = one.body[1:] if ast.get_docstring(one) is not None else one.body
                if sum(isinstance(node, ast.stmt) for part in body for node in ast.walk(part)) >= SMALLEST_COPY:
                    places["\n".join(map(ast.dump, body))].append(f"{name}: {one.name}")
    return [same for same in places.values() if len(same) > 1]


def test_test_files_are_short() -> None:
    assert too_long(FILES) == []


def test_no_function_stands_twice() -> None:
    assert copies(FILES) == [], "what several files need stands in tests/support"


def test_helpers_are_imported_from_support_alone() -> None:
    nodes = ((name, node) for name, text in FILES.items() for node in ast.walk(ast.parse(text)))
    modules = [(name, node.module or "") for name, node in nodes if isinstance(node, ast.ImportFrom)]
    assert [one for one in modules if one[1].split(".")[-1].startswith(("test_", "conftest"))] == []


def test_a_copy_is_seen() -> None:
    one, small = "def f(x):\n    a = x\n    b = a\n    return b", "def f(x):\n    return x"
    copy = one.replace("def f(x):", "def g(x):\n    'Say it otherwise.'")
    assert copies({"one.py": one, "two.py": copy}) == [["one.py: f", "two.py: g"]]
    assert copies({"one.py": one, "two.py": one.replace("return b", "return a")}) == []
    assert copies({"one.py": small, "two.py": small}) == []


def test_a_long_file_is_seen() -> None:
    assert too_long({"a.py": "\n" * LONGEST_FILE, "b.py": "\n" * (LONGEST_FILE + 1)}) == ["b.py: 401 lines"]
