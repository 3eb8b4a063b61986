"""The types of the public names for editors and type checkers: `python -m microfem.api.stub` prints `__init__.pyi`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from textwrap import indent
from typing import Any, Literal, get_args, get_origin

from microfem.api.families import described, stated
from microfem.families import FAMILIES, Family

HEAD = '''"""Types of the public names, printed by `python -m microfem.api.stub`; see `__init__.py`."""

from collections.abc import Mapping
from importlib import import_module
from typing import Literal

from microfem.layout import Placement
from microfem.layout.layers import Layers
from microfem.materials import Material
'''
COMMON = """\
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:"""


def stub() -> str:
    """Return the text of the stub: every public name, and the function of every family that comes with microfem."""
    homes: Mapping[str, str] = vars(import_module("microfem"))["_HOME"]
    imports = [f"from microfem.{homes[name]} import {name} as {name}" for name in sorted(homes)]
    families = [FAMILIES.get(name) for name in FAMILIES.names()]
    own = [one for one in families if one.function.__module__.startswith("microfem.")]
    return "\n".join([HEAD + "\n".join(imports), "", "__version__: str", "", *map(_function, own)])


def _function(family: Family) -> str:
    lines = [
        f"    {name}: {_type(kind, param.unit)} = {stated(default, param.unit)!r},"
        for name, (kind, param, default) in family.params.items()
    ]
    doc = indent(f'"""{described(family)}\n"""', "    ", lambda line: bool(line.strip()))
    return "\n".join([f"def {family.name}(", "    *,", *lines, COMMON, doc, ""])


def _type(kind: Any, unit: str) -> str:
    if unit:
        return "float | str"
    return f"Literal{list(get_args(kind))!r}" if get_origin(kind) is Literal else kind.__name__


if __name__ == "__main__":
    print(stub(), end="")
