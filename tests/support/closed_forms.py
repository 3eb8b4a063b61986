"""Closed forms of potential problems. Lengths in any one unit; G is conductance / (length sigma), or C / (length eps).

K(m) is the complete elliptic integral of the first kind with the parameter m = k^2.
"""

from __future__ import annotations

import mpmath as mp
import numpy as np
from scipy.optimize import brentq


def two_strips(m):
    """Return K(m) / K(1 - m): conductance through a half plane between [x1, x2] and [x3, x4] of its edge.

    m = (x2 - x1)(x4 - x3) / ((x3 - x1)(x4 - x2)), the rest of the edge insulated. Source: Schwarz-Christoffel map of
    the half plane onto a rectangle, W. R. Smythe, Static and Dynamic Electricity, 3rd ed., section 4.
    """
    return float(mp.ellipk(m) / mp.ellipk(1 - m))


def interdigital(wa, wc, g, height=None):
    """Return G of the unit cell: half a finger wa, gap g, half a finger wc, thin and coplanar, electrolyte above.

    Source: the map t = sn^2(K x / W) of the cell W x height onto the half plane, then `two_strips`; for equal widths
    these are the expressions of W. Olthuis, W. Streekstra, P. Bergveld, Sens. Actuators B 24 (1995) 252 (no height:
    semi-infinite) and R. Igreja, C. J. Dias, Sens. Actuators A 112 (2004) 291 (finite height).
    Valid for fingers of no thickness on an insulator under an insulating lid, far from the fingers' ends.
    """
    width = wa / 2 + g + wc / 2
    with mp.workdps(40 if height is None else 40 + round(1.5 * width / height)):  # a shallow cell cancels digits
        width = mp.mpf(wa) / 2 + g + mp.mpf(wc) / 2
        if height is None:
            return two_strips((mp.tan(mp.pi * wa / (4 * width)) * mp.tan(mp.pi * wc / (4 * width))) ** 2)
        nome = mp.exp(-mp.pi * height / width)
        mr = mp.mfrom(q=nome)
        k = mp.ellipk(mr)
        a = mp.ellipfun("sn", k * wa / (2 * width), m=mr) ** 2
        c = mp.ellipfun("sn", k * (1 - wc / (2 * width)), m=mr) ** 2
        return two_strips(a * (1 - c) / (c * (1 - a)))


def interdigital_olthuis(w, s):
    """Return G for equal widths w and spaces s, semi-infinite: K(1 - k^2) / (2 K(k^2)), k = cos(pi w / 2(w + s)).

    Source: Olthuis et al. 1995, cell constant 2 / ((N - 1) L) K(k^2) / K(1 - k^2), one gap and unit length.
    """
    k2 = mp.cos(mp.pi * w / (2 * (w + s))) ** 2
    return float(mp.ellipk(1 - k2) / (2 * mp.ellipk(k2)))


def interdigital_igreja(w, s, height):
    """Return G for equal widths w and spaces s under a lid at `height`: half of Igreja and Dias 2004's C_I.

    C_I is between a finger and the mid-plane of the gap, on both halves of the finger; a gap's conductance is two
    quarters of a period in series.
    """
    with mp.workdps(40):
        eta, r = mp.mpf(w) / (w + s), mp.mpf(height) / (2 * (w + s))
        k = mp.kfrom(q=mp.exp(-4 * mp.pi * r))
        t2 = mp.ellipfun("sn", mp.ellipk(k**2) * eta, m=k**2)
        ki2 = t2**2 * (1 / k**2 - 1) / (1 / k**2 - t2**2)
        return float(mp.ellipk(ki2) / mp.ellipk(1 - ki2) / 2)


def interdigital_current(wa, wc, g, x):
    """Return j(x) / (sigma V) on half a finger, 0 <= x < wa / 2, semi-infinite cell; it grows as d^-1/2 at the edge.

    j = (pi / W) / (I sqrt((a - t)(c - t))), t = sin^2(pi x / 2W), I = 2 K(1 - m) / sqrt(c (1 - a)).
    """
    width = wa / 2 + g + wc / 2
    t, a, c = (np.sin(np.pi * np.asarray(s) / (2 * width)) ** 2 for s in (x, wa / 2, width - wc / 2))
    m = a * (1 - c) / (c * (1 - a))
    total = 2.0 * float(mp.ellipk(1 - m)) / np.sqrt(c * (1 - a))
    return np.pi / width / (total * np.sqrt((a - t) * (c - t)))


def interdigital_share_above(wa, wc, g, times):
    """Return the share of a finger's width where j exceeds `times` its mean; j grows monotonically towards the edge."""
    mean = interdigital(wa, wc, g) / (wa / 2)
    edge = wa / 2 * (1 - 1e-12)

    def excess(x):
        return float(interdigital_current(wa, wc, g, x)) - times * mean

    return 1.0 if excess(0.0) > 0.0 else 1.0 - brentq(excess, 0.0, edge) / (wa / 2)


def coaxial(a, b):
    """Return G = 2 pi / ln(b / a) between circles a < b of one centre."""
    return 2.0 * np.pi / np.log(b / a)


def eccentric(a, b, d):
    """Return G = 2 pi / acosh((a^2 + b^2 - d^2) / 2ab), circle a inside circle b, centres d apart (bipolar)."""
    return 2.0 * np.pi / np.arccosh((a * a + b * b - d * d) / (2.0 * a * b))


