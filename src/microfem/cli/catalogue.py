"""The commands list, show, new and schema: what studies may state."""

from __future__ import annotations

from typing import Annotated

import typer

from microfem.cli.completion import names, shown, words


def list_(
    what: Annotated[
        str,
        typer.Argument(
            help="families, materials, metrics, curves, physics, techniques or dic-programs",
            show_default=False,
            autocompletion=words("KINDS"),
        ),
    ],
) -> None:
    """List families, materials, metrics, curves, physics, techniques or programs of image correlation."""
    from microfem.study.catalogue import listing

    entries = listing(what)
    wide = max((len(name) for name, _ in entries), default=0)
    for name, summary in entries:
        print(f"{name:{wide}s}  {summary}")


def show(
    what: Annotated[
        str,
        typer.Argument(
            help="family, material, metric, curve, physics, technique or dic-program",
            show_default=False,
            autocompletion=words("THINGS"),
        ),
    ],
    name: Annotated[str, typer.Argument(show_default=False, autocompletion=shown)],
) -> None:
    """Show the details of one entry: a family's parameters, a material's values with their sources."""
    from microfem.study.catalogue import details

    print(details(what, name))


def new(
    family: Annotated[
        str, typer.Argument(help="a family's name", show_default=False, autocompletion=names("families"))
    ],
    study: Annotated[
        bool, typer.Option("--study", help="print a whole study of one design, to run and to edit")
    ] = False,
) -> None:
    """Print a geometry file of a family with every parameter at its default, or a whole study of it."""
    from microfem.study.template import study_template, template

    print(study_template(family) if study else template(family), end="")


def schema() -> None:
    """Print the JSON Schema of study files, for editors."""
    import json

    from microfem.study.catalogue import study_schema

    print(json.dumps(study_schema(), indent=1))
