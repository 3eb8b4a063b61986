"""What the viewer shows, as one record, and what there is to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from microfem.errors import MicrofemError
from microfem.render.panel import Floats, Stored, magnitude, read_case
from microfem.render.plot import varied
from microfem.render.scene import SOFT
from microfem.store import SUMMARY, read_summary
from microfem.units import format_quantity, pretty_unit

MOST = 4  # designs beside each other
AXES = {"3d": "xyz", "plan": "xy", "section": "xz"}
KEPT = 8  # cases held in memory


@dataclass(frozen=True)
class Shown:
    """What is shown: every control of the viewer is one of these.

    quantity: a field, or `field:component`; factor: of the displacement; load: of a load path, None is its end;
    normal: of the clip plane, "" for none; place: of that plane, from 0 to 1 of the layout; hidden: region names;
    shared: one colour range for all designs; among: other designs whose values that range spans as well.
    """

    designs: tuple[str, ...]
    case: str
    quantity: str
    factor: float = 1.0
    load: float | None = None
    ghost: bool = True
    outlines: bool = True
    shared: bool = True
    log: bool = False
    normal: str = ""
    place: float = 0.5
    hidden: frozenset[str] = frozenset()
    among: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Case:
    """A case of one design as saved: its grid, and the load path if there is one.

    loads: (n,), the first 0; points: (n, npoints, 3) um at each, both empty without a path.
    """

    stored: Stored
    loads: Floats
    points: Floats

    @property
    def axes(self) -> str:
        """Return the axes in which it lies."""
        return AXES[str(self.stored.about["dimension"])]

    def step(self, load: float | None) -> int:
        """Return the stored state nearest to a load."""
        return len(self.loads) - 1 if load is None or not len(self.loads) else int(np.abs(self.loads - load).argmin())

    def at_end(self, load: float | None) -> bool:
        """Tell whether a load is the last one, for which the fields are stored."""
        return self.step(load) == len(self.loads) - 1

    @property
    def moves(self) -> bool:
        """Tell whether there is a displacement to draw."""
        return len(self.loads) > 1 or "displacement" in self.stored.grid.point_data


@dataclass(frozen=True, eq=False)
class Run:
    """A folder of results.

    fields: the designs and cases whose fields were there when it was opened; written: when it was made, ns.
    """

    folder: Path
    summary: dict[str, Any]
    fields: frozenset[tuple[str, str]]
    written: int

    @property
    def designs(self) -> tuple[str, ...]:
        """Return the designs that have fields."""
        return tuple(name for name, one in self.summary["designs"].items()
                     if any(self.has(name, case) for case in one["cases"]))  # fmt: skip

    def cases(self, designs: tuple[str, ...]) -> tuple[str, ...]:
        """Return the cases that any of the designs has."""
        return tuple(dict.fromkeys(case for name in designs for case in self.summary["designs"][name]["cases"]
                                   if self.has(name, case)))  # fmt: skip

    def has(self, design: str, case: str) -> bool:
        """Tell whether a design has fields of a case; a case may give numbers alone."""
        return (design, case) in self.fields

    def read(self, design: str, case: str) -> Case:
        """Read a case, or take it from those read before.

        Raises:
            MicrofemError: it cannot be read, or the results have been written anew.
        """
        return _read(self.folder, design, case, self.written)

    def told(self, design: str, case: str, load: float | None) -> tuple[str, ...]:
        """Return what the history tells of the state nearest to a load, `name value unit` each."""
        rows = self.summary["designs"][design]["cases"].get(case, {}).get("history") or []
        if not rows:
            return ()
        row = rows[-1] if load is None else min(rows, key=lambda one: abs(one["load"] - load))
        if load is not None and abs(row["load"] - load) > 1e-6:
            return (f"load {load:.4g}",)
        numbers = [f"{name.replace('_', ' ')} {format_quantity(value, unit)}"
                   for name, (value, unit) in row["numbers"].items()]  # fmt: skip
        values = [f"{name.replace('_', ' ')} {format_quantity(one['value'], one['unit'])}"
                  for name, one in row["values"].items() if one.get("value") is not None]  # fmt: skip
        return (f"load {row['load']:.4g}", *numbers, *values)


def open_run(folder: Path) -> Run:
    """Open a folder of results.

    Raises:
        MicrofemError: there are none, or no design has fields.
    """
    summary = read_summary(folder)
    if not summary:
        raise MicrofemError(f"{folder} holds no results; run a study into it with: microfem run STUDY -o {folder}")
    fields = frozenset((name, case) for name, one in summary["designs"].items() for case in one["cases"]
                       if (folder / "designs" / name / f"{case}.vtkhdf").is_file())  # fmt: skip
    run = Run(folder, summary, fields, _written(folder))
    if not run.designs:
        raise MicrofemError(f"no design in {folder} has fields to show")
    return run


def _written(folder: Path) -> int:
    """Return when the results were made, ns; 0 where there are none."""
    path = folder / SUMMARY
    return path.stat().st_mtime_ns if path.is_file() else 0


@lru_cache(maxsize=KEPT)
def _read(folder: Path, design: str, case: str, written: int) -> Case:
    if _written(folder) != written:
        raise MicrofemError(f"{folder} has been written anew or taken away; stop the viewer and start it again")
    place = folder / "designs" / design
    stored = read_case(place, case)
    path = place / f"{case}.steps.npz"
    if not path.is_file():
        return Case(stored, np.empty(0), np.empty((0, stored.grid.n_points, 3)))
    try:
        with np.load(path, allow_pickle=False) as steps:
            loads, points = np.asarray(steps["load"], dtype=float), np.asarray(steps["points"], dtype=float)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise MicrofemError(f"{path} cannot be read ({error}); run the study again") from None
    if points.shape != (len(loads), stored.grid.n_points, 3):
        raise MicrofemError(f"{path} is of another mesh than {case}.vtkhdf; run the study again")
    return Case(stored, loads, points)


def sweep(run: Run) -> tuple[tuple[str, str], ...]:
    """Return the designs in the order of the one number in which they differ, and what it is in each; else none."""
    found = varied({name: run.summary["designs"][name] for name in run.designs})
    if not found:
        return ()
    name, unit = found
    numbers = {design: run.summary["designs"][design]["params"][name] for design in run.designs}
    return tuple((design, f"{name.replace('_', ' ')} {format_quantity(numbers[design], unit)}")
                 for design in sorted(numbers, key=numbers.__getitem__))  # fmt: skip


def first(run: Run, design: str = "", case: str = "") -> Shown:
    """Return what is shown at the start: the design asked for, or the first ones beside each other.

    Raises:
        MicrofemError: no such design or case.
    """
    if design and design not in run.designs:
        raise MicrofemError(f"no result of design '{design}' in {run.folder}; there are {', '.join(run.designs)}")
    designs = (design,) if design else run.designs[:MOST]
    cases = run.cases(designs)
    if case and case not in cases:
        raise MicrofemError(f"no case '{case}' in {run.folder}; there are {', '.join(cases)}")
    return chosen(run, designs, case or cases[0])


def chosen(run: Run, designs: tuple[str, ...], case: str) -> Shown:
    """Return what is shown of a case that is opened: its first field, without what hides it."""
    one = run.read(next(name for name in designs if run.has(name, case)), case)
    return Shown(designs[:MOST], case, next(iter(quantities(one))), hidden=soft(one))


def soft(case: Case) -> frozenset[str]:
    """Return the regions that hide what carries load: soft ones of loaded devices in 3D."""
    about = case.stored.about
    if about["dimension"] != "3d" or not case.moves or about["physics"] == "bridges":
        return frozenset()
    hidden = {name for name, role in about["regions"].items() if role in SOFT}
    return frozenset(hidden) if hidden < set(about["regions"]) else frozenset()


def quantities(case: Case) -> dict[str, str]:
    """Return what can be shown: scalars, lengths and components of vectors, components of tensors; name to label."""
    found = {}
    for name in case.stored.about["fields"]:
        label, unit = case.stored.field(name)
        told = f" ({pretty_unit(unit)})" if unit not in ("1", "") else ""
        found.update({key: f"{label}{part}{told}" for key, part in _parts(case, name)})
    return found


def _parts(case: Case, name: str) -> list[tuple[str, str]]:
    """Return key and suffix of what can be shown of a field."""
    grid = case.stored.grid
    data = grid.point_data[name] if name in grid.point_data else grid.cell_data[name]
    axes, width = case.axes, 1 if np.ndim(data) == 1 else np.shape(data)[1]
    if width == 1:
        return [(name, "")]
    if width == 3:
        return [(name, ""), *((f"{name}:{'xyz'.index(axis)}", f", {axis}") for axis in axes)]
    n = round(width**0.5)
    return [(f"{name}:{n * i + j}", f", {axes[i]}{axes[j]}") for i in range(n) for j in range(i, n)]


def at_points(case: Case, quantity: str) -> bool:
    """Tell whether a quantity is given at points, and not in cells."""
    return quantity.partition(":")[0] in case.stored.grid.point_data


def unit_of(case: Case, quantity: str) -> str:
    """Return the unit of a quantity."""
    return case.stored.field(quantity.partition(":")[0])[1]


def values(case: Case, quantity: str, load: float | None) -> Floats | None:
    """Return what is shown at a load, one value for each point or cell; None where it is not stored.

    Fields are stored for the end of a load path. A displacement is known all along it.
    """
    name, _, component = quantity.partition(":")
    grid = case.stored.grid
    if case.at_end(load):
        data = np.asarray(grid.point_data[name] if name in grid.point_data else grid.cell_data[name], dtype=float)
    elif name == "displacement":
        data = motion(case, name, load)
    else:
        return None
    return np.asarray(data[:, int(component)]) if component else magnitude(data)


def motion(case: Case, field: str, load: float | None) -> Floats:
    """Return by how much each point has moved (npoints, 3) at a load, um; zero where nothing moves."""
    grid = case.stored.grid
    name = case.stored.displacement(field)
    if name in grid.point_data and (case.at_end(load)):
        return np.nan_to_num(np.asarray(grid.point_data[name], dtype=float))
    if len(case.loads):
        return np.asarray(case.points[case.step(load)] - case.points[0])
    return np.zeros((grid.n_points, 3))


def rest(case: Case) -> Floats:
    """Return where the points are before any load (npoints, 3), um."""
    return np.asarray(case.points[0] if len(case.loads) else case.stored.grid.points, dtype=float)
