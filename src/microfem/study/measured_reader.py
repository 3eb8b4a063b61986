"""Read what a camera measured: files beside the study, images, virtual experiments; each tried where it can be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from microfem.base.errors import InputError, InputProblem, MicrofemError
from microfem.base.located_yaml import Path_, Source
from microfem.base.registry import did_you_mean
from microfem.dic.measurement import DataFile, MapFiles, Measurement, Photographs, VirtualExperiment
from microfem.dic.read import MapReading
from microfem.dic.records import DicSettings
from microfem.physics import PHYSICS, Case
from microfem.study.design import find_geometry
from microfem.study.file_schema import ViewModel
from microfem.study.measured_schema import LoadRange, MeasuredModel

KINDS = ("file", "images", "virtual")
SEEN_FIELDS = {"nominal_strain_x": "exx", "nominal_strain_y": "eyy"}  # fields of a view -> components of a map
OF_FILES = ("program", "columns", "unit", "y")
OF_VIRTUAL = ("frames", "speckle", "noise", "bits", "seed")
NEEDED = ("pixel",)  # of images and of virtual experiments
NOT_OF = {  # kind -> keys that say nothing there
    "file": (*OF_VIRTUAL, "mask"),
    "images": (*OF_FILES, *OF_VIRTUAL),
    "virtual": (*OF_FILES, "mask", "static", "loads", "match", "case", "origin", "axes"),
}


class MeasuredReader:
    """Reads measurements and collects problems.

    named: all stated cases; cases: those without problems.
    """

    def __init__(
        self, source: Source, problems: list[InputProblem], named: Mapping[str, object], cases: Mapping[str, Case]
    ) -> None:
        self.source, self.problems, self.named, self.cases = source, problems, named, cases

    def wrong(self, path: Path_, message: str) -> None:
        """Record a problem at a place of the file."""
        self.problems.append(self.source.problem(path, message))

    def measurement(self, name: str, stated: MeasuredModel) -> Measurement | None:
        """Return a measurement, None if it has a problem; its files are read once, so that check tells what they lack.

        A virtual experiment on a case has no files, and is made when the case is solved.
        """
        path, before = ("measured", name), len(self.problems)
        kinds = [kind for kind in KINDS if getattr(stated, kind)]
        if len(kinds) != 1:
            self.wrong(path, f"state exactly one of {', '.join(KINDS)}; got {', '.join(kinds) or 'none'}")
            return None
        [kind] = kinds
        for key in NOT_OF[kind]:
            if key in stated.model_fields_set:
                self.wrong((*path, key), f"says nothing of {kind}; leave it out")
        if name in self.named:
            self.wrong(path, f"'{name}' is the name of a case; choose another, since metrics name both alike")
        case = self.case(path, stated.virtual or stated.case, "virtual" if stated.virtual else "case")
        files, static = (self.files((*path, key), getattr(stated, key)) for key in ("file", "static"))
        files = files or self.files((*path, "images"), stated.images)
        how = self.how(path, kind, stated)
        if how is None or case is None or len(self.problems) > before:
            return None
        loads = stated.loads
        count = len(files) - (kind == "images")
        if isinstance(loads, LoadRange):
            loads = tuple(loads.first + (loads.last - loads.first) * k / max(count - 1, 1) for k in range(count))
        measurement = Measurement(
            name=name, case=case, how=how, files=files, static=static, loads=loads or (), register=stated.register_,
            axes=(stated.axes.x, stated.axes.y), origin=stated.origin, edges=stated.edges, matched=bool(stated.match),
        )  # fmt: skip
        return measurement if kind == "virtual" or self.tried(path, measurement) else None

    def case(self, path: Path_, stated: str, key: str) -> str | None:
        """Return the case with which a measurement is compared, None with a problem; "" for the only one seen."""
        seen = [
            name
            for name, one in self.cases.items()
            if "displacement" in PHYSICS.get(one.physics).fields and one.dimension != "section"
        ]
        if not stated:
            if len(seen) == 1:
                return seen[0]
            if len(seen) or len(self.cases) == len(self.named):
                hint = f"state case: one of {', '.join(seen)}" if seen else "the study has no mechanical case"
                self.wrong(path, f"a map is compared with a case that a camera above sees; {hint}")
            return None
        if stated in seen:
            return stated
        if stated not in self.named:
            self.wrong((*path, key), f"no case '{stated}'{did_you_mean(stated, seen)}")
        elif stated in self.cases:
            self.wrong((*path, key), f"a camera above does not see case '{stated}'; it sees mechanics in plan or 3d")
        return None

    def files(self, path: Path_, stated: tuple[str, ...]) -> tuple[DataFile, ...]:
        """Return files by their names, or by patterns with `*`, in the study's folder, its parent or here."""
        found = []
        for name in stated:
            places = self.matching(name)
            if not places:
                self.wrong(path, f"no file '{name}' in the study's folder, its parent or here")
            for place in places:
                found.append(DataFile(name=place.name, sha256=_sha256(place), path=place))
        return tuple(found)

    def matching(self, name: str) -> list[Path]:
        """Return the files of a name or a pattern, sorted."""
        if "*" not in name:
            one = find_geometry(name, self.source.folder)
            return [one] if one else []
        if Path(name).is_absolute():
            return []
        every = (sorted(folder.glob(name)) for folder in (self.source.folder, self.source.folder.parent, Path()))
        return next((found for found in every if found), [])

    def how(self, path: Path_, kind: str, stated: MeasuredModel) -> MapFiles | Photographs | VirtualExperiment | None:
        """Return how the maps are had."""
        gauge: dict[str, Any] = {
            key: getattr(stated, key) for key in ("subset", "step", "window") if getattr(stated, key) is not None
        }
        if kind == "file":
            return MapFiles(
                reading=MapReading(
                    program=stated.program, columns=stated.columns, y=stated.y, pixel=stated.pixel, unit=stated.unit,
                    with_strains=False,
                ),
                settings=gauge,
            )  # fmt: skip
        if stated.pixel is None:
            self.wrong(path, "state pixel, its size on the undeformed device, such as 12 um")
            return None
        if gauge.get("subset", 1) % 2 == 0:
            self.wrong((*path, "subset"), f"a subset has a middle pixel; state {gauge['subset'] + 1} px")
            return None
        settings = DicSettings(**{"subset": 17, "step": 5, "window": 5, **gauge}, pixel=stated.pixel)
        if kind == "images":
            within = stated.mask == "design"
            mask = self.files((*path, "mask"), (stated.mask,)) if stated.mask and not within else ()
            return Photographs(settings=settings, mask=mask[0] if mask else None, within=within)
        return VirtualExperiment(
            settings=settings, frames=stated.frames, dot=stated.speckle, noise=stated.noise, bits=stated.bits,
            seed=stated.seed,
        )  # fmt: skip

    def tried(self, path: Path_, measurement: Measurement) -> bool:
        """Tell whether the files can be read; images are looked at, and correlated when the study runs."""
        from microfem.dic.beside import read_measured
        from microfem.dic.images import read_image, read_series

        try:
            if isinstance(measurement.how, Photographs):
                paths = [one.path for one in measurement.files]
                if len(paths) < 2:
                    raise MicrofemError("images need two files: the first is the device at rest")
                if measurement.loads and len(measurement.loads) != len(paths) - 1:
                    raise MicrofemError(
                        f"{len(measurement.loads)} loads do not fit {len(paths) - 1} images after the first"
                    )
                for _ in read_series(paths, read_image(paths[0]).shape):
                    pass
            else:
                maps, _ = read_measured(measurement)
                if measurement.loads and list(measurement.loads) != sorted(measurement.loads, key=abs):
                    raise MicrofemError("loads do not rise from map to map; list the files in the order of the load")
                if not maps:
                    raise MicrofemError("there is no map in it")
                self.agreed(path, measurement)
        except InputError as error:
            self.wrong(path, f"in a map:\n{error}")
            return False
        except MicrofemError as error:
            self.wrong(path, str(error))
            return False
        return True

    def agreed(self, path: Path_, measurement: Measurement) -> None:
        """Record normal strains of files that are not those of the displacements, which then may be wrong too."""
        from microfem.dic.agreement import disagreements
        from microfem.dic.read import read_maps

        assert isinstance(measurement.how, MapFiles)
        for file in measurement.files:
            try:
                maps = read_maps(file.path, replace(measurement.how.reading, with_strains=True))
            except MicrofemError:  # strains of a measure that nothing tells, which are not needed here
                continue
            told = (one for each in maps for one in disagreements(each) if not one.startswith("exy"))
            for one in told:
                self.wrong(path, f"{file.name}: {one}; see unit, sign and axes, or take its strains out of the file")


def wrong_in_view(view: ViewModel, measured: Mapping[str, MeasuredModel]) -> Iterator[tuple[str, str]]:
    """Yield the keys of a view with a measurement that are wrong, and why."""
    if not view.measured:
        if view.difference:
            yield "difference", "state measured: the maps from which the computed field is taken"
        return
    if view.measured not in measured:
        yield "measured", f"nothing measured is called '{view.measured}'{did_you_mean(view.measured, measured)}"
        return
    if view.field not in SEEN_FIELDS:
        yield "field", f"a camera shows {', '.join(SEEN_FIELDS)}, not {view.field}"
    if not view.difference:
        yield "measured", "is drawn beside the computed field with their difference; state difference: true"
    one = measured[view.measured]
    if (one.virtual or one.case or view.case) != view.case:
        yield "case", f"'{view.measured}' is compared with case '{one.virtual or one.case}'"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
