"""What ranges of material values do to metrics: a design is solved again at both ends of each range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from tempfile import TemporaryDirectory

from microfem.base.progress import tell
from microfem.base.units import format_quantity
from microfem.results.summary import DesignResult, MetricResult, RangeEffect
from microfem.run.design import run_design
from microfem.study.design import Design
from microfem.study.records import Study


def with_ranges(study: Study, design: Design, result: DesignResult) -> DesignResult:
    """Return a design's result with what each range of its materials does to its metrics, two more runs a range.

    Raises:
        WriteError: the disk is full or the folder of temporary files cannot be written.
    """
    effects = [_effect(study, design, *stated) for stated in ranged(design)]
    return replace(result, ranges=tuple(effects))


def ranged(design: Design) -> Iterator[tuple[str, str, tuple[float, float]]]:
    """Yield material, property and range of each range that the design's materials state, once."""
    materials = {one.name: one for one in design.layout().materials.values()}
    for name, material in materials.items():
        for key, one in material.properties.items():
            if one.range is not None:
                yield name, key, one.range


def costs(study: Study) -> list[str]:
    """Return a line for each design whose materials state ranges: how often its cases are solved again."""
    lines = []
    for name, design in study.designs.items():
        if number := sum(1 for _ in ranged(design)):
            of = "a material value" if number == 1 else f"{number} material values"
            lines.append(f"{name}: range of {of}: every case is solved {2 * number} more times")
    return lines


def _effect(study: Study, design: Design, material: str, key: str, ends: tuple[float, float]) -> RangeEffect:
    unit = next(one for one in design.layout().materials.values() if one.name == material).stated(key).unit
    low, high = (_at(study, design, material, key, end, format_quantity(end, unit)) for end in ends)
    return RangeEffect(material=material, key=key, unit=unit, low=ends[0], high=ends[1], at_low=low, at_high=high)


def _at(study: Study, design: Design, material: str, key: str, value: float, shown: str) -> dict[str, MetricResult]:
    """Return the metrics of a design with one value of a material's property; a failed run has none, and says why."""
    tell(f"with {key.replace('_', ' ')} of {material} = {shown}", design=design.name)
    parts = {
        part: one.at(key, value) if one.name == material else one for part, one in design.layout().materials.items()
    }
    with TemporaryDirectory() as folder:
        result = run_design(study, replace(design, materials=parts), folder)
    none = MetricResult(value=None, unit="", error=None, failed=result.message)
    return {name: result.metrics.get(name, none) for name in study.metrics}
