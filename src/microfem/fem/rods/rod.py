"""A geometrically exact rod: large displacements and rotations, small strains, any rest shape.

With the frame R(q) = (t, y, z) of a unit quaternion q at each node, an element of length h between two nodes has

    gamma = R(m)^T dx / h - e1,   m = (q1 + q2) / |q1 + q2|,      stretch and shears
    kappa = 2 Im(q1* q2) / h,                                     twist about t, curvatures about y and z

both in the frame; they vanish for rigid motions. The strain of the fibre at (y, z) of the section is

    e = (g - g0) . (1, y, z, y2 + z2) / (1 - kappa0_z y + kappa0_y z),
    g = (gamma_t + (gamma_y2 + gamma_z2) / 2, twist gamma_z - kappa_z, kappa_y - twist gamma_y, twist2 / 2),

to second order in y, z and the shears: the last term is the lengthening of the edges of a twisted ribbon (H. Wagner
1929), and without the squares of the shears a rod would buckle in tension. The denominator is the relative length of
the fibre in the rest shape (E. Winkler 1858). Energy: E e2 / 2 over the section, G J twist2 / 2 and the energy of the
shears. J. C. Simo, Comput. Methods Appl. Mech. Eng. 49 (1985) 55; the strains at one point of each element do not lock
and are objective, M. A. Crisfield and G. Jelenic, Proc. R. Soc. A 455 (1999) 1125.

The four components of the quaternion of each node are unknowns: unlike rotations they can be added, and no angle is
singular. The energy is one of q / |q|; the term c (|q|2 - 1)2 / 8 keeps |q| = 1 and vanishes at equilibrium.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from microfem.fem.rods.cross_section import Section
from microfem.fem.space import Floats

NODE = 7  # unknowns of a node: position divided by the rod's length, quaternion


def _products() -> tuple[Floats, Floats]:
    """Return the tensors G (3, 3, 4, 4), R_ai = G_aibc q_b q_c, and K (3, 4, 4), Im(p* q)_i = K_ibc p_b q_c."""
    rotation, relative = np.zeros((3, 3, 4, 4)), np.zeros((3, 4, 4))
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        rotation[i, i] = np.diag([1.0, *(1.0 if b == i else -1.0 for b in range(3))])
        for a, c, sign in ((j, k, 1.0), (k, j, -1.0)):
            rotation[a, c, [1 + a, 1 + c], [1 + c, 1 + a]] += 1.0
            rotation[a, c, [0, 1 + i], [1 + i, 0]] -= sign
            relative[i, 1 + a, 1 + c] = -sign
        relative[i, 0, 1 + i], relative[i, 1 + i, 0] = 1.0, -1.0
    return rotation, relative


ROTATION, RELATIVE = _products()


def rotation(q: Floats) -> Floats:
    """Return the matrices (..., 3, 3) of quaternions (..., 4) of any length."""
    unit = q / np.linalg.norm(q, axis=-1, keepdims=True)
    return np.asarray(np.einsum("aibc,...b,...c->...ai", ROTATION, unit, unit))


def turned(angle: float, axis: tuple[float, float, float]) -> Floats:
    """Return the quaternion (4,) of a rotation by an angle (rad) about a unit axis, unique up to two turns."""
    return np.array([np.cos(0.5 * angle), *(np.sin(0.5 * angle) * np.array(axis))])


@dataclass(frozen=True)
class Rod:
    """A rod at rest: nodes (n, 3), um, turns (n, 4), the quaternions of their frames, element lengths (n - 1,), um."""

    nodes: Floats
    turns: Floats
    lengths: Floats
    section: Section

    @property
    def scale(self) -> float:
        """Length of the rod, um, by which positions are divided."""
        return float(self.lengths.sum())

    @cached_property
    def rest(self) -> Floats:
        """Unknowns (7 n,) at rest."""
        return np.hstack([self.nodes / self.scale, self.turns]).ravel()

    @cached_property
    def rest_strains(self) -> Floats:
        """Gamma and kappa (n - 1, 6) at rest."""
        return measure(self, self.rest).strains

    @cached_property
    def moments(self) -> Floats:
        """Integral of E f f^T / (relative fibre length), f = (1, y, z, y2 + z2), of each element (n - 1, 4, 4)."""
        f, length = fibres(self.section.fibres), fibre_lengths(self, self.section.fibres)
        return np.asarray(np.einsum("f,ef,fi,fj->eij", self.section.weights, 1.0 / length, f, f))


def fibres(places: Floats) -> Floats:
    """Return (1, y, z, y2 + z2), (n, 4), of places (n, 2) in a section."""
    return np.column_stack([np.ones(len(places)), places, (places**2).sum(axis=1)])


def fibre_lengths(rod: Rod, places: Floats) -> Floats:
    """Return lengths (nelements, n) of fibres at places (n, 2) at rest, relative to the centre line."""
    return np.asarray(1.0 + rod.rest_strains[:, [5, 4]] * np.array([-1.0, 1.0]) @ places.T)


def generalised(strains: Floats) -> Floats:
    """Return g (n, 4) of gamma and kappa (n, 6)."""
    _, gamma_y, gamma_z, twist, kappa_y, kappa_z = strains.T
    stretch = strains[:, 0] + 0.5 * (gamma_y**2 + gamma_z**2)
    return np.column_stack([stretch, twist * gamma_z - kappa_z, kappa_y - twist * gamma_y, 0.5 * twist**2])


@dataclass(frozen=True, kw_only=True)
class ElementStrains:
    """Kinematics of elements.

    r: dx / h (n, 3); p, q: unit quaternions (n, 4) of both ends; sizes: (n, 2) norms of the unknown quaternions;
    m, mean: unit quaternion (n, 4) between the ends, and norm (n,) of the mean of p and q; turn: G m (n, 3, 3, 4), such
    that R(m) is its product with m; strains: gamma and kappa (n, 6).
    """

    r: Floats
    p: Floats
    q: Floats
    sizes: Floats
    m: Floats
    mean: Floats
    turn: Floats
    strains: Floats


def measure(rod: Rod, x: Floats) -> ElementStrains:
    """Return the kinematics of all elements for unknowns x (7 n,)."""
    at = x.reshape(-1, NODE)
    h = rod.lengths[:, None]
    size = np.linalg.norm(at[:, 3:], axis=1)
    unit = at[:, 3:] / size[:, None]
    r, p, q = rod.scale * np.diff(at[:, :3], axis=0) / h, unit[:-1], unit[1:]
    m = 0.5 * (p + q)
    mean = np.linalg.norm(m, axis=1)
    m /= mean[:, None]
    turn = (m @ ROTATION.reshape(36, 4).T).reshape(-1, 3, 3, 4)
    gamma = (r[:, None] @ (turn @ m[:, None, :, None])[..., 0])[:, 0]
    gamma[:, 0] -= 1.0
    kappa = 2.0 * ((q @ RELATIVE.reshape(12, 4).T).reshape(-1, 3, 4) @ p[:, :, None])[..., 0] / h
    return ElementStrains(
        r=r,
        p=p,
        q=q,
        sizes=np.column_stack([size[:-1], size[1:]]),
        m=m,
        mean=mean,
        turn=turn,
        strains=np.hstack([gamma, kappa]),
    )
