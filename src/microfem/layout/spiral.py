"""The plan of a wound multilayer: layers of constant thickness on an Archimedean spiral."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

from microfem.base.errors import LayoutError

FEWEST_STEPS = 96  # straight steps per turn: areas are 0.07 % below the smooth spiral's
SAME_ANGLE = 1e-6  # turns: a smaller part of a turn is no step of its own
TIGHTEST = 0.5  # least core radius over the pitch: at a tighter start layers keep less than 95 % of their thickness
MOST_STEPS = 50_000  # of the whole spiral
ASPECT = 50.0  # largest length of a step over the thickness of the thinnest layer


@dataclass(frozen=True, kw_only=True)
class Spiral:
    """Layers wound without slip around a core, or the same layers laid flat.

    The inner face of the first layer is r = core_radius + pitch theta / 2 pi, theta from 0 to 2 pi windings,
    and pitch is the sum of the layers' thicknesses, so each winding lies on the previous one. The spiral consists of
    straight steps, the same in every turn, so that windings share their corners exactly.

    layers: (region name, thickness along the radius in um), from the inside out.
    core_radius: radius of the core at theta = 0, um.
    windings: number of turns, whole or not.
    core: name of the region inside the first winding.
    jacket: name of the region outside the last winding; "" for none.
    outer_radius: the jacket's outer radius, um; 0 without a jacket.
    rolled: False for the flat strip along x, as long as the centre line of the layers.
    """

    layers: tuple[tuple[str, float], ...]
    core_radius: float
    windings: float
    core: str = "core"
    jacket: str = ""
    outer_radius: float = 0.0
    rolled: bool = True

    def __post_init__(self) -> None:
        """Refuse layers that cannot be wound.

        Raises:
            LayoutError: with the parameter and its bound.
        """
        for name, thickness in self.layers:
            _require(thickness > 0.0, f"{name}_thickness", thickness, "must be above 0 um")
        least = TIGHTEST * self.pitch
        _require(
            self.core_radius >= least,
            "core_radius",
            self.core_radius,
            f"must be {least:.6g} um or more, half of a winding's thickness, or layers become too thin",
        )
        _require(self.windings >= 1.0, "windings", self.windings, "must be 1 or more, or no winding lies on another")
        steps = self._least_steps * self.windings
        _require(
            steps <= MOST_STEPS,
            "windings",
            self.windings,
            f"that is {steps:.6g} steps of {ASPECT:g} times the thinnest layer, more than {MOST_STEPS}",
        )
        if self.jacket:
            reach = self.reach
            _require(self.outer_radius > reach, "outer_radius", self.outer_radius, f"must be above {reach:.6g} um")

    @property
    def pitch(self) -> float:
        """The distance between two windings, um."""
        return sum(thickness for _, thickness in self.layers)

    @property
    def reach(self) -> float:
        """The largest radius of the wound layers, um."""
        return self.core_radius + self.pitch * (self.windings + 1.0)

    @cached_property
    def offsets(self) -> NDArray[np.float64]:
        """The offsets (nlayers + 1,) of the layers' inner faces from the first one, then of the outermost face, um."""
        return np.concatenate([[0.0], np.cumsum([thickness for _, thickness in self.layers])])

    @property
    def _least_steps(self) -> float:
        """The number of steps in a turn, not rounded, which limits the size of all arrays."""
        thinnest = min(thickness for _, thickness in self.layers)
        return max(float(FEWEST_STEPS), 2.0 * math.pi * self.reach / (ASPECT * thinnest))

    @cached_property
    def turn(self) -> NDArray[np.float64]:
        """The angles (steps per turn + 1,) of the corners in a turn, including the angle at which the spiral ends."""
        steps = math.ceil(self._least_steps)
        if self._part == 0.0:
            return np.linspace(0.0, 2.0 * np.pi, steps + 1)
        first = min(max(1, round(self._part * steps)), steps - 1)
        head = np.linspace(0.0, 2.0 * np.pi * self._part, first + 1)
        return np.concatenate([head, np.linspace(head[-1], 2.0 * np.pi, steps - first + 1)[1:]])

    @property
    def steps(self) -> int:
        """The number of steps from the spiral's start to its end."""
        rest = int(np.argmin(np.abs(self.turn - 2.0 * np.pi * self._part)))
        return self._whole * (len(self.turn) - 1) + rest

    @property
    def _whole(self) -> int:
        return math.floor(self.windings + SAME_ANGLE)

    @property
    def _part(self) -> float:
        part = self.windings - self._whole
        return part if part > SAME_ANGLE else 0.0

    def length(self, offset: float | None = None) -> float:
        """Return the arc length of the line at a distance from the first layer's inner face, um.

        offset: um; None takes the middle of all layers.
        """
        start = self.core_radius + (0.5 * self.pitch if offset is None else offset)
        return archimedean_length(start, self.pitch / (2.0 * math.pi), 2.0 * math.pi * self.windings)

    def corners(self) -> NDArray[np.float64]:
        """Return the corners (steps + 1, layers + 1, 2) of the layers' faces, um.

        In a rolled spiral the last face at step i is the first face one turn later, to the last bit.
        """
        step, face = np.meshgrid(np.arange(self.steps + 1), np.arange(len(self.offsets)), indexing="ij")
        a_turn, nlayers = len(self.turn) - 1, len(self.layers)
        if not self.rolled:
            angle = self.turn[step % a_turn] + 2.0 * np.pi * (step // a_turn)
            along = self.length() * (angle / (2.0 * np.pi * self.windings) - 0.5)
            return np.stack([along, self.offsets[face] - 0.5 * self.pitch], axis=-1)
        base = self.core_radius + self.pitch * self.turn / (2.0 * np.pi)
        lift = self.pitch * (step // a_turn + face // nlayers) + self.offsets[face % nlayers]
        r, angle = base[step % a_turn] + lift, self.turn[step % a_turn]
        return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=-1)

    def has(self, name: str) -> bool:
        """Return whether a name is that of a layer."""
        return any(name == layer for layer, _ in self.layers)

    def end_of(self, name: str, end: str) -> NDArray[np.float64]:
        """Return the corners (2, 2) of a layer's inner or outer end, where its winding starts or ends, um."""
        layer = [one for one, _ in self.layers].index(name)
        return self.corners()[0 if end == "inner" else -1, layer : layer + 2]

    def along(self, name: str, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far points (n, 2) in a layer are from its inner end, along its middle line, (n,) um."""
        layer = [one for one, _ in self.layers].index(name)
        middle = 0.5 * float(self.offsets[layer] + self.offsets[layer + 1])
        if not self.rolled:
            return points[:, 0] + 0.5 * self.length()
        growth = self.pitch / (2.0 * math.pi)
        angle = np.arctan2(points[:, 1], points[:, 0])
        beyond = np.linalg.norm(points, axis=1) - self.core_radius - middle - growth * angle
        angle += 2.0 * math.pi * np.round(beyond / self.pitch)
        return np.array([archimedean_length(self.core_radius + middle, growth, one) for one in angle])

    def rim(self) -> NDArray[np.float64]:
        """Return the corners (steps per turn, 2) of the jacket's outer face, um."""
        angle = self.turn[:-1]
        return self.outer_radius * np.column_stack([np.cos(angle), np.sin(angle)])

    def outlines(self) -> list[tuple[str, Polygon]]:
        """Return (name, outline) of every layer and, if rolled, of the core and the jacket.

        The core extends to the first layer and fills the step at the start of the layers; the jacket fills the step at
        their end.
        """
        at = self.corners()
        bands = self._bands(at)
        if not self.rolled:
            return bands
        a_turn = len(self.turn) - 1
        bands.append((self.core, Polygon(np.vstack([at[: a_turn + 1, 0], at[0, -2:0:-1]]))))
        if self.jacket:
            hole = np.vstack([at[-a_turn - 1 :, -1], at[-1, -2:0:-1]])
            bands.append((self.jacket, Polygon(self.rim(), [hole])))
        return bands

    def distance(self, one: str, other: str) -> float:
        """Return the shortest distance between two layers, um.

        Layers are nearest where the spiral is steepest, at its start, so two turns are enough.
        """
        bands = dict(self._bands(self.corners()[: 2 * len(self.turn)]))
        return float(bands[one].distance(bands[other]))

    def _bands(self, at: NDArray[np.float64]) -> list[tuple[str, Polygon]]:
        """Return (name, outline) of each layer between corners (steps + 1, layers + 1, 2)."""
        return [(name, Polygon(np.vstack([at[:, k], at[::-1, k + 1]]))) for k, (name, _) in enumerate(self.layers)]


def archimedean_length(start: float, growth: float, angle: float) -> float:
    """Return the arc length of r = start + growth theta over an angle, um: integral of sqrt(r^2 + growth^2) d theta.

    Closed form: growth / 2 [u sqrt(1 + u^2) + asinh u] between the ends, u = r / growth (E. W. Weisstein,
    "Archimedes' Spiral", MathWorld, with theta replaced by r / growth for a spiral that starts off the centre).

    start: radius at theta = 0, um; growth: um per radian; angle: rad.
    """

    def primitive(u: float) -> float:
        return 0.5 * growth * (u * math.sqrt(1.0 + u * u) + math.asinh(u))

    return primitive(start / growth + angle) - primitive(start / growth)


def _require(condition: bool, parameter: str, value: float, bound: str) -> None:
    if not condition:
        raise LayoutError(parameter, f"{value:.6g}", bound)
