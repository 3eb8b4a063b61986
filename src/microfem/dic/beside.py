"""The maps of a measurement, and the map of its largest load beside a computed path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.dic.camera import Camera
from microfem.dic.compare import Comparison
from microfem.dic.computed import SurfacePath, computed_path
from microfem.dic.correlate import Correlation, correlate, correlate_files
from microfem.dic.gauge import window_of
from microfem.dic.images import read_image, read_mask
from microfem.dic.level import stated
from microfem.dic.match import MatchSettings
from microfem.dic.measurement import DataFile, Measurement, Photographs, VirtualExperiment
from microfem.dic.raster import raster
from microfem.dic.read import read_maps
from microfem.dic.records import DicMap, DicSettings, Level
from microfem.dic.series import Comparing, compare_series
from microfem.dic.virtual import Experiment, camera_over

if TYPE_CHECKING:
    from microfem.physics import Solution

Maps: TypeAlias = tuple[tuple[DicMap, ...], tuple[DicMap, ...]]  # in the order of the load, and at rest
LEAST_WINDOW = 2  # points: of maps whose strains are taken anew


def maps_of(measurement: Measurement, path: SurfacePath, kept: dict[object, Any] | None = None) -> Maps:
    """Return the maps in the order of the load, and those at rest.

    path: of the device that a virtual camera shows; kept: where images of it that serve several gauges are found.

    Raises:
        MicrofemError: a file cannot be read or has not what is needed, or the images cannot be correlated.
    """
    how = measurement.how
    if not isinstance(how, VirtualExperiment):
        return read_measured(measurement)
    found: dict[object, Any] = {} if kept is None else kept
    any_window = replace(how, settings=replace(how.settings, window=LEAST_WINDOW))
    if any_window not in found:
        found[any_window] = _photographed(any_window, path)
    maps, still = (
        tuple(replace(one, settings=replace(one.settings, window=how.settings.window)) for one in each)
        for each in found[any_window]
    )
    return maps, still


def read_measured(measurement: Measurement) -> Maps:
    """Return the maps of files in the order of the load, and those at rest.

    Raises:
        MicrofemError: a file cannot be read or does not tell subset, step, window or pixel; the loads are not as many
            as the maps.
    """
    maps, still = (tuple(_of_files(measurement, files)) for files in (measurement.files, measurement.static))
    loads = measurement.loads
    if loads and len(loads) != len(maps):
        raise MicrofemError(f"{len(loads)} loads do not fit {len(maps)} maps; state one for each, or 0 .. 2")
    for one in (*maps, *still):
        stated(one.settings)
        window_of(one.settings)
    return tuple(replace(one, load=load) for one, load in zip(maps, loads or (), strict=False)) or maps, still


def _of_files(measurement: Measurement, files: tuple[DataFile, ...]) -> Iterator[DicMap]:
    """Yield the maps of files, the first of which is the device at rest where they are images."""
    how, paths = measurement.how, [one.path for one in files]
    if isinstance(how, Photographs) and paths:
        mask = read_mask(how.mask.path, read_image(paths[0]).shape) if how.mask else None
        yield from correlate_files(paths[0], paths[1:], _correlation(how.settings), mask)
        return
    for path in paths:
        for one in read_maps(path, how.reading):  # type: ignore[union-attr]
            settings = replace(one.settings, **how.settings)  # type: ignore[arg-type]
            yield replace(one, name=one.name or path.stem, settings=settings)


def _correlation(settings: DicSettings) -> Correlation:
    """Return how images are correlated, by settings that tell subset, step, window and pixel."""
    known = stated(settings)
    assert settings.step
    assert settings.window
    return Correlation(
        pixel=known.pixel, step=settings.step, window=settings.window, measure="nominal",
        matching=MatchSettings(subset=known.subset),
    )  # fmt: skip


def _photographed(how: VirtualExperiment, path: SurfacePath) -> Maps:
    """Return the maps that a camera sees of a device along its path, and one of the device at rest."""
    camera = Camera(pixel=stated(how.settings).pixel, size=(2, 2), noise=how.noise, bits=how.bits, seed=how.seed)
    experiment = Experiment(path=path, camera=camera_over(path, camera, None), dot=how.dot, seed=how.seed)
    loads = np.linspace(path.loads[0], path.loads[-1], how.frames)
    images = experiment.images([loads[0], *loads])
    inside = raster(path.surface, experiment.camera).inside
    still, *maps = correlate(next(images), images, _correlation(how.settings), inside)
    named = (
        replace(one, load=float(load), name=f"frame_{k:03d}", points=one.points + experiment.camera.centre)
        for k, (one, load) in enumerate(zip(maps, loads[1:], strict=True), 1)
    )
    return tuple(named), (replace(still, name="static"),)


def beside(
    path: SurfacePath, measurement: Measurement, level: Level, kept: dict[object, Any] | None = None
) -> tuple[DicMap, Comparison]:
    """Return the map of the largest load as it was measured, and beside a computed path, levelled and registered.

    kept: as for `maps_of`.

    Raises:
        MicrofemError: the maps cannot be had, or not be compared with the path.
    """
    maps, still = maps_of(measurement, path, kept)
    most = max(maps, key=lambda one: abs(one.load or 0.0))
    how = Comparing(
        level=level, fitted=measurement.register, measure="nominal", matched=measurement.matched,
        edges=measurement.edges, static=still, origin=measurement.origin,
    )  # fmt: skip
    [comparison] = compare_series([most], path, how)
    return most, comparison


def compared(solution: Solution, measurement: Measurement, level: Level) -> tuple[DicMap, Comparison]:
    """Return what `beside` does for a solution, computed once.

    Raises:
        MicrofemError: as `beside`.
    """
    key = (measurement.name, level)
    if key not in solution.kept:
        solution.kept[key] = beside(computed_path(solution), measurement, level, solution.kept)
    found: tuple[DicMap, Comparison] = solution.kept[key]
    return found
