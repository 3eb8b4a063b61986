"""Extensions by users: folders listed in an environment variable, and entry points of installed packages.

A folder holds modules that register families, physics, metrics or curves like microfem's own modules, and library
files under `materials/`, `techniques/` and `dic_programs/`. A study cannot name code, so that the user who runs it
chooses the code.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from microfem.base.errors import MicrofemError

LIBRARIES = {  # kind -> the package that owns it and its folder there
    "materials": ("microfem.materials", "data"),
    "techniques": ("microfem.fabrication", "data"),
    "dic_programs": ("microfem.dic", "presets"),
}
VARIABLE = "MICROFEM_EXTENSIONS"  # folders, separated as in PATH
GROUPS = ("families", "physics", "metrics", *LIBRARIES)  # the entry points of GROUP are `microfem.GROUP`


def folders() -> list[Path]:
    """Return the folders of extensions.

    Raises:
        MicrofemError: a folder does not exist.
    """
    paths = [Path(one).resolve() for one in os.environ.get(VARIABLE, "").split(os.pathsep) if one]
    for folder in paths:
        if not folder.is_dir():
            raise MicrofemError(f"{VARIABLE} names {folder}, which is no folder; correct it or remove it")
    return paths


def load_modules(group: str) -> None:
    """Import the modules of all folders and the entry points of a group, which register their definitions.

    The folders are appended to the search path, so that worker processes find them too.

    Raises:
        MicrofemError: a module cannot be imported, or has the name of another module.
    """
    for folder in folders():
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        for path in sorted(folder.glob("*.py")):
            _import(path)
    for entry_point in entry_points(group=group):
        _load(entry_point)


def _import(path: Path) -> None:
    if not path.stem.isidentifier():
        raise MicrofemError(f"the extension {path} has a name that is no valid module name; rename it")
    spec = importlib.util.find_spec(path.stem)
    if spec is None or spec.origin is None or Path(spec.origin).resolve() != path:
        raise MicrofemError(f"the extension {path} has the name of another module; rename it")
    try:
        importlib.import_module(path.stem)
    except Exception as error:
        raise MicrofemError(f"the extension {path} cannot be loaded: {type(error).__name__}: {error}") from error


def _load(entry_point: EntryPoint) -> object:
    try:
        return entry_point.load()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        where = f"the entry point {entry_point.name} of {entry_point.group}"
        raise MicrofemError(f"{where} cannot be loaded: {reason}") from error


@cache
def library(kind: str) -> dict[str, Traversable]:
    """Return the library files of a kind, one of LIBRARIES, by name, including those of extensions.

    An entry point refers to a package that contains the files.

    Raises:
        MicrofemError: two files have the same name.
    """
    owner, folder_name = LIBRARIES[kind]
    places = [files(owner) / folder_name, *(folder / kind for folder in folders() if (folder / kind).is_dir())]
    places += [files(entry_point.module) for entry_point in entry_points(group=f"microfem.{kind}")]
    library_files: dict[str, Traversable] = {}
    for place in places:
        for file in place.iterdir():
            name = file.name.removesuffix(".yaml")
            if name == file.name:
                continue
            if name in library_files:
                raise MicrofemError(
                    f"two files of {kind} are called '{name}': {library_files[name]} and {file}; rename one"
                )
            library_files[name] = file
    return dict(sorted(library_files.items()))


@cache
def code_version() -> str:
    """Return an identifier of the code: versions of microfem and its extensions, and a hash of modules in folders."""
    packages = {
        entry_point.dist.name: entry_point.dist.version
        for group in GROUPS
        for entry_point in entry_points(group=f"microfem.{group}")
        if entry_point.dist
    }
    modules = [path.read_bytes() for folder in folders() for path in sorted(folder.glob("*.py"))]
    parts = [version("microfem"), *(f"{name} {packages[name]}" for name in sorted(packages))]
    if modules:
        parts.append(hashlib.sha256(b"\0".join(modules)).hexdigest()[:16])
    return ", ".join(parts)
