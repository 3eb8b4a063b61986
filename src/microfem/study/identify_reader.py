"""Read what a study identifies from a map: parameters with their ranges, the case, the measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from microfem.base.errors import InputProblem, MicrofemError
from microfem.base.located_yaml import Path_, Source
from microfem.base.registry import did_you_mean
from microfem.dic.measurement import Measurement
from microfem.dic.records import QUANTITIES
from microfem.dic.unknown import Of, Unknown
from microfem.materials.schema import RangedModel
from microfem.physics import Case
from microfem.study.design import Design
from microfem.study.strict import Name, Strict
from microfem.study.unknown_reader import DESIGNS, read_unknown, set_unknown


class VariedModel(Strict):
    """A range of a parameter; log: its logarithm is varied."""

    from_: Annotated[str | float, Field(alias="from")]
    to: str | float
    log: bool = False


class IdentifyModel(Strict):
    """Parameters that a map tells.

    vary: `materials.NAME.PROPERTY` or `designs.NAME.params.PARAMETER` -> its range; from: the measurement; case: with
    which it is compared; design: that which was measured, if the study has several; of: what is compared; nuisances:
    what of the map's axes is unknown.
    """

    vary: Annotated[dict[str, VariedModel], Field(min_length=1, max_length=4)]
    from_: Annotated[Name, Field(alias="from")]
    case: str = ""
    design: str = ""
    of: Of = "displacement"
    nuisances: Annotated[
        tuple[Literal["shift", "rotation", "scale"], ...],
        BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
    ] = ("shift", "rotation", "scale")


@dataclass(frozen=True, kw_only=True)
class Identify:
    """What is identified: unknowns, named by their place in the study, of a design in a case, from a measurement."""

    unknowns: tuple[Unknown, ...]
    design: str
    case: str
    measurement: Measurement
    of: Of = "displacement"
    nuisances: tuple[str, ...] = QUANTITIES

    @property
    def moves(self) -> bool:
        """Whether an unknown changes the layout."""
        return any(one.name.startswith(DESIGNS) for one in self.unknowns)

    def changes(self, shares: tuple[float, ...]) -> list[str]:
        """Return the changes of the study that set the unknowns at shares of their ranges."""
        return [
            change
            for one, share in zip(self.unknowns, shares, strict=True)
            for change in set_unknown(one, one.value(share))
        ]


class IdentifyReader:
    """Reads what is identified and collects problems; designs: all that are stated."""

    def __init__(
        self,
        source: Source,
        problems: list[InputProblem],
        materials: Mapping[str, Mapping[str, RangedModel]],
        designs: Mapping[str, Design | None],
        cases: Mapping[str, Case],
        stated: Mapping[str, object],
        measured: Mapping[str, Measurement],
    ) -> None:
        self.source, self.problems, self.materials, self.designs = source, problems, materials, designs
        self.cases, self.stated, self.measured = cases, stated, measured

    def wrong(self, path: Path_, message: str) -> None:
        """Record a problem at a place of the file."""
        self.problems.append(self.source.problem(path, message))

    def identify(self, name: str, stated: IdentifyModel) -> Identify | None:
        """Return what is identified under a name, None if it has a problem."""
        path, before = ("identify", name), len(self.problems)
        if stated.from_ not in self.stated:
            hint = did_you_mean(stated.from_, self.stated)
            self.wrong((*path, "from"), f"nothing measured is called '{stated.from_}'{hint}")
        measurement = self.measured.get(stated.from_)
        design = stated.design or (next(iter(self.designs)) if len(self.designs) == 1 else "")
        if not design:
            self.wrong(path, f"state design: one of {', '.join(self.designs)}")
        elif design not in self.designs:
            self.wrong((*path, "design"), f"no design '{design}'{did_you_mean(design, self.designs)}")
        if measurement and stated.case and stated.case != measurement.case:
            self.wrong((*path, "case"), f"'{measurement.name}' is compared with '{measurement.case}'; state that case")
        if measurement and measurement.case in self.cases and not self.cases[measurement.case].covers(design):
            self.wrong((*path, "design"), f"case '{measurement.case}' does not include the design '{design}'")
        unknowns = self.unknowns(path, stated, design)
        if measurement is None or len(self.problems) > before:
            return None
        return Identify(
            unknowns=unknowns, design=design, case=measurement.case, measurement=measurement, of=stated.of,
            nuisances=stated.nuisances,
        )  # fmt: skip

    def unknowns(self, path: Path_, stated: IdentifyModel, design: str) -> tuple[Unknown, ...]:
        """Return the unknowns of a design that have no problem."""
        found = []
        for key, one in stated.vary.items():
            try:
                found.append(read_unknown(key, (one.from_, one.to, one.log), self.materials, self.designs.get(design)))
            except MicrofemError as error:
                self.wrong((*path, "vary", key), str(error))
        return tuple(found)
