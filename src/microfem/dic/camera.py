"""A camera that looks straight at a device: its scale, turn and distortion, and what its sensor adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microfem.dic.records import Floats
from microfem.fem.compiled import compiled

STEPS = 20  # of the fixed point that takes a distortion back


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A camera and its sensor.

    pixel: um of the device; size: columns and rows; centre: place of the device at the middle of the image, um;
    rotation: of the device's axes in the image, radians, anticlockwise; standoff: distance of the lens, um, by which
    what comes nearer looks larger, infinite for a telecentric lens; distortion: relative change of a radius at
    the corner of the image; noise: standard deviation, grey levels; shot: the same that grows with the root of the
    level, at the full range; bits: of a grey level; seed: of the noise.
    """

    pixel: float
    size: tuple[int, int]
    centre: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    standoff: float = float("inf")
    distortion: float = 0.0
    noise: float = 0.0
    shot: float = 0.0
    bits: int = 8
    seed: int = 0

    @property
    def full(self) -> float:
        """The largest grey level."""
        return float(2**self.bits - 1)

    @property
    def middle(self) -> Floats:
        """The middle of the image, column and row."""
        return 0.5 * (np.array(self.size) - 1.0)

    def pixels(self, places: Floats, towards: Floats | float = 0.0) -> Floats:
        """Return columns and rows (..., 2) of places on the device (..., 2), um; towards: height over its plane, um.

        Rows count downwards.
        """
        near = 1.0 - np.asarray(towards) / self.standoff
        turned = (np.asarray(places) - self.centre) @ self._turn.T / (self.pixel * np.asarray(near)[..., None])
        flat = turned * (1.0, -1.0)
        return np.asarray(self.middle + flat * (1.0 + self._bend(flat)))

    def places(self, pixels: Floats) -> Floats:
        """Return the places in the device's plane (n, 2), um, at columns and rows (n, 2)."""
        seen = np.asarray(pixels, dtype=float)
        places = np.empty_like(seen)
        _device_places(seen, self.numbers, places)
        return places

    @property
    def numbers(self) -> Floats:
        """The numbers that `device_place` needs."""
        turn = self._turn * self.pixel
        reach = self.distortion / (self.middle**2).sum()
        return np.array([*self.middle, *turn[0], *turn[1], *self.centre, reach])

    @property
    def _turn(self) -> Floats:
        cosine, sine = np.cos(self.rotation), np.sin(self.rotation)
        return np.array([[cosine, -sine], [sine, cosine]])

    def _bend(self, flat: Floats) -> Floats:
        """Return the relative change of the radius of places (..., 2) about the middle, px."""
        return np.asarray(self.distortion * (flat**2).sum(axis=-1, keepdims=True) / (self.middle**2).sum())

    def recorded(self, light: Floats, frame: int = 0) -> Floats:
        """Return the grey levels of a frame, whole numbers, from light (rows, columns) between 0 and 1."""
        random = np.random.default_rng((self.seed, frame))
        grey = light * self.full
        scatter = np.sqrt(self.noise**2 + self.shot**2 * np.clip(light, 0.0, None))
        if scatter.any():
            grey = grey + scatter * random.standard_normal(grey.shape)
        return np.asarray(np.clip(np.round(grey), 0.0, self.full))


@compiled
def _device_places(pixels: Floats, camera: Floats, places: Floats) -> None:
    """Fill in the places of many pixels."""
    for k in range(len(pixels)):
        places[k, 0], places[k, 1] = device_place(pixels[k, 0], pixels[k, 1], camera)


@compiled
def device_place(column: float, row: float, camera: Floats) -> tuple[float, float]:
    """Return the place on the device, um, at a column and a row; camera: see `Camera.numbers`."""
    right, up = column - camera[0], camera[1] - row
    x, y = right, up
    if camera[8] != 0.0:
        for _ in range(STEPS):
            scale = 1.0 + camera[8] * (x * x + y * y)
            x, y = right / scale, up / scale
    return x * camera[2] + y * camera[4] + camera[6], x * camera[3] + y * camera[5] + camera[7]
