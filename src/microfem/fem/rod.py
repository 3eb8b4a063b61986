"""A geometrically exact rod: large displacements and rotations, small strains, any curved and twisted rest shape.

With the frame R(q) = (t, y, z) of a unit quaternion q at each node, an element of length h between two nodes has

    gamma = R(m)^T dx / h - |m|^2 e1,   m = (q1 + q2) / 2,      stretch and shears
    kappa = 2 Im(q1* q2) / h,                                     twist about t, curvatures about y and z

both in the frame; they vanish for rigid motions. What is strained is the fibre at (y, z) of the section,

    e = (g - g0) . (1, y, z, y2 + z2) / (1 - kappa0_z y + kappa0_y z),   g = (gamma_t, -kappa_z, kappa_y, twist2 / 2):

the last term is the lengthening of the edges of a ribbon that is twisted (H. Wagner 1929), the denominator the length
that the fibre has in the rest shape (E. Winkler 1858). Energy: E e2 / 2 over the section, G J twist2 / 2 and that of
the shears. J. C. Simo, Comput. Methods Appl. Mech. Eng. 49 (1985) 55; the strains at one point of each element do not
lock and are objective, M. A. Crisfield and G. Jelenic, Proc. R. Soc. A 455 (1999) 1125.

The quaternions are unknowns as they are, four numbers a node, which add where rotations do not and know no singular
angle. The energy takes q / |q|; c (|q|2 - 1)2 / 8 is added, which vanishes at equilibrium, since nothing opposes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from microfem.fem.compiled import compiled
from microfem.fem.cross_section import Section
from microfem.fem.newton import Linear
from microfem.fem.scatter import Scatter, add_element, make_scatter
from microfem.fem.space import Floats, Ints

NODE = 7  # unknowns of a node: position over the rod's length, quaternion
LEAST_WORK = 1e-3  # of the smallest bending stiffness over the length: forces at work below count as none


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
    """Return the quaternion (4,) of a turn about a unit axis, unique up to two turns."""
    return np.array([np.cos(0.5 * angle), *(np.sin(0.5 * angle) * np.array(axis))])


def multiplied(p: Floats, q: Floats) -> Floats:
    """Return the quaternions p q (..., 4): first q, then p."""
    scalar = p[..., :1] * q[..., :1] - (p[..., 1:] * q[..., 1:]).sum(axis=-1, keepdims=True)
    vector = p[..., :1] * q[..., 1:] + q[..., :1] * p[..., 1:] + np.cross(p[..., 1:], q[..., 1:])
    return np.concatenate([scalar, vector], axis=-1)


@dataclass(frozen=True)
class Rod:
    """A rod at rest: nodes (n, 3), um, quaternions (n, 4) of their frames, lengths (n - 1,) of its elements."""

    nodes: Floats
    turns: Floats
    lengths: Floats
    section: Section

    @property
    def scale(self) -> float:
        """Length of the rod, um, which positions are divided by."""
        return float(self.lengths.sum())

    @cached_property
    def rest(self) -> Floats:
        """The unknowns (7 n,) at rest."""
        return np.hstack([self.nodes / self.scale, self.turns]).ravel()

    @cached_property
    def rest_strains(self) -> Floats:
        """Gamma and kappa (n - 1, 6) at rest."""
        return _measure(self, self.rest).strains

    @cached_property
    def moments(self) -> Floats:
        """Integral of E f f / (length of the fibre), f = (1, y, z, y2 + z2), of each element (n - 1, 4, 4)."""
        f, length = fibres(self.section.fibres), fibre_lengths(self, self.section.fibres)
        return np.asarray(np.einsum("f,ef,fi,fj->eij", self.section.weights, 1.0 / length, f, f))

    def positions(self, x: Floats) -> Floats:
        """Return where the nodes are (n, 3), um."""
        return np.asarray(x.reshape(-1, NODE)[:, :3] * self.scale)

    def frames(self, x: Floats) -> Floats:
        """Return t, y, z as columns (n, 3, 3) at the nodes."""
        return rotation(x.reshape(-1, NODE)[:, 3:])


def fibres(places: Floats) -> Floats:
    """Return (1, y, z, y2 + z2) of places (n, 2) in a section."""
    return np.column_stack([np.ones(len(places)), places, (places**2).sum(axis=1)])


def fibre_lengths(rod: Rod, places: Floats) -> Floats:
    """Return how long fibres at places (n, 2) are at rest, relative to the centre line, (nelements, n)."""
    return np.asarray(1.0 + rod.rest_strains[:, [5, 4]] * np.array([-1.0, 1.0]) @ places.T)


def generalised(strains: Floats) -> Floats:
    """Return g (n, 4) of gamma and kappa (n, 6)."""
    return np.column_stack([strains[:, 0], -strains[:, 5], strains[:, 4], 0.5 * strains[:, 3] ** 2])


def fibre_strains(rod: Rod, x: Floats, places: Floats) -> Floats:
    """Return the nominal strain along fibres at places (n, 2), (nelements, n)."""
    g = generalised(_measure(rod, x).strains) - generalised(rod.rest_strains)
    return np.asarray(g @ fibres(places).T / fibre_lengths(rod, places))


def twists(rod: Rod, x: Floats) -> Floats:
    """Return the change of the twist (nelements,), 1/um."""
    return np.asarray((_measure(rod, x).strains - rod.rest_strains)[:, 3])


@dataclass(frozen=True)
class _Measured:
    """Elements as they are: dx / h (n, 3), unit quaternions p, q (n, 4) and lengths of both ends, strains (n, 6)."""

    r: Floats
    p: Floats
    q: Floats
    sizes: Floats
    strains: Floats

    @property
    def m(self) -> Floats:
        """Mean quaternion (n, 4)."""
        return 0.5 * (self.p + self.q)


def _measure(rod: Rod, x: Floats) -> _Measured:
    at = x.reshape(-1, NODE)
    h = rod.lengths[:, None]
    size = np.linalg.norm(at[:, 3:], axis=1)
    unit = at[:, 3:] / size[:, None]
    r, p, q = rod.scale * np.diff(at[:, :3], axis=0) / h, unit[:-1], unit[1:]
    m = 0.5 * (p + q)
    gamma = np.einsum("ea,aibc,eb,ec->ei", r, ROTATION, m, m, optimize=True)
    gamma[:, 0] -= (m**2).sum(axis=1)
    kappa = 2.0 * np.einsum("ibc,eb,ec->ei", RELATIVE, p, q, optimize=True) / h
    return _Measured(r, p, q, np.column_stack([size[:-1], size[1:]]), np.hstack([gamma, kappa]))


def _respond(rod: Rod, strains: Floats) -> tuple[Floats, Floats]:
    """Return forces and moments (n, 6) and their derivatives (n, 6, 6), per length."""
    h, section = rod.lengths[:, None], rod.section
    g = generalised(strains) - generalised(rod.rest_strains)
    slopes = np.zeros((len(g), 4, 6))
    slopes[:, [0, 1, 2], [0, 5, 4]] = 1.0, -1.0, 1.0
    slopes[:, 3, 3] = strains[:, 3]
    inner = np.einsum("eij,ej->ei", rod.moments, g)
    forces = np.einsum("ei,eij->ej", inner, slopes)
    tangent = slopes.swapaxes(1, 2) @ rod.moments @ slopes
    tangent[:, 3, 3] += inner[:, 3] + section.torsion
    tangent[:, [1, 2], [1, 2]] += section.shear
    excess = strains - rod.rest_strains
    forces[:, 3] += section.torsion * excess[:, 3]
    forces[:, 1:3] += section.shear * excess[:, 1:3]
    return forces * h, tangent * h[:, :, None]


def _slopes(rod: Rod, now: _Measured) -> Floats:
    """Return the derivatives of the strains by (x1, q1, x2, q2) of each element (n, 6, 14), q of unit length."""
    h, m = rod.lengths[:, None, None], now.m
    slopes = np.zeros((len(m), 6, 2 * NODE))
    frame = np.einsum("aibc,eb,ec->eia", ROTATION, m, m, optimize=True) * rod.scale / h
    by_m = np.einsum("ea,aibc,ec->eib", now.r, ROTATION, m, optimize=True)
    by_m[:, 0] -= m
    slopes[:, :3, :3], slopes[:, :3, 7:10] = -frame, frame
    slopes[:, :3, 3:7] = slopes[:, :3, 10:] = by_m
    slopes[:, 3:, 3:7] = 2.0 * np.einsum("ibc,ec->eib", RELATIVE, now.q) / h
    slopes[:, 3:, 10:] = 2.0 * np.einsum("ibc,eb->eic", RELATIVE, now.p) / h
    return slopes


def _bends(rod: Rod, now: _Measured, forces: Floats) -> Floats:
    """Return the second derivatives of the strains, weighed with forces (n, 6), summed: (n, 14, 14)."""
    h = rod.lengths[:, None, None]
    total = np.zeros((len(forces), 2 * NODE, 2 * NODE))
    mixed = np.einsum("ei,aibc,ec->eab", forces[:, :3], ROTATION, now.m, optimize=True) * rod.scale / h
    twice = 0.5 * np.einsum("ei,ea,aibc->ebc", forces[:, :3], now.r, ROTATION, optimize=True)
    twice -= 0.5 * forces[:, 0, None, None] * np.eye(4)
    for sign, i in ((-1.0, slice(0, 3)), (1.0, slice(7, 10))):
        for j in (slice(3, 7), slice(10, 14)):
            total[:, i, j] += sign * mixed
            total[:, j, i] += sign * mixed.swapaxes(1, 2)
    for i in (slice(3, 7), slice(10, 14)):
        for j in (slice(3, 7), slice(10, 14)):
            total[:, i, j] += twice
    turn = 2.0 * np.einsum("ei,ibc->ebc", forces[:, 3:], RELATIVE) / h
    total[:, 3:7, 10:] += turn
    total[:, 10:, 3:7] += turn.swapaxes(1, 2)
    return total


def _normalise(now: _Measured, forces: Floats, matrix: Floats | None = None) -> None:
    """Change derivatives by q / |q| to those by q, in place: with P = 1 - q q, f(q / |q|) has the gradient P g / |q|
    and the second derivatives (P H P - (q . g) P - q (P g) - (P g) q) / |q|2."""  # fmt: skip
    for end, unit in enumerate((now.p, now.q)):
        part, size = slice(7 * end + 3, 7 * end + 7), now.sizes[:, end]
        normal = np.eye(4) - unit[:, :, None] * unit[:, None, :]
        along = (unit * forces[:, part]).sum(axis=1)
        flat = forces[:, part] - along[:, None] * unit
        if matrix is not None:
            matrix[:, part] = normal @ matrix[:, part] / size[:, None, None]
            matrix[:, :, part] = matrix[:, :, part] @ normal / size[:, None, None]
            both = unit[:, :, None] * flat[:, None, :]
            extra = along[:, None, None] * normal + both + both.swapaxes(1, 2)
            matrix[:, part, part] -= extra / size[:, None, None] ** 2
        forces[:, part] = flat / size[:, None]


@dataclass(frozen=True)
class RodProblem:
    """Equilibrium of a rod whose ends, or any of its unknowns, move as stated; see Problem of newton.py.

    given: unknowns that are stated; motion: their values at a load; dead: (7 n,) forces x length of the rod that keep
    their direction, at load 1; held: unknowns that stay as they are.
    """

    rod: Rod
    given: Ints
    motion: Callable[[float], Floats]
    dead: Floats | None = None

    @property
    def slides(self) -> Floats:
        """Nothing that is given slides."""
        return np.zeros((0, len(self.given)))

    @cached_property
    def free(self) -> Ints:
        """All other unknowns."""
        return np.setdiff1d(np.arange(len(self.rod.rest)), self.given)

    @cached_property
    def _elements(self) -> Ints:
        first = np.arange(len(self.rod.lengths))
        return np.column_stack([first, first + 1])

    @cached_property
    def _scatter(self) -> Scatter:
        unknown = np.full(len(self.rod.rest), -1)
        unknown[self.free] = np.arange(len(self.free))
        return make_scatter(self._elements, unknown.reshape(-1, NODE))

    @cached_property
    def _stiff(self) -> float:
        """What holds quaternions at unit length."""
        return float(np.diagonal(self.rod.moments, axis1=1, axis2=2)[:, 1:3].max() / self.rod.lengths.min())

    @cached_property
    def _least(self) -> float:
        return LEAST_WORK * float(np.diagonal(self.rod.moments, axis1=1, axis2=2)[:, 1:3].min() / self.rod.scale)

    def values(self, load: float) -> Floats:
        """Return the stated values."""
        return self.motion(load)

    def _sum(self, local: Floats) -> Floats:
        """Sum element vectors (n, 14)."""
        total = np.zeros((len(local) + 1, NODE))
        total[:-1] += local[:, :NODE]
        total[1:] += local[:, NODE:]
        return total.ravel()

    def _lengthen(self, x: Floats) -> Floats:
        """Return the forces that hold quaternions at unit length."""
        forces = np.zeros((len(x) // NODE, NODE))
        q = x.reshape(-1, NODE)[:, 3:]
        forces[:, 3:] = 0.5 * self._stiff * ((q**2).sum(axis=1, keepdims=True) - 1.0) * q
        return forces.ravel()

    def _inner(self, x: Floats) -> Floats:
        """Return the forces of each element (n, 14)."""
        now = _measure(self.rod, x)
        forces, _ = _respond(self.rod, now.strains)
        local = np.einsum("eij,ei->ej", _slopes(self.rod, now), forces)
        _normalise(now, local)
        return local

    def forces(self, x: Floats, load: float) -> Floats | None:
        """Return what is out of balance; None where a quaternion nearly vanishes or an element turns by half a turn."""
        now = _measure(self.rod, x)
        if not np.isfinite(x).all() or now.sizes.min() < 0.1 or (now.p * now.q).sum(axis=1).min() < 0.5:
            return None
        out = self._sum(self._inner(x)) + self._lengthen(x)
        return out if self.dead is None else out - load * self.dead

    def error(self, x: Floats, forces: Floats, load: float) -> float:
        """Return forces that should vanish over those between elements and at the ends."""
        return float(np.linalg.norm(forces) / max(float(np.linalg.norm(self._inner(x))), self._least))

    def place(self, forces: Floats) -> str:
        """Say where along the rod forces are largest."""
        node = int(np.abs(forces.reshape(-1, NODE)).max(axis=1).argmax())
        along = float(self.rod.lengths[:node].sum() / self.rod.scale)
        return f"the rod at {along:.0%} of its length"

    def matrices(self, x: Floats) -> tuple[Floats, Floats]:
        """Return forces (n, 14) and stiffness (n, 14, 14) of the elements."""
        now = _measure(self.rod, x)
        forces, tangent = _respond(self.rod, now.strains)
        slopes = _slopes(self.rod, now)
        local = np.einsum("eij,ei->ej", slopes, forces)
        matrix = slopes.swapaxes(1, 2) @ tangent @ slopes + _bends(self.rod, now, forces)
        _normalise(now, local, matrix)
        at = x.reshape(-1, NODE)[:, 3:]
        shares = np.ones(len(at))  # each node's length is held by the elements at it
        shares[1:-1] = 0.5
        for end, part in ((slice(None, -1), slice(3, 7)), (slice(1, None), slice(10, 14))):
            q = at[end]
            excess = 0.5 * ((q**2).sum(axis=1) - 1.0)
            hold = excess[:, None, None] * np.eye(4) + q[:, :, None] * q[:, None, :]
            matrix[:, part, part] += self._stiff * shares[end, None, None] * hold
            local[:, part] += self._stiff * (shares[end] * excess)[:, None] * q
        return local, matrix

    def linearise(self, x: Floats, load: float, changes: Floats) -> Linear:
        """Return forces, K @ changes and the upper triangle between free unknowns."""
        local, matrix = self.matrices(x)
        out = self._sum(local) - (0.0 if self.dead is None else load * self.dead)
        at = changes.reshape(len(changes), -1, NODE)
        pairs = np.concatenate([at[:, :-1], at[:, 1:]], axis=2)
        lifts = np.array([self._sum(np.einsum("eij,ej->ei", matrix, one)) for one in pairs])
        blocks = self._scatter.zeros()
        _add(matrix.reshape(-1, 2, NODE, 2, NODE), self._scatter.slots, blocks)
        return Linear(out, lifts.reshape(changes.shape), self._scatter.upper(blocks))

    def commit(self, x: Floats, load: float) -> None:
        """Keep nothing: the rod is elastic."""

    def energy(self, x: Floats) -> float:
        """Return the strain energy, pJ."""
        strains = _measure(self.rod, x).strains
        g, excess = generalised(strains) - generalised(self.rod.rest_strains), strains - self.rod.rest_strains
        density = np.einsum("ei,eij,ej->e", g, self.rod.moments, g) + self.rod.section.torsion * excess[:, 3] ** 2
        density += (self.rod.section.shear * excess[:, 1:3] ** 2).sum(axis=1)
        return float(0.5 * density @ self.rod.lengths)


@compiled
def _add(matrices: Any, slots: Any, blocks: Any) -> None:
    for e in range(len(matrices)):
        add_element(matrices[e], slots[e], blocks)
