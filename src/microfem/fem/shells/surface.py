"""Charts from a flat film to a curved surface that keep lengths along geodesics from the apex.

A point at the distance s in the direction e_r in the plan maps to the end of the geodesic of length s that leaves the
apex along e_r. Lengths along e_t change by f / s, where f is the Jacobi field of the Gauss curvature K along it,

    g = e_r e_r + (f / s)2 e_t e_t,     f'' = -K f,   f(0) = 0,   f'(0) = 1.

On a sphere f = R sin(s / R), the azimuthal equidistant map. M. P. do Carmo, Differential Geometry of Curves and
Surfaces, Prentice-Hall 1976, sections 4-6 and 5-5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microfem.fem.space import Floats
from microfem.layout.surfaces import Surface

STEPS = 32  # of the classical Runge-Kutta method along each geodesic: error 1e-7 at a quarter of a circle


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Geometry of the surface at points of the plan; tensors have components along the plan's x and y.

    place: (n, 3) image of each point, um; misfit: (n, 2, 2) half the logarithm of the metric, ln(f / s) e_t e_t;
    shape: (n, 2, 2) curvature tensor, 1/um, above 0 where the outside is convex; gauss: (n,) K, 1/um2; upright: (n,)
    cosine of the angle between the normal and that at the apex.
    """

    place: Floats
    misfit: Floats
    shape: Floats
    gauss: Floats
    upright: Floats


def lay(surface: Surface, points: Floats) -> Chart:
    """Return the chart at points (n, 2) of the plan, the apex at the origin."""
    k = np.array(surface.curvatures)
    s = np.hypot(*points.T)
    radial = np.where(s[:, None] > 0.0, points / np.maximum(s, 1e-300)[:, None], [1.0, 0.0])
    state = np.zeros(
        (len(points), 8)
    )  # place, direction, f / s - t with the fraction t of the geodesic, its derivative
    state[:, 3:5] = radial
    for part in np.arange(STEPS) / STEPS:
        state = _stepped(state, surface, s, part, 1.0 / STEPS)
    tangent = state[:, 3:6]
    normal = surface.gradient(state[:, :3])
    size = np.linalg.norm(normal, axis=1)
    across = np.cross(normal / size[:, None], tangent)
    frame, plan = np.stack([tangent, across], axis=1), np.stack([radial, radial[:, ::-1] * [-1.0, 1.0]], axis=1)
    shape = np.einsum("nac,c,nbc->nab", frame, k, frame) / size[:, None, None]
    stretch = np.log1p(state[:, 6])
    return Chart(
        place=state[:, :3],
        misfit=np.einsum("n,ni,nj->nij", stretch, plan[:, 1], plan[:, 1]),
        shape=np.einsum("nab,nai,nbj->nij", shape, plan, plan),
        gauss=surface.gauss(normal),
        upright=normal[:, 2] / size,
    )


def _stepped(state: Floats, surface: Surface, s: Floats, part: float, h: float) -> Floats:
    a = _slope(state, surface, s, part)
    b = _slope(state + 0.5 * h * a, surface, s, part + 0.5 * h)
    c = _slope(state + 0.5 * h * b, surface, s, part + 0.5 * h)
    d = _slope(state + h * c, surface, s, part + h)
    return state + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)


def _slope(state: Floats, surface: Surface, s: Floats, part: float) -> Floats:
    """Return derivatives by the fraction t of the geodesic: x'' = -(x' . H x' / |n|2) n, f'' = -K f.

    The state has f / s - t: on a nearly flat surface the difference of f / s from t would be lost to rounding.
    """
    k, normal = np.array(surface.curvatures), surface.gradient(state[:, :3])
    tangent = state[:, 3:6]
    turn = -((k * tangent**2).sum(axis=1) / (normal**2).sum(axis=1))[:, None] * normal
    bent = -surface.gauss(normal) * s**2 * (part + state[:, 6])
    return np.hstack([s[:, None] * tangent, s[:, None] * turn, state[:, 7:], bent[:, None]])
