"""Notes on results by their weight: first what makes numbers doubtful, last what a reader may skip."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from microfem.results.summary import DesignResult, MetricResult, Summary
from microfem.solve.ending import Reason
from microfem.solve.error_series import wanted

BEYOND_MESHES = "what no mesh makes smaller, such as the noise of a camera"


class Weight(StrEnum):
    """The subject of a note; members stand in the order of their weight, the heaviest first."""

    DOUBTFUL = "Numbers in doubt"
    MISSING = "Numbers that are missing"
    UNEQUAL = "Designs that are not alike"
    FABRICATION = "Design rules"
    MATERIALS = "Values of materials"
    DETAIL = "Details"
    PICTURES = "Pictures"


@dataclass(frozen=True)
class Note:
    """A note and its weight."""

    weight: Weight
    text: str


def notes(summary: Summary) -> list[str]:
    """Return the notes on a table as lines, the heaviest first."""
    return [note.text for note in weighed(summary)]


def weighed(summary: Summary) -> list[Note]:
    """Return the notes on results by weight: accuracy not reached, refused metrics, unequal designs, design rules."""
    found = [Note(Weight.DOUBTFUL, text) for text in _inaccurate(summary)]
    for name, design in summary.designs.items():
        found += [Note(Weight.DOUBTFUL, f"{name}: {text}") for text in design.warnings]
    found += [Note(Weight.MISSING, text) for text in _refused(summary)]
    found += [Note(Weight.UNEQUAL, f"designs differ in {text}") for text in summary.differs]
    found += [Note(Weight.FABRICATION, text) for text in summary.fabrication]
    found += [Note(Weight.DETAIL, text) for text in _strains(summary)]
    found += [Note(Weight.PICTURES, text) for text in summary.undrawn]
    return by_weight(found)


def by_weight(found: list[Note]) -> list[Note]:
    """Return notes with the heaviest first; those of one weight keep their order."""
    order = list(Weight)
    return sorted(found, key=lambda note: order.index(note.weight))


def _inaccurate(summary: Summary) -> Iterator[str]:
    """Yield a line for each design with metrics whose error is above the target."""
    for name, design in summary.designs.items():
        if short := [key for key, value in design.metrics.items() if _short(value, summary.accuracy.get(key))]:
            missed = ", ".join(f"{key} (target {100 * summary.accuracy[key]:g} %)" for key in short)
            yield f"{name}: accuracy not reached: {missed}; ended by {' and '.join(_ends(design, short))}"


def _ends(design: DesignResult, short: list[str]) -> list[str]:
    """Return why refinement ended before the accuracy of some metrics."""
    ends = sorted({case.ended.text for case in design.cases.values() if case.ended.reason != Reason.ACCURATE})
    return ends + [BEYOND_MESHES] * any(design.metrics[key].added for key in short)


def _refused(summary: Summary) -> Iterator[str]:
    """Yield each reason why a metric is refused, with the designs that it holds for."""
    reasons: dict[str, list[str]] = {}
    for name, design in summary.designs.items():
        for one in design.metrics.values():
            if one.refused:
                reasons.setdefault(one.refused, []).append(name)
    yield from (f"{', '.join(names)}: {text}" for text, names in reasons.items())


def _strains(summary: Summary) -> Iterator[str]:
    """Yield each nominal strain in other measures, with the cases that apply it."""
    for strain in dict.fromkeys(summary.stretched.values()):
        cases = ", ".join(case for case, applied in summary.stretched.items() if applied == strain)
        yield _measures_of(cases, strain)


def _measures_of(cases: str, strain: float) -> str:
    """Return a nominal strain in each strain measure, so that a reader can identify the measure of published values."""
    nominal, log, green = (f"{100 * e:.3g} %" for e in (strain, math.log1p(strain), strain + 0.5 * strain**2))
    return (
        f"{cases}: {nominal} of nominal strain are {log} of logarithmic and {green} of Green-Lagrange strain; in "
        "any one measure the largest strain of parts in series is not below that of the whole: a published value "
        "below it is in another measure"
    )


def _short(one: MetricResult, accuracy: float | None) -> bool:
    """Tell whether a value exists whose error exceeds what its refinement wanted."""
    if one.value is None or accuracy is None:
        return False
    return one.error is None or one.error > wanted(one.value, one.unit, one.scale, accuracy)
