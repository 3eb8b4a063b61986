"""Where the files of the repository lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
SOURCE = ROOT / "src" / "microfem"


def name_of(path: Path) -> str:
    """Return the place of a file in the repository."""
    return path.relative_to(ROOT).as_posix()
