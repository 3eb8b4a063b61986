"""Registries: families, physics and metrics are found because their file exists.

A registry imports the modules of one package when it is first asked, then those that extend it from elsewhere, and
each module registers what it defines. Nothing else has to know the list of names.
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
    """A name that is in no registry, with the nearest one that is."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?`, or the list of known names where nothing is near."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(names)}"


class Registry(Generic[T]):
    """Named things of one kind, defined by the modules of one package."""

    def __init__(self, kind: str, package: str) -> None:
        self.kind, self._package = kind, package
        self._things: dict[str, T] = {}
        self._loaded = False

    def add(self, name: str, thing: T) -> None:
        """Register a thing under its name.

        Raises:
            ValueError: the name is taken.
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
        """Return the thing of that name.

        Raises:
            UnknownName: there is none; the message names the nearest.
        """
        names = self.names()
        if name not in self._things:
            raise UnknownName(f"unknown {self.kind} '{name}'{did_you_mean(name, names)}")
        return self._things[name]
