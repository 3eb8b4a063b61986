"""Options that several commands share, and the way commands fail."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from microfem.study.records import Study

StudyFile = Annotated[Path, typer.Argument(help="study file (YAML)", show_default=False)]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="change a value: designs.straight.params.gap=50um", show_default=False)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print errors only")]
Json = Annotated[bool, typer.Option("--json", help="print the summary as JSON")]


def load_to_run(path: Path, changes: Sequence[str] | None) -> Study:
    """Load a study whose designs are to run.

    Raises:
        MicrofemError: the study has problems, or its designs cannot run under the limit of memory.
    """
    from microfem.base.memory import require_address_space
    from microfem.study.reader import load_study

    require_address_space()
    return load_study(path, changes or ())


def fail(text: str, status: int) -> NoReturn:
    """Print a message to stderr and end the command with an exit status."""
    print(text, file=sys.stderr)
    sys.exit(status)
