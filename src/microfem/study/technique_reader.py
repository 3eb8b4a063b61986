"""The fabrication process of a study: one of the library, one in a file of its own, or one that the study states."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.fabrication import Technique, load_technique, read_technique, stated_technique
from microfem.study.design import find_geometry

SUFFIXES = (".yaml", ".yml")  # of a file that states a process


def find_technique(stated: str | Mapping[str, Mapping[str, Any]] | None, folder: Path) -> Technique | None:
    """Return the process that the key `fabrication` states: a name, a file, or a mapping of a name to its limits.

    Raises:
        MicrofemError: there is no such process or file, or a limit is wrong.
    """
    if stated is None:
        return None
    if isinstance(stated, Mapping):
        if len(stated) != 1:
            raise MicrofemError(f"a study has one process, this one states {len(stated)}: {', '.join(stated)}")
        [(name, limits)] = stated.items()
        return stated_technique(name, limits)
    if not stated.endswith(SUFFIXES):
        return load_technique(stated)
    path = find_geometry(stated, folder)
    if path is None:
        raise MicrofemError(f"no file '{stated}' in the study's folder, its parent or here")
    return read_technique(path.stem, path.read_text(encoding="utf-8"))
