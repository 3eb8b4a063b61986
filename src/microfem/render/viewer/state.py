"""A run as the viewer reads it: its cases, and the scenes that it offers at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.units import format_quantity
from microfem.render.plot import varied
from microfem.render.scene import SOFT
from microfem.render.viewer.shown import THROUGH, Place, Shown
from microfem.results.files import GRID, SUMMARY
from microfem.results.opened import design_folder, read_folder, without_fields
from microfem.results.searches import MARK, is_search, open_search, trial_facts
from microfem.results.stored import Bools, Floats, Stored, read_case, read_fields
from microfem.results.summary import StoredState, Summary

MOST_SHOWN = 4  # designs side by side
AXES = {"3d": "xyz", "plan": "xy", "section": "xz", "axisymmetric": "xz"}
KEPT = 8  # cases held in memory
SAME = 1e-6  # difference below which two load factors are equal
PLACES = ("time", "rate", "current", "power")  # first numbers that say where a state lies: in time, or in a sweep
STATES = 16  # states of paths held in memory


@dataclass(frozen=True, eq=False)
class StoredCase:
    """A saved case of one design: its final fields, and the states of its load path, if any.

    folder: of the files of the states.
    """

    stored: Stored
    folder: Path
    states: tuple[StoredState, ...]

    @property
    def axes(self) -> str:
        """Return the axes of the case."""
        return AXES[str(self.stored.about["dimension"])]

    @property
    def moves(self) -> bool:
        """Tell whether the case has a displacement, or lies on a geometry that another case deforms."""
        return "displacement" in self.stored.at_nodes or not np.array_equal(self.first.points, self.stored.points)

    def number(self, place: Place | None) -> int:
        """Return the number of the state at a place, or of the nearest one on another path; -1 for the end."""
        if place is None or not self.states:
            return -1
        at = np.array([one.at for one in self.states])
        same = place.number < len(at) and abs(at[place.number] - place.at) < SAME
        return place.number if same else int(np.abs(at - place.at).argmin())

    def at(self, place: Place | None) -> Stored:
        """Return the fields of a state."""
        number = self.number(place)
        return self.stored if number < 0 else _state(self, number % len(self.states))

    @property
    def first(self) -> Stored:
        """The unloaded fields."""
        return _state(self, 0) if self.states else self.stored


@lru_cache(maxsize=STATES)
def _state(case: StoredCase, number: int) -> Stored:
    path = case.folder / case.states[number].file
    stored = read_fields(path)
    if not np.array_equal(stored.nodes, case.stored.nodes):
        raise MicrofemError(f"{path} and the end of its path have different meshes; run the study again")
    return stored


@dataclass(frozen=True, eq=False, kw_only=True)
class OpenRun:
    """A folder of results.

    fields: designs and cases with saved fields; written: time of the results, ns; facts: lines on each trial of a
    search, its parameters and metrics.
    """

    folder: Path
    summary: Summary
    fields: frozenset[tuple[str, str]]
    written: int
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def designs(self) -> tuple[str, ...]:
        """Return the designs that have fields."""
        return tuple(
            name for name, one in self.summary.designs.items() if any(self.has(name, case) for case in one.cases)
        )

    def cases(self, designs: tuple[str, ...]) -> tuple[str, ...]:
        """Return the cases of the designs, each once."""
        return tuple(
            dict.fromkeys(case for name in designs for case in self.summary.designs[name].cases if self.has(name, case))
        )

    def has(self, design: str, case: str) -> bool:
        """Tell whether a design has saved fields of a case."""
        return (design, case) in self.fields

    def having(self, designs: tuple[str, ...], case: str) -> tuple[str, ...]:
        """Return those of the designs that have saved fields of a case."""
        return tuple(name for name in designs if self.has(name, case))

    def read(self, design: str, case: str) -> StoredCase:
        """Read a case, or return it from the cache.

        Raises:
            MicrofemError: the case cannot be read, or the results have changed.
        """
        return _read(self, design, case)

    def readings(self, design: str, case: str, place: Place | None) -> tuple[str, ...]:
        """Return the facts of a trial, then where a state lies and its other numbers, each as `name value unit`."""
        one, facts = self.read(design, case), self.facts.get(design, ())
        if not one.states:
            return facts
        state = one.states[one.number(place)]
        numbers = [_reading(name, number) for name, number in state.numbers.items()]
        return (*facts, *dict.fromkeys((place_of(state), *numbers)))


def place_of(state: StoredState) -> str:
    """Return where a state lies on its path, as text: its time, the value of a sweep, or else its load factor."""
    name, number = next(iter(state.numbers.items()), ("", (0.0, "")))
    return _reading(name, number) if name in PLACES else f"load {state.at:.4g}"


def _reading(name: str, number: tuple[float, str]) -> str:
    return f"{name.replace('_', ' ')} {format_quantity(*number)}"


def open_run(folder: Path) -> OpenRun:
    """Open a folder of results.

    Raises:
        MicrofemError: the folder holds no results, or no design has fields.
    """
    summary = read_folder(folder)
    fields = frozenset(
        (name, case)
        for name, one in summary.designs.items()
        for case in one.cases
        if (design_folder(folder, name) / f"{case}{GRID}").is_file()
    )
    facts = trial_facts(open_search(folder)) if is_search(folder) else {}
    run = OpenRun(folder=folder, summary=summary, fields=fields, written=_written(folder), facts=facts)
    if not run.designs:
        raise MicrofemError(f"no design in {folder} has fields to show")
    return run


def _written(folder: Path) -> int:
    """Return the time of the results, ns; 0 without results."""
    path = folder / (MARK if is_search(folder) else SUMMARY)
    return path.stat().st_mtime_ns if path.is_file() else 0


@lru_cache(maxsize=KEPT)
def _read(run: OpenRun, design: str, case: str) -> StoredCase:
    if _written(run.folder) != run.written:
        raise MicrofemError(f"{run.folder} has been replaced or removed; restart the viewer")
    folder = design_folder(run.folder, design)
    return StoredCase(read_case(folder, case), folder, run.summary.designs[design].cases[case].states)


def sweep(run: OpenRun) -> tuple[tuple[str, str], ...]:
    """Return the designs in order, each with the text of a slider; empty if they have no order.

    Of a search these are its trials, the best first; of a run its designs along the only parameter that differs.
    """
    if is_search(run.folder):
        return tuple((name, name) for name in run.designs)
    parameter = varied({name: run.summary.designs[name] for name in run.designs})
    if not parameter:
        return ()
    name, unit = parameter
    numbers = {design: float(run.summary.designs[design].params[name]) for design in run.designs}
    return tuple(
        (design, f"{name.replace('_', ' ')} {format_quantity(numbers[design], unit)}")
        for design in sorted(numbers, key=numbers.__getitem__)
    )


def first(run: OpenRun, design: str = "", case: str = "") -> Shown:
    """Return the initial scene: the stated design, the best trial of a search, or the first designs side by side.

    Raises:
        MicrofemError: the design or the case is unknown.
    """
    if design and design not in run.designs:
        raise MicrofemError(without_fields(run.folder, design, run.designs))
    designs = (design,) if design else run.designs[: 1 if is_search(run.folder) else MOST_SHOWN]
    cases = run.cases(designs)
    if case and case not in cases:
        raise MicrofemError(f"no case '{case}' in {run.folder}; there are {', '.join(cases)}")
    return chosen(run, designs, case or cases[0])


def chosen(run: OpenRun, designs: tuple[str, ...], case: str) -> Shown:
    """Return the initial scene of a case: its first field, without the regions that hide it."""
    one = run.read(run.having(designs, case)[0], case)
    hidden = soft(one)
    normal = THROUGH if one.stored.about["dimension"] == "3d" and not hidden else ""
    return Shown(
        designs=designs[:MOST_SHOWN], case=case, quantity=next(iter(quantities(one))), hidden=hidden, normal=normal
    )


def soft(case: StoredCase) -> frozenset[str]:
    """Return the regions hidden at first: soft ones of mechanical cases in 3D, which hide the parts under load."""
    about = case.stored.about
    if about["dimension"] != "3d" or not case.moves or about["drawn_where"]:
        return frozenset()
    hidden = {name for name, role in about["regions"].items() if role in SOFT}
    return frozenset(hidden) if hidden < set(about["regions"]) else frozenset()


def quantities(case: StoredCase) -> dict[str, str]:
    """Return labels by quantity: scalars, lengths and components of vectors, components of tensors."""
    return {
        key: case.stored.label(name, part) for name in case.stored.about["fields"] for key, part in _parts(case, name)
    }


def _parts(case: StoredCase, name: str) -> list[tuple[str, str]]:
    """Return key and suffix of the label of each quantity of a field."""
    stored = case.stored
    data = stored.at_nodes[name] if name in stored.at_nodes else stored.grid.cell_data[name]
    axes, width = case.axes, 1 if np.ndim(data) == 1 else np.shape(data)[1]
    if width == 1:
        return [(name, "")]
    if width == 3:
        return [(name, ""), *((f"{name}:{'xyz'.index(axis)}", f", {axis}") for axis in axes)]
    n = round(width**0.5)
    return [(f"{name}:{n * i + j}", f", {axes[i]}{axes[j]}") for i in range(n) for j in range(i, n)]


def vector_field(case: StoredCase, quantity: str) -> str:
    """Return the field whose lines are drawn over a quantity: its own, else the first flux; "" without a vector."""
    own, names = quantity.partition(":")[0], case.stored.about["fields"]
    fluxes = [name for name in names if name in case.stored.grid.cell_data and case.stored.is_vector(name)]
    return own if case.stored.is_vector(own) else next(iter(fluxes), "")


def unit_of(case: StoredCase, quantity: str) -> str:
    """Return the unit in which a quantity is shown."""
    return case.stored.unit(quantity.partition(":")[0])[0]


def motion(case: StoredCase, field: str, place: Place | None) -> Floats:
    """Return the displacement (npoints, 3) of each point in a state, um; zero without motion."""
    now = case.at(place)
    name = now.displacement(field)
    if name in now.at_nodes:
        return np.nan_to_num(now.at_nodes[name])
    return np.asarray(now.points - case.first.points)


def rest(case: StoredCase) -> Floats:
    """Return the undeformed points (npoints, 3), um."""
    return case.first.points


def in_roles(case: StoredCase, mesh: Any, roles: Sequence[str]) -> Bools:
    """Tell which cells of a mesh lie in regions of these roles."""
    numbers = [k for k, role in enumerate(case.stored.about["regions"].values()) if role in roles]
    return np.isin(np.asarray(mesh.cell_data["region"]), numbers)
