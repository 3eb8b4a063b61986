"""The misfit of maps against the parameters that were identified: over their ranges, and about the estimate."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np

from microfem.base.units import pretty_unit
from microfem.dic.identified import Estimate, Identification
from microfem.dic.records import Floats
from microfem.render.style import COLOURS, number_powers, panels, save, styled

WIDTH = 180.0  # mm, of two panels
POINTS = 201  # along an axis
ABOUT = 4.0  # standard errors about the estimate that the right picture shows
LEVELS = 8  # of contours


def draw_misfit(found: Identification, path: Path) -> None:
    """Draw the misfit: of one parameter its profile, of each pair of more its contours with the standard errors.

    Curves follow from the derivatives at the estimate; dots are the solves.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    with styled():
        save(misfit_figure(found), path, "png")


def misfit_figure(found: Identification) -> Any:
    """Return the figure: for each parameter or pair the whole range on the left, the estimate on the right."""
    pairs = list(itertools.combinations(range(len(found.estimates)), 2))
    figure, axes = panels(2 * max(len(pairs), 1), WIDTH)
    for k, axis in enumerate(axes):
        if pairs:
            _contours(figure, axis, found, pairs[k // 2], near=k % 2 == 1)
        else:
            _profile(axis, found, near=k % 2 == 1)
    return figure


def _profile(axis: Any, found: Identification, near: bool) -> None:
    """Draw the misfit of one parameter, with the solves within the picture and the estimate with its error."""
    [one] = found.estimates
    shares = _shares(one, near)
    values = np.array([one.unknown.value(share) for share in shares])
    axis.plot(values, _misfit(found, (0,), shares[:, None]), color=COLOURS[0])
    tried = [(share, size) for (share,), size in found.valley.trials if shares[0] <= share <= shares[-1]]
    axis.plot([one.unknown.value(share) for share, _ in tried], [size for _, size in tried], "o", color=COLOURS[1])
    axis.axvspan(one.value - one.error, one.value + one.error, color=COLOURS[4], alpha=0.35, linewidth=0.0)
    axis.axvline(one.value, color=COLOURS[6], linewidth=0.6)
    axis.set_ylim(bottom=0.0 if not near else None)
    _label(axis.set_xlabel, axis.xaxis, axis.set_xscale, one, near)
    axis.set_ylabel(_misfit_label(found))
    axis.set_title(_told(one) if near else "curve: from the slopes; dots: solves", loc="left")


def _contours(figure: Any, axis: Any, found: Identification, pair: tuple[int, int], near: bool) -> None:
    """Draw the misfit of two parameters, the solves, and the ellipses of one and two standard errors."""
    one, other = (found.estimates[k] for k in pair)
    x, y = _shares(one, near), _shares(other, near)
    grid = np.stack([each.ravel() for each in np.meshgrid(x, y)], axis=1)
    sizes = _misfit(found, pair, grid).reshape(len(y), len(x))
    across, up = (np.array([e.unknown.value(s) for s in shares]) for e, shares in ((one, x), (other, y)))
    drawn = axis.contourf(across, up, sizes, LEVELS, cmap="Blues")
    figure.colorbar(drawn, ax=axis, label=_misfit_label(found))
    tried = np.array([[share[k] for k in pair] for share, _ in found.valley.trials])
    within = ((tried >= [x[0], y[0]]) & (tried <= [x[-1], y[-1]])).all(axis=1)
    dots = [[e.unknown.value(s) for s in column] for e, column in zip((one, other), tried[within].T, strict=True)]
    axis.plot(*dots, "o", color=COLOURS[1])
    correlation = float(found.correlation[pair[0], pair[1]])
    for deviations in (1.0, 2.0) if near else ():
        axis.plot(*_ellipse(one, other, correlation, deviations), color=COLOURS[6], linewidth=0.8)
    _label(axis.set_xlabel, axis.xaxis, axis.set_xscale, one, near)
    _label(axis.set_ylabel, axis.yaxis, axis.set_yscale, other, near)
    axis.set_title(f"1 and 2 standard errors, correlation {correlation:+.2f}" if near else "dots: solves", loc="left")


def _shares(one: Estimate, near: bool) -> Floats:
    """Return the shares of a range that are drawn: all, or those about the estimate."""
    half = ABOUT * one.error / max(one.unknown.width(one.share, 1.0), 1e-300)
    low, high = (max(one.share - half, 0.0), min(one.share + half, 1.0)) if near else (0.0, 1.0)
    return np.linspace(low, high, POINTS)


def _misfit(found: Identification, which: tuple[int, ...], shares: Floats) -> Floats:
    """Return the misfit (n,) at shares (n, m) of some parameters, the others at their estimates."""
    away = shares - [found.estimates[k].share for k in which]
    square = found.valley.square[np.ix_(which, which)]
    return np.asarray(np.sqrt(found.valley.least**2 + np.einsum("ni,ij,nj->n", away, square, away)))


def _ellipse(one: Estimate, other: Estimate, correlation: float, deviations: float) -> Floats:
    """Return the line (2, n) at which two parameters lie so many standard errors of all sources away."""
    angle = np.linspace(0.0, 2.0 * np.pi, POINTS)
    circle = np.stack([np.cos(angle), correlation * np.cos(angle) + np.sqrt(1.0 - correlation**2) * np.sin(angle)])
    size = deviations * np.array([[one.error], [other.error]])
    return np.asarray(np.array([[one.value], [other.value]]) + size * circle)


def _label(write: Any, axis: Any, scale: Any, one: Estimate, near: bool) -> None:
    unknown = one.unknown
    name = unknown.name.split(".", 1)[1].replace(".params.", " ").replace(".", " ").replace("_", " ")
    write(f"{name} ({pretty_unit(unknown.unit)})" if unknown.unit else name)
    if unknown.log and not near:
        scale("log")
        number_powers(axis, (unknown.low, unknown.high))


def _misfit_label(found: Identification) -> str:
    return f"misfit ({pretty_unit(found.unit)})" if found.unit else "misfit (strain)"


def _told(one: Estimate) -> str:
    return f"{one.number} {pretty_unit(one.unknown.unit)}".replace("+-", "±").rstrip()
