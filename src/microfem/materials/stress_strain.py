"""What a measured curve of stress against strain says: moduli and yield stress, or the coefficients of a law.

Curves are of uniaxial tension and kept in true (logarithmic) strain and true stress: ln(1 + e) and P (1 + e) of a
nominal strain e and stress P, at constant volume.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

Points = Sequence[tuple[float, float]]
COEFFICIENTS = ("yeoh_c1", "yeoh_c2", "yeoh_c3")  # of the law that a fit gives
ELASTIC = ("youngs_modulus", "yield_stress")  # what a curve without a fit gives
REPLACED = ("hardening_modulus", "voce_stress", "voce_rate")
LEAST_STRAIN = 1e-12
ROUNDED = 1e-9  # relative fall of a plastic strain or a stress that is round-off
WORST_FIT = 0.2  # rms of the residual over that of the stress, above which a law does not describe a curve


def true_points(points: Points, measure: str) -> list[tuple[float, float]]:
    """Return (true strain, true stress) of stated points.

    Raises:
        ValueError: the measure is not stated, or a strain is below 0 or leaves no length.
    """
    if not measure:
        raise ValueError("state measure: nominal (force over first area, elongation over first length) or true")
    if any(strain < 0.0 for strain, _ in points):
        raise ValueError("strains of a curve are those of tension, 0 or above")
    if measure == "true":
        return list(points)
    return [(math.log1p(strain), stress * (1.0 + strain)) for strain, stress in points]


def from_rest(points: Points) -> list[tuple[float, float]]:
    """Return a curve by rising strain that starts at (0, 0).

    Raises:
        ValueError: it starts with a stress without a strain, has fewer than two points beyond, or the stress is not
            above 0.
    """
    loaded = [point for point in points if point[0] > LEAST_STRAIN]
    if any(stress != 0.0 for strain, stress in points if strain <= LEAST_STRAIN):
        raise ValueError("the curve has a stress at strain 0; subtract the preload, so that it starts at 0")
    if len(loaded) < 2 or any(stress <= 0.0 for _, stress in loaded):
        raise ValueError("the curve needs two points or more with strain and stress above 0")
    return [(0.0, 0.0), *loaded]


def hardening(points: Points) -> list[tuple[float, float]]:
    """Return (equivalent plastic strain, yield stress) of a curve, from 0 on: strain - stress / E, E the first slope.

    Raises:
        ValueError: the curve is steeper than its first slope, or falls.
    """
    curve = from_rest(points)
    (_, _), (strain, stress), *_ = curve
    young = stress / strain
    found = [(e - s / young, s) for e, s in curve[1:]]
    found[0] = (0.0, found[0][1])
    for (a, low), (b, high) in pairwise(found):
        if b <= a + ROUNDED * strain:
            raise ValueError(
                f"the curve is steeper at the stress {high:g} MPa than its first slope, {young:.6g} MPa, which is "
                "Young's modulus: leave out points before yield, or for rubber state fit: yeoh"
            )
        if high < low * (1.0 - ROUNDED):
            raise ValueError(
                f"the stress falls from {low:g} to {high:g} MPa; a softening material has no solution that does not "
                "depend on the mesh: end the curve at its largest true stress"
            )
    return found


def plastic(points: Points) -> tuple[dict[str, float], str]:
    """Return Young's modulus and the yield stress of a curve, MPa, and a note.

    Raises:
        ValueError: see `hardening`.
    """
    (_, stress), *_, (last, _) = hardening(points)
    strain = from_rest(points)[1][0]
    values = dict(zip(ELASTIC, (stress / strain, stress), strict=True))
    return values, f"first slope and its end of stress_strain, plastic strain up to {100.0 * last:.4g} %"


def yeoh_fit(points: Points) -> tuple[dict[str, float], str]:
    """Return Yeoh's coefficients, MPa, and a note with their error.

    Least squares of the nominal stress  P = 2 (l - l^-2) sum k C_k (I1 - 3)^(k - 1)  in uniaxial tension, each term
    with C_k of 0 or above: then f' and f'' are never below 0, and the law is stable at all stretches. O. H. Yeoh,
    Rubber Chem. Technol. 63 (1990) 792.

    Raises:
        ValueError: the curve has fewer than three points, or the law misses it by WORST_FIT.
    """
    import numpy as np
    from scipy.optimize import nnls

    curve = np.array(from_rest(points)[1:])
    if len(curve) < len(COEFFICIENTS):
        raise ValueError("a fit needs three points or more with strain and stress above 0")
    stretch = np.exp(curve[:, 0])
    nominal = curve[:, 1] / stretch
    i = stretch**2 + 2.0 / stretch - 3.0
    terms = np.column_stack([2.0 * (stretch - stretch**-2) * k * i ** (k - 1) for k in (1, 2, 3)])
    size = np.linalg.norm(terms, axis=0)
    found = nnls(terms / size, nominal)[0] / size
    off = terms @ found - nominal
    rms, most = np.sqrt(np.mean(off**2) / np.mean(nominal**2)), np.abs(off).max() / nominal.max()
    told = f"rms error {100.0 * rms:.2g} %, largest {100.0 * most:.2g} % of the largest nominal stress"
    if found[0] <= 0.0 or rms > WORST_FIT:
        raise ValueError(f"Yeoh's law with coefficients of 0 or above does not describe the curve: {told}; state a law")
    span = f"nominal strain up to {100.0 * (stretch[-1] - 1.0):.4g} %"
    values = {name: float(one) for name, one in zip(COEFFICIENTS, found, strict=True) if one > 0.0}
    return values, f"Yeoh's law fitted to stress_strain, {span}: {told}"


def derived(points: Points, fit: str) -> tuple[Mapping[str, float], str]:
    """Return the properties that follow from a curve, and a note; fit: yeoh, or "" for a curve of yield.

    Raises:
        ValueError: the curve is none of that kind.
    """
    return yeoh_fit(points) if fit else plastic(points)
