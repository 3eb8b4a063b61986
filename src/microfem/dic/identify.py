"""Parameters of a device from a map of its displacements, with the map's axes as unknowns beside them.

Gauss-Newton on the distances of measured places from those that the levelled computed field has, each weighted by
Huber's function. A solve of the device is dear and a registration is not: derivatives by the axes are differences,
those by parameters are differences at the start, then Broyden's (Math. Comput. 19 (1965) 577).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.dic.computed import TopSurface
from microfem.dic.level import stated
from microfem.dic.noise import MAD
from microfem.dic.records import QUANTITIES, DicMap, Floats, Ints, Registration
from microfem.dic.register import BLOCKS, HUBER, RegistrationFit, register
from microfem.dic.unknown import Unknown

MOST_SOLVES = 6  # of the device, the one on a finer mesh included
PROBE = 0.08  # of a range: step of the first differences
FARTHEST = 0.35  # of a range: largest step
SETTLED = 0.2  # standard deviations: last step of a fit that counts
UNSEEN = 2.0  # standard deviations of noise by which a parameter must move the map over its range
ALIKE = 0.1  # largest correlation of points that share pixels
FINER = 1.5  # error of the mesh over the change with a finer one: 1 / (r^p - 1) of a refinement that halves the error
Place = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A parameter that was identified, at a share of its range, and its standard errors by source, in its unit.

    scatter: of the fit, by blocks of the area, in which distances may be alike; noise: what the noise of the map alone
    would leave; axes: the part of the scatter that is there because the axes are unknown; mesh: of the device's mesh,
    not a standard error, 0 where no finer one was solved; last: the last step; moved: the rms by which the map moves
    over the parameter's range once the axes follow, um.
    """

    unknown: Unknown
    share: float
    value: float
    scatter: float
    noise: float
    axes: float
    mesh: float
    last: float
    moved: float

    @property
    def error(self) -> float:
        """The standard error of all sources: mesh, last step, and scatter, which by chance may be below the noise."""
        return math.hypot(max(self.scatter, self.noise), self.mesh, self.last)


@dataclass(frozen=True, kw_only=True)
class Identification:
    """Parameters from a map; correlation (m, m): of the parameters and the axes, by their names; rms: of the distances
    that remain, um, at n points; light: points of lower weight; solves: of the device.
    """

    estimates: tuple[Estimate, ...]
    names: tuple[str, ...]
    correlation: Floats
    on: Registration
    rms: float
    noise: float
    n: int
    light: int
    solves: int


def identify(
    one: DicMap, unknowns: Sequence[Unknown], surface: Callable[[Place], TopSurface], noise: float,
    nuisances: Sequence[str] = QUANTITIES, finer: Callable[[Place], TopSurface] | None = None,
) -> Identification:  # fmt: skip
    """Return the parameters with which the surface of a device moves as a map does.

    surface: from shares of the ranges, all on one mesh; finer: the same on a finer mesh; noise: standard deviation of a
    displacement, um; nuisances: of shift, rotation and scale.

    Raises:
        MicrofemError: the map tells nothing of a parameter, or too few points are left.
    """
    search = _Search(thinned(one), tuple(unknowns), surface, noise)
    search.begin(nuisances)
    search.require_seen()
    most = MOST_SOLVES - (finer is not None)
    while search.solves < most and not search.settled:
        search.advance()
    return search.result(finer)


def thinned(one: DicMap) -> DicMap:
    """Return a map with points so far apart that their subsets hardly share pixels."""
    known = stated(one.settings)
    step = one.settings.step or 1
    apart = math.ceil((1.0 - ALIKE) * known.subset / step) * step * known.pixel
    cells = np.floor((one.points - one.points.min(axis=0)) / apart + 1e-9).astype(np.int64)
    order = np.flatnonzero(one.valid)
    _, first = np.unique(cells[order], axis=0, return_index=True)
    kept = np.sort(order[first])
    return replace(
        one, points=one.points[kept], displacement=one.displacement[kept], valid=one.valid[kept], strain=None,
        quality=None, out_of_plane=None, shape=None,
    )  # fmt: skip


