"""Load a study: check every part of its file against the registries, and report all problems at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from microfem.base.errors import InputError, InputProblem, MicrofemError
from microfem.base.located_yaml import Path_, Source, read_source
from microfem.base.registry import did_you_mean
from microfem.base.units import parse_quantity
from microfem.dic.measurement import Measurement
from microfem.fabrication import Technique
from microfem.layout import Flat, Layout
from microfem.materials import Material
from microfem.materials.library import material_names
from microfem.materials.material import ROOM
from microfem.materials.schema import RangedModel
from microfem.metrics import METRICS, Call
from microfem.physics import PHYSICS, Case
from microfem.study.call_reader import CallReader
from microfem.study.case_materials import materials_named
from microfem.study.case_reader import CaseReader
from microfem.study.changes import apply_changes
from microfem.study.design import Design, define_material, find_geometry, read_design
from microfem.study.figure_reader import wrong_in_figure
from microfem.study.file_schema import StudyModel, ViewModel
from microfem.study.identify_reader import Identify, IdentifyReader
from microfem.study.measured_reader import MeasuredReader, wrong_in_view
from microfem.study.plots_reader import wrong_in_plots
from microfem.study.records import Expectation, Limits, Study, interval
from microfem.study.search_reader import read_search
from microfem.study.strict import validate
from microfem.study.table_reader import with_table
from microfem.study.technique_reader import find_technique
from microfem.study.temperatures import at_temperature, beyond_tables

T = TypeVar("T")
Cut = tuple[str, float]  # axis and height, um


def load_study(path: str | Path, changes: Sequence[str] = ()) -> Study:
    """Read a study file; `changes` such as `designs.straight.params.gap=50um` override its values.

    Raises:
        InputError: all problems, with file, line and column.
    """
    source = read_source(Path(path), "designs")
    apply_changes(source, changes)
    model, problems = validate(StudyModel, source.data, source, ())
    if model is None:
        source.refuse(problems)
        raise AssertionError
    reader = _StudyReader(source, model, problems)
    study = reader.read()
    source.refuse(problems)
    return study


class _StudyReader:
    """Checks the parts of a study against the registries and collects problems."""

    def __init__(self, source: Source, model: StudyModel, problems: list[InputProblem]) -> None:
        self.source, self.model, self.problems = source, model, problems

    def wrong(self, path: Path_, message: str) -> None:
        self.problems.append(self.source.problem(path, message))

    def read(self) -> Study:
        model = self.model
        defined = self.materials()
        read = _valid({name: self.design(name, defined) for name in model.designs})
        designs = {name: replace(one, temperature=model.temperature or ROOM) for name, one in read.items()}
        unused = self.unused(defined, designs)
        case_reader = CaseReader(self.source, self.problems, defined)
        warm = {name: at_temperature(stated, model.temperature) for name, stated in model.cases.items()}
        cases = case_reader.cases(warm, model.designs)
        for name, case in cases.items():
            self.deformed(name, case, cases)
        measured_reader = MeasuredReader(self.source, self.problems, model.cases, cases)
        measured = _valid({name: measured_reader.measurement(name, one) for name, one in model.measured.items()})
        call_reader = CallReader(
            self.source, self.problems, model.cases, cases, stated=model.measured, measured=measured
        )
        calls = _valid({name: call_reader.metric(name, text) for name, text in model.metrics.items()})
        curves = _valid({name: call_reader.curve(name, text) for name, text in model.curves.items()})
        cuts = self.views(cases)
        expect = [self.expectation(d, m, calls, cases) for d, per in model.expect.items() for m in per]
        self.reach(case_reader, designs, cases, cuts)
        for name in model.accuracy_of:
            if name not in model.metrics:
                self.wrong(("accuracy_of", name), f"no metric '{name}'{did_you_mean(name, model.metrics)}")
        self.parts(call_reader, designs, calls)
        search = read_search(self.source, model, designs, calls, cases, self.problems)
        study = Study(
            name=model.name,
            source=model.source,
            designs=designs,
            cases=cases,
            metrics=calls,
            curves=curves,
            accuracy=model.accuracy,
            accuracy_of=model.accuracy_of,
            limits=Limits(model.limits.unknowns, model.limits.time, model.limits.memory),
            views=tuple(model.views),
            figure=model.figure,
            expect=tuple(one for one in expect if one),
            text=self.source.stated(),
            fabrication=self.technique(),
            search=search,
            measured=measured,
            identify=self.identified(designs, cases, measured),
            unused=unused,
            plots=tuple(model.plots),
        )
        for place, message in () if self.problems else wrong_in_plots(study):
            self.wrong(place, message)
        return study

    def views(self, cases: Mapping[str, Case]) -> list[Cut | None]:
        for key, message in wrong_in_figure(self.model, cases):
            self.wrong(("figure", key), message)
        return [self.view(index, view, cases) for index, view in enumerate(self.model.views)]

    def identified(
        self, designs: Mapping[str, Design], cases: Mapping[str, Case], measured: Mapping[str, Measurement]
    ) -> dict[str, Identify]:
        model = self.model
        every = {name: designs.get(name) for name in model.designs}
        reader = IdentifyReader(self.source, self.problems, model.materials, every, cases, model.measured, measured)
        return _valid({name: reader.identify(name, one) for name, one in model.identify.items()})

    def technique(self) -> Technique | None:
        try:
            return find_technique(self.model.fabrication, self.source.folder)
        except MicrofemError as error:
            self.wrong(("fabrication",), str(error))
            return None

    def materials(self) -> dict[str, Material]:
        materials: dict[str, Material] = {}
        for name, stated in self.model.materials.items():
            good: dict[str, RangedModel] = {}
            for key, value in stated.items():
                try:
                    value = with_table(value, self.source.folder)
                    define_material(name, {**good, key: value})
                    good[key] = value
                except MicrofemError as error:
                    self.wrong(("materials", name, key), str(error))
            materials[name] = define_material(name, good)
        return materials

    def unused(self, defined: Mapping[str, Material], designs: Mapping[str, Design]) -> tuple[str, ...]:
        """Refuse an unused override of a library material; return remarks on other unused materials.

        A user who overrides a library material expects results to change, and without a use they would not. A new
        material may wait for later use.
        """
        if len(designs) < len(self.model.designs):
            return ()  # a design with problems may use the material
        every = (one for design in designs.values() for one in (design.materials, design.layout().materials))
        cases = {name for case in self.model.cases.values() for name in materials_named(case)}
        named = cases.union(material.name for one in every for material in one.values())
        notes = []
        for name in (one for one in defined if one not in named):
            message = f"no design uses '{name}': name it in a design's materials, as in materials: {{electrolyte: "
            message += f"{name}}}, or remove it{did_you_mean(name, sorted(named))}"
            if name in material_names():
                self.wrong(("materials", name), message)
            else:
                notes.append(message)
        return tuple(notes)

    def design(self, name: str, defined: Mapping[str, Material]) -> Design | None:
        stated = self.model.designs[name]
        if not isinstance(stated, str):
            return read_design(self.source, ("designs", name), stated, name, defined, self.problems)
        path = find_geometry(stated, self.source.folder)
        if path is None:
            self.wrong(("designs", name), f"no geometry file '{stated}' in the study's folder, its parent or here")
            return None
        problems: list[InputProblem] = []
        try:
            other = read_source(path, "family", "layers")
            design = read_design(other, (), other.data, name, defined, problems)
            other.refuse(problems)
        except InputError as error:
            self.wrong(("designs", name), f"in the geometry file:\n{error}")
            return None
        return design

    def deformed(self, name: str, case: Case, cases: Mapping[str, Case]) -> None:
        """Check that the case whose deformed geometry is used exists, is mechanical and has the same dimension."""
        other, path = case.deformed_by, ("cases", name, "on", "deformed_by")
        if not other or (other in self.model.cases and other not in cases):
            return
        mechanical = [key for key, one in cases.items() if "displacement" in PHYSICS.get(one.physics).fields]
        if other == name:
            self.wrong(path, "a case cannot use the geometry that it deforms itself; name another case")
        elif other not in cases:
            self.wrong(path, f"no case '{other}'{did_you_mean(other, mechanical)}")
        elif other not in mechanical:
            hint = f"mechanical cases: {', '.join(mechanical) or 'none in this study'}"
            self.wrong(path, f"case '{other}' is of {cases[other].physics} and deforms nothing; {hint}")
        elif cases[other].dimension != case.dimension:
            self.wrong(path, f"case '{other}' has dimension: {cases[other].dimension}, this one {case.dimension}")
        elif lacking := [
            design for design in self.model.designs if case.covers(design) and not cases[other].covers(design)
        ]:
            self.wrong(path, f"case '{other}' does not include the design '{lacking[0]}', which this case includes")

    def view(self, index: int, view: ViewModel, cases: Mapping[str, Case]) -> Cut | None:
        """Check a view; return its cut, if that is at a stated coordinate."""
        path: Path_ = ("views", index)
        for key, message in wrong_in_view(view, self.model.measured):
            self.wrong((*path, key), message)
        if view.case not in self.model.cases:
            self.wrong((*path, "case"), f"no case '{view.case}'{did_you_mean(view.case, self.model.cases)}")
        elif view.case in cases:
            fields = PHYSICS.get(cases[view.case].physics).fields
            if view.field not in fields:
                self.wrong((*path, "field"), f"no field '{view.field}'{did_you_mean(view.field, fields)}")
        axis, _, place = view.plane.partition("=")
        try:
            if view.plane != "3d" and (axis not in ("x", "y", "z") or not place):
                raise ValueError("expected 'z=mid', 'z=30 um', 'x=...', 'y=...' or '3d'")
            return None if view.plane == "3d" or place == "mid" else (axis, parse_quantity(place, "um"))
        except (ValueError, MicrofemError) as error:
            self.wrong((*path, "plane"), f"{error}, got '{view.plane}'")
            return None

    def expectation(
        self, design: str, metric: str, metrics: Mapping[str, Call], cases: Mapping[str, Case]
    ) -> Expectation | None:
        path = ("expect", design, metric)
        if design not in self.model.designs:
            self.wrong(path[:2], f"no design '{design}'{did_you_mean(design, self.model.designs)}")
            return None
        if metric not in self.model.metrics:
            self.wrong(path, f"no metric '{metric}'{did_you_mean(metric, self.model.metrics)}")
            return None
        if metric not in metrics or (metrics[metric].case and metrics[metric].case not in cases):
            return None
        call = metrics[metric]
        if call.case and not cases[call.case].covers(design):
            self.wrong(path, f"the case '{call.case}' of this metric does not include the design '{design}'")
            return None
        per_depth = call.case in cases and cases[call.case].per_depth
        kind = METRICS.get(call.name)
        try:
            low, high = interval(self.model.expect[design][metric], kind.unit_in(per_depth, call.options))
        except (ValueError, MicrofemError) as error:
            self.wrong(path, str(error))
            return None
        return Expectation(design=design, metric=metric, low=low, high=high, why=self.model.expect[design][metric].why)

    def reach(
        self, reader: CaseReader, designs: Mapping[str, Design], cases: Mapping[str, Case], cuts: Sequence[Cut | None]
    ) -> None:
        """Check that views and terminals exist in every design."""
        for design in designs.values():
            layout = design.layout()
            for name, case in cases.items():
                if case.covers(design.name):
                    reader.reach(("cases", name), case, layout, f"design '{design.name}'")
            if any(case.covers(design.name) and not case.own_temperature for case in cases.values()):
                for place, message in beyond_tables(design, self.model.materials):
                    self.wrong(place, message)
            if layout.placement == Flat():
                self.planes(design.name, layout, cases, cuts)

    def parts(self, reader: CallReader, designs: Mapping[str, Design], calls: Mapping[str, Call]) -> None:
        """Check that the regions and electrodes of metrics exist in every design of their case."""
        for design in designs.values():
            layout = design.layout()
            for name, call in calls.items():
                if call.case not in reader.cases or reader.cases[call.case].covers(design.name):
                    reader.parts(name, call, layout, f"design '{design.name}'")

    def planes(self, design: str, layout: Layout, cases: Mapping[str, Case], cuts: Sequence[Cut | None]) -> None:
        box = layout.box()
        for index, cut in enumerate(cuts):
            case = cases.get(self.model.views[index].case)
            if cut is None or case is None or case.dimension != "3d" or not case.covers(design):
                continue
            low, high = box["xyz".index(cut[0])], box["xyz".index(cut[0]) + 3]
            if not low < cut[1] < high:
                extent = f"design '{design}' reaches from {cut[0]} = {low:.6g} um to {high:.6g} um"
                self.wrong(("views", index, "plane"), f"{extent}, got '{self.model.views[index].plane}'")


def _valid(entries: Mapping[str, T | None]) -> dict[str, T]:
    """Return the entries that were read without problems."""
    return {name: entry for name, entry in entries.items() if entry is not None}
