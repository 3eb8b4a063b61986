"""What the viewer shows, as one record, and what there is to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.units import format_quantity
from microfem.render.plot import varied
from microfem.render.scene import SOFT
from microfem.render.stored import Floats, Stored, read_case
from microfem.results.store import SUMMARY, read_summary

MOST_SHOWN = 4  # designs beside each other
AXES = {"3d": "xyz", "plan": "xy", "section": "xz"}
KEPT = 8  # cases held in memory


@dataclass(frozen=True, kw_only=True)
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
class StoredCase:
    """A case of one design as saved: its grid, and the load path if there is one.

    loads: (n,), the first 0; points: (n, npoints, 3) um at each, of all points; both empty without a path.
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
        return len(self.loads) > 1 or "displacement" in self.stored.at_nodes


@dataclass(frozen=True, eq=False)
class OpenRun:
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

    def read(self, design: str, case: str) -> StoredCase:
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


def open_run(folder: Path) -> OpenRun:
    """Open a folder of results.

    Raises:
        MicrofemError: there are none, or no design has fields.
    """
    summary = read_summary(folder)
    if not summary:
        raise MicrofemError(f"{folder} holds no results; run a study into it with: microfem run STUDY -o {folder}")
    fields = frozenset((name, case) for name, one in summary["designs"].items() for case in one["cases"]
                       if (folder / "designs" / name / f"{case}.vtkhdf").is_file())  # fmt: skip
    run = OpenRun(folder, summary, fields, _written(folder))
    if not run.designs:
        raise MicrofemError(f"no design in {folder} has fields to show")
    return run


def _written(folder: Path) -> int:
    """Return when the results were made, ns; 0 where there are none."""
    path = folder / SUMMARY
    return path.stat().st_mtime_ns if path.is_file() else 0


@lru_cache(maxsize=KEPT)
def _read(folder: Path, design: str, case: str, written: int) -> StoredCase:
    if _written(folder) != written:
        raise MicrofemError(f"{folder} has been written anew or taken away; stop the viewer and start it again")
    place = folder / "designs" / design
    stored = read_case(place, case)
    path = place / f"{case}.steps.npz"
    if not path.is_file():
        return StoredCase(stored, np.empty(0), np.empty((0, len(stored.points), 3)))
    try:
        with np.load(path, allow_pickle=False) as steps:
            loads, points = np.asarray(steps["load"], dtype=float), np.asarray(steps["points"], dtype=float)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise MicrofemError(f"{path} cannot be read ({error}); run the study again") from None
    if points.shape != (len(loads), len(stored.points), 3):
        raise MicrofemError(f"{path} is of another mesh than {case}.vtkhdf; run the study again")
    return StoredCase(stored, loads, points)


def sweep(run: OpenRun) -> tuple[tuple[str, str], ...]:
    """Return the designs in the order of the one number in which they differ, and what it is in each; else none."""
    found = varied({name: run.summary["designs"][name] for name in run.designs})
    if not found:
        return ()
    name, unit = found
    numbers = {design: run.summary["designs"][design]["params"][name] for design in run.designs}
    return tuple((design, f"{name.replace('_', ' ')} {format_quantity(numbers[design], unit)}")
                 for design in sorted(numbers, key=numbers.__getitem__))  # fmt: skip


def first(run: OpenRun, design: str = "", case: str = "") -> Shown:
    """Return what is shown at the start: the design asked for, or the first ones beside each other.

    Raises:
        MicrofemError: no such design or case.
    """
    if design and design not in run.designs:
        raise MicrofemError(f"no result of design '{design}' in {run.folder}; there are {', '.join(run.designs)}")
    designs = (design,) if design else run.designs[:MOST_SHOWN]
    cases = run.cases(designs)
    if case and case not in cases:
        raise MicrofemError(f"no case '{case}' in {run.folder}; there are {', '.join(cases)}")
    return chosen(run, designs, case or cases[0])


def chosen(run: OpenRun, designs: tuple[str, ...], case: str) -> Shown:
    """Return what is shown of a case that is opened: its first field, without what hides it."""
    one = run.read(next(name for name in designs if run.has(name, case)), case)
    return Shown(designs=designs[:MOST_SHOWN], case=case, quantity=next(iter(quantities(one))), hidden=soft(one))


def soft(case: StoredCase) -> frozenset[str]:
    """Return the regions that hide what carries load: soft ones of loaded devices in 3D."""
    about = case.stored.about
    if about["dimension"] != "3d" or not case.moves or about["physics"] == "bridges":
        return frozenset()
    hidden = {name for name, role in about["regions"].items() if role in SOFT}
    return frozenset(hidden) if hidden < set(about["regions"]) else frozenset()


def quantities(case: StoredCase) -> dict[str, str]:
    """Return what can be shown: scalars, lengths and components of vectors, components of tensors; name to label."""
    return {
        key: case.stored.label(name, part) for name in case.stored.about["fields"] for key, part in _parts(case, name)
    }


def _parts(case: StoredCase, name: str) -> list[tuple[str, str]]:
    """Return key and suffix of what can be shown of a field."""
    stored = case.stored
    data = stored.at_nodes[name] if name in stored.at_nodes else stored.grid.cell_data[name]
    axes, width = case.axes, 1 if np.ndim(data) == 1 else np.shape(data)[1]
    if width == 1:
        return [(name, "")]
    if width == 3:
        return [(name, ""), *((f"{name}:{'xyz'.index(axis)}", f", {axis}") for axis in axes)]
    n = round(width**0.5)
    return [(f"{name}:{n * i + j}", f", {axes[i]}{axes[j]}") for i in range(n) for j in range(i, n)]


def unit_of(case: StoredCase, quantity: str) -> str:
    """Return the unit in which a quantity is shown."""
    return case.stored.unit(quantity.partition(":")[0])[0]


def known(case: StoredCase, quantity: str, load: float | None) -> bool:
    """Tell whether a quantity is stored at a load: fields are for the end of a path, a displacement all along it."""
    return case.at_end(load) or quantity.partition(":")[0] == "displacement"


def values(case: StoredCase, quantity: str, load: float | None) -> Floats | None:
    """Return what stands for a quantity's field at a load before the end, (npoints, 3); None at the end."""
    return None if case.at_end(load) else motion(case, quantity.partition(":")[0], load)


def motion(case: StoredCase, field: str, load: float | None) -> Floats:
    """Return by how much each point has moved (npoints, 3) at a load, um; zero where nothing moves."""
    name = case.stored.displacement(field)
    if name in case.stored.at_nodes and case.at_end(load):
        return np.nan_to_num(case.stored.at_nodes[name])
    if len(case.loads):
        return np.asarray(case.points[case.step(load)] - case.points[0])
    return np.zeros((len(case.stored.points), 3))


def rest(case: StoredCase) -> Floats:
    """Return where the points are before any load (npoints, 3), um."""
    return np.asarray(case.points[0] if len(case.loads) else case.stored.points, dtype=float)
