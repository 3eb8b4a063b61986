"""Whether a map agrees with itself and with what is stated of it: signs, factors and measures tell on strains that are
not those of the displacements, and the header of a file tells settings and loads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.dic.records import STRAINS, Bools, DicMap, Floats

NEIGHBOURS = 25  # of a point through which a plane is fitted
FEWEST = 100  # points for a comparison
MOST = 2000
WILD = 6.0  # distances from the median, by the median of them, beyond which a value is left out
SAME = 1e-6  # relative difference of one number
LIKE = 0.8  # correlation from which both see the same field
TOLERATED = 0.3  # of a factor: gauges of other sizes see other strains
OF_STRETCH: dict[str, Callable[[Floats], Floats]] = {
    "nominal": lambda stretch: stretch - 1.0,
    "green_lagrange": lambda stretch: 0.5 * (stretch**2 - 1.0),
    "hencky": np.log,
    "almansi": lambda stretch: 0.5 * (1.0 - stretch**-2),
}


def require_header(one: DicMap, stated: Mapping[str, Any], load: float | None = None) -> None:
    """Refuse what is stated of a map where its header says another.

    stated: subset, step and window, of which the window may be another, since strains are taken anew; load: of the map.

    Raises:
        MicrofemError: subset, step or load differ.
    """
    header = {"subset": one.settings.subset, "step": one.settings.step, "load": one.load}
    for name, own in header.items():
        said = load if name == "load" else stated.get(name)
        if own is not None and said is not None and abs(own - said) > SAME * abs(own):
            unit = "" if name == "load" else " px"
            raise MicrofemError(
                f"{one.name or one.source.file}: its header has {name} {own:g}{unit}, and {said:g}{unit} is stated; "
                "leave it out, or name the right file"
            )


def disagreements(one: DicMap) -> list[str]:
    """Return what is said of strains that are not those of the displacements, each with its factor.

    A plane through the displacements of neighbours has a gradient F - 1; f(U) with U^2 = F^T F is its strain. Where
    both vary alike over the map, the slope of a regression is their factor.
    """
    if one.strain is None:
        return []
    known = one.valid & ~np.isnan(one.strain).all(axis=1)
    if known.sum() < FEWEST:
        return []
    picked, gradients = _gradients(one.points[known], one.displacement[known])
    own = _strains(gradients, one.settings.measure or "nominal")
    told = []
    for name, stated, found in zip(STRAINS, one.strain[known][picked].T, own.T, strict=True):
        if np.isnan(stated).all() or np.isnan(found).all():
            continue
        usual = _usual(stated) & _usual(found)
        a, b = stated[usual], found[usual]
        if len(a) < FEWEST or not (a @ a > 0.0 and b @ b > 0.0):
            continue
        likeness, factor = (a @ b) / np.sqrt((a @ a) * (b @ b)), (a @ a) / (a @ b) if a @ b else np.inf
        if abs(likeness) > LIKE and abs(factor - 1.0) > TOLERATED:
            told.append(f"e{name} in the file is {factor:.2g} times that of the displacements")
    return told


def _usual(values: Floats) -> Bools:
    """Tell which values are not far off, as those of a wrong match are."""
    off = np.abs(values - np.nanmedian(values))
    return off <= WILD * np.nanmedian(off)


def _gradients(X: Floats, u: Floats) -> tuple[Floats, Floats]:
    """Return points and the gradients (n, 2, 2) of planes through the displacements around them; nan on lines."""
    from scipy.spatial import cKDTree

    picked = np.unique(np.linspace(0, len(X) - 1, MOST).astype(int))
    _, near = cKDTree(X).query(X[picked], NEIGHBOURS)
    A, b = X[near] - X[near].mean(axis=1, keepdims=True), u[near] - u[near].mean(axis=1, keepdims=True)
    normal, right = np.einsum("nki,nkj->nij", A, A), np.einsum("nki,nkj->nij", A, b)
    normal[np.linalg.cond(normal) > 1e6] = np.nan
    return picked, np.swapaxes(np.linalg.inv(normal) @ right, 1, 2)


def _strains(gradients: Floats, measure: str) -> Floats:
    """Return the components (n, 3) of the strain of displacement gradients."""
    if measure == "small":
        tensor = 0.5 * (gradients + np.swapaxes(gradients, 1, 2))
    else:
        F = gradients + np.eye(2)
        good = ~np.isnan(F).any(axis=(1, 2))
        tensor = np.full_like(F, np.nan)
        square, axes = np.linalg.eigh(np.einsum("nki,nkj->nij", F[good], F[good]))
        strain = OF_STRETCH[measure](np.sqrt(np.maximum(square, 1e-12)))
        tensor[good] = np.einsum("nik,nk,njk->nij", axes, strain, axes)
    return np.column_stack([tensor[:, 0, 0], tensor[:, 1, 1], tensor[:, 0, 1]])
