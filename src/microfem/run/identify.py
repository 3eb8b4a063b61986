"""Parameters of a study from a map: the device is solved on one mesh for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.base.progress import tell
from microfem.dic.beside import maps_of, read_measured
from microfem.dic.compare import Comparison, compare, noise_of
from microfem.dic.computed import SurfacePath, TopSurface, computed_path
from microfem.dic.identify import Identification, Place, identify
from microfem.dic.measurement import VirtualExperiment
from microfem.dic.noise import Noise
from microfem.dic.records import DicMap, Registration
from microfem.dic.register import on_outline
from microfem.dic.series import load_like
from microfem.fem.error_estimates.refinement import refined
from microfem.mesh import Mesh
from microfem.physics import Solution
from microfem.solve.refinement import solve_layout, solved
from microfem.study.identify_reader import Identify
from microfem.study.reader import load_study
from microfem.study.records import Study

GROWTH = 2.0  # of the number of cells of the mesh that tells the error of the mesh


@dataclass(frozen=True, kw_only=True)
class Identified:
    """What was identified under a name of a study; comparison: the map beside the device with the parameters found."""

    name: str
    found: Identification
    comparison: Comparison


def identify_study(path: Path, changes: Sequence[str], name: str) -> Identified:
    """Return the parameters that a study identifies under a name.

    Raises:
        MicrofemError: the study has problems, the device cannot be solved, or the map does not tell a parameter.
    """
    study = load_study(path, changes)
    wanted = study.identify[name]
    device = _Device(path=path, changes=tuple(changes), wanted=wanted)
    one, noise = device.map()
    if noise is None:
        raise MicrofemError(f"nothing tells the noise of '{wanted.measurement.name}'; state static: a map at rest")
    middle = tuple(0.5 for _ in wanted.unknowns)
    tell("adapting the mesh, which serves for all parameters")
    layout = device.study_at(middle).designs[wanted.design].layout()
    begun, _, _ = solve_layout(layout, study.cases[wanted.case], {}, {}, study.limits)
    mesh, load = begun.mesh, one.load if one.load is not None else _load_like(one, computed_path(begun))

    def surface(shares: Place) -> TopSurface:
        return computed_path(device.solution(shares, mesh)).at(load)

    def finer(shares: Place) -> TopSurface:
        indicator = begun.indicator
        assert indicator is not None
        fine = refined(mesh, indicator.of_cell, indicator.anisotropy, GROWTH)
        return computed_path(device.solution(shares, fine)).at(load)

    displacement = noise.displacement
    tells_mesh = finer if begun.indicator is not None else None
    found = identify(one, wanted.unknowns, surface, displacement, wanted.nuisances, tells_mesh)
    at = tuple(estimate.share for estimate in found.estimates)
    comparison = compare(one, surface(at), "subset", found.on, noise, "nominal", load, wanted.measurement.edges)
    return Identified(name=name, found=found, comparison=comparison)


def _load_like(one: DicMap, path: SurfacePath) -> float:
    """Return the load at which the strain as a whole is that of a map that does not tell its load."""
    return load_like(one, path, on_outline(one, path.surface, Registration()))


@dataclass(frozen=True, kw_only=True)
class _Device:
    """A design of a study whose parameters are changed."""

    path: Path
    changes: tuple[str, ...]
    wanted: Identify

    def study_at(self, shares: Place) -> Study:
        """Return the study with parameters at shares of their ranges."""
        return load_study(self.path, [*self.changes, *self.wanted.changes(shares)])

    def solution(self, shares: Place, mesh: Mesh) -> Solution:
        """Return the solution on a mesh with parameters at shares of their ranges."""
        study = self.study_at(shares)
        case, layout = study.cases[self.wanted.case], study.designs[self.wanted.design].layout()
        found = solved(replace(mesh, layout=case.seen(layout)), case)
        if found.stopped:
            raise MicrofemError(f"with {', '.join(self.wanted.changes(shares))} the load path {found.stopped}")
        found.close()
        return found

    def map(self) -> tuple[DicMap, Noise | None]:
        """Return the map of the largest load with its noise; a virtual one shows the study as it is stated."""
        measurement = self.wanted.measurement
        if isinstance(measurement.how, VirtualExperiment):
            tell("solving the device as it is stated, which the camera shows")
            study = load_study(self.path, self.changes)
            layout = study.designs[self.wanted.design].layout()
            truth, _, _ = solve_layout(layout, study.cases[self.wanted.case], {}, {}, study.limits)
            maps, still = maps_of(measurement, computed_path(truth))
        else:
            maps, still = read_measured(measurement)
        most: DicMap = max(maps, key=lambda one: abs(one.load or 0.0))
        return most, noise_of(most, still)
