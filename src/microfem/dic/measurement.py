"""Measurements that a study names: maps from files, images that are correlated, or a virtual experiment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.dic.camera import Camera
from microfem.dic.computed import SurfacePath, computed_path
from microfem.dic.correlate import Correlation, correlate, correlate_files
from microfem.dic.gauge import window_of
from microfem.dic.images import read_image, read_mask
from microfem.dic.level import stated
from microfem.dic.raster import raster
from microfem.dic.read import MapReading, read_maps
from microfem.dic.records import DicMap, Level
from microfem.dic.register import QUANTITIES
from microfem.dic.series import Comparing, compare_series
from microfem.dic.virtual import Experiment, camera_over

if TYPE_CHECKING:
    from microfem.dic.compare import Comparison
    from microfem.physics import Solution

Maps: TypeAlias = tuple[tuple[DicMap, ...], tuple[DicMap, ...]]  # in the order of the load, and at rest
LEAST_WINDOW = 2  # points: of maps whose strains are taken anew


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
    """Images that are correlated, the first file of the measurement being that at rest; mask: pixels that count."""

    correlation: Correlation
    mask: DataFile | None = None


@dataclass(frozen=True, kw_only=True)
class VirtualExperiment:
    """Images of the device as it is computed, and their correlation; frames: from no load to the largest."""

    correlation: Correlation
    frames: int = 11
    dot: float = 4.0
    noise: float = 2.0
    bits: int = 8
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A measured series of maps, and the case with which it is compared.

    files: of maps or images in the order of the load; static: of the device at rest, for the noise; loads: of the maps,
    () where they tell them; register: what of the axes is fitted; origin: of the maps on the design, um, where a fit
    begins; edges: points count whose gauge reaches over the rim; matched: the load is that with the map's strain as a
    whole.
    """

    name: str
    case: str
    how: MapFiles | Photographs | VirtualExperiment
    files: tuple[DataFile, ...] = ()
    static: tuple[DataFile, ...] = ()
    loads: tuple[float, ...] = ()
    register: tuple[str, ...] = QUANTITIES
    origin: tuple[float, float] = (0.0, 0.0)
    edges: bool = False
    matched: bool = False

    def maps(self, path: SurfacePath) -> Maps:
        """Return the maps in the order of the load, and those at rest; path: of the device that a virtual camera shows.

        Raises:
            MicrofemError: a file cannot be read or has not what is needed, or the images cannot be correlated.
        """
        return _seen(path, self, {}) if isinstance(self.how, VirtualExperiment) else self.read()

    def read(self) -> Maps:
        """Return the maps of files, and those at rest.

        Raises:
            MicrofemError: as `maps`; or the loads are not as many as the maps.
        """
        maps, still = (tuple(self._of(files)) for files in (self.files, self.static))
        if self.loads and len(self.loads) != len(maps):
            raise MicrofemError(f"{len(self.loads)} loads do not fit {len(maps)} maps; state one for each, or 0 .. 2")
        for one in maps:
            stated(one.settings)
            window_of(one.settings)
        loaded = zip(maps, self.loads, strict=True) if self.loads else ()
        return tuple(replace(one, load=load) for one, load in loaded) or maps, still

    def _of(self, files: tuple[DataFile, ...]) -> Iterator[DicMap]:
        """Yield the maps of files, the first of which is that at rest where they are images."""
        paths = [one.path for one in files]
        if isinstance(self.how, Photographs) and paths:
            mask = self.how.mask
            shown = read_mask(mask.path, read_image(paths[0]).shape) if mask else None
            yield from correlate_files(paths[0], paths[1:], self.how.correlation, shown)
        elif isinstance(self.how, MapFiles):
            for path in paths:
                for one in read_maps(path, self.how.reading):
                    settings = replace(one.settings, **self.how.settings)
                    yield replace(one, name=one.name or path.stem, settings=settings)


def photographed(how: VirtualExperiment, path: SurfacePath) -> Maps:
    """Return the maps that a camera sees of a device along its path, and one of the device at rest."""
    camera = Camera(pixel=how.correlation.pixel, size=(2, 2), noise=how.noise, bits=how.bits, seed=how.seed)
    experiment = Experiment(path=path, camera=camera_over(path, camera, None), dot=how.dot, seed=how.seed)
    loads = np.linspace(path.loads[0], path.loads[-1], how.frames)
    images = experiment.images([loads[0], *loads])
    inside = raster(path.surface, experiment.camera).inside
    still, *maps = correlate(next(images), images, how.correlation, inside)
    named = (
        replace(one, load=float(load), name=f"frame_{k:03d}", points=one.points + experiment.camera.centre)
        for k, (one, load) in enumerate(zip(maps, loads[1:], strict=True), 1)
    )
    return tuple(named), (replace(still, name="static"),)


def beside(
    path: SurfacePath, measurement: Measurement, level: Level, kept: dict[object, Any] | None = None
) -> tuple[DicMap, Comparison]:
    """Return the map of the largest load as it was measured, and beside a computed path, levelled and registered.

    kept: where images of the path that serve several gauges are found and left.

    Raises:
        MicrofemError: the maps cannot be had, or not be compared with the path.
    """
    virtual = isinstance(measurement.how, VirtualExperiment)
    maps, still = _seen(path, measurement, kept if kept is not None else {}) if virtual else measurement.read()
    most = max(maps, key=lambda one: abs(one.load or 0.0))
    how = Comparing(
        level=level, fitted=measurement.register, measure="nominal", matched=measurement.matched,
        edges=measurement.edges, static=still, origin=measurement.origin,
    )  # fmt: skip
    [comparison] = compare_series([most], path, how)
    return most, comparison


def _seen(path: SurfacePath, measurement: Measurement, kept: dict[object, Any]) -> Maps:
    """Return the maps of a virtual experiment, whose images and displacements serve gauges of all windows."""
    how = measurement.how
    assert isinstance(how, VirtualExperiment)
    any_window = replace(how, correlation=replace(how.correlation, window=LEAST_WINDOW))
    if any_window not in kept:
        kept[any_window] = photographed(any_window, path)
    maps, still = (
        tuple(replace(one, settings=replace(one.settings, window=how.correlation.window)) for one in each)
        for each in kept[any_window]
    )
    return maps, still


def compared(solution: Solution, measurement: Measurement, level: Level) -> tuple[DicMap, Comparison]:
    """Return what `beside` does for a solution, computed once.

    Raises:
        MicrofemError: as `beside`.
    """
    key = (measurement.name, level)
    if key not in solution.kept:
        solution.kept[key] = beside(computed_path(solution), measurement, level, solution.kept)
    return solution.kept[key]  # type: ignore[no-any-return]
