"""Names that stand for one thing, read from the source itself."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "microfem"
TREES = [ast.parse(path.read_text()) for path in sorted(SOURCE.rglob("*.py"))]


def repeated(trees: Iterable[ast.Module]) -> list[str]:
    """Return the names of classes that are defined more than once."""
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return sorted(name for name, count in names.items() if count > 1)


def test_a_class_name_stands_for_one_thing() -> None:
    assert repeated(TREES) == []


def test_equal_names_are_seen() -> None:
    """Negative control: in two modules, and inside another class."""
    one, other = ast.parse("class A: ...\nclass B: ..."), ast.parse("class C:\n    class A: ...")
    assert repeated([one, other]) == ["A"]
    assert repeated([one]) == []
