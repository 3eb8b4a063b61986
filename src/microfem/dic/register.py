"""Registration: how the axes of a map lie on the design, and how the specimen moved as a rigid body.

B. K. P. Horn, H. M. Hilden and S. Negahdaripour, J. Opt. Soc. Am. A 5 (1988) 1127: the rotation, scale and shift that
carry one set of places closest to another. P. J. Huber, Ann. Math. Stat. 35 (1964) 73: bad points have little weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.dic.axes import Frame
from microfem.dic.computed import TopSurface
from microfem.dic.level import displacements, place, stated
from microfem.dic.noise import MAD
from microfem.dic.records import QUANTITIES, DicMap, Floats, Registration, turned

PARAMETERS = ("shift x", "shift y", "rotation", "scale")
HUBER = 2.5  # standard deviations beyond which a point's weight falls
ROUNDS = 12  # of the fit
CLOSE, SETTLED = 1e-5, 1e-2  # px: change of the last round, and largest one of a fit that counts
FARTHEST = 0.05  # of the distance to the map's rim: largest change of a round
FEWEST = 20  # points of a fit
MOST = 2000  # points of a fit: neighbours share their subsets, and more tell no more
UNCERTAIN = 1.0  # px, at the map's rim: standard deviation above which a parameter is not fitted
UNTOLD = 1e3  # px: standard deviation of a parameter of which the points tell nothing
BLOCKS = 8  # along each side of the area, by which the errors are told
QUIET = 0.01  # px: noise of a displacement where none is known
WRONG = 3.0  # standard deviations of noise that a map with right axes does not exceed
BETTER = 0.5  # of the rms of distances: what other axes must reach to be believed
FULL = 2.0  # subsets by which a map of a whole device may be smaller than the device
OVER = 0.5  # share of the points that must lie on the design


@dataclass(frozen=True, kw_only=True)
class Carried:
    """The rotation, radians, scale and shift that carry places a to b: b = shift + scale R a."""

    rotation: float
    scale: float
    shift: Floats
    rest: Floats


def carried(a: Floats, b: Floats, weights: Floats | None = None, scaled: bool = True) -> Carried:
    """Return the motion that carries places a (n, 2) closest to b (n, 2); rest (n, 2): what remains; scaled: or rigid.

    Places are complex numbers here, for which a rotation with a scale is one factor.
    """
    w = np.ones(len(a)) if weights is None else weights
    one, other = (places @ [1.0, 1.0j] for places in (a, b))
    total = w.sum()
    from_, to = (w @ one) / total, (w @ other) / total
    product = np.sum(w * np.conj(one - from_) * (other - to))
    size = float(np.sum(w * np.abs(one - from_) ** 2))
    factor = product / size if scaled else product / abs(product)
    rest = other - to - factor * (one - from_)
    away = to - factor * from_
    return Carried(
        rotation=float(np.angle(factor)),
        scale=float(abs(factor)),
        shift=np.array([away.real, away.imag]),
        rest=np.stack([rest.real, rest.imag], axis=1),
    )


def register(
    one: DicMap, surface: TopSurface, fitted: Sequence[str] = QUANTITIES, start: Registration | None = None,
    noise: float | None = None,
) -> Registration:  # fmt: skip
    """Return how the axes of a map lie on the design of a surface, from displacements that its subsets would find.

    fitted: of shift, rotation and scale; start: from where; noise: of a displacement, um. A map that fills the design's
    outline begins in its middle. The
    specimen's own rigid motion is always found. Axes that point the other way are taken only where the map cannot be
    understood without, and the record tells so.

    Raises:
        MicrofemError: a quantity is unknown, the map has too few points, or lies outside of the design.
    """
    for name in fitted:
        if name not in QUANTITIES:
            raise MicrofemError(f"'{name}' cannot be registered{did_you_mean(name, QUANTITIES)}")
    fit, begun = RegistrationFit(one, surface, noise), start or Registration()

    def best(at: Registration) -> Registration:
        return fit.best(on_outline(one, surface, at) if "shift" in fitted else at, fitted)

    asis = best(begun)
    limit = WRONG * max(noise or 0.0, QUIET * stated(one.settings).pixel)
    if asis.rms <= limit or not fitted:
        return asis
    others = [best(replace(begun, mirrored="x")), best(replace(begun, mirrored="y"))]
    other = min(others, key=lambda each: each.rms)
    found = other if other.rms < BETTER * asis.rms else asis
    if not np.isfinite(found.rms):
        raise MicrofemError(
            f"{', '.join(fitted)} of {one.name or 'the map'} cannot be fitted together: register fewer of them"
        )
    return found


def on_outline(one: DicMap, surface: TopSurface, begun: Registration) -> Registration:
    """Return a registration with the map's points in the middle of the design, if they fill it."""
    places, box = begun.on_design(one.points[one.valid]), surface.box
    own = np.array([places.min(axis=0), places.max(axis=0)])
    known = stated(one.settings)
    if (np.abs(np.ptp(box, axis=0) - np.ptp(own, axis=0)) > FULL * known.subset * known.pixel).any():
        return begun
    shift = np.array(begun.shift) + box.mean(axis=0) - own.mean(axis=0)
    return replace(begun, shift=(float(shift[0]), float(shift[1])))


