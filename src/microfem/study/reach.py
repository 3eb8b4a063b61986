"""What cases, views and metrics name must exist in every design."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from microfem.base.errors import InputProblem, MicrofemError
from microfem.base.located_yaml import Source
from microfem.base.registry import did_you_mean
from microfem.families import FAMILIES
from microfem.layout import Flat, Layout
from microfem.layout.placement import Box
from microfem.metrics import Call
from microfem.physics import Case
from microfem.study.design import Design
from microfem.study.file_schema import StudyModel

Cut = tuple[str, float]  # axis and height, um


def unreached(
    source: Source,
    model: StudyModel,
    designs: Mapping[str, Design],
    cases: Mapping[str, Case],
    cuts: Sequence[Cut | None],
) -> Iterator[InputProblem]:
    """Yield what is wrong with dimensions, terminals and views; cuts: where each view cuts, if that is a height."""
    for design in designs.values():
        layout = design.layout()
        for name, case in cases.items():
            if case.of(design.name):
                yield from _of_case(source, design, layout, name, case)
        if layout.placement == Flat():
            yield from _of_views(source, model, (design.name, layout.box()), cases, cuts)


def _of_case(source: Source, design: Design, layout: Layout, name: str, case: Case) -> Iterator[InputProblem]:
    dimensions = FAMILIES.get(design.family).dimensions
    if case.dimension not in dimensions:
        told = f"design '{design.name}' ({design.family}) has no {case.dimension} view; it has {', '.join(dimensions)}"
        yield source.problem(("cases", name, "dimension"), told)
    if case.dimension != "3d" and design.placement is not None:
        told = f"design '{design.name}' is placed on a surface, which only 3d shows"
        yield source.problem(("cases", name, "dimension"), told)
    for terminal in getattr(case, "terminals", {}):
        try:
            layout.terminal(terminal)
        except MicrofemError as error:
            yield source.problem(("cases", name, "terminals", terminal), f"design '{design.name}': {error}")


def _of_views(
    source: Source,
    model: StudyModel,
    placed: tuple[str, Box],
    cases: Mapping[str, Case],
    cuts: Sequence[Cut | None],
) -> Iterator[InputProblem]:
    design, box = placed
    for index, cut in enumerate(cuts):
        case = cases.get(model.views[index].case)
        if cut is None or case is None or case.dimension != "3d" or not case.of(design):
            continue
        low, high = box["xyz".index(cut[0])], box["xyz".index(cut[0]) + 3]
        if not low < cut[1] < high:
            told = f"design '{design}' reaches from {cut[0]} = {low:.6g} um to {high:.6g} um"
            yield source.problem(("views", index, "plane"), f"{told}, got '{model.views[index].plane}'")


def unnamed(
    source: Source, designs: Mapping[str, Design], calls: Mapping[str, Call], cases: Mapping[str, Case]
) -> Iterator[InputProblem]:
    """Yield the regions and electrodes that metrics name and a design that their case is of does not have."""
    for design in designs.values():
        layout = design.layout()
        known = {*layout.names(), *layout.terminals, *(part.role for part in layout.parts()), ""}
        mine = {n: call for n, call in calls.items() if call.case not in cases or cases[call.case].of(design.name)}
        for name, call in mine.items():
            for option in ("region", "electrode"):
                stated = call.options.get(option, "")
                if stated not in known and stated != "both":
                    hint = did_you_mean(str(stated), sorted(known - {""}))
                    told = f"design '{design.name}' has no {option} '{stated}'{hint}"
                    yield source.problem(("metrics", name), told)
