"""The maps of a measurement, and the map of its largest load beside a computed path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.dic.agreement import require_header
from microfem.dic.camera import Camera
from microfem.dic.compare import Comparison
from microfem.dic.computed import SurfacePath, TopSurface, computed_path
from microfem.dic.correlate import Correlation, correlate, correlate_files
from microfem.dic.gauge import window_of
from microfem.dic.grid import pixel_grid
from microfem.dic.images import read_image, read_mask
from microfem.dic.level import displacements, place, stated
from microfem.dic.match import MatchSettings
from microfem.dic.measurement import DataFile, MapFiles, Measurement, Photographs, VirtualExperiment
from microfem.dic.raster import raster
from microfem.dic.read import read_maps
from microfem.dic.records import Bools, DicMap, DicSettings, Level, Registration
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
        return read_measured(measurement, path.surface)
    found: dict[object, Any] = {} if kept is None else kept
    any_window = replace(how, settings=replace(how.settings, window=LEAST_WINDOW))
    if any_window not in found:
        found[any_window] = _photographed(any_window, path)
    maps, still = (
        tuple(replace(one, settings=replace(one.settings, window=how.settings.window)) for one in each)
        for each in found[any_window]
    )
    return maps, still


def read_measured(measurement: Measurement, surface: TopSurface | None = None) -> Maps:
    """Return the maps of files in the order of the load, and those at rest, their axes along those of the design.

    surface: of the design, where it masks photographs.

    Raises:
        MicrofemError: a file cannot be read or does not tell subset, step, window or pixel; the loads are not as many
            as the maps; a header says another.
    """
    maps, still = (tuple(_of_files(measurement, files, surface)) for files in (measurement.files, measurement.static))
    loads = measurement.loads
    if loads and len(loads) != len(maps):
        raise MicrofemError(f"{len(loads)} loads do not fit {len(maps)} maps; state one for each, or 0 .. 2")
    for one in (*maps, *still):
        stated(one.settings)
        window_of(one.settings)
    for one, load in zip(maps, loads or (), strict=False):
        require_header(one, {}, load)
    return tuple(replace(one, load=load) for one, load in zip(maps, loads or (), strict=False)) or maps, still


def _of_files(measurement: Measurement, files: tuple[DataFile, ...], surface: TopSurface | None) -> Iterator[DicMap]:
    """Yield the maps of files, the first of which is the device at rest where they are images."""
    how, paths, turn = measurement.how, [one.path for one in files], measurement.turn
    if isinstance(how, Photographs):
        found = _correlated(measurement, how, paths, surface) if paths else iter(())
    else:
        found = _read(how, paths)  # type: ignore[arg-type]
    for one in found:
        grid = one.shape if turn[0, 1] == 0.0 else None
        yield replace(one, points=one.points @ turn.T, displacement=one.displacement @ turn.T, strain=None, shape=grid)


def _correlated(
    measurement: Measurement, how: Photographs, paths: Sequence[Path], surface: TopSurface | None
) -> Iterator[DicMap]:
    """Yield the maps of images, the first of which is the device at rest."""
    mask, shape = None, read_image(paths[0]).shape
    if how.mask:
        mask = read_mask(how.mask.path, shape)
    if how.within:
        mask = _on_design(measurement, how.settings, surface, (shape[1], shape[0]))
    return correlate_files(paths[0], paths[1:], _correlation(how.settings), mask)


def _on_design(
    measurement: Measurement, settings: DicSettings, surface: TopSurface | None, size: tuple[int, int]
) -> Bools:
    """Return the pixels (rows, columns) of an image that show the design where the study puts it, half a subset within.

    Raises:
        MicrofemError: the design is not known here, or not in the image.
    """
    from scipy.ndimage import binary_erosion

    if surface is None:
        raise MicrofemError(f"{measurement.name}: mask: design serves metrics and views; name an image of the mask")
    known = stated(settings)
    places = Registration(shift=measurement.origin).on_map(surface.points) @ measurement.turn
    there = replace(surface, points=np.ascontiguousarray(places))
    inside = raster(there, Camera(pixel=known.pixel, size=size)).inside
    mask = np.asarray(binary_erosion(inside, np.ones((known.subset, known.subset)), border_value=1))
    if not mask.any():
        raise MicrofemError(
            f"{measurement.name}: the design is not in the images; state origin: its place at their middle"
        )
    return mask


def _read(how: MapFiles, paths: Sequence[Path]) -> Iterator[DicMap]:
    """Yield the maps of files, with what the study states of them."""
    for path in paths:
        for one in read_maps(path, how.reading):
            require_header(one, how.settings)
            yield replace(one, name=one.name or path.stem, settings=replace(one.settings, **how.settings))


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


def _ideal(how: VirtualExperiment, path: SurfacePath) -> Maps:
    """Return the map of the largest load that a virtual camera would see without noise, of a pattern of any seed."""
    known = stated(how.settings)
    camera = camera_over(path, Camera(pixel=known.pixel, size=(2, 2)), None)
    assert how.settings.step
    grid = pixel_grid(raster(path.surface, camera).inside, known.subset // 2, how.settings.step)
    load = float(path.loads[-1])
    points, settings = camera.places(grid.points.astype(float)), replace(how.settings, noise=0.0)
    empty = DicMap(
        points=points,
        displacement=np.zeros_like(points),
        valid=np.ones(len(points), dtype=bool),
        settings=settings,
        load=load,
        name="ideal",
    )
    seen = displacements(empty, place(empty, path.at(load), Registration()), "subset")
    return (replace(empty, displacement=seen, valid=np.asarray(np.isfinite(seen).all(axis=1))),), ()


def beside(
    path: SurfacePath,
    measurement: Measurement,
    level: Level,
    kept: dict[object, Any] | None = None,
    ideal: bool = False,
) -> tuple[DicMap, Comparison]:
    """Return the map of the largest load as it was measured, and beside a computed path, levelled and registered.

    kept: as for `maps_of`; ideal: of a virtual experiment the map that it would give without noise and images.

    Raises:
        MicrofemError: the maps cannot be had, or not be compared with the path.
    """
    how = measurement.how
    virtual = ideal and isinstance(how, VirtualExperiment)
    maps, still = _ideal(how, path) if virtual else maps_of(measurement, path, kept)  # type: ignore[arg-type]
    most = max(maps, key=lambda one: abs(one.load or 0.0))
    comparing = Comparing(
        level=level, fitted=measurement.register, measure="nominal", matched=measurement.matched,
        edges=measurement.edges, static=still, origin=measurement.origin,
    )  # fmt: skip
    [comparison] = compare_series([most], path, comparing)
    return most, comparison


def compared(
    solution: Solution, measurement: Measurement, level: Level, ideal: bool = False
) -> tuple[DicMap, Comparison]:
    """Return what `beside` does for a solution, computed once.

    Raises:
        MicrofemError: as `beside`.
    """
    key = (measurement.name, level, ideal and isinstance(measurement.how, VirtualExperiment))
    if key not in solution.kept:
        solution.kept[key] = beside(computed_path(solution), measurement, level, solution.kept, ideal)
    found: tuple[DicMap, Comparison] = solution.kept[key]
    return found
