"""Options that several commands share, and the way commands fail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

StudyFile = Annotated[Path, typer.Argument(help="study file (YAML)", show_default=False)]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="change a value: designs.straight.params.gap=50um", show_default=False)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print errors only")]
Json = Annotated[bool, typer.Option("--json", help="print the summary as JSON")]


def fail(text: str, status: int) -> NoReturn:
    """Print a message to stderr and end the command with an exit status."""
    print(text, file=sys.stderr)
    sys.exit(status)
