"""What is in a map: its strain as a whole, with an error, and how noisy it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TypeAlias

import numpy as np

from microfem.dic.agreement import disagreements
from microfem.dic.records import STRAINS, Bools, DicMap, Floats, Ints
from microfem.dic.rounding import with_error

BLOCKS = 4  # along x and along y, of which each in turn is left out for the error
FEWEST = 2 * BLOCKS**2  # points for an error
MOST = 4000  # points whose noise is looked at
NEIGHBOURS = 4
LOPSIDED = 0.1  # largest distance of a point from the middle of its neighbours, by their distance
ALIGNED = 1e10  # condition of the normal equations of points on a line
WILD, PASSES = 6.0, 3  # medians of what a fit leaves, beyond which a point is left out; how often
ROUNDING = 1e-9  # of the size of a map
MAD = 1.4826  # standard deviation of a normal distribution by its median absolute deviation

Four: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class GlobalStrain:
    """The affine map that fits the displacements of all points best: nominal strain and rotation (degrees).

    values, errors: xx, yy, xy, rotation, the errors standard ones; rest: rms of what the fit leaves, um; left_out:
    number of points that are far off, as wrong matches are.
    """

    values: Four
    errors: Four
    rest: float
    left_out: int


def global_strain(one: DicMap) -> GlobalStrain | None:
    """Return the strain of a map as a whole: F = R (1 + E) of the least squares u = a + (F - 1) X.

    The error is a jackknife over blocks of the area, so neighbours that share a part of their subsets are not counted
    as independent (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 11). None if the points are too
    few for it, or lie on a line.
    """
    X, u = one.points[one.valid], one.displacement[one.valid]
    near = _near(X, u)
    X, u, left_out = X[near], u[near], int((~near).sum())
    size = np.ptp(X, axis=0) if len(X) else np.zeros(2)
    if len(X) < FEWEST or size.min() == 0.0:
        return None
    A = _columns(X, size)
    block = np.minimum(((X - X.min(axis=0)) / size * BLOCKS).astype(int), BLOCKS - 1) @ (1, BLOCKS)
    normal, right = _sums(A, A, block), _sums(A, u, block)
    kept = [normal.sum(axis=0) - one for one in normal if one[0, 0]]
    if max(map(np.linalg.cond, kept)) > ALIGNED:
        return None
    parts = [right.sum(axis=0) - other for one, other in zip(normal, right, strict=True) if one[0, 0]]
    fit = np.asarray(np.linalg.solve(normal.sum(axis=0), right.sum(axis=0)), dtype=float)
    each = np.array([_strain(np.linalg.solve(*pair), size) for pair in zip(kept, parts, strict=True)])
    errors = np.sqrt((len(each) - 1) / len(each) * ((each - each.mean(axis=0)) ** 2).sum(axis=0))
    rest = float(np.sqrt(((u - A @ fit) ** 2).sum(axis=1).mean()))
    return GlobalStrain(values=_strain(fit, size), errors=_four(errors), rest=rest, left_out=left_out)


def _columns(X: Floats, size: Floats) -> Floats:
    """Return the columns of a fit: 1, x and y about the middle, as shares of the size."""
    return np.column_stack([np.ones(len(X)), (X - X.mean(axis=0)) / size])


def _near(X: Floats, u: Floats) -> Bools:
    """Return the points that an affine map leaves no further off than WILD medians of all."""
    near, size = np.ones(len(X), dtype=bool), np.maximum(np.ptp(X, axis=0), 1e-9)
    A = _columns(X, size)
    for _ in range(PASSES):
        off = np.sqrt(((u - A @ np.linalg.lstsq(A[near], u[near])[0]) ** 2).sum(axis=1))
        near = off <= WILD * np.median(off) + ROUNDING * size.max()
    return near


def _sums(A: Floats, b: Floats, block: Ints) -> Floats:
    """Return A^T b of each block, (BLOCKS^2, columns of A, columns of b)."""
    sums = np.zeros((BLOCKS**2, A.shape[1], b.shape[1]))
    np.add.at(sums, block, A[:, :, None] * b[:, None, :])
    return sums


def _strain(fit: Floats, size: Floats) -> Four:
    """Return xx, yy, xy and the rotation, deg, of the coefficients of a fit."""
    F = np.eye(2) + (fit[1:] / size[:, None]).T
    angle = math.atan2(F[1, 0] - F[0, 1], F[0, 0] + F[1, 1])
    c, s = math.cos(angle), math.sin(angle)
    U = np.array([[c, s], [-s, c]]) @ F
    return U[0, 0] - 1.0, U[1, 1] - 1.0, U[0, 1], math.degrees(angle)


def _four(values: Floats) -> Four:
    xx, yy, xy, rotation = map(float, values)
    return xx, yy, xy, rotation


def rough_noise(one: DicMap) -> float | None:
    """Return a rough noise of displacements, um: robust difference of points to the mean of their four neighbours.

    Subsets of side s whose centres are d apart err alike by 1 - d/s along each axis; where s is not known they count as
    apart, and the noise is larger. A field that bends adds to it: a pair of images without a load tells better.
    """
    from scipy.spatial import cKDTree

    X, u = one.points[one.valid], one.displacement[one.valid]
    if len(X) < FEWEST:
        return None
    picked = np.unique(np.linspace(0, len(X) - 1, MOST).astype(int))
    _, near = cKDTree(X).query(X[picked], NEIGHBOURS + 1)
    apart = np.abs(X[near[:, 1:]] - X[picked, None]).max(axis=(1, 2))
    step = np.median(apart)
    inner = np.abs(X[near[:, 1:]].mean(axis=1) - X[picked]).max(axis=1) <= LOPSIDED * step
    if inner.sum() < FEWEST:
        return None
    off = (u[picked] - u[near[:, 1:]].mean(axis=1))[inner]
    settings = one.settings
    side = settings.subset * settings.pixel if settings.subset and settings.pixel else 0.0
    return float(
        MAD * np.median(np.abs(off - np.median(off, axis=0))) / math.sqrt(_variance(step / side if side else 1.0))
    )


def _variance(step: float) -> float:
    """Return the variance of a point less the mean of its four neighbours, by that of a point; step: by the subset."""
    one, two = max(1.0 - step, 0.0), max(1.0 - 2.0 * step, 0.0)
    return 1.25 + 0.5 * one**2 + 0.25 * two - 2.0 * one


def summary_of(one: DicMap) -> dict[str, object]:
    """Return what is in a map, for JSON: settings, points, lost points, strain as a whole, noise; None if not known."""
    whole = global_strain(one)
    return {
        "file": one.source.file,
        "sha256": one.source.sha256,
        "name": one.name,
        "load": one.load,
        "settings": asdict(one.settings),
        "points": len(one.points),
        "shape": one.shape,
        "valid": int(one.valid.sum()),
        "lost": dict(one.why_lost),
        "area_um": [*one.points.min(axis=0).tolist(), *one.points.max(axis=0).tolist()],
        "strains": one.strain is not None,
        "global_nominal_strain": whole and _by_name(whole),
        "residual_um": whole and whole.rest,
        "left_out": whole and whole.left_out,
        "rough_noise_um": rough_noise(one),
        "disagreements": disagreements(one),
        "notes": list(one.notes),
    }


def _by_name(whole: GlobalStrain) -> dict[str, dict[str, float]]:
    names = ("exx", "eyy", "exy", "rotation_deg")
    return {
        name: {"value": value, "error": error}
        for name, value, error in zip(names, whole.values, whole.errors, strict=True)
    }


def described(one: DicMap) -> Iterator[str]:
    """Yield lines for people on what is in a map."""
    settings = one.settings
    yield f"{one.name or one.source.file}: {settings.program or 'columns as stated'}"
    px = {"subset": settings.subset, "step": settings.step}
    told = [f"{name} {value} px" for name, value in px.items() if value is not None]
    told += [f"window {settings.window} points"] if settings.window is not None else []
    told += [f"{settings.shape} subsets"] if settings.shape else []
    told += [f"pixel {settings.pixel:g} um"] if settings.pixel is not None else []
    told += [f"strain gauge {settings.gauge:g} um"] if settings.gauge is not None else []
    yield f"  settings   {', '.join(told) or 'none in the file'}"
    if missing := [name for name in ("pixel", "subset", "step", "window") if getattr(settings, name) is None]:
        yield f"  not told   {', '.join(missing)}: a comparison with a computed field needs them"
    yield f"  strains    {_components(one)}"
    grid = f", {one.shape[0]} rows x {one.shape[1]} columns" if one.shape else ", scattered"
    yield f"  points     {len(one.points):,}{grid}"
    (x0, y0), (x1, y1) = one.points.min(axis=0), one.points.max(axis=0)
    yield f"  area       x {x0:g} to {x1:g} um, y {y0:g} to {y1:g} um (y upwards)"
    lost = "; ".join(f"{count:,} {why}" for why, count in one.why_lost)
    yield f"  lost       {lost or 'none'}"
    yield from _strain_lines(one)
    yield from (f"  CHECK      {doubt}: see its unit, sign and measure" for doubt in disagreements(one))
    yield from (f"  note       {note}" for note in one.notes)


def _components(one: DicMap) -> str:
    """Return which strains a map has, and of which measure."""
    if one.strain is None:
        return "none"
    held = [f"e{name}" for name, column in zip(STRAINS, one.strain.T, strict=True) if not np.isnan(column).all()]
    return f"{', '.join(held) or 'none'}, measure {one.settings.measure or 'not stated'}"


def _strain_lines(one: DicMap) -> Iterator[str]:
    whole, noise = global_strain(one), rough_noise(one)
    if whole is None:
        yield f"  as a whole not known: fewer than {FEWEST} points, or points on a line"
    else:
        parts = zip(("exx", "eyy", "exy", "rotation"), whole.values, whole.errors, ("", "", "", "deg"), strict=True)
        shown = [f"{name} {with_error(value, error, unit)}" for name, value, error, unit in parts]
        yield f"  as a whole {', '.join(shown)} (nominal, of the affine map that fits best)"
        far = f"; {whole.left_out:,} points far off left out" if whole.left_out else ""
        yield f"  residual   {whole.rest:.3g} um rms, which that map leaves{far}"
    if noise is None:
        yield "  noise      not known: too few points with neighbours on all sides"
    else:
        own = f", {noise / one.settings.pixel:.2g} px" if one.settings.pixel else ""
        known = "about" if one.settings.subset and one.settings.pixel else "at least"
        yield f"  noise      {known} {noise:.2g} um{own} of a displacement, by points and their neighbours"


def heading() -> str:
    """Return the head of a table with a row for each map, see `row_of`."""
    return (
        f"{'map':<20} {'load':>8} {'points':>8} {'found':>7} {'exx':>11} {'eyy':>11} {'exy':>11} {'noise um':>9}  lost"
    )


def row_of(one: DicMap) -> str:
    """Return a line of a table on a map: nominal strains of the affine map that fits best."""
    whole, noise = global_strain(one), one.settings.noise
    strains = [f"{value:.5f}" for value in whole.values[:3]] if whole else ["–"] * 3
    found = f"{100.0 * one.valid.mean():.1f} %"
    load = "" if one.load is None else f"{one.load:g}"
    lost = "; ".join(f"{count:,} {why}" for why, count in one.why_lost)
    return (
        f"{one.name:<20} {load:>8} {len(one.points):>8,} {found:>7} {strains[0]:>11} {strains[1]:>11} {strains[2]:>11} "
        f"{noise or rough_noise(one) or math.nan:>9.3g}  {lost or 'none'}"
    )
