"""Principal stretches of a deformation gradient, and the tangent in principal axes; for compiled loops.

With F = sum l_a n_a N_a and an isotropic energy W(l1, l2, l3), dP_iJ / dF_kL in the axes n, N has only these entries
(R. W. Ogden, Non-Linear Elastic Deformations, Ellis Horwood 1984, ch. 6):
    A_aabb = W_ab,   A_abab = (l_a W_a - l_b W_b) / (l_a^2 - l_b^2),   A_abba = (l_b W_a - l_a W_b) / (l_a^2 - l_b^2),
the last two with their limits for l_a = l_b.
"""

from __future__ import annotations

import math
from typing import Any

from microfem.fem.compiled import compiled

EQUAL = 1e-7  # relative difference of squared stretches below which they count as equal
SWEEPS = 12  # most sweeps of Jacobi rotations; five are enough


@compiled
def principal(f: Any, stretch: Any, right: Any, left: Any) -> None:
    """Write stretches (3,), N (rows of right) and n (rows of left) of F (3, 3), by Jacobi rotations of F^T F."""
    c00 = f[0, 0] * f[0, 0] + f[1, 0] * f[1, 0] + f[2, 0] * f[2, 0]
    c11 = f[0, 1] * f[0, 1] + f[1, 1] * f[1, 1] + f[2, 1] * f[2, 1]
    c22 = f[0, 2] * f[0, 2] + f[1, 2] * f[1, 2] + f[2, 2] * f[2, 2]
    c01 = f[0, 0] * f[0, 1] + f[1, 0] * f[1, 1] + f[2, 0] * f[2, 1]
    c02 = f[0, 0] * f[0, 2] + f[1, 0] * f[1, 2] + f[2, 0] * f[2, 2]
    c12 = f[0, 1] * f[0, 2] + f[1, 1] * f[1, 2] + f[2, 1] * f[2, 2]
    right[:] = 0.0
    right[0, 0] = right[1, 1] = right[2, 2] = 1.0
    small = 1e-30 * (c00 + c11 + c22) ** 2
    for _ in range(SWEEPS):
        if c01 * c01 + c02 * c02 + c12 * c12 <= small:
            break
        if c01 != 0.0:
            s, t = _turn(c00, c11, c01)
            c00, c11, c01 = c00 - t * c01, c11 + t * c01, 0.0
            r = math.sqrt(1.0 - s * s)
            c02, c12 = r * c02 - s * c12, s * c02 + r * c12
            _mix(right, 0, 1, r, s)
        if c02 != 0.0:
            s, t = _turn(c00, c22, c02)
            c00, c22, c02 = c00 - t * c02, c22 + t * c02, 0.0
            r = math.sqrt(1.0 - s * s)
            c01, c12 = r * c01 - s * c12, s * c01 + r * c12
            _mix(right, 0, 2, r, s)
        if c12 != 0.0:
            s, t = _turn(c11, c22, c12)
            c11, c22, c12 = c11 - t * c12, c22 + t * c12, 0.0
            r = math.sqrt(1.0 - s * s)
            c01, c02 = r * c01 - s * c02, s * c01 + r * c02
            _mix(right, 1, 2, r, s)
    for a in range(3):
        total = 0.0
        for i in range(3):
            left[a, i] = f[i, 0] * right[a, 0] + f[i, 1] * right[a, 1] + f[i, 2] * right[a, 2]
            total += left[a, i] * left[a, i]
        stretch[a] = math.sqrt(total)
        for i in range(3):
            left[a, i] /= stretch[a]


@compiled
def _turn(p: float, q: float, off: float) -> Any:
    """Return sine and tangent of the rotation that makes an off-diagonal entry vanish."""
    theta = (q - p) / (2.0 * off)
    t = math.copysign(1.0, theta) / (abs(theta) + math.sqrt(theta * theta + 1.0))
    return t / math.sqrt(t * t + 1.0), t


@compiled
def _mix(rows: Any, a: int, b: int, r: float, s: float) -> None:
    for i in range(3):
        x, y = rows[a, i], rows[b, i]
        rows[a, i], rows[b, i] = r * x - s * y, s * x + r * y


@compiled
def shear_entries(stretch: Any, slope: Any, curve: Any, abab: Any, abba: Any) -> None:
    """Write A_abab (3, 3), its diagonal A_aaaa, and A_abba (3, 3) from W_a (3,) and W_ab (3, 3)."""
    for a in range(3):
        abab[a, a], abba[a, a] = curve[a, a], 0.0
        for b in range(3):
            if a == b:
                continue
            la, lb = stretch[a], stretch[b]
            gap = la * la - lb * lb
            if abs(gap) < EQUAL * (la * la + lb * lb):
                mean = 0.5 * (slope[a] / la + slope[b] / lb)
                half = 0.25 * (curve[a, a] + curve[b, b]) - 0.5 * curve[a, b]
                abab[a, b], abba[a, b] = half + 0.5 * mean, half - 0.5 * mean
            else:
                abab[a, b] = (la * slope[a] - lb * slope[b]) / gap
                abba[a, b] = (lb * slope[a] - la * slope[b]) / gap


@compiled
def from_logs(stretch: Any, slope: Any, curve: Any) -> None:
    """Convert derivatives by logarithms of stretches to derivatives by stretches, in place."""
    for a in range(3):
        curve[a, a] -= slope[a]
        for b in range(3):
            curve[a, b] /= stretch[a] * stretch[b]
    for a in range(3):
        slope[a] /= stretch[a]
