"""Records that show themselves in a notebook."""

from __future__ import annotations

from importlib import import_module

DRAWN_BY = "microfem.api.html"  # found by its name, as a registry finds its package: records import no pictures


class Shown:
    """A record that a notebook shows as a table or a picture, which the package of programs' functions makes."""

    def _repr_html_(self) -> str:
        return str(import_module(DRAWN_BY).html(self))
