"""Stiffness and strain data of rod cross-sections; rectangles in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microfem.fem.space import Floats

TERMS = 60  # of the torsion series of a rectangle: odd n below twice that


@dataclass(frozen=True, kw_only=True)
class Section:
    """A cross-section in y and z about its centre line.

    fibres: (n, 2) quadrature points, um; weights: (n,) Young's modulus times area of each, uN;
    torsion: G J, uN um2; shear: (2,) shear stiffness along y and z, uN;
    surface: (m, 2) points of the outline; shears: (m,) shear strain there per twist, um; poisson: of the outline.
    """

    fibres: Floats
    weights: Floats
    torsion: float
    shear: Floats
    surface: Floats
    shears: Floats
    poisson: float


def torsion_of_rectangle(width: float, thickness: float) -> float:
    """Return J = w t3 / 3 (1 - 192 t / (pi5 w) sum tanh(n pi w / 2 t) / n5), n odd, um4.

    S. P. Timoshenko and J. N. Goodier, Theory of Elasticity, 3rd ed., art. 109; width and thickness may be exchanged.
    """
    w, t = max(width, thickness), min(width, thickness)
    n = 2.0 * np.arange(TERMS) + 1.0
    series = (np.tanh(0.5 * n * np.pi * w / t) / n**5).sum()
    return float(w * t**3 / 3.0 * (1.0 - 192.0 * t / (np.pi**5 * w) * series))


def rectangle(width: float, thickness: float, young: float, poisson: float) -> Section:
    """Return the section of a ribbon, y along its width."""
    at, weight = np.polynomial.legendre.leggauss(6)
    y, z = np.meshgrid(0.5 * width * at, 0.5 * thickness * at, indexing="ij")
    area, g = width * thickness, 0.5 * young / (1.0 + poisson)
    places, shears = _outline(width, thickness)
    return Section(
        fibres=np.column_stack([y.ravel(), z.ravel()]),
        weights=0.25 * young * area * np.outer(weight, weight).ravel(),
        torsion=g * torsion_of_rectangle(width, thickness),
        shear=np.full(2, 5.0 / 6.0 * g * area),
        surface=places,
        shears=shears,
        poisson=poisson,
    )


def _outline(width: float, thickness: float) -> tuple[Floats, Floats]:
    """Return points (m, 2) on the outline of a rectangle, um, and their shear strain per twist (m,), um (art. 109)."""
    w, t = max(width, thickness), min(width, thickness)
    n = (2.0 * np.arange(TERMS) + 1.0)[:, None]
    long, short = 0.5 * w * np.linspace(-1.0, 1.0, 9), 0.5 * t * np.linspace(-1.0, 1.0, 5)
    decay = np.exp(n * np.pi * (np.abs(long) - 0.5 * w) / t) + np.exp(-n * np.pi * (np.abs(long) + 0.5 * w) / t)
    decay /= 1.0 + np.exp(-n * np.pi * w / t)  # cosh(n pi y / t) / cosh(n pi w / 2 t)
    wide = t * (1.0 - 8.0 / np.pi**2 * (decay / n**2).sum(axis=0))
    signs = (-1.0) ** np.arange(TERMS)[:, None]
    waves = signs / n**2 * np.tanh(0.5 * n * np.pi * w / t) * np.cos(n * np.pi * short / t)
    narrow = 8.0 * t / np.pi**2 * waves.sum(axis=0)
    faces = [np.column_stack([long, np.full(9, side * 0.5 * t)]) for side in (-1.0, 1.0)]
    edges = [np.column_stack([np.full(5, side * 0.5 * w), short]) for side in (-1.0, 1.0)]
    places = np.vstack([*faces, *edges])
    return places if width >= thickness else places[:, ::-1], np.concatenate([wide, wide, narrow, narrow])
