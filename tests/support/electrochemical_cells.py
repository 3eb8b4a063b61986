"""Strips of an electrochemical cell, one-dimensional across their layers, and what a case makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from microfem.layout import Region
from microfem.materials import Material, Property
from microfem.materials.dependence import dependence
from microfem.materials.material import PROPERTIES
from microfem.mesh import Mesh
from microfem.physics.electrochemistry.solution import CellSolution
from support.cells import grid, make_layout, record
from support.materials import matter
from support.solving import solve

Floats = NDArray[np.float64]

F, R, T = 96485.33212331, 8.31446261815324, 298.15  # exact constants of the SI, and the temperature of all cases
VOLTS = R * T / F
NARROW = 0.01  # width of a strip over the size of its cells: nothing varies across it

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
    """Return a section of layers above each other; a layer: its name, which is its role, its material and its ticks.

    ticks: from 0 to the thickness, um; wide: of the strip, um, else so narrow that nothing varies across it.
    """
    heights = [np.asarray(ticks, dtype=float) for _, _, ticks in layers]
    base = np.concatenate([[0.0], np.cumsum([ticks[-1] for ticks in heights])])
    z = np.concatenate([[0.0], *(low + ticks[1:] for low, ticks in zip(base, heights, strict=False))])
    wide = NARROW * float(np.diff(z).min()) if wide is None else wide
    points, cells = grid(np.array([0.0, wide]), z)
    names = tuple(name for name, _, _ in layers)
    line = shapely.box(0.0, -1.0, wide, 1.0)
    regions = [
        Region(name=name, role=name, footprint=line, z=(low, high))
        for name, low, high in zip(names, base, base[1:], strict=False)
    ]
    layout = make_layout(regions, laws={name: law for name, law, _ in layers}, feature=base[-1], gap=base[-1])
    owner = np.digitize(points[cells, 1].mean(axis=1), base[1:-1])
    return record(points, cells, layout, "section", owner, names)


def even(thickness: float, count: int) -> Floats:
    """Return ticks of equal cells."""
    return np.linspace(0.0, thickness, count + 1)


def plates(gap: float, count: int, electrolyte: Material, metal: Material, ticks: Floats | None = None) -> Mesh:
    """Return two plates of metal with `count` cells of electrolyte, or cells between ticks, in the gap."""
    between = even(gap, count) if ticks is None else ticks
    return strip(("anode", metal, [0.0, 1.0]), ("electrolyte", electrolyte, between), ("cathode", metal, [0.0, 1.0]))


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
