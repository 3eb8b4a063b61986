"""Combs with odd counts of fingers against a series for thin strips: charges of each strip in Chebyshev polynomials.

A strip of half width a carries T_n(t) / sqrt(1 - t^2), t = (x - c) / a. Its logarithmic potential is pi ln 2 (n = 0) or
pi T_n / n on the strip itself, and beside it, with s = |t| + sqrt(t^2 - 1), pi (ln 2 - ln s) or (+-1)^n pi s^-n / n
(J. C. Mason, D. C. Handscomb, Chebyshev Polynomials, Chapman & Hall 2003, chapter 9).
"""

from __future__ import annotations

import numpy as np
import pytest

from microfem.families import build_layout
from support.relations import values
from support.solving import DRIVE

TERMS = 8


def conductance(widths: list[float], gap: float) -> float:
    """Return G / sigma per length of strips in a half space, alternating between two potentials."""
    starts = np.cumsum([0.0, *(width + gap for width in widths[:-1])])
    half, centre = 0.5 * np.array(widths), starts + 0.5 * np.array(widths)
    nodes = np.cos(np.pi * (np.arange(TERMS) + 0.5) / TERMS)
    x = (centre[:, None] + half[:, None] * nodes).ravel()
    n, count = np.arange(TERMS), len(widths)
    matrix = np.zeros((count * TERMS + 1, count * TERMS + 1))
    for k in range(count):
        t = ((x - centre[k]) / half[k])[:, None]
        on = np.repeat(np.arange(count) == k, TERMS)[:, None]
        s = np.abs(t) + np.sqrt(np.where(on, 0.0, t**2 - 1.0))
        own = np.cos(n * np.arccos(np.clip(t, -1.0, 1.0))) / np.maximum(n, 1)
        beside = np.sign(t) ** n * s ** (-n.astype(float)) / np.maximum(n, 1)
        own[:, 0], beside[:, 0] = np.log(2.0), np.log(2.0) - np.log(s[:, 0])
        shift = np.where(n == 0, -np.log(half[k]), 0.0)  # ln |x - x'| = ln a + ln |t - t'|
        matrix[:-1, k * TERMS : (k + 1) * TERMS] = np.where(on, own, beside) + shift
        matrix[-1, k * TERMS] = 1.0  # no net charge
    matrix[:-1, -1] = 1.0  # the potential far away
    stated = np.append(np.repeat([1.0 - k % 2 for k in range(count)], TERMS), 0.0)
    charge = np.linalg.solve(matrix, stated)[: count * TERMS : TERMS]
    return float(np.pi * charge[::2].sum())  # a half space: sigma pi d(phi)/dn, of the total charge pi a_0


def test_two_strips_have_their_elliptic_integrals() -> None:
    from scipy.special import ellipk

    a, b, c, d = 0.0, 3.0, 4.0, 9.0
    m = (b - a) * (d - c) / ((c - a) * (d - b))
    assert conductance([3.0, 5.0], 1.0) == pytest.approx(ellipk(m) / ellipk(1.0 - m), rel=1e-6)


@pytest.mark.slow
def test_five_fingers() -> None:
    """Under a high and wide electrolyte. Fingers of thickness t conduct more than strips, as if each edge were wider by
    t / pi (1 + ln(4 pi w / t)), 0.14 um of the gap of 8 um: 1.6 %; four fingers would conduct a fifth less.
    """
    params = {"finger_pairs": 2.5, "anode_width": 20.0, "cathode_width": 12.0, "gap": 8.0, "anode_thickness": 0.05,
              "cathode_thickness": 0.05, "electrolyte_height": 5000.0, "margin": 5000.0}  # fmt: skip
    stated = {"physics": "conduction", "dimension": "section", "terminals": DRIVE}
    layout = build_layout("interdigital", params)
    found = values(layout, stated, ["resistance"], 0.005)["resistance"]
    sigma = layout.material("electrolyte").value("conductivity")
    exact = 1.0 / (sigma * conductance([20.0, 12.0, 20.0, 12.0, 20.0], 8.0))
    assert 0.98 * exact < found.value < exact
    assert found.value != pytest.approx(1.0 / (sigma * conductance([20.0, 12.0, 20.0, 12.0], 8.0)), rel=0.1)
