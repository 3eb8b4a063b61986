"""Measurements that a study names, as records: maps from files, images to correlate, or a virtual experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from microfem.dic.read import MapReading
from microfem.dic.records import QUANTITIES, DicSettings, Floats


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """A file of a measurement as the study names it, with the SHA-256 of what is in it."""

    name: str
    sha256: str
    path: Path = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class MapFiles:
    """Maps that a program exported; settings: what the files do not tell, such as subset and window."""

    reading: MapReading
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Photographs:
    """Images that are correlated, the first file being that at rest; settings: pixel, subset, step and window; mask: an
    image of the pixels that count; within: they are those of the design where the study puts it, half a subset within.
    """

    settings: DicSettings
    mask: DataFile | None = None
    within: bool = False


@dataclass(frozen=True, kw_only=True)
class VirtualExperiment:
    """Images of the device as it is computed; settings: of their correlation: pixel, subset, step and window; frames:
    from no load to the largest; dot, noise, bits, seed: of the pattern and the camera.
    """

    settings: DicSettings
    frames: int = 11
    dot: float = 4.0
    noise: float = 2.0
    bits: int = 8
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A measured series of maps, and the case with which it is compared.

    files: of maps or images in the order of the load; static: of the device at rest, for the noise; loads: of the maps,
    () where they tell them; axes: of the map that point along x and y of the design, such as ("x", "-y"); register:
    what of them is fitted; origin: of the maps on the design, um, where a fit begins; edges: points count whose gauge
    reaches over the rim; matched: the load is that with the map's strain as a whole.
    """

    name: str
    case: str
    how: MapFiles | Photographs | VirtualExperiment
    files: tuple[DataFile, ...] = ()
    static: tuple[DataFile, ...] = ()
    loads: tuple[float, ...] = ()
    axes: tuple[str, str] = ("x", "y")
    register: tuple[str, ...] = QUANTITIES
    origin: tuple[float, float] = (0.0, 0.0)
    edges: bool = False
    matched: bool = False

    @property
    def turn(self) -> Floats:
        """The matrix (2, 2) that takes places of the maps to axes along those of the design."""
        return np.array([[(-1.0 if "-" in axis else 1.0) * (axis[-1] == own) for own in "xy"] for axis in self.axes])

    @property
    def source(self) -> str:
        """Where its maps come from, as text."""
        if isinstance(self.how, VirtualExperiment):
            return "virtual experiment: images of the computed device"
        kind = "images" if isinstance(self.how, Photographs) else "maps"
        return f"{kind}: {', '.join(one.name for one in self.files)}"
