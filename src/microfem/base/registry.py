"""Registries of families, physics and metrics, which need no list of names: a file in the package is enough.

At its first use a registry imports the modules of one package, then those of extensions; each module registers its
definitions.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable
from typing import Generic, TypeVar

from microfem.base.errors import MicrofemError
from microfem.base.extensions import load_modules

T = TypeVar("T")


class UnknownName(MicrofemError):
    """An unknown name; the message suggests the nearest known name."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?`, or the list of known names if none is similar.

    A name that shares at least two words is more similar than one of similar letters.
    """
    names, words = list(known), set(name.split("_"))
    shared = {one: len(words.intersection(one.split("_"))) for one in names}
    most = max(shared.values(), default=0)
    alike = [one for one in names if shared[one] == most] if most > 1 else names
    near = difflib.get_close_matches(name, alike, n=1, cutoff=0.0 if most > 1 else 0.6)
    return f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(names)}"


class Registry(Generic[T]):
    """The named definitions of one kind in the modules of one package."""

    def __init__(self, kind: str, package: str) -> None:
        self.kind, self._package = kind, package
        self._things: dict[str, T] = {}
        self._loaded = False

    def add(self, name: str, thing: T) -> None:
        """Register a definition under its name.

        Raises:
            ValueError: the name is already registered.
        """
        if name in self._things:
            raise ValueError(f"two definitions of {self.kind} '{name}'")
        self._things[name] = thing

    def names(self) -> list[str]:
        """Return all names, in alphabetical order."""
        if not self._loaded:
            package = importlib.import_module(self._package)
            for module in pkgutil.walk_packages(package.__path__, f"{self._package}."):
                importlib.import_module(module.name)
            load_modules(self._package)
            self._loaded = True
        return sorted(self._things)

    def get(self, name: str) -> T:
        """Return the definition of that name.

        Raises:
            UnknownName: the name is not registered; the message suggests the nearest name.
        """
        names = self.names()
        if name not in self._things:
            raise UnknownName(f"unknown {self.kind} '{name}'{did_you_mean(name, names)}")
        return self._things[name]
