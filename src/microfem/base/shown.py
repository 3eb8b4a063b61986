"""Notebooks: records that show themselves in one, and whether this process runs one."""

from __future__ import annotations

import sys
from importlib import import_module

DRAWN_BY = "microfem.api.html"  # found by its name, as a registry finds its package: records import no pictures


class ShownInNotebook:
    """A record that a notebook shows as a table or a picture, which the package of programs' functions makes."""

    def _repr_html_(self) -> str:
        return str(import_module(DRAWN_BY).html(self))


def in_notebook() -> bool:
    """Tell whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
