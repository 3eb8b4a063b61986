"""Parameters of a study from maps: the device is solved on one mesh for all of them, which moves with the layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.dic.beside import Maps, maps_of, read_measured
from microfem.dic.compare import Comparison, compare, noise_of
from microfem.dic.computed import SurfacePath, TopSurface, computed_path
from microfem.dic.identified import Identification, Place
from microfem.dic.identify import identify
from microfem.dic.measurement import VirtualExperiment
from microfem.dic.misfit import Observed
from microfem.dic.records import DicMap, Registration
from microfem.dic.register import on_outline
from microfem.dic.series import load_like, require_same_strain
from microfem.fem.error_estimates.refinement import refined
from microfem.mesh import Mesh
from microfem.solve.followed import followed
from microfem.solve.refinement import solve_layout, solved
from microfem.study.identify_reader import Identify
from microfem.study.reader import load_study
from microfem.study.records import Study

GROWTH = 2.0  # of the number of cells of the mesh that tells the error of the mesh


@dataclass(frozen=True, kw_only=True)
class Identified:
    """What was identified under a name of a study; comparison: the map of the largest load beside the device found."""

    name: str
    found: Identification
    comparison: Comparison


def identify_study(path: Path, changes: Sequence[str], name: str) -> Identified:
    """Return the parameters that a study identifies under a name.

    Raises:
        MicrofemError: the study has problems, the device cannot be solved, the maps do not tell a parameter, or are not
            of such a device.
    """
    study = load_study(path, changes)
    wanted = study.identify[name]
    device = _Device(path=path, changes=tuple(changes), wanted=wanted)
    maps, still = device.maps()
    middle = tuple(0.5 for _ in wanted.unknowns)
    tell("adapting the mesh, which serves for all parameters")
    layout = device.study_at(middle).designs[wanted.design].layout()
    begun, _, _ = solve_layout(layout, study.cases[wanted.case], {}, {}, study.limits)
    mesh, start = begun.mesh, Registration(shift=wanted.measurement.origin)
    seen = _observed(maps, still, computed_path(begun), start, wanted.measurement.matched)
    loads = [float(one.map.load or 0.0) for one in seen]
    paths = {middle: computed_path(begun)}

    def surfaces(shares: Place) -> list[TopSurface]:
        if shares not in paths:
            paths[shares] = device.path_at(shares, mesh)
        return [paths[shares].at(load) for load in loads]

    def finer(shares: Place) -> list[TopSurface]:
        indicator = begun.indicator
        assert indicator is not None
        fine = refined(mesh, indicator.of_cell, indicator.anisotropy, GROWTH)
        found = device.path_at(shares, fine)
        return [found.at(load) for load in loads]

    tells_mesh = finer if begun.indicator is not None else None
    found = identify(seen, wanted.unknowns, surfaces, wanted.nuisances, tells_mesh, wanted.of, start)
    computed = paths[tuple(estimate.share for estimate in found.estimates)]
    for one, load in zip(seen, loads, strict=True):
        require_same_strain(one.map, computed, load, found.on)
    most, edges = seen[-1], wanted.measurement.edges
    comparison = compare(most.map, computed.at(loads[-1]), "subset", found.on, most.noise, "nominal", loads[-1], edges)
    return Identified(name=name, found=found, comparison=comparison)


def _observed(
    maps: Sequence[DicMap], still: Sequence[DicMap], path: SurfacePath, start: Registration, matched: bool
) -> list[Observed]:
    """Return the maps with a load, the largest last, each with its noise; matched: loads follow from strains.

    Raises:
        MicrofemError: nothing tells the noise.
    """
    found = []
    for one in maps:
        stated = None if matched else one.load
        load = load_like(one, path, on_outline(one, path.surface, start)) if stated is None else stated
        noise = noise_of(one, still)
        if noise is None:
            raise MicrofemError(f"nothing tells the noise of {one.name or 'the map'}; state static: a map at rest")
        if load:
            found.append(Observed(map=replace(one, load=load), noise=noise))
    return sorted(found, key=lambda one: abs(one.map.load or 0.0))


@dataclass(frozen=True, kw_only=True)
class _Device:
    """A design of a study whose parameters are changed."""

    path: Path
    changes: tuple[str, ...]
    wanted: Identify

    def study_at(self, shares: Place) -> Study:
        """Return the study with parameters at shares of their ranges."""
        return load_study(self.path, [*self.changes, *self.wanted.changes(shares)])

    def path_at(self, shares: Place, mesh: Mesh) -> SurfacePath:
        """Return what a camera sees of the device with parameters at shares of their ranges, on the mesh moved there.

        Raises:
            MicrofemError: the mesh does not follow, or the load path ends early.
        """
        study, told = self.study_at(shares), ", ".join(self.wanted.changes(shares))
        case = study.cases[self.wanted.case]
        layout = case.seen(study.designs[self.wanted.design].layout())
        moved = followed(mesh, layout) if self.wanted.moves else replace(mesh, layout=layout)
        if moved is None:
            raise MicrofemError(f"no mesh of the same cells follows to {told}: state narrower ranges")
        found = solved(moved, case)
        if found.stopped:
            raise MicrofemError(f"with {told} the load path {found.stopped}")
        found.close()
        return computed_path(found)

    def maps(self) -> Maps:
        """Return the maps and those at rest; virtual ones show the study as it is stated."""
        measurement = self.wanted.measurement
        if not isinstance(measurement.how, VirtualExperiment):
            return read_measured(measurement)
        tell("solving the device as it is stated, which the camera shows")
        study = load_study(self.path, self.changes)
        layout = study.designs[self.wanted.design].layout()
        truth, _, _ = solve_layout(layout, study.cases[self.wanted.case], {}, {}, study.limits)
        return maps_of(measurement, computed_path(truth))
