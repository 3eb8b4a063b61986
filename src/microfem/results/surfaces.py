"""What a camera above a device sees of a stored case, along its load path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.dic.computed import SurfacePath, load_of, named, path_of, require_view, surface_of
from microfem.results.files import GRID
from microfem.results.stored import Floats, Stored, read_fields
from microfem.results.summary import StoredState, open_summary

FIELD = "displacement"


def stored_path(folder: Path, design: str = "", case: str = "") -> SurfacePath:
    """Return what a camera sees of a case of a run; design, case: "" for the only ones that have a displacement.

    Raises:
        MicrofemError: the run has no such case, or several and none is named; a file is missing or damaged.
    """
    designs = open_summary(folder).designs
    found = [
        (name, one)
        for name, result in designs.items()
        for one in result.cases
        if design in ("", name) and case in ("", one) and _moves(folder, name, one)
    ]
    if len(found) != 1:
        raise MicrofemError(_which(folder, found, [*designs], design, case))
    [(design, case)] = found
    return case_path(folder / "designs" / design, case, designs[design].cases[case].states)


def case_path(place: Path, case: str, states: Sequence[StoredState]) -> SurfacePath:
    """Return what a camera sees of a case; place: folder of its design.

    Raises:
        MicrofemError: no camera sees the case whole; a file is missing or damaged.
    """
    last = read_fields(place / f"{case}{GRID}")
    require_view(str(last.about["dimension"]))
    columns = 3 if last.about["dimension"] == "3d" else 2
    surface = surface_of(
        last.points[:, :columns],
        last.nodes,
        np.asarray(last.grid.cell_data["region"], dtype=np.int64),
        tuple(last.about["regions"]),
        last.at_nodes[FIELD][:, :columns],
    )
    if not states:
        return path_of(surface, [(1.0, last.at_nodes[FIELD])], named({}), linear=True)
    numbered = [(load_of(one.numbers, one.at), _moved(place / one.file, last)) for one in states]
    return path_of(surface, numbered, named(states[-1].numbers))


def _moved(file: Path, last: Stored) -> Floats:
    """Return the displacements of one state.

    Raises:
        MicrofemError: it lies on another mesh.
    """
    moved = read_fields(file).at_nodes[FIELD]
    if moved.shape != last.at_nodes[FIELD].shape:
        raise MicrofemError(f"{file} has another mesh than the end of its path; run the study again")
    return moved


def _moves(folder: Path, design: str, case: str) -> bool:
    """Tell whether a case has a displacement, by the description beside its fields."""
    from microfem.results.description import read_description
    from microfem.results.files import ABOUT

    about = read_description(folder / "designs" / design / f"{case}{ABOUT}")
    return FIELD in about.get("fields", {})


def _which(folder: Path, found: list[tuple[str, str]], designs: list[str], design: str, case: str) -> str:
    """Return why not one case is meant, and what to state."""
    if design and design not in designs:
        return f"no design '{design}' in {folder}{did_you_mean(design, designs)}"
    if not found:
        meant = f" of design '{design}'" if design else ""
        return f"{folder}: no case{f' {case!r}' if case else ''}{meant} has a displacement; name one of mechanics"
    listed = ", ".join(f"--design {name} --case {one}" for name, one in found[:6])
    return f"{folder} has {len(found)} cases with a displacement; state one: {listed}"
