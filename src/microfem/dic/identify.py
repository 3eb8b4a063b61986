"""Parameters of a device from maps of its displacements or strains, with the maps' axes as unknowns beside them.

Gauss-Newton on measured less computed values of all maps, each map weighted by its scatter and each point by Huber's
function. A solve of the device is dear and a registration is not: derivatives by the axes are differences, those by
parameters are differences at the start, then Broyden's (Math. Comput. 19 (1965) 577).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.dic.computed import TopSurface
from microfem.dic.identified import Estimate, Identification, Place, Valley
from microfem.dic.misfit import UNITS, MapMisfit, Observed
from microfem.dic.records import QUANTITIES, Floats, Registration
from microfem.dic.register import RegistrationFit, on_outline, register
from microfem.dic.unknown import Of, Unknown

MOST_SOLVES = 6  # of the device, the one on a finer mesh included
PROBE = 0.08  # of a range: step of the first differences
FARTHEST = 0.35  # of a range: largest step
SETTLED = 0.2  # standard deviations: last step of a fit that counts
UNSEEN = 2.0  # standard deviations of noise by which a parameter must move the map over its range
AT_END = 1e-6  # of a range: an estimate so near to its end is no estimate
LIKE = 0.03  # of the maps' own values: what may remain beyond the noise of a device like the one that was photographed
FINER = 1.5  # error of the mesh over the change with a finer one: 1 / (r^p - 1) of a refinement that halves the error
Surfaces = Callable[[Place], Sequence[TopSurface]]


def identify(
    seen: Sequence[Observed], unknowns: Sequence[Unknown], surfaces: Surfaces, nuisances: Sequence[str] = QUANTITIES,
    finer: Surfaces | None = None, of: Of = "displacement", start: Registration | None = None,
) -> Identification:  # fmt: skip
    """Return the parameters with which the surface of a device moves as maps do, that of the largest load last.

    surfaces: from shares of the ranges, one for each map, all on one mesh; finer: the same on a finer mesh; nuisances:
    of shift, rotation and scale; start: where the axes begin.

    Raises:
        MicrofemError: the maps tell nothing of a parameter, its value lies at an end of its range, the maps are not of
            such a device, or too few points are left.
    """
    search = _Search(MapMisfit(seen, of), tuple(unknowns), surfaces)
    search.begin(nuisances, start)
    search.require_seen()
    most = MOST_SOLVES - (finer is not None)
    while search.solves < most and not search.settled:
        search.advance()
    search.require_inside()
    search.require_like()
    return search.result(finer)


class _Search:
    """The state of a search: shares of the ranges, the axes, what remains there and its derivatives."""

    def __init__(self, misfit: MapMisfit, unknowns: tuple[Unknown, ...], surfaces: Surfaces) -> None:
        self.misfit, self.unknowns, self.surfaces = misfit, unknowns, surfaces
        self.share = np.full(len(unknowns), 0.5)
        self.solves, self.settled = 0, False
        self.last = np.full(len(unknowns), math.inf)
        self.known = np.ones(len(misfit.sd), dtype=bool)
        self.trials: list[tuple[Place, Floats]] = []

    def solve(self, share: Floats) -> Sequence[TopSurface]:
        """Return the surfaces of the device with parameters at shares of their ranges."""
        self.solves += 1
        told = ", ".join(f"{u.name} {u.value(s):.4g} {u.unit}" for u, s in zip(self.unknowns, share, strict=True))
        tell(f"solve {self.solves}: {told}")
        return self.surfaces(tuple(share.tolist()))

    def system(self, surfaces: Sequence[TopSurface], share: Floats, axes: Sequence[str]) -> tuple[Floats, Floats]:
        """Return the changes with axes and what remains; points off the device count no more, in any trial."""
        every = self.misfit.columns(surfaces, self.on, axes)
        self.known &= np.isfinite(every).all(axis=1)
        every = np.nan_to_num(every)
        self.trials.append((tuple(share.tolist()), every[:, -1]))
        return every[:, :-1], every[:, -1]

    def begin(self, nuisances: Sequence[str], start: Registration | None) -> None:
        """Solve at the middle of the ranges, find the axes there, and take differences by each parameter."""
        surfaces = self.solve(self.share)
        self.on, self.axes = self.first_axes(surfaces[-1], nuisances, start)
        self.by_axes, self.rest = self.system(surfaces, self.share, self.axes)
        columns = []
        for k in range(len(self.unknowns)):
            share = self.share.copy()
            share[k] += PROBE
            columns.append((self.system(self.solve(share), share, ())[1] - self.rest) / PROBE)
        self.by_parameters = np.column_stack(columns)

    def first_axes(
        self, surface: TopSurface, nuisances: Sequence[str], start: Registration | None
    ) -> tuple[Registration, list[str]]:
        """Return the axes on which the map of the largest load is closest to the middle of the ranges, and their names.

        A device far from the one that was photographed may fit on no axes; the search then begins where the map fills
        the outline.
        """
        one, noise = self.misfit.seen[-1].map, self.misfit.seen[-1].noise.displacement
        try:
            on = register(one, surface, nuisances, start, noise)
        except MicrofemError:
            begun = start or Registration()
            on = on_outline(one, surface, begun) if "shift" in nuisances else begun
        return on, RegistrationFit(one, surface, noise).told_by_points(on, nuisances)[0]

    @property
    def slopes(self) -> Floats:
        """The derivatives (values, parameters and axes), for a range and for a px of the rim; 0 off the device."""
        return np.hstack([self.by_parameters, self.by_axes]) * self.known[:, None]

    def weights(self) -> Floats:
        """Return the weights (values,) of what remains."""
        return self.misfit.weights(self.rest, self.known)

    def left(self, values: Floats, weights: Floats) -> Floats:
        """Return columns of values (values, m), times the roots of weights, less what the axes take up."""
        root = np.sqrt(weights)[:, None]
        values, by_axes = values * root, self.by_axes * root
        if by_axes.shape[1]:
            values = values - by_axes @ np.linalg.lstsq(by_axes, values, rcond=None)[0]
        return values

    def moved(self, sd: Floats) -> Floats:
        """Return the rms (parameters,) by which each moves the maps over its range, over sd (values,)."""
        left = self.left(self.by_parameters, self.known / sd**2)
        return np.asarray(np.sqrt((left**2).sum(axis=0) * self.misfit.per / self.known.sum()))

    def require_seen(self) -> None:
        """Refuse a parameter that hardly moves the maps.

        Raises:
            MicrofemError: naming the parameter.
        """
        for unknown, contrast in zip(self.unknowns, self.moved(self.misfit.sd), strict=True):
            if contrast < UNSEEN:
                raise MicrofemError(
                    f"{unknown.name} moves the map by {contrast:.2g} x its noise over its range once the axes follow, "
                    f"less than {UNSEEN:g} x: the map does not tell it; leave it out, take a larger load, or hold axes "
                    "that are known"
                )

    def require_inside(self) -> None:
        """Refuse a parameter that came to an end of its range.

        Raises:
            MicrofemError: naming the parameter and the end.
        """
        for unknown, share in zip(self.unknowns, self.share, strict=True):
            if min(share, 1.0 - share) < AT_END:
                raise MicrofemError(
                    f"{unknown.name} comes to the end of its range, {unknown.value(share):.6g} {unknown.unit}".rstrip()
                    + ": the value lies beyond; state a wider range, or look whether the map is of this device"
                )

    def require_like(self) -> None:
        """Refuse maps that no parameters explain: what remains is a share of the maps' own values.

        Raises:
            MicrofemError: with that share.
        """
        weights, misfit = self.weights(), self.misfit
        rest, noise, own = (float(weights @ values**2) for values in (self.rest, misfit.sd, misfit.own))
        share = math.sqrt(max(rest - noise, 0.0) / own)
        if share > LIKE:
            raise MicrofemError(
                f"what remains is {100.0 * share:.2g} % of the {misfit.of} of the maps, more than {100.0 * LIKE:g} %: "
                "they are not of such a device; look at design, load, pixel and what else is unknown"
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
        surfaces = self.solve(self.share + by)
        foreseen = self.rest + self.by_parameters @ by + self.by_axes @ axes
        self.share, self.on = self.share + by, self.misfit.frame.moved(self.on, self.axes, axes)
        self.by_axes, self.rest = self.system(surfaces, self.share, self.axes)
        self.by_parameters = self.by_parameters + np.outer(self.rest - foreseen, by) / (by @ by)
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

        Within a block values may be alike, those of all maps: K.-Y. Liang and S. L. Zeger, Biometrika 73 (1986) 13,
        with the factor of few blocks, G / (G - 1).
        """
        slopes = self.slopes
        pulls, count = self.misfit.by_block(slopes * (self.weights() * self.rest)[:, None])
        least = self.inverse(slopes)
        return np.asarray(least @ pulls.T @ pulls @ least) * count / max(count - 1, 1)

    def quiet(self, slopes: Floats) -> Floats:
        """Return the standard errors of the columns of slopes that the noise alone would leave."""
        pull = slopes * (self.weights() * self.misfit.sd)[:, None]
        least = self.inverse(slopes)
        return np.asarray(np.sqrt(np.diag(least @ pull.T @ pull @ least)))

    def inverse(self, slopes: Floats) -> Floats:
        """Return the inverse of the weighted normal matrix."""
        return np.asarray(np.linalg.pinv((slopes * self.weights()[:, None]).T @ slopes, hermitian=True))

    def of_mesh(self, finer: Surfaces) -> Floats:
        """Return the error (parameters,) of the mesh in shares, by the step that a finer one would cause."""
        self.surfaces = finer
        off = self.misfit.columns(self.solve(self.share), self.on, ())[:, -1] - self.rest
        off = np.where(np.isfinite(off) & self.known, off, 0.0)
        step = self.inverse(self.slopes) @ (self.slopes.T @ (self.weights() * off))
        return FINER * np.abs(step[: len(self.unknowns)])

    def valley(self) -> Valley:
        """Return the misfit about the estimate, and that of each trial with the weights of the last."""
        weights = self.weights()
        per = self.misfit.per / weights.sum()
        sloped = self.left(self.by_parameters, weights)
        rests = self.left(np.column_stack([rest for _, rest in self.trials]), weights)
        misfits = np.sqrt((rests**2).sum(axis=0) * per)
        trials = tuple((share, float(size)) for (share, _), size in zip(self.trials, misfits, strict=True))
        return Valley(least=trials[-1][1], square=sloped.T @ sloped * per, trials=trials)

    def result(self, finer: Surfaces | None) -> Identification:
        """Return what was found; finer: what tells the error of the mesh."""
        valley, covariance = self.valley(), self.covariance()
        mesh = np.zeros(len(self.unknowns)) if finer is None else self.of_mesh(finer)
        sd, points = np.sqrt(np.diag(covariance)), self.known[:: self.misfit.per]
        rest, noise = (
            float(np.sqrt(self.misfit.per * np.mean(v[self.known] ** 2))) for v in (self.rest, self.misfit.sd)
        )
        light = self.misfit.robust(self.rest, self.known)[:: self.misfit.per]
        return Identification(
            estimates=self.estimates(sd, mesh),
            names=(*(one.name for one in self.unknowns), *self.axes),
            correlation=covariance / np.outer(sd, sd),
            valley=valley,
            on=self.on,
            unit=UNITS[self.misfit.of],
            rms=float(rest),
            noise=float(noise),
            n=int(points.sum()),
            off=int((~points).sum()),
            light=int((light[points] < 1.0).sum()),
            maps=len(self.misfit.seen),
            solves=self.solves,
        )

    def estimates(self, sd: Floats, mesh: Floats) -> tuple[Estimate, ...]:
        """Return the estimates from standard errors by scatter (parameters and axes,) and by the mesh, in shares."""
        count = len(self.unknowns)
        quiet, alone = self.quiet(self.slopes), self.quiet(self.by_parameters)
        axes = sd[:count] * np.sqrt(np.maximum(1.0 - (alone / quiet[:count]) ** 2, 0.0))
        moved, contrast = self.moved(np.ones(len(self.misfit.sd))), self.moved(self.misfit.sd)
        return tuple(
            Estimate(
                unknown=one,
                share=float(share),
                value=float(one.value(share)),
                scatter=one.width(share, sd[k]),
                noise=one.width(share, quiet[k]),
                axes=one.width(share, axes[k]),
                mesh=one.width(share, mesh[k]),
                last=one.width(share, self.last[k]),
                moved=float(moved[k]),
                contrast=float(contrast[k]),
            )
            for k, (one, share) in enumerate(zip(self.unknowns, self.share, strict=True))
        )