def parallel_cylinders(a, b, d):
    """Return G = 2 pi / acosh((d^2 - a^2 - b^2) / 2ab) between circles a, b outside each other in the whole plane."""
    return 2.0 * np.pi / np.arccosh((d * d - a * a - b * b) / (2.0 * a * b))


def eccentric_extremes(a, b, d):
    """Return smallest and largest over mean current density on the inner circle: a (cosh tau -+ 1) / c.

    c is half the distance of the bipolar foci, sinh tau = c / a (Smythe, section 4).
    """
    c = np.sqrt((b * b - a * a - d * d) ** 2 - 4.0 * a * a * d * d) / (2.0 * d)
    cosh = np.sqrt(1.0 + (c / a) ** 2)
    return a * (cosh - 1.0) / c, a * (cosh + 1.0) / c


def sector(r1, r2, beta):
    """Return G, max / mean, min / mean and deviation / mean of j = sigma V / (beta r) on electrodes theta = 0, beta."""
    log = np.log(r2 / r1)
    mean = log / (r2 - r1)
    spread = np.sqrt((r2 - r1) ** 2 / (r1 * r2 * log * log) - 1.0)
    return log / beta, 1.0 / (r1 * mean), 1.0 / (r2 * mean), spread


def disc_to_spheroid(a, xi):
    """Return R sigma between a disc a on an insulator and the confocal half spheroid, semi-axes a sqrt(1 + xi^2), a xi.

    arctan(xi) / (2 pi a); xi -> infinity gives 1 / 4a (J. Newman, J. Electrochem. Soc. 113 (1966) 501). The half
    spheroids are equipotentials of the disc, so the finite domain is exact, and so is j of the disc.
    """
    return np.arctan(xi) / (2.0 * np.pi * a)


def disc_share_above(times):
    """Return the share of a disc where j exceeds `times` its mean: 1 / (4 times^2), times >= 1/2 (Newman 1966)."""
    return 1.0 / (4.0 * times * times)


def corner_squares():
    """Return the squares that the corner of a right-angled strip counts for: 1 - (2 / pi) ln 2 (Smythe, section 6)."""
    return 1.0 - 2.0 / np.pi * np.log(2.0)


def counter_fed(r1, r2, g, length):
    """Return R of two fingers of r1, r2 ohm/m with g S/m between them, fed at opposite ends, ohm.

    Transmission line V' = -r I, I' = -g dV; valid for fingers much closer than 1 / sqrt((r1 + r2) g).
    """
    gamma = np.sqrt((r1 + r2) * g)
    x = gamma * length
    first = r1 * r2 * length / (r1 + r2)
    return first + ((r1**2 + r2**2) * np.cosh(x) + 2.0 * r1 * r2) / ((r1 + r2) * gamma * np.sinh(x))


def same_side(r1, r2, g, length):
    """Return R of the same two fingers fed at the same end: (r1 + r2) / gamma coth(gamma L), ohm."""
    gamma = np.sqrt((r1 + r2) * g)
    return (r1 + r2) / gamma / np.tanh(gamma * length)


def line_by_collocation(r1, r2, g, length, counter, count=24):
    """Return R of the same line by Chebyshev collocation of v'' = r g (v - w), w'' = -r g (v - w): no cosh in it."""
    from numpy.polynomial import chebyshev as ch

    s = np.cos(np.pi * np.arange(count) / (count - 1))
    value = ch.chebvander(s, count - 1)
    slope = np.stack([ch.chebval(s, ch.chebder(np.eye(count)[k])) for k in range(count)], axis=1) * 2.0 / length
    curve = np.stack([ch.chebval(s, ch.chebder(np.eye(count)[k], 2)) for k in range(count)], axis=1) * 4.0 / length**2
    zero = np.zeros_like(value)
    system = np.block([[curve - r1 * g * value, r1 * g * value], [r2 * g * value, curve - r2 * g * value]])
    right = np.zeros(2 * count)
    start, end = count - 1, 0  # s = -1 and s = 1
    # line 1 is fed with 1 V at its start; line 2 is grounded at its end (counter-fed) or its start
    fed, open2 = (end, start) if counter else (start, end)
    for row, left, other, value_ in ((start, value[start], zero[0], 1.0), (end, slope[end], zero[0], 0.0)):
        system[row], right[row] = np.concatenate([left, other]), value_
    for row, left in ((fed, value[fed]), (open2, slope[open2])):
        system[count + row], right[count + row] = np.concatenate([zero[0], left]), 0.0
    found = np.linalg.solve(system, right)
    return float(-r1 / (slope[start] @ found[:count]))


def newman_tobias(kappa: float, sigma: float, transfer: float, depth: float) -> float:
    """Return the resistance, ohm m2, of a porous electrode with linear kinetics; transfer: a g, S/m3.

    J. S. Newman and C. W. Tobias, J. Electrochem. Soc. 109 (1962) 1183.
    """
    nu = depth * np.sqrt(transfer * (1.0 / kappa + 1.0 / sigma))
    share = (2.0 + (sigma / kappa + kappa / sigma) * np.cosh(nu)) / (nu * np.sinh(nu))
    return float(depth / (kappa + sigma) * (1.0 + share))
