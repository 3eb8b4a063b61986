"""Charts of curved surfaces that a flat film is laid on: lengths along geodesics from the apex are kept.

A point at the distance s and the direction e_r in the plan goes to the end of the geodesic of length s that leaves the
apex along e_r. Lengths across change by f / s, where f is the Jacobi field of the Gauss curvature K along it,

    g = e_r e_r + (f / s)2 e_t e_t,     f'' = -K f,   f(0) = 0,   f'(0) = 1.

On a sphere f = R sin(s / R), the azimuthal equidistant map. M. P. do Carmo, Differential Geometry of Curves and
Surfaces, Prentice-Hall 1976, sections 4-6 and 5-5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microfem.fem.space import Floats

STEPS = 32  # of the classical Runge-Kutta method along each geodesic: 1e-7 at a quarter of a circle


@dataclass(frozen=True)
class Surface:
    """The quadric (k1 x2 + k2 y2 + k3 z2) / 2 + z = 0 through the origin, its outside above.

    curvatures: k1, k2, k3, 1/um; k1 and k2 are the principal curvatures at the apex, above 0 where the surface falls.
    """

    curvatures: tuple[float, float, float]

    @property
    def developable(self) -> bool:
        """Whether it has no Gauss curvature anywhere."""
        k1, k2, _ = self.curvatures
        return k1 * k2 == 0.0


FLAT_SURFACE = Surface((0.0, 0.0, 0.0))


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What the surface is under points of the plan, (n, ...), tensors in the plan's x and y.

    place: (n, 3) where they lie on it, um; mismatch: half the logarithm of the metric, ln(f / s) e_t e_t, (n, 2, 2);
    shape: curvature tensor (n, 2, 2), 1/um, above 0 where the outside is convex; gauss: K, 1/um2; upright: cosine of
    the normal's angle with that of the apex.
    """

    place: Floats
    mismatch: Floats
    shape: Floats
    gauss: Floats
    upright: Floats


def lay(surface: Surface, points: Floats) -> Chart:
    """Return the chart at points (n, 2) of the plan, the apex at the origin."""
    k = np.array(surface.curvatures)
    s = np.hypot(*points.T)
    radial = np.where(s[:, None] > 0.0, points / np.maximum(s, 1e-300)[:, None], [1.0, 0.0])
    state = np.zeros((len(points), 8))  # place, direction, f / s less the part t gone, and its derivative with t
    state[:, 3:5] = radial
    for part in np.arange(STEPS) / STEPS:
        state = _stepped(state, k, s, part, 1.0 / STEPS)
    tangent = state[:, 3:6]
    normal = k * state[:, :3] + [0.0, 0.0, 1.0]
    size = np.linalg.norm(normal, axis=1)
    across = np.cross(normal / size[:, None], tangent)
    frame, plan = np.stack([tangent, across], axis=1), np.stack([radial, radial[:, ::-1] * [-1.0, 1.0]], axis=1)
    shape = np.einsum("nac,c,nbc->nab", frame, k, frame) / size[:, None, None]
    stretch = np.log1p(state[:, 6])
    return Chart(
        place=state[:, :3],
        mismatch=np.einsum("n,ni,nj->nij", stretch, plan[:, 1], plan[:, 1]),
        shape=np.einsum("nab,nai,nbj->nij", shape, plan, plan),
        gauss=_gauss(k, normal),
        upright=normal[:, 2] / size,
    )


def _stepped(state: Floats, k: Floats, s: Floats, part: float, h: float) -> Floats:
    a = _slope(state, k, s, part)
    b = _slope(state + 0.5 * h * a, k, s, part + 0.5 * h)
    c = _slope(state + 0.5 * h * b, k, s, part + 0.5 * h)
    d = _slope(state + h * c, k, s, part + h)
    return state + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)


def _slope(state: Floats, k: Floats, s: Floats, part: float) -> Floats:
    """Return derivatives with the part t of the geodesic that is gone: x'' = -(x' . H x' / |n|2) n, f'' = -K f.

    f / s - t is what is followed: where the surface is nearly flat, f / s itself would lose it to rounding.
    """
    normal = k * state[:, :3] + [0.0, 0.0, 1.0]
    tangent = state[:, 3:6]
    turn = -((k * tangent**2).sum(axis=1) / (normal**2).sum(axis=1))[:, None] * normal
    bent = -_gauss(k, normal) * s**2 * (part + state[:, 6])
    return np.hstack([s[:, None] * tangent, s[:, None] * turn, state[:, 7:], bent[:, None]])


def _gauss(k: Floats, normal: Floats) -> Floats:
    """Return n . adj(H) n / |n|4 of the quadric with the Hessian H = diag(k) and the gradient n."""
    adjugate = np.array([k[1] * k[2], k[0] * k[2], k[0] * k[1]])
    return np.asarray((adjugate * normal**2).sum(axis=1) / (normal**2).sum(axis=1) ** 2)
