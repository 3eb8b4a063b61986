"""Modules of capacitors behind resistors, lumped, and the same networks in the way of a textbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from microfem.mesh import Mesh
from microfem.physics.electrochemistry.solution import ModuleSolution
from support.electrochemical_cells import BLOCK, T, even, salt, strip, zinc
from support.solving import solve

Floats = NDArray[np.float64]

GAP, CAPACITANCE, KAPPA, SIGMA = 20.0, 1e4, 0.2, 1e5  # um; F/m2 of the cell; S/m of the electrolyte and of the plates
DEPTH = 1e4  # um
CAPACITOR: Mapping[str, Any] = {
    "physics": "cell",
    "dimension": "section",
    "electrodes": {"anode": "capacitor", "cathode": "capacitor"},
    "start": {"anode": "0 V", "cathode": "1 V"},
    "protocol": ["rest 1 s"],
    "transport": "fixed",
    "temperature": f"{T} K",
    "tolerance": 1e-5,
}


def capacitor() -> tuple[Mesh, float, float]:
    """Return a capacitor behind a resistor of 1 cm depth, its capacitance, uF, and its resistance, Mohm."""
    plate = zinc(double_layer_capacitance=2.0 * CAPACITANCE, conductivity=SIGMA)
    mesh = strip(("anode", plate, BLOCK), ("electrolyte", salt(conductivity=KAPPA), even(GAP, 2)),
                 ("cathode", plate, BLOCK))  # fmt: skip
    area = float(np.ptp(mesh.points[:, 0])) * DEPTH  # um2
    return mesh, CAPACITANCE * area * 1e-6, (GAP / KAPPA + 2.0 * BLOCK[1] / SIGMA) / area


def module(mesh: Mesh, of: Mapping[str, Any], arrangement: str, protocol: Sequence[str], **more: Any) -> ModuleSolution:
    """Return the solution of a module of cells that a case states, 1 cm deep."""
    stated = {"physics": "module", "of": dict(of), "arrangement": arrangement, "depth": f"{DEPTH} um",
              "protocol": list(protocol), **more}  # fmt: skip
    solution = solve(mesh, stated)
    assert isinstance(solution, ModuleSolution)
    return solution


def lumped(
    counts: tuple[int, int],
    cell: tuple[Floats, Floats, Floats],
    collectors: tuple[float, float],
    current: Callable[[float], float],
    until: float,
) -> tuple[Callable[[float], float], Callable[[float], Floats]]:
    """Return the voltage and the currents (ncells,) of a module against time, by nodal analysis and scipy's integrator.

    counts: in series and in parallel; cell: capacitances, uF, resistances, Mohm, and voltages at the start, column by
    column; collectors: resistance of strips and of tabs, Mohm; current: drawn at opposite ends, uA.
    """
    (series, parallel), (capacity, resistance, first), (strip_, tab) = counts, cell, collectors
    points = (series + 1) * parallel
    conductance = np.zeros((points, points))

    def join(a: int, b: int, siemens: float) -> None:
        conductance[[a, b], [a, b]] += siemens
        conductance[[a, b], [b, a]] -= siemens

    for column in range(series + 1):
        for row in range(parallel - 1):
            join(column * parallel + row, column * parallel + row + 1, 1.0 / strip_)
    branch = 1.0 / (resistance + 2.0 * tab)
    low = np.arange(series * parallel)
    high = low + parallel
    for a, b, siemens in zip(low, high, branch, strict=True):
        join(int(a), int(b), float(siemens))
    plus = points - 1

    def solved(t: float, charged: Floats) -> tuple[float, Floats]:
        feed = np.zeros(points)
        np.add.at(feed, high, branch * charged)
        np.add.at(feed, low, -branch * charged)
        feed[plus] -= current(t)
        u = np.concatenate([[0.0], np.linalg.solve(conductance[1:, 1:], feed[1:])])
        return float(u[plus]), branch * (charged - (u[high] - u[low]))

    path = solve_ivp(
        lambda t, v: -solved(t, v)[1] / capacity, (0.0, until), first, method="Radau", rtol=1e-10, atol=1e-12,
        dense_output=True,
    )  # fmt: skip
    return lambda t: solved(t, path.sol(t))[0], lambda t: solved(t, path.sol(t))[1]
