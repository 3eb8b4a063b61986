"""Options that several commands share, and the way commands fail."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from microfem.base.errors import is_unicode
from microfem.cli.completion import yaml_files

if TYPE_CHECKING:
    from microfem.results.summary import Summary
    from microfem.study.records import Study

StudyFile = Annotated[Path, typer.Argument(help="study file (YAML)", show_default=False, autocompletion=yaml_files)]
GeometryFile = Annotated[
    Path, typer.Argument(help="geometry file (YAML)", show_default=False, autocompletion=yaml_files)
]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="change a value: designs.straight.params.gap=50um", show_default=False)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print errors only")]
Json = Annotated[bool, typer.Option("--json", help="print the summary as JSON")]


def prepare() -> None:
    """Prepare this process for a command, and refuse names that cannot be written as UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot print µ or Ω must not stop a run
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where it keeps its cache is no concern of a run
    for argument in sys.argv[1:]:
        if not is_unicode(argument):
            fail(f"error: the name {argument!a} is not UTF-8; rename the file or folder", 2)


def load_to_run(path: Path, changes: Sequence[str] | None) -> Study:
    """Load a study whose designs are to run.

    Raises:
        MicrofemError: the study has problems, or its designs cannot run under the limit of memory.
    """
    from microfem.base.memory import require_address_space
    from microfem.study.reader import load_study

    require_address_space()
    return load_study(path, changes or ())


def print_json(summary: Summary) -> None:
    """Print a summary as JSON."""
    import json

    from microfem.results.summary import to_json

    print(json.dumps(to_json(summary), indent=1))


def counted(number: int, thing: str) -> str:
    """Return a number of things as text: `1 design`, `2 designs`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def fail(text: str, status: int) -> NoReturn:
    """Print a message to stderr and end the command with an exit status."""
    print(text, file=sys.stderr)
    sys.exit(status)
