"""Strips of an electrochemical cell, one-dimensional across their layers, and what a case makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from microfem.electrochemistry.impedance import CellImpedance, impedance_of
from microfem.electrochemistry.measured_at import read_at
from microfem.layout import Region
from microfem.materials import Material, Property
from microfem.materials.dependence import dependence
from microfem.materials.material import PROPERTIES
from microfem.mesh import Mesh
from microfem.physics.electrochemistry.cell import CellCase
from microfem.physics.electrochemistry.solution import CellSolution
from support.cells import grid, make_layout, record
from support.materials import matter
from support.solving import read_case, solve

Floats = NDArray[np.float64]

F, R, T = 96485.33212331, 8.31446261815324, 298.15  # exact constants of the SI, and the temperature of all cases
VOLTS = R * T / F
NARROW = 0.3  # width of a strip over the size of its cells: hardly anything varies across it
BLOCK = (0.0, 10.0)  # ticks of a metal

SALT = {
    "conductivity": 2.0,
    "diffusivity": 3e-10,
    "transference_number": 0.4,
    "concentration": 1000.0,
    "cation_charge": 2.0,
    "anion_charge": 2.0,
}
ZINC = {"conductivity": 1.7e7, "exchange_current_density": 10.0}


def salt(**more: float) -> Material:
    """Return an electrolyte of zinc sulphate with constant properties; more: those that differ."""
    return matter(**{**SALT, **more})


def zinc(**more: float) -> Material:
    """Return the metal of an electrode; more: properties that differ."""
    return matter(**{**ZINC, **more})


def tabled(material: Material, name: str, of: str, points: Sequence[tuple[float, float]]) -> Material:
    """Return a material with a property against a state; the interpolation of two points is their straight line."""
    middle = 0.5 * (points[0][1] + points[-1][1])
    stated = Property(value=middle, unit=PROPERTIES[name], source="made for a test", table=dependence(of, points))
    return replace(material, properties={**material.properties, name: stated})


def strip(*layers: tuple[str, Material, Sequence[float] | Floats], wide: float | None = None) -> Mesh:
    """Return a section of layers above each other; a layer: its name, its material and its ticks.

    A name is a role, or a role with a number, such as anode_2.
    ticks: from 0 to the thickness, um; wide: of the strip, um, else so narrow that hardly anything varies across it.
    """
    heights = [np.asarray(ticks, dtype=float) for _, _, ticks in layers]
    base = np.concatenate([[0.0], np.cumsum([ticks[-1] for ticks in heights])])
    z = np.concatenate([[0.0], *(low + ticks[1:] for low, ticks in zip(base, heights, strict=False))])
    wide = NARROW * float(np.diff(z).min()) if wide is None else wide
    points, cells = grid(np.array([0.0, wide]), z)
    names = tuple(name for name, _, _ in layers)
    gap = heights[names.index("electrolyte")][-1]
    line = shapely.box(0.0, -1.0, wide, 1.0)
    regions = [
        Region(name=name, role=name.partition("_")[0], footprint=line, z=(low, high))
        for name, low, high in zip(names, base, base[1:], strict=False)
    ]
    layout = make_layout(regions, laws={name: law for name, law, _ in layers}, feature=base[-1], gap=gap)
    owner = np.digitize(points[cells, 1].mean(axis=1), base[1:-1])
    return record(points, cells, layout, "section", owner, names)


def even(thickness: float, count: int) -> Floats:
    """Return ticks of equal cells."""
    return np.linspace(0.0, thickness, count + 1)


def plates(gap: float, count: int, electrolyte: Material, metal: Material, **more: Any) -> Mesh:
    """Return two plates of metal with `count` cells of electrolyte in the gap; more: its `ticks`, and `wide`."""
    between = more.get("ticks", even(gap, count))
    return strip(("anode", metal, BLOCK), ("electrolyte", electrolyte, between), ("cathode", metal, BLOCK),
                 wide=more.get("wide"))  # fmt: skip


def cell(mesh: Mesh, protocol: Sequence[str], **more: Any) -> CellSolution:
    """Return the solution of a cell between two metals, or what `electrodes` states, after its protocol."""
    stated: Mapping[str, Any] = {
        "physics": "cell",
        "electrodes": {"anode": "metal", "cathode": "metal"},
        "protocol": list(protocol),
        "temperature": f"{T} K",
        **more,
    }
    solution = solve(mesh, stated)
    assert isinstance(solution, CellSolution)
    return solution


def orders(errors: Sequence[float], factor: float = 2.0) -> Floats:
    """Return the observed orders of convergence of errors whose mesh or tolerance shrinks by a factor each time."""
    return np.log(np.divide(errors[:-1], errors[1:])) / np.log(factor)


PASTE = {
    "conductivity": 10.0,
    "porosity": 0.4,
    "bruggeman": 1.5,
    "active_fraction": 0.45,
    "particle_radius": 1.0,
    "max_concentration": 50000.0,
    "solid_diffusivity": 1e-15,
    "exchange_current_density": 1.0,
}


def paste(open_circuit: Sequence[tuple[float, float]] = ((0.0, 1.3), (1.0, 1.3)), **more: float) -> Material:
    """Return a porous electrode of particles; open_circuit: (filling, V), constant if not given."""
    return tabled(matter(**{**PASTE, **more}), "open_circuit_potential", "filling", open_circuit)


def half_cell(cathode: Material, ticks: Sequence[float] | Floats, gap: float = 20.0, **liquid: float) -> Mesh:
    """Return an anode, two cells of electrolyte and a cathode between ticks."""
    return strip(("anode", zinc(), BLOCK), ("electrolyte", salt(**liquid), even(gap, 2)),
                 ("cathode", cathode, ticks))  # fmt: skip


def against_ideal(cathode: str | dict[str, Any], filling: str | None = "50 %") -> dict[str, Any]:
    """Return what a case states of an ideal anode and a cathode that starts at a filling."""
    return {"electrodes": {"anode": "ideal", "cathode": cathode}, "start": {"cathode": filling} if filling else {}}


def slow(*values: Any) -> Any:
    """Return parameters of a slow test."""
    return pytest.param(*values, marks=pytest.mark.slow)


CARBON = {
    "conductivity": 1e7,
    "porosity": 0.5,
    "bruggeman": 1.0,
    "active_fraction": 0.3,
    "particle_radius": 1.0,
    "double_layer_capacitance": 0.1,
}  # pore walls of 0.9 um2 in a um3


def alternating(mesh: Mesh, cell: Mapping[str, Any], at: str = "start") -> CellImpedance:
    """Return the impedance of a cell on a mesh about a state; cell: what a case states of it, a rest if no protocol."""
    stated = {"physics": "cell", "dimension": mesh.dimension, "protocol": ["rest 1 s"], "temperature": f"{T} K", **cell}
    case = read_case(stated)
    assert isinstance(case, CellCase)
    return impedance_of(mesh, case.statement, read_at(at))
