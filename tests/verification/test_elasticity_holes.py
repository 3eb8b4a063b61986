"""Stress at holes: Kirsch's closed form and the NAFEMS benchmarks LE1 and LE10.

Units: um, MPa, uN. Tolerances are the observed errors of the meshes used.
"""

from __future__ import annotations

import numpy as np
import pytest

from microfem.fem.linear_elasticity.body_forces import outward_normals, traction_load
from microfem.fem.linear_elasticity.rigid_body_constraints import hold
from support.cells import grid
from support.elastic_bodies import body_mesh, body_of, boundary_dofs, stress_at


def kirsch(points, a, young, nu, plane):
    """Return u around a hole of radius a under unit tension along x.

    G. Kirsch, Z. VDI 42 (1898) 797; displacements in Timoshenko and Goodier, art. 35, with k = 3 - 4 nu
    (plane strain) or (3 - nu)/(1 + nu).
    """
    mu, k = young / (2 * (1 + nu)), 3 - 4 * nu if plane == "strain" else (3 - nu) / (1 + nu)
    r, t = np.hypot(*points.T) / a, np.arctan2(points[:, 1], points[:, 0])
    x = r * (k + 1) * np.cos(t) + 2 / r * ((1 + k) * np.cos(t) + np.cos(3 * t)) - 2 / r**3 * np.cos(3 * t)
    y = r * (k - 3) * np.sin(t) + 2 / r * ((1 - k) * np.sin(t) + np.sin(3 * t)) - 2 / r**3 * np.sin(3 * t)
    return a / (8 * mu) * np.column_stack([x, y])


def hole_stress(n, plane):
    def quarter(p):
        t, s = 0.5 * np.pi * p[:, 0], np.expm1(1.5 * p[:, 1]) / np.expm1(1.5)
        ray = np.column_stack([np.cos(t), np.sin(t)])
        return ray * (1 + s * (4 / np.abs(ray).max(axis=1) - 1))[:, None]

    points, cells = grid(np.linspace(0, 1, n + 1), np.linspace(0, 1, n + 1), mapped=quarter)
    body = body_of(body_mesh(points, cells, "plan"), 2, 10.0, 0.3, plane)
    every = boundary_dofs(body.space)
    at = body.space.locations[every]
    given = every[np.hypot(*at.T) > 1 + 1e-9]  # all but the hole's edge (whose chords lie within the circle)
    ends = every[(at[:, 0] < 1e-9) | (at[:, 1] < 1e-9)]
    given = np.union1d(given, ends)
    wanted = kirsch(body.space.locations[given], 1.0, 10.0, 0.3, plane)
    held = hold(body, body.unknowns(given).ravel(), wanted.reshape(1, -1))
    return stress_at(body, held.u[0], (0.0, 1.0))[0, 0]


@pytest.mark.parametrize("plane", ["strain", "stress"])
def test_a_round_hole_triples_the_stress(plane):
    """s_max = 3 s at the hole's edge across the load, with Kirsch's displacements on the square's border.

    Straight-sided cells cut the circle by h2/8, and vertex stresses of P2 converge at order 2.
    """
    errors = [abs(hole_stress(n, plane) / 3 - 1) for n in (12, 24)]
    assert errors[1] < 0.01
    assert errors[0] / errors[1] > 3


def ellipses(p):
    """Map (t, s) in the unit square to between the quarter ellipses 2 x 1 and 3.25 x 2.75 of LE1 and LE10."""
    t, s = 0.5 * np.pi * p[:, 0], p[:, 1]
    x, y = (2 + 1.25 * s) * np.cos(t), (1 + 1.75 * s) * np.sin(t)
    return np.column_stack([x, y, p[:, 2:]])


def membrane(n):
    """Return s_yy at D = (2, 0) of NAFEMS LE1: an elliptic membrane under an outward pressure of 10 MPa outside."""
    t, s = np.linspace(0, 1, n + 1) ** 1.3, np.expm1(2 * np.linspace(0, 1, n + 1)) / np.expm1(2)
    body = body_of(body_mesh(*grid(t, s, mapped=ellipses), "plan"), 2, 210e3, 0.3, "stress")
    mesh, space = body.space.mesh, body.space
    facets, cells, other = mesh.facets
    outer = (other < 0) & np.isclose((mesh.points[facets] / [3.25, 2.75])[..., 0] ** 2
                                     + (mesh.points[facets] / [3.25, 2.75])[..., 1] ** 2, 1.0).all(axis=1)  # fmt: skip
    pull = traction_load(space, facets[outer], 10 * outward_normals(mesh, facets[outer], cells[outer]))
    at = space.locations
    given = np.concatenate(
        [2 * np.flatnonzero(np.abs(at[:, 0]) < 1e-9), 2 * np.flatnonzero(np.abs(at[:, 1]) < 1e-9) + 1]
    )
    held = hold(body, given, np.zeros((1, len(given))), pull[None])
    return stress_at(body, held.u[0], (2.0, 0.0))[1, 1]


def test_nafems_le1():
    """Stress s_yy(D) = 92.7 MPa: The Standard NAFEMS Benchmarks, TNSB rev. 3 (1990), LE1.

    Straight sides turn the edge at D by an angle of order h, so the vertex stress is of first order: the values
    at two sizes are extrapolated. 0.2 %: half the last digit of the reference and the second order left.
    """
    coarse, fine = membrane(20), membrane(40)
    assert fine == pytest.approx(92.7, rel=0.01)
    assert 2 * fine - coarse == pytest.approx(92.7, rel=2e-3)


def plate(n, layers):
    """Return s_yy at D = (2, 0, 0.6) of NAFEMS LE10: a thick elliptic plate under a pressure of 1 MPa on top."""
    t, s = np.linspace(0, 1, n + 1) ** 1.3, np.expm1(np.linspace(0, 1, n + 1)) / np.expm1(1)
    body = body_of(
        body_mesh(*grid(t, s, 0.3 - 0.3 * np.cos(np.linspace(0, np.pi, layers + 1)), mapped=ellipses)), 2, 210e3, 0.3
    )
    mesh, space, at = body.space.mesh, body.space, body.space.locations
    push = traction_load(space, mesh.faces["zmax"], np.tile([0.0, 0.0, -1.0], (len(mesh.faces["zmax"]), 1)))
    facets, _, other = mesh.facets
    rim = ((mesh.points[facets, :2] / [3.25, 2.75]) ** 2).sum(axis=2)
    outer = np.unique(space.dofs(facets[(other < 0) & np.isclose(rim, 1.0).all(axis=1)]))
    middle = outer[np.abs(at[outer, 2] - 0.3) < 1e-9]
    given = np.unique(np.concatenate([3 * np.flatnonzero(np.abs(at[:, 0]) < 1e-9), 3 * outer, 3 * outer + 1,
                                      3 * np.flatnonzero(np.abs(at[:, 1]) < 1e-9) + 1, 3 * middle + 2]))  # fmt: skip
    held = hold(body, given, np.zeros((1, len(given))), push[None])
    return stress_at(body, held.u[0], (2.0, 0.0, 0.6))[1, 1]


def test_nafems_le10():
    """Stress s_yy(D) = -5.38 MPa: The Standard NAFEMS Benchmarks, TNSB rev. 3 (1990), LE10.

    1 %: meshes of 8 to 16 cells along each edge gave -5.38 to -5.41, D lying on an edge made of straight pieces.
    """
    assert plate(8, 8) == pytest.approx(-5.38, rel=0.01)
