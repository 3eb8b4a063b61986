"""The secondary current distribution on a disc in an insulating plane, linear kinetics, against a series of our own.

In oblate spheroidal coordinates r2 = (1 + xi2)(1 - eta2), z = xi eta, the potential is a sum of B_n P_2n(eta) M_2n(xi)
with M_2n(0) = 1. On the disc  kappa d(phi)/dz = g (phi - V),  and the current is 4 kappa r0 B_0. J. Newman, J.
Electrochem. Soc. 113 (1966) 1235. The program under test knows no axisymmetry: the test weights its cells and sites
with 2 pi r.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import factorial, pi

import numpy as np
import pytest
import shapely
from numpy.polynomial.legendre import legval
from numpy.typing import NDArray

from microfem.electrochemistry.model import CellModel, model_of
from microfem.electrochemistry.path import started
from microfem.electrochemistry.steady import frozen, steady_state
from microfem.fem.space import jacobians, quadrature
from microfem.layout import Region
from microfem.mesh import Mesh
from microfem.physics.electrochemistry.cell import CellCase
from support.cells import make_layout, record
from support.electrochemical_cells import orders, salt, zinc

Floats = NDArray[np.float64]

RADIUS, KAPPA, FAR = 100.0, 1.0, 30.0  # um; S/m; xi of the other electrode
TERMS = 40


def series(j: float) -> float:
    """Return R kappa r0 of the disc with g r0 / kappa = j, to infinity."""
    at, weight = np.polynomial.legendre.leggauss(4 * TERMS)
    eta, weight = 0.5 * (at + 1.0), 0.5 * weight
    even = np.array([legval(eta, np.eye(2 * TERMS)[2 * n]) for n in range(TERMS)])
    slope = np.array([(2.0 / pi) * (4.0**n * factorial(n) ** 2 / factorial(2 * n)) ** 2 for n in range(TERMS)])
    matrix = np.diag(slope / (4.0 * np.arange(TERMS) + 1.0)) + j * (even * weight * eta) @ even.T
    first = np.linalg.solve(matrix, j * (even * weight) @ eta)[0]  # B_0 over V
    return float(1.0 / (4.0 * first))


def disc(count: int) -> Mesh:
    """Return the plane (r, z) around a disc; below it metal, beyond the last spheroid the other electrode."""
    stretch = np.linspace(0.0, 1.0, 2 * count + 1)
    xi = np.sinh(stretch * np.arcsinh(FAR))
    xi = np.concatenate([xi, [1.2 * FAR]])
    eta = np.sin(0.5 * pi * np.linspace(0.0, 1.0, count + 1))
    grid = np.array([[np.sqrt((1.0 + x * x) * (1.0 - e * e)), x * e] for x in xi for e in eta])
    below = np.column_stack([grid[: count + 1, 0], np.full(count + 1, -0.2)])
    points, number = np.vstack([grid, below]), np.arange(len(xi) * (count + 1)).reshape(len(xi), -1)
    rows = [*pairwise(number), (len(grid) + np.arange(count + 1), number[0])]
    cells, owner = [], []
    for k, (low, high) in enumerate(rows):
        for a in range(count):
            cells += [[low[a], low[a + 1], high[a + 1]], [low[a], high[a + 1], high[a]]]
            owner += [2 if k == len(rows) - 1 else 1 if k == len(rows) - 2 else 0] * 2
    names, outline = ("electrolyte", "cathode", "anode"), shapely.box(0.0, -1.0, 1.0, 1.0)
    laws = {"electrolyte": salt(conductivity=KAPPA), "cathode": zinc(), "anode": zinc()}
    regions = [Region(name=name, role=name, footprint=outline, z=(0.0, 1.0)) for name in names]
    layout = make_layout(regions, laws=laws, feature=RADIUS, gap=RADIUS)
    return record(RADIUS * points, np.array(cells), layout, "section", np.array(owner), names)


def turned(model: CellModel, mesh: Mesh, j: float) -> CellModel:
    """Return the model of the solid of revolution, with g = j kappa / r0 on the disc."""
    equations = model.equations
    liquid, (anode, cathode) = equations.electrolyte, equations.reactions
    corners = mesh.points[mesh.cells[model.wet_cells], 0]
    at = np.array(quadrature(2))
    r = corners @ np.column_stack([1.0 - at.sum(axis=1), at]).T
    _, sizes = jacobians(mesh.points, mesh.cells[model.wet_cells])
    assert liquid.weights.sum() == pytest.approx(sizes.sum())
    around = [2.0 * pi * one.sites.of_liquid(model.points[:, 0]) * one.sites.area for one in (anode, cathode)]
    exchange = 1e6 * j * KAPPA / RADIUS / sum(anode.kinetics.exponents)
    return replace(
        model,
        equations=replace(
            equations,
            electrolyte=replace(liquid, weights=2.0 * pi * r * liquid.weights),
            reactions=(
                replace(anode, sites=replace(anode.sites, area=around[0]), exchange=exchange),
                replace(cathode, sites=replace(cathode.sites, area=around[1])),
            ),
        ),
    )


def resistance(j: float, count: int) -> float:
    """Return R kappa r0 from the program under test, with what lies beyond the last spheroid."""
    mesh = disc(count)
    case = CellCase.model_validate(
        {
            "physics": "cell",
            "dimension": "section",
            "electrodes": {"anode": {"kind": "metal", "kinetics": "linear"}, "cathode": "ideal"},
            "protocol": ["steady at -0.01 V"],
            "transport": "fixed",
        }
    )
    model = turned(frozen(model_of(mesh, case.statement)), mesh, j)
    state = model.equations.state(
        steady_state(model, case.protocol[0], started(model.equations, case.start)).steps[0].y
    )
    assert state.voltage == pytest.approx(-0.01)
    return -state.voltage / state.current * KAPPA * RADIUS + 0.25 * (1.0 - (2.0 / pi) * np.arctan(FAR))


def test_the_series_has_its_known_ends() -> None:
    """Uniform current: 8 / (3 pi2) + 1 / (pi J); a primary distribution: 1 / 4."""
    assert series(1e-3) - 1.0 / (pi * 1e-3) == pytest.approx(8.0 / (3.0 * pi**2), rel=1e-3)
    assert series(1e6) == pytest.approx(0.25, rel=1e-3)


@pytest.mark.parametrize("j", [1.0, 10.0, 100.0])
def test_the_resistance_of_a_disc(j: float) -> None:
    found = np.array([resistance(j, count) for count in (6, 12, 24)])
    errors = np.abs(found / series(j) - 1.0)
    assert errors[-1] < 1e-4
    assert orders(errors.tolist()).min() > 2.7, errors
    assert abs(found[-1] / series(1.2 * j) - 1.0) > 10.0 * errors[-1], "another rate of the reaction is told apart"
