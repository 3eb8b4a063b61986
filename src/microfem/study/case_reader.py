"""Read the cases of a study; check each against its physics and against the layouts on which it is solved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from microfem.base.errors import InputProblem, LayoutError, MicrofemError
from microfem.base.located_yaml import Path_, Source
from microfem.base.registry import did_you_mean
from microfem.families import FAMILIES
from microfem.layout import Layout
from microfem.layout.placement import SurfacePlacement
from microfem.layout.section import check_round
from microfem.layout.surroundings import for_view
from microfem.materials import Material
from microfem.physics import PHYSICS, Case
from microfem.study.case_materials import with_materials
from microfem.study.strict import validate
from microfem.study.table_reader import with_tables

OF_DESIGNS = "state `contacts` of the design, such as [{between: [anode, electrolyte], resistance: 1 ohm cm2}]"
ELSEWHERE = {  # keys of designs and studies that are looked for in cases
    **dict.fromkeys(("contact", "contacts", "contact_resistance", "interface_resistance"), OF_DESIGNS),
    "temperature": "state `temperature` of the study, which is that of all materials",
}


class CaseReader:
    """Reads cases and collects problems; materials: those that the study defines, which cases may name."""

    def __init__(
        self, source: Source, problems: list[InputProblem], materials: Mapping[str, Material] = MappingProxyType({})
    ) -> None:
        self.source, self.problems, self.materials = source, problems, materials

    def wrong(self, path: Path_, message: str) -> None:
        """Record a problem at a place of the file."""
        self.problems.append(self.source.problem(path, message))

    def cases(self, stated: Mapping[str, Mapping[str, object]], designs: Collection[str]) -> dict[str, Case]:
        """Return the cases of a study without problems, last those that take over what another one states."""
        found = dict[str, Case]()
        for name in sorted(stated, key=lambda name: bool(_takes(stated[name]))):
            taken = self.taken(("cases", name), stated[name], stated, found)
            case = self.case(("cases", name), taken, designs) if taken is not None else None
            if case is not None:
                found[name] = case
        return {name: found[name] for name in stated if name in found}

    def taken(
        self,
        path: Path_,
        one: Mapping[str, object],
        stated: Mapping[str, Mapping[str, object]],
        found: Mapping[str, Case],
    ) -> Mapping[str, object] | None:
        """Return what a case states, the case after `of` and materials in place of names; None without such a case."""
        try:
            one = with_materials(with_tables(one, self.source.folder), self.materials)
        except MicrofemError as error:
            self.wrong(path, str(error))
            return None
        physics, other = _takes(one), one.get("of")
        if not physics or not isinstance(other, str):
            return one
        fitting = [name for name, each in stated.items() if each.get("physics") == physics]
        if other in fitting:  # one with problems of its own has told them
            return {**one, "of": found[other]} if other in found else None
        if other in stated:
            hint = f"cases of {physics}: {', '.join(fitting) or 'none in this study'}"
            self.wrong((*path, "of"), f"case '{other}' is not of physics {physics}; {hint}")
        else:
            self.wrong((*path, "of"), f"no case '{other}'{did_you_mean(other, fitting)}")
        return None

    def case(self, path: Path_, stated: Mapping[str, object], designs: Collection[str]) -> Case | None:
        """Return a case, None if it has a problem; designs: all stated designs."""
        kind = stated.get("physics")
        if not isinstance(kind, str) or kind not in PHYSICS.names():
            hint = did_you_mean(str(kind), PHYSICS.names())
            self.wrong((*path, "physics"), f"unknown physics '{kind}'{hint}" if kind else f"this key is missing{hint}")
            return None
        case, problems = validate(PHYSICS.get(kind).case, stated, self.source, path)
        self.problems += [self.pointed(one, stated, kind) for one in problems]
        unknown = [design for design in (case.designs if case else ()) if design not in designs]
        for design in unknown:
            self.wrong((*path, "designs"), f"no design '{design}'{did_you_mean(design, designs)}")
        return None if unknown else case

    def pointed(self, problem: InputProblem, stated: Mapping[str, object], kind: str) -> InputProblem:
        """Return a problem of a case, with the physics that know a key which the case's own does not."""
        key = problem.path.rpartition(".")[2]
        of_own = PHYSICS.get(kind).case.model_fields
        others = [name for name in PHYSICS.names() if key in PHYSICS.get(name).case.model_fields]
        if key in ELSEWHERE and key in stated and key not in of_own:
            return replace(problem, message=f"unknown key of {kind}; {ELSEWHERE[key]}")
        if key not in stated or key in of_own or not others:
            return problem
        return replace(problem, message=f"unknown key of {kind}; it is one of {', '.join(others)}")

    def reach(self, path: Path_, case: Case, layout: Layout, of: str) -> None:
        """Check that a layout has what a case needs; of: what it is the layout of, as text."""
        dimensions = FAMILIES.get(layout.family).dimensions if layout.family else (case.dimension,)
        if case.mesh == "axisymmetric":  # which the outlines decide, and not the family
            self._round((*path, "dimension"), layout, of)
        elif case.dimension not in dimensions:
            message = f"{of} ({layout.family}) has no {case.dimension} view; it has {', '.join(dimensions)}"
            self.wrong((*path, "dimension"), message)
        if case.dimension != "3d" and isinstance(layout.placement, SurfacePlacement):
            self.wrong((*path, "dimension"), f"{of} is placed on a surface, which needs dimension: 3d")
        for terminal in getattr(case, "terminals", {}):
            try:
                layout.terminal(terminal)
            except MicrofemError as error:
                self.wrong((*path, "terminals", terminal), f"{of}: {error}")
        for message in case.lacking(layout):
            self.wrong(path, f"{of}: {message}")

    def _round(self, path: Path_, layout: Layout, of: str) -> None:
        """Check that a layout is the same in all directions from an axis."""
        try:
            check_round(for_view(layout, "axisymmetric"))
        except LayoutError as error:
            self.wrong(path, f"{of}: {error}")


def _takes(stated: Mapping[str, object]) -> str:
    """Return the physics of the case that a case takes over, "" for none."""
    kind = stated.get("physics")
    return PHYSICS.get(kind).case.takes if isinstance(kind, str) and kind in PHYSICS.names() else ""
