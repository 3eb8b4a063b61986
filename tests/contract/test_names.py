"""Names that stand for one thing, and records that are made by the names of their fields, read from the source."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "microfem"
TREES = {path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text()) for path in sorted(SOURCE.rglob("*.py"))}
MANY = 5  # fields from which a call that names none cannot be read
POSITIONAL = {"Field", "Param"}  # (label, unit, ...), as a physics tabulates its fields, a family its parameters


def repeated(trees: Iterable[ast.Module]) -> list[str]:
    """Return the names of classes that are defined more than once."""
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return sorted(name for name, count in names.items() if count > 1)


def made_by_position(tree: ast.Module) -> list[str]:
    """Return the names of dataclasses with many fields that take them by position."""
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any("dataclass" in (told := ast.unparse(one)) and "kw_only=True" not in told for one in node.decorator_list)
        and sum(isinstance(one, ast.AnnAssign) for one in node.body) >= MANY
    ]


def test_a_class_name_stands_for_one_thing() -> None:
    assert repeated(TREES.values()) == []


def test_records_with_many_fields_are_made_by_name() -> None:
    found = {name: made_by_position(tree) for name, tree in TREES.items()}
    assert {name: set(records) - POSITIONAL for name, records in found.items() if set(records) - POSITIONAL} == {}


def test_equal_names_are_seen() -> None:
    """Negative control: in two modules, and inside another class."""
    one, other = ast.parse("class A: ...\nclass B: ..."), ast.parse("class C:\n    class A: ...")
    assert repeated([one, other]) == ["A"]
    assert repeated([one]) == []


def test_a_record_that_is_made_by_position_is_seen() -> None:
    """Negative control: five fields, not four."""
    fields = "\n".join(f"    {name}: int" for name in "abcde")
    for decorator in ("@dataclass", "@dataclass(frozen=True)", "@dataclasses.dataclass(eq=False)"):
        assert made_by_position(ast.parse(f"{decorator}\nclass A:\n{fields}")) == ["A"]
    assert made_by_position(ast.parse(f"@dataclass(kw_only=True)\nclass A:\n{fields}")) == []
    assert made_by_position(ast.parse("@dataclass\nclass A:\n" + fields.rsplit("\n", 1)[0])) == []
