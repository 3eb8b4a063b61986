"""Read what a study identifies from a map: parameters with their ranges, the case, the measurement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from microfem.base.errors import InputProblem, MicrofemError
from microfem.base.located_yaml import Path_, Source
from microfem.base.registry import did_you_mean
from microfem.base.units import parse_quantity
from microfem.dic.measurement import Measurement
from microfem.dic.records import QUANTITIES
from microfem.dic.unknown import Unknown
from microfem.materials.schema import RangedModel
from microfem.physics import Case
from microfem.study.strict import Name, Strict

NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")


class VariedModel(Strict):
    """A range of a parameter; log: its logarithm is varied."""

    from_: Annotated[str | float, Field(alias="from")]
    to: str | float
    log: bool = False


class IdentifyModel(Strict):
    """Parameters that a map tells.

    vary: `materials.NAME.PROPERTY` -> its range; from: the measurement; case: with which it is compared; design: that
    which was measured, if the study has several; nuisances: what of the map's axes is unknown.
    """

    vary: Annotated[dict[str, VariedModel], Field(min_length=1, max_length=4)]
    from_: Annotated[Name, Field(alias="from")]
    case: str = ""
    design: str = ""
    of: Literal["displacement"] = "displacement"
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
    nuisances: tuple[str, ...] = QUANTITIES

    def changes(self, shares: tuple[float, ...]) -> list[str]:
        """Return the changes of the study that set the unknowns at shares of their ranges."""
        return [
            change
            for one, share in zip(self.unknowns, shares, strict=True)
            for change in (f"{one.name}.value={one.value(share)!r}", f"{one.name}.unit='{one.unit}'")
        ]


class IdentifyReader:
    """Reads what is identified and collects problems; designs: all that are stated."""

    def __init__(
        self,
        source: Source,
        problems: list[InputProblem],
        materials: Mapping[str, Mapping[str, RangedModel]],
        designs: Mapping[str, object],
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
        unknowns = [self.unknown((*path, "vary", key), key, one) for key, one in stated.vary.items()]
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
        good = tuple(one for one in unknowns if one)
        if measurement is None or len(self.problems) > before:
            return None
        return Identify(
            unknowns=good, design=design, case=measurement.case, measurement=measurement, nuisances=stated.nuisances
        )

    def unknown(self, path: Path_, key: str, stated: VariedModel) -> Unknown | None:
        """Return an unknown, None if it has a problem."""
        first, *rest = key.split(".")
        if first != "materials" or len(rest) != 2:
            self.wrong(path, "only materials of the study are identified, by one mesh: materials.NAME.PROPERTY")
            return None
        material, entry = rest
        if material not in self.materials:
            self.wrong(path, f"no material '{material}' in this study{did_you_mean(material, self.materials)}")
            return None
        if entry not in self.materials[material]:
            hint = did_you_mean(entry, self.materials[material])
            self.wrong(path, f"'{material}' states no {entry}, which the search could change{hint}")
            return None
        low, high = (NUMBER.fullmatch(str(one)) for one in (stated.from_, stated.to))
        if low is None or high is None:
            self.wrong(path, "write a range such as {from: 0.1 MPa, to: 3 MPa}")
            return None
        unit = low[2] or high[2]
        try:
            ends = [
                parse_quantity(f"{one[1]} {one[2] or unit}", unit) if unit else float(one[1]) for one in (low, high)
            ]
        except MicrofemError as error:
            self.wrong(path, str(error))
            return None
        if not ends[0] < ends[1] or (stated.log and ends[0] <= 0.0):
            self.wrong(path, f"from must lie below to{', and above 0 where log is true' if stated.log else ''}")
            return None
        return Unknown(name=key, low=ends[0], high=ends[1], unit=unit, log=stated.log)