class _Search:
    """The state of a search: shares of the ranges, the axes, the distances there and their derivatives."""

    def __init__(
        self, one: DicMap, unknowns: tuple[Unknown, ...], surface: Callable[[Place], TopSurface], noise: float
    ) -> None:
        self.map, self.unknowns, self.surface, self.noise = one, unknowns, surface, noise
        self.share = np.full(len(unknowns), 0.5)
        self.solves, self.settled = 0, False
        self.last = np.full(len(unknowns), math.inf)

    def fit(self, share: Floats) -> RegistrationFit:
        """Return the fit of the map to the device with parameters at shares of their ranges."""
        self.solves += 1
        told = ", ".join(f"{u.name} {u.value(s):.4g} {u.unit}" for u, s in zip(self.unknowns, share, strict=True))
        tell(f"solve {self.solves}: {told}")
        return RegistrationFit(self.map, self.surface(tuple(share.tolist())), self.noise)

    def begin(self, nuisances: Sequence[str]) -> None:
        """Solve at the middle of the ranges, find the axes there, and take differences by each parameter."""
        fit = self.fit(self.share)
        self.map = fit.some
        self.on = register(self.map, fit.surface, nuisances, noise=self.noise)
        self.axes = [name for name, _ in self.on.errors]
        self.by_axes, self.rest = fit.system(self.on, self.axes)
        columns = []
        for k in range(len(self.unknowns)):
            share = self.share.copy()
            share[k] += PROBE
            columns.append((self.fit(share).system(self.on, ())[1] - self.rest) / PROBE)
        self.by_parameters = np.column_stack(columns)

    @property
    def slopes(self) -> Floats:
        """The derivatives (2 n, parameters and axes) of the distances, um for a whole range and for a px of the rim."""
        return np.hstack([self.by_parameters, self.by_axes])

    def weights(self) -> Floats:
        """Return Huber's weights (2 n,) of the distances."""
        size = np.linalg.norm(self.rest.reshape(-1, 2), axis=1)
        spread = max(MAD * float(np.median(np.abs(self.rest))), 1e-300)
        return np.repeat(np.minimum(1.0, HUBER * spread / np.maximum(size, 1e-300)), 2)

    def moved(self) -> Floats:
        """Return the rms (parameters,), um, by which each moves the map over its range once the axes follow."""
        left = self.by_parameters
        if self.by_axes.shape[1]:
            left = left - self.by_axes @ np.linalg.lstsq(self.by_axes, left, rcond=None)[0]
        return np.asarray(np.sqrt((left**2).sum(axis=0) / (0.5 * len(left))))

    def require_seen(self) -> None:
        """Refuse a parameter that hardly moves the map.

        Raises:
            MicrofemError: naming the parameter.
        """
        for unknown, moved in zip(self.unknowns, self.moved(), strict=True):
            if moved < UNSEEN * self.noise:
                raise MicrofemError(
                    f"{unknown.name} moves the map by {moved:.2g} um over its range once the axes follow, less than "
                    f"{UNSEEN:g} x its noise of {self.noise:.2g} um: the map does not tell it; leave it out, take a "
                    "larger load, or hold axes that are known"
                )

    def advance(self) -> None:
        """Take a step of Gauss-Newton within the ranges, and correct the derivatives by what is found there."""
        step = self.step()
        count = len(self.unknowns)
        by = np.clip(self.share + np.clip(step[:count], -FARTHEST, FARTHEST), 0.0, 1.0) - self.share
        if not by.any():
            self.last, self.settled = np.abs(by), True
            return
        axes = self.axes_after(by)
        fit = self.fit(self.share + by)
        on = fit.moved(self.on, self.axes, axes)
        foreseen = self.rest + self.by_parameters @ by + self.by_axes @ axes
        self.by_axes, self.rest = fit.system(on, self.axes)
        self.by_parameters = self.by_parameters + np.outer(self.rest - foreseen, by) / (by @ by)
        self.share, self.on = self.share + by, on
        left = np.abs(self.step()[:count])
        self.last = left
        self.settled = bool((left < SETTLED * np.sqrt(np.diag(self.covariance())[:count])).all())

    def step(self) -> Floats:
        """Return the step (parameters and axes,) of weighted least squares."""
        w = np.sqrt(self.weights())
        found = np.linalg.lstsq(self.slopes * w[:, None], -self.rest * w, rcond=None)[0]
        return np.asarray(found, dtype=float)

    def axes_after(self, by: Floats) -> Floats:
        """Return the step of the axes (axes,), px, that goes with a step of the parameters."""
        w = np.sqrt(self.weights())
        left = -(self.rest + self.by_parameters @ by) * w
        return np.asarray(np.linalg.lstsq(self.by_axes * w[:, None], left, rcond=None)[0], dtype=float)

    def covariance(self) -> Floats:
        """Return the covariance of parameters and axes by the scatter of blocks of the area.

        Within a block distances may be alike: K.-Y. Liang and S. L. Zeger, Biometrika 73 (1986) 13, with the factor of
        few blocks, G / (G - 1).
        """
        slopes, w, block = self.slopes, self.weights(), self.blocks()
        pull = (slopes * (w * self.rest)[:, None]).reshape(len(block), 2, -1).sum(axis=1)
        pulls = np.zeros((BLOCKS**2, slopes.shape[1]))
        np.add.at(pulls, block, pull)
        count = len(np.unique(block))
        least = self.inverse(slopes)
        return np.asarray(least @ pulls.T @ pulls @ least) * count / max(count - 1, 1)

    def inverse(self, slopes: Floats) -> Floats:
        """Return the inverse of the weighted normal matrix."""
        return np.asarray(np.linalg.pinv((slopes * self.weights()[:, None]).T @ slopes, hermitian=True))

    def blocks(self) -> Ints:
        """Return the block of each point."""
        places = self.map.points - self.map.points.min(axis=0)
        size = np.maximum(np.ptp(self.map.points, axis=0), 1e-300)
        return np.asarray(np.minimum((BLOCKS * places / size).astype(np.int64), BLOCKS - 1) @ (1, BLOCKS))

    def result(self, finer: Callable[[Place], TopSurface] | None) -> Identification:
        """Return what was found; finer: what tells the error of the mesh, by the step that it would cause."""
        count, covariance = len(self.unknowns), self.covariance()
        mesh = np.zeros(count)
        if finer is not None:
            self.surface = finer
            off = self.fit(self.share).system(self.on, ())[1] - self.rest
            w = self.weights()
            mesh = FINER * np.abs(self.inverse(self.slopes) @ (self.slopes.T @ (w * off)))[:count]
        sd = np.sqrt(np.diag(covariance))
        quiet = self.noise * np.sqrt(np.diag(self.inverse(self.slopes)))
        alone = self.noise * np.sqrt(np.diag(self.inverse(self.by_parameters)))
        axes = sd[:count] * np.sqrt(np.maximum(1.0 - (alone / quiet[:count]) ** 2, 0.0))
        weights = self.weights()[::2]
        moved = self.moved()
        estimates = tuple(
            Estimate(
                unknown=one,
                share=float(self.share[k]),
                value=float(one.value(self.share[k])),
                scatter=one.width(self.share[k], sd[k]),
                noise=one.width(self.share[k], quiet[k]),
                axes=one.width(self.share[k], axes[k]),
                mesh=one.width(self.share[k], mesh[k]),
                last=one.width(self.share[k], self.last[k]),
                moved=float(moved[k]),
            )
            for k, one in enumerate(self.unknowns)
        )
        return Identification(
            estimates=estimates,
            names=(*(one.name for one in self.unknowns), *self.axes),
            correlation=covariance / np.outer(sd, sd),
            on=self.on,
            rms=float(np.sqrt(2.0 * np.mean(self.rest**2))),
            noise=self.noise,
            n=len(weights),
            light=int((weights < 1.0).sum()),
            solves=self.solves,
        )
