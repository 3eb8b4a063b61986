"""What other people add: folders that an environment variable names, and entry points of installed packages.

A folder holds modules, each of which registers families, physics, metrics or curves as microfem's own do, and library
files under `materials/` and `techniques/`. Studies name no code: who runs one chooses what code runs with it.
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

VARIABLE = "MICROFEM_EXTENSIONS"  # folders, separated as in PATH
GROUPS = ("families", "physics", "metrics", "materials", "techniques")  # entry points are in `microfem.GROUP`


def folders() -> list[Path]:
    """Return the folders of extensions.

    Raises:
        MicrofemError: one is not there.
    """
    found = [Path(one).resolve() for one in os.environ.get(VARIABLE, "").split(os.pathsep) if one]
    for folder in found:
        if not folder.is_dir():
            raise MicrofemError(f"{VARIABLE} names {folder}, which is no folder; correct it or take it out")
    return found


def load_modules(group: str) -> None:
    """Import the modules of all folders and the entry points of a group, so that they register what they define.

    Folders go to the end of the search path, where processes that work for this one find them too.

    Raises:
        MicrofemError: a module cannot be imported, or has the name of another one.
    """
    for folder in folders():
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        for path in sorted(folder.glob("*.py")):
            _import(path)
    for one in entry_points(group=group):
        _load(one)


def _import(path: Path) -> None:
    if not path.stem.isidentifier():
        raise MicrofemError(f"the extension {path} has a name that no module can have; rename it")
    found = importlib.util.find_spec(path.stem)
    if found is None or found.origin is None or Path(found.origin).resolve() != path:
        raise MicrofemError(f"the extension {path} has the name of another module; rename it")
    try:
        importlib.import_module(path.stem)
    except Exception as error:
        raise MicrofemError(f"the extension {path} cannot be loaded: {type(error).__name__}: {error}") from error


def _load(one: EntryPoint) -> object:
    try:
        return one.load()
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise MicrofemError(f"the entry point {one.name} of {one.group} cannot be loaded: {told}") from error


def library(kind: str) -> dict[str, Traversable]:
    """Return the library files of a kind, `materials` or `techniques`, by name: microfem's own and those added.

    An entry point names a package that holds the files.

    Raises:
        MicrofemError: two files have one name.
    """
    owner = {"materials": "microfem.materials", "techniques": "microfem.fabrication"}[kind]
    places = [files(owner) / "data", *(folder / kind for folder in folders() if (folder / kind).is_dir())]
    places += [files(one.module) for one in entry_points(group=f"microfem.{kind}")]
    found: dict[str, Traversable] = {}
    for place in places:
        for file in place.iterdir():
            name = file.name.removesuffix(".yaml")
            if name == file.name:
                continue
            if name in found:
                raise MicrofemError(f"two files of {kind} are called '{name}': {found[name]} and {file}; rename one")
            found[name] = file
    return dict(sorted(found.items()))


@cache
def code_version() -> str:
    """Return what identifies the code that computes: versions of microfem and of packages that add to it, and a hash of
    the modules in folders of extensions."""
    packages = {
        one.dist.name: one.dist.version
        for group in GROUPS
        for one in entry_points(group=f"microfem.{group}")
        if one.dist
    }
    modules = [path.read_bytes() for folder in folders() for path in sorted(folder.glob("*.py"))]
    told = [version("microfem"), *(f"{name} {packages[name]}" for name in sorted(packages))]
    if modules:
        told.append(hashlib.sha256(b"\0".join(modules)).hexdigest()[:16])
    return ", ".join(told)
