"""What the Tab key proposes: names of the registries and study files. Shells complete commands and options alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import shorten

import typer

MOST = 60  # characters of a remark: longer ones are broken into lines, which fish takes for proposals


def names(kind: str) -> Callable[[str], list[tuple[str, str]]]:
    """Return the proposals for a name of a kind of the catalogue, such as `families`, each with its first line."""

    def propose(incomplete: str) -> list[tuple[str, str]]:
        from microfem.study.catalogue import listing

        return [(name, shorten(text, MOST, placeholder=" ...")) for name, text in listing(kind)
                if name.startswith(incomplete)]  # fmt: skip

    return propose


def words(kind: str) -> Callable[[str], list[str]]:
    """Return the proposals for a word of the catalogue: KINDS for `list`, THINGS for `show`."""

    def propose(incomplete: str) -> list[str]:
        from microfem.study import catalogue

        return [one for one in getattr(catalogue, kind) if one.startswith(incomplete)]

    return propose


def shown(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the names of the kind that `show` was asked for."""
    from microfem.study.catalogue import KINDS, THINGS

    kinds = dict(zip(THINGS, KINDS, strict=True))
    return names(kinds[what])(incomplete) if (what := context.params.get("what")) in kinds else []


def yaml_files(incomplete: str) -> list[str]:
    """Return the YAML files that begin so; none where a folder does too, since the shell completes folders better."""
    start = Path(f"{incomplete}*")
    try:
        found = [path for path in start.parent.glob(start.name) if not path.name.startswith(".")]
    except (ValueError, OSError):
        return []
    if any(path.is_dir() for path in found):
        return []
    return sorted(str(path) for path in found if path.suffix in (".yaml", ".yml"))