class RegistrationFit:
    """The distances of a map's deformed places from those computed, by the parameters of its registration."""

    def __init__(self, one: DicMap, surface: TopSurface, noise: float | None) -> None:
        chosen = np.flatnonzero(one.valid)
        if len(chosen) < FEWEST:
            raise MicrofemError(f"{len(chosen)} points are too few to register a map; {FEWEST} are needed")
        chosen = chosen[np.unique(np.linspace(0, len(chosen) - 1, MOST).astype(int))]
        self.some = replace(
            one, points=one.points[chosen], displacement=one.displacement[chosen], valid=one.valid[chosen], shape=None
        )
        self.surface = surface
        self.frame = Frame.of(self.some)
        self.noise = max(noise or 0.0, QUIET * self.frame.pixel)

    def best(self, begun: Registration, fitted: Sequence[str]) -> Registration:
        """Return the registration with the least distances, from where it begins."""
        names, held = self.told_by_points(begun, fitted)
        at, errors, step = begun, np.zeros(0), np.zeros(1)
        for _ in range(ROUNDS if names else 0):
            slopes, rest = self.system(at, names)
            weights = np.sqrt(np.repeat(_weights(rest.reshape(-1, 2)), 2))
            step = -np.asarray(np.linalg.lstsq(slopes * weights[:, None], rest * weights, rcond=None)[0], dtype=float)
            step *= min(1.0, FARTHEST * self.frame.half / self.frame.pixel / max(float(np.abs(step).max()), CLOSE))
            at = self.frame.moved(at, names, step)
            errors = self._errors(slopes, rest, weights)
            if np.abs(step).max() < CLOSE:
                break
        pixel, half = self.frame.pixel, self.frame.half
        size = {"rotation": pixel / half, "scale": pixel / half}
        told = tuple((name, float(sd) * size.get(name, pixel)) for name, sd in zip(names, errors, strict=True))
        rest, motion = self._rest(at)
        off = (rest[np.isfinite(rest[:, 0])] ** 2).sum(axis=1)
        return replace(
            at,
            turn=motion.rotation,
            away=(float(motion.shift[0]), float(motion.shift[1])),
            rms=float(np.sqrt(off.mean())) if np.abs(step).max() < SETTLED else float("inf"),
            n=len(off),
            fitted=tuple(name for name in fitted if any(one.startswith(name) for one in names)),
            held=tuple(held),
            errors=told,
        )

    def told_by_points(self, at: Registration, fitted: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the parameters of what is fitted that the points tell, and those that they do not."""
        names, held = [name for name in PARAMETERS if name.split()[0] in fitted], list[str]()
        if not names:
            return names, held
        slopes, _ = self.system(at, names)
        while names:
            square = slopes.T @ slopes + (self.noise / UNTOLD) ** 2 * np.eye(len(names))
            sd = self.noise * np.sqrt(np.diag(np.linalg.inv(square)))
            if sd.max() <= UNCERTAIN:
                break
            worst = int(sd.argmax())
            held.append(names[worst])
            names, slopes = names[:worst] + names[worst + 1 :], np.delete(slopes, worst, axis=1)
        return names, held

    def system(self, at: Registration, names: Sequence[str]) -> tuple[Floats, Floats]:
        """Return the change of the distances (2 n, parameters), um, with each parameter, px, and the distances (2 n,).

        Points at which one of them is not known have none.
        """
        every = np.nan_to_num(self.frame.columns(self.distances, at, names))
        return every[:, :-1], every[:, -1]

    def distances(self, at: Registration) -> Floats:
        """Return the distances (n, 2) of measured places from computed ones, um of the map, nan off the design."""
        return self._rest(at)[0]

    def _errors(self, slopes: Floats, rest: Floats, weights: Floats) -> Floats:
        """Return the standard errors of the parameters, px, by the scatter of the blocks of the area.

        Within a block distances may be alike, of points that share a subset or a fault of the model: the sandwich of
        K.-Y. Liang and S. L. Zeger, Biometrika 73 (1986) 13.
        """
        places = (self.some.points - self.some.points.min(axis=0)) / np.ptp(self.some.points, axis=0)
        block = np.minimum((places * BLOCKS).astype(int), BLOCKS - 1) @ (1, BLOCKS)
        pull = (slopes * (weights**2 * rest)[:, None]).reshape(len(block), 2, -1).sum(axis=1)
        pulls = np.zeros((BLOCKS**2, slopes.shape[1]))
        np.add.at(pulls, block, pull)
        least = np.linalg.inv((slopes * weights[:, None] ** 2).T @ slopes)
        return np.asarray(np.sqrt(np.diag(least @ pulls.T @ pulls @ least)))

    def _rest(self, at: Registration) -> tuple[Floats, Carried]:
        """Return the distances (n, 2) of measured places from computed ones after the best rigid motion, um of the map.

        In those of the design a map would fit that is shrunk to a point.
        """
        seen = displacements(self.some, place(self.some, self.surface, at), "subset")
        here = at.on_design(self.some.points)
        known = np.isfinite(seen).all(axis=1)
        if known.mean() < OVER:
            raise MicrofemError(outside(here, self.surface))
        computed = here[known] + at.scale * seen[known] @ at.axes.T
        measured = at.on_design(self.some.points + self.some.displacement)[known]
        motion = carried(computed, measured, scaled=False)
        for _ in range(3):
            motion = carried(computed, measured, _weights(motion.rest), scaled=False)
        rest = np.full(here.shape, np.nan)
        rest[known] = motion.rest / at.scale
        return rest, motion


def _weights(rest: Floats) -> Floats:
    """Return Huber's weights (n,) of distances (n, 2)."""
    size = np.linalg.norm(rest, axis=1)
    spread = MAD * np.median(np.abs(rest - np.median(rest, axis=0)))
    return np.minimum(1.0, HUBER * max(spread, 1e-300) / np.maximum(size, 1e-300))


def outside(here: Floats, surface: TopSurface) -> str:
    """Return that places (n, 2) lie outside of the design, and where."""
    (x0, y0), (x1, y1) = here.min(axis=0), here.max(axis=0)
    (a0, b0), (a1, b1) = surface.box
    return (
        f"the map lies outside of the design: it covers x {x0:.0f} to {x1:.0f}, y {y0:.0f} to {y1:.0f} um, the design "
        f"x {a0:.0f} to {a1:.0f}, y {b0:.0f} to {b1:.0f} um; state where on the design its origin lies: --origin X,Y"
    )


def unmoved(one: DicMap, on: Registration) -> DicMap:
    """Return a map without the specimen's own rigid motion: displacements of it on the design's axes, at its points."""
    places = on.on_design(one.points + one.displacement) - on.away
    still = places @ turned(on.turn)
    return replace(one, displacement=still - on.on_design(one.points))
